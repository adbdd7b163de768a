//! What ships to every org: the catalogue of the platform that a cluster begins with (UM-10), authored as tables.
//!
//! The contents of the built-in groups, of predefined controls and of the scopes are ours: the originals' are not
//! published. Nothing here decides anything; a row whose ids can't be read would be left out, and a test counts them.

pub mod check;
mod controls;
mod endpoints;
mod groups;
mod modules;
mod privileges;
mod scopes;
mod sets;

use std::str::FromStr;

use crate::ids::OrgCode;
use crate::object::{Group, GroupKind, Meta};
use crate::platform::{BuiltIn, Platform};

/// Version of this catalogue, kept in the cluster's record.
pub const VERSION: u32 = 1;

/// Whom built-ins show as their creator (AG-13).
pub const VENDOR: &str = "Bailiwick";

/// The catalogue that a cluster begins with. Part of what its first entry means: never edited once released, only
/// replaced by a later version.
pub fn authored() -> Platform {
    Platform {
        version: VERSION,
        groups: groups::built_ins(),
        modules: modules::modules(),
        sets: sets::standard(),
        scopes: scopes::scopes(),
        domains: scopes::domains(),
        controls: controls::predefined(),
        default_scopes: scopes::defaults(),
        privileges: privileges::privileges(),
        roles: privileges::roles(),
        default_role: read(privileges::DEFAULT_ROLE),
        inert_roles: privileges::inert_roles(),
        endpoints: endpoints::endpoints(),
        meta: Meta::default(),
    }
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
        grants: std::sync::Arc::new(group.grants.clone()),
        meta: meta.clone(),
    };
    platform.groups.iter().map(of_org).collect()
}

/// An id or a name of a table.
fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The ids of a list, sorted, each once.
fn read_all<T: FromStr + Ord>(texts: &[&str]) -> Vec<T> {
    let mut ids: Vec<T> = texts.iter().filter_map(|text| read(text)).collect();
    ids.sort();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::platform::PrivilegeKind;

    #[track_caller]
    fn sorted<T: Ord + Clone + Debug>(what: &str, ids: impl Iterator<Item = T>, count: usize) {
        let ids: Vec<T> = ids.collect();
        let mut once = ids.clone();
        once.sort();
        once.dedup();
        assert_eq!(ids, once, "{what} are sorted, each once");
        assert_eq!(ids.len(), count, "every row of {what} was read");
    }

    #[test]
    fn um_10_every_list_is_sorted_and_every_row_is_read() {
        let platform = authored();
        sorted("groups", platform.groups.iter().map(|x| &x.id), 3);
        sorted("modules", platform.modules.iter().map(|x| &x.id), modules::ROWS);
        sorted("sets", platform.sets.iter().map(|x| &x.id), sets::SETS.len());
        sorted("scopes", platform.scopes.iter().map(|x| &x.id), scopes::scopes_in_rows());
        sorted("domains", platform.domains.iter().map(|x| &x.id), scopes::DOMAINS.len());
        sorted("controls", platform.controls.iter().map(|x| &x.id), 2 * scopes::DOMAINS.len() + controls::FURTHER.len());
        sorted("default scopes", platform.default_scopes.iter().map(|x| x.0), 2);
        sorted("privileges", platform.privileges.iter().map(|x| &x.id), 2 + privileges::ENDPOINT.len() + privileges::INTERNAL.len());
        sorted("roles", platform.roles.iter().map(|x| &x.id), 1 + 2 + privileges::ENDPOINT.len() + privileges::INTERNAL.len());
        sorted("inert roles", platform.inert_roles.iter(), privileges::INERT.len());
        sorted("endpoints", platform.endpoints.iter().map(|x| &x.id), endpoints::ENDPOINTS.len());
        for set in &platform.sets {
            sorted(set.id.as_str(), set.grants.iter().map(|x| &x.module), set.grants.len());
        }
        for control in &platform.controls {
            sorted(control.id.as_str(), control.scopes.iter(), control.scopes.len());
            assert!(!control.scopes.is_empty(), "{} names its scopes", control.id);
        }
        for endpoint in &platform.endpoints {
            sorted(endpoint.id.as_str(), endpoint.privileges.iter(), endpoint.privileges.len());
        }
    }

    #[test]
    fn um_10_every_reference_in_the_catalogue_resolves() {
        let platform = authored();
        for set in &platform.sets {
            for grant in &set.grants {
                assert!(platform.module(grant.module.as_str()).is_some(), "{}: {}", set.id, grant.module);
                assert!(!grant.actions.is_empty(), "{}: {}", set.id, grant.module);
            }
        }
        for scope in &platform.scopes {
            assert!(platform.domains.iter().any(|domain| domain.id == scope.domain), "{}", scope.id);
            assert!(scope.implies.iter().all(|implied| platform.scope(implied.as_str()).is_some()), "{}", scope.id);
        }
        for control in &platform.controls {
            assert!(platform.domains.iter().any(|domain| domain.id == control.domain), "{}", control.id);
            assert!(control.scopes.iter().all(|scope| platform.scope(scope.as_str()).is_some()), "{}", control.id);
        }
        for (audience, scopes) in &platform.default_scopes {
            assert!(!scopes.is_empty() && scopes.iter().all(|scope| platform.scope(scope.as_str()).is_some()), "{audience}");
        }
        for role in &platform.roles {
            let rights: Vec<_> = role.rights.iter().map(|right| platform.privilege(right.as_str()).expect("a privilege")).collect();
            assert!(rights.iter().all(|right| (right.kind == PrivilegeKind::Internal) == role.internal), "{}", role.id);
        }
        assert!(platform.default_role.as_ref().is_some_and(|id| platform.role(id.as_str()).is_some()));
        assert!(platform.inert_roles.iter().all(|id| platform.role(id.as_str()).is_some_and(|role| role.internal)));
        for endpoint in &platform.endpoints {
            let rights = endpoint.privileges.iter().chain(&endpoint.endpoint_privilege);
            assert!(rights.clone().count() > 0, "{}", endpoint.id);
            assert!(rights.into_iter().all(|right| platform.privilege(right.as_str()).is_some()), "{}", endpoint.id);
        }
    }
}
