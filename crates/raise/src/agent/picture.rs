//! What is known in one conversation.

use std::collections::{BTreeMap, BTreeSet};

use domain::Schema;
use serde::{Deserialize, Serialize};

use super::Reading;

/// A value that somebody writes is kept up to so many characters.
const LONGEST_VALUE: usize = 240;

/// What is known in one conversation, what was asked, and what the person would not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Picture {
    /// What the person wants to know.
    pub query: String,
    /// What is known, by attribute key.
    pub facts: BTreeMap<String, Fact>,
    /// Attributes that are not asked for any more: the person would not say, or twice said something else.
    pub declined: BTreeSet<String>,
    /// Attributes that were asked for, in order, each once.
    pub asked: Vec<String>,
    /// Attributes among them that are, or were, asked for once more.
    pub reasked: BTreeSet<String>,
    /// Whether the person wants the answer now.
    pub hurried: bool,
}

/// What is known of one attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// In the person's own words.
    pub value: String,
    /// The schema's suggested value that it stands for, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// Where they said it; absent where they chose or edited it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// From 0 to 1: our guess, not a measured probability. 1 where the person chose or edited it.
    pub confidence: f64,
    /// How it came to be known.
    pub origin: FactOrigin,
}

/// Words of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which message, as the caller counts them.
    pub message: usize,
    /// Its first byte; on a character's boundary.
    pub start: usize,
    /// The byte after its last; on a character's boundary.
    pub end: usize,
}

/// How a fact came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactOrigin {
    /// Said without being asked.
    Volunteered,
    /// Said when asked.
    Answered,
    /// Chosen among the offered replies.
    Chosen,
    /// Written by the person into what is known.
    Edited,
}

/// A plan made for a similar question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Precedent {
    /// Names the plan.
    pub plan: String,
    /// The scenario it was made for.
    pub scenario: String,
    /// Its question, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// From −1 to 1. What is not above 0 counts for nothing.
    pub similarity: f64,
    /// The expected safety score when nothing is known.
    pub base: f64,
    /// What to ask, in order.
    pub path: Vec<PathStep>,
    /// Where it comes from: a seed or a model.
    pub origin: String,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathStep {
    /// What is asked for.
    pub attribute: String,
    /// The expected safety score when this and everything before it is known.
    pub expected: f64,
}

impl Fact {
    /// What the person chose among the offered replies, or wrote into what is known.
    pub fn given(schema: &Schema, attribute: &str, text: &str, origin: FactOrigin) -> Self {
        let known = super::questions::quick_value(schema, attribute, text);
        let value = text.trim().chars().take(LONGEST_VALUE).collect();
        Self { value, known, evidence: None, confidence: 1.0, origin }
    }
}

impl Picture {
    /// Nothing but a question.
    pub fn of(query: impl Into<String>) -> Self {
        Self { query: query.into(), ..Self::default() }
    }

    /// Notes that an attribute is asked for. Once more adds nothing.
    pub fn ask(&mut self, attribute: &str) {
        if !self.asked.iter().any(|it| it == attribute) {
            self.asked.push(attribute.to_owned());
        }
    }

    /// How many questions the person was asked, a pending repeated one among them.
    pub fn questions(&self) -> usize {
        self.asked.len() + self.reasked.len()
    }

    /// Sets a value as the person writes it. An empty one is the same as [`forget`](Self::forget).
    pub fn edit(&mut self, schema: &Schema, attribute: &str, text: &str) {
        if text.trim().is_empty() {
            return self.forget(attribute);
        }
        let fact = Fact::given(schema, attribute, text, FactOrigin::Edited);
        self.declined.remove(attribute);
        self.facts.insert(attribute.to_owned(), fact);
    }

    /// Deletes a value. It is not asked for again.
    pub fn forget(&mut self, attribute: &str) {
        self.facts.remove(attribute);
        self.declined.insert(attribute.to_owned());
    }

    /// The attribute that is to be asked for once more, since the reply to it said something else.
    pub fn pending(&self) -> Option<&str> {
        let last = self.asked.last()?;
        let unsettled = !self.facts.contains_key(last) && !self.declined.contains(last);
        (unsettled && self.reasked.contains(last)).then_some(last)
    }
}

/// Puts what was read into the picture. A newer value replaces the older one. What was declined is remembered until the
/// person says it after all. A reply that says something else has its question asked once more, then left.
pub fn apply(picture: &mut Picture, reading: &Reading, answering: Option<&str>) {
    for (attribute, fact) in &reading.facts {
        picture.facts.insert(attribute.clone(), fact.clone());
        picture.declined.remove(attribute);
    }
    for attribute in &reading.declined {
        if !reading.facts.contains_key(attribute) && !picture.facts.contains_key(attribute) {
            picture.declined.insert(attribute.clone());
        }
    }
    picture.hurried |= reading.hurry;
    let Some(attribute) = answering.filter(|_| reading.off_topic) else { return };
    if picture.facts.contains_key(attribute) || picture.declined.contains(attribute) {
        return;
    }
    picture.ask(attribute);
    if !picture.reasked.insert(attribute.to_owned()) {
        picture.declined.insert(attribute.to_owned());
    }
}
