//! Kappas of two raters, from their table of agreement.

use crate::{Scale, Undefined};

/// How much a disagreement between two points counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighting {
    /// Every disagreement alike.
    Unweighted,
    /// By distance on the declared scale.
    Linear,
    /// By squared distance on the declared scale.
    Quadratic,
    /// By these disagreement weights, a row for each point; zero on the diagonal.
    Custom(Vec<Vec<f64>>),
}

impl Weighting {
    /// The three that a report shows.
    pub(crate) const SHOWN: [Self; 3] = [Self::Unweighted, Self::Linear, Self::Quadratic];

    /// The weight of each pair of points, row by row.
    pub(crate) fn matrix(&self, points: usize) -> Vec<f64> {
        let weight = |i: usize, j: usize| match self {
            Self::Unweighted => f64::from(u8::from(i != j)),
            Self::Linear => i.abs_diff(j) as f64,
            Self::Quadratic => (i.abs_diff(j) * i.abs_diff(j)) as f64,
            Self::Custom(rows) => rows.get(i).and_then(|it| it.get(j)).copied().unwrap_or(0.0),
        };
        (0..points)
            .flat_map(|i| (0..points).map(move |j| (i, j)))
            .map(|(i, j)| weight(i, j))
            .collect()
    }
}

/// How often rater A gave point i where rater B gave point j: counts or proportions.
#[derive(Debug, Clone, PartialEq)]
pub struct ContingencyTable {
    points: usize,
    cells: Vec<f64>,
}

impl ContingencyTable {
    /// A table from its rows (rater A) of columns (rater B).
    ///
    /// # Errors
    /// [`Undefined::NotInRange`] where a count is negative or not finite, [`Undefined::LengthsDiffer`] where the
    /// table is not square.
    pub fn from_rows(rows: &[Vec<f64>]) -> Result<Self, Undefined> {
        let points = rows.len();
        if let Some(row) = rows.iter().find(|it| it.len() != points) {
            return Err(Undefined::LengthsDiffer { left: points, right: row.len() });
        }
        let cells: Vec<f64> = rows.iter().flatten().copied().collect();
        let fits = |it: &f64| it.is_finite() && *it >= 0.0;
        if cells.iter().all(fits) { Ok(Self { points, cells }) } else { Err(Undefined::NotInRange) }
    }

    /// A table from two lists of ratings of the same items, in the same order, over the declared scale.
    ///
    /// # Errors
    /// [`Undefined::LengthsDiffer`], and [`Undefined::NotInRange`] where a value is not a point of the scale.
    pub fn from_ratings(scale: Scale, a: &[f64], b: &[f64]) -> Result<Self, Undefined> {
        if a.len() != b.len() {
            return Err(Undefined::LengthsDiffer { left: a.len(), right: b.len() });
        }
        let mut table = Self::empty(scale.points());
        for (a, b) in a.iter().zip(b) {
            let point = |it: &f64| scale.point(*it).ok_or(Undefined::NotInRange);
            table.add(point(a)?, point(b)?, 1.0);
        }
        Ok(table)
    }

    pub(crate) fn empty(points: usize) -> Self {
        Self { points, cells: vec![0.0; points * points] }
    }

    pub(crate) fn clear(&mut self) {
        self.cells.fill(0.0);
    }

    pub(crate) fn add(&mut self, a: usize, b: usize, weight: f64) {
        self.cells[a * self.points + b] += weight;
    }

    fn marginals(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut rows, mut columns) = (vec![0.0; self.points], vec![0.0; self.points]);
        for (i, row) in self.cells.chunks(self.points.max(1)).enumerate() {
            for (j, cell) in row.iter().enumerate() {
                rows[i] += cell;
                columns[j] += cell;
            }
        }
        (rows, columns)
    }

    /// Cohen's kappa, `1 − Σ v_ij p_ij / Σ v_ij p_i. p_.j` with disagreement weights v. Source: J. Cohen (1960), and
    /// (1968) for weights.
    ///
    /// # Errors
    /// Undefined on an empty table, and where the two raters leave no disagreement to expect.
    pub fn kappa(&self, weighting: &Weighting) -> Result<f64, Undefined> {
        self.kappa_by(&weighting.matrix(self.points))
    }

    /// The same with the weights laid out already.
    pub(crate) fn kappa_by(&self, weights: &[f64]) -> Result<f64, Undefined> {
        let (rows, columns) = self.marginals();
        let n: f64 = rows.iter().sum();
        if n == 0.0 {
            return Err(Undefined::NoPairs);
        }
        let (mut observed, mut expected) = (0.0, 0.0);
        for (i, row) in rows.iter().enumerate() {
            for (j, column) in columns.iter().enumerate() {
                let at = i * self.points + j;
                observed += weights[at] * self.cells[at];
                expected += weights[at] * row * column;
            }
        }
        if expected == 0.0 {
            Err(Undefined::NoVariation)
        } else {
            Ok(1.0 - n * observed / expected)
        }
    }

    /// Scott's pi: kappa with both raters' pooled prevalences, `p_e = Σ ((p_k. + p_.k)/2)²`. Source: W. A. Scott
    /// (1955).
    ///
    /// # Errors
    /// Undefined on an empty table, and where both raters gave one and the same value throughout.
    pub fn scott_pi(&self) -> Result<f64, Undefined> {
        let (rows, columns) = self.marginals();
        let n: f64 = rows.iter().sum();
        if n == 0.0 {
            return Err(Undefined::NoPairs);
        }
        // Four times n² times one minus the expected agreement: whole numbers, so that zero is zero.
        let squares: f64 = rows.iter().zip(&columns).map(|(a, b)| (a + b) * (a + b)).sum();
        let left = 4.0 * n * n - squares;
        let disagreeing = n - self.agreeing();
        if left <= 0.0 {
            Err(Undefined::NoVariation)
        } else {
            Ok(1.0 - 4.0 * n * disagreeing / left)
        }
    }

    fn agreeing(&self) -> f64 {
        (0..self.points).map(|it| self.cells[it * self.points + it]).sum()
    }

    /// The asymptotic standard errors of the unweighted kappa of a table of counts: of the estimate, and under the
    /// hypothesis that kappa is 0. Source: J. L. Fleiss, J. Cohen, B. S. Everitt (1969).
    ///
    /// # Errors
    /// Undefined where kappa is.
    pub fn kappa_standard_errors(&self) -> Result<(f64, f64), Undefined> {
        let kappa = self.kappa(&Weighting::Unweighted)?;
        let (rows, columns) = self.marginals();
        let n: f64 = rows.iter().sum();
        let share = |it: &f64| it / n;
        let (rows, columns): (Vec<f64>, Vec<f64>) =
            (rows.iter().map(share).collect(), columns.iter().map(share).collect());
        let chance: f64 = rows.iter().zip(&columns).map(|(a, b)| a * b).sum();
        let (mut on, mut off, mut null) = (0.0, 0.0, 0.0);
        for i in 0..self.points {
            null += rows[i] * columns[i] * (rows[i] + columns[i]);
            for j in 0..self.points {
                let p = self.cells[i * self.points + j] / n;
                if i == j {
                    let term = 1.0 - (rows[i] + columns[i]) * (1.0 - kappa);
                    on += p * term * term;
                } else {
                    let term = (columns[i] + rows[j]) * (1.0 - kappa);
                    off += p * term * term;
                }
            }
        }
        let mean = kappa - chance * (1.0 - kappa);
        let error = |variance: f64| variance.max(0.0).sqrt() / ((1.0 - chance) * n.sqrt());
        Ok((error(on + off - mean * mean), error(chance + chance * chance - null)))
    }
}
