//! Laws of applications, roles and time, for random sequences of their commands.

use bailiwick_policy::command::*;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::place::Bounds;
use bailiwick_policy::state::State;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::app::*;
use crate::world::*;

const APPLICATIONS: [&str; 3] = ["crm", "erp", "kiosk"];
const ROLES: [&str; 7] = ["one", "two", "csAgent", "marketing", "ora.extensionsPrivilege", "ora.advancedApplicationPlusExtensionsRole", "nope"];
const RIGHTS: [&str; 5] = ["endpoint.ccadmin.getSite", "endpoint.ccadmin.getSites", "ora.extensionsPrivilege", "marketing", "nope"];
const STORES: [&str; 3] = ["north-1", "north-2", "south-1"];
const GROUPS: [&str; 4] = ["POS", "Admin", "Old", "nope"];

/// Who asks doesn't matter here; when does.
#[derive(Clone, Debug)]
enum Step {
    Does(Command),
    Waits(u64),
}

fn assigns() -> impl Strategy<Value = Vec<Assign>> {
    let moment = || option::weighted(0.3, (0u64..40).prop_map(|hours| Tick(START + hours * HOUR)));
    let assign = (select(&ROLES[..]), moment(), moment()).prop_map(|(role, not_before, not_after)| {
        let bounds = Bounds { not_before, not_after };
        Assign { bounds, ..Assign::new(role) }
    });
    vec(assign, 0..3)
}

fn verb() -> impl Strategy<Value = Verb> {
    select(&[Verb::Set, Verb::Add, Verb::Remove][..])
}

fn step() -> impl Strategy<Value = Step> {
    let application = || select(&APPLICATIONS[..]).prop_map(id::<ApplicationId>);
    let rights = || vec(select(&RIGHTS[..]).prop_map(id::<PrivilegeId>), 0..3);
    let group = || select(&GROUPS[..]).prop_map(GroupRef::from);
    let key = || (60u8..80, option::of(select(&[HOUR, DAY, 3 * DAY][..]))).prop_map(|(byte, lasts_ms)| NewKey { id: id(&format!("key-{byte}")), secret: secret(byte), lasts_ms });
    let register = (application(), option::of(assigns()), option::of(group()), option::of(key())).prop_map(|(name, roles, group, key)| Command::RegisterApplication {
        org: id("acme"),
        name: id(name.as_str()),
        id: name,
        kind: ApplicationType::Application,
        roles,
        scopes: vec![id("order.order_read")],
        group,
        source: None,
        external: false,
        key,
    });
    let command = prop_oneof![
        2 => (select(&ROLES[..3]), rights()).prop_map(|(role, rights)| create_role(role, &rights.iter().map(|right| right.as_str()).collect::<Vec<_>>())),
        1 => (select(&ROLES[..3]), verb(), rights()).prop_map(|(role, verb, rights)| edit_role(role, verb, &rights.iter().map(|right| right.as_str()).collect::<Vec<_>>())),
        3 => register,
        4 => (application(), verb(), assigns()).prop_map(|(application, verb, roles)| Command::AssignRoles { org: id("acme"), application, verb, roles }),
        2 => (verb(), assigns()).prop_map(|(verb, roles)| Command::AssignUserRoles { org: id("acme"), user: id("ann"), verb, roles }),
        2 => (application(), key(), option::of(0u64..2 * DAY)).prop_map(|(application, key, overlap_ms)| Command::RotateKey { org: id("acme"), application, key, overlap_ms }),
        1 => (select(&ROLES[..3]), any::<bool>()).prop_map(|(role, force)| Command::Remove { target: ObjectId::Role(id("acme"), id(role)), force }),
        1 => application().prop_map(|application| Command::Remove { target: ObjectId::Application(id("acme"), application), force: false }),
        2 => (vec(select(&STORES[..]).prop_map(id::<StoreCode>), 1..3), group(), HOUR..5 * HOUR).prop_map(|(stores, group, lasts_ms)| Command::BreakGlass { org: id("acme"), stores, group, lasts_ms }),
        1 => (select(&STORES[..]), option::of(select(&GROUPS[..]))).prop_map(|(store, group)| allocate(&[store], group)),
        1 => select(&["Old", "POS"][..]).prop_map(deactivate),
    ];
    prop_oneof![8 => command.prop_map(Step::Does), 2 => (0u64..6).prop_map(|hours| Step::Waits(hours * HOUR))]
}

