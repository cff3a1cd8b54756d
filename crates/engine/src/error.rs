//! What a use case can answer instead of a result.

use std::{error::Error, fmt};

use domain::{ErrorKind, FilterError, ScenarioId};
use store::StoreError;

/// A use case failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request does not make sense.
    #[error("{0}")]
    Filter(#[from] FilterError),
    /// There is no such thing, or this caller may not know of it.
    #[error("there is no scenario {0} here")]
    NoScenario(String),
    /// No model of this name is configured.
    #[error("no model called “{0}” is configured here")]
    NoModel(String),
    /// There is no such answer, or this caller may not know of it.
    #[error("there is no such answer here")]
    NoAnswer,
    /// No answer is being made under this name.
    #[error("this answer is not being made here, or was made too long ago")]
    NoGeneration,
    /// There is no such plan, or this caller may not know of it.
    #[error("there is no such plan here")]
    NoPlan,
    /// Texts could not be turned into vectors.
    #[error("texts could not be embedded: {0}")]
    NotEmbedded(String),
    /// There is no such conversation, or it was forgotten.
    #[error("this conversation is not here: it was wiped, or forgotten after its time")]
    NoChat,
    /// A search cannot begin like this.
    #[error("the plan cannot be made: {0}")]
    Plan(#[source] raise::plan::PlanError),
    /// The condition cannot be asked for here.
    #[error("{0}")]
    Unasked(&'static str),
    /// Visitors may not have answers made by this model.
    #[error("this model is not open to visitors here")]
    NotOffered,
    /// As many answers as may be are being made.
    #[error("several answers are being made just now; please try again in a minute")]
    Busy,
    /// The caller may not do this.
    #[error("only the operator may {0}")]
    Forbidden(&'static str),
    /// The database failed.
    #[error("the database could not answer")]
    Store(#[from] StoreError),
    /// A scenario file could not be read on.
    #[error("the file could not be read to its end")]
    Read(#[from] corpus::ReadError),
}

impl EngineError {
    /// Reads the id of a scenario; a text that is none names no scenario.
    pub fn known(id: &str) -> Result<ScenarioId, Self> {
        id.parse().map_err(|_| Self::NoScenario(id.chars().take(32).collect()))
    }

    /// What kind of failure a visitor sees.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Filter(_) | Self::Unasked(_) | Self::Plan(_) => ErrorKind::Invalid,
            Self::NoScenario(_)
            | Self::Forbidden(_)
            | Self::NoModel(_)
            | Self::NoAnswer
            | Self::NoPlan
            | Self::NoGeneration
            | Self::NoChat => ErrorKind::NotFound,
            Self::NotOffered => ErrorKind::Forbidden,
            Self::Busy => ErrorKind::Busy,
            Self::Store(error) if error.is_passing() => ErrorKind::Unavailable,
            Self::Store(_) | Self::Read(_) | Self::NotEmbedded(_) => ErrorKind::Internal,
        }
    }

    /// What a visitor reads. Says nothing of causes.
    pub fn message(&self) -> String {
        match self.kind() {
            ErrorKind::Unavailable => {
                "The database is busy. Nothing was lost; please try again in a moment.".to_owned()
            }
            ErrorKind::Internal => "Something went wrong on our side. Please try again.".to_owned(),
            _ => self.to_string(),
        }
    }
}

/// An error with its causes, for a log or a terminal.
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
