//! Amounts finer than a minor unit, and their exact division.
//!
//! Everything between a licensee's invoice and a payout is counted in grains, a billionth of a minor unit each.
//! A division hands out every grain; the odd ones go to the largest remainders, equal remainders in an order
//! that depends on the receivers' names alone, never on the order of a list.
//!
//! The method of largest remainders is not monotone: with one unit more to divide, somebody can get one unit
//! less (the Alabama paradox). Divided in grains the effect is a billionth of a cent; it meets whole cents
//! once, at payout (`payout.rs`).

use std::fmt;

use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};
use placet_core::Money;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Grains in a minor unit.
pub const GRAINS_PER_MINOR: i128 = 1_000_000_000;

/// An amount in billionths of a currency's minor unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Grains(pub i128);

impl Grains {
    /// Nothing.
    pub const ZERO: Grains = Grains(0);

    /// A whole amount in grains; none where it does not fit.
    pub fn of(money: Money) -> Option<Grains> {
        money.minor.checked_mul(GRAINS_PER_MINOR).map(Grains)
    }

    /// The whole minor units in it, towards minus infinity.
    pub fn whole_minor(self) -> i128 {
        self.0.div_euclid(GRAINS_PER_MINOR)
    }

    /// What the whole minor units leave over: at least zero, below one minor unit.
    #[must_use]
    pub fn fraction(self) -> Grains {
        Grains(self.0.rem_euclid(GRAINS_PER_MINOR))
    }

    /// The sum; none where it does not fit.
    pub fn checked_add(self, other: Grains) -> Option<Grains> {
        self.0.checked_add(other.0).map(Grains)
    }

    /// The amount with all its decimals, in major units of a currency with `scale` decimals; zeros at the end
    /// are cut down to the minor unit.
    pub fn decimal(self, scale: u8) -> String {
        let unit = 10_u128.pow(u32::from(scale) + GRAIN_DECIMALS);
        let (sign, n) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let all = format!("{:0width$}", n % unit, width = usize::from(scale) + GRAIN_DECIMALS as usize);
        let (minor, fine) = all.split_at(usize::from(scale));
        let fine = fine.trim_end_matches('0');
        if minor.is_empty() && fine.is_empty() {
            return format!("{sign}{}", n / unit);
        }
        format!("{sign}{}.{minor}{fine}", n / unit)
    }
}

/// Decimals of a minor unit that a grain adds.
const GRAIN_DECIMALS: u32 = 9;

impl fmt::Display for Grains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// A text that is no number of grains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no whole number of grains")]
pub struct GrainsError(pub String);

impl TryFrom<String> for Grains {
    type Error = GrainsError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse().map(Grains).map_err(|_| GrainsError(s))
    }
}

impl From<Grains> for String {
    fn from(g: Grains) -> Self {
        g.to_string()
    }
}

/// A receiver of a division: how much it weighs, and the digest of its name, which breaks ties.
#[derive(Clone, Debug)]
pub struct Weight {
    /// In any unit, the same for all.
    pub weight: BigUint,
    /// Of the receiver's stable name.
    pub tie: Digest,
}

/// Divides `whole` units over the weights by largest remainder: the parts stand in the order of the weights
/// and sum to `whole` exactly. All zeros where the weights are all zero, and the caller must then look: see
/// [`weighs_nothing`].
pub fn apportion(whole: u128, weights: &[Weight]) -> Vec<u128> {
    let total: BigUint = weights.iter().map(|w| &w.weight).sum();
    if total.is_zero() {
        return vec![0; weights.len()];
    }
    if let Some(small) = Small::of(whole, weights, &total) {
        return small.apportion(weights);
    }
    let whole_big = BigUint::from(whole);
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given = 0_u128;
    for (i, w) in weights.iter().enumerate() {
        let product = &whole_big * &w.weight;
        let quotient = &product / &total;
        let remainder = product - &quotient * &total;
        // quotient <= whole, because weight <= total
        let part = quotient.to_u128().unwrap_or(whole);
        given += part;
        parts.push(part);
        if !remainder.is_zero() {
            remainders.push((remainder, w.tie, i));
        }
    }
    hand_out(whole - given, remainders, &mut parts);
    parts
}

/// A division whose numbers all fit into 128 bits: the same steps without big numbers.
struct Small {
    whole: u128,
    total: u128,
    weights: Vec<u128>,
}

impl Small {
    fn of(whole: u128, weights: &[Weight], total: &BigUint) -> Option<Small> {
        let total = total.to_u128()?;
        // No weight is above the total, so no product is above this one.
        whole.checked_mul(total)?;
        let weights = weights.iter().map(|w| w.weight.to_u128()).collect::<Option<_>>()?;
        Some(Small { whole, total, weights })
    }

