//! Coefficients that share their sums over items.

use crate::{Table, Undefined};

/// How much a coefficient rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Items that entered.
    pub(crate) items: usize,
    /// Pairs that were compared.
    pub(crate) pairs: usize,
}

impl Size {
    pub(crate) const NOTHING: Self = Self { items: 0, pairs: 0 };

    /// Units with two ratings or more, and their pairs of ratings.
    pub(crate) fn of_pairable(table: &Table) -> Self {
        let sizes = table.units().iter().map(|it| it.cells.len()).enumerate();
        let pairable = sizes.filter(|it| it.1 >= 2);
        Self {
            items: table.items_of(pairable.clone().map(|it| it.0)),
            pairs: pairable.map(|(_, m)| m * (m - 1) / 2).sum(),
        }
    }
}

/// Coefficients from the same sums over units. Built once, then evaluated for the data and for each resample.
pub(crate) trait Family: Send + Sync {
    /// The coefficients' names, in the order of everything else.
    fn names(&self) -> Vec<&'static str>;

    /// Their values where each unit counts as often as its weight says.
    fn evaluate(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>>;

    /// How much each rests on.
    fn sizes(&self) -> Vec<Size>;
}
