//! A Bayesian linear model of a set's value: a constant, an effect of each attribute and one of each pair.
//!
//! The prior is normal. The effects of attributes share a mean and a slope along the ranking, both unknown, so that a few
//! evaluations tell whether the ranking is worth anything. The posterior is exact and comes by the recursive
//! least-squares (Kalman) update of its mean and covariance. Samples of it are kept as an ensemble, each updated by the
//! same gain and an observation with noise of its own, which keeps them exact samples (Matheron's rule; ensemble
//! sampling: Lu and Van Roy 2017).

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{
    evidence::Ground,
    set::{AttributeSet, sets_up_to},
};

/// Prior deviations, in points of score.
const CONSTANT: f64 = 1.5;
const SHARED: f64 = 0.2;
const SLOPE: f64 = 0.15;
const MAIN: f64 = 0.15;
const PAIR: f64 = 0.08;
/// Prior means of an attribute's effect, and of what the first of a ranking has over its middle.
const SHARED_MEAN: f64 = 0.1;
const SLOPE_MEAN: f64 = 0.15;
/// What the model leaves out, per set.
const MISFIT: f64 = 0.05;
/// Sets that are tried one by one; where there are more, the best is looked for by steps.
const EACH: u64 = 20_000;

/// Effects: the constant, the attributes', the pairs'.
type Effects = Vec<f64>;

/// The posterior.
#[derive(Debug)]
pub(super) struct Model {
    attributes: usize,
    mean: Effects,
    /// By rows.
    covariance: Vec<f64>,
    samples: Vec<Effects>,
    observed_var: f64,
    /// What a set's own value may differ from the model's.
    misfit_var: f64,
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

impl Model {
    /// The prior, with so many samples. The ranking, best first, may be empty.
    pub(super) fn new(
        ground: &Ground,
        ranking: &[usize],
        samples: usize,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let n = ground.settings.attributes;
        let size = 1 + n + n * n.saturating_sub(1) / 2;
        let mut slope = vec![0.0; n];
        if ranking.len() == n && n > 1 {
            for (rank, attribute) in ranking.iter().enumerate() {
                slope[*attribute] = 1.0 - 2.0 * rank as f64 / (n - 1) as f64;
            }
        }
        let [low, high] = ground.settings.range;
        let mut mean = vec![0.0; size];
        mean[0] = f64::midpoint(low, high);
        let mut covariance = vec![0.0; size * size];
        covariance[0] = CONSTANT * CONSTANT;
        for i in 0..n {
            mean[1 + i] = SHARED_MEAN + SLOPE_MEAN * slope[i];
            for j in 0..n {
                let own = if i == j { MAIN * MAIN } else { 0.0 };
                covariance[(1 + i) * size + 1 + j] =
                    SHARED * SHARED + SLOPE * SLOPE * slope[i] * slope[j] + own;
            }
        }
        for pair in 1 + n..size {
            covariance[pair * size + pair] = PAIR * PAIR;
        }
        let mut sample = || {
            let [shared, along] = [normal(random) * SHARED, normal(random) * SLOPE];
            let mut effects = mean.clone();
            effects[0] += CONSTANT * normal(random);
            for i in 0..n {
                effects[1 + i] += shared + along * slope[i] + MAIN * normal(random);
            }
            for effect in &mut effects[1 + n..] {
                *effect += PAIR * normal(random);
            }
            effects
        };
        let samples = (0..samples).map(|_| sample()).collect();
        let noise = ground.settings.noise_sd;
        Self {
            attributes: n,
            mean,
            covariance,
            samples,
            observed_var: MISFIT * MISFIT + noise * noise,
            misfit_var: MISFIT * MISFIT,
        }
    }

    /// Calls `visit` with the place of each effect that the set has.
    fn each_of(&self, set: AttributeSet, visit: &mut impl FnMut(usize)) {
        let n = self.attributes;
        visit(0);
        let mut later = set;
        for i in set.iter() {
            visit(1 + i);
            later = later.minus(AttributeSet::EMPTY.with(i));
            for j in later.iter() {
                visit(pair(n, i, j));
            }
        }
    }

    fn sum(&self, effects: &Effects, set: AttributeSet) -> f64 {
        let mut sum = 0.0;
        self.each_of(set, &mut |at| sum += effects[at]);
        sum
    }

