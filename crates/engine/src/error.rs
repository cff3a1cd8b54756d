//! What a use case can answer instead of a result.

use std::{error::Error, fmt};

use domain::{ErrorKind, FilterError};
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
    /// What kind of failure a visitor sees.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Filter(_) => ErrorKind::Invalid,
            Self::NoScenario(_) | Self::Forbidden(_) => ErrorKind::NotFound,
            Self::Store(error) if error.is_passing() => ErrorKind::Unavailable,
            Self::Store(_) | Self::Read(_) => ErrorKind::Internal,
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
