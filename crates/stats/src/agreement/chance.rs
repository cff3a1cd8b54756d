//! Agreement above chance for any number of raters: Fleiss, Randolph, Brennan and Prediger, Gwet, Conger.
//!
//! With `r_i` ratings of item i, of which `r_ik` at point k, agreement weights `w_kl` and `r*_ik = Σ_l w_kl r_il`, all
//! share `p_a`, the mean over items with `r_i ≥ 2` of `Σ_k r_ik (r*_ik − 1) / (r_i (r_i − 1))`, and are
//! `(p_a − p_e) / (1 − p_e)`; they differ in `p_e`, the agreement that chance would give. Prevalences are
//! `π_k`, the mean over items with a rating of `r_ik / r_i`; q is the number of declared points.
//!
//! Source, for incomplete data too: K. L. Gwet, "Handbook of Inter-Rater Reliability" (4th ed. 2014), chapters 2–4.

use super::family::{Family, Size};
use crate::table::counts;
use crate::{Table, Undefined};

/// Agreement of the pairs within one unit, and its prevalences.
struct UnitAgreement {
    /// Agreement by equality, by quadratic weights, and within one point; `None` with a single rating.
    pairs: Option<[f64; 3]>,
    shares: Vec<(usize, f64)>,
}

/// What these coefficients need of each unit.
pub(crate) struct Chance {
    points: usize,
    unequal: Option<Undefined>,
    units: Vec<UnitAgreement>,
    size: Size,
}

/// The agreement weight of two points at this distance: by equality, quadratic, within one.
fn agreement_weights(distance: usize, points: usize) -> [f64; 3] {
    let share = distance as f64 / (points - 1) as f64;
    let flag = |it: bool| f64::from(u8::from(it));
    [flag(distance == 0), 1.0 - share * share, flag(distance <= 1)]
}

impl Chance {
    pub(crate) fn new(table: &Table) -> Self {
        let points = table.scale().points();
        let (fewest, most) = table.ratings_per_unit();
        let unequal = (fewest != most).then_some(Undefined::UnequalRatings { fewest, most });
        let unit = |unit: &crate::table::Unit| {
            let r = unit.cells.len() as f64;
            let counts = counts(unit);
            let pairs = (r >= 2.0).then(|| {
                let mut sums = [0.0; 3];
                for (k, r_k) in &counts {
                    for (l, r_l) in &counts {
                        let others = if k == l { r_l - 1.0 } else { *r_l };
                        let weights = agreement_weights(k.abs_diff(*l), points);
                        sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w * r_k * others);
                    }
                }
                sums.map(|it| it / (r * (r - 1.0)))
            });
            UnitAgreement { pairs, shares: counts.into_iter().map(|(k, n)| (k, n / r)).collect() }
        };
        let units = table.units().iter().map(unit).collect();
        Self { points, unequal, units, size: Size::of_pairable(table) }
    }

    fn sums(&self, weights: &[f64]) -> Result<Sums, Undefined> {
        let mut observed = [0.0; 3];
        let (mut pairable, mut rated) = (0.0, 0.0);
        let mut prevalence = vec![0.0; self.points];
        for (unit, weight) in self.units.iter().zip(weights) {
            if *weight == 0.0 {
                continue;
            }
            if let Some(pairs) = &unit.pairs {
                pairable += weight;
                observed.iter_mut().zip(pairs).for_each(|(sum, it)| *sum += weight * it);
            }
            rated += weight;
            unit.shares.iter().for_each(|(k, share)| prevalence[*k] += weight * share);
        }
        if pairable == 0.0 {
            return Err(Undefined::NoPairs);
        }
        let [exact, quadratic, within_one] = observed.map(|it| it / pairable);
        prevalence.iter_mut().for_each(|it| *it /= rated);
        Ok(Sums { points: self.points, exact, quadratic, within_one, prevalence })
    }
}

impl Family for Chance {
    fn names(&self) -> Vec<&'static str> {
        vec![
            "fleiss_kappa",
            "fleiss_kappa_generalised",
            "randolph_kappa",
            "brennan_prediger",
            "gwet_ac1",
            "gwet_ac2_quadratic",
            "percent_agreement",
            "percent_within_one",
        ]
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let sums = match self.sums(weights) {
            Ok(sums) => sums,
            Err(reason) => return vec![Err(reason); 8],
        };
        vec![
            self.unequal.map_or_else(|| sums.fleiss(), Err),
            sums.fleiss(),
            sums.free_marginal(),
            sums.free_marginal(),
            sums.ac1(),
            sums.ac2_quadratic(),
            Ok(sums.exact),
            Ok(sums.within_one),
        ]
    }

    fn sizes(&self) -> Vec<Size> {
        vec![self.size; 8]
    }
}

/// The three kinds of observed agreement, and the prevalences.
struct Sums {
    points: usize,
    exact: f64,
    quadratic: f64,
    within_one: f64,
    prevalence: Vec<f64>,
}

fn above_chance(observed: f64, chance: f64) -> Result<f64, Undefined> {
    if chance >= 1.0 {
        Err(Undefined::NoVariation)
    } else {
        Ok((observed - chance) / (1.0 - chance))
    }
}

