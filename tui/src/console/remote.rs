//! The real cluster behind `Api`.
