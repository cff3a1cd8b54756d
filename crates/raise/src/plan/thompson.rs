//! Thompson sampling on the [model](super::model): each sample of the posterior names the set that it thinks best.

use rand_chacha::ChaCha8Rng;

use super::{evidence::Ground, model::Model, search::Next, set::AttributeSet};

/// Samples of the posterior that take turns.
const SAMPLES: usize = 16;
/// Every so many evaluations of a noisy score, the set that looks best is evaluated again.
const AGAIN: u64 = 3;

/// The strategy.
#[derive(Debug, Default)]
pub(super) struct Thompson {
    /// There after the ranking was given.
    model: Option<Model>,
    pub(super) draws: u64,
}

impl Thompson {
    pub(super) fn ranked(&mut self, ranking: &[usize], ground: &Ground, random: &mut ChaCha8Rng) {
        self.model = Some(Model::new(ground, ranking, SAMPLES, random));
    }

    pub(super) fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    pub(super) fn next(&mut self, ground: &Ground, best: Option<AttributeSet>) -> Next {
        let Some(model) = &self.model else { return Next::Rank(AttributeSet::EMPTY) };
        let noisy = ground.settings.noise_sd > 0.0;
        let skip = |set| {
            ground.get(set).is_some_and(|it| {
                it.in_flight || it.failed || it.count > 0 && (!noisy || ground.settled(it))
            })
        };
        let draw = self.draws;
        self.draws += 1;
        if let Some(best) = best.filter(|it| noisy && draw % AGAIN == AGAIN - 1 && !skip(*it)) {
            return Next::Evaluate(best);
        }
        // The first is what the prior expects to be best. Then samples and the mean take turns.
        let turn = usize::try_from(draw / 2).unwrap_or(0) % model.samples();
        let sample = (draw % 2 == 1).then_some(turn);
        match model.best(sample, ground, skip) {
            Some(set) => Next::Evaluate(set),
            None if ground.in_flight > 0 => Next::Wait,
            None => Next::Finished,
        }
    }

    pub(super) fn landed(&mut self, set: AttributeSet, score: f64, random: &mut ChaCha8Rng) {
        if let Some(model) = &mut self.model {
            model.observe(set, score, random);
        }
    }
}
