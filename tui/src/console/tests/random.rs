//! Random keys against answers that are late, out of order, missing or failures. Whatever happens: nothing panics,
//! cursors stay in range, Esc leads home, nothing is sent without a confirmation or other than it was previewed, and
//! nothing at all from a read-only console.

use bailiwick_policy::command::Command;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::driver::{Driver, event_of};
use super::world::{ORG, WALL_MS, World};
use crate::console::api::{Fault, Written};
use crate::console::effect::{Effect, Msg, Slot};
use crate::console::keys::{TABLE, View};
use crate::console::model::{Model, Overlay};
use crate::console::screens::view;
use crate::console::stage::{Phase, Previewed, StagedId};
use crate::console::update::update;

#[derive(Clone, Debug)]
enum Step {
    /// A key of the table.
    Key(usize),
    /// A character.
    Character(char),
    /// The n-th of what is waiting is carried out.
    Carry(usize),
    /// It fails.
    Fail(usize),
    /// It never comes back.
    Lose(usize),
    /// The write meets this fate: unknown, not sent.
    Fate(bool),
    /// Time passes.
    Wait(u64),
    /// Somebody else changes something.
    Elsewhere(u8),
    /// The terminal changes.
    Size(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let keys: usize = TABLE.iter().map(|row| row.keys.len()).sum();
    prop_oneof![
        8 => (0..keys).prop_map(Step::Key),
        2 => proptest::char::range(' ', '~').prop_map(Step::Character),
        8 => (0usize..6).prop_map(Step::Carry),
        1 => (0usize..6).prop_map(Step::Fail),
        1 => (0usize..6).prop_map(Step::Lose),
        1 => any::<bool>().prop_map(Step::Fate),
        2 => (1u64..3_000).prop_map(Step::Wait),
        1 => any::<u8>().prop_map(Step::Elsewhere),
        1 => (20u16..140, 5u16..50).prop_map(|(columns, rows)| Step::Size(columns, rows)),
    ]
}

fn key(at: usize) -> &'static str {
    TABLE.iter().flat_map(|row| row.keys).nth(at).copied().unwrap_or("esc")
}

/// The preview of an edit, if it stands.
fn previewed(model: &Model, id: StagedId) -> Option<Previewed> {
    match &model.stage.get(id)?.phase {
        Phase::Previewed(previewed) => Some((**previewed).clone()),
        _ => None,
    }
}

/// Takes a message in and judges what comes out.
fn send(driver: &mut Driver, msg: Msg) {
    let confirming = match &driver.model.overlay {
        Some(Overlay::Confirm { staged, .. }) => Some(*staged),
        _ => None,
    };
    let shown = confirming.and_then(|id| previewed(&driver.model, id));
    let by_key = matches!(msg, Msg::Input(Event::Key(_)));
    let effects = update(&mut driver.model, msg);
    for effect in &effects {
        if let Effect::Write { staged, write, again } = effect {
            assert!(!driver.model.read_only, "a read-only console sends nothing");
            assert!(by_key, "only a key sends");
            if again.is_none() {
                assert_eq!(confirming, Some(*staged), "only a confirmation sends");
                let shown = shown.as_ref().expect("what is confirmed was previewed");
                assert_eq!((&write.command, &write.reads), (&shown.command, &shown.reply.reads));
                assert_eq!(write.expect, shown.reply.digest);
            }
        }
    }
    driver.waiting.extend(effects);
    for slot in [Slot::Groups, Slot::GroupStores, Slot::GroupTills, Slot::Stores, Slot::Targets, Slot::Resources, Slot::Endpoints, Slot::Credentials, Slot::Picker] {
        if let Some(list) = driver.model.listing(slot) {
            assert!(list.cursor < list.rows.len().max(1), "{slot:?}: the cursor is on a row");
        }
    }
    let model = &driver.model;
    assert!(model.pending.cursor < model.stage.edits.len().max(1));
    assert!(model.audit.cursor < model.audit.shown.len().max(1));
    assert!(model.denies.cursor < model.denies.shown.len().max(1));
    assert!(model.tree.cursor < model.tree.rows.len().max(1));
}

