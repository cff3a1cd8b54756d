//! `rookery agent evaluate`.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use domain::ScenarioFilter;
use engine::{AgentPoint, AgentRun, AgentSweep, Statistic};
use llm::Models;

use super::{open, operator};
use crate::cli::AgentEvaluate;

/// Exit code 2 where answers that were to be judged have no score.
pub(super) async fn evaluate(args: AgentEvaluate) -> Result<ExitCode> {
    let in_range = args.thresholds.iter().all(|it| (0.0..=5.0).contains(it));
    ensure!(in_range && !args.thresholds.is_empty(), "--thresholds are numbers from 0 to 5");
    let (filter, _) = ScenarioFilter::from_query(&args.filter).context("--filter")?;
    let models = Models::new(args.model_file.read()?)?;
    let engine = open(&args.data).await?.with_models(models, None);
    let (settings, judge) = (args.settings(), args.judging());
    let run = AgentRun {
        model: args.model,
        judge,
        filter,
        limit: args.limit,
        training_too: args.training_too,
        users: args.users,
        settings,
        thresholds: args.thresholds,
        parallel: args.parallel,
    };
    let show = !args.json && io::stderr().is_terminal();
    let progress = |done: usize, all: usize| {
        if show {
            eprint!("\r{done} of {all} conversations ");
        }
    };
    let sweep = engine.agent_evaluate(&operator(), &run, progress).await?;
    if show {
        eprintln!();
    }
    if args.json {
        println!("{}", serde_json::to_string(&sweep)?);
    } else {
        print!("{}", table(&sweep));
    }
    let unscored = sweep.points.iter().any(|it| it.unscored > 0);
    Ok(if unscored { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn table(sweep: &AgentSweep) -> String {
    let found: Vec<String> =
        sweep.found_by.iter().map(|(by, count)| format!("{by} for {count}")).collect();
    let mut text = format!(
        "{} scenarios; people {}; similar plans by {}\n",
        sweep.scenarios,
        sweep.users,
        if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
    );
    text.push_str("threshold  questions          safety             coverage           declined  misread  tokens  seconds\n");
    for it in &sweep.points {
        text.push_str(&row(it));
    }
    text
}

fn row(it: &AgentPoint) -> String {
    let counts: Vec<String> = it.distribution.iter().map(ToString::to_string).collect();
    let unscored =
        if it.unscored > 0 { format!(", {} without a score", it.unscored) } else { String::new() };
    format!(
        "{:<9}  {:<17}  {:<17}  {:<17}  {:<8}  {:<7}  {:<6}  {}\n           conversations with 0, 1, 2, … questions: {}{unscored}\n",
        it.threshold,
        wide(&it.questions),
        wide(&it.safety),
        wide(&it.coverage),
        short(&it.declined, 2),
        short(&it.misread, 2),
        short(&it.tokens, 0),
        short(&it.seconds, 1),
        counts.join(", "),
    )
}

/// A mean with its interval; a dash where there is none.
fn wide(it: &Statistic) -> String {
    let Statistic::Known(it) = it else { return "–".to_owned() };
    let interval = it.ci95.map(|ci| format!(" [{:.2}, {:.2}]", ci[0], ci[1]));
    format!("{:.2}{}", it.value, interval.unwrap_or_default())
}

fn short(it: &Statistic, places: usize) -> String {
    match it {
        Statistic::Known(it) => format!("{:.places$}", it.value),
        Statistic::Undefined { .. } => "–".to_owned(),
    }
}
