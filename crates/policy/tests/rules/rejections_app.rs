//! Rejections of applications, of the platform's catalogue and of time: a command that each refuses.

use bailiwick_policy::command::{Actor, Assign, Command, Verb};
use bailiwick_policy::ids::*;
use bailiwick_policy::object::ApplicationType;
use bailiwick_policy::outcome::{Outcome, RejectionCode};

use crate::app::*;
use crate::world::*;

/// A world in which a command by an actor is refused with the code; none if the code is of another system.
pub fn refusal(code: RejectionCode) -> Option<(World, Actor, Command)> {
    let with = |prepared: &[Command], refused: Command| {
        let mut world = World::acme();
        for command in prepared {
            world.ok(command.clone());
        }
        Some((world, operator(), refused))
    };
    let registered = register("crm", Some(&[]));
    let role = |text: &str| ObjectId::Role(id("acme"), id(text));
    match code {
        RejectionCode::RoleUnknown => with(&[registered], roles("crm", Verb::Add, &["nope"])),
        RejectionCode::RoleExists => with(&[], create_role("csAgent", &[])),
        RejectionCode::RoleAssigned => with(&[create_role("Sites", &[]), register("crm", Some(&["Sites"]))], remove(role("Sites"))),
        RejectionCode::RightUnknown => with(&[], create_role("Sites", &["endpoint.ccadmin.nope"])),
        RejectionCode::ApplicationUnknown => with(&[], roles("crm", Verb::Set, &[])),
        RejectionCode::ApplicationExists => with(std::slice::from_ref(&registered), registered.clone()),
        RejectionCode::ApplicationOnlyPrivilege => with(&[], user_roles("ann", &["ora.advancedApplicationPrivilege"])),
        RejectionCode::InternalOnlyRole => with(&[], register("crm", Some(&["csAgent"]))),
        RejectionCode::EndpointPrivilegeReadonly => with(&[], Command::CreateEndpointPrivilege { org: id("acme"), id: id("endpoint.ccadmin.mine") }),
        RejectionCode::KeyLifetime => with(&[registered], rotate("crm", 60, Some(DAY - 1), None)),
        RejectionCode::LifetimeInvalid => with(&[], break_glass(&["north-1"], "Admin", 0)),
        RejectionCode::ReasonRequired => with(&[], break_glass(&["north-1"], "Admin", HOUR)),
        RejectionCode::CatalogueInvalid => with(&[], set_platform(&World::acme(), |platform| platform.version += 1)),
        _of_another_system => None,
    }
}

#[test]
fn each_of_these_is_refused_by_a_command_and_changes_nothing() {
    let mine: Vec<(RejectionCode, (World, Actor, Command))> = RejectionCode::ALL.iter().filter_map(|code| Some((*code, refusal(*code)?))).collect();
    assert_eq!(mine.len(), 13);
    for (code, (mut world, actor, command)) in mine {
        let before = world.clone();
        match world.try_as(actor, command).outcome {
            Outcome::Rejected(rejection) => {
                assert_eq!(rejection.code, code, "{rejection}");
                assert!(!rejection.message.ends_with('.') && rejection.message.len() > 10, "{rejection}");
            }
            Outcome::Committed { .. } => unreachable!("`{code}` was not refused"),
        }
        assert!(before.state.objects().eq(world.state.objects()), "{code}");
        assert_eq!(before.state.revision, world.state.revision, "{code}");
    }
}

/// Other ways to the same refusals, and the remedies they name.
#[test]
fn refusals_of_applications_name_what_is_wrong() {
    let mut world = World::acme();
    world.ok(create_role("Sites", &["endpoint.ccadmin.getSites"]));
    world.ok(register("crm", Some(&["Sites"])));
    world.ok(remove(ObjectId::Application(id("acme"), id("crm"))));
    let cases = [
        (RejectionCode::IdRetired, register("crm", None)),
        (RejectionCode::RoleExists, create_role("Sites", &[])),
        (RejectionCode::NameTaken, Command::CreateRole { org: id("acme"), id: id("Other"), name: id("SITES"), description: "".into(), rights: Vec::new() }),
        (RejectionCode::NameTaken, Command::CreateRole { org: id("acme"), id: id("Other"), name: id("cs agent"), description: "".into(), rights: Vec::new() }),
        (RejectionCode::BuiltinImmutable, edit_role("csAgent", Verb::Add, &["endpoint.ccadmin.getSites"])),
        (RejectionCode::BuiltinImmutable, Command::Remove { target: ObjectId::Role(id("acme"), id("marketing")), force: true }),
        (RejectionCode::RightUnknown, edit_role("Sites", Verb::Add, &["nope", "neither"])),
        (RejectionCode::RightUnknown, edit_role("Sites", Verb::Remove, &["nope"])),
        (RejectionCode::InternalOnlyRole, create_role("Other", &["marketing"])),
        (RejectionCode::RoleUnknown, Command::Remove { target: ObjectId::Role(id("acme"), id("nope")), force: true }),
        (RejectionCode::UserUnknown, user_roles("nobody", &["csAgent"])),
        (RejectionCode::ScopeUnknown, Command::RegisterApplication {
            org: id("acme"),
            id: id("x"),
            name: id("x"),
            kind: ApplicationType::Application,
            roles: None,
            scopes: vec![id("nope.nope_read")],
            group: None,
            source: None,
            external: false,
            key: None,
        }),
    ];
    for (code, command) in cases {
        let rejection = world.rejection(command);
        assert_eq!(rejection.code, code, "{rejection}");
    }
    world.ok(register("erp", Some(&[])));
    let mut at_a_place = Assign::new("Sites");
    at_a_place.places = vec![bailiwick_policy::place::Place::Org];
    let mut ended = Assign::new("Sites");
    ended.bounds = bailiwick_policy::place::Bounds { not_before: Some(Tick(9)), not_after: Some(Tick(9)) };
    let assign = |roles: Vec<Assign>| Command::AssignRoles { org: id("acme"), application: id("erp"), verb: Verb::Add, roles };
    assert_eq!(world.no(assign(vec![at_a_place])), RejectionCode::PlaceForbidden);
    assert_eq!(world.no(assign(vec![ended])), RejectionCode::BoundsInvalid);
    assert_eq!(world.no(assign(Vec::new())), RejectionCode::NothingNamed);
    assert_eq!(world.no(rotate("erp", 61, Some(366 * DAY + 1), None)), RejectionCode::KeyLifetime);
    assert_eq!(world.no(rotate("erp", 61, None, Some(400 * DAY))), RejectionCode::KeyLifetime);
    assert_eq!(world.no(rotate("erp", 1, None, None)), RejectionCode::CredentialExists, "another has this secret");
}
