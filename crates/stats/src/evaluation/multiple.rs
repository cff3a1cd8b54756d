//! Many tests at once.

use crate::Undefined;

fn probabilities(p: &[f64]) -> Result<(), Undefined> {
    let fits = p.iter().all(|it| (0.0..=1.0).contains(it));
    if fits { Ok(()) } else { Err(Undefined::NotInRange) }
}

/// Adjusted p-values that hold the false discovery rate: the i-th smallest of m becomes the least of `p_j m / j` over
/// j ≥ i. Those at or below q are the ones that the step-up procedure rejects. Source: Y. Benjamini, Y. Hochberg (1995).
///
/// # Errors
/// Undefined where a value is not a probability.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, Undefined> {
    probabilities(p)?;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let m = p.len() as f64;
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (above, index) in order.into_iter().enumerate() {
        least = least.min(p[index] * m / (m - above as f64));
        adjusted[index] = least;
    }
    Ok(adjusted)
}

/// Adjusted p-values that hold the chance of any false rejection: `min(1, m p)`. Source: O. J. Dunn (1961).
///
/// # Errors
/// Undefined where a value is not a probability.
pub fn bonferroni(p: &[f64]) -> Result<Vec<f64>, Undefined> {
    probabilities(p)?;
    Ok(p.iter().map(|it| (it * p.len() as f64).min(1.0)).collect())
}
