//! The forward pass of BERT's encoder (Devlin et al. 2019, arXiv 1810.04805) for one text.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{
    Embedding, LayerNorm, Linear, Module, VarBuilder, embedding, layer_norm, linear,
    ops::softmax_last_dim,
};
use serde::Deserialize;

/// What the weights' `config.json` says of their form.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    pub(crate) max_position_embeddings: usize,
    type_vocab_size: usize,
    vocab_size: usize,
    layer_norm_eps: f64,
    hidden_act: Activation,
}

/// The one activation that is known here: GELU by the error function.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Activation {
    Gelu,
}

/// An encoder with its weights.
#[derive(Debug, Clone)]
pub(crate) struct Bert {
    words: Embedding,
    /// The vectors of positions, with that of the first segment added: there is no second one.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl Bert {
    pub(crate) fn load(config: &Config, weights: &VarBuilder) -> Result<Self> {
        let size = config.hidden_size;
        let at = weights.pp("embeddings");
        let positions =
            at.get((config.max_position_embeddings, size), "position_embeddings.weight")?;
        let segments = at.get((config.type_vocab_size, size), "token_type_embeddings.weight")?;
        let layers = (0..config.num_hidden_layers)
            .map(|it| Layer::load(config, &weights.pp(format!("encoder.layer.{it}"))));
        Ok(Self {
            words: embedding(config.vocab_size, size, at.pp("word_embeddings"))?,
            positions: positions.broadcast_add(&segments.narrow(0, 0, 1)?)?,
            norm: layer_norm(size, config.layer_norm_eps, at.pp("LayerNorm"))?,
            layers: layers.collect::<Result<_>>()?,
        })
    }

    /// The mean of the last layer's vectors of these tokens, of which there is at least one.
    pub(crate) fn mean(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let words = self.words.forward(&Tensor::new(tokens, &Device::Cpu)?)?;
        let positions = self.positions.narrow(0, 0, tokens.len())?;
        let mut hidden = self.norm.forward(&(words + positions)?)?;
        for layer in &self.layers {
            hidden = layer.forward(&hidden)?;
        }
        hidden.mean(0)?.to_dtype(DType::F32)?.to_vec1()
    }
}

#[derive(Debug, Clone)]
struct Layer {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn load(config: &Config, at: &VarBuilder) -> Result<Self> {
        let (size, eps) = (config.hidden_size, config.layer_norm_eps);
        let Activation::Gelu = config.hidden_act;
        Ok(Self {
            heads: config.num_attention_heads,
            query: linear(size, size, at.pp("attention.self.query"))?,
            key: linear(size, size, at.pp("attention.self.key"))?,
            value: linear(size, size, at.pp("attention.self.value"))?,
            attended: linear(size, size, at.pp("attention.output.dense"))?,
            attended_norm: layer_norm(size, eps, at.pp("attention.output.LayerNorm"))?,
            wide: linear(size, config.intermediate_size, at.pp("intermediate.dense"))?,
            narrow: linear(config.intermediate_size, size, at.pp("output.dense"))?,
            norm: layer_norm(size, eps, at.pp("output.LayerNorm"))?,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let (tokens, size) = hidden.dims2()?;
        let width = size / self.heads;
        let by_head = |it: Tensor| it.reshape((tokens, self.heads, width))?.transpose(0, 1);
        let query = by_head(self.query.forward(hidden)?)?.contiguous()?;
        let key = by_head(self.key.forward(hidden)?)?.transpose(1, 2)?.contiguous()?;
        let value = by_head(self.value.forward(hidden)?)?.contiguous()?;
        #[expect(clippy::cast_precision_loss, reason = "a head has a few dozen dimensions")]
        let scale = (width as f64).sqrt();
        let weights = softmax_last_dim(&(query.matmul(&key)? / scale)?)?;
        let attended = weights.matmul(&value)?.transpose(0, 1)?.contiguous()?;
        let attended = self.attended.forward(&attended.flatten_from(D::Minus2)?)?;
        let hidden = self.attended_norm.forward(&(attended + hidden)?)?;
        let wide = self.wide.forward(&hidden)?.gelu_erf()?;
        self.norm.forward(&(self.narrow.forward(&wide)? + hidden)?)
    }
}
