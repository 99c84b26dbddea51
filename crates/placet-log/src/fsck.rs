//! Checks a whole log: every entry, tile and the signed root. What a monitor does, over files or HTTP.

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::proof::{ProofError, verify_consistency};
use crate::tile::{TILE_WIDTH, TileError, Tiles, bundle_path, parse_bundle, perfect_root, tile_width};

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum Flaw<E: std::error::Error + 'static> {
    /// A file could not be had.
    #[error("cannot read the log")]
    Read(#[source] E),
    /// A file is not what its place asks for.
    #[error("{path}")]
    File {
        /// Path inside the log.
        path: String,
        /// The cause.
        source: TileError,
    },
    /// A tile does not follow from what lies below it.
    #[error("tile {index} of level {level} does not follow from the entries: the log was changed")]
    Tile {
        /// Level.
        level: u8,
        /// Number on that level.
        index: u64,
    },
    /// The entries do not give the signed root.
    #[error("the entries give another root than the signed one: the log was changed")]
    Root,
    /// The log does not continue what was seen before.
    #[error("the log does not continue the checkpoint seen before: it was forked or rewritten")]
    Fork(#[source] ProofError),
}

/// Reads every bundle and every tile of the log at this (already verified) checkpoint and recomputes everything;
/// with an earlier checkpoint, also that the log continues it. `visit` sees every entry.
pub fn fsck<E: std::error::Error + 'static>(
    checkpoint: &Checkpoint,
    earlier: Option<&Checkpoint>,
    mut read: impl FnMut(&str) -> Result<Vec<u8>, E>,
    mut visit: impl FnMut(u64, &[u8]),
) -> Result<(), Flaw<E>> {
    let size = checkpoint.size;
    let mut read = |path: &str, whole: &str| match read(path) {
        // Partial tiles may be deleted once the full one is there.
        Err(_) if path != whole => read(whole).map_err(Flaw::Read),
        other => other.map_err(Flaw::Read),
    };
    let mut below: Vec<Hash> = Vec::new();
    let mut index = 0;
    loop {
        let width = tile_width(0, index, size);
        if width == 0 {
            break;
        }
        let path = bundle_path(index, width);
        let bytes = read(&path, &bundle_path(index, TILE_WIDTH))?;
        let entries = parse_bundle(&bytes, width).map_err(|source| Flaw::File { path, source })?;
        for (at, entry) in entries.into_iter().enumerate() {
            visit(index * TILE_WIDTH as u64 + at as u64, entry);
            below.push(Hash::leaf(entry));
        }
        index += 1;
    }
    for level in 0u8.. {
        if below.is_empty() {
            break;
        }
        let mut above = Vec::new();
        for (index, expected) in (0u64..).zip(below.chunks(TILE_WIDTH)) {
            let mut tiles = Tiles::new(size, &mut read);
            if tiles.tile(level, index)? != expected {
                return Err(Flaw::Tile { level, index });
            }
            if expected.len() == TILE_WIDTH {
                above.push(perfect_root(expected));
            }
        }
        below = above;
    }
    let mut tiles = Tiles::new(size, &mut read);
    if tiles.root()? != checkpoint.root {
        return Err(Flaw::Root);
    }
    if let Some(earlier) = earlier.filter(|earlier| earlier.size > 0) {
        let proof = if earlier.size <= size { tiles.consistency_proof(earlier.size)? } else { Vec::new() };
        verify_consistency(earlier.size, size, &proof, earlier.root, checkpoint.root).map_err(Flaw::Fork)?;
    }
    Ok(())
}

impl<E: std::error::Error + 'static> From<TileError> for Flaw<E> {
    fn from(source: TileError) -> Self {
        Flaw::File { path: "tile".to_owned(), source }
    }
}
