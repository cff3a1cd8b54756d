//! A vector that stands for a text.

use crate::NotAnEmbedding;

/// A vector of length 1 that stands for a text.
///
/// **Invariant:** its numbers are finite and it has a direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// These numbers, scaled to length 1 (the Euclidean norm).
    pub fn new(mut values: Vec<f32>) -> Result<Self, NotAnEmbedding> {
        let length = values.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>().sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err(NotAnEmbedding);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a number between -1 and 1")]
        values.iter_mut().for_each(|it| *it = (f64::from(*it) / length) as f32);
        Ok(Self(values))
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// How many numbers there are: 384 for all-MiniLM-L6-v2.
    pub fn dimensions(&self) -> usize {
        self.0.len()
    }

    /// The cosine of the angle between the two, from -1 to 1; `None` where they have different dimensions, since
    /// they then come from different models.
    pub fn cosine(&self, other: &Self) -> Option<f32> {
        (self.0.len() == other.0.len()).then(|| dot(&self.0, &other.0))
    }

    /// As a database keeps it: 32-bit floating-point numbers, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|it| it.to_le_bytes()).collect()
    }

    /// From [`Embedding::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnEmbedding> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(NotAnEmbedding);
        }
        Self::new(numbers.iter().map(|it| f32::from_le_bytes(*it)).collect())
    }
}

/// The scalar product, in sixteen sums side by side, so that the compiler makes vector instructions of it.
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left, left_rest) = left.as_chunks::<16>();
    let (right, right_rest) = right.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (left, right) in left.iter().zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f32]) -> Embedding {
        Embedding::new(values.to_vec()).expect("a direction")
    }

    #[test]
    fn cosines_are_those_of_the_angles() {
        let check = |left: &[f32], right: &[f32], expected: Option<f32>| {
            assert_eq!(of(left).cosine(&of(right)), expected, "{left:?} {right:?}");
        };
        check(&[3.0, 0.0], &[5.0, 0.0], Some(1.0));
        check(&[3.0, 0.0], &[0.0, 0.1], Some(0.0));
        check(&[3.0, 0.0], &[-2.0, 0.0], Some(-1.0));
        check(&[3.0, 4.0], &[1.0, 0.0], Some(0.6));
        check(&[1.0], &[1.0, 0.0], None);
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        for bad in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0]] {
            assert_eq!(Embedding::new(bad.to_vec()), Err(NotAnEmbedding), "{bad:?}");
        }
        for bad in [&[][..], &[0; 4], &[1; 5], &[0xff; 8]] {
            assert_eq!(Embedding::from_bytes(bad), Err(NotAnEmbedding), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(values in proptest::collection::vec(-1.0f32..1.0, 1..40)) {
            prop_assume!(values.iter().any(|it| it.abs() > 1e-3));
            let it = Embedding::new(values).expect("a direction");
            let back = Embedding::from_bytes(&it.to_bytes()).expect("read");
            prop_assert!((it.cosine(&back).expect("same dimensions") - 1.0).abs() < 1e-5);
            prop_assert_eq!(back.dimensions(), it.dimensions());
        }

        #[test]
        fn the_product_is_the_plain_sum(pairs in proptest::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 0..70)) {
            let (left, right): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let plain: f64 = pairs.iter().map(|it| f64::from(it.0) * f64::from(it.1)).sum();
            prop_assert!((f64::from(dot(&left, &right)) - plain).abs() < 1e-4);
        }
    }
}
