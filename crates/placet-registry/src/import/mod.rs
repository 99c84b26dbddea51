//! Catalogues and files into the registry.

pub(crate) mod claims_table;
pub(crate) mod columns;
pub(crate) mod cwr;
pub(crate) mod deliver;
pub(crate) mod delivery;
pub(crate) mod ern;
pub(crate) mod language;
pub(crate) mod media;
pub(crate) mod musicbrainz;
pub(crate) mod onix;
pub(crate) mod register;
pub(crate) mod row;
pub(crate) mod table;
pub(crate) mod tis;
pub(crate) mod xml;
