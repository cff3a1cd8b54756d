//! What pages and the API receive: data with its labels, so that a browser needs no schema.

use serde::{Deserialize, Serialize};

use crate::{Scenario, ScenarioId, Severity, Source, Tag, scenario::wire_enum};

/// A key with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Stable key.
    pub key: String,
    /// What people read.
    pub label: String,
}

/// A piece of text; `hit` marks what the search words matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The words.
    pub text: String,
    /// Whether the search matched them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hit: bool,
}

/// One attribute of a profile, with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Attribute key.
    pub key: String,
    /// Attribute label.
    pub label: String,
    /// The value as the data has it; absent when it is not known.
    pub text: Option<String>,
    /// The suggested value that the text certainly means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A scenario in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioCard {
    /// Names the scenario.
    pub id: ScenarioId,
    /// Its domain.
    pub domain: Labelled,
    /// Its crisis label.
    pub label: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// How hard it may be to read. A severe card carries no text of the query.
    pub severity: Severity,
    /// Why.
    pub tags: Vec<Tag>,
    /// The query, with what the search matched marked.
    pub query: Vec<Segment>,
    /// The part of the profile that the search matched, if it did.
    pub matched_profile: Vec<Segment>,
    /// A few words of the profile.
    pub facts: Vec<String>,
}

/// A scenario, whole, with labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioView {
    /// The scenario as stored.
    pub scenario: Scenario,
    /// Its domain with label.
    pub domain: Labelled,
    /// Every attribute of the schema, in its order, known or not.
    pub facts: Vec<Fact>,
}

/// How many scenarios a domain has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCount {
    /// The domain.
    pub domain: Labelled,
    /// Scenarios in the default view.
    pub scenarios: u64,
}

/// What this database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpus {
    /// Scenarios that visitors may see, severe ones included.
    pub scenarios: u64,
    /// Those among them that are covered until revealed.
    pub severe: u64,
    /// Model answers stored.
    pub responses: u64,
    /// By domain, in the schema's order.
    pub domains: Vec<DomainCount>,
    /// By source.
    pub sources: Vec<(Source, u64)>,
    /// One scenario to begin with, the same for everybody.
    pub example: Option<ScenarioCard>,
}

wire_enum! {
    /// Whom a help line is for.
    HelpLineKind {
        /// Anybody in crisis or distress.
        Crisis = "crisis", "Crisis and emotional support";
        /// People who are hurt or threatened by somebody.
        Abuse = "abuse", "Violence and abuse";
        /// Children and young people.
        YoungPeople = "young_people", "Children and young people";
    }
}

/// One help line. At least one way to reach it is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLine {
    /// Its name.
    pub name: String,
    /// Whom it is for.
    pub kind: HelpLineKind,
    /// The number as people dial it.
    pub phone: Option<String>,
    /// How to reach it by text message, in words.
    pub text: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// When it answers.
    pub hours: Option<String>,
    /// In which languages.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Where the number was confirmed.
    pub source: String,
    /// The page it was confirmed on.
    pub source_url: Option<String>,
    /// The date of that source, or "undated".
    pub source_date: String,
}

/// The help lines of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpCountry {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// Its name in English.
    pub name: String,
    /// The emergency number.
    pub emergency: Option<String>,
    /// Its lines.
    #[serde(rename = "line")]
    pub lines: Vec<HelpLine>,
}

/// An international directory of help lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// What it offers.
    pub note: String,
    /// Where it was confirmed.
    pub source: String,
    /// The date of that source.
    pub source_date: String,
}

/// All help lines that Rookery knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLines {
    /// The day on which the numbers were last confirmed.
    pub checked: String,
    /// International directories.
    #[serde(rename = "directory")]
    pub directories: Vec<Directory>,
    /// By country, in alphabetical order.
    #[serde(rename = "country")]
    pub countries: Vec<HelpCountry>,
}
