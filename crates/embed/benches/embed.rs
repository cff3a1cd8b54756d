//! What it costs to find texts of like meaning: `cargo bench -p rookery-embed --bench embed`.
//!
//! Needs all-minilm-l6-v2 in the cache. Times are of the clock, on one thread, the best of many runs, since another
//! program's work on the machine only adds to them.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::{env, hint::black_box, path::PathBuf, time::Instant};

use rookery_embed::{Embedder, Embedding, Index};

const RUNS: u32 = 30;
const PLANS: u16 = 14_000;

fn main() {
    let root = env::var_os("ROOKERY_CACHE").map_or_else(
        || PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache/rookery"),
        PathBuf::from,
    );
    let folder = root.join("models/all-minilm-l6-v2");
    println!("{:<46} {:>9}", "", "ms");
    measure("load the model", || Embedder::load(&folder).expect("in the cache"));
    let embedder = Embedder::load(&folder).expect("in the cache");
    let question = "I lost my job last week and I do not know how to tell my family about it.";
    let long = question.repeat(20);
    for text in [question, &long] {
        let tokens = embedder.tokens(text).expect("tokens");
        measure(&format!("embed a text of {tokens} tokens"), || embedder.embed(&[text]));
    }
    let index: Index<u16> = (0..PLANS).map(|it| (it, vector(u64::from(it)))).collect();
    let to = vector(u64::from(PLANS));
    measure("the nearest 5 of 14,000", || index.nearest(&to, 5, |_| true));
}

fn measure<T>(name: &str, work: impl Fn() -> T) {
    let best = (0..RUNS).map(|_| {
        let since = Instant::now();
        black_box(work());
        since.elapsed()
    });
    let best = best.min().unwrap_or_default();
    println!("{name:<46} {:>9.2}", best.as_secs_f64() * 1_000.0);
}

/// A vector of 384 numbers that nobody could guess.
fn vector(seed: u64) -> Embedding {
    let mut state = seed.wrapping_add(1);
    let numbers = (0..384).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        u16::try_from(state >> 48).map_or(0.0, |it| f32::from(it) / 32_768.0 - 1.0)
    });
    Embedding::new(numbers.collect()).expect("not all zero")
}
