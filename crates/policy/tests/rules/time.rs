//! Replicated time: what a tick flips, at whose revision; and break-glass, which goes back by itself.

use bailiwick_policy::command::*;
use bailiwick_policy::decision::Reason;
use bailiwick_policy::execute::Executed;
use bailiwick_policy::ids::*;
use bailiwick_policy::object::*;
use bailiwick_policy::outcome::{Outcome, RejectionCode};
use bailiwick_policy::place::{Bounds, Place};

use crate::app::*;
use crate::world::*;

/// The cluster's own tick, to this moment, proposed then.
fn tick(world: &mut World, to: u64) -> Executed {
    world.now = to;
    let executed = world.try_as(Actor::System, Command::Tick { to: Tick(to) });
    assert!(matches!(executed.outcome, Outcome::Committed { .. }), "{:?}", executed.outcome);
    executed
}

fn reasoned(world: &mut World, command: Command) -> Executed {
    world.now += 1_000;
    let mut envelope = envelope(request(world.now, 700), operator(), world.now, command);
    envelope.reason = Some("the till burns".into());
    world.execute(&envelope)
}

#[track_caller]
fn broken(world: &mut World, stores: &[&str], group: &str, lasts_ms: u64) -> Executed {
    let executed = reasoned(world, break_glass(stores, group, lasts_ms));
    assert!(matches!(executed.outcome, Outcome::Committed { changed: true, .. }), "{:?}", executed.outcome);
    executed
}

/// From `world.now` + an hour to + two hours.
fn an_hour(world: &World) -> Bounds {
    Bounds { not_before: Some(Tick(world.now + HOUR)), not_after: Some(Tick(world.now + 2 * HOUR)) }
}

#[test]
fn a_tick_that_flips_nothing_is_no_revision() {
    let mut world = World::acme();
    let before = world.clone();
    let later = world.now + DAY;
    let executed = tick(&mut world, later);
    assert!(executed.row.is_none() && executed.changes.is_empty());
    assert_eq!(world.state.revision, before.state.revision);
    assert_eq!(world.state.clock, Tick(0));
    assert!(world.state.objects().eq(before.state.objects()));
    assert_eq!(world.state.next_flip(), None);
    assert_eq!(world.no(Command::Tick { to: Tick(1) }), RejectionCode::Forbidden, "only the cluster's own");
}

/// Runs a question at the moments around bounds of an hour: before, at the first, between, at the last. It flips at the
/// revision of the tick, and at no other.
#[track_caller]
fn flips(mut world: World, question: impl Fn(&World) -> Reason, [outside, inside]: [Reason; 2]) {
    let start = world.now;
    let (from, until) = (world.state.next_flip().expect("something flips").0, world.state.moments.iter().map(|(at, _)| at.0).max().expect("a moment"));
    assert_eq!(question(&world), outside);
    assert!(tick(&mut world, from - 1_001).row.is_none(), "not before the first moment");
    assert_eq!(question(&world), outside);
    // Time alone flips nothing: a command of after the moment, without a tick.
    world.now = from + 5;
    world.ok(create_group("Beside", &[]));
    assert_eq!(question(&world), outside, "not before the tick");
    let revision = world.state.revision;
    let row = tick(&mut world, from + 10).row.expect("it flips");
    assert_eq!((row.revision, row.org, row.command.as_ref()), (Revision(revision.0 + 1), None, "tick"));
    assert_eq!(question(&world), inside);
    assert!(tick(&mut world, from + 20_000).row.is_none(), "once");
    assert!(tick(&mut world, until - 1_001).row.is_none());
    assert_eq!(question(&world), inside);
    tick(&mut world, until).row.expect("it flips back");
    assert_eq!(question(&world), outside);
    assert!(world.state.next_flip().is_none() && world.now > start);
}

#[test]
fn roles_of_applications_and_users_flip_at_the_ticks_revision() {
    let mut world = World::acme();
    world.ok(register("crm", Some(&[])));
    let mut assign = Assign::new("ora.advancedApplicationPrivilege");
    assign.bounds = an_hour(&world);
    world.ok(Command::AssignRoles { org: id("acme"), application: id("crm"), verb: Verb::Add, roles: vec![assign] });
    flips(world, |world| may(world, "application:crm", "GET /ccadmin/v1/orders"), [Reason::PrivilegeMissing, Reason::PermitPrivilege]);

    let mut world = with_bob();
    let mut assign = Assign::new("csAgent");
    assign.bounds = an_hour(&world);
    world.ok(Command::AssignUserRoles { org: id("acme"), user: id("bob"), verb: Verb::Add, roles: vec![assign] });
    flips(world, |world| may(world, "user:bob", "GET /ccadmin/v1/orders"), [Reason::PrivilegeMissing, Reason::PermitPrivilege]);
}

