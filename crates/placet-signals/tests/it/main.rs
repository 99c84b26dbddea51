//! Conformance vectors and real files.
#![expect(clippy::unwrap_used, reason = "a test whose data cannot be read has failed")]
#![expect(clippy::print_stdout, reason = "what was skipped is said")]

mod any_bytes;
mod containers;
mod manifests;
mod protocols;
mod real;
mod robots;
mod structured_field;
mod written;

use std::path::{Path, PathBuf};

/// A file of the repository's `conformance/`.
fn conformance(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file of the real material that is not vendored; says so where it is absent.
fn shared(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PLACET_SHARED_DATA").map(|dir| Path::new(&dir).join(name));
    let path = path.filter(|p| p.exists());
    if path.is_none() {
        println!("skipped: {name} needs PLACET_SHARED_DATA");
    }
    path
}
