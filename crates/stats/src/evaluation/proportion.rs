//! Shares of a whole.

use super::Z_95;
use crate::Undefined;

/// The 95 % score interval of a share, `(p + z²/2n ± z sqrt(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`. Source: E. B. Wilson
/// (1927).
///
/// # Errors
/// Undefined with none in all, or more hits than there are.
pub fn wilson_interval(hits: usize, all: usize) -> Result<[f64; 2], Undefined> {
    Undefined::under(all, 1, "cases")?;
    if hits > all {
        return Err(Undefined::NotInRange);
    }
    let (n, z2) = (all as f64, Z_95 * Z_95);
    let share = hits as f64 / n;
    let middle = share + z2 / (2.0 * n);
    let half = Z_95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let below = 1.0 + z2 / n;
    let low = if hits == 0 { 0.0 } else { (middle - half) / below };
    let high = if hits == all { 1.0 } else { (middle + half) / below };
    Ok([low, high])
}
