//! Values that were read and are kept, up to a number and a size.

use std::collections::HashMap;

/// Values by name. When there are too many, the half that was used least lately is dropped.
#[derive(Debug)]
pub(super) struct Kept<V> {
    values: HashMap<Box<str>, Value<V>>,
    clock: u64,
    bytes: usize,
    values_max: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Value<V> {
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
    pub(super) fn new(values_max: usize, bytes_max: usize) -> Kept<V> {
        Kept { values: HashMap::new(), clock: 0, bytes: 0, values_max, bytes_max }
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn get(&mut self, name: &str) -> Option<&V> {
        self.clock += 1;
        let held = self.values.get_mut(name)?;
        held.used = self.clock;
        Some(&held.value)
    }

    pub(super) fn put(&mut self, name: &str, value: V, bytes: usize) {
        if self.values.len() >= self.values_max || self.bytes > self.bytes_max {
            let mut used: Vec<u64> = self.values.values().map(|held| held.used).collect();
            used.sort_unstable();
            let median = used.get(used.len() / 2).copied().unwrap_or(u64::MAX);
            self.values.retain(|_, held| held.used > median);
            self.bytes = self.values.values().map(|held| held.bytes).sum();
        }
        self.clock += 1;
        self.bytes += bytes;
        self.values.insert(name.into(), Value { value, used: self.clock, bytes });
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
        assert!(kept.get("a").is_some());
        kept.put("e", "e", 1);
        assert!(kept.holds("a") && kept.holds("e") && !kept.holds("b"));
        kept.put("f", "f", 5000);
        kept.put("g", "g", 1);
        assert!(kept.holds("g") && kept.bytes < 5003);
    }
}