fn with_bob() -> World {
    let mut world = World::acme();
    let bob = UserRow { name: Some(id("Bob")), places: Field::To(vec![Place::Org]), ..UserRow::new(id("bob")) };
    world.ok(Command::PutUsers { org: id("acme"), mode: PutMode::Create, rows: vec![bob] });
    world
}

fn edit_bob(world: &mut World, change: impl FnOnce(&mut UserMore)) {
    let bob = world.acme_state().users.get("bob").expect("bob").clone();
    let mut more = bob.more().clone();
    change(&mut more);
    world.state.put(&Object::User(std::sync::Arc::new(bob.with_more(more))));
}

fn asks_for(world: &World, ask: bailiwick_policy::decision::Ask<'_>) -> Reason {
    use bailiwick_policy::decision::{Context, Request, Subject};
    let request = Request { org: "acme", subject: Subject::User("bob"), ask, context: Context { place: Some("org"), ..Context::default() } };
    bailiwick_policy::reference::decide(&world.state, &request).reason
}

#[test]
fn permission_sets_flip_at_the_ticks_revision() {
    let mut world = with_bob();
    let bounds = an_hour(&world);
    edit_bob(&mut world, |more| more.sets = vec![SetGrant { set: id("engage-explore"), places: vec![Place::Org], bounds }]);
    let module = bailiwick_policy::decision::Ask::Module { module: "Campaign/Workflow", action: bailiwick_policy::permission::Action::View };
    flips(world, |world| asks_for(world, module), [Reason::PermissionMissing, Reason::PermitSet]);
}

#[test]
fn memberships_and_controls_of_groups_flip_at_the_ticks_revision() {
    let scope = bailiwick_policy::decision::Ask::Scope { scope: "brand.brand_read" };
    let group = |control: Bounds| {
        Object::UserGroup(std::sync::Arc::new(UserGroup {
            org: id("acme"),
            id: id("brands"),
            name: id("Brands"),
            description: "".into(),
            audience: Audience::Employee,
            controls: std::sync::Arc::new(vec![ControlGrant { control: id("BRANDS_VIEWER"), places: Vec::new(), bounds: control }]),
            meta: Meta::default(),
        }))
    };
    let mut world = with_bob();
    let bounds = an_hour(&world);
    world.state.put(&group(Bounds::ALWAYS));
    edit_bob(&mut world, |more| more.groups = vec![Membership { group: id("brands"), bounds }]);
    flips(world, |world| asks_for(world, scope), [Reason::ScopeMissing, Reason::PermitScope]);

    let mut world = with_bob();
    let bounds = an_hour(&world);
    world.state.put(&group(bounds));
    edit_bob(&mut world, |more| more.groups = vec![Membership { group: id("brands"), bounds: Bounds::ALWAYS }]);
    flips(world, |world| asks_for(world, scope), [Reason::ScopeMissing, Reason::PermitScope]);
}

#[test]
fn app_19_a_key_expires_at_the_ticks_revision() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    world.ok(rotate("crm", 60, Some(DAY), None));
    let end = world.state.next_flip().expect("the key ends").0;
    let asks = |world: &World| may(world, "application:crm", "GET /ccadmin/v1/orders");
    assert_eq!(asks(&world), Reason::PermitPrivilege);
    tick(&mut world, end + 1);
    assert_eq!(asks(&world), Reason::KeyExpired);
    assert!(bailiwick_policy::view::Viewer::of_credential(&world.state, &id("key-60")).is_none(), "nor does it let in");
    world.ok(rotate("crm", 61, None, None));
    assert_eq!(asks(&world), Reason::PermitPrivilege);
}

#[test]
fn a_tick_never_passes_the_time_of_its_entry_nor_goes_back() {
    let mut world = World::acme();
    world.ok(register("crm", None));
    world.ok(rotate("crm", 60, Some(DAY), None));
    let ahead = world.now + 2 * DAY;
    let executed = world.try_as(Actor::System, Command::Tick { to: Tick(ahead) });
    assert!(executed.row.is_none(), "the entry itself is of before the end");
    tick(&mut world, ahead);
    let clock = world.state.clock;
    let executed = world.try_as(Actor::System, Command::Tick { to: Tick(ahead - DAY) });
    assert!(executed.row.is_none() && world.state.clock == clock);
}

#[test]
fn break_glass_goes_back_by_itself() {
    let mut world = World::acme();
    world.ok(Command::Allocate { org: id("acme"), stores: vec![id("north-1")], tills: Vec::new(), group: Some("Instore".into()), observe: true });
    let before = content(&world.state);
    let row = broken(&mut world, &["north-1", "south-1"], "Admin", HOUR).row.expect("a row");
    // Loud: its own word in the audit, with the reason.
    assert_eq!((row.command.as_ref(), row.reason.as_deref()), ("break-glass", Some("the till burns")));
    for till in ["till:north-1/t1", "till:south-1/t1"] {
        assert_eq!(may(&world, till, "DELETE /v2/webhooks/1"), Reason::PermitGroup, "{till}");
    }
    let end = world.state.next_flip().expect("it ends");
    assert_eq!(end, Tick(row.at.0 + HOUR));
    assert!(tick(&mut world, end.0 - 1_001).row.is_none());
    let row = tick(&mut world, end.0).row.expect("it goes back");
    assert_eq!(row.actor, Actor::System);
    let without_clock = |objects: Vec<Object>| -> Vec<Object> { objects.into_iter().filter(|object| !matches!(object, Object::Clock(_))).collect() };
    assert_eq!(without_clock(content(&world.state)), before, "observing or not, as it was");
    assert_eq!(may(&world, "till:south-1/t1", "GET /v2/webhooks"), Reason::ResourceNone);
    assert_eq!(world.no(undo(&row)), RejectionCode::NotUndoable, "time doesn't go back");
}

