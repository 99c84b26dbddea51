//! Works and the people credited with them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A work or other protected subject matter, as a rightsholder registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The rightsholder's own id of the work; unique within its registry.
    pub id: String,
    /// What it is.
    pub kind: WorkKind,
    /// Title as published.
    pub title: String,
    /// Who is credited, in the order of the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<Credit>,
    /// Identifiers as `scheme:value`, sorted: `isbn:9780306406157`, `iswc:T0345246801`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// Language of the text (BCP 47), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Columns of the source that have no field here, kept as they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
}

/// A party's part in a work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credit {
    /// Name as credited.
    pub name: String,
    /// What the party did.
    pub role: Role,
    /// Identifier of the party as `scheme:value` (`isni:…`, `ipi:…`), where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
}

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident, $error:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word for it in files and output.
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }

        #[doc = concat!("A word that names no ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("`{0}` is no {what}", what = $what)]
        pub struct $error(pub String);

        impl FromStr for $name {
            type Err = $error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                let wanted = s.trim();
                $name::ALL.iter().copied().find(|v| v.code().eq_ignore_ascii_case(wanted))
                    .ok_or_else(|| $error(wanted.to_owned()))
            }
        }
    };
}
pub(crate) use closed_list;

closed_list! {
    /// Kinds of works and other protected subject matter.
    WorkKind, UnknownWorkKind, "kind of work" {
        /// A literary work: book, article, lyrics, script.
        Text = "text",
        /// A musical work: the composition, not its recording.
        Composition = "composition",
        /// A sound recording.
        Recording = "recording",
        /// A performance.
        Performance = "performance",
        /// A broadcast.
        Broadcast = "broadcast",
        /// An edition of a text.
        Edition = "edition",
        /// A translation of a work.
        Translation = "translation",
        /// A still image: photograph, illustration, painting.
        Image = "image",
        /// A film or other audiovisual work.
        Film = "film",
        /// A database.
        Database = "database",
        /// A computer program.
        Software = "software",
    }
}

closed_list! {
    /// What a party did for a work.
    Role, UnknownRole, "role" {
        /// Wrote the text.
        Author = "author",
        /// Wrote the music.
        Composer = "composer",
        /// Wrote the words of a song.
        Lyricist = "lyricist",
        /// Arranged a musical work.
        Arranger = "arranger",
        /// Translated it.
        Translator = "translator",
        /// Wrote its subtitles.
        Subtitler = "subtitler",
        /// Adapted it for the screen or for dubbing.
        AudiovisualAdapter = "audiovisual-adapter",
        /// Adapted it otherwise.
        Adapter = "adapter",
        /// Performed it, as a featured artist.
        Performer = "performer",
        /// Performed on it without being featured.
        SessionMusician = "session-musician",
        /// Lent a voice to a dubbed version.
        DubbingPerformer = "dubbing-performer",
        /// Read it aloud.
        Narrator = "narrator",
        /// Produced the recording or film.
        Producer = "producer",
        /// Directed it.
        Director = "director",
        /// Wrote the screenplay.
        Screenwriter = "screenwriter",
        /// Publishes it.
        Publisher = "publisher",
        /// Edited it.
        Editor = "editor",
        /// Illustrated it.
        Illustrator = "illustrator",
        /// Took the photograph.
        Photographer = "photographer",
        /// Holds rights in another way than by creating.
        Rightsholder = "rightsholder",
    }
}
