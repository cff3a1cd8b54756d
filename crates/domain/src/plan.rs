//! A plan: in which order to ask about a person, for one scenario, and what that is expected to give.

use serde::{Deserialize, Serialize};

use crate::{PlanId, ScenarioId, scenario::wire_enum};

wire_enum! {
    /// What a plan's scores rest on.
    PlanOrigin {
        /// An additive environment of published figures, not a model's answers: something to begin with.
        Seed = "seed", "from an additive seed environment, not from a model";
        /// Answers that a model gave and a judge scored.
        Model = "model", "from a model's answers";
    }
}

wire_enum! {
    /// Which half of an evaluation a scenario belongs to. All scenarios of one crisis label, or of one profile where
    /// there is no label, are in the same one.
    Split {
        /// Its plans may be found and followed.
        Train = "train", "Train";
        /// It is kept for measuring: its plans are never found.
        Test = "test", "Test";
    }
}

/// Where a scenario stands in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its half.
    pub split: Split,
    /// What that hangs on: the crisis label in lower case, or the profile's id where there is none.
    pub leaf: String,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// Key of the attribute to ask about.
    pub attribute: String,
    /// The score that is expected once it is known beside those before it, from 1 to 5.
    pub expected: f64,
    /// How often the search went this way; 0 for a strategy that does not count.
    #[serde(default)]
    pub visits: u64,
}

/// In which order to ask about a person, for one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Names it by its content.
    pub id: PlanId,
    /// What it is for.
    pub scenario: ScenarioId,
    /// Key of the strategy that found it.
    pub strategy: String,
    /// Key of the model that answered; empty for a seed.
    pub generator: String,
    /// Key of the model that judged; empty for a seed.
    pub judge: String,
    /// The search's parameters: a JSON object.
    pub parameters: String,
    /// What its scores rest on.
    pub origin: PlanOrigin,
    /// The score when nothing is known, from 1 to 5.
    pub base: f64,
    /// The attributes in the order in which to ask, with what each is expected to give.
    pub path: Vec<PlanStep>,
    /// The score when all of the path is known, from 1 to 5.
    pub score: f64,
    /// Sets of attributes that were evaluated.
    pub evaluations: u64,
    /// Rollouts that the search made; most are answered by sets that were evaluated before.
    pub rollouts: u64,
    /// Evaluations spent and the best score found until then: a point for each change.
    pub curve: Vec<(u64, f64)>,
    /// The whole search, for drawing: JSON.
    pub tree: Option<String>,
    /// When it was made, in Unix milliseconds.
    pub created_ms: i64,
}
