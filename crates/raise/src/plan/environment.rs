//! Simulated worlds: what a set of attributes is worth, from a file.
//!
//! The file is JSON. `attributes` names at most 32 attributes. The score of a set is either
//! `base` + the sum of `main` + the sum of `pair` over the pairs that it holds, cut to `clip`; or its line in `table`.
//! An attribute that `main` leaves out adds nothing; a subset that `table` leaves out is an error. Where `clip` is absent
//! nothing is cut. The two names of a pair may come in either order, but only once. `noise_sd` and `seed` describe the
//! noise that an evaluation adds; `cost` is what asking for an attribute costs, in points of score; `prior` ranks all
//! attributes, best first. A key that nobody knows changes nothing and is told to the caller.

mod file;

use std::io::Read;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::set::AttributeSet;

/// Attributes of a `table`, at most: it has a line for every subset.
pub const MOST_IN_TABLE: usize = 20;
/// The scale of the judge, which a table's scores keep to.
pub const SCALE: [f64; 2] = [1.0, 5.0];

/// What a set of attributes is worth, and what is known about it beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    attributes: Vec<String>,
    scores: Scores,
    cost: Vec<f64>,
    prior: Option<Vec<usize>>,
    noise_sd: f64,
    seed: Option<u64>,
    unknown: Vec<String>,
}

/// How the score of a set is found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scores {
    Sum(Sum),
    /// By the bits of the set.
    Table(Vec<f64>),
}

/// Base, main effects and pair effects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sum {
    pub(super) base: f64,
    pub(super) main: Vec<f64>,
    pub(super) pair: Vec<(AttributeSet, f64)>,
    pub(super) clip: Option<[f64; 2]>,
}

/// A file is no environment.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// It cannot be read.
    #[error("the environment cannot be read")]
    Read(#[source] std::io::Error),
    /// It is not JSON of this form.
    #[error("the environment is not JSON of the form that docs/planner.md describes")]
    Json(#[source] serde_json::Error),
    /// A value is wrong.
    #[error("{key}: {what}")]
    Wrong {
        /// The key in the file, as in `main.age`.
        key: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Environment {
    /// Reads an environment file.
    pub fn read(mut from: impl Read) -> Result<Self, EnvironmentError> {
        let mut text = String::new();
        from.read_to_string(&mut text).map_err(EnvironmentError::Read)?;
        Self::parse(&text)
    }

    /// Reads an environment from JSON.
    pub fn parse(text: &str) -> Result<Self, EnvironmentError> {
        // Some editors start a file with a mark of its byte order.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file: file::File = serde_json::from_str(text).map_err(EnvironmentError::Json)?;
        file.checked()
    }

    /// The attributes in their order.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// What the set is truly worth, without noise.
    pub fn score(&self, set: AttributeSet) -> f64 {
        match &self.scores {
            Scores::Table(table) => table.get(set.bits() as usize).copied().unwrap_or(f64::NAN),
            Scores::Sum(sum) => {
                let main: f64 = set.iter().map(|it| sum.main[it]).sum();
                let pairs = sum.pair.iter().filter(|(pair, _)| pair.is_within(set));
                let score = sum.base + main + pairs.map(|(_, effect)| effect).sum::<f64>();
                sum.clip.map_or(score, |[low, high]| score.clamp(low, high))
            }
        }
    }

    /// What the `repeat`th evaluation of a set gives: its score with normal noise, kept to the scale as a judge's score
    /// is. It depends on set, repeat and seed alone, so the order of evaluations changes nothing. `seed` is used where
    /// the file names none.
    pub fn observe(&self, set: AttributeSet, repeat: u32, seed: u64) -> f64 {
        let score = self.score(set);
        if self.noise_sd == 0.0 {
            return score;
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.unwrap_or(seed));
        random.set_stream(u64::from(set.bits()) << 32 | u64::from(repeat));
        let noise: f64 = StandardNormal.sample(&mut random);
        let observed = score + self.noise_sd * noise;
        self.bounds().map_or(observed, |[low, high]| observed.clamp(low, high))
    }

    /// The lowest and highest score that can come, where something says so.
    pub fn bounds(&self) -> Option<[f64; 2]> {
        match &self.scores {
            Scores::Table(_) => Some(SCALE),
            Scores::Sum(sum) => sum.clip,
        }
    }

    /// The range of a scale that holds every score.
    pub(super) fn range(&self) -> [f64; 2] {
        self.bounds().unwrap_or_else(|| {
            let Scores::Sum(sum) = &self.scores else { return SCALE };
            let effects = || sum.main.iter().chain(sum.pair.iter().map(|(_, effect)| effect));
            let [low, high] = [f64::min, f64::max]
                .map(|of| sum.base + effects().map(|it| of(*it, 0.0)).sum::<f64>());
            [low.min(SCALE[0]), high.max(SCALE[1])]
        })
    }

    /// What each attribute costs, in points of score.
    pub fn cost(&self) -> &[f64] {
        &self.cost
    }

    /// All attributes, best first, as somebody ranks them who knows the question but no score.
    pub fn prior(&self) -> Option<&[usize]> {
        self.prior.as_deref()
    }

    /// Standard deviation of an evaluation.
    pub fn noise_sd(&self) -> f64 {
        self.noise_sd
    }

    /// Seed of the noise.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Keys of the file that mean nothing.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The same world with another ranking, which must be one of all attributes.
    #[must_use]
    pub(super) fn with_prior(mut self, prior: Vec<usize>) -> Self {
        debug_assert_eq!(prior.len(), self.attributes.len());
        self.prior = Some(prior);
        self
    }

    /// A world that was made and not read.
    pub(super) fn made(attributes: Vec<String>, scores: Scores, noise_sd: f64, seed: u64) -> Self {
        let cost = vec![0.0; attributes.len()];
        Self {
            attributes,
            scores,
            cost,
            prior: None,
            noise_sd,
            seed: Some(seed),
            unknown: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
