//! The registry as its users see it: register, ask, reserve, and what happens when something is wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod bombs;
mod claims;
mod deliveries;
mod faults;
mod history;
mod postgres;
mod register;
mod support;
