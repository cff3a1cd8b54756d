//! What happened in a conversation, step by step: stored, drawn and replayed by the caller.

use llm::Usage;
use serde::{Deserialize, Serialize};

use super::{Decision, Precedent, Question, Reading};

/// One step, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TraceEvent {
    /// Similar plans were looked for.
    Retrieved {
        /// How: the name of an embedding model, or words.
        by: String,
        /// The plans, the most similar first.
        precedents: Vec<Precedent>,
        /// What it took.
        took: Took,
    },
    /// A message was read.
    Read {
        /// Which, as the caller counts them.
        message: usize,
        /// The attribute that had been asked for.
        answering: Option<String>,
        /// What it says.
        reading: Reading,
        /// What it took.
        took: Took,
    },
    /// It was decided what comes next.
    Decided {
        /// What, and why.
        decision: Decision,
        /// What it took.
        took: Took,
    },
    /// A question was put.
    Asked {
        /// The question.
        question: Question,
        /// Why a model's words were not used.
        notes: Vec<String>,
        /// What it took.
        took: Took,
    },
    /// The answer was given.
    Answered {
        /// Name and version of the template.
        template: String,
        /// What it took.
        took: Took,
    },
    /// Something worth telling.
    Note {
        /// A plain sentence.
        text: String,
    },
}

/// What a step took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Took {
    /// Filled in by the caller: nothing here knows the time.
    pub milliseconds: u64,
    /// Tokens.
    pub usage: Usage,
    /// In millionths of a US dollar.
    pub cost_micros: u64,
}

impl Took {
    /// These tokens, this money, and no time yet.
    pub fn of(usage: Usage, cost_micros: u64) -> Self {
        Self { milliseconds: 0, usage, cost_micros }
    }
}

impl TraceEvent {
    /// What it took, for the caller to fill in the time.
    pub fn took_mut(&mut self) -> Option<&mut Took> {
        match self {
            Self::Retrieved { took, .. }
            | Self::Read { took, .. }
            | Self::Decided { took, .. }
            | Self::Asked { took, .. }
            | Self::Answered { took, .. } => Some(took),
            Self::Note { .. } => None,
        }
    }
}
