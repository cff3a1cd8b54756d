//! Rows of the PENGUIN release: twelve text fields, no id, no domain.

use domain::{Profile, ProfileValue, Scenario, Schema, Source};
use serde_json::{Map, Value};

use crate::{identity, rows, severity};

/// What the release writes where nothing is known.
const ABSENT: [&str; 7] =
    ["", "not specified", "unspecified", "unknown", "n/a", "none given", "not provided"];

/// Reads a row. Fields that are not of the release are ignored.
pub(crate) fn from_row(row: &Map<String, Value>, schema: &Schema) -> Result<Scenario, String> {
    let source = match text(row, "source")?.as_deref() {
        Some("real") => Source::Real,
        Some("synthetic") => Source::Synthetic,
        Some(other) => {
            return Err(format!("“source” is “{}”, not real or synthetic", rows::short(other)));
        }
        None => return Err("“source” is missing".to_owned()),
    };
    let query = text(row, "query")?.ok_or("“query” is missing or empty")?;
    let query = rows::checked("query", &query, rows::MAX_QUERY_CHARS)?;
    let named =
        text(row, "scenario")?.ok_or("“scenario” is missing, so the domain is not known")?;
    let domain = schema.domain_of_label(&named).ok_or_else(|| {
        format!("“{}” is neither a domain nor a crisis label of the schema", rows::short(&named))
    })?;
    let labels = domain.subdomains.iter().flat_map(|it| &it.crisis_labels);
    let label = labels.into_iter().find(|it| it.eq_ignore_ascii_case(&named)).cloned();
    let mut profile = Profile::default();
    for attribute in &schema.attributes {
        let Some(found) = text(row, &attribute.key)? else { continue };
        let found = rows::checked(&attribute.key, &found, rows::MAX_VALUE_CHARS)?;
        let value = attribute.normalised(&found).map(str::to_owned);
        profile.0.insert(attribute.key.clone(), ProfileValue { text: found, value });
    }
    let (severity, tags) = severity::classify(&query, label.as_deref(), &profile);
    Ok(Scenario {
        id: identity::scenario_id(source, &domain.key, label.as_deref(), &query, &profile),
        profile_id: identity::profile_id(&profile),
        source,
        domain: domain.key.clone(),
        label,
        query,
        profile,
        severity,
        tags,
    })
}

/// A field's text, trimmed; `None` where it is missing or says that it is not known. A number counts as text.
fn text(row: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    let text = match row.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(format!("“{key}” is not a text")),
    };
    let absent = ABSENT.iter().any(|it| text.eq_ignore_ascii_case(it));
    Ok((!absent).then_some(text))
}
