//! XMP that is kept beside a media file, where it cannot or must not be written into it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of a sidecar that are read.
const SIDECAR_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// An XMP sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Sidecar {
    /// The sidecars of a file: `photo.xmp` of `photo.tif` (XMP Specification of 2005, "External Storage of Metadata"), and
    /// `photo.tif.xmp` as some programs write it.
    ///
    /// One that is there and cannot be read whole is an error: it may reserve.
    pub fn all_of(path: &Path) -> io::Result<Vec<Sidecar>> {
        let mut found: Vec<Sidecar> = Vec::new();
        for beside in places(path).into_iter().filter(|beside| beside != path) {
            // A pipe would wait for ever.
            match fs::metadata(&beside) {
                Ok(kind) if kind.is_file() => {}
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            let mut bytes = Vec::new();
            File::open(&beside)?.take(SIDECAR_BYTES_MAX + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > SIDECAR_BYTES_MAX {
                return Err(io::Error::other(format!("{} has more than 8 MiB", beside.display())));
            }
            // Where upper and lower case are one, so are two of the places.
            if found.iter().all(|other| other.bytes != bytes) {
                let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push(Sidecar { name, bytes });
            }
        }
        Ok(found)
    }
}

/// Where the sidecars of a file are looked for.
pub(crate) fn places(path: &Path) -> [PathBuf; 4] {
    let behind = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    [path.with_extension("xmp"), path.with_extension("XMP"), behind(".xmp"), behind(".XMP")]
}
