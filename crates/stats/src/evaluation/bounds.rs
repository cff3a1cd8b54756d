//! What the unscored could change.

use crate::{Scale, Undefined};

/// Where a mean would lie, whatever the unscored are.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Bounds {
    /// The mean if every unscored one had the lowest point of the scale.
    pub low: f64,
    /// The mean if every unscored one had the highest.
    pub high: f64,
    /// Scored values.
    pub scored: usize,
    /// Values that are missing.
    pub unscored: usize,
}

/// The worst and the best that the mean of all could be, were every unscored one at an end of the scale. Source: the
/// no-assumption bounds of C. F. Manski (1990).
///
/// # Errors
/// Undefined where there is nothing at all, or a value is outside the scale.
pub fn bounds(scores: &[Option<f64>], scale: Scale) -> Result<Bounds, Undefined> {
    Undefined::under(scores.len(), 1, "values")?;
    if scores.iter().flatten().any(|it| !scale.contains(*it)) {
        return Err(Undefined::NotInRange);
    }
    let with =
        |end: f64| scores.iter().map(|it| it.unwrap_or(end)).sum::<f64>() / scores.len() as f64;
    let scored = scores.iter().flatten().count();
    Ok(Bounds {
        low: with(scale.value(0)),
        high: with(scale.value(scale.points() - 1)),
        scored,
        unscored: scores.len() - scored,
    })
}
