//! Sets of attributes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of attributes: bit i stands for the attribute at place i of the schema or the environment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeSet(u32);

impl AttributeSet {
    /// No attribute.
    pub const EMPTY: Self = Self(0);
    /// As many attributes as a set can tell apart.
    pub const MOST: usize = 32;

    /// The first `count` attributes; `count` is at most [`Self::MOST`].
    pub fn first(count: usize) -> Self {
        debug_assert!(count <= Self::MOST, "{count} attributes do not fit");
        if count >= Self::MOST { Self(u32::MAX) } else { Self((1 << count) - 1) }
    }

    /// The set whose bits these are.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// With this attribute too.
    #[must_use]
    pub fn with(self, attribute: usize) -> Self {
        debug_assert!(attribute < Self::MOST, "there is no attribute {attribute}");
        Self(self.0 | 1 << attribute)
    }

    /// What this set has and the other has not.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it holds this attribute.
    pub fn has(self, attribute: usize) -> bool {
        attribute < Self::MOST && self.0 >> attribute & 1 == 1
    }

    /// Whether all of it is in the other.
    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many attributes it holds.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its attributes in the schema's order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let lowest = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                lowest
            })
        })
    }
}

impl FromIterator<usize> for AttributeSet {
    fn from_iter<I: IntoIterator<Item = usize>>(attributes: I) -> Self {
        attributes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for AttributeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// How many sets of at most `depth` of `count` attributes there are. Saturates.
pub fn sets_up_to(count: usize, depth: usize) -> u64 {
    let mut of_size = 1_u64;
    let mut all = 1_u64;
    for size in 0..depth.min(count) {
        // The product of consecutive whole numbers is divisible by the factorial.
        of_size = of_size.saturating_mul((count - size) as u64) / (size as u64 + 1);
        all = all.saturating_add(of_size);
    }
    all
}

/// Calls `visit` with every set of at most `depth` of the attributes of `of`, each once, the empty one first.
pub(super) fn each_up_to(of: AttributeSet, depth: usize, visit: &mut impl FnMut(AttributeSet)) {
    fn grow(
        set: AttributeSet,
        rest: AttributeSet,
        depth: usize,
        visit: &mut impl FnMut(AttributeSet),
    ) {
        visit(set);
        if depth == 0 {
            return;
        }
        let mut later = rest;
        for attribute in rest.iter() {
            later = later.minus(AttributeSet::EMPTY.with(attribute));
            grow(set.with(attribute), later, depth - 1, visit);
        }
    }
    grow(AttributeSet::EMPTY, of, depth, visit);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sets_are_what_they_hold() {
        let set: AttributeSet = [4, 0, 31].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 4, 31]);
        assert_eq!(set.len(), 3);
        assert!(set.has(31) && !set.has(1) && !set.has(40));
        assert_eq!(set.minus(AttributeSet::EMPTY.with(4)).iter().collect::<Vec<_>>(), [0, 31]);
        assert_eq!(AttributeSet::first(32).len(), 32);
        assert_eq!(AttributeSet::first(0), AttributeSet::EMPTY);
    }

    #[test]
    fn every_set_is_visited_once() {
        let check = |count, depth, expected: u64| {
            let mut seen = HashSet::new();
            each_up_to(AttributeSet::first(count), depth, &mut |it| {
                assert!(it.len() <= depth);
                assert!(seen.insert(it));
            });
            assert_eq!(seen.len() as u64, expected, "{count} {depth}");
            assert_eq!(sets_up_to(count, depth), expected, "{count} {depth}");
        };
        check(10, 5, 638);
        check(4, 4, 16);
        check(3, 9, 8);
        check(5, 0, 1);
        check(0, 3, 1);
    }
}
