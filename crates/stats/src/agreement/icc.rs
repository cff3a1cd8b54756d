//! Intraclass correlations, from the mean squares of an analysis of variance.

use super::family::{Family, Size};
use crate::{Table, Undefined};

/// A form of the intraclass correlation (Shrout and Fleiss 1979).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IccForm {
    /// ICC(1,1): each item has raters of its own; one rating.
    OneSingle,
    /// ICC(1,k): the same; the mean of k ratings.
    OneMean,
    /// ICC(2,1): the same raters, drawn from many, rate every item; one rating.
    TwoSingle,
    /// ICC(2,k): the same; the mean of k ratings.
    TwoMean,
    /// ICC(3,1): these raters and no others; one rating.
    ThreeSingle,
    /// ICC(3,k): the same; the mean of k ratings.
    ThreeMean,
}

impl IccForm {
    /// Every form.
    pub const ALL: [Self; 6] = [
        Self::OneSingle,
        Self::OneMean,
        Self::TwoSingle,
        Self::TwoMean,
        Self::ThreeSingle,
        Self::ThreeMean,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::OneSingle => "icc_1_1",
            Self::OneMean => "icc_1_k",
            Self::TwoSingle => "icc_2_1",
            Self::TwoMean => "icc_2_k",
            Self::ThreeSingle => "icc_3_1",
            Self::ThreeMean => "icc_3_k",
        }
    }
}

/// An intraclass correlation. With mean squares between items B, within items W, between raters J and residual E,
/// n items and k ratings of each:
///
/// - (1,1) `(B − W)/(B + (k − 1)W)` and (1,k) `(B − W)/B`;
/// - (2,1) `(B − E)/(B + (k − 1)E + k(J − E)/n)` and (2,k) `(B − E)/(B + (J − E)/n)`;
/// - (3,1) `(B − E)/(B + (k − 1)E)` and (3,k) `(B − E)/B`.
///
/// Source: P. E. Shrout, J. L. Fleiss (1979). Forms 2 and 3 need every item rated by every rater. Form 1 does not ask
/// who rated; with N ratings in all and unequal numbers `m_i`, k is `(N − Σ m_i²/N)/(n − 1)`, the value that makes the
/// variance component unbiased (A. Donner 1986; Searle 1971), rather than the harmonic mean, which is right for
/// unweighted means only. (1,k) is then the reliability of a mean of that many ratings.
///
/// # Errors
/// Undefined with fewer than two items, no item with two ratings, no variation, a denominator that is not positive,
/// and for forms 2 and 3 where the design is incomplete.
pub fn icc(table: &Table, form: IccForm) -> Result<f64, Undefined> {
    let data = Icc::new(table);
    let weights = table.once();
    match form {
        IccForm::OneSingle | IccForm::OneMean => data.one_way(&weights)?.icc(form),
        _ => data.two_way(&weights)?.icc(form),
    }
}

/// The four mean squares, with the numbers they rest on; one-way designs leave J and E at W.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// Between items (BMS).
    pub between: f64,
    /// Within items (WMS).
    pub within: f64,
    /// Between raters (JMS).
    pub raters: f64,
    /// Residual (EMS).
    pub residual: f64,
    n: f64,
    k: f64,
}

/// The mean squares of a complete design.
///
/// # Errors
/// Undefined with fewer than two items or raters, without variation, or where the design is incomplete.
pub fn mean_squares(table: &Table) -> Result<MeanSquares, Undefined> {
    Icc::new(table).two_way(&table.once())
}

impl MeanSquares {
    fn icc(&self, form: IccForm) -> Result<f64, Undefined> {
        let Self { between: b, within: w, raters: j, residual: e, n, k } = *self;
        let (above, below) = match form {
            IccForm::OneSingle => (b - w, b + (k - 1.0) * w),
            IccForm::OneMean => (b - w, b),
            IccForm::TwoSingle => (b - e, b + (k - 1.0) * e + k * (j - e) / n),
            IccForm::TwoMean => (b - e, b + (j - e) / n),
            IccForm::ThreeSingle => (b - e, b + (k - 1.0) * e),
            IccForm::ThreeMean => (b - e, b),
        };
        if below > 0.0 { Ok(above / below) } else { Err(Undefined::NothingBetweenItems) }
    }
}

/// Sums of each unit's ratings, counted from the middle of the scale.
struct UnitSums {
    m: f64,
    sum: f64,
    squares: f64,
}

