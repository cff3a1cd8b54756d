//! `rookery agent`.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow};
use llm::{Model, Models};
use raise::crisis::{Level, Screening, Written, raised, screen, tally};
use serde_json::json;

use super::input;
use crate::cli::{Agent, Screen};

/// `rookery agent`.
pub async fn agent(command: Agent) -> Result<ExitCode> {
    match command {
        Agent::Screen(args) => screen_messages(args).await,
        Agent::Evaluate(args) => super::agent_evaluation::evaluate(args).await,
    }
}

async fn screen_messages(args: Screen) -> Result<ExitCode> {
    let models = Models::new(args.model_file.read()?)?;
    let model = args.model.as_deref().map(|key| {
        models.get(key).ok_or_else(|| anyhow!("no model has the key {key}; see --models"))
    });
    let model = model.transpose()?;
    let messages = BufReader::new(input(&args.messages)?);
    let screened = screen_lines(messages, &mut io::stdout(), model, args.json).await?;
    report(&screened);
    Ok(ExitCode::SUCCESS)
}

/// One line out for each line in. What stood before a line that cannot be read has been written by then.
async fn screen_lines(
    mut messages: impl BufRead,
    out: &mut impl Write,
    model: Option<&Model>,
    as_json: bool,
) -> Result<Vec<(Written, Level)>> {
    let mut screened = Vec::new();
    let mut bytes = Vec::new();
    for line in 1_u64.. {
        bytes.clear();
        if messages.read_until(b'\n', &mut bytes).context("the messages cannot be read")? == 0 {
            break;
        }
        // An empty line at the end is the end.
        if bytes.trim_ascii().is_empty() && messages.fill_buf()?.is_empty() {
            break;
        }
        let object = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let message: Written = serde_json::from_slice(object).with_context(|| {
            format!("line {line} is no message of the form {{\"text\": \"…\"}}")
        })?;
        let found = asked(&message.text, model).await;
        tell(out, line, &found, as_json)?;
        screened.push((message, found.level));
    }
    Ok(screened)
}

/// Patterns first; then the model, if there is one. Its failure is told and leaves what the patterns found.
async fn asked(text: &str, model: Option<&Model>) -> Screening {
    let found = screen(text);
    let Some(model) = model else { return found };
    match raised(model, text, found.clone()).await {
        Ok(it) => it,
        Err(error) => {
            eprintln!("{}", error.person());
            found
        }
    }
}

/// One line at once, so that nothing is lost when a later one fails.
fn tell(out: &mut impl Write, line: u64, found: &Screening, as_json: bool) -> Result<()> {
    let written = if as_json {
        let object = json!({
            "crisis": found.is_crisis(), "level": found.level, "reason": found.reason,
            "kind": found.kind,
        });
        writeln!(out, "{object}")
    } else {
        let level = match found.level {
            Level::None => "none",
            Level::Concern => "concern",
            Level::Crisis => "CRISIS",
        };
        writeln!(out, "{line}: {level}: {}", found.reason)
    };
    written.and_then(|()| out.flush()).context("the result cannot be written")
}

fn report(screened: &[(Written, Level)]) {
    let share =
        |it: Option<f64>| it.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", it * 100.0));
    for (class, it) in tally(screened.iter().map(|it| (&it.0, it.1))) {
        eprintln!(
            "{class}: {} of {} found ({}), {} of {} false alarms ({})",
            it.found,
            it.crises,
            share(it.recall()),
            it.alarms,
            it.others,
            share(it.false_alarms())
        );
    }
}

#[cfg(test)]
mod tests {
    use llm::double::{Double, Script};
    use serde_json::Value;

    use super::*;

    async fn screened(input: &str, model: Option<&Model>) -> (Vec<Value>, Result<usize>) {
        let mut out = Vec::new();
        let result = screen_lines(input.as_bytes(), &mut out, model, true).await;
        let out = String::from_utf8(out).expect("JSON is text");
        let lines = out.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
        (lines, result.map(|it| it.len()))
    }

    #[tokio::test]
    async fn there_is_a_line_for_each_line() {
        let input = "{\"text\":\"I want to die\",\"id\":7}\n{\"text\":\"\"}\n{\"text\":\"I'm dead lol\",\"expect\":[1]}\n\n";
        let (lines, result) = screened(input, None).await;
        let crises: Vec<_> = lines.iter().map(|it| it["crisis"].as_bool()).collect();
        assert_eq!(crises, [Some(true), Some(false), Some(false)]);
        assert_eq!(lines[0]["level"], "crisis");
        assert!(lines.iter().all(|it| it["reason"].is_string()));
        assert_eq!(result.ok(), Some(3));
    }

    #[tokio::test]
    async fn a_line_that_is_no_message_is_named_after_the_others_were_answered() {
        for wrong in ["nonsense", "{}", "{\"text\":3}", ""] {
            let input = format!("{{\"text\":\"a\"}}\n{wrong}\n{{\"text\":\"b\"}}\n");
            let (lines, result) = screened(&input, None).await;
            assert_eq!(lines.len(), 1, "{wrong}");
            let error = result.expect_err("it cannot be read").to_string();
            assert!(error.starts_with("line 2 "), "{error}");
        }
    }

    #[tokio::test]
    async fn a_model_that_fails_leaves_what_the_patterns_found() {
        let input = "{\"text\":\"I want to die\"}\n{\"text\":\"It is what it is\"}\n";
        let answers = [
            (Script::json(400, &json!({})), Some(false)),
            (
                Script::json(
                    200,
                    &json!({ "choices": [{ "message": { "role": "assistant", "content": "{\"danger\": true}" }, "finish_reason": "stop" }] }),
                ),
                Some(true),
            ),
        ];
        for (script, second) in answers {
            let server = Double::playing([script]).await;
            let models = Models::new(server.config()).expect("sound");
            let (lines, _) = screened(input, Some(&models.list()[0])).await;
            assert_eq!(
                (lines[0]["crisis"].as_bool(), lines[1]["crisis"].as_bool()),
                (Some(true), second)
            );
            assert_eq!(server.requests().len(), 1);
        }
    }
}
