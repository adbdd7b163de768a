//! Drives a console by hand: presses keys, lets answers come or not, looks at the screen. No runtime, no clock.

use std::collections::VecDeque;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::world::{ORG, WALL_MS, World};
use crate::console::api::{Fault, Health, Written};
use crate::console::effect::{Answer, Effect, Msg, Read, Slot, Ticket};
use crate::console::export::row;
use crate::console::keys::{Chord, Keymap};
use crate::console::model::Model;
use crate::console::runtime::text_of;
use crate::console::screens::view;
use crate::console::theme::{Theme, ThemeName};
use crate::console::update::{begin, update};

/// A console and the cluster it talks to, with everything between them in the driver's hands.
pub struct Driver {
    pub model: Model,
    pub world: World,
    /// Effects that nobody has carried out yet.
    pub waiting: VecDeque<Effect>,
    /// Long polls that nothing has come for.
    pub polls: Vec<(Ticket, Read)>,
    /// What was copied.
    pub copied: Vec<String>,
    /// Files that were written: the name, and the rows.
    pub files: Vec<(String, Vec<String>)>,
    /// Whether Quit came out.
    pub quit: bool,
    /// What becomes of writes instead of being executed.
    pub write_fate: Option<Written>,
    pub now_ms: u64,
}

impl Driver {
    pub fn new(world: World, read_only: bool) -> Self {
        let org = ORG.parse().ok();
        let model = Model::new(org, "dev", read_only, Theme::new(ThemeName::Default), Keymap::default());
        let mut driver = Self {
            model,
            world,
            waiting: VecDeque::new(),
            polls: Vec::new(),
            copied: Vec::new(),
            files: Vec::new(),
            quit: false,
            write_fate: None,
            now_ms: 10_000,
        };
        driver.size(120, 40);
        driver.send(Msg::Clock { mono_ms: driver.now_ms, wall_ms: WALL_MS });
        let effects = begin(&mut driver.model);
        driver.waiting.extend(effects);
        driver
    }

    /// A console at rest over a retailer.
    pub fn settled() -> Self {
        let mut driver = Self::new(World::retailer(), false);
        let health = Health { node: Some(1), address: "127.0.0.1:7001".into(), connected: true, failing_over: false, leader: Some(2) };
        driver.send(Msg::Health(health));
        driver.settle();
        driver
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        self.waiting.extend(effects);
    }

    pub fn size(&mut self, columns: u16, rows: u16) {
        self.send(Msg::Input(Event::Resize(columns, rows)));
    }

