//! The nearest of many vectors: all are looked at, so the answer is exact.

use crate::{Embedding, embedding::dot};

/// Vectors of the same dimensions in one flat matrix, each with the key of what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Index<K> {
    keys: Vec<K>,
    rows: Vec<f32>,
    dimensions: usize,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { keys: Vec::new(), rows: Vec::new(), dimensions: 0 }
    }
}

impl<K> Index<K> {
    /// Adds a vector. The first decides the dimensions; one of others is left out, and the answer is `false`.
    pub fn push(&mut self, key: K, embedding: &Embedding) -> bool {
        if self.keys.is_empty() {
            self.dimensions = embedding.dimensions();
        }
        let fits = embedding.dimensions() == self.dimensions;
        if fits {
            self.keys.push(key);
            self.rows.extend(embedding.values());
        }
        fits
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The `count` vectors nearest to this one among those that `keep` keeps, with their cosines, the nearest first
    /// and of equals the one added first. Nothing where the dimensions differ.
    pub fn nearest(
        &self,
        to: &Embedding,
        count: usize,
        keep: impl Fn(&K) -> bool,
    ) -> Vec<(&K, f32)> {
        let mut best: Vec<(&K, f32)> = Vec::new();
        if count == 0 || to.dimensions() != self.dimensions {
            return best;
        }
        for (key, row) in self.keys.iter().zip(self.rows.chunks_exact(self.dimensions)) {
            let cosine = dot(row, to.values());
            let full = best.len() == count;
            if (full && best.last().is_some_and(|it| cosine <= it.1)) || !keep(key) {
                continue;
            }
            if full {
                best.pop();
            }
            let at = best.partition_point(|it| it.1 >= cosine);
            best.insert(at, (key, cosine));
        }
        best
    }
}

impl<K> FromIterator<(K, Embedding)> for Index<K> {
    /// All of them but those whose dimensions are not the first one's.
    fn from_iter<I: IntoIterator<Item = (K, Embedding)>>(pairs: I) -> Self {
        let mut index = Self::default();
        for (key, embedding) in pairs {
            index.push(key, &embedding);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f32]) -> Embedding {
        Embedding::new(values.to_vec()).expect("a direction")
    }

    fn index() -> Index<char> {
        let rows = [('e', [1.0, 0.0]), ('n', [0.0, 1.0]), ('x', [1.0, 1.0]), ('y', [1.0, 1.0])];
        rows.iter().map(|(key, values)| (*key, of(values))).collect()
    }

    #[test]
    fn the_nearest_come_first_and_only_those_kept() {
        let check = |to: &[f32], count, without: &[char], expected: &str| {
            let index = index();
            let found = index.nearest(&of(to), count, |it| !without.contains(it));
            assert_eq!(found.iter().map(|it| *it.0).collect::<String>(), expected, "{to:?}");
        };
        check(&[1.0, 0.1], 9, &[], "exyn");
        check(&[1.0, 0.1], 2, &[], "ex");
        check(&[1.0, 0.1], 2, &['e', 'x'], "yn");
        check(&[1.0, 1.0], 2, &[], "xy");
        check(&[1.0, 1.0], 0, &[], "");
        check(&[1.0, 1.0, 1.0], 9, &[], "");
    }

    #[test]
    fn other_dimensions_are_left_out() {
        let mut index = index();
        assert!(!index.push('z', &of(&[1.0])));
        assert_eq!(index.len(), 4);
        assert!(Index::<u8>::default().nearest(&of(&[1.0]), 3, |_| true).is_empty());
    }

    proptest! {
        #[test]
        fn it_agrees_with_sorting_everything(
            rows in proptest::collection::vec(proptest::collection::vec(-1.0f32..1.0, 5), 1..60),
            to in proptest::collection::vec(0.1f32..1.0, 5),
            count in 1usize..8,
        ) {
            let rows: Vec<_> = rows.into_iter().filter_map(|it| Embedding::new(it).ok()).enumerate().collect();
            let to = of(&to);
            let mut plain: Vec<_> = rows.iter()
                .filter(|it| it.0 % 3 != 0)
                .map(|(key, it)| (*key, it.cosine(&to).expect("same dimensions")))
                .collect();
            plain.sort_by(|left, right| right.1.total_cmp(&left.1));
            plain.truncate(count);
            let index: Index<usize> = rows.into_iter().collect();
            let found = index.nearest(&to, count, |it| it % 3 != 0);
            prop_assert_eq!(found.iter().map(|it| (*it.0, it.1)).collect::<Vec<_>>(), plain);
        }
    }
}
