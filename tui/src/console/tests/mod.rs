//! The console as a whole, over a cluster of one state in memory: what it shows, what it lets through, what it sends.

mod driver;
mod insight;
mod looped;
mod random;
mod screens;
mod stories;
mod themes;
mod world;