fn play(world: &mut World, step: &Step, number: u64) -> Option<bailiwick_policy::outcome::AuditRow> {
    let (actor, command) = match step {
        Step::Does(command) => (operator(), command.clone()),
        Step::Waits(ms) => {
            world.now += ms;
            (Actor::System, Command::Tick { to: Tick(world.now) })
        }
    };
    world.now += 1_000;
    let mut envelope = envelope(request(world.now, 10_000 + number), actor, world.now, command);
    envelope.reason = Some("a test".into());
    world.execute(&envelope).row
}

fn begin() -> World {
    let mut world = World::acme();
    world.ok(create_group("Old", &[("Customer", "R")]));
    world
}

/// What no sequence of commands ever brings about.
fn holds(state: &State) {
    for org in state.orgs.values() {
        for application in org.applications.values() {
            let internal = |grant: &RoleGrant| state.platform.role(grant.role.as_str()).is_some_and(|role| role.internal);
            assert!(!application.roles.iter().any(internal), "APP-5: {application:?}");
            assert!(application.roles.windows(2).all(|pair| pair[0].role < pair[1].role), "sorted, each once: {application:?}");
        }
        for user in org.users.values() {
            let internal = |grant: &RoleGrant| state.platform.role(grant.role.as_str()).is_some_and(|role| role.internal);
            assert!(user.more().roles.iter().all(internal), "APP-5: {user:?}");
        }
        for running in org.overrides.values() {
            assert!(running.until > state.clock, "what has ended is gone: {running:?}");
            assert_eq!(org.stores.get(&running.store).and_then(|store| store.group.as_ref()), Some(&running.group));
        }
        for store in org.stores.values() {
            assert!(store.group.as_ref().is_none_or(|group| org.groups.get(group).is_some_and(|group| group.active)), "AG-18: {store:?}");
        }
    }
    // What is derived is what the objects say, in whatever order they came.
    let mut loaded = State::default();
    state.objects().for_each(|object| loaded.put(&object));
    assert_eq!(loaded.moments, state.moments);
    assert_eq!(loaded.clock, state.clock);
    let (a, b) = (loaded.orgs.get("acme").expect("acme"), state.orgs.get("acme").expect("acme"));
    assert_eq!((&a.role_applications, &a.group_applications, &a.keys, &a.names), (&b.role_applications, &b.group_applications, &b.keys, &b.names));
}

proptest! {
    /// APP-5, AG-18: the invariants hold after every command, and what an entry did is undone to what was there or refused
    /// for good.
    #[test]
    fn applications_hold_their_laws(steps in vec(step(), 0..25)) {
        let said = |state: &State| content(state).into_iter().filter(|object| !matches!(object, Object::Retired(_))).collect::<Vec<_>>();
        let mut world = begin();
        for (number, step) in steps.iter().enumerate() {
            let before = said(&world.state);
            let row = play(&mut world, step, number as u64);
            holds(&world.state);
            let Some(row) = row else { continue };
            let mut undone = world.clone();
            match undone.try_as(operator(), undo(&row)).outcome {
                Outcome::Committed { .. } => {
                    holds(&undone.state);
                    prop_assert_eq!(said(&undone.state), before, "{}", row.command);
                }
                Outcome::Rejected(no) => prop_assert!(no.code == RejectionCode::NotUndoable, "{}: {}", row.command, no),
            }
        }
    }
}
