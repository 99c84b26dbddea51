//! Paths and path patterns: the one normal form in which both are compared (RFC 9309, section 2.2.2 and 2.2.3).

use std::borrow::Cow;

use memchr::memmem;

/// The path of a URL as it is compared with the patterns of a robots.txt: path and query, without fragment.
///
/// What has no scheme is taken as a path already. The result is not yet in normal form: see [`normal`].
///
/// # Examples
/// ```
/// # use placet_signals::robots::path_of;
/// assert_eq!(path_of("https://example.org/a?b#c"), "/a?b");
/// assert_eq!(path_of("https://example.org?b"), "/?b");
/// assert_eq!(path_of("https://example.org"), "/");
/// ```
pub fn path_of(url: &str) -> Cow<'_, str> {
    let url = memchr::memchr(b'#', url.as_bytes()).and_then(|at| url.get(..at)).unwrap_or(url);
    // Most URLs begin so.
    let rest = match url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        Some(rest) => rest,
        None => match split_at_slashes(url) {
            Some((scheme, rest)) if scheme.is_empty() || is_scheme(scheme) => rest,
            _ if url.starts_with('/') => return Cow::Borrowed(url),
            _ => url,
        },
    };
    match memchr::memchr3(b'/', b'?', b';', rest.as_bytes()) {
        None => Cow::Borrowed("/"),
        Some(at) => match rest.get(at..) {
            Some(path) if path.starts_with('/') => Cow::Borrowed(path),
            Some(path) => Cow::Owned(format!("/{path}")),
            None => Cow::Borrowed("/"),
        },
    }
}

/// The scheme, host and port whose robots.txt governs a URL, in lower case; absent where the URL names none.
pub fn authority_of(url: &str) -> Option<&str> {
    let (scheme, rest) = split_scheme(url)?;
    is_scheme(scheme).then(|| authority(rest))
}

/// Scheme and what follows the first `://`.
pub(crate) fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let bytes = url.as_bytes();
    let mut colons = memchr::memchr_iter(b':', bytes);
    let at = colons.find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"://")))?;
    Some((url.get(..at)?, url.get(at + 3..)?))
}

/// Host and port at the beginning of what follows a scheme.
pub(crate) fn authority(rest: &str) -> &str {
    let end = rest.bytes().position(|b| matches!(b, b'/' | b'?' | b'#' | b';')).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    memchr::memrchr(b'@', authority.as_bytes()).and_then(|at| authority.get(at + 1..)).unwrap_or(authority)
}

/// What stands before and after the first `//`.
fn split_at_slashes(url: &str) -> Option<(&str, &str)> {
    let bytes = url.as_bytes();
    let at = memchr::memchr_iter(b'/', bytes).find(|at| bytes.get(at + 1) == Some(&b'/'))?;
    Some((url.get(..at)?, url.get(at + 2..)?))
}

fn is_scheme(s: &str) -> bool {
    let s = s.strip_suffix(':').unwrap_or(s);
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// A URL's path in normal form: octets outside printable US-ASCII percent-encoded, percent-encoded unreserved octets
/// decoded, hexadecimal digits in upper case, and `*` and `$`, which patterns use as signs, percent-encoded.
pub fn normal(path: &[u8]) -> Cow<'_, [u8]> {
    // To the end in any case: so the octets are looked at many at once.
    if path.iter().fold(true, |is, b| is & b.is_ascii_graphic() & !matches!(b, b'%' | b'*' | b'$')) {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len() + 16);
    let mut rest = path;
    while let Some((&b, after)) = rest.split_first() {
        rest = match b {
            b'*' | b'$' => {
                encode(b, &mut out);
                after
            }
            _ => push_normal(b, after, &mut out),
        };
    }
    Cow::Owned(out)
}

/// Pushes one octet (or one percent-encoded octet) in normal form and returns what follows it.
pub(crate) fn push_normal<'a>(b: u8, after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    if b == b'%' {
        if let [hi, lo, tail @ ..] = after
            && let (Some(h), Some(l)) = (hex(*hi), hex(*lo))
        {
            let octet = h << 4 | l;
            if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
                out.push(octet);
            } else {
                encode(octet, out);
            }
            return tail;
        }
        out.push(b);
    } else if b.is_ascii_graphic() {
        out.push(b);
    } else {
        encode(b, out);
    }
    after
}

pub(crate) fn encode(octet: u8, out: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    out.extend([b'%', DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]]);
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Whether a path matches a pattern in normal form: `*` stands for any octets, a final `$` for the end.
///
/// Time is linear in the lengths of both.
pub fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let fixed = memchr::memchr2(b'*', b'$', pattern).unwrap_or(pattern.len());
    let (head, tail) = pattern.split_at(fixed);
    path.strip_prefix(head).is_some_and(|rest| tail_matches(tail, rest))
}

/// The same for what follows a pattern's fixed beginning: empty, `$`, or something that begins with `*`.
pub(crate) fn tail_matches(tail: &[u8], mut rest: &[u8]) -> bool {
    let (tail, anchored) = match tail.strip_suffix(b"$") {
        Some(open) => (open, true),
        None => (tail, false),
    };
    let mut pieces = tail.split(|&b| b == b'*');
    let Some(first) = pieces.next() else { return true };
    match rest.strip_prefix(first) {
        Some(after) => rest = after,
        None => return false,
    }
    let Some(mut piece) = pieces.next() else { return !anchored || rest.is_empty() };
    // Leftmost placement of every piece but the last is never worse than a later one.
    for next in pieces {
        match find(rest, piece) {
            Some(end) => rest = rest.get(end..).unwrap_or_default(),
            None => return false,
        }
        piece = next;
    }
    if anchored { rest.ends_with(piece) } else { find(rest, piece).is_some() }
}

/// A path of so many octets is short.
const SHORT: usize = 64;

/// Where the first occurrence of the piece ends.
fn find(rest: &[u8], piece: &[u8]) -> Option<usize> {
    match piece {
        [] => Some(0),
        [one] => memchr::memchr(*one, rest).map(|at| at + 1),
        _ if piece.len() > rest.len() => None,
        // A short path is gone through sooner than a searcher is made.
        [first, ..] if rest.len() <= SHORT => memchr::memchr_iter(*first, rest)
            .find(|at| rest.get(*at..).is_some_and(|rest| rest.starts_with(piece)))
            .map(|at| at + piece.len()),
        _ => memmem::find(rest, piece).map(|at| at + piece.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: bool) {
        assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} on {path}");
    }

    #[test]
    fn stars_and_the_end_sign_match_as_rfc_9309_says() {
        check("/fish", "/fish.html", true);
        check("/fish/", "/fish", false);
        check("/*.php", "/folder/any.php.file.html", true);
        check("/*.php$", "/filename.php5", false);
        check("/*.php$", "/x.php/y.php", true);
        check("/a*b*c$", "/aXbYbZc", true);
        check("/a*b*c$", "/aXc", false);
        check("/a**b", "/ab", true);
        check("/$", "/", true);
        check("/$", "/x", false);
        check("*", "/", true);
        check("/a*$", "/abc", true);
        check("", "/", true);
        check("/a*aa$", "/aa", false);
    }

    #[test]
    fn both_sides_meet_in_one_normal_form() {
        assert_eq!(&*normal("/foo/ツ".as_bytes()), b"/foo/%E3%83%84");
        assert_eq!(&*normal(b"/%62%61%7A%2f"), b"/baz%2F");
        assert_eq!(&*normal(b"/a*b$"), b"/a%2Ab%24");
        assert_eq!(&*normal(b"/%"), b"/%");
    }
}
