//! Catalogues and files into the registry.

pub(crate) mod claims_table;
pub(crate) mod columns;
pub(crate) mod cwr;
pub(crate) mod deliver;
mod deliver_work;
pub(crate) mod delivery;
pub(crate) mod ern;
pub(crate) mod language;
pub(crate) mod lines;
pub(crate) mod media;
pub(crate) mod musicbrainz;
pub(crate) mod onix;
mod recognise;
pub(crate) mod register;
pub(crate) mod row;
pub(crate) mod table;
pub(crate) mod tis;
mod version;
pub(crate) mod xml;
