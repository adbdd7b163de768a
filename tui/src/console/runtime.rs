//! The loop: the same in production and in tests. It owns what `update` may not: the cluster, the clock, the
//! clipboard, files. It decides nothing.
//!
//! One turn: wait for a signal, a key, an answer or the clock, in that order; take in all that has come; draw once,
//! if anything changed, at once after a rest and then at most every 16 ms.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bailiwick_policy::query::{Anchor, Item, ListQuery};
use bailiwick_policy::ids::ObjectId;
use bailiwick_rpc::api::{ApiError, At, MemberChangeRequest, SubmitRequest};
use bailiwick_rpc::token::Token;
use crossterm::event::Event;
use futures::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::api::{Api, Fault};
use super::effect::{Answer, Effect, Msg, Read, Slot};
use super::export::export;
use super::model::Model;
use super::screens::view;
use super::update::{begin, update};

/// Milliseconds between frames.
const FRAME: Duration = Duration::from_millis(16);
/// The clock of an idle console.
const CLOCK: Duration = Duration::from_secs(1);
/// The clock while an answer is waited for, so that the wait is seen to pass.
const CLOCK_WAITING: Duration = Duration::from_millis(100);
/// Answers that may queue. There is one read a slot, and a handful of writes: it can't fill in earnest.
const ANSWERS_MAX: usize = 256;
/// Events taken in before a frame: a paste without brackets must not starve the screen.
const EVENTS_PER_TURN: usize = 256;
/// How long the end of the console waits for writes under way.
const GRACE: Duration = Duration::from_secs(1);

/// What the operating system says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// End, without asking.
    Terminate,
    /// Give the terminal back for a while.
    Suspend,
}

/// What the loop needs besides a terminal that draws.
pub trait Host {
    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &str);
    /// Writes a screen to a file and says which.
    fn dump(&mut self, screen: &str) -> Result<String, String>;
    /// Before a frame.
    fn begin_frame(&mut self) {}
    /// After a frame.
    fn end_frame(&mut self) {}
    /// Gives the terminal to the shell and returns when it is ours again.
    fn suspend(&mut self) {}
}

/// The terminal couldn't be drawn on.
#[derive(Clone, Debug)]
pub struct DrawError(pub String);

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the terminal can't be drawn on: {}", self.0)
    }
}

impl std::error::Error for DrawError {}

struct Runtime<'a, A, H> {
    api: Arc<A>,
    host: &'a mut H,
    answers: mpsc::Sender<Msg>,
    reads: HashMap<Slot, AbortHandle>,
    tasks: JoinSet<()>,
    writes: JoinSet<()>,
    started: Instant,
    dump: bool,
    redraw: bool,
    suspend: bool,
    quit: bool,
}