    /// Presses keys, apart by blanks, as the table writes them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.send(Msg::Input(event_of(key)));
            self.settle();
        }
        self
    }

    /// Types a text.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.send(Msg::Input(Event::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE))));
            self.settle();
        }
        self
    }

    /// Lets time pass, a second at a time.
    pub fn seconds(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.now_ms += 1_000;
            let wall_ms = WALL_MS + self.now_ms - 10_000;
            self.send(Msg::Clock { mono_ms: self.now_ms, wall_ms });
            self.settle();
        }
        self
    }

    /// Carries out whatever is to be done, until nothing is.
    pub fn settle(&mut self) {
        // Each answer may ask for more; none asks for ever.
        for _ in 0..10_000 {
            let Some(effect) = self.waiting.pop_front() else { return };
            self.carry_out(effect);
        }
        panic!("the console never rests");
    }

    pub fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Read { ticket, read, .. } => match self.world.answer(&read) {
                Some(result) => self.send(Msg::Reply { ticket, result }),
                None => {
                    self.polls.retain(|(poll, _)| poll.slot != ticket.slot);
                    self.polls.push((ticket, read));
                }
            },
            Effect::Cancel(slot) => self.polls.retain(|(poll, _)| poll.slot != slot),
            Effect::Write { staged, write, again } => {
                let id = again.unwrap_or_else(|| self.world.new_id());
                self.send(Msg::WriteStarted { staged, id });
                let request = bailiwick_rpc::api::SubmitRequest {
                    request_id: id,
                    command: write.command,
                    reads: write.reads,
                    expect: Some(write.expect),
                    reason: None,
                    job: None,
                };
                let written = self.write_fate.clone().unwrap_or_else(|| self.world.submit(request));
                self.send(Msg::Written { staged, id, written });
                self.wake();
            }
            // Asked a second later, so that a test sees it wait.
            Effect::AskOutcome { staged, id, .. } => {
                let result = match &self.world.down {
                    Some(fault) => Err(fault.clone()),
                    None => Ok(self.world.outcome(id)),
                };
                self.send(Msg::Clock { mono_ms: self.now_ms, wall_ms: WALL_MS });
                if matches!(result, Ok(bailiwick_rpc::api::OutcomeReply::Known(_))) {
                    self.send(Msg::Outcome { staged, id, result });
                } else {
                    let effects = update(&mut self.model, Msg::Outcome { staged, id, result });
                    let asks = |effect: &Effect| matches!(effect, Effect::AskOutcome { .. });
                    assert!(effects.iter().any(asks), "an unknown outcome is asked for again");
                    self.waiting.extend(effects.into_iter().filter(|effect| !asks(effect)));
                }
            }
            Effect::NewToken(draft) => self.send(Msg::Token { draft, token: bailiwick_rpc::token::Token::generate() }),
            Effect::Members(request) => {
                let result = self.world.change_members(&request);
                self.send(Msg::Members(result));
            }
            Effect::Export { path, query, at } => {
                let Some(Ok(Answer::ListAll(rows, false))) = self.world.answer(&Read::ListAll(query, at, usize::MAX)) else {
                    return self.send(Msg::Exported(Err("the list couldn't be had".to_owned())));
                };
                let rows: Vec<String> = rows.iter().filter_map(row).map(|row| row.join(",")).collect();
                let count = rows.len() as u64;
                self.files.push((path.clone(), rows));
                self.send(Msg::Exported(Ok((path, count))));
            }
            Effect::Copy(text) => self.copied.push(text),
            Effect::Quit => self.quit = true,
            Effect::Dump | Effect::Redraw | Effect::Suspend => {}
        }
    }

    /// Long polls hear of what has happened.
    pub fn wake(&mut self) {
        for (ticket, read) in std::mem::take(&mut self.polls) {
            match self.world.answer(&read) {
                Some(result) => self.send(Msg::Reply { ticket, result }),
                None => self.polls.push((ticket, read)),
            }
        }
    }

    /// The cluster goes away.
    pub fn cut(&mut self) {
        self.world.down = Some(Fault::new("unreachable", "no node answered in time: 127.0.0.1:7001 connection refused"));
        self.send(Msg::Health(Health { failing_over: true, ..self.model.health.clone() }));
        self.send(Msg::Health(Health::default()));
        for (ticket, _) in std::mem::take(&mut self.polls) {
            let result = Err(self.world.down.clone().expect("it was set above"));
            self.send(Msg::Reply { ticket, result });
        }
    }

    /// Forgets reads of a slot: they never come back.
    pub fn drop_reads(&mut self, slot: Slot) {
        self.waiting.retain(|effect| !matches!(effect, Effect::Read { ticket, .. } if ticket.slot == slot));
    }

    /// What the screen shows.
    pub fn screen(&self) -> String {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a screen in memory");
        let frame = terminal.draw(|frame| view(&self.model, frame)).expect("it draws");
        text_of(frame.buffer)
    }
}

/// The event of a key of the table.
pub fn event_of(key: &str) -> Event {
    Chord::parse(key).expect("a key of the table");
    let (control, key) = key.strip_prefix("ctrl-").map_or((KeyModifiers::NONE, key), |key| (KeyModifiers::CONTROL, key));
    let code = match key {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        one => KeyCode::Char(one.chars().next().expect("a character")),
    };
    Event::Key(KeyEvent::new(code, control))
}
