//! Hand calculations, laws and outside checkers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod example;
mod hand;
mod laws;
mod outside;
mod simulation;
mod statements;

/// An exact fraction, by somebody else's arithmetic.
type BigRational = num_rational::Ratio<num_bigint::BigInt>;
