//! The built binary as a user runs it: what it prints, what it writes, how it exits.

mod check;
mod frame;
mod gate;
mod support;
