//! Hand calculations, laws and outside checkers.

mod example;
mod hand;
