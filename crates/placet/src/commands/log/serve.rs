//! `placet log serve`: the log's folder over HTTP, with the paths, types and caching of C2SP tlog-tiles.

use std::fs;
use std::io;
use std::path::Path;

use crate::http::{Request, Response, serve};
use crate::sealed::Sealed;
use crate::{Context, Exit, Failure};

pub(super) fn run(context: &Context, listen: &str) -> Result<Exit, Failure> {
    let sealed = Sealed::new(&context.home);
    sealed.reader()?;
    let folder = sealed.log();
    serve(context, listen, 0, |request| answer(&folder, request))
}

fn answer(folder: &Path, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Response::text(405, "\n");
    }
    let path = request.path.trim_start_matches('/');
    let (content_type, cache) = match path {
        "checkpoint" => ("text/plain; charset=utf-8", "no-cache"),
        path if is_tile(path) => ("application/octet-stream", "public, max-age=31536000, immutable"),
        _ => return Response::text(404, "\n"),
    };
    match fs::read(folder.join(path)) {
        Ok(body) => Response { status: 200, content_type, cache, body },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Response::text(404, "\n"),
        Err(_) => Response::text(500, "\n"),
    }
}

/// `tile/<level or entries>/x001/234[.p/<width>]`: nothing else leaves the folder.
fn is_tile(path: &str) -> bool {
    let number = |text: &str, max: u16| {
        let padded = text.len() > 1 && text.starts_with('0');
        !padded && text.bytes().all(|b| b.is_ascii_digit()) && text.parse().is_ok_and(|n: u16| n <= max)
    };
    let group = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts: Vec<&str> = path.split('/').collect();
    if let [.., place, width] = parts[..]
        && let Some(whole) = place.strip_suffix(".p")
    {
        if width == "0" || !number(width, 255) {
            return false;
        }
        parts.truncate(parts.len() - 2);
        parts.push(whole);
    }
    match parts[..] {
        ["tile", level, ref upper @ .., last] => {
            (level == "entries" || number(level, 63))
                && upper.len() <= 6
                && upper.iter().all(|part| part.strip_prefix('x').is_some_and(group))
                && group(last)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_tile;

    #[test]
    fn only_paths_of_tiles_leave_the_folder() {
        for path in ["tile/0/000", "tile/63/x001/x234/067", "tile/entries/000.p/255", "tile/1/x001/000.p/1"] {
            assert!(is_tile(path), "{path}");
        }
        for path in [
            "tile/64/000",
            "tile/00/000",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/001/000",
            "tile/0/x001",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/../../log-keys/log.key",
            "tile/entries/000.new",
            "lock",
            "",
            "tile",
            "tile/0/000/",
            "tile/0//000",
            "tile/0/x001.p/1",
        ] {
            assert!(!is_tile(path), "{path}");
        }
    }
}
