//! What ships to every org: the built-in access groups (AG-10). Their contents are authored here; the originals'
//! are not published.

use std::sync::Arc;

use crate::access::{Class, Grant, Levels};
use crate::ids::OrgCode;
use crate::object::{Group, GroupKind, Meta};
use crate::platform::{BuiltIn, Platform};

/// Version of this catalogue, kept in the cluster's record.
pub const VERSION: u32 = 1;

/// Whom built-ins show as their creator (AG-13).
pub const VENDOR: &str = "Bailiwick";

const POS_RW_DATA: &[&str] = &["Customer", "Transaction", "Points", "Coupon", "OTP"];
const POS_R_DATA: &[&str] = &["Product", "Store", "Organization", "Organization Data Fields"];
const INSTORE_RW_DATA: &[&str] = &["Card", "Leads", "Staff", "Task", "Requests", "Survey", "Images"];
const INSTORE_R_CONFIG: &[&str] = &["Store", "Organization", "Task"];

/// The catalogue that a cluster begins with. Part of what its first entry means: never edited once released, only
/// replaced by a later version.
pub fn authored() -> Platform {
    Platform { version: VERSION, groups: built_ins(), ..Platform::default() }
}

/// The built-in groups of the catalogue as an org has them.
pub fn groups_of(platform: &Platform, org: &OrgCode, meta: &Meta) -> Vec<Group> {
    let of_org = |group: &BuiltIn| Group {
        org: org.clone(),
        id: group.id.clone(),
        name: group.name.clone(),
        description: group.description.clone(),
        kind: GroupKind::BuiltIn,
        active: true,
        wildcard: group.wildcard,
        grants: Arc::new(group.grants.clone()),
        meta: meta.clone(),
    };
    platform.groups.iter().map(of_org).collect()
}

/// POS, Instore and Admin, as every org has them from its first moment.
fn built_ins() -> Vec<BuiltIn> {
    let pos = cells(&[(POS_RW_DATA, Class::Data, Levels::R | Levels::W), (POS_R_DATA, Class::Data, Levels::R)]);
    let instore = cells(&[
        (POS_RW_DATA, Class::Data, Levels::R | Levels::W),
        (POS_R_DATA, Class::Data, Levels::R),
        (INSTORE_RW_DATA, Class::Data, Levels::R | Levels::W),
        (INSTORE_R_CONFIG, Class::Config, Levels::R),
    ]);
    [
        ("POS", "Tills: customers, transactions, points, coupons", pos, false),
        ("Instore", "Staff devices: as POS, and cards, leads, tasks, requests", instore, false),
        ("Admin", "Everything, present and future", Vec::new(), true),
    ]
    .into_iter()
    .filter_map(|(name, description, grants, wildcard)| {
        Some(BuiltIn { id: name.parse().ok()?, name: name.parse().ok()?, description: description.into(), wildcard, grants })
    })
    .collect()
}

fn cells(parts: &[(&[&str], Class, Levels)]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = parts
        .iter()
        .flat_map(|(names, class, levels)| {
            names.iter().filter_map(|name| Some(Grant::whole(name.parse().ok()?, *class, *levels)))
        })
        .collect();
    grants.sort_by(|a, b| (&a.resource, a.class).cmp(&(&b.resource, b.class)));
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ag_10_built_ins() {
        let org: OrgCode = "acme".parse().expect("a code");
        let groups = groups_of(&authored(), &org, &Meta::default());
        let names: Vec<_> = groups.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["POS", "Instore", "Admin"]);
        let levels = |group: usize, resource: &str, class| groups[group].levels(&resource.parse().expect("a name"), class);
        assert_eq!(levels(0, "Customer", Class::Data), Levels::all());
        assert_eq!(levels(0, "Store", Class::Data), Levels::R);
        assert_eq!(levels(0, "Store", Class::Config), Levels::empty());
        assert_eq!(levels(1, "Store", Class::Config), Levels::R);
        assert_eq!(levels(2, "Anything at all", Class::Config), Levels::all());
    }
}
