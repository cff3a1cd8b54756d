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
    }
}

async fn screen_messages(args: Screen) -> Result<ExitCode> {
    let models = Models::new(args.model_file.read()?)?;
    let model = args.model.as_deref().map(|key| {
        models.get(key).ok_or_else(|| anyhow!("no model has the key {key}; see --models"))
    });
    let model = model.transpose()?;
    let mut messages = BufReader::new(input(&args.messages)?);
    let mut screened: Vec<(Written, Level)> = Vec::new();
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
        let message: Written = serde_json::from_slice(&bytes).with_context(|| {
            format!("line {line} is no message of the form {{\"text\": \"…\"}}")
        })?;
        let found = asked(&message.text, model).await;
        tell(line, &found, args.json)?;
        screened.push((message, found.level));
    }
    report(&screened);
    Ok(ExitCode::SUCCESS)
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
fn tell(line: u64, found: &Screening, as_json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
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
