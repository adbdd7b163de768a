//! The built-in access groups (AG-10).

use super::read;
use crate::access::{Class, Grant, Levels};
use crate::platform::BuiltIn;

const POS_RW_DATA: &[&str] = &["Customer", "Transaction", "Points", "Coupon", "OTP"];
const POS_R_DATA: &[&str] = &["Product", "Store", "Organization", "Organization Data Fields"];
const INSTORE_RW_DATA: &[&str] = &["Card", "Leads", "Staff", "Task", "Requests", "Survey", "Images"];
const INSTORE_R_CONFIG: &[&str] = &["Store", "Organization", "Task"];

/// Admin, Instore and POS, as every org has them from its first moment.
pub(super) fn built_ins() -> Vec<BuiltIn> {
    let pos = cells(&[(POS_RW_DATA, Class::Data, Levels::R | Levels::W), (POS_R_DATA, Class::Data, Levels::R)]);
    let instore = cells(&[
        (POS_RW_DATA, Class::Data, Levels::R | Levels::W),
        (POS_R_DATA, Class::Data, Levels::R),
        (INSTORE_RW_DATA, Class::Data, Levels::R | Levels::W),
        (INSTORE_R_CONFIG, Class::Config, Levels::R),
    ]);
    [
        ("Admin", "Everything, present and future", Vec::new(), true),
        ("Instore", "Staff devices: as POS, and cards, leads, tasks, requests", instore, false),
        ("POS", "Tills: customers, transactions, points, coupons", pos, false),
    ]
    .into_iter()
    .filter_map(|(name, description, grants, wildcard)| {
        Some(BuiltIn { id: read(name)?, name: read(name)?, description: description.into(), wildcard, grants })
    })
    .collect()
}

fn cells(parts: &[(&[&str], Class, Levels)]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = parts
        .iter()
        .flat_map(|(names, class, levels)| names.iter().filter_map(|name| Some(Grant::whole(read(name)?, *class, *levels))))
        .collect();
    grants.sort_by(|a, b| (&a.resource, a.class).cmp(&(&b.resource, b.class)));
    grants
}

#[cfg(test)]
mod tests {
    use crate::access::{Class, Levels};
    use crate::catalogue::{authored, groups_of};
    use crate::ids::OrgCode;
    use crate::object::Meta;

    #[test]
    fn ag_10_built_ins() {
        let org: OrgCode = "acme".parse().expect("a code");
        let groups = groups_of(&authored(), &org, &Meta::default());
        let names: Vec<_> = groups.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["Admin", "Instore", "POS"]);
        let levels = |group: usize, resource: &str, class| groups[group].levels(&resource.parse().expect("a name"), class);
        assert_eq!(levels(2, "Customer", Class::Data), Levels::all());
        assert_eq!(levels(2, "Store", Class::Data), Levels::R);
        assert_eq!(levels(2, "Store", Class::Config), Levels::empty());
        assert_eq!(levels(1, "Store", Class::Config), Levels::R);
        assert_eq!(levels(0, "Anything at all", Class::Config), Levels::all());
    }
}
