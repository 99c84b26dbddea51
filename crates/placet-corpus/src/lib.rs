//! Reads and writes corpus formats.
