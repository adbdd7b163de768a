//! A year of a retailer: the org by ordinary commands, then random lawful changes one after the other, then all of them undone,
//! the last first. Drawn and judged in memory, from a seed; whoever does the same to real nodes has the state to compare
//! them with.
//!
//! `dice` is chance, `retailer` the org as the year begins, `changes` draws what happens, `mirror` is the state.

pub mod changes;
pub mod dice;
pub mod mirror;
pub mod retailer;

use std::collections::BTreeSet;

use bailiwick_policy::command::Command;
use bailiwick_policy::ids::StoreCode;
use bailiwick_policy::object::Object;
use bailiwick_policy::outcome::{AuditRow, Change, Outcome, Rejection, RejectionCode};
use bailiwick_policy::plan::inverse;

use changes::Draw;
use dice::Dice;
use mirror::Mirror;
use retailer::{ORG, Size};

/// Draws that may be refused, one after the other, before something is wrong with them.
const DRAWS_MAX: usize = 10_000;

/// The year so far.
#[derive(Clone, Debug)]
pub struct Year {
    /// The state it has led to.
    pub mirror: Mirror,
    /// What was done, each a change of something.
    pub done: Vec<Done>,
    /// Draws that were refused or would have changed nothing.
    pub refused: usize,
    dice: Dice,
    number: u64,
    break_glass_ms: (u64, u64),
    burnt: BTreeSet<StoreCode>,
}

/// One change that was made.
#[derive(Clone, Debug)]
pub struct Done {
    /// Its entry in the mirror's audit.
    pub row: AuditRow,
    /// The one that it undid.
    pub undid: Option<usize>,
    /// Whether another undid it in the course of the year.
    pub undone: bool,
}

/// What is to be done next.
#[derive(Clone, Debug)]
pub enum Step {
    /// This.
    Command(Box<Command>),
    /// The change at this place is undone.
    Undo(usize),
}

impl Year {
    /// Begins with a cluster's first entry. Break-glass lasts so many milliseconds, at least and at most.
    pub fn new(cluster: &str, seed: u64, now: u64, break_glass_ms: (u64, u64)) -> Self {
        let mirror = Mirror::new(cluster, now);
        Self { mirror, done: Vec::new(), refused: 0, dice: Dice::new(seed), number: 0, break_glass_ms, burnt: BTreeSet::new() }
    }

    /// Builds the org, each command of which must be accepted; returns them.
    pub fn build(&mut self, size: Size, listed: &[(String, String)]) -> Vec<Command> {
        let stores = retailer::listed(listed, size.stores);
        let commands = retailer::commands(size, &stores, &self.mirror.state, &mut self.dice);
        for command in &commands {
            let executed = self.mirror.operate(command.clone());
            assert!(matches!(executed.outcome, Outcome::Committed { .. }), "{}: {:?}", command.name(), executed.outcome);
        }
        commands
    }

    /// Draws until something lawful is drawn that changes something, and does it in the mirror.
    pub fn go_on(&mut self) -> Step {
        for _draw in 0..DRAWS_MAX {
            self.number += 1;
            if let Some(step) = self.draw().and_then(|step| self.does(step)) {
                return step;
            }
            self.refused += 1;
        }
        unreachable!("{DRAWS_MAX} draws were refused, one after the other")
    }

    fn draw(&mut self) -> Option<Step> {
        // One in fifty takes back one of the last few.
        if self.dice.one_in(50) {
            let back = 1 + self.dice.below(10);
            return self.done.len().checked_sub(back).filter(|at| self.may_take_back(*at)).map(Step::Undo);
        }
        let state = self.mirror.state.clone();
        let org = state.orgs.get(ORG)?;
        let (now, break_glass_ms, number) = (self.mirror.now, self.break_glass_ms, self.number);
        let mut draw = Draw { dice: &mut self.dice, state: &state, org, now, break_glass_ms, number, burnt: &self.burnt };
        changes::draw(&mut draw).map(Box::new).map(Step::Command)
    }

    /// Break-glass ends by itself at a moment that the mirror and real nodes need not agree on.
    fn may_take_back(&self, at: usize) -> bool {
        self.done.get(at).is_some_and(|done| !done.undone && &*done.row.command != "break-glass")
    }

    fn does(&mut self, step: Step) -> Option<Step> {
        let command = match &step {
            Step::Command(command) => (**command).clone(),
            Step::Undo(at) => inverse(&self.done.get(*at)?.row),
        };
        let before = self.mirror.state.revision;
        let executed = self.mirror.operate(command.clone());
        assert_eq!(executed.row.is_some(), self.mirror.state.revision != before, "a change has an entry, and nothing else has");
        let row = executed.row?;
        assert_eq!(row.revision.0, before.0 + 1, "one entry, one revision");
        if let Command::BreakGlass { stores, .. } = command {
            self.burnt.extend(stores);
        }
        let undid = match &step {
            Step::Command(_) => None,
            Step::Undo(at) => Some(*at),
        };
        if let Some(done) = undid.and_then(|at| self.done.get_mut(at)) {
            done.undone = true;
        }
        self.done.push(Done { row, undid, undone: false });
        Some(step)
    }

    /// Undoes a change in the mirror.
    pub fn undo(&mut self, at: usize) -> Result<(), Rejection> {
        let Some(done) = self.done.get(at) else { return Ok(()) };
        match self.mirror.operate(inverse(&done.row)).outcome {
            Outcome::Committed { .. } => Ok(()),
            Outcome::Rejected(no) => Err(no),
        }
    }

    /// Why a change may be refused to be undone though everything after it has been, or was refused for such a reason too.
    /// None: it must be undone.
    pub fn excuse(&self, at: usize) -> Option<Excuse> {
        let done = self.done.get(at)?;
        let undid = done.undid.and_then(|at| self.done.get(at));
        let secret = |change: &Change| matches!(change.after.as_ref().or(change.before.as_ref()), Some(Object::Credential(_)));
        if done.row.changes.iter().any(secret) {
            return Some(Excuse::Secret);
        }
        if undid.is_some_and(|undid| makes_a_user(&undid.row)) {
            return Some(Excuse::UserTakenBack);
        }
        if done.undone && makes_a_user(&done.row) {
            return Some(Excuse::UserTakenBack);
        }
        (&*done.row.command == "break-glass").then_some(Excuse::WentBack)
    }
}

/// Why something can't be undone. None of these counts in the content hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Excuse {
    /// Keys and invitations are made and revoked for good.
    Secret,
    /// Break-glass has gone back by itself.
    WentBack,
    /// The creation of a user was undone in the course of the year, and they don't come back; so there is nothing to undo.
    UserTakenBack,
}

impl Excuse {
    /// The codes that a refusal has then.
    pub fn codes(self) -> &'static [RejectionCode] {
        match self {
            Self::Secret => &[RejectionCode::NotUndoable],
            Self::WentBack | Self::UserTakenBack => &[RejectionCode::NotUndoable, RejectionCode::Conflict],
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Secret => "keys and invitations are made and revoked for good",
            Self::WentBack => "break-glass had gone back by itself",
            Self::UserTakenBack => "a user whose creation was undone doesn't come back",
        }
    }
}

fn makes_a_user(row: &AuditRow) -> bool {
    row.changes.iter().any(|change| matches!((&change.before, &change.after), (None, Some(Object::User(_)))))
}
