//! Registrable domains by the public suffix list (publicsuffix.org), as the crate `psl` carries it.
//!
//! A crate of its own because that list is two megabytes of code, which is compiled anew wherever it is called from: here, once.

/// The registrable domain of a host in lower case; nothing where it is a public suffix itself.
#[inline(never)]
pub fn domain(host: &str) -> Option<&str> {
    psl::domain_str(host)
}

/// Whether a host in lower case ends in a suffix that the list names, with a label before it.
#[inline(never)]
pub fn is_known(host: &str) -> bool {
    psl::domain(host.as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_the_list() {
        assert_eq!(domain("news.bbc.co.uk"), Some("bbc.co.uk"));
        assert_eq!(domain("co.uk"), None);
        assert!(is_known("flickr.com") && !is_known("e.g") && !is_known("com"));
    }
}