    /// Takes in a score.
    pub(super) fn observe(&mut self, set: AttributeSet, score: f64, random: &mut ChaCha8Rng) {
        let size = self.mean.len();
        let mut along = vec![0.0; size];
        self.each_of(set, &mut |at| {
            let row = &self.covariance[at * size..(at + 1) * size];
            along.iter_mut().zip(row).for_each(|(sum, it)| *sum += it);
        });
        let variance = self.sum(&along, set) + self.observed_var;
        let surprise = (score - self.sum(&self.mean, set)) / variance;
        self.mean.iter_mut().zip(&along).for_each(|(it, gain)| *it += gain * surprise);
        let deviation = self.observed_var.sqrt();
        let mut samples = std::mem::take(&mut self.samples);
        for sample in &mut samples {
            let surprise = (score + deviation * normal(random) - self.sum(sample, set)) / variance;
            sample.iter_mut().zip(&along).for_each(|(it, gain)| *it += gain * surprise);
        }
        self.samples = samples;
        for (row, down) in self.covariance.chunks_exact_mut(size).zip(&along) {
            let factor = down / variance;
            row.iter_mut().zip(&along).for_each(|(it, across)| *it -= factor * across);
        }
    }

    /// The expected score of a set.
    pub(super) fn expected(&self, set: AttributeSet) -> f64 {
        self.sum(&self.mean, set)
    }

    /// The expected score of a set that was evaluated itself: between its own mean and the model's, by what either is
    /// worth.
    pub(super) fn pooled(&self, set: AttributeSet, own: f64, noise_var: f64, count: u32) -> f64 {
        let model = self.expected(set);
        let error = noise_var / f64::from(count);
        model + (own - model) * self.misfit_var / (self.misfit_var + error)
    }

    /// How many samples there are.
    pub(super) fn samples(&self) -> usize {
        self.samples.len()
    }

    /// The set of highest value that is not skipped, by a sample, or by the mean for `None`.
    pub(super) fn best(
        &self,
        sample: Option<usize>,
        ground: &Ground,
        skip: impl Fn(AttributeSet) -> bool,
    ) -> Option<AttributeSet> {
        let effects = sample.map_or(&self.mean, |it| &self.samples[it]);
        let n = self.attributes;
        let mut gains = [0.0; AttributeSet::MOST];
        for i in 0..n {
            gains[i] = effects[1 + i] - ground.settings.cost.get(i).copied().unwrap_or(0.0);
        }
        if sets_up_to(n, ground.depth) > EACH {
            return self.climb(effects, ground, &gains, skip);
        }
        let mut best = (f64::NEG_INFINITY, None);
        let mut take = |set, value| {
            if value > best.0 && !skip(set) {
                best = (value, Some(set));
            }
        };
        grow(effects, n, AttributeSet::EMPTY, 0, ground.depth, effects[0], &gains, &mut take);
        best.1
    }

    /// Steps up by the best of adding, leaving out and exchanging an attribute, until none helps.
    fn climb(
        &self,
        effects: &Effects,
        ground: &Ground,
        gains: &[f64],
        skip: impl Fn(AttributeSet) -> bool,
    ) -> Option<AttributeSet> {
        let value = |set: AttributeSet| {
            let mut sum: f64 = set.iter().map(|it| gains[it]).sum();
            let mut later = set;
            for i in set.iter() {
                later = later.minus(AttributeSet::EMPTY.with(i));
                sum += later.iter().map(|j| effects[pair(self.attributes, i, j)]).sum::<f64>();
            }
            sum
        };
        let mut best = (f64::NEG_INFINITY, None);
        let mut here = (value(AttributeSet::EMPTY), AttributeSet::EMPTY);
        loop {
            let mut next = here;
            let mut look = |set: AttributeSet| {
                let worth = value(set);
                if worth > best.0 && !skip(set) {
                    best = (worth, Some(set));
                }
                if worth > next.0 {
                    next = (worth, set);
                }
            };
            look(here.1);
            for outside in ground.all().minus(here.1).iter() {
                if here.1.len() < ground.depth {
                    look(here.1.with(outside));
                }
                for inside in here.1.iter() {
                    look(here.1.minus(AttributeSet::EMPTY.with(inside)).with(outside));
                }
            }
            for inside in here.1.iter() {
                look(here.1.minus(AttributeSet::EMPTY.with(inside)));
            }
            if next.1 == here.1 {
                return best.1;
            }
            here = next;
        }
    }
}

/// The place of a pair's effect; i is below j.
fn pair(n: usize, i: usize, j: usize) -> usize {
    1 + n + i * (2 * n - i - 1) / 2 + (j - i - 1)
}

#[expect(clippy::too_many_arguments, reason = "the state of a recursion, too hot for a struct")]
fn grow(
    effects: &[f64],
    n: usize,
    set: AttributeSet,
    from: usize,
    depth: usize,
    value: f64,
    gains: &[f64; AttributeSet::MOST],
    take: &mut impl FnMut(AttributeSet, f64),
) {
    take(set, value);
    if depth == 0 {
        return;
    }
    for i in from..n {
        let mut after = *gains;
        if depth > 1 {
            for j in i + 1..n {
                after[j] += effects[pair(n, i, j)];
            }
        }
        grow(effects, n, set.with(i), i + 1, depth - 1, value + gains[i], &after, take);
    }
}
