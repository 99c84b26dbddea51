//! Tiles and entry bundles of C2SP tlog-tiles v0.1.0: the log as static files.
//!
//! ```text
//! checkpoint                       the signed root
//! tile/0/x001/x234/067             256 hashes: entries 1234067·256 onwards
//! tile/0/x001/x234/068.p/17        the first 17 hashes of an unfinished tile
//! tile/1/x004/820                  256 roots of full tiles of level 0
//! tile/entries/x001/x234/067       256 entries, each after its length (uint16, big endian)
//! ```

use crate::hash::Hash;
use crate::tree;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: usize = 256;

/// The longest entry that a bundle can hold.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// What is wrong with a tile or a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Not a whole number of hashes, or not as many as the place asks for.
    #[error("{bytes} bytes where {width} hashes are expected")]
    Tile {
        /// Bytes found.
        bytes: usize,
        /// Hashes expected.
        width: usize,
    },
    /// Not the entries that the place asks for.
    #[error("{found} whole entries and {rest} bytes where {width} entries are expected")]
    Bundle {
        /// Entries found.
        found: usize,
        /// Bytes left over.
        rest: usize,
        /// Entries expected.
        width: usize,
    },
    /// An entry longer than [`ENTRY_BYTES_MAX`].
    #[error("an entry of {0} bytes; a log entry has at most 65,535")]
    EntryTooLong(usize),
}

/// Path of a tile of hashes of `width` 1..=256. Level 0 holds entries' hashes.
pub fn tile_path(level: u8, index: u64, width: usize) -> String {
    format!("tile/{level}/{}", place(index, width))
}

/// Path of a bundle of `width` 1..=256 entries.
pub fn bundle_path(index: u64, width: usize) -> String {
    format!("tile/entries/{}", place(index, width))
}

fn place(index: u64, width: usize) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH { format!("{path}.p/{width}") } else { path }
}

/// How many hashes tile `index` of `level` has in a log of `size` entries: 0 where it does not exist.
pub fn tile_width(level: u8, index: u64, size: u64) -> usize {
    let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let before = u128::from(index) * TILE_WIDTH as u128;
    u128::from(hashes).saturating_sub(before).min(TILE_WIDTH as u128) as usize
}

/// Reads a tile, of which the first `width` hashes are wanted; a longer one is cut.
pub fn parse_tile(bytes: &[u8], width: usize) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    match hashes.get(..width) {
        Some(wanted) if rest.is_empty() && hashes.len() <= TILE_WIDTH => {
            Ok(wanted.iter().copied().map(Hash).collect())
        }
        _ => Err(TileError::Tile { bytes: bytes.len(), width }),
    }
}

/// Reads a bundle, of which the first `width` entries are wanted; a longer one is cut.
pub fn parse_bundle(bytes: &[u8], width: usize) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let Some((entry, tail)) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
            break;
        };
        entries.push(entry);
        rest = tail;
    }
    let found = entries.len();
    if !rest.is_empty() || found < width || found > TILE_WIDTH {
        return Err(TileError::Bundle { found, rest: rest.len(), width });
    }
    entries.truncate(width);
    Ok(entries)
}

/// Adds an entry to a bundle's bytes.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), TileError> {
    let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong(entry.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Root over the hashes of a row, a power of two of them.
pub(crate) fn perfect_root(row: &[Hash]) -> Hash {
    let mut hashes = row.to_vec();
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
    }
    hashes.first().copied().unwrap_or(Hash::EMPTY)
}

/// Answers the questions of [`tree`] from tiles of a log of `size` entries. `read(path, whole)` gives the bytes at a
/// path, or at `whole`, the path of the full tile, where the partial tile is gone. Tiles stay in memory.
pub struct Tiles<'a, E> {
    size: u64,
    read: Box<Read<'a, E>>,
    kept: std::collections::HashMap<(u8, u64), Vec<Hash>>,
}

type Read<'a, E> = dyn FnMut(&str, &str) -> Result<Vec<u8>, E> + 'a;

