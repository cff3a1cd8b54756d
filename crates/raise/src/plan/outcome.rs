//! What a search found, as it is printed and kept.

use serde::{Deserialize, Serialize};

use super::{set::AttributeSet, settings::Strategy};

/// A plan and how it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How sets were chosen.
    pub strategy: Strategy,
    /// Attributes in the order in which to ask.
    pub path: Vec<String>,
    /// The expected score after each step, so without that of knowing nothing: the mean of the set's own evaluations where
    /// it has any, else what a linear model of all evaluations expects. For `random`, means over sets of that size.
    pub expected: Vec<f64>,
    /// The last of `expected`: the mean score of the path's own set, costs not taken off. `None` if nothing was evaluated.
    pub score: Option<f64>,
    /// Evaluations that were made, failed ones too.
    pub evaluations: u64,
    /// Walks through the tree, or draws; 0 where a strategy makes neither.
    pub rollouts: u64,
    /// After so many evaluations, the score of the best set so far: a point for each change, and the end. Under noise a
    /// set's mean moves when it is evaluated again, so the curve may fall.
    pub curve: Vec<(u64, f64)>,
    /// Seed of the search.
    pub seed: u64,
    /// The tree's path of highest Q, also where `path` is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greedy: Option<Walk>,
    /// What was searched, for drawing: the sets that were most visited, at most 4,000, small ones first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Vec<Seen>>,
}

/// A path and the score of its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Attributes in order.
    pub path: Vec<String>,
    /// `None` if the end was not evaluated itself.
    pub score: Option<f64>,
}

/// A node of the search. It has an edge to each node that has one attribute more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its attributes, as bits.
    pub set: AttributeSet,
    /// How often it was gone through, or evaluated.
    pub visits: u32,
    /// Mean of the values below it; a value is a score less its cost.
    pub mean: f64,
    /// Best of the values below it.
    pub best: f64,
}
