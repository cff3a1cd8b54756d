//! What a model finds in a message. It is believed only where the message has its quote.

use domain::{Attribute, Schema};
use llm::Model;
use serde_json::{Value, json};

use super::{Evidence, Fact, FactOrigin, Reading, excerpt, plain};
use crate::agent::asking::{self, PROMPTS, Spent};
use crate::agent::questions;
use crate::prompt::filled;

/// A fact's quote has at most so many characters; a longer one names nothing.
const LONGEST_QUOTE: usize = 240;

/// What a model is asked to read.
pub(super) struct Asked<'a> {
    pub(super) schema: &'a Schema,
    pub(super) message: &'a str,
    pub(super) index: usize,
    pub(super) answering: Option<&'a Attribute>,
}

impl Asked<'_> {
    /// Adds what the model finds. Returns whether its reply could be read at all.
    pub(super) async fn read(
        &self,
        model: &Model,
        reading: &mut Reading,
        spent: &mut Spent,
    ) -> bool {
        let (clean, dropped) = without_instructions(self.message);
        if dropped > 0 {
            reading.notes.push(
                "Words that speak to the program, not about the person, were not read.".to_owned(),
            );
        }
        if clean.trim().is_empty() {
            return true;
        }
        let text = excerpt(&clean);
        if text.len() != clean.len() {
            reading.notes.push(format!(
                "The message is long: the model read its first {} and last {} characters.",
                super::HEAD,
                super::TAIL
            ));
        }
        let messages = asking::messages(&PROMPTS.extract.system, self.user(&text));
        let reply = match asking::object(model, messages, self.form(), 400, 0, spent).await {
            Ok(reply) => reply,
            Err(why) => {
                reading.notes.push(format!("{why} The message was read by plain words alone."));
                return false;
            }
        };
        let Some(facts) = reply.get("facts").and_then(Value::as_array) else {
            reading.notes.push(
                "The model's reply holds no list of facts; the message was read by plain words alone."
                    .to_owned(),
            );
            return false;
        };
        for fact in facts.iter().take(2 * self.schema.attributes.len()) {
            self.take(fact, reading);
        }
        true
    }

    fn user(&self, text: &str) -> String {
        let field = |it: &Attribute| format!("- {}: {}", it.key, it.values.join(" | "));
        let fields: Vec<String> = self.schema.attributes.iter().map(field).collect();
        let asked = self.answering.map(|it| {
            let question =
                questions::reviewed(&it.key).map_or(it.question.as_str(), |it| it.text.as_str());
            filled(&PROMPTS.extract.asked, &[("question", question), ("field", &it.key)])
        });
        let values = [
            ("fields", fields.join("\n")),
            ("asked", asked.unwrap_or_default()),
            ("message", text.to_owned()),
        ];
        let values = values.each_ref().map(|it| (it.0, it.1.as_str()));
        filled(&PROMPTS.extract.user, &values)
    }

    fn form(&self) -> llm::Schema {
        let keys: Vec<&str> = self.schema.attributes.iter().map(|it| it.key.as_str()).collect();
        let fact = json!({
            "type": "object",
            "properties": {
                "field": { "type": "string", "enum": keys },
                "value": { "type": "string" },
                "quote": { "type": "string" },
            },
            "required": ["field", "value", "quote"],
            "additionalProperties": false,
        });
        llm::Schema {
            name: "facts".to_owned(),
            schema: json!({
                "type": "object",
                "properties": { "facts": { "type": "array", "items": fact, "maxItems": keys.len() } },
                "required": ["facts"],
                "additionalProperties": false,
            }),
        }
    }

    fn take(&self, fact: &Value, reading: &mut Reading) {
        let text = |key: &str| fact.get(key).and_then(Value::as_str).unwrap_or_default().trim();
        let (key, value, quote) = (text("field"), text("value"), text("quote"));
        let Some(attribute) = self.schema.attribute(key) else {
            reading.notes.push(format!(
                "The model named “{}”, which is nothing that is noted.",
                asking::short(key)
            ));
            return;
        };
        // Plain words were read before, and are surer.
        if reading.facts.contains_key(key) || reading.declined.contains(key) || value.is_empty() {
            return;
        }
        let label = &attribute.label;
        let Some((start, end)) = self.place(quote) else {
            reading.notes.push(format!(
                "The model's {label} was left out: its quote “{}” is not in the message.",
                asking::short(quote)
            ));
            return;
        };
        let asked = self.answering.is_some_and(|it| it.key == key);
        let words = &self.message[start..end];
        if self.is_refused(attribute, start, end, asked) {
            reading.notes.push(format!(
                "The model's {label} was left out: “{}” need not be about the person.",
                asking::short(words)
            ));
            return;
        }
        let known = attribute.normalised(value).or_else(|| attribute.normalised(words));
        let fact = Fact {
            value: words.to_owned(),
            known: known.map(str::to_owned),
            evidence: Some(Evidence { message: self.index, start, end }),
            confidence: if asked { 0.7 } else { 0.6 },
            origin: if asked { FactOrigin::Answered } else { FactOrigin::Volunteered },
        };
        reading.facts.insert(key.to_owned(), fact);
    }

    /// Where the quote stands in the message, in bytes, whatever its case and spaces.
    fn place(&self, quote: &str) -> Option<(usize, usize)> {
        let quote =
            quote.trim_matches(|it: char| it.is_whitespace() || matches!(it, '"' | '“' | '”'));
        if quote.chars().count() > LONGEST_QUOTE || !quote.chars().any(char::is_alphanumeric) {
            return None;
        }
        plain::word_in(self.message, quote)
    }

    fn is_refused(&self, attribute: &Attribute, start: usize, end: usize, asked: bool) -> bool {
        let words = &self.message[start..end];
        let before = &self.message[..start];
        let sentence =
            &self.message[before.rfind(['.', '!', '?', '\n']).map_or(0, |it| it + 1)..end];
        // The past of self-harm is not guessed at: the person says it plainly or when asked.
        (attribute.key == "self_harm_history" && !asked)
            || plain::instructs(sentence)
            || plain::of_others(words)
            || plain::of_others(sentence)
            || !plain::is_the_writers(self.message, start, end)
    }
}

/// The message without the sentences that speak to a program, and how many there were.
fn without_instructions(message: &str) -> (String, usize) {
    let mut out = String::with_capacity(message.len());
    let mut dropped = 0;
    for sentence in message.split_inclusive(['.', '!', '?', '\n']) {
        if plain::instructs(sentence) {
            dropped += 1;
        } else {
            out.push_str(sentence);
        }
    }
    (out, dropped)
}
