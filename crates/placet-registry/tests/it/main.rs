//! The registry as its users see it: register, ask, reserve, and what happens when something is wrong.

mod faults;
mod history;
mod register;
mod support;
