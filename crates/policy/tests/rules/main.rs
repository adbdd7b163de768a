//! Administration: the rules by name, through `execute`, and the laws that hold for every sequence of commands.

mod world;

mod authority;
mod catalogue;
mod groups;
mod impact;
mod laws;
mod places;
mod queries;
mod rejections;
mod requests;
mod sequences;
