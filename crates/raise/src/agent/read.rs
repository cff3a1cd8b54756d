//! What a message says about its writer.

mod by_model;
mod plain;

use std::collections::{BTreeMap, BTreeSet};

use domain::Schema;
use llm::{Model, Usage};
use serde::{Deserialize, Serialize};

use super::asking::Spent;
use super::{Evidence, Fact, FactOrigin, Picture, questions};

/// What a message says about its writer, and what it took to find out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// By attribute key.
    pub facts: BTreeMap<String, Fact>,
    /// Attributes that the person would rather not speak of.
    pub declined: BTreeSet<String>,
    /// Whether the person wants the answer now.
    pub hurry: bool,
    /// Whether something was asked, and the message says something else.
    pub off_topic: bool,
    /// Where a newer value differs from what was known. The newer one counts.
    pub contradictions: Vec<Contradiction>,
    /// Plain sentences: what could not be used, and what was left out.
    pub notes: Vec<String>,
    /// Tokens of every call made for it.
    pub usage: Usage,
    /// In millionths of a US dollar.
    pub cost_micros: u64,
}

/// A newer value that differs from what was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// Of this attribute.
    pub attribute: String,
    /// What was known.
    pub old: String,
    /// What is said now.
    pub new: String,
}

/// A model is sent at most so many characters of a message from its beginning, and so many from its end.
const HEAD: usize = 3_000;
const TAIL: usize = 1_000;

/// A reply of up to so many characters is taken as the answer where no model can tell.
const SHORT_REPLY: usize = 200;
/// The longest reply that is taken as it stands where no model reads it, in characters.
const OWN_WORDS: usize = 80;

/// Reads a message. `message_index` is put into the evidence; `answering` is the attribute that was asked for, if the
/// message replies to a question.
///
/// Plain words are read first: an offered reply, a value of the schema, "rather not say", "just answer", and what people
/// usually say of themselves. The model is asked only where that does not settle it. A fact needs a quote that stands in
/// the message; its value is always the person's own words.
pub async fn read(
    model: Option<&Model>,
    schema: &Schema,
    picture: &Picture,
    message: &str,
    message_index: usize,
    answering: Option<&str>,
) -> Reading {
    let mut reading = Reading::default();
    // A small one fills in every field, whatever was said.
    let model = model.filter(|it| !it.config().small);
    let answering = answering.and_then(|it| schema.attribute(it));
    if message.trim().is_empty() {
        reading.off_topic = answering.is_some();
        reading.notes.push("The message was empty; nothing was read.".to_owned());
        return reading;
    }
    let span = |found: plain::Found, origin| {
        let evidence = Evidence { message: message_index, start: found.start, end: found.end };
        let value = message[found.start..found.end].to_owned();
        let confidence = found.confidence;
        Fact { value, known: found.known, evidence: Some(evidence), confidence, origin }
    };
    reading.hurry = plain::hurries(message);
    for (attribute, found) in plain::volunteered(schema, message) {
        let asked = answering.is_some_and(|it| it.key == attribute);
        let origin = if asked { FactOrigin::Answered } else { FactOrigin::Volunteered };
        reading.facts.insert(attribute, span(found, origin));
    }
    let mut settled = reading.hurry;
    if let Some(asked) = answering {
        if let Some(found) = plain::chosen(schema, asked, message) {
            reading.facts.insert(asked.key.clone(), span(found, FactOrigin::Chosen));
            settled = true;
        } else if plain::declines(message) {
            reading.facts.remove(&asked.key);
            reading.declined.insert(asked.key.clone());
            settled = true;
        } else if let Some(found) = plain::valued(asked, message) {
            reading
                .facts
                .entry(asked.key.clone())
                .or_insert_with(|| span(found, FactOrigin::Answered));
        }
        settled |= reading.facts.contains_key(&asked.key) && message.chars().count() <= SHORT_REPLY;
    }
    if !settled {
        let mut spent = Spent::default();
        let asked = by_model::Asked { schema, message, index: message_index, answering };
        let understood = match model {
            Some(model) => asked.read(model, &mut reading, &mut spent).await,
            None => false,
        };
        (reading.usage, reading.cost_micros) = (spent.usage, spent.cost_micros);
        if let Some(asked) = answering
            && !understood
            // Who tells something else did not answer this.
            && reading.facts.is_empty()
            && let Some(found) = plain::own_words(message, OWN_WORDS)
        {
            reading.notes.push("The reply was taken as it stands.".to_owned());
            reading.facts.insert(asked.key.clone(), span(found, FactOrigin::Answered));
        }
    }
    if let Some(asked) = answering {
        let said = reading.facts.contains_key(&asked.key) || reading.declined.contains(&asked.key);
        reading.off_topic = !said && !reading.hurry;
    }
    contradictions(schema, picture, &mut reading);
    reading
}

fn contradictions(schema: &Schema, picture: &Picture, reading: &mut Reading) {
    for (attribute, fact) in &reading.facts {
        let Some(before) = picture.facts.get(attribute) else { continue };
        let same = match (&before.known, &fact.known) {
            (Some(a), Some(b)) => a == b,
            _ => questions::folded(&before.value) == questions::folded(&fact.value),
        };
        if !same {
            let label = schema.attribute(attribute).map_or(attribute.as_str(), |it| &it.label);
            reading.notes.push(format!("{label} was known otherwise; the newer words count."));
            reading.contradictions.push(Contradiction {
                attribute: attribute.clone(),
                old: before.value.clone(),
                new: fact.value.clone(),
            });
        }
    }
}

/// The head and the tail of a text that is too long to be sent, with a mark between; otherwise the text.
pub(super) fn excerpt(text: &str) -> String {
    let count = text.chars().count();
    if count <= HEAD + TAIL {
        return text.to_owned();
    }
    let head: String = text.chars().take(HEAD).collect();
    let tail: String = text.chars().skip(count - TAIL).collect();
    format!("{head}\n[… {} characters left out …]\n{tail}", count - HEAD - TAIL)
}
