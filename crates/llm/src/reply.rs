//! What a model answers, and what it cost.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done, or met a stop text.
    Stop,
    /// It ran into `max_tokens` or the end of its context.
    Length,
    /// The server held text back.
    Filtered,
    /// The model wanted to call a tool.
    Tool,
    /// The server named no reason that is known here.
    Unknown,
}

/// Tokens of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub prompt: u64,
    /// Tokens written, reasoning among them.
    pub completion: u64,
    /// Tokens read that the server already knew, where it says so. Part of `prompt`.
    #[serde(default)]
    pub cached: u64,
    /// Whether the numbers are our estimate, since the server gave none.
    #[serde(default)]
    pub estimated: bool,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompt: self.prompt + other.prompt,
            completion: self.completion + other.completion,
            cached: self.cached + other.cached,
            estimated: self.estimated || other.estimated,
        }
    }
}

/// Money, counted in millionths of a micro-dollar (10⁻¹² dollars), so that sums of small calls are exact.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cost(u64);

impl Cost {
    /// What `tokens` cost at a price in micro-dollars per million tokens.
    pub fn of(tokens: u64, price: u64) -> Self {
        Self(tokens.saturating_mul(price))
    }

    /// In micro-dollars, rounded to the nearest.
    pub fn micro_dollars(self) -> u64 {
        self.0.saturating_add(500_000) / 1_000_000
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micro = self.micro_dollars();
        write!(f, "${}.{:06}", micro / 1_000_000, micro % 1_000_000)
    }
}

/// One token with its log-probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The token's text; may be a part of a character, then with U+FFFD in its place.
    pub token: String,
    /// Its natural log-probability, at most 0.
    pub logprob: f64,
}

/// A chosen token, and what else stood to choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token that was chosen.
    pub chosen: Alternative,
    /// The likeliest tokens at this place, likeliest first, the chosen one usually among them.
    pub top: Vec<Alternative>,
}

/// How a call ended and what it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Why the reply ended.
    pub finish: Finish,
    /// Tokens read and written.
    pub usage: Usage,
    /// What they cost at the model's configured prices.
    pub cost: Cost,
}

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// What the model says.
    pub text: String,
    /// What it thought, where the server tells that apart; otherwise empty.
    #[serde(default)]
    pub reasoning: String,
    /// One entry a token, where they were asked for and given.
    #[serde(default)]
    pub logprobs: Vec<TokenLogprob>,
    /// How it ended and what it took.
    pub outcome: Outcome,
}

impl Reply {
    /// What could have stood in place of the first token, with probabilities from 0 to 1.
    pub fn first_token(&self) -> impl Iterator<Item = (&str, f64)> {
        let first = self.logprobs.first().into_iter();
        first.flat_map(|it| &it.top).map(|it| (it.token.as_str(), it.logprob.exp()))
    }
}

/// A piece of a streamed reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More of what the model says.
    Text(String),
    /// More of what it thinks.
    Reasoning(String),
    /// Tokens with their probabilities; they follow the text they belong to.
    Logprobs(Vec<TokenLogprob>),
    /// The end. Nothing follows.
    Done(Outcome),
}

/// Vectors for texts, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One vector a text, as the server gave it: not every server normalises.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens read.
    pub usage: Usage,
    /// What they cost.
    pub cost: Cost,
}
