//! The built binary as a user runs it: what it prints, what it writes, how it exits.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod case;
mod check;
mod claims;
mod database;
mod decisions;
mod demo;
mod frame;
mod gate;
mod init;
mod ledger;
mod log;
mod lookup;
mod pack;
mod pages;
mod proofs;
mod publish;
mod register;
mod reserve;
mod rooms;
mod scan;
mod scan_signals;
mod seal;
mod settle;
mod summary;
mod support;
mod trust;
mod verify;
mod web;
mod works;
