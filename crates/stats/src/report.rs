//! What a report of agreement holds, and how it is written.

mod text;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{Level, Undefined};

/// Agreement among raters: of all ratings, then of each dimension and group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
    /// The level whose alpha is the headline of the text.
    #[serde(skip)]
    pub level: Level,
    /// All ratings.
    #[serde(flatten)]
    pub overall: Section,
    /// Each dimension, each group, and each group in each dimension, where the file has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Part>,
}

impl Report {
    /// The report as an aligned table for people.
    pub fn to_text(&self) -> String {
        text::write(self)
    }
}

/// The ratings of one dimension, of one group, or of both.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Part {
    /// The dimension; `None` for all of them.
    pub dimension: Option<String>,
    /// The group; `None` for all of them.
    pub group: Option<String>,
    /// Its coefficients.
    #[serde(flatten)]
    pub section: Section,
}

/// Coefficients of a set of ratings.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Section {
    /// Different items with a rating.
    pub n_items: usize,
    /// Different raters with a rating.
    pub n_raters: usize,
    /// Ratings, missing ones not counted.
    pub n_ratings: usize,
    /// By name.
    pub coefficients: Coefficients,
}

/// Coefficients by name, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficients(pub Vec<(&'static str, Coefficient)>);

impl Coefficients {
    /// The coefficient with this name.
    pub fn get(&self, name: &str) -> Option<&Coefficient> {
        self.0.iter().find(|it| it.0 == name).map(|it| &it.1)
    }
}

impl Serialize for Coefficients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, coefficient) in &self.0 {
            map.serialize_entry(name, coefficient)?;
        }
        map.end()
    }
}

/// A value with what it rests on, or the reason for which there is none.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Coefficient {
    /// A value.
    Estimate {
        /// The coefficient on the data.
        value: f64,
        /// Its 95 % percentile bootstrap interval over items. `None` where none was asked for, or where the
        /// coefficient is undefined on more than one resample in ten.
        ci95: Option<[f64; 2]>,
        /// Different items that entered.
        n_items: usize,
        /// Pairs that were compared: of raters for the kappas of two, of a judge's or a person's score with the mean
        /// of the people for the correlations, of ratings of the same item for everything else.
        n_pairs: usize,
    },
    /// No value.
    Undefined {
        /// Why, in words.
        undefined: String,
    },
}

impl Coefficient {
    /// No value for this reason.
    pub(crate) fn undefined(reason: Undefined) -> Self {
        Self::Undefined { undefined: reason.to_string() }
    }
}
