//! Documents of blocks, as plain text and as a web page; `placet-typeset` sets them as PDF. Foreign text that would
//! turn or hide its neighbours is shown by its code points.

mod glyphs;
mod html;
mod paper;

pub use glyphs::{shown, shown_with};
pub use paper::{Block, Column, Field, Layout, Paper};
