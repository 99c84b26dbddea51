//! How works hang together.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::work::closed_list;

closed_list! {
    /// How one work stands to another; read `from` *kind* `to`: a recording records a composition.
    RelationKind, UnknownRelationKind, "relation" {
        /// A recording of a work or a performance.
        Records = "records",
        /// A translation of a text.
        Translates = "translates",
        /// An adaptation or arrangement.
        Adapts = "adapts",
        /// A part of a larger work: a poem of a collection, a track of an album.
        PartOf = "part_of",
        /// A performance of a work.
        Performs = "performs",
    }
}

/// A relation between two works of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// Id of the derived work.
    pub from: String,
    /// How it derives.
    pub kind: RelationKind,
    /// Id of the work that it derives from.
    pub to: String,
}
