//! Applications: roles, scopes, access groups of their own, and keys that end.

use bailiwick_policy::command::{Assign, Command, GroupRef, NewKey};
use bailiwick_policy::ids::Tick;
use bailiwick_policy::object::{ApplicationType, Secret};

use super::staff::{bounds, known_scopes};
use super::{Making, id};
use crate::corpus::ORG;

/// Applications.
pub const APPLICATIONS: [&str; 5] = ["widget", "sync", "erp", "shop", "clock"];

const DAY_MS: u64 = 86_400_000;

pub(super) fn make(making: &mut Making) -> Result<(), String> {
    let rights: Vec<_> = making.cluster.state.platform.privileges.iter().map(|privilege| privilege.id.clone()).collect();
    let rights: Vec<_> = rights.into_iter().filter(|right| !["agent", "administrator"].contains(&right.as_str())).collect();
    for role in ["exporter", "helper"] {
        let rights = making.chance.some(&rights, 1, 2);
        making.cluster.run(Command::CreateRole { org: id(ORG), id: id(role), name: id(role), description: "".into(), rights })?;
    }
    let scopes_known = known_scopes(making);
    for (number, name) in (0u8..).zip(APPLICATIONS) {
        let kind = *making.chance.pick(&[ApplicationType::Application, ApplicationType::Extension]);
        let roles = if making.chance.one_in(4) {
            None
        } else {
            let mut given = Vec::new();
            for role in making.chance.some(&["advancedPlus", "endpoint.getSites", "extensions", "exporter", "helper"], 0, 3) {
                given.push(Assign { bounds: bounds(making), ..Assign::new(role) });
            }
            Some(given)
        };
        let scopes = making.chance.some(&scopes_known, 0, 5).iter().map(|scope| id(scope)).collect();
        let group = making.chance.one_in(2).then(|| GroupRef::from(making.chance.word(&["POS", "Instore", "Admin", "Kiosk", "Nights", "Stocktake"])));
        let key = making.chance.one_in(2).then(|| {
            let lasts_ms = (!making.chance.one_in(4)).then(|| DAY_MS * (1 + making.chance.below(9) as u64));
            NewKey { id: id(&format!("key-{number}")), secret: Secret::TokenHash([100 + number; 32]), lasts_ms }
        });
        let lasts = key.as_ref().map(|key| key.lasts_ms);
        let (org, source, external) = (id(ORG), None, false);
        let command = Command::RegisterApplication { org, id: id(name), name: id(name), kind, roles, scopes, group, source, external, key };
        making.cluster.run(command)?;
        if let Some(lasts) = lasts {
            making.keys.insert(id(name), lasts.map(|lasts| Tick(making.cluster.now + lasts)));
        }
    }
    Ok(())
}
