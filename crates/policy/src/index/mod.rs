//! The index that checks read: a projection of the state, advanced by the same changes, rebuilt at start.

use crate::decision::{Decision, Request};
use crate::outcome::Change;
use crate::reference;
use crate::state::State;

pub use crate::decide::{decide, decide_batch};

/// What decisions read of a state. Cheap to clone; immutable once shared.
#[derive(Clone, Debug)]
pub struct Index {
    state: State,
}

impl Index {
    /// The index of a state.
    pub fn build(state: &State) -> Self {
        Self { state: state.clone() }
    }

    /// Advances the index by changes that led to `state_after`.
    pub fn apply(&mut self, state_after: &State, changes: &[Change]) {
        if !changes.is_empty() {
            self.state = state_after.clone();
        }
    }

    pub(crate) fn decide(&self, request: &Request<'_>) -> Decision {
        reference::decide(&self.state, request)
    }
}
