//! From one set of terms to what every protocol can say of them.
//!
//! Each writer's text is read back by its own reader before it is offered: a word that would refuse what the terms
//! grant, or grant what they do not, is left out, and what is lost that way is told ([`Told`]). Nothing here touches
//! a file; existing files come as bytes and go as bytes ([`merge`]).

pub mod media;
mod merge;
mod robots;
mod site;
mod snippets;
mod terms;

pub use merge::{Unmergeable, merge, page};
pub use site::{MergeBy, Site, SiteFile, Told, read_back};
pub use snippets::{Snippet, books, snippets};
use snippets::{headers, meta};
pub use terms::{Answer, Offer, Price, Terms, UntilAgreed};
