//! The standard permission sets (UM-10). They may hold what custom sets may not: MemberCare Create views cards.

use super::read;
use crate::permission::ModuleGrant;
use crate::platform::StandardSet;

/// Id, name, what for, and its grants: a sub-module and the letters of its actions.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What the three sets about data of Insights+ have in common.
const INSIGHTS: &[(&str, &str)] = &[("Insights+/Reports", "V"), ("Insights+/Segments", "V"), ("Insights+/Export", "V"), ("Insights+/Settings", "V")];

/// All of them.
pub(super) const SETS: &[Row] = &[
    (
        "data-import",
        "Data Import",
        "Importing data",
        &[("Campaign/Workflow", "V"), ("Insights+/Reports", "V"), ("Insights+/Segments", "V"), ("Insights+/Export", "V"), ("Insights+/Settings", "V")],
    ),
    (
        "finance-manager",
        "Finance Manager",
        "Finance: late transactions, approval of campaigns, reports",
        &[
            ("Member Care/Customer Retro Transaction", "VC"),
            ("Campaign/Workflow", "VA"),
            ("Campaign/Incentive", "V"),
            ("Campaign/Audience", "V"),
            ("Campaign/Report", "V"),
            ("Campaign/Creatives", "V"),
            ("Insights+/Reports", "VC"),
        ],
    ),
    (
        "membercare-authorise",
        "MemberCare Authorise",
        "Approving what member care asks for",
        &[
            ("Member Care/Customer PII", "A"),
            ("Member Care/Customer Retro Transaction", "A"),
            ("Member Care/Requests Goodwill Points", "A"),
            ("Member Care/Requests Goodwill Coupons", "A"),
            ("Member Care/Requests ID Change", "A"),
            ("Member Care/Requests Transaction", "A"),
            ("Member Care/Group Goodwill", "A"),
        ],
    ),
    (
        "membercare-create",
        "MemberCare Create",
        "Looking after members, and asking on their behalf",
        &[
            ("Member Care/Customer", "V"),
            ("Member Care/Customer Profile", "VE"),
            ("Member Care/Customer PII", "VC"),
            ("Member Care/Customer Retro Transaction", "VC"),
            ("Member Care/Customer Cards", "VC"),
            ("Member Care/Requests", "V"),
            ("Member Care/Requests Goodwill Points", "VC"),
            ("Member Care/Requests Goodwill Coupons", "VC"),
            ("Member Care/Requests Transaction", "VC"),
            ("Member Care/Requests ID Change", "VCA"),
            ("Member Care/Group", "V"),
            ("Member Care/Group Goodwill", "VC"),
            ("Insights+/Reports", "VC"),
        ],
    ),
    (
        "membercare-activate",
        "MemberCare Activate",
        "Members' profiles",
        &[("Member Care/Customer Profile", "VE"), ("Member Care/Requests Goodwill Coupons", "V")],
    ),
    (
        "member-care-goodwill-explore",
        "Member Care Goodwill Explore",
        "Looking at goodwill",
        &[("Member Care/Requests Goodwill Points", "V"), ("Member Care/Requests Goodwill Coupons", "V"), ("Member Care/Group Goodwill", "V")],
    ),
    (
        "membercare-explore",
        "Membercare Explore",
        "Looking at members and their requests",
        &[
            ("Member Care/Customer Profile", "V"),
            ("Member Care/Customer PII", "V"),
            ("Member Care/Customer Retro Transaction", "V"),
            ("Member Care/Requests ID Change", "V"),
            ("Member Care/Requests ID Reallocation/Merge", "V"),
            ("Member Care/Requests Transaction", "V"),
            ("Insights+/Reports", "V"),
        ],
    ),
    ("insights-export", "Insights+ Export", "Exports of Insights+", INSIGHTS),
    ("insights-segments", "Insights+ Segments", "Segments of Insights+", INSIGHTS),
    ("insights-settings", "Insights+ Settings", "Settings of Insights+", INSIGHTS),
    (
        "insights-reports",
        "Insights+ Reports",
        "Reports of Insights+, and what they are about",
        &[
            ("Member Care/Customer Retro Transaction", "VC"),
            ("Campaign/Workflow", "V"),
            ("Campaign/Incentive", "V"),
            ("Campaign/Audience", "V"),
            ("Campaign/Creatives", "V"),
            ("Insights+/Reports", "VC"),
            ("Insights+/Segments", "V"),
            ("Insights+/Export", "V"),
            ("Insights+/Settings", "V"),
        ],
    ),
    (
        "engage-authorize",
        "Engage+ Authorize",
        "Campaigns, and their approval",
        &[
            ("Campaign/Workflow", "VCA"),
            ("Campaign/Messages", "CA"),
            ("Campaign/Incentive", "VCA"),
            ("Campaign/Audience", "V"),
            ("Campaign/Report", "V"),
            ("Campaign/Creatives", "V"),
            ("Campaign/Config", "E"),
            ("Insights+/Reports", "V"),
        ],
    ),
    (
        "engage-activate",
        "Engage+ Activate",
        "Campaigns",
        &[
            ("Campaign/Workflow", "VCA"),
            ("Campaign/Messages", "C"),
            ("Campaign/Incentive", "VC"),
            ("Campaign/Audience", "V"),
            ("Campaign/Report", "V"),
            ("Campaign/Creatives", "V"),
            ("Campaign/Config", "E"),
            ("Insights+/Reports", "V"),
        ],
    ),
    (
        "engage-explore",
        "Engage+ Explore",
        "Looking at campaigns",
        &[
            ("Campaign/Workflow", "V"),
            ("Campaign/Incentive", "V"),
            ("Campaign/Audience", "V"),
            ("Campaign/Report", "V"),
            ("Campaign/Creatives", "V"),
            ("Insights+/Reports", "V"),
        ],
    ),
    ("program-manager", "Program Manager", "Loyalty programs", &[("Loyalty+/Program", "C")]),
    ("promotion-manager", "Promotion Manager", "Promotions of loyalty programs", &[("Loyalty+/Promotion", "C")]),
    ("loyalty-explore", "Loyalty+ Explore", "Looking at loyalty programs", &[("Loyalty+/Basic", "V")]),
];

/// All of them, sorted, with their grants sorted.
pub(super) fn standard() -> Vec<StandardSet> {
    let mut all: Vec<StandardSet> = SETS
        .iter()
        .filter_map(|(id, name, description, rows)| {
            let mut grants: Vec<ModuleGrant> = rows.iter().filter_map(|(module, letters)| Some(ModuleGrant { module: read(module)?, actions: read(letters)? })).collect();
            grants.sort();
            Some(StandardSet { id: read(id)?, name: read(name)?, description: (*description).into(), grants })
        })
        .collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::authored;

    /// The letters are those of the published sets; so is their sum.
    #[test]
    fn um_10_standard_sets() {
        let platform = authored();
        assert!(SETS.iter().all(|(id, _, _, rows)| platform.set(id).is_some_and(|set| set.grants.len() == rows.len())));
        let told = |id: &str| -> Vec<String> {
            let grants = platform.set(id).map(|set| set.grants.clone()).unwrap_or_default();
            grants.iter().map(|grant| format!("{} {}", grant.module, grant.actions)).collect()
        };
        assert_eq!(told("membercare-activate"), ["Member Care/Customer Profile VE", "Member Care/Requests Goodwill Coupons V"]);
        assert_eq!(told("insights-segments"), ["Insights+/Export V", "Insights+/Reports V", "Insights+/Segments V", "Insights+/Settings V"]);
        assert_eq!(told("program-manager"), ["Loyalty+/Program C"]);
    }
}
