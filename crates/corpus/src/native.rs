//! Rookery's own JSONL: one scenario a line, documented in `docs/data-formats.md`.

use std::collections::BTreeMap;

use domain::{Profile, ProfileValue, Scenario, ScenarioId, Schema, Severity, Source, Tag};
use serde::{Deserialize, Serialize};

use crate::{identity, rows, severity};

/// A line as it is written: every field, in this order.
#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    id: &'a ScenarioId,
    source: Source,
    domain: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    query: &'a str,
    profile: &'a Profile,
    severity: Severity,
    tags: &'a [Tag],
}

/// A line as it may be read: what can be derived may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    v: u32,
    id: Option<ScenarioId>,
    source: Source,
    domain: String,
    label: Option<String>,
    query: String,
    #[serde(default)]
    profile: BTreeMap<String, ReadValue>,
    severity: Option<Severity>,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ReadValue {
    Text(String),
    Value(ProfileValue),
}

/// The line, without its end, that stands for a scenario. Reading it gives the same scenario.
///
/// # Panics
/// Never: a scenario has no value that JSON cannot hold.
pub fn to_line(it: &Scenario) -> String {
    let line = Line {
        v: 1,
        id: &it.id,
        source: it.source,
        domain: &it.domain,
        label: it.label.as_deref(),
        query: &it.query,
        profile: &it.profile,
        severity: it.severity,
        tags: &it.tags,
    };
    serde_json::to_string(&line).expect("texts and keys only")
}

/// Reads a line of this format.
pub(crate) fn from_json(json: &str, schema: &Schema) -> Result<Scenario, String> {
    let read: Read = serde_json::from_str(json).map_err(|it| rows::plain(&it))?;
    rows::check_version(read.v)?;
    if schema.domain(&read.domain).is_none() {
        return Err(format!("unknown domain “{}”", rows::short(&read.domain)));
    }
    let query = rows::checked("query", &read.query, rows::MAX_QUERY_CHARS)?;
    if query.is_empty() {
        return Err("the query is empty".to_owned());
    }
    let label =
        read.label.map(|it| rows::checked("label", &it, rows::MAX_LABEL_CHARS)).transpose()?;
    let label = label.filter(|it| !it.is_empty());
    let mut profile = Profile::default();
    for (key, value) in read.profile {
        let attribute = schema
            .attribute(&key)
            .ok_or_else(|| format!("unknown attribute “{}”", rows::short(&key)))?;
        let value = match value {
            ReadValue::Text(text) => {
                let value = attribute.normalised(&text).map(str::to_owned);
                ProfileValue { text, value }
            }
            ReadValue::Value(value) => value,
        };
        let text = rows::checked(&key, &value.text, rows::MAX_VALUE_CHARS)?;
        if text.is_empty() {
            return Err(format!("“{key}” is empty; leave it out where it is not known"));
        }
        let unknown = value.value.as_ref().filter(|it| !attribute.values.contains(it));
        if let Some(unknown) = unknown {
            return Err(format!(
                "“{}” is not a value that the schema suggests for “{key}”",
                rows::short(unknown)
            ));
        }
        profile.0.insert(key, ProfileValue { text, value: value.value });
    }
    let derived =
        identity::scenario_id(read.source, &read.domain, label.as_deref(), &query, &profile);
    let (severity, mut tags) = severity::classify(&query, label.as_deref(), &profile);
    if let Some(given) = read.tags {
        tags = Tag::ALL.iter().copied().filter(|it| given.contains(it)).collect();
    }
    Ok(Scenario {
        id: read.id.unwrap_or(derived),
        profile_id: identity::profile_id(&profile),
        source: read.source,
        domain: read.domain,
        label,
        query,
        severity: read.severity.unwrap_or(severity),
        tags,
        profile,
    })
}