#[test]
fn break_glass_again_keeps_what_was_there_before_the_first() {
    let mut world = World::acme();
    world.ok(allocate(&["north-1"], Some("Instore")));
    broken(&mut world, &["north-1"], "Admin", HOUR);
    world.now += 1_000;
    let mut again = envelope(request(world.now, 701), operator(), world.now, break_glass(&["north-1"], "POS", 3 * HOUR));
    again.reason = Some("still burning".into());
    world.execute(&again);
    assert_eq!(world.acme_state().overrides.len(), 1);
    let first = world.now + HOUR;
    assert!(tick(&mut world, first).row.is_none(), "the first end is no more");
    let end = world.state.next_flip().expect("it ends").0;
    tick(&mut world, end);
    assert_eq!(world.store("north-1").group, Some(id("Instore")));
}

#[test]
fn break_glass_doesnt_take_back_what_was_allocated_meanwhile() {
    for by_hand in [
        allocate(&["north-1"], Some("Instore")),
        Command::PutAllocations { org: id("acme"), rows: vec![AllocationRow { store: id("north-1"), group: Some("Instore".into()) }] },
    ] {
        let mut world = World::acme();
        broken(&mut world, &["north-1"], "Admin", HOUR);
        world.ok(by_hand);
        assert!(world.acme_state().overrides.is_empty() && world.state.next_flip().is_none());
        let later = world.now + DAY;
        tick(&mut world, later);
        assert_eq!(world.store("north-1").group, Some(id("Instore")));
    }
    // Allocating the very group makes it stay.
    let mut world = World::acme();
    broken(&mut world, &["north-1"], "Admin", HOUR);
    world.ok(allocate(&["north-1"], Some("Admin")));
    let later = world.now + DAY;
    tick(&mut world, later);
    assert_eq!(world.store("north-1").group, Some(id("Admin")));
}

#[test]
fn break_glass_is_taken_back_early_and_comes_back_only_with_a_reason() {
    let mut world = World::acme();
    let before = content(&world.state);
    let row = broken(&mut world, &["north-1"], "Admin", HOUR).row.expect("a row");
    let undone = world.ok_row(undo(&row));
    assert_eq!(content(&world.state), before);
    assert!(world.state.next_flip().is_none());
    assert_eq!(world.no(undo(&undone)), RejectionCode::NotUndoable);
}

#[test]
fn ag_27_a_group_that_break_glass_goes_back_to_stays_active() {
    let mut world = World::acme();
    world.ok(create_group("Kiosk", &[("Customer", "R")]));
    world.ok(allocate(&["north-1"], Some("Kiosk")));
    broken(&mut world, &["north-1"], "Admin", HOUR);
    let rejection = world.rejection(deactivate("Kiosk"));
    assert_eq!((rejection.code, rejection.examples[0].as_ref()), (RejectionCode::GroupAllocated, "north-1"));
    // A store that is removed meanwhile takes its end with it.
    world.ok(Command::Remove { target: store_id("north-1"), force: true });
    assert!(world.acme_state().overrides.is_empty() && world.state.next_flip().is_none());
    world.ok(deactivate("Kiosk"));
}

#[test]
fn break_glass_lasts_a_week_at_most_and_needs_a_reason() {
    let mut world = World::acme();
    for (lasts, code) in [(0, RejectionCode::LifetimeInvalid), (7 * DAY + 1, RejectionCode::LifetimeInvalid)] {
        match reasoned(&mut world, break_glass(&["north-1"], "Admin", lasts)).outcome {
            Outcome::Rejected(rejection) => assert_eq!(rejection.code, code),
            Outcome::Committed { .. } => unreachable!("{lasts} was accepted"),
        }
        world.now += 1_000_000;
    }
    assert_eq!(world.no(break_glass(&["north-1"], "Admin", HOUR)), RejectionCode::ReasonRequired);
    // Why is asked when it is done, not when it is previewed.
    let preview = bailiwick_policy::preview::preview(&world.state, &operator(), &[break_glass(&["north-1"], "Admin", HOUR)], Tick(world.now), false);
    assert!(preview.rejected.is_none() && preview.changes.len() == 2, "{:?}", preview.rejected);
}
