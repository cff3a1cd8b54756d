//! Finding texts of like meaning: all-MiniLM-L6-v2 in this process, and the nearest of many.
//!
//! [`Embedder::load`] reads a folder of weights that was verified elsewhere, [`Embedder::embed`] makes a vector of each
//! text, an [`Index`] finds the nearest. Everything runs on the processor; nothing is fetched.
//!
//! **Invariant:** a vector is made of its text alone: whatever else is embedded with it changes nothing.

mod bert;
mod embedder;
mod embedding;
mod error;
mod index;

pub use embedder::{Embedder, MAX_TOKENS};
pub use embedding::Embedding;
pub use error::{EmbedError, NotAnEmbedding};
pub use index::Index;