fn carry(driver: &mut Driver, effect: Effect) {
    let now = driver.now_ms;
    match effect {
        Effect::Read { ticket, read, .. } => {
            if let Some(result) = driver.world.answer(&read) {
                send(driver, Msg::Reply { ticket, result });
            }
        }
        Effect::Write { staged, write, again } => {
            let id = again.unwrap_or_else(|| driver.world.new_id());
            send(driver, Msg::WriteStarted { staged, id });
            let request = bailiwick_rpc::api::SubmitRequest {
                request_id: id,
                command: write.command,
                reads: write.reads,
                expect: Some(write.expect),
                reason: None,
                job: None,
            };
            let written = driver.write_fate.take().unwrap_or_else(|| driver.world.submit(request));
            send(driver, Msg::Written { staged, id, written });
        }
        Effect::AskOutcome { staged, id, .. } => {
            let result = Ok(driver.world.outcome(id));
            send(driver, Msg::Outcome { staged, id, result });
        }
        Effect::Quit => driver.model.quit = false,
        Effect::NewToken(draft) => send(driver, Msg::Token { draft, token: bailiwick_rpc::token::Token::generate() }),
        Effect::Members(request) => {
            let result = driver.world.change_members(&request);
            send(driver, Msg::Members(result));
        }
        Effect::Export { path, .. } => send(driver, Msg::Exported(Ok((path, 0)))),
        Effect::Cancel(_) | Effect::Copy(_) | Effect::Dump | Effect::Redraw | Effect::Suspend => {}
    }
    assert_eq!(driver.now_ms, now);
}

fn take(driver: &mut Driver, at: usize) -> Option<Effect> {
    let at = at.min(driver.waiting.len().saturating_sub(1));
    driver.waiting.remove(at)
}

fn run(steps: Vec<Step>, read_only: bool) {
    let mut driver = Driver::new(World::retailer(), read_only);
    driver.settle();
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).expect("a screen in memory");
    for step in steps {
        match step {
            Step::Key(at) => send(&mut driver, Msg::Input(event_of(key(at)))),
            Step::Character(c) => {
                send(&mut driver, Msg::Input(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))));
            }
            Step::Carry(at) => {
                if let Some(effect) = take(&mut driver, at) {
                    carry(&mut driver, effect);
                }
            }
            Step::Fail(at) => match take(&mut driver, at) {
                Some(Effect::Read { ticket, .. }) => {
                    send(&mut driver, Msg::Reply { ticket, result: Err(Fault::new("unreachable", "no node answered in time")) });
                }
                Some(Effect::AskOutcome { staged, id, .. }) => {
                    send(&mut driver, Msg::Outcome { staged, id, result: Err(Fault::new("timeout", "no answer in time")) });
                }
                Some(other) => carry(&mut driver, other),
                None => {}
            },
            Step::Lose(at) => {
                if let Some(other @ (Effect::Write { .. } | Effect::AskOutcome { .. })) = take(&mut driver, at) {
                    // Writes are never lost by the runtime: their task outlives everything but the process.
                    driver.waiting.push_back(other);
                }
            }
            Step::Fate(unknown) => {
                driver.write_fate = Some(if unknown {
                    Written::Unknown { message: "the connection broke".into() }
                } else {
                    Written::Failed(Fault::new("unavailable", "no leader"))
                });
            }
            Step::Wait(ms) => {
                driver.now_ms += ms;
                let mono_ms = driver.now_ms;
                send(&mut driver, Msg::Clock { mono_ms, wall_ms: WALL_MS });
            }
            Step::Elsewhere(n) => {
                let stores = vec![format!("north-{}", 4 * (1 + u32::from(n) % 50)).parse().expect("a code")];
                let group = (n % 2 == 0).then(|| "Pop-up".into());
                let _done = driver.world.execute(Command::Allocate { org: ORG.parse().expect("a code"), stores, tills: Vec::new(), group, observe: false });
            }
            Step::Size(columns, rows) => {
                send(&mut driver, Msg::Input(Event::Resize(columns, rows)));
                terminal.backend_mut().resize(columns, rows);
            }
        }
        terminal.draw(|frame| view(&driver.model, frame)).expect("it draws");
    }
    // Whatever there was: a dozen times Esc, and we are home.
    driver.size(100, 30);
    for _ in 0..12 {
        send(&mut driver, Msg::Input(event_of("esc")));
    }
    assert_eq!(driver.model.view, View::Pulse);
    assert!(driver.model.overlay.is_none());
    if read_only {
        assert!(driver.world.arrived.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_and_unruly_answers(steps in proptest::collection::vec(step(), 1..160)) {
        run(steps, false);
    }

    #[test]
    fn the_same_read_only(steps in proptest::collection::vec(step(), 1..120)) {
        run(steps, true);
    }

    /// From a staged edit on, so that confirmations are reached.
    #[test]
    fn random_keys_while_something_is_staged(steps in proptest::collection::vec(step(), 1..100), loss in any::<bool>()) {
        let keys = ["2", "end", "enter", "down", if loss { "n" } else { "b" }, "p", "enter"];
        let places = |wanted: &str| TABLE.iter().flat_map(|row| row.keys).position(|key| *key == wanted).expect("a key");
        let mut all = Vec::new();
        for key in keys {
            all.push(Step::Key(places(key)));
            all.extend((0..12).map(|_| Step::Carry(0)));
        }
        all.extend(steps);
        run(all, false);
    }
}
