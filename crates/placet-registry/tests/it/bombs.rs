//! Books that are traps: archives and markup that unpack without end, or lead out of their folder.

use std::io::{Cursor, Write as _};

use placet_registry::extract::extract;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A ZIP archive of these entries, each a head, a block that is repeated, and a tail.
fn archive(entries: &[(&str, &str, &str, usize, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, head, block, times, tail) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(head.as_bytes()).unwrap();
        for _ in 0..*times {
            zip.write_all(block.as_bytes()).unwrap();
        }
        zip.write_all(tail.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const HEAD: &str = r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#;
const TAIL: &str = "</w:body></w:document>";

#[test]
fn an_archive_that_unpacks_without_end_is_cut_off() {
    let block = "<w:p><w:r><w:t>nothing at all, again and again</w:t></w:r></w:p>".repeat(16_384);
    let bomb = archive(&[("word/document.xml", HEAD, &block, 280, TAIL)]);
    assert!(bomb.len() < 4 << 20, "{} bytes", bomb.len());
    let said = extract("bomb.docx", &bomb).unwrap_err().to_string();
    assert_eq!(said, "it has more than 268435456 bytes of text, which is the limit");
}

#[test]
fn entities_are_not_expanded() {
    let lol = r#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>before &c; behind</w:t></w:r></w:p>"#;
    let book = archive(&[("word/document.xml", lol, "", 0, TAIL)]);
    match extract("lol.docx", &book) {
        Ok(read) => assert!(!read.text.contains("lollol") && read.text.len() < 100, "{}", read.text),
        Err(said) => {
            assert!(said.to_string().contains("XML") || said.to_string().contains("entity"), "{said}");
        }
    }
}

#[test]
fn depth_without_end_is_refused() {
    let book = archive(&[("word/document.xml", HEAD, "<w:p>", 200_000, TAIL)]);
    assert!(extract("deep.docx", &book).is_err());
}

#[test]
fn names_that_lead_elsewhere_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let text = "<w:p><w:r><w:t>The words of the book.</w:t></w:r></w:p>";
    let escape = format!("../../../../{}/evil.txt", folder.path().display());
    let book = archive(&[(&escape, "evil", "", 0, ""), ("word/document.xml", HEAD, text, 1, TAIL)]);
    assert_eq!(extract("trick.docx", &book).unwrap().text.trim(), "The words of the book.");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
