//! The stories, one file each. Those that need a cluster start one of their own and take turns.

mod support;

mod catch_up;
mod command_line;
mod imports;
mod kill_leader;
mod majority_stopped;
mod namespaces;
mod reasons;
mod receipts;
mod rejections;
mod restart_all;
mod scenarios;
mod tidy;
mod visibility;
