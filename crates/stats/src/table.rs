//! Who rated what, as points of the scale.

use std::collections::BTreeMap;

use crate::Scale;

/// A table that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A value that is not a point of the scale.
    #[error("row {row}, column {column}: not a point of the scale")]
    OffScale {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// A row that is longer or shorter than the first.
    #[error("row {row} has {found} values, and the first row has {expected}")]
    Ragged {
        /// Row, from 0.
        row: usize,
        /// Its length.
        found: usize,
        /// The first row's length.
        expected: usize,
    },
}

/// One rating of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) rater: usize,
    pub(crate) point: usize,
}

/// One thing that was rated at least once: an item, or an item in one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The item that it belongs to. The bootstrap draws items, with all their units.
    pub(crate) item: usize,
    pub(crate) cells: Vec<Cell>,
}

/// Ratings of items by raters, on one scale, at most one of each item by each rater. Any may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    scale: Scale,
    raters: usize,
    items: usize,
    units: Vec<Unit>,
}

impl Table {
    /// A table from one row for each rater, with a value or a gap for each item.
    ///
    /// # Errors
    /// [`TableError`] where a value is off the scale or rows have different lengths.
    pub fn from_raters(scale: Scale, rows: &[Vec<Option<f64>>]) -> Result<Self, TableError> {
        let expected = rows.first().map_or(0, Vec::len);
        let mut units: Vec<Unit> =
            (0..expected).map(|item| Unit { item, cells: Vec::new() }).collect();
        for (row, values) in rows.iter().enumerate() {
            if values.len() != expected {
                return Err(TableError::Ragged { row, found: values.len(), expected });
            }
            for (column, value) in values.iter().enumerate() {
                let Some(value) = value else { continue };
                let point = scale.point(*value).ok_or(TableError::OffScale { row, column })?;
                units[column].cells.push(Cell { rater: row, point });
            }
        }
        Ok(Self::new(scale, units))
    }

    /// A table from one row for each item, with the number of ratings at each point of the scale. Who gave them is
    /// not known: only statistics that do not ask may be taken from it.
    ///
    /// # Errors
    /// [`TableError::Ragged`] where a row has not one number for each point.
    pub fn from_counts(scale: Scale, rows: &[Vec<usize>]) -> Result<Self, TableError> {
        let expected = scale.points();
        let mut units = Vec::with_capacity(rows.len());
        for (row, counts) in rows.iter().enumerate() {
            if counts.len() != expected {
                return Err(TableError::Ragged { row, found: counts.len(), expected });
            }
            let points =
                counts.iter().enumerate().flat_map(|(point, n)| (0..*n).map(move |_| point));
            let cells = points.enumerate().map(|(rater, point)| Cell { rater, point }).collect();
            units.push(Unit { item: row, cells });
        }
        Ok(Self::new(scale, units))
    }

    /// Leaves out items without a rating and raters without one, and counts the others from 0.
    pub(crate) fn new(scale: Scale, mut units: Vec<Unit>) -> Self {
        units.retain(|it| !it.cells.is_empty());
        let mut raters = BTreeMap::new();
        let mut items = BTreeMap::new();
        for unit in &units {
            items.insert(unit.item, 0);
            raters.extend(unit.cells.iter().map(|it| (it.rater, 0)));
        }
        raters.values_mut().enumerate().for_each(|(index, it)| *it = index);
        items.values_mut().enumerate().for_each(|(index, it)| *it = index);
        for unit in &mut units {
            unit.item = items[&unit.item];
            unit.cells.iter_mut().for_each(|it| it.rater = raters[&it.rater]);
        }
        Self { scale, raters: raters.len(), items: items.len(), units }
    }

    /// The declared scale.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How many raters gave a rating.
    pub fn raters(&self) -> usize {
        self.raters
    }

    /// How many items have a rating.
    pub fn items(&self) -> usize {
        self.items
    }

    /// How many ratings there are.
    pub fn ratings(&self) -> usize {
        self.units.iter().map(|it| it.cells.len()).sum()
    }

    pub(crate) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The weights of the data as they are: each unit once.
    pub(crate) fn once(&self) -> Vec<f64> {
        vec![1.0; self.units.len()]
    }

    /// How many different items these units belong to.
    pub(crate) fn items_of(&self, units: impl Iterator<Item = usize>) -> usize {
        let mut seen = vec![false; self.items];
        units.for_each(|it| seen[self.units[it].item] = true);
        seen.into_iter().filter(|it| *it).count()
    }

    /// The fewest and the most ratings of a unit.
    pub(crate) fn ratings_per_unit(&self) -> (usize, usize) {
        let sizes = || self.units.iter().map(|it| it.cells.len());
        (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0))
    }

    /// The whole matrix, a row of points for each unit in the raters' order; only where every rater rated every
    /// unit.
    pub(crate) fn complete(&self) -> Result<Vec<Vec<usize>>, crate::Undefined> {
        let gaps = self.units.iter().enumerate().filter(|it| it.1.cells.len() != self.raters);
        let incomplete = self.items_of(gaps.map(|it| it.0));
        if incomplete > 0 {
            let (items, raters) = (self.items, self.raters);
            return Err(crate::Undefined::IncompleteDesign { incomplete, items, raters });
        }
        let row = |unit: &Unit| {
            let mut row = vec![0; self.raters];
            unit.cells.iter().for_each(|it| row[it.rater] = it.point);
            row
        };
        Ok(self.units.iter().map(row).collect())
    }
}

/// How often each point was given to a unit; points that nobody gave are left out.
pub(crate) fn counts(unit: &Unit) -> Vec<(usize, f64)> {
    let mut counts = BTreeMap::new();
    unit.cells.iter().for_each(|it| *counts.entry(it.point).or_insert(0.0) += 1.0);
    counts.into_iter().collect()
}
