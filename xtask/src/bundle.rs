//! The browser bundle in `dist/`: the stylesheet, then trunk.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::inputs;
use crate::paths::Paths;
use crate::process;
use crate::setup::Toolbox;
use crate::style;

const STAMP: &str = ".stamp";

/// How a bundle or a server is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    /// Quick to build.
    Dev,
    /// As it is shipped.
    Release,
}

impl Quality {
    /// Reads the flag `--release`.
    pub(crate) fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The flag for cargo and trunk.
    pub(crate) fn flag(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }
}

/// Builds the bundle, unless the one in `dist/` was made of just these inputs. One that is as shipped
/// will do for development too, so that tests and `serve` do not undo each other's work.
pub(crate) fn ensure(paths: &Paths, toolbox: &Toolbox, quality: Quality) -> Result<()> {
    style::bundle(paths)?;
    let inputs = inputs::fingerprint(paths, &toolbox.wasm.fingerprint())?;
    let dist = paths.dist();
    if dist.join("index.html").is_file() && serves(read_stamp(&dist), &inputs, quality) {
        return Ok(());
    }
    println!("bundle: building for the browser");
    fetch(paths, toolbox)?;
    build(paths, toolbox, quality)?;
    let stamp = dist.join(STAMP);
    fs::write(&stamp, stamp_text(&inputs, quality))
        .with_context(|| format!("{} cannot be written", stamp.display()))
}

fn read_stamp(dist: &Path) -> Option<String> {
    fs::read_to_string(dist.join(STAMP)).ok()
}

fn stamp_text(inputs: &str, quality: Quality) -> String {
    format!("{inputs} {quality:?}")
}

/// Whether a bundle with this stamp is what is asked for.
fn serves(stamp: Option<String>, inputs: &str, quality: Quality) -> bool {
    let made = |quality| stamp.as_deref() == Some(&*stamp_text(inputs, quality));
    made(quality) || made(Quality::Release)
}

/// Runs trunk, whatever is in `dist/`. The stamp goes first: a build that stops half-way, or one of
/// the watch loop, leaves nothing that a later [`ensure`] would take for a known bundle.
pub(crate) fn build(paths: &Paths, toolbox: &Toolbox, quality: Quality) -> Result<()> {
    let _ = fs::remove_file(paths.dist().join(STAMP));
    let mut trunk = toolbox.trunk(paths);
    trunk.arg("build").args(quality.flag());
    // Only warnings: cargo's own lines say how far it has come.
    trunk.args(["--config", "Trunk.toml", "--log", "warn"]);
    process::run(&mut trunk, "browser bundle")
}

/// Brings in the crates, since trunk calls cargo with `--offline`.
fn fetch(paths: &Paths, toolbox: &Toolbox) -> Result<()> {
    let mut cargo = toolbox.cargo(paths);
    cargo.args(["fetch", "--quiet"]);
    process::run(&mut cargo, "crates of the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stamp: Option<&str>, quality: Quality, expected: bool) {
        assert_eq!(serves(stamp.map(str::to_owned), "ab", quality), expected, "{stamp:?}");
    }

    #[test]
    fn bundle_is_built_again_only_where_it_must() {
        check(Some("ab Dev"), Quality::Dev, true);
        check(Some("ab Release"), Quality::Dev, true);
        check(Some("ab Release"), Quality::Release, true);
        check(Some("ab Dev"), Quality::Release, false);
        check(Some("cd Dev"), Quality::Dev, false);
        check(None, Quality::Dev, false);
    }
}