/// What the analysis of variance needs.
pub(crate) struct Icc {
    raters: f64,
    units: Vec<UnitSums>,
    complete: Result<Vec<Vec<f64>>, Undefined>,
    one: Size,
    two: Size,
}

impl Icc {
    pub(crate) fn new(table: &Table) -> Self {
        let middle = table.scale().points() / 2;
        let value = |point: usize| point as f64 - middle as f64;
        let units = table.units().iter().map(|unit| {
            let values = || unit.cells.iter().map(|it| value(it.point));
            let squares = values().map(|it| it * it).sum();
            UnitSums { m: unit.cells.len() as f64, sum: values().sum(), squares }
        });
        let rows = |rows: Vec<Vec<usize>>| {
            rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect()
        };
        let size = Size::of_pairable(table);
        Self {
            raters: table.raters() as f64,
            units: units.collect(),
            complete: table.complete().map(rows),
            one: Size { items: table.items(), ..size },
            two: size,
        }
    }

    fn one_way(&self, weights: &[f64]) -> Result<MeanSquares, Undefined> {
        let (mut n, mut all, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
        let (mut by_unit, mut m_squares) = (0.0, 0.0);
        for (unit, weight) in self.units.iter().zip(weights).filter(|it| *it.1 > 0.0) {
            n += weight;
            all += weight * unit.m;
            sum += weight * unit.sum;
            squares += weight * unit.squares;
            by_unit += weight * unit.sum * unit.sum / unit.m;
            m_squares += weight * unit.m * unit.m;
        }
        two_items(n)?;
        if all <= n {
            return Err(Undefined::NothingWithinItems);
        }
        let total = squares - sum * sum / all;
        if all * squares - sum * sum == 0.0 {
            return Err(Undefined::NoVariation);
        }
        let between = cleaned(by_unit - sum * sum / all, total) / (n - 1.0);
        let within = cleaned(squares - by_unit, total) / (all - n);
        let k = (all - m_squares / all) / (n - 1.0);
        Ok(MeanSquares { between, within, raters: within, residual: within, n, k })
    }

    fn two_way(&self, weights: &[f64]) -> Result<MeanSquares, Undefined> {
        let rows = self.complete.as_ref().map_err(|it| *it)?;
        let one = self.one_way(weights)?;
        let mut columns = vec![0.0; rows.first().map_or(0, Vec::len)];
        let (mut squares, mut sum) = (0.0, 0.0);
        for (row, (unit, weight)) in rows.iter().zip(self.units.iter().zip(weights)) {
            columns.iter_mut().zip(row).for_each(|(column, it)| *column += weight * it);
            squares += weight * unit.squares;
            sum += weight * unit.sum;
        }
        let (n, k) = (one.n, self.raters);
        let total = squares - sum * sum / (n * k);
        let column_squares: f64 = columns.iter().map(|it| it * it).sum();
        let raters = cleaned(column_squares / n - sum * sum / (n * k), total);
        let within = one.within * n * (k - 1.0);
        let residual = cleaned(within - raters, total) / ((n - 1.0) * (k - 1.0));
        Ok(MeanSquares { raters: raters / (k - 1.0), residual, k, ..one })
    }
}

/// Refuses what rests on a single item.
pub(super) fn two_items(n: f64) -> Result<(), Undefined> {
    if n < 2.0 {
        let n = usize::from(n >= 1.0);
        return Err(Undefined::TooFew { n, minimum: 2, of: "items" });
    }
    Ok(())
}

/// A sum of squares that is nothing but rounding, beside the total, is zero.
fn cleaned(sum_of_squares: f64, total: f64) -> f64 {
    const ROUNDING: f64 = 1e-12;
    if sum_of_squares <= ROUNDING * total { 0.0 } else { sum_of_squares }
}

impl Family for Icc {
    fn names(&self) -> Vec<&'static str> {
        IccForm::ALL.map(IccForm::name).to_vec()
    }

    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let (one, two) = (self.one_way(weights), self.two_way(weights));
        let value = |form| match form {
            IccForm::OneSingle | IccForm::OneMean => one?.icc(form),
            _ => two?.icc(form),
        };
        IccForm::ALL.map(value).to_vec()
    }

    fn sizes(&self) -> Vec<Size> {
        vec![self.one, self.one, self.two, self.two, self.two, self.two]
    }
}
