//! What it costs to show an answer: `cargo bench -p rookery-text --bench difference`.
//!
//! CPU time is the process's own, from the kernel, over many runs; so it holds on a busy machine.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::hint::black_box;

use rookery_text::{differences, markdown};

/// Runs a figure rests on.
const RUNS: u32 = 100;

/// Milliseconds of a tick of the kernel's clock.
const TICK: f64 = 10.0;

fn main() {
    let first = answer(1, 2_000);
    let similar: String = first
        .split_inclusive(' ')
        .enumerate()
        .map(|(at, word)| if at % 9 == 0 { format!("instead{at} ") } else { word.to_owned() })
        .collect();
    let unrelated = answer(2, 2_000);
    println!("{:<34} {:>9}", "2,000 words", "CPU ms");
    measure("differences, similar answers", || differences(&first, &similar));
    measure("differences, unrelated answers", || differences(&first, &unrelated));
    measure("markdown", || markdown(&first));
}

fn measure<T>(name: &str, work: impl Fn() -> T) {
    black_box(work());
    let before = cpu();
    for _ in 0..RUNS {
        black_box(work());
    }
    println!("{name:<34} {:>9.2}", (cpu() - before) / f64::from(RUNS));
}

/// CPU time of this process so far, in milliseconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a process");
    let rest = stat.rsplit_once(')').expect("a name").1;
    let ticks = |at: usize| {
        rest.split_whitespace().nth(at).and_then(|it| it.parse::<f64>().ok()).expect("ticks")
    };
    (ticks(11) + ticks(12)) * TICK
}

/// An answer in Markdown whose words are as unevenly common as those of a language.
fn answer(seed: u64, words: usize) -> String {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 40).map_or(0.0, |it| f64::from(it) / f64::from(1 << 24))
    };
    let piece = |at: usize| {
        let word = format!("w{:.0}", 4_000_f64.powf(next()));
        match at % 40 {
            0 => format!("\n\n## {word}\n\n"),
            10 => format!("**{word}** "),
            20 => format!("[{word}](https://example.org/{word}) "),
            25 | 30 | 35 => format!("\n- {word} "),
            39 => format!("{word}. "),
            _ => format!("{word} "),
        }
    };
    (0..words).map(piece).collect()
}
