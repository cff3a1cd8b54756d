//! Turning texts into vectors, in this process or at a provider.

use embed::Embedding;
use llm::Model;

use crate::EngineError;

/// Characters of a text that are read: more than any embedder takes.
const MAX_CHARS: usize = 8_000;

/// What turns texts into vectors.
#[derive(Debug, Clone)]
pub enum Embedder {
    /// A model in this process.
    Here {
        /// Names it in the database: vectors of different models do not compare.
        key: String,
        /// The model.
        embedder: embed::Embedder,
    },
    /// A model at a provider.
    There(Model),
}

impl Embedder {
    /// Names it.
    pub fn key(&self) -> &str {
        match self {
            Self::Here { key, .. } => key,
            Self::There(model) => &model.config().key,
        }
    }

    /// A vector for each text, in their order.
    pub(crate) async fn embed(&self, texts: Vec<String>) -> Result<Vec<Embedding>, EngineError> {
        let failed = |it: &dyn std::fmt::Display| EngineError::NotEmbedded(it.to_string());
        let texts: Vec<String> =
            texts.into_iter().map(|it| it.chars().take(MAX_CHARS).collect()).collect();
        match self {
            Self::Here { embedder, .. } => {
                let embedder = embedder.clone();
                let work = move || {
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    embedder.embed(&texts)
                };
                let made = tokio::task::spawn_blocking(work).await;
                made.map_err(|it| failed(&it))?.map_err(|it| failed(&crate::Causes(&it)))
            }
            Self::There(model) => {
                let made = model.embed(&texts).await.map_err(|it| failed(&it.person()))?;
                let vectors = made.vectors.into_iter().map(Embedding::new);
                vectors.collect::<Result<_, _>>().map_err(|it| failed(&it))
            }
        }
    }
}
