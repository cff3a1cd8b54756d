//! The real weights. They need all-minilm-l6-v2 in the cache, `ROOKERY_CACHE` or `~/.cache/rookery`, and say how to get it
//! where it is missing.

use std::{env, fs, path::PathBuf};

use rookery_embed::{EmbedError, Embedder, Embedding, MAX_TOKENS};
use serde::Deserialize;

fn folder() -> PathBuf {
    let root = env::var_os("ROOKERY_CACHE").map_or_else(
        || PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache/rookery"),
        PathBuf::from,
    );
    root.join("models/all-minilm-l6-v2")
}

fn embedder() -> Embedder {
    Embedder::load(&folder()).expect(
        "these tests need all-minilm-l6-v2; get it with `rookery models pull all-minilm-l6-v2`",
    )
}

fn embed(embedder: &Embedder, text: &str) -> Embedding {
    embedder.embed(&[text]).expect("embedded").remove(0)
}

/// A text, its tokens, and every sixteenth number of its vector.
#[derive(Deserialize)]
struct Reference {
    text: String,
    tokens: usize,
    vector: Vec<f32>,
}

/// `reference.json` was worked out by another program in double precision, from the same weights and the published
/// descriptions of BERT and its tokens.
#[test]
fn vectors_are_those_of_an_independent_program() {
    let embedder = embedder();
    let references: Vec<Reference> =
        serde_json::from_str(include_str!("reference.json")).expect("is JSON");
    assert_eq!(references.len(), 9);
    for it in references {
        assert_eq!(embedder.tokens(&it.text).expect("tokens"), it.tokens, "{}", it.text);
        let found = embed(&embedder, &it.text);
        assert_eq!(found.dimensions(), 384);
        for (found, expected) in found.values().iter().step_by(16).zip(&it.vector) {
            assert!((found - expected).abs() < 5e-6, "{}: {found} {expected}", it.text);
        }
    }
}

/// The similarities that the model's publishers print in the quickstart of Sentence Transformers.
#[test]
fn similarities_are_the_published_ones() {
    let texts =
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let found = embedder().embed(&texts).expect("embedded");
    let check = |left: usize, right: usize, expected: f32| {
        let cosine = found[left].cosine(&found[right]).expect("same dimensions");
        assert!((cosine - expected).abs() < 1e-4, "{left} {right}: {cosine}");
    };
    check(0, 0, 1.0);
    check(0, 1, 0.6660);
    check(0, 2, 0.1046);
    check(1, 2, 0.1411);
}

#[test]
fn a_vector_depends_on_its_text_alone() {
    let embedder = embedder();
    let long = "longer ".repeat(40);
    let together = embedder.embed(&["short", &long, "short"]).expect("embedded");
    assert_eq!(together[0], together[2]);
    assert_eq!(together[0], embed(&embedder, "short"));
}

#[test]
fn hostile_texts_have_vectors_too() {
    let embedder = embedder();
    let much = "a ".repeat(200_000);
    let word = "x".repeat(1_000_000);
    for text in ["", "\0", " \n\t ", "\u{202e}\u{200b}", "👩‍👩‍👧‍👧", "[CLS] [SEP] [MASK]", &much, &word]
    {
        let tokens = embedder.tokens(text).expect("tokens");
        assert!((2..=MAX_TOKENS).contains(&tokens), "{tokens}");
        assert_eq!(embed(&embedder, text).dimensions(), 384);
    }
}

#[test]
fn files_that_are_missing_or_damaged_are_named() {
    let copy = tempfile::tempdir().expect("a folder");
    let load = || Embedder::load(copy.path()).expect_err("refused");
    assert!(matches!(load(), EmbedError::Io { path, .. } if path.ends_with("config.json")));
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(folder().join(name), copy.path().join(name)).expect("in the cache");
    }
    assert!(matches!(load(), EmbedError::Io { path, .. } if path.ends_with("model.safetensors")));
    fs::write(copy.path().join("model.safetensors"), [7; 100]).expect("written");
    assert!(
        matches!(load(), EmbedError::Malformed { path, .. } if path.ends_with("model.safetensors"))
    );
    fs::write(copy.path().join("tokenizer.json"), "{}").expect("written");
    assert!(
        matches!(load(), EmbedError::Malformed { path, .. } if path.ends_with("tokenizer.json"))
    );
    fs::write(copy.path().join("config.json"), r#"{"hidden_act":"relu"}"#).expect("written");
    let error = load();
    assert!(error.to_string().contains("fetch the model again"), "{error}");
}