/// Tiles kept in memory at once: 8 MiB.
const TILES_KEPT: usize = 1024;

impl<'a, E: From<TileError>> Tiles<'a, E> {
    /// Tiles of a log of `size` entries.
    pub fn new(size: u64, read: impl FnMut(&str, &str) -> Result<Vec<u8>, E> + 'a) -> Self {
        Tiles { size, read: Box::new(read), kept: std::collections::HashMap::new() }
    }

    /// The root of the tree as the tiles tell it.
    pub fn root(&mut self) -> Result<Hash, E> {
        tree::root(self.size, &mut |level, index| self.node(level, index))
    }

    /// The inclusion proof of an entry.
    pub fn inclusion_proof(&mut self, index: u64) -> Result<Vec<Hash>, E> {
        tree::inclusion_proof(index, self.size, &mut |level, index| self.node(level, index))
    }

    /// The consistency proof from an earlier size.
    pub fn consistency_proof(&mut self, old: u64) -> Result<Vec<Hash>, E> {
        tree::consistency_proof(old, self.size, &mut |level, index| self.node(level, index))
    }

    /// The hashes of a tile.
    pub fn tile(&mut self, level: u8, index: u64) -> Result<Vec<Hash>, E> {
        let width = tile_width(level, index, self.size);
        let bytes = (self.read)(&tile_path(level, index, width), &tile_path(level, index, TILE_WIDTH))?;
        Ok(parse_tile(&bytes, width)?)
    }

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, E> {
        let (tile_level, height) = (level / 8, level % 8);
        let first = index << height;
        let (tile, at) = (first >> 8, (first & 255) as usize);
        if !self.kept.contains_key(&(tile_level, tile)) {
            let hashes = self.tile(tile_level, tile)?;
            if self.kept.len() == TILES_KEPT {
                self.kept.clear();
            }
            self.kept.insert((tile_level, tile), hashes);
        }
        let hashes = self.kept.get(&(tile_level, tile)).map_or(&[][..], Vec::as_slice);
        let row = hashes.get(at..at + (1 << height));
        let row = row.ok_or(TileError::Tile { bytes: hashes.len() * 32, width: at + (1 << height) })?;
        Ok(perfect_root(row))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_those_of_the_specification() {
        assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(2, 0, 17), "tile/2/000.p/17");
        assert_eq!(bundle_path(1000, 1), "tile/entries/x001/000.p/1");
    }

    #[test]
    fn widths_are_those_of_the_specification() {
        // "A tree of size 70,000": 273 full tiles and one of 112, one full of level 1 and one of 17, one of level 2.
        let widths = |level, index| tile_width(level, index, 70_000);
        assert_eq!([widths(0, 272), widths(0, 273), widths(0, 274)], [256, 112, 0]);
        assert_eq!([widths(1, 0), widths(1, 1), widths(1, 2)], [256, 17, 0]);
        assert_eq!([widths(2, 0), widths(2, 1), widths(3, 0), widths(63, 0)], [1, 0, 0, 0]);
        assert_eq!(tile_width(0, u64::MAX, u64::MAX), 0);
    }

    #[test]
    fn a_bundle_is_cut_to_the_entries_that_are_wanted() {
        let mut bundle = Vec::new();
        for entry in [&b"one"[..], b"", b"three"] {
            push_entry(&mut bundle, entry).unwrap();
        }
        assert_eq!(parse_bundle(&bundle, 2), Ok(vec![&b"one"[..], b""]));
        assert_eq!(parse_bundle(&bundle, 4), Err(TileError::Bundle { found: 3, rest: 0, width: 4 }));
        assert_eq!(parse_bundle(&bundle[..9], 2), Err(TileError::Bundle { found: 2, rest: 2, width: 2 }));
        assert_eq!(push_entry(&mut bundle, &vec![0; 65_536]), Err(TileError::EntryTooLong(65_536)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..9000), width in 0usize..300) {
            let _ = parse_tile(&bytes, width);
            let _ = parse_bundle(&bytes, width);
        }
    }
}
