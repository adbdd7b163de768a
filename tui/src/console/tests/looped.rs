//! The loop itself, over a screen in memory and a paused clock: what production runs, with the cluster played.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_policy::ids::{ObjectId, RequestId, Revision};
use bailiwick_policy::query::ListQuery;
use bailiwick_rpc::api::*;
use crossterm::event::Event as Input;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_bytes::ByteBuf;
use tokio::sync::watch;

use super::driver::event_of;
use super::world::{ORG, World};
use crate::console::api::{Api, Fault, Health, Written};
use crate::console::effect::{Answer, Read};
use crate::console::keys::Keymap;
use crate::console::model::Model;
use crate::console::runtime::{Host, Signal, run, text_of};
use crate::console::theme::{Theme, ThemeName};

/// A cluster that answers at once, or never.
#[derive(Clone)]
struct Played {
    world: Arc<Mutex<World>>,
    mute: bool,
    health: watch::Sender<Health>,
}

impl Played {
    fn new(mute: bool) -> Self {
        let health = Health { node: Some(1), connected: !mute, leader: Some(2), ..Health::default() };
        Self { world: Arc::new(Mutex::new(World::retailer())), mute, health: watch::Sender::new(health) }
    }

    async fn ask(&self, read: Read) -> Result<Answer, Fault> {
        loop {
            let answer = if self.mute { None } else { self.world.lock().expect("unpoisoned").answer(&read) };
            match answer {
                Some(answer) => return answer,
                None => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

macro_rules! answer {
    ($self:ident, $read:expr, $kind:ident) => {
        match $self.ask($read).await? {
            Answer::$kind(reply) => Ok(reply),
            other => panic!("another kind: {other:?}"),
        }
    };
}

impl Api for Played {
    async fn whoami(&self) -> Result<WhoAmI, Fault> {
        answer!(self, Read::WhoAmI, WhoAmI)
    }
    async fn list(&self, query: ListQuery, at: At) -> Result<ListReply, Fault> {
        answer!(self, Read::List(query, at), List)
    }
    async fn get(&self, id: ObjectId, at: At) -> Result<GetReply, Fault> {
        answer!(self, Read::Get(id, at), Get)
    }
    async fn watch(&self, request: WatchRequest) -> Result<WatchReply, Fault> {
        answer!(self, Read::Watch(request), Watch)
    }
    async fn status(&self) -> Result<ClusterStatus, Fault> {
        answer!(self, Read::Status, Status)
    }
    async fn explain(&self, request: CheckRequest) -> Result<ExplainReply, Fault> {
        answer!(self, Read::Explain(request), Explain)
    }
    async fn preview(&self, request: PreviewRequest) -> Result<PreviewReply, Fault> {
        answer!(self, Read::Preview(request), Preview)
    }
    async fn audit(&self, query: AuditQuery) -> Result<AuditReply, Fault> {
        answer!(self, Read::Audit(query), Audit)
    }
    async fn audit_entry(&self, revision: Revision) -> Result<AuditEntry, Fault> {
        match self.ask(Read::AuditEntry(revision)).await? {
            Answer::AuditEntry(entry) => Ok(*entry),
            other => panic!("another kind: {other:?}"),
        }
    }
    async fn inverse(&self, of: Revision) -> Result<ByteBuf, Fault> {
        answer!(self, Read::Inverse(of), Inverse)
    }
    async fn denies(&self, request: DeniesRequest) -> Result<DeniesReply, Fault> {
        answer!(self, Read::Denies(request), Denies)
    }
    async fn submit(&self, request: SubmitRequest) -> Written {
        self.world.lock().expect("unpoisoned").submit(request)
    }
    async fn outcome(&self, id: RequestId) -> Result<OutcomeReply, Fault> {
        Ok(self.world.lock().expect("unpoisoned").outcome(id))
    }
    async fn change_members(&self, request: MemberChangeRequest) -> Result<MemberChangeReply, Fault> {
        self.world.lock().expect("unpoisoned").change_members(&request)
    }
    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }
    fn new_request_id(&self) -> RequestId {
        self.world.lock().expect("unpoisoned").new_id()
    }
}

#[derive(Default)]
struct Noted {
    copied: Vec<String>,
    dumped: Vec<String>,
    frames: usize,
    suspended: usize,
}

impl Host for Noted {
    fn copy(&mut self, text: &str) {
        self.copied.push(text.to_owned());
    }
    fn dump(&mut self, screen: &str) -> Result<String, String> {
        self.dumped.push(screen.to_owned());
        Ok("screen.txt".to_owned())
    }
    fn begin_frame(&mut self) {
        self.frames += 1;
    }
    fn suspend(&mut self) {
        self.suspended += 1;
    }
}

struct Ran {
    host: Noted,
    model: Model,
    screen: String,
}

/// Runs a console while a script sends keys; it ends when the script does.
async fn console<F>(api: Played, script: impl FnOnce(UnboundedSender<Input>, UnboundedSender<Signal>) -> F) -> Ran
where
    F: Future<Output = ()>,
{
    let theme = Theme::new(ThemeName::Default);
    let mut model = Model::new(ORG.parse().ok(), "dev", false, theme, Keymap::default());
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).expect("a screen in memory");
    let mut host = Noted::default();
    let (keys, events) = unbounded();
    let (signal, signals) = unbounded();
    let script = script(keys, signal);
    let ran = run(&mut terminal, events, signals, Arc::new(api), &mut host, &mut model);
    let (ran, ()) = tokio::join!(ran, script);
    ran.expect("a screen in memory can be drawn on");
    Ran { host, model, screen: text_of(terminal.backend().buffer()) }
}

/// Sends keys one by one, with time for the answers between.
async fn press(keys: &UnboundedSender<Input>, list: &str) {
    for key in list.split_whitespace() {
        let _ended = keys.unbounded_send(event_of(key));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_is_painted_before_anybody_answers() {
    let ran = console(Played::new(true), |keys, _signals| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(keys);
    })
    .await;
    assert!(ran.screen.contains("connecting") && ran.screen.contains("no changes seen yet"), "{}", ran.screen);
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_through_the_loop() {
    let played = Played::new(false);
    let world = played.world.clone();
    let ran = console(played, |keys, _signals| async move {
        press(&keys, "2 end enter down b p enter tab enter").await;
        press(&keys, "D 2 y q").await;
    })
    .await;
    assert_eq!(world.lock().expect("unpoisoned").arrived.len(), 1);
    assert!(ran.model.quit && ran.model.stage.edits.is_empty());
    assert_eq!(ran.host.copied, ["self-checkout"]);
    assert!(ran.host.dumped.first().is_some_and(|screen| screen.contains("nothing is staged")), "{:?}", ran.host.dumped);
}

#[tokio::test(start_paused = true)]
async fn an_idle_console_draws_once_a_second_and_a_burst_in_a_few_frames() {
    let ran = console(Played::new(false), |keys, _signals| async move {
        press(&keys, "p").await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(keys);
    })
    .await;
    // One a second, and one for each status that comes every five.
    assert!((15..=40).contains(&ran.host.frames), "{} frames in 20 s", ran.host.frames);
    let ran = console(Played::new(false), |keys, _signals| async move {
        press(&keys, "3").await;
        for _ in 0..1_000 {
            let _sent = keys.unbounded_send(event_of("down"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(keys);
    })
    .await;
    assert!(ran.host.frames <= 40, "{} frames for a thousand keys", ran.host.frames);
    // The cursor waits at the edge of what is held; the next pages have been asked for once, and are there.
    assert_eq!(ran.model.allocate.stores.cursor, 99);
    assert_eq!(ran.model.allocate.stores.rows.len(), 200);
}

#[tokio::test(start_paused = true)]
async fn signals_end_it_or_give_the_terminal_back() {
    let ran = console(Played::new(false), |keys, signals| async move {
        let _sent = signals.unbounded_send(Signal::Suspend);
        tokio::time::sleep(Duration::from_millis(100)).await;
        press(&keys, "ctrl-z 3 A").await;
        let _sent = signals.unbounded_send(Signal::Terminate);
        // The keys stay open: the signal alone ends it.
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(keys);
    })
    .await;
    assert_eq!(ran.host.suspended, 2);
    assert_eq!(ran.model.stage.edits.len(), 1, "what was staged is there to be told of");
}

#[tokio::test]
async fn stores_are_written_page_by_page_and_never_over_another_file() {
    let played = Played::new(false);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stores.csv").to_string_lossy().into_owned();
    let list = bailiwick_policy::query::List::Stores { zone: None, concept: None, group: None, active: None, below: false };
    let query = ListQuery { org: ORG.parse().ok(), list, text: String::new(), anchor: Default::default(), limit: 50 };
    let done = crate::console::export::export(&played, path.clone(), query.clone(), At::Local).await;
    assert_eq!(done, Ok((path.clone(), 212)));
    let text = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(text.lines().count(), 213);
    assert_eq!(text.lines().next(), Some("code,name,zone,concept,group"));
    assert!(text.lines().any(|line| line.ends_with(",explicit")) && text.lines().any(|line| line.ends_with(",default")));
    let again = crate::console::export::export(&played, path.clone(), query, At::Local).await;
    assert!(again.is_err_and(|why| why.contains("exists")));
    assert_eq!(std::fs::read_to_string(&path).ok(), Some(text), "what was there stays");
}
