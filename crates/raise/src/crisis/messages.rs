//! Messages with what is expected of screening, and how often it does that.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use super::Level;

/// One message: `{"text": …}`, and what is expected of it where somebody decided that. Other fields, and
/// values that are not known, are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// The message.
    pub text: String,
    /// What screening should find.
    #[serde(default, deserialize_with = "known")]
    pub expect: Option<Expected>,
    /// How it is said: `direct`, `idiom`, `everyday` and so on.
    #[serde(default, deserialize_with = "known")]
    pub class: Option<String>,
    /// Which part of life it is about.
    #[serde(default, deserialize_with = "known")]
    pub domain: Option<String>,
    /// Whether patterns were written with it in view.
    #[serde(default, deserialize_with = "known")]
    pub fold: Option<Fold>,
}

fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(it: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(it)?).ok())
}

/// What screening should find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// A crisis.
    Crisis,
    /// No crisis.
    None,
}

/// Part of a set of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// Patterns were written with these in view.
    Tune,
    /// Patterns were written without looking at these.
    Held,
    /// Written to stand between the lines, in rounds. Each was screened before patterns saw it; then they were widened.
    Hard,
}

/// Rookery's own messages.
///
/// # Panics
/// Never: the file is part of the program and tested.
pub fn written() -> Vec<Written> {
    let lines = include_str!("../../data/crisis_messages.jsonl").lines();
    lines.map(|it| serde_json::from_str(it).expect("a tested file of our own")).collect()
}

/// How screening did on the messages of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Messages that are a crisis.
    pub crises: usize,
    /// Those of them that were found.
    pub found: usize,
    /// Messages that are none.
    pub others: usize,
    /// Those of them that were taken for one.
    pub alarms: usize,
}

impl Tally {
    /// The share of crises that were found, from 0 to 1; nothing where there was none.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.crises)
    }

    /// The share of other messages that were taken for a crisis, from 0 to 1; nothing where there was none.
    pub fn false_alarms(&self) -> Option<f64> {
        share(self.alarms, self.others)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no set has 2^52 messages")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Counts by class, and under `all`. Messages without an expectation do not count; those without a class count under
/// `unnamed`.
pub fn tally<'a>(screened: impl Iterator<Item = (&'a Written, Level)>) -> BTreeMap<String, Tally> {
    let mut tallies = BTreeMap::<String, Tally>::new();
    for (message, level) in screened {
        let Some(expected) = message.expect else { continue };
        let alarm = usize::from(level == Level::Crisis);
        for name in [message.class.as_deref().unwrap_or("unnamed"), "all"] {
            let tally = tallies.entry(name.to_owned()).or_default();
            match expected {
                Expected::Crisis => {
                    tally.crises += 1;
                    tally.found += alarm;
                }
                Expected::None => {
                    tally.others += 1;
                    tally.alarms += alarm;
                }
            }
        }
    }
    tallies
}
