//! The decision law: signals, reservations, grants and a profile become a verdict.
