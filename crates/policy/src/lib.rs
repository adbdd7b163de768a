//! What a command means and what a decision is. Pure: no IO, no async, no clock, no chance; the same arguments
//! give the same answer on every replica.
//!
//! Read in this order: `ids`, `name`, `access`, `path` and `object` are the nouns; `command` is what may be asked
//! for, `outcome` what becomes of it, `state` what it changes; `decision` is the question and its answer.

pub mod access;
pub mod command;
pub mod decide;
pub mod decision;
pub mod document;
pub mod explain;
pub mod holdings;
pub mod ids;
pub mod impact;
pub mod index;
pub mod limits;
pub mod name;
pub mod object;
pub mod outcome;
pub mod path;
pub mod people;
pub mod permission;
pub mod place;
pub mod platform;
pub mod scopes;
pub mod powers;
pub mod proposal;
pub mod query;
pub mod reference;
pub mod state;
pub mod view;
pub mod whoami;
pub mod catalogue;
pub mod execute;
pub mod plan;
pub mod preview;
pub mod tree;
pub mod lint;
pub mod suggest;
pub mod whatcan;
pub mod whocan;
