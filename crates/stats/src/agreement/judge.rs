//! A judge beside people, and how well people do beside each other.

use super::family::{Family, Size};
use super::kappa::{ContingencyTable, Weighting};
use crate::correlation::{Paired, pearson_of};
use crate::{Scale, Table, Undefined};

/// A rater counts in the human ceiling with this many items: through two points every line fits.
const FEWEST_ITEMS: usize = 3;

/// The judge's scores and the means of the people's, on the units that have both.
pub(crate) struct Judge {
    units: Vec<usize>,
    paired: Result<Paired, Undefined>,
    size: Size,
}

impl Judge {
    /// `scores` holds the judge's score of each unit of the table.
    pub(crate) fn new(table: &Table, scores: &[Option<f64>]) -> Self {
        let scored = table.units().iter().zip(scores).enumerate();
        let scored = scored.filter_map(|(at, (unit, score))| {
            let sum: f64 = unit.cells.iter().map(|it| table.scale().value(it.point)).sum();
            score.map(|it| (at, it, sum / unit.cells.len() as f64))
        });
        let (mut units, mut judge, mut people) = (Vec::new(), Vec::new(), Vec::new());
        for (at, score, mean) in scored {
            units.push(at);
            judge.push(score);
            people.push(mean);
        }
        let paired = match units.len() {
            0 => Err(Undefined::NothingJudged),
            _ => Paired::new(&judge, &people),
        };
        let size = Size { items: table.items_of(units.iter().copied()), pairs: units.len() };
        Self { units, paired, size }
    }

    /// A judge who cannot be compared, and why.
    pub(crate) fn undefined(reason: Undefined) -> Self {
        Self { units: Vec::new(), paired: Err(reason), size: Size::NOTHING }
    }
}

impl Family for Judge {
    fn names(&self) -> Vec<&'static str> {
        vec!["judge_pearson", "judge_spearman", "judge_kendall_tau_b", "judge_mae", "judge_bias"]
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let paired = match &self.paired {
            Ok(paired) => paired,
            Err(reason) => return vec![Err(*reason); 5],
        };
        let weights: Vec<f64> = self.units.iter().map(|it| weights[*it]).collect();
        vec![
            paired.pearson(&weights),
            paired.spearman(&weights),
            paired.kendall_tau_b(&weights),
            paired.mean_difference(&weights, f64::abs),
            paired.mean_difference(&weights, |it| it),
        ]
    }

    fn sizes(&self) -> Vec<Size> {
        vec![self.size; 5]
    }
}

/// The mean over raters of the quadratic kappa of judge and rater, on the items that both rated (two or more), over
/// the declared scale. `raters` holds a row for each rater and `judge` one value for each item, on the scale's points.
///
/// # Errors
/// Undefined where no rater shares two items with the judge, or no kappa is defined, or a value is off the scale.
pub fn judge_quadratic_kappa(
    scale: Scale,
    judge: &[Option<f64>],
    raters: &[Vec<Option<f64>>],
) -> Result<f64, Undefined> {
    let (mut sum, mut counted, mut reason) = (0.0, 0usize, Undefined::NoSharedItems);
    for rater in raters {
        let both = judge.iter().zip(rater).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
        let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
        let table = ContingencyTable::from_ratings(scale, &a, &b)?;
        if a.len() < 2 {
            continue;
        }
        match table.kappa(&Weighting::Quadratic) {
            Ok(kappa) => {
                sum += kappa;
                counted += 1;
            }
            Err(undefined) => reason = undefined,
        }
    }
    if counted == 0 { Err(reason) } else { Ok(sum / counted as f64) }
}

/// The human ceiling: the median over raters of Pearson's correlation between a rater and the mean of the others, on
/// the items that have both. A rater counts with three such items and where the correlation is defined. A judge's
/// correlation with the people's mean is read beside it.
///
/// # Errors
/// Undefined where no rater counts.
pub fn human_ceiling_pearson(table: &Table) -> Result<f64, Undefined> {
    Ceiling::new(table).median(&table.once())
}

/// Each rater's ratings beside the mean of the others: unit, own, others.
pub(crate) struct Ceiling {
    raters: Vec<Vec<(usize, f64, f64)>>,
    size: Size,
}

impl Ceiling {
    pub(crate) fn new(table: &Table) -> Self {
        let mut raters = vec![Vec::new(); table.raters()];
        for (at, unit) in table.units().iter().enumerate().filter(|it| it.1.cells.len() >= 2) {
            let value = |point| table.scale().value(point);
            let sum: f64 = unit.cells.iter().map(|it| value(it.point)).sum();
            for it in &unit.cells {
                let own = value(it.point);
                raters[it.rater].push((at, own, (sum - own) / (unit.cells.len() - 1) as f64));
            }
        }
        raters.retain(|it| it.len() >= FEWEST_ITEMS);
        let used = raters.iter().flatten().map(|it| it.0);
        let size = Size { items: table.items_of(used.clone()), pairs: used.count() };
        Self { raters, size }
    }

    fn median(&self, weights: &[f64]) -> Result<f64, Undefined> {
        let too_few = Undefined::TooFew { n: 0, minimum: 1, of: "raters with three shared items" };
        let (mut values, mut reason) = (Vec::with_capacity(self.raters.len()), too_few);
        for rater in &self.raters {
            let present = rater.iter().filter(|it| weights[it.0] > 0.0).count();
            if present < FEWEST_ITEMS {
                continue;
            }
            match pearson_of(|| rater.iter().map(|(at, own, others)| (weights[*at], *own, *others)))
            {
                Ok(value) => values.push(value),
                Err(undefined) => reason = undefined,
            }
        }
        if values.is_empty() {
            return Err(reason);
        }
        values.sort_by(f64::total_cmp);
        Ok(crate::bootstrap::quantile(&values, 0.5))
    }
}

impl Family for Ceiling {
    fn names(&self) -> Vec<&'static str> {
        vec!["human_ceiling_pearson"]
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        vec![self.median(weights)]
    }

    fn sizes(&self) -> Vec<Size> {
        vec![self.size]
    }
}
