//! Values that were read and are kept, up to a number and a size.

use std::collections::HashMap;

/// Values by name. When there are too many, the half that was used least lately is dropped.
#[derive(Debug)]
pub(crate) struct Kept<V> {
    places: HashMap<Box<str>, usize>,
    values: Vec<Value<V>>,
    clock: u64,
    bytes: usize,
    values_max: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Value<V> {
    name: Box<str>,
    value: V,
    used: u64,
    bytes: usize,
}

impl<V> Default for Kept<V> {
    fn default() -> Kept<V> {
        Kept::new(1, 0)
    }
}

impl<V> Kept<V> {
    pub(crate) fn new(values_max: usize, bytes_max: usize) -> Kept<V> {
        Kept { places: HashMap::new(), values: Vec::new(), clock: 0, bytes: 0, values_max, bytes_max }
    }

    /// Where a value lies until the next [`Kept::put`].
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The value at a place that [`Kept::place`] or [`Kept::put`] gave.
    pub(crate) fn at(&mut self, place: usize) -> Option<&V> {
        self.clock += 1;
        let held = self.values.get_mut(place)?;
        held.used = self.clock;
        Some(&held.value)
    }

    /// Keeps a value of a name that has none, and gives its place.
    pub(crate) fn put(&mut self, name: &str, value: V, bytes: usize) -> usize {
        if self.values.len() >= self.values_max || self.bytes > self.bytes_max {
            let mut used: Vec<u64> = self.values.iter().map(|held| held.used).collect();
            used.sort_unstable();
            let median = used.get(used.len() / 2).copied().unwrap_or(u64::MAX);
            self.values.retain(|held| held.used > median);
            self.bytes = self.values.iter().map(|held| held.bytes).sum();
            self.places = (0..).zip(&self.values).map(|(place, held)| (held.name.clone(), place)).collect();
        }
        self.clock += 1;
        self.bytes += bytes;
        let place = self.values.len();
        self.places.insert(name.into(), place);
        self.values.push(Value { name: name.into(), value, used: self.clock, bytes });
        place
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn what_was_used_least_lately_goes_first() {
        let mut kept = Kept::new(4, 1000);
        for name in ["a", "b", "c", "d"] {
            kept.put(name, name, 1);
        }
        let a = kept.place("a").unwrap();
        assert_eq!(kept.at(a), Some(&"a"));
        kept.put("e", "e", 1);
        assert!(kept.place("a").is_some() && kept.place("e").is_some() && kept.place("b").is_none());
        kept.put("f", "f", 5000);
        kept.put("g", "g", 1);
        assert!(kept.place("g").is_some() && kept.bytes < 5003);
    }
}
