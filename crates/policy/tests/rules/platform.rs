//! The platform's catalogue, replaced by an operator: in force in every org at one revision (UM-10).

use bailiwick_policy::access::Class;
use bailiwick_policy::command::*;
use bailiwick_policy::decision::Reason;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::RejectionCode;
use bailiwick_policy::whoami::{Origin, whoami};

use crate::app::*;
use crate::world::*;

#[test]
fn um_10_only_an_operator_replaces_the_catalogue_by_its_next_version() {
    let mut world = World::acme();
    let next = set_platform(&world, |_| {});
    assert_eq!(world.rejection_as(by("acme-ann"), next.clone()).code, RejectionCode::Forbidden);
    for version in [0, 1, 3] {
        assert_eq!(world.no(set_platform(&world, |platform| platform.version = version)), RejectionCode::CatalogueInvalid);
    }
    let row = world.ok_row(next);
    assert_eq!((row.org, row.command.as_ref()), (None, "catalogue apply"), "it is of all orgs");
    assert_eq!(world.state.platform.version, 2);
    assert_eq!(world.state.cluster.as_ref().map(|cluster| cluster.catalogue), Some(2));
    assert_eq!(world.no(undo(&world.clone().ok_row(set_platform(&world, |_| {})))), RejectionCode::NotUndoable);
}

#[test]
fn um_10_built_in_groups_change_in_every_org_in_the_same_entry() {
    let mut world = World::acme();
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::ResourceNone);
    let row = world.ok_row(set_platform(&world, |platform| {
        let pos = platform.groups.iter_mut().find(|group| group.id.as_str() == "POS").expect("POS");
        pos.grants.push(grant("Webhooks", Class::Data, "R"));
    }));
    assert_eq!(world.check("till:north-1/t1 GET /v2/webhooks"), Reason::PermitDefaultGroup);
    let groups: Vec<String> = row.changes.iter().filter_map(|change| change.id()).filter(|id| id.kind() == "access-group").map(|id| id.org().expect("an org").to_string()).collect();
    assert_eq!(groups, ["acme", "beta"], "the ones that changed, and no others");
    // An org made afterwards has them from its first moment.
    world.ok(create_org("gamma"));
    let pos = world.state.orgs.get("gamma").and_then(|org| org.group("POS")).expect("POS").clone();
    assert_eq!(pos.grants, world.group("POS").grants);
    assert_eq!(world.group("POS").meta.created_by.as_ref(), bailiwick_policy::catalogue::VENDOR);
}

#[test]
fn um_10_what_the_catalogue_drops_stays_inert_until_it_is_edited() {
    let mut world = World::acme();
    world.ok(create_role("Mixed", &["endpoint.ccadmin.getSite", "endpoint.ccadmin.getSites"]));
    world.ok(register("crm", Some(&["Mixed", "ora.extensionsPrivilege"])));
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites"), Reason::PermitEndpointPrivilege);
    world.ok(set_platform(&world, |platform| {
        let gone = |id: &str| ["endpoint.ccadmin.getSites", "ora.extensionsPrivilege"].contains(&id);
        platform.privileges.retain(|privilege| !gone(privilege.id.as_str()));
        platform.roles.retain(|role| !gone(role.id.as_str()));
        platform.roles.iter_mut().for_each(|role| role.rights.retain(|right| !gone(right.as_str())));
        for endpoint in &mut platform.endpoints {
            endpoint.endpoint_privilege = endpoint.endpoint_privilege.take().filter(|right| !gone(right.as_str()));
            endpoint.privileges.retain(|right| !gone(right.as_str()));
        }
    }));
    // Inert: neither the right nor the role counts any more.
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites"), Reason::PrivilegeMissing);
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/applicationIds?type=extension"), Reason::PrivilegeMissing);
    assert_eq!(may(&world, "application:crm", "GET /ccadmin/v1/sites/s1"), Reason::PermitEndpointPrivilege);
    // Visible: whoami tells them.
    let told = whoami(&world.state, &id("acme"), bailiwick_policy::decision::Subject::Application("crm")).expect("crm");
    let rights: Vec<(&str, bool)> = told.roles[0].rights.iter().map(|right| (right.right.as_str(), right.in_force)).collect();
    assert_eq!(rights, [("endpoint.ccadmin.getSite", true), ("endpoint.ccadmin.getSites", false)]);
    assert_eq!(told.roles[1].origin, Origin::Gone);
    // A new name leaves them; touching the rights drops them; a role that is gone can still be taken away.
    let rights = |world: &World| world.acme_state().roles.get("Mixed").expect("the role").rights.len();
    world.ok(Command::EditRole { org: id("acme"), role: "Mixed".into(), name: Some(id("Sites")), description: None, verb: Verb::Add, rights: Vec::new() });
    assert_eq!(rights(&world), 2);
    world.ok(edit_role("Mixed", Verb::Add, &["endpoint.ccadmin.getItemType"]));
    assert_eq!(world.acme_state().roles.get("Mixed").map(|role| role.rights.iter().map(ToString::to_string).collect::<Vec<_>>()), Some(vec!["endpoint.ccadmin.getItemType".to_owned(), "endpoint.ccadmin.getSite".to_owned()]));
    world.ok(roles("crm", Verb::Remove, &["ora.extensionsPrivilege"]));
    assert_eq!(world.no(roles("crm", Verb::Remove, &["ora.extensionsPrivilege"])), RejectionCode::RoleUnknown, "it is held no more");
}

#[test]
fn um_10_a_catalogue_that_contradicts_itself_or_an_org_is_refused_with_what_is_wrong() {
    let mut world = World::acme();
    world.ok(create_role("mine", &[]));
    world.ok(create_group("Kiosk", &[]));
    let cases: [(&str, Command); 4] = [
        ("there is no module `Loyalty+/Basic`", set_platform(&world, |p| p.modules.retain(|m| m.id.as_str() != "Loyalty+/Basic"))),
        ("`POS` is gone", set_platform(&world, |p| p.groups.retain(|g| g.id.as_str() != "POS"))),
        ("org `acme` has a role `mine` of its own", set_platform(&world, |p| {
            let mut role = p.roles.last().expect("a role").clone();
            role.id = id("mine");
            role.name = id("Not theirs");
            p.roles.push(role);
            p.roles.sort_by(|a, b| a.id.cmp(&b.id));
        })),
        ("org `acme` has an access group `Stand` of its own", set_platform(&world, |p| {
            let mut group = p.groups[2].clone();
            group.id = id("Stand");
            group.name = id("kiosk");
            p.groups.push(group);
        })),
    ];
    for (wrong, command) in cases {
        let rejection = world.rejection(command);
        assert_eq!(rejection.code, RejectionCode::CatalogueInvalid);
        assert!(rejection.message.contains(wrong), "{rejection}");
    }
    assert!(world.state.orgs.values().all(|org| org.groups.values().filter(|group| group.kind == GroupKind::BuiltIn).count() == 3));
}
