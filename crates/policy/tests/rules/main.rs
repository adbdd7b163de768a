//! Administration: the rules by name, through `execute`, and the laws that hold for every sequence of commands.

#![expect(clippy::indexing_slicing, reason = "a test that reaches beyond its own fixtures is to fail there")]

mod people;
mod world;

mod ac;
mod ac_decisions;
mod ac_undo;
mod app;
mod app_sequences;
mod authority;
mod catalogue;
mod document;
mod groups;
mod impact;
mod laws;
mod life;
mod lint;
mod maker;
mod million;
mod places;
mod platform;
mod queries;
mod rejections;
mod rejections_ac;
mod rejections_app;
mod rejections_um;
mod requests;
mod sequences;
mod time;
mod trees;
mod um;
mod um_admin;
mod um_sight;
mod undo;
