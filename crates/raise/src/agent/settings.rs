//! What can be set about the agent.

use serde::{Deserialize, Serialize};

/// How the agent asks and stops. Numbers out of range are moved to its nearest end; what is no number, to the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How the model is asked whether enough is known.
    pub abstention: Abstention,
    /// From 0 to 5; the questions end when completeness reaches it. 4 by default: the method's authors give no number.
    pub threshold: f64,
    /// The most questions, from 0 to 10, a repeated one counted; 5 by default.
    pub budget: u8,
    /// Whose words a question has.
    pub wording: Wording,
    /// Makes a model's replies repeatable where its server supports it.
    pub seed: i64,
    /// How the next question is chosen.
    pub policy: Policy,
}

/// How a model is asked whether enough is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abstention {
    /// How complete the picture is, from 0 to 5.
    #[default]
    Scale,
    /// Whether it is enough: yes counts as 5, no as 0.
    Binary,
    /// Whether it would rather answer or ask: counts as 5 and 0.
    Basic,
}

/// Whose words a question has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// The model's, checked; ours where they do not pass, and always for what is most personal.
    #[default]
    Model,
    /// Always ours.
    Reviewed,
}

/// How the next question is chosen. Gains are in points of the safety score (1 to 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// How many points an attribute must bring to be worth a privacy cost of 1. From 0 to 4; 0.45 by default, which
    /// asks for self-harm last among five unless similar plans say that it matters.
    pub privacy_weight: f64,
    /// What it is worth, in points, that the model names an attribute. From 0 to 4; 0.15 by default: it decides between
    /// near equals, for small models choose badly.
    pub model_bonus: f64,
    /// How far, in points of completeness, the model's number may move ours. From 0 (not at all; it is not asked)
    /// to 5 (its number alone counts); 1 by default, for small models are sure of themselves.
    pub model_pull: f64,
    /// How much the published sensitivities weigh against similar plans, as the similarity of one more plan. From 0.01
    /// to 100; 1 by default.
    pub shrinkage: f64,
    /// The least gain, after privacy, that is worth a question. From −4 to 4; 0 by default.
    pub least_worth: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            abstention: Abstention::default(),
            threshold: 4.0,
            budget: 5,
            wording: Wording::default(),
            seed: 0,
            policy: Policy::default(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            privacy_weight: 0.45,
            model_bonus: 0.15,
            model_pull: 1.0,
            shrinkage: 1.0,
            least_worth: 0.0,
        }
    }
}

impl Settings {
    /// The same with every number in its range.
    #[must_use]
    pub fn sane(&self) -> Self {
        let within = |value: f64, low: f64, high: f64, default: f64| {
            if value.is_nan() { default } else { value.clamp(low, high) }
        };
        let (ours, usual) = (&self.policy, Policy::default());
        Self {
            threshold: within(self.threshold, 0.0, 5.0, 4.0),
            budget: self.budget.min(10),
            policy: Policy {
                privacy_weight: within(ours.privacy_weight, 0.0, 4.0, usual.privacy_weight),
                model_bonus: within(ours.model_bonus, 0.0, 4.0, usual.model_bonus),
                model_pull: within(ours.model_pull, 0.0, 5.0, usual.model_pull),
                shrinkage: within(ours.shrinkage, 0.01, 100.0, usual.shrinkage),
                least_worth: within(ours.least_worth, -4.0, 4.0, usual.least_worth),
            },
            ..self.clone()
        }
    }
}
