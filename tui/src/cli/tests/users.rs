//! Users by file (UM-18, UM-19), and signing in (UM-23).

use std::os::unix::fs::PermissionsExt;

use bailiwick_policy::object::{CredentialKind, Secret};
use bailiwick_rpc::token::Token;
use clap::Parser;

use super::fake::Fake;
use super::{Exit, shelled as bailiwick};
use crate::cli::args::{Cli, Deed, Verb};
use crate::cli::context::Context;
use crate::cli::login::{Place, login};
use crate::cli::out::Out;

fn file(fake: &Fake, text: &str) -> String {
    let path = fake.jobs.path().join("users.csv");
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

const HEADER: &str = "email,userRole,groupName,title,firstName,middleName,lastName,mobile,accessibleEntities,userType\n";

#[test]
fn um_18_every_fault_of_a_file_of_users_by_line_and_column() {
    let fake = Fake::acme();
    let rows = "\
no-address,,,,,,,,zone:north,standard\n\
a@acme.example,Lead,,,Ann,,Lee,,zone:north,standard\n\
b@acme.example,,Nobodies,,Ben,,Low,,zone:north,\n\
c@acme.example,,,,Cy,,Mo,,zone:nowhere,standard\n\
d@acme.example,,,,Di,,No,,till:a/b,king\n\
A@ACME.example,,,,Other,,Name,,zone:north,standard\n";
    let path = file(&fake, &format!("{HEADER}{rows}"));
    let seen = bailiwick(&fake, &format!("--org acme import users {path}"));
    let told: Vec<String> = seen.stderr.lines().map(|line| line.trim_start_matches(&path).trim_start_matches(':').to_owned()).collect();
    let expected = [
        "2: email: `no-address` is no address: it is NAME@DOMAIN",
        "3: userRole: `Lead` is no designation: write NAME:LEVEL, where the level is org, zone, concept or store",
        "4: groupName: there is no user group `Nobodies`: `bailiwick user-group create` makes one",
        "5: accessibleEntities: there is no zone `nowhere`",
        "6: accessibleEntities: `till:a/b` is no place: it is `org`, `zone:CODE`, `concept:CODE` or `store:CODE`",
        "6: userType: `king` is no type of user: it is standard, admin or owner",
        "7: email: `a@acme.example` stands on line 3 too, with another userRole, firstName, lastName",
        "7 faults: nothing has been applied",
    ];
    assert_eq!(told, expected);
    assert_eq!((seen.exit, fake.state.borrow().orgs.values().next().map(|org| org.users.len())), (Exit::Failed, Some(1)));
}

#[test]
fn um_18_importing_adds_and_um_19_what_is_exported_can_be_imported() {
    let fake = Fake::acme();
    assert_eq!(bailiwick(&fake, "--org acme user-group create Desk").exit, Exit::Done);
    assert_eq!(bailiwick(&fake, "--org acme user create ann --email Ann@acme.example --place zone:east --name Ann").exit, Exit::Done);
    let rows = "\
ann@acme.example,,desk,Dr,Ann,,Lee,0191,zone:north,\n\
bob@acme.example,Shift lead:STORE,Desk,,Bob,J,Hale,,store:north-7;store:north-8,standard\n";
    let path = file(&fake, &format!("{HEADER}{rows}"));
    let seen = bailiwick(&fake, &format!("--org acme import users {path}"));
    assert_eq!(seen.exit, Exit::Done, "{}", seen.stderr);
    let ann = bailiwick(&fake, "--org acme user show ann --json");
    assert_eq!((ann.field("places"), ann.field("title"), ann.field("name")), (r#"["zone:east","zone:north"]"#.to_owned(), "Dr".to_owned(), "Ann Lee".to_owned()));
    let bob = bailiwick(&fake, "--org acme user show bob-acme.example --json");
    assert_eq!((bob.field("designation"), bob.field("name")), ("Shift lead:store".to_owned(), "Bob J Hale".to_owned()));
    let desk = bailiwick(&fake, "--org acme user-group show Desk --json");
    assert_eq!(desk.field("members_total"), "2");

    let exported = bailiwick(&fake, "--org acme export users");
    assert!(exported.stdout.contains("bob@acme.example,bob-acme.example,Bob J Hale,Shift lead:store,desk,,Bob,J,Hale,,store:north-7;store:north-8,standard,true"), "{}", exported.stdout);
    let without_address = exported.stdout.lines().filter(|line| !line.starts_with(',')).map(|line| format!("{line}\n")).collect::<String>();
    let path = file(&fake, &without_address);
    let again = bailiwick(&fake, &format!("--org acme import users {path} --json"));
    assert_eq!((again.exit, again.field("changed")), (Exit::Done, "false".to_owned()), "{}{}", again.stdout, again.stderr);
}

#[test]
fn um_23_a_code_invites_once_and_becomes_a_credential_kept_in_a_profile() {
    let fake = Fake::acme();
    assert_eq!(bailiwick(&fake, "--org acme user create bob --place zone:north").exit, Exit::Done);
    let invited = bailiwick(&fake, "--org acme user invite bob --lasts 3d");
    let code = invited.stdout.lines().find(|line| line.starts_with("bw_")).expect("a code").to_owned();
    assert!(invited.stderr.contains("shown only now"), "{}", invited.stderr);
    let hash = Secret::TokenHash(Token::parse(&code).expect("a token").hash());
    let invitation = fake.state.borrow().by_secret.get(&hash).cloned().expect("an invitation");
    let listed = bailiwick(&fake, "--org acme credential list --json");
    assert!(listed.stdout.contains(r#""kind":"invitation""#) && !listed.stdout.contains(&code), "{}", listed.stdout);

    let fake = fake.acting_as(invitation);
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place {
        config: folder.path().join("bailiwick/config.toml"),
        profile: "bob".to_owned(),
        nodes: vec!["n1:7410".to_owned()],
        ca: folder.path().join("ca.pem"),
        org: Some("acme".parse().expect("a code")),
    };
    let sign_in = || {
        let cli = Cli::try_parse_from(["bailiwick", "login", &code, "--as", "bob"]).expect("right words");
        let Some(Verb::Deed(Deed::Login(args))) = &cli.verb else { return (None, String::new()) };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut out = Out { stdout: &mut stdout, stderr: &mut stderr, json: true, bars: false };
        let context = Context { api: &fake, common: &cli.common, org: None, read_only: false, jobs: None, terminal: None, proposing: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let ended = runtime.block_on(login(&context, args, &place, &mut out));
        (ended.ok(), String::from_utf8(stdout).expect("UTF-8"))
    };
    let (exit, said) = sign_in();
    assert_eq!(exit, Some(Exit::Done), "{said}");
    let token_file = folder.path().join("bailiwick/bob.token");
    let token = std::fs::read_to_string(&token_file).expect("a token");
    assert!(!said.contains(token.trim()) && !said.contains(&code), "{said}");
    for path in [&token_file, &place.config] {
        assert_eq!(std::fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let hash = Secret::TokenHash(Token::parse(&token).expect("a token").hash());
    let state = fake.state.borrow().clone();
    let credential = state.by_secret.get(&hash).and_then(|id| state.credentials.get(id)).cloned().expect("a credential");
    assert!(matches!(&credential.kind, CredentialKind::User { user, .. } if user.as_str() == "bob"));

    // The profile is there, so it isn't made again; and the code is spent.
    assert_eq!(sign_in().0, None);
    std::fs::remove_file(&place.config).expect("removed");
    std::fs::remove_file(&token_file).expect("removed");
    let (exit, said) = sign_in();
    assert!(exit == Some(Exit::Failed) && said.contains("rejected") && !token_file.exists(), "{said}");
}
