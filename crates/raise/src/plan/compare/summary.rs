//! Medians and shares with their intervals.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use stats::evaluation::wilson_interval;

use super::{Comparison, Prior, World};

/// Resamples of the ratios' intervals.
const RESAMPLES: usize = 2_000;
/// What the others are compared with.
const BASE: &str = "mcts";

/// A comparison and its table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contest {
    /// How it was made.
    pub comparison: Comparison,
    /// Its table.
    pub rows: Vec<Row>,
}

/// A strategy in one kind of world with one kind of ranking. Where an end of an interval is `None`, it lies beyond the
/// most evaluations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Kind of world.
    pub world: World,
    /// Kind of ranking; `None` where a strategy uses none.
    pub prior: Option<Prior>,
    /// The contestant.
    pub strategy: &'static str,
    /// How many of how many worlds it got near the best in.
    pub reached: usize,
    /// Worlds.
    pub worlds: usize,
    /// Wilson's 95 % interval of the share that was reached.
    pub share_interval: Option<[f64; 2]>,
    /// Median evaluations until it was near; a world that it failed in counts as beyond the most.
    pub median: Option<f64>,
    /// 95 % interval of the median, by resampling worlds.
    pub median_interval: [Option<f64>; 2],
    /// The median divided by that of vanilla MCTS on the same worlds; where vanilla did not get there, by the most
    /// evaluations, so the true ratio is lower.
    pub ratio: Option<f64>,
    /// 95 % interval of the ratio, by resampling worlds, the same for both.
    pub ratio_interval: [Option<f64>; 2],
}

/// What was needed, world by world, for each contestant.
#[derive(Debug, Default)]
pub(super) struct Runs(Vec<(&'static str, Option<Prior>, Vec<f64>)>);

impl Runs {
    pub(super) fn add(&mut self, label: &'static str, prior: Option<Prior>, needed: Option<u64>) {
        let needed = needed.map_or(f64::INFINITY, |it| it as f64);
        match self.0.iter_mut().find(|it| it.0 == label && it.1 == prior) {
            Some(found) => found.2.push(needed),
            None => self.0.push((label, prior, vec![needed])),
        }
    }

    pub(super) fn rows(&self, world: World, comparison: &Comparison) -> Vec<Row> {
        let most = comparison.most as f64;
        let base = self.0.iter().find(|it| it.0 == BASE).map(|it| it.2.as_slice());
        let row = |(strategy, prior, needed): &(&'static str, Option<Prior>, Vec<f64>)| {
            let reached = needed.iter().filter(|it| it.is_finite()).count();
            let mut random = ChaCha8Rng::seed_from_u64(comparison.seed);
            let [mut medians, mut ratios] = [Vec::new(), Vec::new()];
            let n = needed.len();
            for _ in 0..RESAMPLES {
                let drawn: Vec<usize> = (0..n).map(|_| random.random_range(0..n)).collect();
                let of = |values: &[f64]| median(drawn.iter().map(|it| values[*it]).collect());
                medians.push(of(needed));
                ratios.extend(base.map(|base| of(needed) / of(base).min(most)));
            }
            Row {
                world,
                prior: *prior,
                strategy,
                reached,
                worlds: n,
                share_interval: wilson_interval(reached, n).ok(),
                median: finite(median(needed.clone())),
                median_interval: interval(medians),
                ratio: base.and_then(|base| {
                    finite(median(needed.clone()) / median(base.to_vec()).min(most))
                }),
                ratio_interval: interval(ratios),
            }
        };
        self.0.iter().map(row).collect()
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::INFINITY,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The percentile interval; values may be infinite, so nothing is interpolated.
fn interval(mut values: Vec<f64>) -> [Option<f64>; 2] {
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().and_then(finite);
    [at(values.len() / 40), at(values.len().saturating_sub(values.len() / 40 + 1))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_count_what_was_not_reached_as_beyond() {
        let check = |values: &[f64], expected: f64| {
            assert_eq!(median(values.to_vec()).to_bits(), expected.to_bits(), "{values:?}");
        };
        let never = f64::INFINITY;
        check(&[3.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 3.0], 2.5);
        check(&[1.0, never, never], never);
        check(&[1.0, 2.0, never], 2.0);
        check(&[1.0, 2.0, never, never], never);
        check(&[], never);
    }

    #[test]
    fn rows_compare_with_vanilla() {
        let mut runs = Runs::default();
        for world in 0..40_u64 {
            runs.add("bayes", Some(Prior::Random), Some(5 + world % 3));
            runs.add(BASE, None, (world > 3).then_some(20 + 4 * (world % 3)));
        }
        let rows = runs.rows(World::Additive, &Comparison::default());
        assert_eq!(rows[0].median, Some(6.0));
        assert_eq!(rows[0].ratio, Some(0.25));
        let [low, high] = rows[0].ratio_interval;
        assert!(low.unwrap() > 0.15 && high.unwrap() < 0.4);
        assert_eq!((rows[1].reached, rows[1].worlds, rows[1].ratio), (36, 40, Some(1.0)));
        assert!(rows[1].share_interval.unwrap()[1] < 0.98);
    }
}
