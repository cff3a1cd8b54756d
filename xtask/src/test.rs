//! Every check that CI runs, one after another, with a header and the time of each.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, bail};

use crate::bundle::{self, Quality};
use crate::end2end;
use crate::paths::Paths;
use crate::process;
use crate::progress::spell;
use crate::serve;
use crate::setup::{self, Purpose, Talk, Toolbox};
use crate::sizes;
use crate::tidy;
use crate::workspace::Workspace;

/// What every check is given.
struct Ground<'a> {
    paths: &'a Paths,
    toolbox: Toolbox,
    frontend: String,
}

/// One check.
struct Check {
    name: &'static str,
    quick: bool,
    run: fn(&Ground<'_>) -> Result<()>,
}

const CHECKS: [Check; 11] = [
    Check { name: "lock", quick: true, run: lock },
    Check { name: "fmt", quick: true, run: fmt },
    Check { name: "tidy", quick: true, run: |ground| tidy::run(ground.paths) },
    Check { name: "clippy", quick: true, run: clippy },
    Check { name: "clippy-wasm", quick: false, run: clippy_wasm },
    Check { name: "model", quick: true, run: model },
    Check { name: "tests", quick: true, run: tests },
    Check { name: "doctests", quick: false, run: doctests },
    Check { name: "bundle", quick: false, run: bundle },
    Check { name: "sizes", quick: false, run: |ground| sizes::check(ground.paths) },
    Check { name: "end2end", quick: false, run: browser },
];

/// Runs the checks, and stops at the first that fails.
pub(crate) fn run(paths: &Paths, quick: bool, only: &[String], skip: &[String]) -> Result<()> {
    let chosen = choose(quick, only, skip)?;
    let since = Instant::now();
    let toolbox = setup::run(paths, Purpose::Test, Talk::Missing)?;
    // The server's build and tests look at the folder, and the bundle comes after them.
    fs::create_dir_all(paths.dist()).context("dist/ cannot be made")?;
    let frontend = Workspace::load(paths)?.package_in("frontend")?.to_owned();
    let ground = Ground { paths, toolbox, frontend };

    let mut passed: Vec<(&str, Duration)> = Vec::new();
    let mut failed = None;
    for check in &chosen {
        println!("\n── {} ──", check.name);
        let since = Instant::now();
        match (check.run)(&ground) {
            Ok(()) => passed.push((check.name, since.elapsed())),
            Err(error) => {
                failed = Some((check.name, error));
                break;
            }
        }
        println!("── {}: {} ──", check.name, spell(since.elapsed()));
    }
    conclude(&passed, failed, chosen.len(), since.elapsed())
}

fn choose(quick: bool, only: &[String], skip: &[String]) -> Result<Vec<&'static Check>> {
    for name in only.iter().chain(skip) {
        if !CHECKS.iter().any(|check| check.name == name) {
            let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            bail!("no check is called {name}; there are: {}", names.join(", "));
        }
    }
    let chosen: Vec<&Check> = CHECKS
        .iter()
        .filter(|check| !quick || check.quick)
        .filter(|check| only.is_empty() || only.iter().any(|name| name == check.name))
        .filter(|check| !skip.iter().any(|name| name == check.name))
        .collect();
    if chosen.is_empty() {
        bail!("no check is left to run: drop some of --skip");
    }
    Ok(chosen)
}

/// Says what ran. The last line is one that a machine can read.
fn conclude(
    passed: &[(&str, Duration)],
    failed: Option<(&str, Error)>,
    chosen: usize,
    elapsed: Duration,
) -> Result<()> {
    println!("\nran in {}:", spell(elapsed));
    for (name, time) in passed {
        println!("  {name:<12} passed {:>8}", spell(*time));
    }
    if let Some((name, _)) = &failed {
        println!("  {name:<12} failed");
    }
    let failures = usize::from(failed.is_some());
    let skipped = chosen - passed.len() - failures;
    println!("checks: {} passed, {failures} failed, {skipped} skipped", passed.len());
    match failed {
        Some((name, error)) => Err(error.context(format!("the check {name} failed"))),
        None => Ok(()),
    }
}

