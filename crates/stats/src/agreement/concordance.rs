//! Kendall's W.

use super::family::{Family, Size};
use crate::{Table, Undefined};

/// Kendall's coefficient of concordance: whether m raters rank n items alike,
/// `W = 12 Σ (R_i − m(n + 1)/2)² / (m²(n³ − n) − m Σ T_j)` with rank sums `R_i` of mid-ranks and, for ties, `T_j = Σ (t³ − t)`
/// over the groups of t equal ratings of rater j.
///
/// Source: M. G. Kendall, B. Babington Smith (1939); the tie correction as in Siegel and Castellan (1988).
///
/// # Errors
/// Undefined with fewer than two items or raters, where the design is incomplete, and where every rater gives all
/// items the same value.
pub fn kendall_w(table: &Table) -> Result<f64, Undefined> {
    Concordance::new(table).w(&table.once())
}

/// The complete matrix of points.
pub(crate) struct Concordance {
    points: usize,
    raters: usize,
    rows: Result<Vec<Vec<usize>>, Undefined>,
    size: Size,
}

impl Concordance {
    pub(crate) fn new(table: &Table) -> Self {
        Self {
            points: table.scale().points(),
            raters: table.raters(),
            rows: table.complete(),
            size: Size::of_pairable(table),
        }
    }

    fn w(&self, weights: &[f64]) -> Result<f64, Undefined> {
        let rows = self.rows.as_ref().map_err(|it| *it)?;
        let (m, n) = (self.raters as f64, weights.iter().sum::<f64>());
        if m < 2.0 {
            return Err(Undefined::NoPairs);
        }
        super::icc::two_items(n)?;
        let mut ranks = vec![0.0; self.raters * self.points];
        for (row, weight) in rows.iter().zip(weights).filter(|it| *it.1 > 0.0) {
            row.iter().enumerate().for_each(|(j, point)| ranks[j * self.points + point] += weight);
        }
        let mut ties = 0.0;
        for ranks in ranks.chunks_mut(self.points) {
            let mut below = 0.0;
            for rank in ranks {
                let t = *rank;
                ties += t * t * t - t;
                *rank = below + f64::midpoint(t, 1.0);
                below += t;
            }
        }
        let left = m * m * (n * n * n - n) - m * ties;
        if left <= 0.0 {
            return Err(Undefined::NoVariation);
        }
        let middle = m * f64::midpoint(n, 1.0);
        let square = |row: &Vec<usize>| {
            let ranks = row.iter().enumerate().map(|(j, point)| ranks[j * self.points + point]);
            let away = ranks.sum::<f64>() - middle;
            away * away
        };
        let squares: f64 = rows
            .iter()
            .zip(weights)
            .filter(|it| *it.1 > 0.0)
            .map(|(row, weight)| weight * square(row))
            .sum();
        Ok(12.0 * squares / left)
    }
}

impl Family for Concordance {
    fn names(&self) -> Vec<&'static str> {
        vec!["kendall_w"]
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        vec![self.w(weights)]
    }

    fn sizes(&self) -> Vec<Size> {
        vec![self.size]
    }
}
