//! What browsing the scenarios answers.

use serde::{Deserialize, Serialize};

use crate::{Cursor, ScenarioCard, ScenarioId};

/// How many scenarios of the current filter have one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// The value as it stands in the URL.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Scenarios with this value that meet every *other* filter.
    pub count: u64,
    /// Whether the filter selects it.
    pub selected: bool,
}

/// One property to filter by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// The key in the URL: `domain`, `source`, `severity`, `tag`, `label`, or an attribute key.
    pub key: String,
    /// What people read.
    pub label: String,
    /// Its values, in the schema's order; labels by count.
    pub values: Vec<FacetValue>,
}

/// The order in which a page came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Best match first (BM25).
    Relevance,
    /// As imported.
    FirstAdded,
    /// Last imported first.
    LastAdded,
    /// Relevance was asked for, but more scenarios match than are ranked: as imported instead.
    TooManyToRank,
}

/// One page of scenarios with its facets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browse {
    /// The scenarios, at most a page of them.
    pub items: Vec<ScenarioCard>,
    /// How many meet the filter.
    pub total: u64,
    /// Position of the first item, from 1; 0 on an empty page.
    pub first: u64,
    /// Where the page before this one begins, if there is one.
    pub previous: Option<Cursor>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// The order they came in.
    pub order: Order,
    /// How many severe scenarios meet every other filter and are left out of this view.
    pub severe_hidden: u64,
    /// What can be filtered by, with counts.
    pub facets: Vec<Facet>,
}

/// Where a scenario stands within a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbours {
    /// Position from 1; 0 if the scenario does not meet the filter.
    pub position: u64,
    /// How many meet the filter.
    pub total: u64,
    /// The one before.
    pub previous: Option<ScenarioId>,
    /// The one after.
    pub next: Option<ScenarioId>,
}
