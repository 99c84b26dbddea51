//! Sources of data, as the provider divides them.

/// A source of data, as the provider divides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDecl {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// The run that scanned it; any where it is not given.
    pub run: Option<String>,
    /// Beginnings of paths below the corpus; all where there are none.
    pub paths: Vec<String>,
    /// Where it is documented.
    pub link: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// How a part of it was selected.
    pub selection: Option<String>,
    /// Its size in bytes of text, for a dataset that no run holds.
    pub bytes: Option<u64>,
    /// Its line.
    pub line: usize,
}

/// The kinds of sources, as sections 2.1 to 2.6 of the form divide them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// Section 2.1.
    PublicDataset,
    /// Section 2.2.1.
    Licensed,
    /// Section 2.2.2.
    Private,
    /// Section 2.3.
    Crawled,
    /// Section 2.4.
    User,
    /// Section 2.5.
    Synthetic,
    /// Section 2.6.
    Other,
}

impl SourceKind {
    pub(super) const ALL: [Self; 7] = [
        Self::PublicDataset,
        Self::Licensed,
        Self::Private,
        Self::Crawled,
        Self::User,
        Self::Synthetic,
        Self::Other,
    ];

    /// Its word in the answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::PublicDataset => "public-dataset",
            Self::Licensed => "licensed",
            Self::Private => "private",
            Self::Crawled => "crawled",
            Self::User => "user",
            Self::Synthetic => "synthetic",
            Self::Other => "other",
        }
    }

    /// The questions of which one must be answered with yes where there is such a source.
    pub(super) fn gates(self) -> &'static [&'static str] {
        match self {
            Self::PublicDataset => &["pub.used"],
            Self::Licensed => &["lic.any"],
            Self::Private => &["priv.any"],
            Self::Crawled => &["crawl.used"],
            Self::User => &["user.model", "user.services"],
            Self::Synthetic => &["syn.used"],
            Self::Other => &["oth.used"],
        }
    }
}
