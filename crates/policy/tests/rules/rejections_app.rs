//! Rejections of applications: a command that each refuses.

use bailiwick_policy::command::{Actor, Command};
use bailiwick_policy::outcome::RejectionCode;

use crate::world::*;

/// A world in which a command by an actor is refused with the code; none if the code is of another system.
pub fn refusal(code: RejectionCode) -> Option<(World, Actor, Command)> {
    let _ = code;
    None
}
