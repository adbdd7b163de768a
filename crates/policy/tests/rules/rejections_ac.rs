//! Rejections of scopes and access controls: a command that each refuses.

use bailiwick_policy::command::{Actor, Assign, Command, Verb};
use bailiwick_policy::ids::Tick;
use bailiwick_policy::object::Audience;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::place::{Bounds, Place};

use crate::ac::*;
use crate::world::*;

/// A world in which a command by an actor is refused with the code; none if the code is of another system.
pub fn refusal(code: RejectionCode) -> Option<(World, Actor, Command)> {
    let mut world = acme_people();
    world.ok(create_scope("order.export"));
    world.ok(create_control("Export", &["order.export"]));
    world.ok(control_for(Some(Audience::Customer), "Shop", &["order.export"]));
    world.ok(create_user_group("Sellers"));
    world.ok(join("Sellers", &["eve"]));
    world.ok(give("Sellers", &["Export"]));
    let refused = match code {
        RejectionCode::ScopeUnknown => create_control("Other", &["nope"]),
        RejectionCode::ScopeExists => create_entity("product"),
        RejectionCode::ScopeInUse => remove(scope_object("order.export")),
        RejectionCode::EntityUnknown => remove(entity_object("boat")),
        RejectionCode::ControlUnknown => give("Sellers", &["nope"]),
        RejectionCode::ControlAssigned => remove(control_object("export")),
        RejectionCode::ControlEmpty => create_control("Other", &[]),
        RejectionCode::AudienceMismatch => give("Sellers", &["Shop"]),
        RejectionCode::AudienceImmutable => {
            let audience = Some(Audience::Employee);
            Command::EditControl { org: id("acme"), control: "Shop".into(), name: None, description: None, verb: Verb::Add, scopes: Vec::new(), audience }
        }
        RejectionCode::DirectControlForbidden => {
            Command::AssignControls { org: id("acme"), group: "Sellers".into(), verb: Verb::Add, controls: vec![Assign::new("Export")], users: vec![id("eve")] }
        }
        RejectionCode::MemberForbidden => {
            let applications = vec![id("erp")];
            Command::AssignMembers { org: id("acme"), group: "Sellers".into(), verb: Verb::Add, users: Vec::new(), bounds: Bounds::ALWAYS, applications }
        }
        RejectionCode::UserGroupUnknown => join("Nobody", &["eve"]),
        RejectionCode::UserGroupInUse => remove(group_object("sellers")),
        RejectionCode::BoundsInvalid => members_until("Sellers", Verb::Add, &["eve"], Bounds { not_before: None, not_after: Some(Tick(1)) }),
        RejectionCode::PlaceForbidden => controls("Sellers", Verb::Remove, vec![Assign::new("Export").at(vec![Place::Org])]),
        // Those of the other systems.
        _other => return None,
    };
    Some((world, operator(), refused))
}
