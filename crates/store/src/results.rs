//! An ordered set of scenarios: what a filter found.

use roaring::RoaringBitmap;

/// Scenarios, by ordinal, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Results {
    /// As imported, or the other way round.
    ByOrdinal {
        /// Which scenarios.
        set: RoaringBitmap,
        /// Whether the last imported comes first.
        descending: bool,
    },
    /// In a given order, best match first.
    Ranked(Vec<u32>),
}

impl Results {
    /// How many.
    pub fn len(&self) -> u64 {
        match self {
            Self::ByOrdinal { set, .. } => set.len(),
            Self::Ranked(order) => order.len() as u64,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The scenario at a position from 0.
    pub fn at(&self, position: u64) -> Option<u32> {
        match self {
            Self::ByOrdinal { set, descending } => {
                let last = set.len().checked_sub(1)?;
                let position = if *descending { last.checked_sub(position)? } else { position };
                set.select(u32::try_from(position).ok()?)
            }
            Self::Ranked(order) => order.get(usize::try_from(position).ok()?).copied(),
        }
    }

    /// The position, from 0, of a scenario, if it is among them.
    pub fn position(&self, ordinal: u32) -> Option<u64> {
        match self {
            Self::ByOrdinal { set, .. } if !set.contains(ordinal) => None,
            Self::ByOrdinal { .. } => Some(self.before(ordinal)),
            Self::Ranked(order) => order.iter().position(|it| *it == ordinal).map(|it| it as u64),
        }
    }

    /// How many stand before a scenario, whether it is among them or not. A ranked order does not know the
    /// place of one that is not: 0.
    pub fn before(&self, ordinal: u32) -> u64 {
        match self {
            Self::ByOrdinal { set, descending: false } => {
                ordinal.checked_sub(1).map_or(0, |it| set.rank(it))
            }
            Self::ByOrdinal { set, descending: true } => set.len() - set.rank(ordinal),
            Self::Ranked(_) => self.position(ordinal).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_and_scenarios_are_inverse(
            ordinals in proptest::collection::btree_set(0u32..200_000, 0..50), descending: bool, other in 0u32..200_000,
        ) {
            let results = Results::ByOrdinal { set: ordinals.iter().copied().collect(), descending };
            let mut order: Vec<u32> = ordinals.into_iter().collect();
            if descending {
                order.reverse();
            }
            let ranked = Results::Ranked(order.clone());
            for it in [&results, &ranked] {
                for (position, ordinal) in (0u64..).zip(&order) {
                    prop_assert_eq!(it.at(position), Some(*ordinal));
                    prop_assert_eq!(it.position(*ordinal), Some(position));
                    prop_assert_eq!(it.before(*ordinal), position);
                }
                prop_assert_eq!(it.at(it.len()), None);
            }
            let before = order.iter().filter(|it| if descending { **it > other } else { **it < other }).count();
            prop_assert_eq!(results.before(other), before as u64);
        }
    }
}
