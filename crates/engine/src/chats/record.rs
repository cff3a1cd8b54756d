//! What a conversation is made of.

use std::time::Duration;

use domain::ChatId;
use raise::{
    agent::{Decision, Picture, Precedent, Question, Settings, TraceEvent},
    crisis,
};
use serde::{Deserialize, Serialize};

use crate::FoundBy;

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    /// The model writes.
    Writing,
    /// It is whole.
    Whole,
    /// It ran into the limit of tokens.
    Cut,
    /// Somebody stopped it; what was written is kept.
    Stopped,
    /// It failed; what was written is kept.
    Failed,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// How far it is.
    pub state: AnswerState,
    /// What was written so far.
    pub text: String,
    /// What happened, where it failed.
    pub trouble: Option<String>,
    /// Labels and values that the model was told of the person.
    pub knew: Vec<(String, String)>,
    /// Questions that were asked before it.
    pub questions: u32,
    /// The person's marks, in the order of the dimensions.
    pub marks: Option<[u8; 3]>,
    /// Tokens read and written.
    pub tokens: Option<u64>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// Names it where marks are kept. Random.
    pub mark_id: String,
}

impl Answer {
    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        self.state != AnswerState::Writing
    }
}

/// One thing that stands in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// The person wrote this.
    Said {
        /// Their words.
        text: String,
        /// What was known before; for going on from here in another way.
        before: Box<Picture>,
    },
    /// Our own words and help lines.
    Care {
        /// How sure the screen is, and whether it stops questions.
        level: crisis::Level,
        /// What kind of danger.
        danger: Option<crisis::Kind>,
    },
    /// The agent asked.
    Asked {
        /// What it asked.
        question: Question,
        /// Counted from 1.
        number: u32,
        /// Why.
        decision: Box<Decision>,
    },
    /// A model answered.
    Answered(Answer),
    /// What happened, in a sentence.
    Note {
        /// The sentence.
        text: String,
    },
}

/// A thing, when it came, and when it last changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// When it came, in Unix milliseconds.
    pub at_ms: i64,
    /// The version of the conversation that changed it last. Counted anew after a restart.
    #[serde(skip)]
    pub changed: u64,
}

/// What is being done just now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Doing {
    /// Nothing; it is the person's turn.
    #[default]
    Nothing,
    /// What they wrote is read.
    Reading,
    /// Whether to ask, and what, is decided.
    Deciding,
    /// A question is worded.
    Wording,
    /// An answer is written.
    Answering,
}

impl Doing {
    /// In words; empty for nothing.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Reading => "Reading what you wrote",
            Self::Deciding => "Thinking about what matters here",
            Self::Wording => "Wording a question",
            Self::Answering => "Writing an answer",
        }
    }
}

/// A conversation as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: ChatId,
    pub(crate) begun_ms: i64,
    pub(crate) touched_ms: i64,
    /// Until when it is kept, if somebody asked for that.
    pub(crate) kept_until_ms: Option<i64>,
    /// The conversation that this one goes on from in another way.
    pub(crate) parent: Option<ChatId>,
    /// Key of the model.
    pub(crate) model: String,
    pub(crate) settings: Settings,
    pub(crate) picture: Picture,
    pub(crate) items: Vec<Item>,
    /// The question that waits for a reply: its attribute.
    pub(crate) pending: Option<String>,
    /// The same question answered by the same model, told nothing.
    pub(crate) unasked: Option<Answer>,
    /// Plans of similar questions, and how they were found.
    pub(crate) precedents: Vec<Precedent>,
    pub(crate) found_by: Option<FoundBy>,
    pub(crate) decision: Option<Decision>,
    /// Somebody may be in danger: no more questions.
    pub(crate) careful: bool,
    /// Every step with its reason and what it took, in order.
    #[serde(default)]
    pub(crate) trace: Vec<TraceEvent>,
    /// What was typed into a conversation that is gone, for the box.
    pub(crate) draft: Option<String>,
    /// Tokens and money taken so far.
    pub(crate) tokens: u64,
    pub(crate) cost_micros: u64,
}

impl Record {
    /// Questions asked so far.
    pub(crate) fn questions(&self) -> u32 {
        let asked = self.items.iter().filter(|it| matches!(it.what, What::Asked { .. })).count();
        u32::try_from(asked).unwrap_or(u32::MAX)
    }

    /// Whether an answer with what is known was given.
    pub(crate) fn answered(&self) -> bool {
        self.items.iter().any(|it| matches!(&it.what, What::Answered(it) if !it.text.is_empty()))
    }

    /// What an interrupted conversation looks like after a restart: nothing is being written.
    pub(crate) fn woken(mut self) -> Self {
        let stopped = |it: &mut Answer| {
            if it.state == AnswerState::Writing {
                it.state = AnswerState::Stopped;
                it.trouble = Some("The server stopped while this was written.".to_owned());
            }
        };
        for it in &mut self.items {
            if let What::Answered(answer) = &mut it.what {
                stopped(answer);
            }
        }
        self.unasked.iter_mut().for_each(stopped);
        self
    }
}

/// Milliseconds of a duration.
pub(crate) fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
