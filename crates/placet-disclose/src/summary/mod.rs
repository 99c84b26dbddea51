//! The public summary of training content, in the official template: C(2025) 5235 of 24 July 2025, re-issued as C(2025) 8311 of
//! 5 December 2025.

pub mod band;
