//! The key and certificates that sign manifests, from PEM files (RFC 7468).

use std::path::Path;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use placet_signals::c2pa::Signer;

use crate::failure::OrFail as _;
use crate::{Exit, Failure};

/// Most bytes of such a file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A signer of two files: a private key in PKCS #8, and its certificate with those of its issuers behind it.
pub(super) fn read(key: &Path, certificates: &Path) -> Result<Signer, Failure> {
    let keys = parts(&text(key)?, "PRIVATE KEY");
    let hint = "openssl pkcs8 -topk8 -nocrypt -in key.pem -out key8.pem writes a key in PKCS #8";
    let Some(first) = keys.first() else {
        return Err(Failure::new(Exit::Usage, anyhow!("{} holds no `PRIVATE KEY`", key.display())).hint(hint));
    };
    let chain = parts(&text(certificates)?, "CERTIFICATE");
    let name = || format!("{} and {} cannot sign", key.display(), certificates.display());
    Signer::new(first, chain).with_context(name).or_fail(Exit::Usage)
}

fn text(path: &Path) -> Result<String, Failure> {
    let name = || format!("cannot read {}", path.display());
    let size = path.metadata().with_context(name).or_fail(Exit::Usage)?.len();
    if size > FILE_BYTES_MAX {
        return Err(Failure::new(Exit::Usage, anyhow!("{} is no PEM file", path.display())));
    }
    std::fs::read_to_string(path).with_context(name).or_fail(Exit::Usage)
}

/// What stands between the lines that begin and end a label. What cannot be decoded is none.
fn parts(text: &str, label: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let inside =
        text.split(&begin).skip(1).filter_map(|part| part.split_once(&end)).map(|(inside, _)| inside);
    let plain = |inside: &str| inside.split_ascii_whitespace().collect::<String>();
    inside.filter_map(|i| base64::engine::general_purpose::STANDARD.decode(plain(i)).ok()).collect()
}
