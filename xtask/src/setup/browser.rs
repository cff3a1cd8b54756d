//! The browser of the end-to-end tests.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::debian;
use crate::paths::Paths;
use crate::process;
use crate::progress::Steps;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Finds a Chromium, or installs Debian's where we are root.
pub(super) fn ensure(paths: &Paths, steps: &mut Steps) -> Result<PathBuf> {
    let mut step = steps.begin("Chromium for the end-to-end tests");
    if let Some(chosen) = env::var_os("ROOKERY_CHROMIUM").filter(|value| !value.is_empty()) {
        let chosen = PathBuf::from(chosen);
        if !chosen.is_file() {
            bail!("ROOKERY_CHROMIUM={} is not a file: correct or unset it", chosen.display());
        }
        step.found(&chosen.display().to_string());
        return Ok(chosen);
    }
    if let Some(found) = find() {
        step.found(&found.display().to_string());
        return Ok(found);
    }
    if debian::present() && process::is_root() {
        step.working("installing Debian's package, about half a minute");
        let log = paths.fresh_log("chromium")?;
        debian::refresh(&log, &mut step);
        debian::install("chromium", &log, &mut step)?;
        if let Some(found) = find() {
            step.done();
            return Ok(found);
        }
    }
    bail!(
        "no Chromium was found: install one (on Debian `apt-get install chromium` as root; anywhere \
         a Chrome or Chromium will do) and put it on PATH, or name its program in ROOKERY_CHROMIUM"
    )
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| process::on_path(name))
}
