//! What a search is given.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How sets are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Monte Carlo tree search guided by a ranking. Source: arXiv 2505.18882, section 4.
    Raise,
    /// The same search without a ranking.
    Mcts,
    /// A Bayesian linear model of the score, and Thompson sampling.
    #[default]
    Bayes,
    /// Every set of at most the depth. No budget stops it.
    Oracle,
    /// Sets drawn at random; what it reports is their mean.
    Random,
    /// The attributes that score best alone.
    Static,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Raise, Self::Mcts, Self::Bayes, Self::Oracle, Self::Random, Self::Static];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Mcts => "mcts",
            Self::Bayes => "bayes",
            Self::Oracle => "oracle",
            Self::Random => "random",
            Self::Static => "static",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word names no strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the strategies are raise, mcts, bayes, oracle, random and static")]
pub struct UnknownStrategy;

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or(UnknownStrategy)
    }
}

/// What a search may spend. What is `None` is not limited. Evaluations are never exceeded; of the rest, what is in
/// flight when the limit is reached is still spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Evaluations, failed ones too.
    pub evaluations: u64,
    /// Walks through the tree, most of which cost no evaluation.
    #[serde(default)]
    pub rollouts: Option<u64>,
    /// Tokens in and out.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Millionths of a US dollar.
    #[serde(default)]
    pub cost_micros: Option<u64>,
    /// Seconds, as the caller counts them.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { evaluations: 300, rollouts: None, tokens: None, cost_micros: None, seconds: None }
    }
}

/// What evaluations and rankings took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spent {
    /// Tokens in and out.
    pub tokens: u64,
    /// Millionths of a US dollar.
    pub cost_micros: u64,
    /// Seconds, as the caller counts them: of the wall clock since the last report, or of the models.
    pub seconds: f64,
}

impl Spent {
    /// Adds what something else took.
    pub(super) fn add(&mut self, more: Self) {
        self.tokens = self.tokens.saturating_add(more.tokens);
        self.cost_micros = self.cost_micros.saturating_add(more.cost_micros);
        self.seconds += more.seconds.max(0.0);
    }

    pub(super) fn within(&self, budget: &Budget) -> bool {
        budget.tokens.is_none_or(|it| self.tokens < it)
            && budget.cost_micros.is_none_or(|it| self.cost_micros < it)
            && budget.seconds.is_none_or(|it| self.seconds < it)
    }
}

/// What a node of the tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A set: two orders that reach it share what they learnt.
    #[default]
    Sets,
    /// A sequence, as in the paper.
    Sequences,
}

/// How the tree is searched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreeSettings {
    /// What a node stands for.
    pub shape: Shape,
    /// c of the selection, on rewards that are normalised to 0..1.
    pub exploration: f64,
    /// τ of the prior, softmax(−rank/τ).
    pub temperature: f64,
    /// D of the rollouts' ε(d) = 0.2 / (1 + e^(d − D/2)).
    pub horizon: f64,
    /// Visits after which the ranking counts half as much, in selection and rollouts, and indifference the rest; `None`
    /// trusts it for ever, as in the paper.
    pub trust: Option<f64>,
}

impl Default for TreeSettings {
    fn default() -> Self {
        Self {
            shape: Shape::Sets,
            exploration: 1.0,
            temperature: 2.0,
            horizon: 5.0,
            trust: Some(12.0),
        }
    }
}

/// What a search is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How sets are chosen.
    pub strategy: Strategy,
    /// How many attributes there are, at most [`AttributeSet::MOST`](super::AttributeSet::MOST).
    pub attributes: usize,
    /// The longest path. Cut to the number of attributes.
    pub depth: usize,
    /// What may be spent.
    pub budget: Budget,
    /// The same seed and the same scores give the same path.
    pub seed: u64,
    /// Standard deviation of an evaluation; above 0, sets are evaluated again.
    pub noise_sd: f64,
    /// The lowest and highest score.
    pub range: [f64; 2],
    /// What asking for each attribute costs, in points of score; empty is nothing. A set is worth its score less its
    /// cost; what is reported is scores.
    pub cost: Vec<f64>,
    /// How the tree is searched.
    pub tree: TreeSettings,
}

impl Settings {
    /// The usual settings for so many attributes.
    pub fn new(attributes: usize) -> Self {
        Self {
            strategy: Strategy::default(),
            attributes,
            depth: 5,
            budget: Budget::default(),
            seed: 1,
            noise_sd: 0.0,
            range: super::environment::SCALE,
            cost: Vec::new(),
            tree: TreeSettings::default(),
        }
    }

    /// What cannot be, in words.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let [low, high] = self.range;
        let costs = self.cost.iter().all(|it| it.is_finite() && *it >= 0.0);
        let tree = &self.tree;
        let tree_is_sane = tree.exploration.is_finite()
            && tree.exploration >= 0.0
            && tree.temperature.is_finite()
            && tree.temperature > 0.0
            && tree.horizon.is_finite()
            && tree.trust.is_none_or(|it| it >= 0.0);
        [
            (self.attributes > super::AttributeSet::MOST, "there are more than 32 attributes"),
            (!low.is_finite() || !high.is_finite() || low > high, "the range is no range"),
            (!self.noise_sd.is_finite() || self.noise_sd < 0.0, "the noise is no deviation"),
            (!costs, "a cost is below 0"),
            (
                !self.cost.is_empty() && self.cost.len() != self.attributes,
                "there is not one cost for each attribute",
            ),
            (!tree_is_sane, "a parameter of the tree is out of its range"),
        ]
        .into_iter()
        .find(|(is_so, _)| *is_so)
        .map(|(_, fault)| fault)
    }
}
