//! The issuer's key: signs the packs of a registry. A C2SP signed-note Ed25519 key, readable by its owner only.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use placet_core::note::Signer;

use crate::RegistryError;

/// Makes the key of a home folder; one that is there already is never written over.
pub fn create_issuer_key(home: &Path, name: &str) -> Result<Signer, RegistryError> {
    let path = issuer_key_path(home);
    let folder = home.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| RegistryError::write(&folder, error))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| RegistryError::write(&path, std::io::Error::other(error)))?;
    let signer = Signer::from_seed(&key_name(name), seed)
        .map_err(|source| RegistryError::Key { key: name.to_owned(), source })?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&path)
        .and_then(|mut file| {
            writeln!(file, "{}", signer.to_secret())?;
            file.sync_all()
        })
        .map_err(|error| RegistryError::write(&path, error))?;
    Ok(signer)
}

/// The key of a home folder.
pub fn issuer_key(home: &Path) -> Result<Signer, RegistryError> {
    let path = issuer_key_path(home);
    let text = std::fs::read_to_string(&path).map_err(|error| RegistryError::read(&path, error))?;
    // The text is secret: no message repeats it.
    text.trim().parse().map_err(|error: placet_core::note::NoteError| RegistryError::Damaged {
        path,
        what: error.to_string(),
    })
}

/// Where the key of a home folder lies.
pub fn issuer_key_path(home: &Path) -> PathBuf {
    home.join(FOLDER).join("issuer.key")
}

/// Names of keys have neither spaces nor plus signs.
fn key_name(name: &str) -> String {
    name.split(|c: char| c.is_whitespace() || c == '+')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

const FOLDER: &str = "keys";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let made = create_issuer_key(home.path(), "Example Press + Sons").unwrap();
        assert_eq!(made.verifier().name(), "Example-Press-Sons");
        assert_eq!(issuer_key(home.path()).unwrap().verifier(), made.verifier());
        assert!(matches!(create_issuer_key(home.path(), "Other"), Err(RegistryError::Write { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(issuer_key_path(home.path())).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(issuer_key_path(home.path()), "PRIVATE+KEY+secret").unwrap();
        let said = issuer_key(home.path()).unwrap_err().to_string();
        assert!(!said.contains("secret"), "{said}");
    }
}