/// Runs until the operator quits, the keys end, or the system says so. The model is the caller's to read afterwards.
pub async fn run<B, A, H>(
    terminal: &mut Terminal<B>,
    events: impl Stream<Item = Event>,
    signals: impl Stream<Item = Signal>,
    api: Arc<A>,
    host: &mut H,
    model: &mut Model,
) -> Result<(), DrawError>
where
    B: Backend,
    A: Api,
    H: Host,
{
    futures::pin_mut!(events, signals);
    let mut signals = signals.fuse();
    let (answers, mut inbox) = mpsc::channel(ANSWERS_MAX);
    let mut health = api.health();
    let mut health_lives = true;
    let mut runtime = Runtime {
        api,
        host,
        answers,
        reads: HashMap::new(),
        tasks: JoinSet::new(),
        writes: JoinSet::new(),
        started: Instant::now(),
        dump: false,
        redraw: false,
        suspend: false,
        quit: false,
    };
    let size = terminal.size().map_err(|error| DrawError(error.to_string()))?;
    model.size = (size.width, size.height);
    // The first frame is painted before anything is asked.
    runtime.draw(terminal, model)?;
    let mut drawn = Instant::now();
    let mut dirty = true;
    runtime.clock(model);
    model.health = health.borrow_and_update().clone();
    let effects = begin(model);
    runtime.perform(model, effects);

    while !runtime.quit {
        let clock = if model.waiting_ms().is_some() { CLOCK_WAITING } else { CLOCK };
        let frame_at = drawn + FRAME;
        let mut keys_ended = false;
        let mut first = None;
        tokio::select! {
            biased;
            Some(signal) = signals.next() => match signal {
                Signal::Terminate => runtime.quit = true,
                Signal::Suspend => runtime.suspend = true,
            },
            event = events.next() => match event {
                Some(event) => first = Some(Msg::Input(event)),
                None => keys_ended = true,
            },
            Some(msg) = inbox.recv() => first = Some(msg),
            changed = health.changed(), if health_lives => match changed {
                Ok(()) => first = Some(Msg::Health(health.borrow_and_update().clone())),
                Err(_) => health_lives = false,
            },
            () = tokio::time::sleep_until(frame_at), if dirty => {}
            () = tokio::time::sleep(clock) => dirty = true,
        }
        runtime.clock(model);
        dirty |= first.is_some();
        if let Some(msg) = first {
            runtime.take(model, msg);
        }
        for _ in 0..EVENTS_PER_TURN {
            // With this task's waker: crossterm's stream keeps the first it is given until the next event, and one that
            // wakes nobody would leave that event unseen until something else happens.
            match futures::poll!(events.next()) {
                Poll::Ready(Some(event)) => {
                    dirty = true;
                    runtime.take(model, Msg::Input(event));
                }
                Poll::Ready(None) => {
                    keys_ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        while let Ok(msg) = inbox.try_recv() {
            dirty = true;
            runtime.take(model, msg);
        }
        while runtime.tasks.try_join_next().is_some() {}
        while runtime.writes.try_join_next().is_some() {}
        if keys_ended {
            runtime.quit = true;
        }
        if runtime.suspend {
            runtime.suspend = false;
            runtime.host.suspend();
            // It may have another size now, and nobody told us while we were stopped.
            let size = terminal.size().map_err(|error| DrawError(error.to_string()))?;
            runtime.take(model, Msg::Input(Event::Resize(size.width, size.height)));
            runtime.take(model, Msg::Resumed);
        }
        if runtime.redraw {
            runtime.redraw = false;
            // Not `clear`, which asks the terminal where its cursor is: the answer would go to the reader of keys.
            let size = terminal.size().map_err(|error| DrawError(error.to_string()))?;
            terminal.resize(size.into()).map_err(|error| DrawError(error.to_string()))?;
            dirty = true;
        }
        if runtime.dump {
            // A token may have come on top since the key was pressed: no file has it.
            model.masked = true;
            let screen = runtime.draw(terminal, model)?;
            model.masked = false;
            runtime.dump = false;
            let written = runtime.host.dump(&screen);
            runtime.take(model, Msg::Dumped(written));
            dirty = true;
        }
        if dirty && Instant::now() >= frame_at {
            runtime.draw(terminal, model)?;
            drawn = Instant::now();
            dirty = false;
        }
    }
    runtime.end(model, &mut inbox).await;
    Ok(())
}

impl<A: Api, H: Host> Runtime<'_, A, H> {
    fn clock(&mut self, model: &mut Model) {
        let wall_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        // Never nought: that stands for "never" in what the model keeps.
        let mono_ms = millis(self.started.elapsed()).saturating_add(1);
        self.take(model, Msg::Clock { mono_ms, wall_ms });
    }

    fn take(&mut self, model: &mut Model, msg: Msg) {
        let effects = update(model, msg);
        self.perform(model, effects);
    }

    fn perform(&mut self, model: &mut Model, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Read { ticket, read, delay_ms } => {
                    let (api, answers) = (self.api.clone(), self.answers.clone());
                    let task = self.tasks.spawn(async move {
                        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                        let result = ask(&*api, read).await;
                        // The console may have ended meanwhile: then nobody wants the answer.
                        let _unheard = answers.send(Msg::Reply { ticket, result }).await;
                    });
                    if let Some(older) = self.reads.insert(ticket.slot, task) {
                        older.abort();
                    }
                }
                Effect::Cancel(slot) => {
                    if let Some(task) = self.reads.remove(&slot) {
                        task.abort();
                    }
                }
                Effect::Write { staged, write, again } => {
                    let id = again.unwrap_or_else(|| self.api.new_request_id());
                    // Known before it is sent: whatever happens next, its outcome can be asked for.
                    let more = update(model, Msg::WriteStarted { staged, id });
                    self.perform(model, more);
                    let (api, answers) = (self.api.clone(), self.answers.clone());
                    let request = SubmitRequest {
                        request_id: id,
                        command: write.command,
                        reads: write.reads,
                        expect: Some(write.expect).filter(|digest| !digest.is_empty()),
                        reason: None,
                        job: None,
                    };
                    self.writes.spawn(async move {
                        let written = api.submit(request).await;
                        let _unheard = answers.send(Msg::Written { staged, id, written }).await;
                    });
                }
                Effect::AskOutcome { staged, id, delay_ms } => {
                    let (api, answers) = (self.api.clone(), self.answers.clone());
                    self.tasks.spawn(async move {
                        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                        let result = api.outcome(id).await;
                        let _unheard = answers.send(Msg::Outcome { staged, id, result }).await;
                    });
                }
                Effect::NewToken(draft) => {
                    let more = update(model, Msg::Token { draft, token: Token::generate() });
                    self.perform(model, more);
                }
                Effect::Members(request) => {
                    let (api, answers) = (self.api.clone(), self.answers.clone());
                    self.writes.spawn(async move {
                        let result = api.change_members(request).await;
                        let _unheard = answers.send(Msg::Members(result)).await;
                    });
                }
                Effect::Export { path, query, at } => {
                    let (api, answers) = (self.api.clone(), self.answers.clone());
                    self.tasks.spawn(async move {
                        let result = export(&*api, path, query, at).await;
                        let _unheard = answers.send(Msg::Exported(result)).await;
                    });
                }
                Effect::Copy(text) => self.host.copy(&text),
                Effect::Dump => self.dump = true,
                Effect::Redraw => self.redraw = true,
                Effect::Suspend => self.suspend = true,
                Effect::Quit => self.quit = true,
            }
        }
    }

    fn draw<B: Backend>(&mut self, terminal: &mut Terminal<B>, model: &Model) -> Result<String, DrawError> {
        self.host.begin_frame();
        let drawn = terminal.draw(|frame| view(model, frame)).map(|frame| if self.dump { text_of(frame.buffer) } else { String::new() });
        self.host.end_frame();
        drawn.map_err(|error| DrawError(error.to_string()))
    }

    /// Reads are dropped; writes under way get a moment to be heard of.
    async fn end(mut self, model: &mut Model, inbox: &mut mpsc::Receiver<Msg>) {
        self.tasks.shutdown().await;
        let until = Instant::now() + GRACE;
        while model.stage.under_way() > 0 && !self.writes.is_empty() {
            match tokio::time::timeout_at(until, inbox.recv()).await {
                Ok(Some(msg)) => drop(update(model, msg)),
                Ok(None) | Err(_) => break,
            }
        }
        self.writes.shutdown().await;
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The screen as text, a line each, without blanks at the ends.
pub fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut skip = 0usize;
        for x in buffer.area.left()..buffer.area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            skip = ratatui::text::Span::raw(symbol).width().saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

async fn ask<A: Api>(api: &A, read: Read) -> Result<Answer, Fault> {
    match read {
        Read::WhoAmI => api.whoami().await.map(Answer::WhoAmI),
        Read::List(query, at) => api.list(query, at).await.map(Answer::List),
        Read::ListAll(query, at, most) => list_all(api, query, at, most).await,
        Read::Get(id, at) => api.get(id, at).await.map(Answer::Get),
        Read::Watch(request) => api.watch(request).await.map(Answer::Watch),
        Read::Status => api.status().await.map(Answer::Status),
        Read::Preview(request) => api.preview(request).await.map(Answer::Preview),
        Read::Explain(request) => api.explain(request).await.map(Answer::Explain),
        Read::Audit(query) => api.audit(query).await.map(Answer::Audit),
        Read::AuditEntry(revision) => api.audit_entry(revision).await.map(|entry| Answer::AuditEntry(Box::new(entry))),
        Read::Inverse(of) => api.inverse(of).await.map(Answer::Inverse),
        Read::Denies(request) => api.denies(request).await.map(Answer::Denies),
        Read::GetAll(ids, at) => get_all(api, ids, at).await,
        // Whatever was asked for: as a read it changes nothing.
        Read::Members(request) => api.change_members(MemberChangeRequest { dry_run: true, ..request }).await.map(Answer::Members),
    }
}

async fn get_all<A: Api>(api: &A, ids: Vec<ObjectId>, at: At) -> Result<Answer, Fault> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        match api.get(id.clone(), at.clone()).await {
            Ok(reply) => found.push((id, Some(reply.item))),
            Err(fault) if fault.code == ApiError::NOT_FOUND => found.push((id, None)),
            Err(fault) => return Err(fault),
        }
    }
    Ok(Answer::GetAll(found))
}

async fn list_all<A: Api>(api: &A, mut query: ListQuery, at: At, most: usize) -> Result<Answer, Fault> {
    let mut rows: Vec<Item> = Vec::new();
    loop {
        query.limit = query.limit.min(most - rows.len());
        let window = api.list(query.clone(), at.clone()).await?.window;
        rows.extend(window.items);
        match rows.last() {
            Some(last) if window.more_after && rows.len() < most => query.anchor = Anchor::After(last.key()),
            Some(_) | None => return Ok(Answer::ListAll(rows, window.more_after)),
        }
    }
}
