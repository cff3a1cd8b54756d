//! Tools that cargo builds: trunk, wasm-bindgen, cargo-nextest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::cargo;
use crate::paths::Paths;
use crate::process;
use crate::progress::{Step, Steps};

const TRUNK: &str = "0.22.1";

/// Finds or builds trunk.
pub(super) fn trunk(paths: &Paths, steps: &mut Steps) -> Result<PathBuf> {
    let mut step = steps.begin(format!("trunk {TRUNK}"));
    if let Some(found) = find(paths, "trunk", TRUNK) {
        step.found(&found.display().to_string());
        return Ok(found);
    }
    step.working("building, about 7 minutes on two cores");
    let log = paths.fresh_log("trunk")?;
    // Its own release profile is fat LTO, which takes longer than it will ever save here. It declares
    // a newer compiler than it needs.
    let mut install = install(paths, "trunk", TRUNK);
    install
        .args(["--locked", "--ignore-rust-version"])
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    process::logged(&mut install, "trunk", &log, &mut step)?;
    finish(paths, step, "trunk", TRUNK)
}

/// Finds or builds wasm-bindgen, of exactly the version that the workspace is locked to.
pub(super) fn wasm_bindgen(paths: &Paths, steps: &mut Steps) -> Result<PathBuf> {
    let version = locked(paths, "wasm-bindgen")?;
    let mut step = steps.begin(format!("wasm-bindgen {version}"));
    if let Some(found) = find(paths, "wasm-bindgen", &version) {
        step.found(&found.display().to_string());
        return Ok(found);
    }
    step.working("building, about 2 minutes on two cores");
    let log = paths.fresh_log("wasm-bindgen")?;
    let build = |locked: bool, step: &mut Step| {
        let mut install = install(paths, "wasm-bindgen-cli", &version);
        install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        if locked {
            install.arg("--locked");
        }
        process::logged(&mut install, "wasm-bindgen", &log, step)
    };
    // Its lock file may name a version that has been withdrawn since: then without it.
    build(true, &mut step).or_else(|_| build(false, &mut step))?;
    finish(paths, step, "wasm-bindgen", &version)
}

/// Finds or builds cargo-nextest; any version will do.
pub(super) fn nextest(paths: &Paths, steps: &mut Steps) -> Result<()> {
    let mut step = steps.begin("cargo-nextest");
    if let Some(found) = find(paths, "cargo-nextest", "") {
        step.found(&found.display().to_string());
        return Ok(());
    }
    step.working("building, about 6 minutes on two cores");
    let log = paths.fresh_log("cargo-nextest")?;
    let mut install = install(paths, "cargo-nextest", "");
    install
        .arg("--locked")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    process::logged(&mut install, "cargo-nextest", &log, &mut step)?;
    finish(paths, step, "cargo-nextest", "").map(drop)
}

/// Removes what building the tools left behind.
pub(super) fn clean_up(paths: &Paths) -> Result<()> {
    let dir = build_dir(paths);
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("{} cannot be removed", dir.display()))?;
    }
    Ok(())
}

fn build_dir(paths: &Paths) -> PathBuf {
    paths.cache.join("tools-target")
}

fn install(paths: &Paths, package: &str, version: &str) -> Command {
    let mut command = cargo(paths);
    command
        .current_dir(&paths.cache)
        .args(["install", "--force", package])
        .arg("--root")
        .arg(paths.tools())
        .arg("--target-dir")
        .arg(build_dir(paths))
        .env_remove("CARGO_TARGET_DIR");
    if !version.is_empty() {
        command.args(["--version", version]);
    }
    command
}

fn finish(paths: &Paths, step: Step, tool: &str, version: &str) -> Result<PathBuf> {
    let found = find(paths, tool, version).with_context(|| {
        format!("{tool} was built and yet cannot be run: see {}", paths.cache.join("log").display())
    })?;
    step.done();
    Ok(found)
}

/// A tool of the wanted version: ours, or one on PATH.
fn find(paths: &Paths, tool: &str, version: &str) -> Option<PathBuf> {
    let ours = Some(paths.tools().join("bin").join(tool)).filter(|file| file.is_file());
    [ours, process::on_path(tool)]
        .into_iter()
        .flatten()
        .find(|file| version.is_empty() || has_version(file, version))
}

fn has_version(file: &Path, version: &str) -> bool {
    process::capture(process::command(file).arg("--version"), "version")
        .is_ok_and(|shown| shown.split_whitespace().nth(1) == Some(version))
}

fn locked(paths: &Paths, package: &str) -> Result<String> {
    let file = paths.root.join("Cargo.lock");
    let text = fs::read_to_string(&file).with_context(|| {
        format!("{} cannot be read: run `cargo generate-lockfile`", file.display())
    })?;
    locked_version(&text, package)
        .with_context(|| format!("{} does not name {package}", file.display()))
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }

    #[test]
    fn version_is_the_second_word() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("tool");
        fs::write(&tool, "#!/bin/sh\necho tool 1.2.3\n").unwrap();
        let mut mode = fs::metadata(&tool).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
        fs::set_permissions(&tool, mode).unwrap();
        assert!(has_version(&tool, "1.2.3"));
        assert!(!has_version(&tool, "1.2.4"));
    }
}
