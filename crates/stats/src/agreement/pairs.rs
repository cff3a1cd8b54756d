//! Kappas over all pairs of raters, each on the items that both rated.

use super::family::{Family, Size};
use super::kappa::{ContingencyTable, Weighting};
use crate::{Table, Undefined};

/// A pair of raters counts with this many shared items. With one, a kappa can only be 0 or undefined.
const FEWEST_SHARED: usize = 2;

/// The most pairs of ratings that are compared, at 8 bytes each.
const MOST_SHARED: usize = 20_000_000;

/// The mean over all pairs of raters of Cohen's kappa on the items that both rated, over the declared scale. A pair
/// counts where it shares two items or more and its kappa is defined. For two raters this is Cohen's kappa.
///
/// Source: R. J. Light (1971), for complete data; shared items as in the definition of kappa.
///
/// # Errors
/// Undefined where no two raters share two items, no pair's kappa is defined, or there are more than 20 million pairs
/// of ratings.
pub fn pairwise_kappa(table: &Table, weighting: &Weighting) -> Result<f64, Undefined> {
    let pairs = Pairs::new(table);
    let matrix = weighting.matrix(table.scale().points());
    pairs.means(&table.once(), &[matrix]).0.swap_remove(0)
}

/// Scott's pi of the two raters on the items that both rated.
///
/// # Errors
/// Undefined where there are not exactly two raters, they share fewer than two items, or both gave one value.
pub fn scott_pi(table: &Table) -> Result<f64, Undefined> {
    Pairs::new(table).scott(&table.once())
}

/// Both ratings of one unit by a pair.
struct Shared {
    unit: u32,
    a: u16,
    b: u16,
}

/// Every pair's shared units, one pair after the other; `ends` closes each.
pub(crate) struct Pairs {
    raters: usize,
    too_many: Option<Undefined>,
    points: usize,
    shared: Vec<Shared>,
    ends: Vec<usize>,
    items: usize,
    counted: usize,
}

impl Pairs {
    pub(crate) fn new(table: &Table) -> Self {
        let raters = table.raters();
        let Size { pairs: all, .. } = Size::of_pairable(table);
        let too_many = (all > MOST_SHARED)
            .then_some(Undefined::TooManyPairs { pairs: all, most: MOST_SHARED });
        let mut by_rater: Vec<Vec<(usize, usize)>> = vec![Vec::new(); raters];
        for (at, unit) in table.units().iter().enumerate() {
            unit.cells.iter().for_each(|it| by_rater[it.rater].push((at, it.point)));
        }
        let mut pairs = Self {
            raters,
            too_many,
            points: table.scale().points(),
            shared: Vec::new(),
            ends: Vec::new(),
            items: 0,
            counted: 0,
        };
        if too_many.is_some() {
            return pairs;
        }
        let mut partners: Vec<Vec<Shared>> = (0..raters).map(|_| Vec::new()).collect();
        for (rater, ratings) in by_rater.iter().enumerate() {
            for (at, point) in ratings {
                let cells = table.units()[*at].cells.iter().filter(|it| it.rater > rater);
                cells.for_each(|it| partners[it.rater].push(Shared::new(*at, *point, it.point)));
            }
            for shared in &mut partners[rater + 1..] {
                if shared.len() >= FEWEST_SHARED {
                    pairs.shared.append(shared);
                    pairs.ends.push(pairs.shared.len());
                }
                shared.clear();
            }
        }
        pairs.items = table.items_of(pairs.shared.iter().map(|it| it.unit as usize));
        pairs.counted = pairs.means(&table.once(), &[Weighting::Unweighted.matrix(pairs.points)]).1;
        pairs
    }

    fn each(&self) -> impl Iterator<Item = &[Shared]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.shared[start..*end])
    }

    /// Fills the table of one pair; false where too few of its units are in this resample.
    fn fill(table: &mut ContingencyTable, shared: &[Shared], weights: &[f64]) -> bool {
        table.clear();
        let mut distinct = 0;
        for it in shared {
            let weight = weights[it.unit as usize];
            if weight > 0.0 {
                distinct += 1;
                table.add(it.a.into(), it.b.into(), weight);
            }
        }
        distinct >= FEWEST_SHARED
    }

    /// The mean kappa for each matrix of weights, and the number of pairs that counted.
    fn means(&self, weights: &[f64], by: &[Vec<f64>]) -> (Vec<Result<f64, Undefined>>, usize) {
        let mut sums = vec![0.0; by.len()];
        let (mut counted, mut reason) = (0usize, self.too_many.unwrap_or(Undefined::NoSharedItems));
        let mut table = ContingencyTable::empty(self.points);
        for shared in self.each() {
            if !Self::fill(&mut table, shared, weights) {
                continue;
            }
            let kappas: Result<Vec<f64>, Undefined> =
                by.iter().map(|it| table.kappa_by(it)).collect();
            match kappas {
                Ok(kappas) => {
                    counted += 1;
                    sums.iter_mut().zip(kappas).for_each(|(sum, it)| *sum += it);
                }
                Err(undefined) => reason = undefined,
            }
        }
        let mean = |sum: f64| if counted == 0 { Err(reason) } else { Ok(sum / counted as f64) };
        (sums.into_iter().map(mean).collect(), counted)
    }

    fn scott(&self, weights: &[f64]) -> Result<f64, Undefined> {
        if self.raters != 2 {
            return Err(Undefined::NotTwoRaters { raters: self.raters });
        }
        let mut table = ContingencyTable::empty(self.points);
        match self.each().next() {
            Some(shared) if Self::fill(&mut table, shared, weights) => table.scott_pi(),
            _ => Err(self.too_many.unwrap_or(Undefined::NoSharedItems)),
        }
    }
}

impl Shared {
    #[expect(clippy::cast_possible_truncation, reason = "a scale has at most 101 points")]
    fn new(unit: usize, a: usize, b: usize) -> Self {
        Self { unit: u32::try_from(unit).unwrap_or(u32::MAX), a: a as u16, b: b as u16 }
    }
}

impl Family for Pairs {
    fn names(&self) -> Vec<&'static str> {
        if self.raters > 2 {
            vec![
                "pairwise_cohen_kappa",
                "pairwise_cohen_kappa_linear",
                "pairwise_cohen_kappa_quadratic",
                "scott_pi",
            ]
        } else {
            vec!["cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic", "scott_pi"]
        }
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let by = Weighting::SHOWN.map(|it| it.matrix(self.points));
        let (mut values, _) = self.means(weights, &by);
        values.push(self.scott(weights));
        values
    }

    fn sizes(&self) -> Vec<Size> {
        vec![Size { items: self.items, pairs: self.counted }; 4]
    }
}
