//! Signing in: a one-time code becomes a credential of its user, once, and a profile of this machine. The new token is
//! made here and kept in a file that only its owner reads; the cluster learns its hash (UM-23).

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bailiwick_client::profile::Profiles;
use bailiwick_policy::command::Command;
use bailiwick_policy::ids::OrgCode;
use bailiwick_rpc::token::Token;
use serde_json::json;
use toml::Value;

use super::api::Api;
use super::args::Login;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::Out;
use super::{ask, secret, write};

/// The profile that is made when none is named.
const DEFAULT_PROFILE: &str = "default";

/// Where the new profile is kept, and which cluster it is of.
pub(crate) struct Place {
    /// The configuration file.
    pub config: PathBuf,
    /// The profile's name.
    pub profile: String,
    /// Where callers reach the nodes.
    pub nodes: Vec<String>,
    /// The certificate of the cluster's authority.
    pub ca: PathBuf,
    /// The org to begin with.
    pub org: Option<OrgCode>,
}

/// The name of the profile that words ask for. One that only `--profile` names is new if the cluster is named too.
pub fn profile(args: &Login, common: &super::args::Common) -> String {
    let of_common = || common.profile.clone().filter(|_| !common.nodes.is_empty());
    args.profile.clone().or_else(of_common).unwrap_or_else(|| DEFAULT_PROFILE.to_owned())
}

/// Turns the code that lets the caller in into a credential, and keeps it.
pub(crate) async fn login<A: Api>(context: &Context<'_, A>, args: &Login, place: &Place, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    context.writable()?;
    free(place)?;
    let token = Token::generate();
    let id = secret::id(args.id.as_deref(), &place.profile, "login", &token)?;
    let command = Command::RedeemInvitation {
        label: ask::value("--label", args.label.as_deref().unwrap_or(id.as_str()))?,
        secret: secret::hash(&token),
        id: id.clone(),
    };
    let token_file = place.config.with_file_name(format!("{}.token", place.profile));
    folder(&place.config)?;
    // Kept before the cluster is asked: a code is good for one try.
    secret::keep(&token_file, &token)?;
    let request_id = context.common.request_id.unwrap_or_else(|| context.api.new_request_id());
    let written = write::submit(context, &command, request_id, None, context.common.reason.clone()).await?;
    if !secret::in_force(&written) {
        let _ = fs::remove_file(&token_file);
        return write::report(&written, request_id, out, json!({"credential": id, "profile": null}));
    }
    if let Err(trouble) = add(place) {
        let kept = format!("{trouble}; the token of credential {id} is in {}: name it by --token-file", token_file.display());
        return Err(Trouble::Local(kept));
    }
    let more = json!({"credential": id, "profile": place.profile, "config": place.config, "token_file": token_file});
    let exit = write::report(&written, request_id, out, more)?;
    if !out.json {
        out.note(&format!("credential {id} → profile `{}` in {}", place.profile, place.config.display()))?;
        out.note(&format!("`bailiwick --profile {} whoami` says who you are", place.profile))?;
    }
    Ok(exit)
}

/// A profile is made anew, never written over.
fn free(place: &Place) -> Result<(), Trouble> {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if place.profile.is_empty() || !place.profile.chars().all(bare) {
        return Err(Trouble::Usage(format!("--as: `{}` is no name of a profile: letters, digits, `-` and `_`", place.profile)));
    }
    let profiles = Profiles::read(&place.config, &|_| None).map_err(|error| Trouble::Local(error.to_string()))?;
    if profiles.profile.contains_key(&place.profile) {
        let told = format!("there is a profile `{}` in {} already: choose another name by --as, or take that one out", place.profile, place.config.display());
        return Err(Trouble::Local(told));
    }
    Ok(())
}

fn folder(config: &Path) -> Result<(), Trouble> {
    let Some(folder) = config.parent() else { return Ok(()) };
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Trouble::Local(format!("{}: {error}", folder.display())))
}

/// Writes the file anew with one more profile, everything else as it was, and readable by its owner only.
fn add(place: &Place) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| Trouble::Local(format!("{}: {error}", place.config.display()));
    let before = match fs::read_to_string(&place.config) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let beside = place.config.with_extension("toml.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
    file.write_all(with_profile(&before, place).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, &place.config).map_err(failed)
}

/// The text of the file with one more profile at its end.
fn with_profile(before: &str, place: &Place) -> String {
    let ca = fs::canonicalize(&place.ca).unwrap_or_else(|_| place.ca.clone());
    let text = |text: &str| Value::String(text.to_owned());
    let mut fields = vec![
        ("nodes", Value::Array(place.nodes.iter().map(|node| text(node)).collect())),
        ("ca", text(&ca.display().to_string())),
        ("token_file", text(&format!("{}.token", place.profile))),
    ];
    fields.extend(place.org.as_ref().map(|org| ("org", text(org.as_str()))));
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    let gap = if before.is_empty() || before.ends_with("\n\n") {
        ""
    } else if before.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    format!("{before}{gap}[profile.{}]\n{}", place.profile, lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn place(folder: &Path) -> Place {
        Place {
            config: folder.join("config.toml"),
            profile: "north".to_owned(),
            nodes: vec!["n1:7410".to_owned(), "n2:7410".to_owned()],
            ca: folder.join("ca \"x\".pem"),
            org: Some("acme".parse().expect("a code")),
        }
    }

    #[test]
    fn a_profile_is_added_to_a_file_that_only_its_owner_reads_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = place(folder.path());
        let before = "# mine\n[profile.south]\nnodes = [\"s1:7410\"]\nca = \"ca.pem\"";
        fs::write(&place.config, before).expect("written");
        fs::set_permissions(&place.config, fs::Permissions::from_mode(0o644)).expect("set");
        add(&place).expect("added");
        let text = fs::read_to_string(&place.config).expect("there");
        assert!(text.starts_with(before), "{text}");
        let mode = fs::metadata(&place.config).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let profiles = Profiles::read(&place.config, &|_| None).expect("readable");
        let north = profiles.get("north").expect("there");
        assert_eq!((north.nodes.len(), north.org.as_deref(), north.ca == place.ca), (2, Some("acme"), true));
        assert_eq!(north.token_file, Some(folder.path().join("north.token")));
        assert!(profiles.get("south").is_ok() && free(&place).is_err());
    }

    #[test]
    fn a_profile_has_a_name_that_the_file_can_hold() {
        let folder = tempfile::tempdir().expect("a folder");
        for wrong in ["", "a b", "a.b", "é"] {
            assert!(free(&Place { profile: wrong.to_owned(), ..place(folder.path()) }).is_err(), "{wrong}");
        }
        assert!(free(&place(folder.path())).is_ok());
    }
}