impl Sums {
    fn of(table: &Table) -> Result<Self, Undefined> {
        Chance::new(table).sums(&table.once())
    }

    fn fleiss(&self) -> Result<f64, Undefined> {
        above_chance(self.exact, self.prevalence.iter().map(|it| it * it).sum())
    }

    fn free_marginal(&self) -> Result<f64, Undefined> {
        above_chance(self.exact, 1.0 / self.points as f64)
    }

    /// `Σ π_k (1 − π_k)`, on which both of Gwet's chance terms rest.
    fn spread(&self) -> f64 {
        self.prevalence.iter().map(|it| it * (1.0 - it)).sum()
    }

    fn ac1(&self) -> Result<f64, Undefined> {
        above_chance(self.exact, self.spread() / (self.points - 1) as f64)
    }

    fn ac2_quadratic(&self) -> Result<f64, Undefined> {
        let q = self.points;
        let all = (0..q).flat_map(|k| (0..q).map(move |l| agreement_weights(k.abs_diff(l), q)[1]));
        let total: f64 = all.sum();
        above_chance(self.quadratic, total / (q * (q - 1)) as f64 * self.spread())
    }
}

/// Fleiss' kappa: `p_e = Σ π_k²`. Source: J. L. Fleiss (1971).
///
/// # Errors
/// Undefined where items have different numbers of ratings, no item has two, or all ratings are the same.
pub fn fleiss_kappa(table: &Table) -> Result<f64, Undefined> {
    match Chance::new(table).unequal {
        Some(reason) => Err(reason),
        None => fleiss_kappa_generalised(table),
    }
}

/// Fleiss' kappa for any number of ratings of each item: the same `p_e = Σ π_k²`. Source: Gwet (2014).
///
/// # Errors
/// Undefined where no item has two ratings or all ratings are the same.
pub fn fleiss_kappa_generalised(table: &Table) -> Result<f64, Undefined> {
    Sums::of(table)?.fleiss()
}

/// Randolph's free-marginal kappa: `p_e = 1/q` over the declared points. Source: J. J. Randolph (2005). With unequal
/// numbers of ratings it goes on with the mean of the items' agreement, and so equals [`brennan_prediger`].
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn randolph_kappa(table: &Table) -> Result<f64, Undefined> {
    Sums::of(table)?.free_marginal()
}

/// Brennan and Prediger's coefficient: `p_e = 1/q` over the declared points. Source: R. L. Brennan, D. J. Prediger
/// (1981); for incomplete data Gwet (2014).
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn brennan_prediger(table: &Table) -> Result<f64, Undefined> {
    Sums::of(table)?.free_marginal()
}

/// Gwet's AC1: `p_e = Σ π_k (1 − π_k) / (q − 1)`. Source: K. L. Gwet (2008). Defined without variation too.
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn gwet_ac1(table: &Table) -> Result<f64, Undefined> {
    Sums::of(table)?.ac1()
}

/// Gwet's AC2 with quadratic weights `w_kl = 1 − (k − l)²/(q − 1)²` over the declared scale:
/// `p_e = Σ_kl w_kl · Σ π_k (1 − π_k) / (q (q − 1))`. Source: Gwet (2014).
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn gwet_ac2_quadratic(table: &Table) -> Result<f64, Undefined> {
    Sums::of(table)?.ac2_quadratic()
}

/// The share of agreeing pairs within an item, averaged over items with two ratings or more.
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn percent_agreement(table: &Table) -> Result<f64, Undefined> {
    Ok(Sums::of(table)?.exact)
}

/// The share of pairs within one point of each other, averaged as in [`percent_agreement`].
///
/// # Errors
/// Undefined where no item has two ratings.
pub fn percent_within_one(table: &Table) -> Result<f64, Undefined> {
    Ok(Sums::of(table)?.within_one)
}

/// Conger's kappa for any number of raters: `p_e = Σ_k (p̄_k² − s_k²/g)`, with `p̄_k` and `s_k²` the mean and the sample
/// variance over the g raters of the share of their ratings at point k. Source: A. J. Conger (1980); for incomplete
/// data Gwet (2014).
///
/// # Errors
/// Undefined where no item has two ratings or all ratings are the same.
pub fn conger_kappa(table: &Table) -> Result<f64, Undefined> {
    let observed = Sums::of(table)?.exact;
    let (raters, points) = (table.raters(), table.scale().points());
    let mut shares = vec![vec![0.0; points]; raters];
    for cell in table.units().iter().flat_map(|it| &it.cells) {
        shares[cell.rater][cell.point] += 1.0;
    }
    for row in &mut shares {
        let all: f64 = row.iter().sum();
        row.iter_mut().for_each(|it| *it /= all);
    }
    let g = raters as f64;
    let chance = |k: usize| {
        let mean = shares.iter().map(|it| it[k]).sum::<f64>() / g;
        let squares: f64 = shares.iter().map(|it| (it[k] - mean) * (it[k] - mean)).sum();
        mean * mean - squares / (g - 1.0) / g
    };
    above_chance(observed, (0..points).map(chance).sum())
}
