//! XMP that is kept beside a media file, where it cannot or must not be written into it.

use std::fs::File;
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
    /// The sidecar of a file: `photo.xmp` of `photo.tif` (XMP Specification Part 3, section 1.3), or `photo.tif.xmp` as some
    /// programs write it. A sidecar that is there and cannot be read is an error: it may reserve.
    pub fn of(path: &Path) -> io::Result<Option<Sidecar>> {
        let mut behind = path.as_os_str().to_owned();
        behind.push(".xmp");
        for beside in [path.with_extension("xmp"), path.with_extension("XMP"), PathBuf::from(behind)] {
            if beside == path {
                continue;
            }
            let mut file = match File::open(&beside) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if !file.metadata()?.is_file() {
                continue;
            }
            let mut bytes = Vec::new();
            file.by_ref().take(SIDECAR_BYTES_MAX).read_to_end(&mut bytes)?;
            let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Some(Sidecar { name, bytes }));
        }
        Ok(None)
    }
}
