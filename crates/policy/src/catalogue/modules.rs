//! Sub-modules of the back office, with what custom sets may grant on each (UM-13).

use super::read;
use crate::permission::Actions;
use crate::platform::Module;

/// Sub-modules by module, with the letters of the actions on offer; a row without a name is the module itself.
const MODULES: &[(&str, &[(&str, &str)])] = &[
    ("Administration", ADMINISTRATION),
    (
        "Campaign",
        &[
            ("", "VCEA"),
            ("Workflow", "VCA"),
            ("Messages", "CA"),
            ("Incentive", "VCA"),
            ("Audience", "V"),
            ("Report", "V"),
            ("Creatives", "V"),
            ("Config", "E"),
            ("Journeys", "-"),
        ],
    ),
    ("Loyalty+", &[("Basic", "V"), ("Program", "C"), ("Promotion", "C")]),
    (
        "Member Care",
        &[
            ("Customer", "VCEDA"),
            ("Customer Profile", "VCED"),
            ("Customer PII", "VCA"),
            ("Customer Retro Transaction", "VCA"),
            ("Customer Cards", "C"),
            ("Customer Goodwill", "V"),
            ("Customer Group", "V"),
            ("Requests", "VCA"),
            ("Requests Goodwill Points", "VCA"),
            ("Requests Goodwill Coupons", "VCA"),
            ("Requests ID Change", "VCA"),
            ("Requests ID Reallocation/Merge", "V"),
            ("Requests Transaction", "VCEDA"),
            ("Requests PII Deletion", "-"),
            ("Requests Cards", "-"),
            ("Requests Retro Transaction", "-"),
            ("Group", "VCA"),
            ("Group Goodwill", "VCA"),
            ("Group Transactions", "-"),
        ],
    ),
    ("Insights+", &[("Reports", "VC"), ("Segments", "V"), ("Export", "V"), ("Settings", "V")]),
];

/// What governs administration itself.
const ADMINISTRATION: &[(&str, &str)] = &[
    ("Users", "VCEDA"),
    ("Permission sets", "VCEDA"),
    ("User groups", "VCEDA"),
    ("Access controls", "VCEDA"),
    ("Scopes and entities", "VCEDA"),
    ("Roles", "VCEDA"),
    ("Applications", "VCEDA"),
    ("Access groups", "VCEDA"),
    ("Stores", "VCEDA"),
    ("Places", "VCEDA"),
    ("Catalogue", "VCEDA"),
    ("Audit", "VCEDA"),
];

/// How many they are.
#[cfg(test)]
pub(super) const ROWS: usize = 12 + 9 + 3 + 19 + 4;

/// All of them, sorted.
pub(super) fn modules() -> Vec<Module> {
    let mut all: Vec<Module> = MODULES
        .iter()
        .flat_map(|(module, rows)| {
            rows.iter().filter_map(move |(name, letters)| {
                let id = if name.is_empty() { (*module).to_owned() } else { format!("{module}/{name}") };
                Some(Module { id: read(&id)?, offered: read::<Actions>(letters)? })
            })
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::authored;

    #[test]
    fn um_13_what_custom_sets_may_grant() {
        let platform = authored();
        let offered = |id: &str| platform.module(id).map(|module| module.offered.to_string());
        assert_eq!(offered("Campaign").as_deref(), Some("VCEA"));
        assert_eq!(offered("Campaign/Journeys").as_deref(), Some("-"));
        assert_eq!(offered("Member Care/Requests ID Reallocation/Merge").as_deref(), Some("V"));
        assert_eq!(offered("Insights+/Reports").as_deref(), Some("VC"));
        assert_eq!(offered("Loyalty+"), None, "only Campaign is granted as a whole");
        let administration = platform.modules.iter().filter(|module| module.id.as_str().starts_with(crate::reference::people::ADMINISTRATION));
        let all: Vec<bool> = administration.map(|module| module.offered == Actions::all()).collect();
        assert_eq!(all, [true; 12]);
    }
}
