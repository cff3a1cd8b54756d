//! From texts to vectors.

use std::{fs, path::Path, sync::Arc};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use tokenizers::{Tokenizer, TruncationParams};

use crate::{
    EmbedError, Embedding,
    bert::{Bert, Config},
};

/// Tokens of a text that are read, the two that frame it included; the rest is left out. What the model was trained for.
pub const MAX_TOKENS: usize = 256;

/// all-MiniLM-L6-v2, loaded. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Embedder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tokenizer: Tokenizer,
    bert: Bert,
}

impl Embedder {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a folder. They are trusted: whoever fetched them
    /// compared their hashes. Takes about 90 MB, and a tenth of a second.
    pub fn load(folder: &Path) -> Result<Self, EmbedError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| EmbedError::Io { path, source })
        };
        let malformed = |name: &str| {
            let path = folder.join(name);
            move |source| EmbedError::Malformed { path, source }
        };
        let config: Config = serde_json::from_slice(&read("config.json")?)
            .map_err(|it| malformed("config.json")(it.into()))?;
        let mut tokenizer =
            Tokenizer::from_bytes(read("tokenizer.json")?).map_err(malformed("tokenizer.json"))?;
        let max_length = MAX_TOKENS.min(config.max_position_embeddings);
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(TruncationParams { max_length, ..TruncationParams::default() }))
            .map_err(malformed("tokenizer.json"))?;
        let weights = read("model.safetensors")?;
        let bert = VarBuilder::from_slice_safetensors(&weights, DType::F32, &Device::Cpu)
            .and_then(|it| Bert::load(&config, &it))
            .map_err(|it| malformed("model.safetensors")(it.into()))?;
        Ok(Self { inner: Arc::new(Inner { tokenizer, bert }) })
    }

    /// A vector of 384 numbers for each text: the mean of its tokens' vectors, scaled to length 1. Texts are taken one by
    /// one, so none needs padding and a mask.
    ///
    /// Takes milliseconds of processor time a text and blocks meanwhile: call it where blocking is allowed.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        texts.iter().map(|it| self.embed_one(it)).collect()
    }

    /// How many tokens of a text are read.
    pub fn tokens(&self, text: &str) -> Result<usize, EmbedError> {
        Ok(self.encoded(text)?.len())
    }

    fn embed_one(&self, text: &str) -> Result<Embedding, EmbedError> {
        let mean = self.inner.bert.mean(&self.encoded(text)?).map_err(EmbedError::Forward)?;
        Ok(Embedding::new(mean)?)
    }

    fn encoded(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding = self.inner.tokenizer.encode_fast(text, true).map_err(EmbedError::Tokens)?;
        Ok(encoding.get_ids().to_vec())
    }
}
