//! Reads what servers send: chunks, whole replies, embeddings, model lists and errors, of every dialect met so far.
//!
//! Everything is read through [`Value`], since a field may be absent, null, empty or of another type.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::reply::{Alternative, Finish, TokenLogprob, Usage};

/// What a server said went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    /// In words; may be empty.
    pub message: String,
    /// Its `type`, as `invalid_request_error`; may be empty.
    pub kind: String,
    /// Its `code`, a word or a number; may be empty.
    pub code: String,
}

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// What the server calls it.
    pub id: String,
    /// How many tokens fit, where the server says so.
    pub context: Option<u32>,
}

/// A text, or the texts of an array of parts.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|it| it["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// A word or a number as text.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The choice that is ours: we never ask for more than one.
pub(crate) fn choice(body: &Value) -> Option<&Value> {
    let ours = |it: &&Value| it["index"].as_u64().unwrap_or(0) == 0;
    body["choices"].as_array()?.iter().find(ours)
}

/// What a chunk's or reply's message says. A refusal is what the model says, too.
pub(crate) fn said(choice: &Value) -> String {
    let message = message(choice);
    let mut said = text(&message["content"]);
    said.push_str(&text(&message["refusal"]));
    if message.is_null() {
        said.push_str(&text(&choice["text"]));
    }
    said
}

/// What it thinks: `reasoning_content`, or `reasoning` where the server calls it so.
pub(crate) fn reasoning(choice: &Value) -> String {
    let message = message(choice);
    let named = text(&message["reasoning_content"]);
    if named.is_empty() { text(&message["reasoning"]) } else { named }
}

fn message(choice: &Value) -> &Value {
    if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] }
}

/// Why the choice ended; `None` while it goes on. An empty reason is none.
pub(crate) fn finish(choice: &Value) -> Option<Finish> {
    match choice["finish_reason"].as_str()? {
        "" => None,
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" => Some(Finish::Stop),
        "length" | "max_tokens" | "model_length" => Some(Finish::Length),
        "content_filter" => Some(Finish::Filtered),
        "tool_calls" | "tool_use" | "function_call" => Some(Finish::Tool),
        _ => Some(Finish::Unknown),
    }
}

/// Token counts; `None` where there are none, as in `null` and `{}`.
pub(crate) fn usage(body: &Value) -> Option<Usage> {
    let usage = [&body["usage"], &body["x_groq"]["usage"]].into_iter().find(|it| it.is_object())?;
    let prompt = usage["prompt_tokens"].as_u64();
    let completion = usage["completion_tokens"].as_u64();
    (prompt.is_some() || completion.is_some()).then(|| Usage {
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
        cached: usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or(0),
        estimated: false,
    })
}

/// Log-probabilities of the tokens; empty where there are none.
pub(crate) fn logprobs(choice: &Value) -> Vec<TokenLogprob> {
    let alternative = |it: &Value| {
        Some(Alternative {
            token: it["token"].as_str()?.to_owned(),
            logprob: it["logprob"].as_f64()?,
        })
    };
    let tokens = choice["logprobs"]["content"].as_array().into_iter().flatten();
    tokens
        .filter_map(|it| {
            let top = it["top_logprobs"].as_array().into_iter().flatten();
            Some(TokenLogprob {
                chosen: alternative(it)?,
                top: top.filter_map(alternative).collect(),
            })
        })
        .collect()
}

/// The complaint in a body: `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}` or `{"detail": …}`.
pub(crate) fn complaint(body: &Value) -> Option<Complaint> {
    let error = match &body["error"] {
        Value::Null | Value::Bool(false) if body["object"] == "error" => body,
        Value::Null | Value::Bool(false) => {
            let message = match &body["detail"] {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            return Some(Complaint { message, ..Complaint::default() });
        }
        Value::String(message) => {
            return Some(Complaint { message: message.clone(), ..Complaint::default() });
        }
        other => other,
    };
    Some(Complaint {
        message: text(&error["message"]),
        kind: word(&error["type"]),
        code: word(&error["code"]),
    })
}

/// The vectors of an embedding reply, in the order of the texts; `None` if there are not `count` of
/// one length.
pub(crate) fn embeddings(body: &Value, count: usize) -> Option<Vec<Vec<f32>>> {
    let data = body["data"].as_array()?;
    let mut vectors = vec![Vec::new(); count];
    for (position, entry) in data.iter().enumerate() {
        let index =
            entry["index"].as_u64().map_or(Some(position), |it| usize::try_from(it).ok())?;
        *vectors.get_mut(index)? = vector(&entry["embedding"])?;
    }
    let length = vectors.first().map_or(0, Vec::len);
    vectors.iter().all(|it| !it.is_empty() && it.len() == length).then_some(vectors)
}

/// A vector as numbers, or as base64 of little-endian `f32`.
fn vector(value: &Value) -> Option<Vec<f32>> {
    #[expect(clippy::cast_possible_truncation, reason = "vectors are f32 everywhere")]
    let number = |it: &Value| it.as_f64().map(|it| it as f32);
    let vector: Vec<f32> = match value {
        Value::Array(numbers) => numbers.iter().map(number).collect::<Option<_>>()?,
        Value::String(text) => {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            let (floats, rest) = bytes.as_chunks::<4>();
            rest.is_empty().then(|| floats.iter().map(|it| f32::from_le_bytes(*it)).collect())?
        }
        _ => return None,
    };
    vector.iter().all(|it| it.is_finite()).then_some(vector)
}

/// The models that a server lists; `None` where it is no list.
pub(crate) fn models(body: &Value) -> Option<Vec<ListedModel>> {
    let list = body["data"].as_array().or_else(|| body.as_array())?;
    let context = |it: &Value| {
        [&it["max_model_len"], &it["meta"]["n_ctx"], &it["context_length"]]
            .into_iter()
            .find_map(Value::as_u64)
            .and_then(|it| u32::try_from(it).ok())
    };
    let model =
        |it: &Value| Some(ListedModel { id: it["id"].as_str()?.to_owned(), context: context(it) });
    Some(list.iter().filter_map(model).collect())
}

#[cfg(test)]
mod tests;
