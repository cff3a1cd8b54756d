//! `rookery models`.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
    sync::Mutex,
};

use anyhow::{Result, anyhow};
use local_model::{Cache, Kind, Progress, Sources, State, usual_models};
use serde_json::json;

use crate::{
    cli::{Models, OneModel, Pull},
    config::LocalArgs,
};

/// `rookery models`.
pub async fn models(command: Models) -> Result<ExitCode> {
    match command {
        Models::List { local, json } => list(&local, json),
        Models::Pull(args) => pull(args).await,
        Models::Remove(OneModel { model, local }) => {
            let freed = local.cache()?.remove(&model).await?;
            println!("{} freed", bytes(freed));
            Ok(ExitCode::SUCCESS)
        }
        Models::Check(OneModel { model, local }) => {
            local.cache()?.check(&model).await?;
            println!("{model} is whole");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn list(local: &LocalArgs, as_json: bool) -> Result<ExitCode> {
    let cache = local.cache()?;
    let server = cache.server_at_hand(local.llama_server.as_deref())?;
    let usual = cache.usual().or_else(|| usual_models().next()).map(|it| &it.key);
    if as_json {
        let models = cache.models().into_iter().map(|(it, state)| {
            json!({
                "key": it.key, "label": it.label, "about": it.about, "licence": it.licence,
                "bytes": it.size(), "memory": it.memory, "state": word(state),
                "default": Some(&it.key) == usual,
            })
        });
        let server = server.map(|it| it.path.display().to_string());
        println!("{}", json!({ "models": models.collect::<Vec<_>>(), "llama_server": server }));
        return Ok(ExitCode::SUCCESS);
    }
    for (it, state) in cache.models() {
        let mark = if Some(&it.key) == usual { " (default)" } else { "" };
        println!("{}{mark}: {}, {}, {}", it.key, it.label, bytes(it.size()), word(state));
        println!("    {} Licence: {} ({}).", it.about, it.licence, it.licence_url);
    }
    match server {
        Some(it) => println!("llama-server: {}", it.path.display()),
        None => println!("llama-server: none; `rookery models pull` builds it"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn pull(args: Pull) -> Result<ExitCode> {
    let cache = args.local.cache()?;
    let sources = if args.packages_only { Sources::PackagesOnly } else { Sources::All };
    let shown = Shown::default();
    let report = |it: Progress| shown.show(it);
    let (key, weights) = if let Some(key) = args.model {
        let weights = cache.pull(&key, sources, &report).await?;
        (key, weights)
    } else {
        let spec = cache.pull_usual(sources, &report).await?;
        (spec.key.clone(), cache.weights(spec))
    };
    println!("{key}: {}", weights.display());
    let answers = local_model::model(&key).is_some_and(|it| it.kind == Kind::Chat);
    if answers && !args.weights_only {
        let server = server(&cache, &args.local, sources, &report).await?;
        println!("llama-server: {server}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn server(
    cache: &Cache,
    local: &LocalArgs,
    sources: Sources,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<String> {
    let found = cache.server(local.llama_server.as_deref(), sources, report).await;
    found.map(|it| it.path.display().to_string()).map_err(|it| anyhow!(it))
}

/// Progress on the terminal: a line that is written over, or a line for every tenth elsewhere.
#[derive(Default)]
struct Shown(Mutex<String>);

impl Shown {
    fn show(&self, progress: Progress) {
        let (line, step) = match progress {
            Progress::Bytes { file, done, total } => {
                let tenth = done.saturating_mul(10) / total.max(1);
                let line = format!("{file}: {} of {}", bytes(done), bytes(total));
                (line, format!("{file} {tenth}"))
            }
            Progress::Step(line) => (line.clone(), line),
        };
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if io::stderr().is_terminal() {
            eprint!("\r\u{1b}[K{line}");
        } else if *last != step {
            eprintln!("{line}");
        }
        *last = step;
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if io::stderr().is_terminal() {
            eprintln!();
        }
    }
}

fn word(state: State) -> String {
    match state {
        State::Absent => "not here".to_owned(),
        State::Partial { bytes: done } => format!("{} of it here", bytes(done)),
        State::Unverified => "here, not verified yet".to_owned(),
        State::Ready => "ready".to_owned(),
    }
}

/// A size for people, in decimal units.
fn bytes(count: u64) -> String {
    let (unit, name) = if count >= 1_000_000_000 { (100_000_000, "GB") } else { (100_000, "MB") };
    let tenths = count / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_spelled() {
        let check = |count, expected: &str| assert_eq!(bytes(count), expected);
        check(0, "0.0 MB");
        check(98_362_432, "98.3 MB");
        check(1_117_320_768, "1.1 GB");
    }
}
