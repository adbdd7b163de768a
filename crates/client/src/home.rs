//! Where a user's files lie, by the XDG rules.

use std::path::PathBuf;

/// Looks a variable of the environment up; tests bring their own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The real environment.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `${XDG_STATE_HOME:-$HOME/.local/state}/bailiwick/<name>`.
pub fn state_file(lookup: Lookup<'_>, name: &str) -> Option<PathBuf> {
    under(lookup, "XDG_STATE_HOME", ".local/state", name)
}

/// `${XDG_CONFIG_HOME:-$HOME/.config}/bailiwick/<name>`.
pub fn config_file(lookup: Lookup<'_>, name: &str) -> Option<PathBuf> {
    under(lookup, "XDG_CONFIG_HOME", ".config", name)
}

/// The user's home folder.
pub fn home(lookup: Lookup<'_>) -> Option<PathBuf> {
    lookup("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

fn under(lookup: Lookup<'_>, variable: &str, fallback: &str, name: &str) -> Option<PathBuf> {
    // The rules say that a relative path counts as none.
    let set = lookup(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(set.or_else(|| home(lookup).map(|home| home.join(fallback)))?.join("bailiwick").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_xdg_rules() {
        let only_home = |name: &str| (name == "HOME").then(|| "/home/a".to_owned());
        assert_eq!(state_file(&only_home, "dev.json"), Some("/home/a/.local/state/bailiwick/dev.json".into()));
        assert_eq!(config_file(&only_home, "config.toml"), Some("/home/a/.config/bailiwick/config.toml".into()));
        let set = |name: &str| Some(if name == "HOME" { "/home/a" } else { "/x" }.to_owned());
        assert_eq!(state_file(&set, "dev.json"), Some("/x/bailiwick/dev.json".into()));
        let relative = |name: &str| Some(if name == "HOME" { "/home/a" } else { "x" }.to_owned());
        assert_eq!(config_file(&relative, "c"), Some("/home/a/.config/bailiwick/c".into()));
        assert_eq!(state_file(&|_| None, "dev.json"), None);
    }
}
