//! `rookery answers` and `rookery judge`.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, Result};
use corpus::AnswerFormat;
use domain::{Origin, ScenarioFilter};
use engine::{AnswerPlan, Judge};
use llm::{ChatRequest, Models};

use super::{input, open, operator, output, tell};
use crate::cli::{Export, Generate, Import, JudgeAll};

/// `rookery answers generate`.
pub async fn generate_answers(args: Generate) -> Result<ExitCode> {
    let (filter, _) = ScenarioFilter::from_query(&args.filter).context("--filter")?;
    let models = Models::new(args.model_file.read()?)?;
    let engine = open(&args.data).await?.with_models(models, None);
    let plan = AnswerPlan {
        model: args.model,
        shown: args.shown,
        filter,
        limit: args.limit,
        parameters: ChatRequest {
            max_tokens: Some(args.max_tokens),
            temperature: Some(args.temperature),
            seed: Some(args.seed),
            ..ChatRequest::default()
        },
        parallel: args.parallel,
        origin: if args.recorded { Origin::Recorded } else { Origin::Live },
    };
    let show = !args.json && io::stderr().is_terminal();
    let progress = |it: &engine::AnswerSummary| {
        if show {
            eprint!("\r{} of {} answers made, {} failed ", it.made, it.wanted, it.failed);
        }
    };
    let summary = engine.answers_generate(&operator(), &plan, progress).await?;
    if show {
        eprintln!();
    }
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!(
            "{} of {} answers made with {} tokens, {} failed",
            summary.made, summary.wanted, summary.tokens, summary.failed
        );
        if let Some(it) = &summary.last_failure {
            println!("the last failure: {it}");
        }
    }
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// `rookery answers import`. A name that ends in `.csv` is CSV; all else is JSON lines.
pub async fn import_answers(args: Import) -> Result<ExitCode> {
    let is_csv = args.file.extension().is_some_and(|it| it.eq_ignore_ascii_case("csv"));
    let format = if is_csv { AnswerFormat::Csv } else { AnswerFormat::Jsonl };
    let input = input(&args.file)?;
    let summary = open(&args.data).await?.answers_import(&operator(), input, format).await?;
    tell(&summary, args.json)
}

/// `rookery answers export`.
pub async fn export_answers(args: Export) -> Result<()> {
    const FAILED: &str = "the answers cannot be written";
    let engine = open(&args.data).await?;
    let mut output = output(args.output.as_deref())?;
    let mut after = None;
    loop {
        let (lines, next) = engine.answers_export(&operator(), after.as_ref(), 500).await?;
        output.write_all(lines.as_bytes()).context(FAILED)?;
        if next.is_none() {
            return output.flush().context(FAILED);
        }
        after = next;
    }
}

/// `rookery judge`.
pub async fn judge(args: JudgeAll) -> Result<ExitCode> {
    let models = Models::new(args.model_file.read()?)?;
    let engine = open(&args.data).await?.with_models(models, None);
    let judge = Judge { model: args.model, readout: args.readout.into() };
    if args.report {
        let report = engine.judge_repeats(&operator(), &judge).await?;
        return show_repeats(&report, args.json);
    }
    let show = !args.json && io::stderr().is_terminal();
    let progress = |it: &engine::JudgeSummary| {
        if show {
            let done = it.scored + it.unscored + it.errored;
            eprint!(
                "\r{done} of {} verdicts, {} unscored, {} errors ",
                it.wanted, it.unscored, it.errored
            );
        }
    };
    let plan = engine::JudgePlan {
        judge,
        times: args.times,
        seed: args.seed,
        limit: args.limit,
        parallel: args.parallel,
    };
    let summary = engine.answers_judge(&operator(), &plan, progress).await?;
    if show {
        eprintln!();
    }
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!(
            "{} verdicts: {} scored, {} unscored, {} errors",
            summary.wanted, summary.scored, summary.unscored, summary.errored
        );
        if let Some(it) = &summary.last_error {
            println!("the last error: {it}");
        }
    }
    Ok(if summary.errored == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn show_repeats(report: &engine::RepeatReport, as_json: bool) -> Result<ExitCode> {
    if as_json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} verdicts, {} of them unscored", report.verdicts, report.unscored);
    for it in &report.dimensions {
        let share = |it: Option<f64>| {
            it.map_or_else(|| "none scored twice".to_owned(), |it| format!("{:.1} %", it * 100.0))
        };
        let alpha = match &it.alpha {
            stats::report::Coefficient::Estimate { value, .. } => format!("{value:.3}"),
            stats::report::Coefficient::Undefined { undefined } => {
                format!("undefined because {undefined}")
            }
        };
        println!(
            "{}: {} answers, {} pairs; same {}, within one {}, ordinal alpha {alpha}",
            it.dimension.label(),
            it.answers,
            it.pairs,
            share(it.same),
            share(it.within_one)
        );
    }
    Ok(ExitCode::SUCCESS)
}
