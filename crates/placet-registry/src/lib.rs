//! The catalogue store and its importers.
