//! What the typesetter may see: the template, the document, the fonts. No disk, no network, no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt as _, World, WorldExt as _};

macro_rules! fonts {
    ($($name:literal)+) => { [$(include_bytes!(concat!("../fonts/", $name, ".ttf")).as_slice()),+] };
}

/// In the order in which a letter is looked for.
static FILES: &[&[u8]] = &fonts! {
    "NotoSans-Regular" "NotoSans-Bold" "NotoSansMono-Regular"
    "NotoSansArabic-Regular" "NotoSansArabic-Bold" "NotoSansHebrew-Regular" "NotoSansHebrew-Bold"
    "NotoSansArmenian-Regular" "NotoSansGeorgian-Regular" "NotoSansEthiopic-Regular"
    "NotoSansDevanagari-Regular" "NotoSansBengali-Regular" "NotoSansGurmukhi-Regular" "NotoSansGujarati-Regular"
    "NotoSansTamil-Regular" "NotoSansTelugu-Regular" "NotoSansKannada-Regular" "NotoSansMalayalam-Regular"
    "NotoSansSinhala-Regular" "NotoSansThai-Regular" "NotoSansLao-Regular" "NotoSansKhmer-Regular"
    "NotoSansMyanmar-Regular" "DejaVuSans-Symbols" "DroidSansFallbackFull"
};

pub(crate) static FONTS: LazyLock<Vec<Font>> =
    LazyLock::new(|| FILES.iter().filter_map(|bytes| Font::new(Bytes::new(*bytes), 0)).collect());
static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));
/// With cells that head a row, which screen readers say before the others of it.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| {
    let features = [Feature::A11yExtras].into_iter().collect();
    LazyHash::new(Library::builder().with_features(features).build())
});

const TEMPLATE: &str = include_str!("../templates/paper.typ");

/// One document in the making.
pub(crate) struct Desk {
    template: Source,
    data: (FileId, Bytes),
}

impl Desk {
    pub(crate) fn new(data: Vec<u8>) -> Desk {
        Desk {
            template: Source::new(id("paper.typ"), TEMPLATE.to_owned()),
            data: (id("data.json"), Bytes::new(data)),
        }
    }

    /// A message of the typesetter with its line in the template.
    pub(crate) fn told(&self, diagnostic: &SourceDiagnostic) -> String {
        let line = self.range(diagnostic.span).and_then(|range| {
            let line = self.template.lines().byte_to_line(range.start)?;
            Some(format!(" (paper.typ line {})", line + 1))
        });
        let hints: String = diagnostic.hints.iter().map(|hint| format!(", {}", hint.v)).collect();
        format!("{}{}{hints}", diagnostic.message, line.unwrap_or_default())
    }
}

fn id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("the two names are plain file names");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data.0 { Ok(self.data.1.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    /// Absent: a document's date is data.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
