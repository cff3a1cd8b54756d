//! The vectors of all plans that may be found, in memory, and how they come to be.

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicBool, atomic::Ordering};

use embed::{Embedding, Index};
use store::Candidate;

use crate::{Actor, Causes, Ctx, Embedder, Engine, EngineError};

/// Texts that are given vectors before they are stored.
const BATCH: u32 = 32;

/// What is held in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanIndex(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    /// The index as of this version of the plans.
    index: Mutex<Option<(i64, Arc<Index<Candidate>>)>>,
    embedding: AtomicBool,
}

impl PlanIndex {
    fn at(&self, version: i64) -> Option<Arc<Index<Candidate>>> {
        let held = self.0.index.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|it| it.0 == version).map(|it| Arc::clone(&it.1))
    }

    fn put(&self, version: i64, index: &Arc<Index<Candidate>>) {
        let mut held = self.0.index.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some((version, Arc::clone(index)));
    }
}

impl Engine {
    /// Gives a vector to every plan that may be found and has none of the embedder's yet, as far as the embedder works.
    /// Returns how many questions were given one.
    pub async fn plans_embed(&self, ctx: &Ctx) -> Result<u64, EngineError> {
        if ctx.actor != Actor::Operator {
            return Err(EngineError::Forbidden("have all plans embedded"));
        }
        self.embed_missing().await
    }

    async fn embed_missing(&self) -> Result<u64, EngineError> {
        let Some(embedder) = &self.embedder else { return Ok(0) };
        let (mut after, mut made) = (0, 0);
        loop {
            let texts = self.store.queries_unembedded(embedder.key(), after, BATCH).await?;
            let Some(last) = texts.last() else { return Ok(made) };
            after = last.0;
            let (ordinals, texts): (Vec<u32>, Vec<String>) = texts.into_iter().unzip();
            let vectors = embedder.embed(texts).await?;
            made += vectors.len() as u64;
            let bytes = vectors.iter().map(Embedding::to_bytes);
            let rows: Vec<(u32, Vec<u8>)> = ordinals.into_iter().zip(bytes).collect();
            self.store.query_embeddings_insert(embedder.key(), &rows).await?;
        }
    }

    /// The index of the plans as they are now. Where some have no vector, they are given one behind the caller's back:
    /// this one does without.
    pub(super) async fn plan_index(
        &self,
        embedder: &Embedder,
    ) -> Result<Arc<Index<Candidate>>, EngineError> {
        let version = self.store.plans_version().await?;
        if let Some(index) = self.plan_index.at(version) {
            return Ok(index);
        }
        let rows = self.store.plans_embedded(embedder.key()).await?;
        let read = rows.into_iter().filter_map(|(candidate, bytes)| {
            Embedding::from_bytes(&bytes).ok().map(|vector| (candidate, vector))
        });
        let index = Arc::new(read.collect::<Index<Candidate>>());
        self.plan_index.put(version, &index);
        if !self.store.queries_unembedded(embedder.key(), 0, 1).await?.is_empty() {
            self.embed_behind();
        }
        Ok(index)
    }

    /// Has [`Engine::plans_embed`] run as a task, unless one runs.
    fn embed_behind(&self) {
        if self.plan_index.0.embedding.swap(true, Ordering::AcqRel) {
            return;
        }
        let engine = self.clone();
        tokio::spawn(async move {
            match engine.embed_missing().await {
                Ok(made) => tracing::info!(made, "plans were given vectors"),
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "plans could not be given vectors");
                }
            }
            engine.plan_index.0.embedding.store(false, Ordering::Release);
        });
    }
}
