//! The decision law as laws and as cases.

mod cases;
mod laws;
