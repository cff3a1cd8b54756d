//! The normal distribution's tail, and what few clusters make of it.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::Z_95;

/// The probability of a standard normal value above z. To about 14 digits: the series of erf near the middle,
/// the continued fraction of erfc in the tails (Abramowitz and Stegun 7.1.6 and 7.1.14).
pub(crate) fn above(z: f64) -> f64 {
    const SERIES_UNTIL: f64 = 2.5;
    let x = z.abs() * FRAC_1_SQRT_2;
    let tail = if x < SERIES_UNTIL {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        0.5 - (-x * x).exp() * sum / PI.sqrt()
    } else {
        let fraction = (1..=80).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
        (-x * x).exp() / fraction / PI.sqrt() / 2.0
    };
    if z >= 0.0 { tail } else { 1.0 - tail }
}

/// What an expanded percentile interval of a mean over n clusters leaves on either side: the normal tail beyond
/// `t sqrt(n/(n − 1))`, with t the 97.5 % quantile of Student's distribution with n − 1 degrees of freedom (Hesterberg
/// 2015; t by Abramowitz and Stegun 26.7.5, to two digits from 4 degrees on).
pub(crate) fn tail_for(n: usize) -> f64 {
    let (z, n) = (Z_95, n as f64);
    let v = n - 1.0;
    let t = z
        + (z.powi(3) + z) / (4.0 * v)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * v * v)
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * v.powi(3));
    above(t * (n / v).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_shrink_with_few_clusters() {
        // Student's quantiles for 4, 19 and 99 degrees of freedom: 2.7764, 2.0930, 1.9842.
        let check = |n: usize, t: f64| {
            let wide = t * (n as f64 / (n as f64 - 1.0)).sqrt();
            assert!((tail_for(n) - above(wide)).abs() < 1e-4, "{n}: {}", tail_for(n));
        };
        check(5, 2.7764);
        check(20, 2.0930);
        check(100, 1.9842);
        assert!((tail_for(100_000) - 0.025).abs() < 1e-5);
    }

    #[test]
    fn tails_are_those_of_the_tables() {
        let check = |z: f64, expected: f64| {
            assert!((above(z) - expected).abs() < 1e-13 + 1e-11 * expected, "{z}: {}", above(z));
        };
        check(0.0, 0.5);
        check(1.0, 0.158_655_253_931_457_05);
        check(-1.0, 0.841_344_746_068_543);
        check(1.959_963_984_540_054, 0.025);
        check(3.0, 0.001_349_898_031_630_094_5);
        check(4.0, 3.167_124_183_311_992e-5);
        check(6.0, 9.865_876_450_377e-10);
        assert!(above(60.0) >= 0.0);
    }
}
