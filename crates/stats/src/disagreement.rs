//! How the ratings of one item are spread, and how many raters a target takes.

use crate::Undefined;

fn total(counts: &[usize]) -> Result<f64, Undefined> {
    let n: usize = counts.iter().sum();
    Undefined::under(n, 1, "ratings")?;
    Undefined::under(counts.len(), 2, "points of the scale")?;
    Ok(n as f64)
}

fn shares(counts: &[usize]) -> Result<impl Iterator<Item = (f64, f64)>, Undefined> {
    let n = total(counts)?;
    Ok(counts
        .iter()
        .enumerate()
        .filter(|it| *it.1 > 0)
        .map(move |(at, c)| (at as f64, *c as f64 / n)))
}

fn mean_point(counts: &[usize]) -> Result<f64, Undefined> {
    Ok(shares(counts)?.map(|(point, share)| point * share).sum())
}

/// Shannon entropy of one item's ratings over that of the uniform distribution on the declared points,
/// `−Σ p ln p / ln q`, from 0 to 1. Blind to order: see [`consensus`]. Source: C. E. Shannon (1948).
///
/// # Errors
/// Undefined without a rating, or on fewer than two points.
pub fn normalised_entropy(counts: &[usize]) -> Result<f64, Undefined> {
    let entropy: f64 = shares(counts)?.map(|(_, share)| -share * share.ln()).sum();
    Ok(entropy / (counts.len() as f64).ln() + 0.0)
}

/// Consensus of one item's ratings, `1 + Σ p_k log₂(1 − |k − mean|/(q − 1))`: 1 when unanimous, 0 when split between
/// both ends. Source: W. J. Tastle, M. J. Wierman (2007).
///
/// # Errors
/// As [`normalised_entropy`].
pub fn consensus(counts: &[usize]) -> Result<f64, Undefined> {
    let (mean, width) = (mean_point(counts)?, (counts.len() - 1) as f64);
    let terms = shares(counts)?.map(|(point, p)| p * (1.0 - (point - mean).abs() / width).log2());
    Ok(1.0 + terms.sum::<f64>())
}

/// Variance of one item's ratings, over n.
///
/// # Errors
/// As [`normalised_entropy`].
pub fn variance(counts: &[usize]) -> Result<f64, Undefined> {
    let mean = mean_point(counts)?;
    Ok(shares(counts)?.map(|(point, share)| share * (point - mean) * (point - mean)).sum())
}

/// The reliability of the mean of `raters` ratings, from that of one: `k r / (1 + (k − 1) r)`. Source: C. Spearman
/// (1910), W. Brown (1910).
///
/// # Errors
/// Undefined where the denominator is not positive.
pub fn spearman_brown(single: f64, raters: f64) -> Result<f64, Undefined> {
    let below = 1.0 + (raters - 1.0) * single;
    let value = raters * single / below;
    if below > 0.0 && value.is_finite() { Ok(value) } else { Err(Undefined::NotInRange) }
}

/// How many raters it takes for their mean to reach a reliability, `t (1 − r) / (r (1 − t))`, before rounding up.
/// Source: as [`spearman_brown`], solved for k.
///
/// # Errors
/// Undefined unless both lie between 0 and 1, ends excluded.
pub fn raters_needed(single: f64, target: f64) -> Result<f64, Undefined> {
    let inside = |it: f64| it > 0.0 && it < 1.0;
    if inside(single) && inside(target) {
        Ok(target * (1.0 - single) / (single * (1.0 - target)))
    } else {
        Err(Undefined::NotInRange)
    }
}
