//! A folder with one folder for each host, as its files were saved, or with one robots.txt file for each host.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use placet_signals::site::{PATHS, Served, Site};
use serde::{Deserialize, Serialize};

use super::RecordError;

/// Most bytes of one record that are read.
pub(super) const RECORD_BYTES_MAX: u64 = 4 * 1024 * 1024 + 1;

/// Folders inside folders; links may lead in circles.
const DEPTH_MAX: usize = 32;

/// When the files of a snapshot were served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nobody knows. What they say is then heard of every copy.
    Unknown,
    /// At this time.
    At(Timestamp),
    /// When they were last written.
    AsStored,
}

/// The bytes of a file, and when they were served, where that is known.
pub(super) type Read = (Vec<u8>, Option<Timestamp>);

#[derive(Debug)]
pub(super) struct Snapshot {
    folder: PathBuf,
    /// The host whose files they are; absent where the folder holds many.
    host: Option<String>,
    taken: Taken,
}

/// Which files a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// BLAKE3 over the names and the BLAKE3 hashes of all files, sorted by name.
    pub blake3: String,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries for hosts.
    pub hosts: u64,
}

impl Digest {
    /// Hashes every file below a folder, to a depth of 32 folders.
    pub fn of(folder: &Path) -> io::Result<Digest> {
        let mut digest = Digest { blake3: String::new(), files: 0, bytes: 0, hosts: 0 };
        let mut hash = blake3::Hasher::new();
        let mut open = vec![(folder.to_owned(), String::new())];
        let mut buffer = vec![0; 256 * 1024];
        while let Some((path, name)) = open.pop() {
            if !path.is_dir() {
                let mut one = blake3::Hasher::new();
                let mut file = File::open(&path)?;
                loop {
                    let read = file.read(&mut buffer)?;
                    if read == 0 {
                        break;
                    }
                    one.update(buffer.get(..read).unwrap_or_default());
                    digest.bytes += read as u64;
                }
                digest.files += 1;
                hash.update(&(name.len() as u64).to_le_bytes());
                hash.update(name.as_bytes());
                hash.update(one.finalize().as_bytes());
                continue;
            }
            let mut entries = Vec::new();
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
                // A link that leads nowhere, a pipe or a device is no record.
                let is_read = fs::metadata(entry.path()).is_ok_and(|kind| kind.is_file() || kind.is_dir());
                if is_read && inner.matches('/').count() <= DEPTH_MAX {
                    entries.push((entry.path(), inner));
                }
            }
            if name.is_empty() {
                digest.hosts = entries.len() as u64;
            }
            // The last one is taken first.
            entries.sort_by(|a, b| b.1.cmp(&a.1));
            open.extend(entries);
        }
        digest.blake3 = hash.finalize().to_hex().to_string();
        Ok(digest)
    }
}

impl Snapshot {
    pub(super) fn of_hosts(folder: &Path, taken: Taken) -> io::Result<Snapshot> {
        if !folder.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Snapshot { folder: folder.to_owned(), host: None, taken })
    }

    pub(super) fn of_one(host: &str, folder: &Path, taken: Taken) -> Snapshot {
        Snapshot { folder: folder.to_owned(), host: Some(host.to_owned()), taken }
    }

    /// Reads the files of one host.
    pub(super) fn read(&self, host: &str, site: &mut Site) -> Result<(), RecordError> {
        let Some(path) = self.of_host(host) else { return Ok(()) };
        let is_folder = match path.metadata() {
            Ok(kind) => kind.is_dir(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(RecordError { path, cause }),
        };
        for (n, name) in PATHS.iter().enumerate() {
            let file = if is_folder { path.join(name.trim_start_matches('/')) } else { path.clone() };
            if let Some((bytes, observed_at)) = self.file(&file)? {
                let url = format!("https://{host}{name}");
                let served = Served { path: name, url: &url, status: None, observed_at, bytes: &bytes };
                site.hear(&served);
            }
            if !is_folder && n == 0 {
                break;
            }
        }
        Ok(())
    }

    /// The file that a host serves under a path.
    pub(super) fn document(&self, host: &str, path: &str) -> Result<Option<Read>, RecordError> {
        let Some(mut file) = self.of_host(host) else { return Ok(None) };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() || parts.len() >= DEPTH_MAX {
            return Ok(None);
        }
        for part in parts {
            if part == "." || part == ".." || part.contains(['\\', '\0', ':']) {
                return Ok(None);
            }
            file.push(part);
        }
        if file.is_dir() {
            return Ok(None);
        }
        self.file(&file)
    }

    fn of_host(&self, host: &str) -> Option<PathBuf> {
        match &self.host {
            Some(own) => (own == host).then(|| self.folder.clone()),
            None => Some(self.folder.join(host)),
        }
    }

    fn file(&self, path: &Path) -> Result<Option<Read>, RecordError> {
        let failed = |cause| RecordError { path: path.to_owned(), cause };
        // A pipe would wait for ever.
        if fs::metadata(path).is_ok_and(|kind| !kind.is_file()) {
            return Ok(None);
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(cause) => return Err(failed(cause)),
        };
        let observed_at = match self.taken {
            Taken::Unknown => None,
            Taken::At(time) => Some(time),
            Taken::AsStored => {
                let stored = file.metadata().and_then(|m| m.modified()).ok();
                stored.and_then(|time| Timestamp::try_from(time).ok())
            }
        };
        let mut bytes = Vec::new();
        file.take(RECORD_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some((bytes, observed_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lie_below_their_host_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("a.example/x")).expect("a folder");
        fs::write(folder.path().join("a.example/x/license.xml"), "own").expect("a file");
        fs::write(folder.path().join("secret"), "secret").expect("a file");
        let snapshot = Snapshot::of_hosts(folder.path(), Taken::Unknown).expect("a snapshot");
        let read =
            |path: &str| snapshot.document("a.example", path).expect("readable").map(|(bytes, _)| bytes);
        assert_eq!(read("/x//license.xml"), Some(b"own".to_vec()));
        for path in ["/../secret", "/x", "/", "", "/x/../../secret", "/x\\..\\secret", "/c:secret"] {
            assert_eq!(read(path), None, "{path}");
        }
        let before = Digest::of(folder.path()).expect("readable");
        assert_eq!((before.files, before.bytes, before.hosts), (2, 9, 2));
        fs::write(folder.path().join("secret"), "Secret").expect("a file");
        assert_ne!(Digest::of(folder.path()).expect("readable"), before);
    }
}