    fn apportion(self, weights: &[Weight]) -> Vec<u128> {
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::new();
        let mut given = 0;
        for (i, (number, weight)) in self.weights.iter().zip(weights).enumerate() {
            let product = self.whole * number;
            let (part, remainder) = (product / self.total, product % self.total);
            given += part;
            parts.push(part);
            if remainder != 0 {
                remainders.push((remainder, weight.tie, i));
            }
        }
        hand_out(self.whole - given, remainders, &mut parts);
        parts
    }
}

/// Gives the units that are left to the largest remainders.
fn hand_out<N: Ord>(left: u128, mut remainders: Vec<(N, Digest, usize)>, parts: &mut [u128]) {
    // The remainders sum to `left` times the total and each is below the total: there are more of them than units.
    let left = usize::try_from(left).unwrap_or(usize::MAX).min(remainders.len());
    let largest_first = |a: &(N, Digest, usize), b: &(N, Digest, usize)| {
        b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)).then_with(|| a.2.cmp(&b.2))
    };
    if left > 0 && left < remainders.len() {
        remainders.select_nth_unstable_by(left - 1, largest_first);
    }
    for (_, _, i) in remainders.iter().take(left) {
        if let Some(part) = parts.get_mut(*i) {
            *part += 1;
        }
    }
}

/// Whether there is nothing to divide by.
pub fn weighs_nothing(weights: &[Weight]) -> bool {
    weights.iter().all(|w| w.weight.is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights(ws: &[u64]) -> Vec<Weight> {
        ws.iter()
            .enumerate()
            .map(|(i, w)| Weight { weight: BigUint::from(*w), tie: Digest::of(&i.to_le_bytes()) })
            .collect()
    }

    #[test]
    fn the_odd_unit_goes_to_the_largest_remainder() {
        assert_eq!(apportion(15, &weights(&[80, 8, 12])), [12, 1, 2]);
        assert_eq!(apportion(7, &weights(&[4, 40, 22])), [1, 4, 2]);
        // The Alabama paradox, stated and kept: eight units give the first receiver less than seven did.
        assert_eq!(apportion(8, &weights(&[4, 40, 22])), [0, 5, 3]);
        assert_eq!(apportion(5, &weights(&[0, 0])), [0, 0]);
        assert!(weighs_nothing(&weights(&[0, 0])));
    }

    #[test]
    fn grains_print_every_decimal_they_have() {
        for (grains, scale, text) in [
            (1_234_567_890_123, 2, "12.34567890123"),
            (1_000_000_000, 2, "0.01"),
            (0, 2, "0.00"),
            (-1, 2, "-0.00000000001"),
            (5_000_000_000, 0, "5"),
        ] {
            assert_eq!(Grains(grains).decimal(scale), text);
        }
    }

    proptest! {
        #[test]
        fn a_division_neither_makes_nor_loses(whole in any::<u64>(), ws in prop::collection::vec(any::<u64>(), 1..20)) {
            let parts = apportion(u128::from(whole), &weights(&ws));
            let total: u128 = ws.iter().map(|w| u128::from(*w)).sum();
            prop_assume!(total > 0);
            prop_assert_eq!(parts.iter().sum::<u128>(), u128::from(whole));
            for (part, w) in parts.iter().zip(&ws) {
                let exact_floor = BigUint::from(whole) * *w / total;
                let over = BigUint::from(*part) - exact_floor;
                prop_assert!(over <= BigUint::from(1_u8), "quota");
            }
        }

        #[test]
        fn numbers_of_any_size_divide_alike(whole in any::<u64>(), ws in prop::collection::vec(any::<u32>(), 1..20)) {
            let small: Vec<u64> = ws.iter().map(|w| u64::from(*w)).collect();
            let mut large = weights(&small);
            for w in &mut large {
                w.weight <<= 100;
            }
            prop_assert_eq!(apportion(u128::from(whole), &large), apportion(u128::from(whole), &weights(&small)));
        }

        #[test]
        fn the_order_of_the_list_changes_no_part(whole in 0_u64..10_000, ws in prop::collection::vec(0_u64..6, 2..12), turn in 0_usize..12) {
            let straight = weights(&ws);
            let mut turned = straight.clone();
            turned.rotate_left(turn % ws.len());
            let mut parts = apportion(u128::from(whole), &turned);
            parts.rotate_right(turn % ws.len());
            prop_assert_eq!(parts, apportion(u128::from(whole), &straight));
        }
    }
}
