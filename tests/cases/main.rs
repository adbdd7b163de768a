//! The stories, one file each. Those that need a cluster start one of their own and take turns.

mod support;

mod catch_up;
mod command_line;
mod console_failover;
mod console_terminal;
mod imports;
mod keys;
mod kill_leader;
mod majority_stopped;
mod moments;
mod namespaces;
mod proposals;
mod reasons;
mod receipts;
mod rejections;
mod restart_all;
mod scenarios;
mod tidy;
mod visibility;
