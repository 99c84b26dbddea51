//! Fingerprints works and finds them again; the pack format.
