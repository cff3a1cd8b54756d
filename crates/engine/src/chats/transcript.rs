//! A conversation to keep.

use std::fmt::Write;

use domain::ChatId;
use raise::agent::Chosen;
use serde_json::{Value, json};

use super::{What, record::Record};
use crate::{Ctx, Engine, EngineError};

impl Engine {
    /// The whole conversation with every decision, as JSON.
    pub async fn chat_json(&self, ctx: &Ctx, id: &ChatId) -> Result<Value, EngineError> {
        let live = self.live(ctx, id).await?;
        let record = live.lock().record.clone();
        let mut value = json!(record);
        // Whoever is handed a transcript is not handed the conversation.
        if let Some(it) = value.as_object_mut() {
            it.remove("id");
            it.remove("parent");
        }
        Ok(value)
    }

    /// The conversation as Markdown, to read.
    pub async fn chat_markdown(&self, ctx: &Ctx, id: &ChatId) -> Result<String, EngineError> {
        let live = self.live(ctx, id).await?;
        let record = live.lock().record.clone();
        let mut out = String::new();
        // Writing into a text cannot fail.
        let _ = write(&record, &self.labels(), &mut out);
        Ok(out)
    }
}

fn write(record: &Record, labels: &[(String, String)], out: &mut String) -> std::fmt::Result {
    writeln!(out, "# A conversation with RAISE\n\nModel: {}\n", record.model)?;
    for it in &record.items {
        match &it.what {
            What::Said { text, .. } => writeln!(out, "**You**\n\n{}\n", quoted(text))?,
            What::Care { danger, .. } => {
                let words = danger.map_or("", raise::crisis::reply);
                writeln!(out, "**Rookery**\n\n{words} Help lines: /help-lines\n")?;
            }
            What::Asked { question, number, decision } => {
                writeln!(out, "**RAISE, question {number}**\n\n{}\n", quoted(&question.text))?;
                if let Chosen::Ask { because, .. } = &decision.chosen {
                    writeln!(out, "Why: {because}\n")?;
                }
            }
            What::Answered(answer) => {
                writeln!(out, "**{}**\n\n{}\n", record.model, quoted(&answer.text))?;
            }
            What::Note { text } => writeln!(out, "{text}\n")?,
        }
    }
    if let Some(unasked) = &record.unasked {
        writeln!(out, "**{}, told nothing**\n\n{}\n", record.model, quoted(&unasked.text))?;
    }
    writeln!(out, "## What it knew\n")?;
    for (key, label) in labels {
        if let Some(fact) = record.picture.facts.get(key) {
            writeln!(out, "- {label}: {}", fact.value.replace('\n', " "))?;
        }
    }
    Ok(())
}

/// Words that somebody wrote, as a quotation.
fn quoted(text: &str) -> String {
    text.lines().map(|it| format!("> {it}")).collect::<Vec<_>>().join("\n")
}
