//! The words of a question.

use domain::{Attribute, Schema};
use llm::{Model, Usage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::asking::{self, PROMPTS, Spent};
use super::{Picture, Settings, Wording, questions};
use crate::prompt::filled;

/// A question as the person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What it asks for.
    pub attribute: String,
    /// The question.
    pub text: String,
    /// Why it helps, as it goes on from “This helps because …”.
    pub why: String,
    /// Replies that are offered; each is read without a model.
    pub quick: Vec<String>,
    /// Whether a model worded it.
    pub worded_by_model: bool,
}

/// A question, and what it took to word it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worded {
    /// The question.
    pub question: Question,
    /// Plain sentences: why a model's words were not used.
    pub notes: Vec<String>,
    /// Tokens of every call made for it.
    pub usage: Usage,
    /// In millionths of a US dollar.
    pub cost_micros: u64,
}

/// The question in reviewed words.
pub fn reviewed(schema: &Schema, attribute: &str) -> Question {
    let key = attribute.to_owned();
    let Some(attribute) = schema.attribute(attribute) else {
        let text = "Is there something more about you that matters here?".to_owned();
        let why = "an answer can fit you better".to_owned();
        return Question { attribute: key, text, why, quick: Vec::new(), worded_by_model: false };
    };
    let ours = questions::reviewed(&key);
    Question {
        attribute: key,
        text: ours.map_or_else(|| attribute.question.clone(), |it| it.text.clone()),
        why: ours.map_or_else(|| "an answer can fit you better".to_owned(), |it| it.why.clone()),
        quick: questions::quick(attribute),
        worded_by_model: false,
    }
}

/// Words one question. A model's words are used where they pass the checks; for mental health and self-harm they are
/// never asked for, and neither when the question is asked once more.
pub async fn word(
    model: Option<&Model>,
    schema: &Schema,
    picture: &Picture,
    attribute: &str,
    settings: &Settings,
) -> Worded {
    let mut spent = Spent::default();
    let mut question = reviewed(schema, attribute);
    let mut notes = Vec::new();
    let always_ours = questions::reviewed(attribute).is_some_and(|it| it.is_always_ours);
    if picture.pending() == Some(attribute) {
        question.text =
            format!("Perhaps I asked badly; leave it out if you like. {}", question.text);
    } else if settings.wording == Wording::Model
        && !always_ours
        && let (Some(model), Some(it)) =
            (model.filter(|it| !it.config().small), schema.attribute(attribute))
    {
        match ask(model, schema, picture, it, &question.text, settings, &mut spent).await {
            Ok((text, why)) => {
                question.text = text;
                question.why = why.unwrap_or(question.why);
                question.worded_by_model = true;
            }
            Err(why) => notes.push(format!("{why} The reviewed words were used.")),
        }
    }
    Worded { question, notes, usage: spent.usage, cost_micros: spent.cost_micros }
}

async fn ask(
    model: &Model,
    schema: &Schema,
    picture: &Picture,
    attribute: &Attribute,
    example: &str,
    settings: &Settings,
    spent: &mut Spent,
) -> Result<(String, Option<String>), String> {
    let query = super::read::excerpt(&picture.query);
    let values = [("query", query.as_str()), ("label", &attribute.label), ("example", example)];
    let messages = asking::messages(&PROMPTS.word.system, filled(&PROMPTS.word.user, &values));
    let form = llm::Schema {
        name: "question".to_owned(),
        schema: json!({
            "type": "object",
            "properties": { "question": { "type": "string" }, "why": { "type": "string" } },
            "required": ["question", "why"],
            "additionalProperties": false,
        }),
    };
    let reply = asking::object(model, messages, form, 160, settings.seed, spent).await?;
    let text = |key: &str| reply.get(key).and_then(|it| it.as_str()).unwrap_or_default().trim();
    let question = text("question");
    check(schema, attribute, &picture.query, question).map_err(|why| {
        format!("The model's question was not used: it {why} (“{}”).", asking::short(question))
    })?;
    let why = text("why").trim_end_matches('.');
    let fits = why_fits(why) && check_words(why).is_ok();
    Ok((question.to_owned(), fits.then(|| why.to_owned())))
}

/// Whether a model's question may be put to a person; otherwise what is wrong with it, going on from “it”.
pub(super) fn check(
    schema: &Schema,
    attribute: &Attribute,
    query: &str,
    text: &str,
) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    let marks = text.chars().filter(|it| matches!(it, '?' | '？' | '؟')).count();
    if marks != 1 {
        return Err("does not have exactly one question mark");
    }
    if text.split_whitespace().count() > 40 || text.chars().count() > 300 {
        return Err("is too long");
    }
    check_words(text)?;
    let words = words(text);
    let names = |it: &Attribute| {
        questions::about(it).iter().any(|about| words.iter().any(|word| word.starts_with(about)))
    };
    if is_english(query) && !names(attribute) {
        return Err("does not ask for what it should");
    }
    let own = questions::about(attribute);
    let other = |it: &Attribute| {
        let shared = |about: &String| own.iter().any(|own| own == about);
        let about = questions::about(it);
        let mut about = about.iter().filter(|it| !shared(it));
        it.key != attribute.key && about.any(|about| words.iter().any(|word| word == about))
    };
    if schema.attributes.iter().any(other) {
        return Err("asks for something else too");
    }
    Ok(())
}

/// What no sentence of a model's may have beside the checks of a question.
fn check_words(text: &str) -> Result<(), &'static str> {
    const ADVICE: [&str; 12] = [
        "you should",
        "you could",
        "you must",
        "you need to",
        "i recommend",
        "i suggest",
        "i advise",
        "try to",
        "make sure",
        "consider ",
        "seek help",
        "my advice",
    ];
    if text.contains(['*', '#', '`', '[', ']', '|', '<', '>', '{', '}', '\n', '\r', '_'])
        || text.contains("://")
        || text.chars().any(char::is_control)
    {
        return Err("has markup in it");
    }
    let lower = text.to_lowercase();
    if ADVICE.iter().any(|it| lower.contains(it)) {
        return Err("gives advice");
    }
    Ok(())
}

fn why_fits(why: &str) -> bool {
    !why.is_empty() && why.split_whitespace().count() <= 25 && !why.contains(['?', '？', '؟'])
}

fn words(text: &str) -> Vec<String> {
    let split = text.split(|it: char| !it.is_alphanumeric());
    split.filter(|it| !it.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a text has the little words of English, so that words can be looked for in an answer to it.
fn is_english(text: &str) -> bool {
    const LITTLE: [&str; 14] =
        ["the", "i", "my", "to", "and", "of", "is", "a", "do", "how", "should", "what", "it", "me"];
    let words = words(text);
    let hits = words.iter().filter(|it| LITTLE.contains(&it.as_str())).count();
    hits * 5 >= words.len()
}
