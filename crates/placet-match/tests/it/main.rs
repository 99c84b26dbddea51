//! Packs and scans from outside.

mod guarantee;
mod library;
mod pack;