fn lock(ground: &Ground<'_>) -> Result<()> {
    let mut cargo = ground.toolbox.cargo(ground.paths);
    cargo.args(["metadata", "--locked", "--format-version", "1"]);
    process::capture(&mut cargo, "Cargo.lock is not up to date: run `cargo check` and commit it")
        .map(drop)
}

fn fmt(ground: &Ground<'_>) -> Result<()> {
    let mut cargo = ground.toolbox.cargo(ground.paths);
    cargo.args(["fmt", "--all", "--", "--check"]);
    process::run(&mut cargo, "formatting: run `cargo fmt --all`")
}

/// The native half. The frontend stands apart: its features and the server's are never built as one.
fn clippy(ground: &Ground<'_>) -> Result<()> {
    let mut cargo = native(ground, &["clippy"]);
    cargo.args(["--all-targets", "--", "--deny", "warnings"]);
    process::run(&mut cargo, "clippy")
}

/// The browser's half, with the clippy of the compiler that builds it.
fn clippy_wasm(ground: &Ground<'_>) -> Result<()> {
    let mut cargo = ground.toolbox.wasm_clippy(ground.paths);
    cargo
        .args(["--locked", "--package", &ground.frontend, "--target", "wasm32-unknown-unknown"])
        .args(["--", "--deny", "warnings"]);
    process::run(&mut cargo, "clippy for the browser")
}

/// What the tests of the real thing need: the smallest model with its server, and the one that embeds.
fn model(ground: &Ground<'_>) -> Result<()> {
    serve::build(ground.paths, &ground.toolbox, Quality::Dev)?;
    for key in ["smollm2-135m", "all-minilm-l6-v2"] {
        serve::pull(ground.paths, Quality::Dev, Some(key))?;
    }
    Ok(())
}

fn tests(ground: &Ground<'_>) -> Result<()> {
    let mut cargo = native(ground, &["nextest", "run"]);
    cargo.env("ROOKERY_CACHE", &ground.paths.cache);
    cargo.args(["--profile", if std::env::var_os("CI").is_some() { "ci" } else { "default" }]);
    process::run(&mut cargo, "tests")
}

fn doctests(ground: &Ground<'_>) -> Result<()> {
    process::run(&mut native(ground, &["test", "--doc"]), "doctests")
}

fn bundle(ground: &Ground<'_>) -> Result<()> {
    bundle::ensure(ground.paths, &ground.toolbox, Quality::Release)
}

fn browser(ground: &Ground<'_>) -> Result<()> {
    serve::build(ground.paths, &ground.toolbox, Quality::Dev)?;
    end2end::run(ground.paths, &ground.toolbox, &[])
}

fn native(ground: &Ground<'_>, verb: &[&str]) -> std::process::Command {
    let mut cargo = ground.toolbox.cargo(ground.paths);
    cargo.args(verb).args(["--locked", "--workspace", "--exclude", &ground.frontend]);
    cargo
}

#[cfg(test)]
mod tests_of_choice {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn names(quick: bool, only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let chosen = choose(quick, &strings(only), &strings(skip)).unwrap();
        chosen.iter().map(|check| check.name).collect()
    }

    #[test]
    fn checks_are_chosen() {
        assert_eq!(names(false, &[], &[]).len(), CHECKS.len());
        assert_eq!(names(true, &[], &[]), ["lock", "fmt", "tidy", "clippy", "model", "tests"]);
        assert_eq!(names(false, &["sizes", "bundle"], &[]), ["bundle", "sizes"]);
        assert_eq!(names(true, &[], &["tests", "lock"]), ["fmt", "tidy", "clippy", "model"]);
    }

    #[test]
    fn unknown_names_and_an_empty_choice_are_errors() {
        assert!(choose(false, &strings(&["other"]), &[]).is_err());
        assert!(choose(false, &[], &strings(&["other"])).is_err());
        assert!(choose(false, &strings(&["fmt"]), &strings(&["fmt"])).is_err());
    }

    #[test]
    fn failure_is_the_result() {
        let failed = Some(("fmt", anyhow::anyhow!("reason")));
        let error = conclude(&[("lock", Duration::ZERO)], failed, 3, Duration::ZERO).unwrap_err();
        assert_eq!(format!("{error:#}"), "the check fmt failed: reason");
        conclude(&[("lock", Duration::ZERO)], None, 1, Duration::ZERO).unwrap();
    }
}
