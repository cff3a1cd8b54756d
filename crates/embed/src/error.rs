//! What can go wrong, in words that say what to do.

use std::path::PathBuf;

/// A text cannot be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A file of the model cannot be read.
    #[error("{path} cannot be read; fetch the model again", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the model is not what it should be.
    #[error("{path} is not a file of this model; fetch the model again", path = .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The text could not be divided into tokens.
    #[error("a text could not be divided into tokens")]
    Tokens(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The arithmetic failed.
    #[error("a text could not be embedded")]
    Forward(#[source] candle_core::Error),
    /// What came out has no direction.
    #[error("a text came out as no embedding")]
    Empty(#[from] NotAnEmbedding),
}

/// Numbers that are no embedding: none, all zero, or not finite; or bytes that are not whole numbers of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an embedding needs finite numbers, not all of them zero")]
pub struct NotAnEmbedding;
