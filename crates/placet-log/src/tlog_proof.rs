//! The offline proof in one file (C2SP tlog-proof, `c2sp.org/tlog-proof@v1`): an entry's index, its inclusion proof
//! and the checkpoint, with opaque extra data.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::decimal;
use crate::hash::Hash;

/// A longer proof file is refused unread.
pub const PROOF_BYTES_MAX: usize = 16 << 20;

/// A tree of 2^64 entries needs no more hashes.
const HASHES_MAX: usize = 64;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Text that is no proof file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a proof file (c2sp.org/tlog-proof@v1): {0}")]
pub struct TlogProofError(&'static str);

/// A proof file's parts, nothing verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Opaque data of the application. Nothing vouches for it but what the application checks itself.
    pub extra: Option<Vec<u8>>,
    /// Which entry, from 0.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<Hash>,
    /// The checkpoint's note, verbatim, with its cosignatures.
    pub checkpoint: String,
}

impl TlogProof {
    /// Reads a proof file.
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, TlogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(TlogProofError("longer than 16 MiB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError("not UTF-8"))?;
        let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
        let mut next = || lines.next().flatten().ok_or(TlogProofError("cut off"));
        if next()? != HEADER {
            return Err(TlogProofError("another first line"));
        }
        let mut line = next()?;
        let mut extra = None;
        if let Some(data) = line.strip_prefix("extra ") {
            extra = Some(STANDARD.decode(data).map_err(|_| TlogProofError("the extra data is not base64"))?);
            line = next()?;
        }
        let index = line.strip_prefix("index ").and_then(decimal).ok_or(TlogProofError("no index"))?;
        let mut hashes = Vec::new();
        loop {
            let line = next()?;
            if line.is_empty() {
                break;
            }
            if hashes.len() == HASHES_MAX {
                return Err(TlogProofError("more than 64 hashes"));
            }
            hashes.push(line.parse().map_err(|_| TlogProofError("a proof line that is no hash"))?);
        }
        let checkpoint = text.split_once("\n\n").map(|(_, rest)| rest.to_owned());
        Ok(TlogProof { extra, index, hashes, checkpoint: checkpoint.ok_or(TlogProofError("no checkpoint"))? })
    }
}

impl fmt::Display for TlogProof {
    /// The file's content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_prints_back(
            extra in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..50)),
            index: u64,
            hashes in proptest::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..8),
        ) {
            let proof = TlogProof { extra, index, hashes, checkpoint: "a\n1\nx\n\n— a AAAA\n".to_owned() };
            prop_assert_eq!(TlogProof::parse(proof.to_string().as_bytes()), Ok(proof));
        }

        #[test]
        fn never_panics(text in "(c2sp.org/tlog-proof@v1\n)?(extra [A-Za-z=]{0,8}\n)?(index [0-9]{0,30}\n)?[ -~\n]{0,80}") {
            if let Ok(proof) = TlogProof::parse(text.as_bytes()) {
                prop_assert_eq!(proof.to_string(), text);
            }
        }
    }
}
