//! Worlds that are made.

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use crate::plan::{
    environment::{Environment, SCALE, Scores, Sum},
    set::AttributeSet,
};

/// What a world is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    /// Effects of attributes, uniform from 0 to 0.4, and of one pair in five, normal with deviation 0.15.
    Additive,
    /// A table: effects of attributes as above, of every pair with deviation 0.2, of every triple with deviation 0.1.
    Strong,
    /// As the first; an evaluation has noise of deviation 0.3.
    Noisy,
}

/// What a ranking is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Prior {
    /// By what each attribute adds to all others on average, seen with noise of deviation 0.05.
    Informative,
    /// Any order.
    Random,
    /// The informative one backwards.
    Adversarial,
}

/// A world and what is true about its attributes.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) world: Environment,
    informative: Vec<usize>,
    random: Vec<usize>,
}

impl Prior {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Informative, Self::Random, Self::Adversarial];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Informative => "informative",
            Self::Random => "random",
            Self::Adversarial => "adversarial",
        }
    }
}

impl Made {
    /// A ranking of its attributes, best first.
    pub(super) fn ranking(&self, prior: Prior) -> Vec<usize> {
        match prior {
            Prior::Informative => self.informative.clone(),
            Prior::Random => self.random.clone(),
            Prior::Adversarial => self.informative.iter().rev().copied().collect(),
        }
    }
}

impl World {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Additive, Self::Strong, Self::Noisy];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive and pairs",
            Self::Strong => "strong interactions",
            Self::Noisy => "noise of 0.3",
        }
    }

    /// Makes the world of a seed and number.
    pub(super) fn make(self, attributes: usize, seed: u64, number: u64) -> Made {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // The noisy worlds are the additive ones.
        random.set_stream(number * 2 + u64::from(self == Self::Strong));
        let mut sum = Sum {
            base: 2.6,
            main: (0..attributes).map(|_| random.random_range(0.0..0.4)).collect(),
            pair: Vec::new(),
            clip: Some(SCALE),
        };
        let mut normal = |deviation: f64| {
            let it: f64 = StandardNormal.sample(&mut random);
            it * deviation
        };
        let mut triples = Vec::new();
        for i in 0..attributes {
            for j in i + 1..attributes {
                let pair = AttributeSet::EMPTY.with(i).with(j);
                match self {
                    Self::Strong => {
                        sum.pair.push((pair, normal(0.2)));
                        triples.extend((j + 1..attributes).map(|k| (pair.with(k), normal(0.1))));
                    }
                    Self::Additive | Self::Noisy if (i * 3 + j * 7) % 5 == 0 => {
                        sum.pair.push((pair, normal(0.15)));
                    }
                    Self::Additive | Self::Noisy => {}
                }
            }
        }
        let others = (attributes.saturating_sub(1)).max(1) as f64;
        let gain = |it: usize| {
            let pairs = sum.pair.iter().filter(|(pair, _)| pair.has(it));
            sum.main[it] + pairs.map(|(_, effect)| effect).sum::<f64>() * 4.0 / others
        };
        let seen: Vec<f64> = (0..attributes).map(|it| gain(it) + normal(0.05)).collect();
        let mut informative: Vec<usize> = (0..attributes).collect();
        informative.sort_by(|one, other| seen[*other].total_cmp(&seen[*one]));
        let mut shuffled: Vec<usize> = (0..attributes).collect();
        shuffled.shuffle(&mut random);
        let names = (0..attributes).map(|it| format!("a{it}")).collect();
        let scores = if self == Self::Strong {
            Scores::Table(table(&sum, &triples, attributes))
        } else {
            Scores::Sum(sum)
        };
        let noise = if self == Self::Noisy { 0.3 } else { 0.0 };
        let world = Environment::made(names, scores, noise, seed.wrapping_add(number));
        Made { world, informative, random: shuffled }
    }
}

fn table(sum: &Sum, triples: &[(AttributeSet, f64)], attributes: usize) -> Vec<f64> {
    let score = |bits| {
        let set = AttributeSet::from_bits(bits);
        let main: f64 = set.iter().map(|it| sum.main[it]).sum();
        let effects = sum.pair.iter().chain(triples);
        let more: f64 = effects.filter(|(it, _)| it.is_within(set)).map(|(_, it)| it).sum();
        (sum.base + main + more).clamp(SCALE[0], SCALE[1])
    };
    (0..=AttributeSet::first(attributes).bits()).map(score).collect()
}
