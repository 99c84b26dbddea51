//! Catalogues and files into the registry.

pub(crate) mod columns;
pub(crate) mod language;
pub(crate) mod media;
pub(crate) mod register;
pub(crate) mod row;
pub(crate) mod table;
