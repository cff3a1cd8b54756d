//! Whether a 95 % interval holds the truth 95 times in 100, by simulated experiments.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rookery_stats::Bootstrap;
use rookery_stats::evaluation::{Sampling, mean};

const EXPERIMENTS: u32 = 1_000;
/// The naive interval is ten times the work, and fails by so much that fewer will do.
const EVERY: u32 = 5;
const QUERIES: u32 = 10;

/// About normal, of mean 0 and variance 1.
fn noise(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

fn covers(interval: Option<[f64; 2]>) -> u32 {
    u32::from(interval.is_some_and(|[low, high]| low <= 3.0 && 3.0 <= high))
}

fn check(profiles: u32, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut clustered, mut naive) = (0, 0);
    for experiment in 0..EXPERIMENTS {
        let mut values = Vec::new();
        for profile in 0..profiles {
            let shared = noise(&mut random);
            for _ in 0..QUERIES {
                values.push((profile, 3.0 + shared + noise(&mut random)));
            }
        }
        let bootstrap = Bootstrap { resamples: 400, seed: u64::from(experiment) };
        let sampling = Sampling { bootstrap, minimum: 1 };
        clustered += covers(mean(values.iter().copied(), sampling).unwrap().ci95);
        if experiment % EVERY == 0 {
            let alone = values.iter().enumerate().map(|(at, it)| (at, it.1));
            naive += covers(mean(alone, sampling).unwrap().ci95);
        }
    }
    let clustered = f64::from(clustered) / f64::from(EXPERIMENTS);
    let naive = f64::from(naive) / f64::from(EXPERIMENTS / EVERY);
    assert!((0.93..=0.97).contains(&clustered), "{profiles} profiles: clustered {clustered}");
    assert!(naive < 0.75, "{profiles} profiles: naive {naive}");
}

#[test]
fn clustered_intervals_cover_and_naive_ones_do_not() {
    check(20, 1);
    check(80, 2);
}
