//! What other programs say of a PDF.

use std::process::Command;

use jiff::Timestamp;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The text of a PDF by another program; absent where that is not installed. A file that `qpdf` finds broken fails.
#[expect(clippy::print_stdout, reason = "a check that did not run must be seen")]
pub(crate) fn text_of(pdf: &[u8]) -> Option<String> {
    assert!(pdf.starts_with(b"%PDF-1.7"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pdf");
    std::fs::write(&path, pdf).unwrap();
    match Command::new("qpdf").arg("--check").arg(&path).output() {
        Ok(out) => assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr)),
        Err(_) => println!("skipped: qpdf is not installed"),
    }
    let Ok(out) = Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output() else {
        println!("skipped: pdftotext is not installed");
        return None;
    };
    assert!(out.status.success());
    Some(String::from_utf8(out.stdout).unwrap())
}

/// Whether bytes stand in a file.
pub(crate) fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
