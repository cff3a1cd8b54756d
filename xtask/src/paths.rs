//! Where things lie: the checkout, and the cache outside it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The checkout and the cache.
///
/// **Invariant:** what is built or downloaded goes below `cache`. In the checkout only git-ignored
/// copies are written: `dist/`, `public/fonts/`, `frontend/bundle.css`, `end2end/node_modules`.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The checkout's top folder.
    pub(crate) root: PathBuf,
    /// The folder for everything that can be made again.
    pub(crate) cache: PathBuf,
    target: PathBuf,
}

impl Paths {
    /// Finds the checkout from the current folder upwards, and the cache from the environment.
    pub(crate) fn discover() -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        let Some(root) = here.ancestors().find(|dir| dir.join("xtask/Cargo.toml").is_file()) else {
            bail!(
                "{} is not inside a checkout of Rookery: go to one and try again",
                here.display()
            );
        };
        let cache = cache_dir(|name| env::var_os(name))?;
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), PathBuf::from);
        Ok(Self { root: root.to_owned(), target: absolute(&here, target), cache })
    }

    /// Cargo's target directory for everything native.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Cargo's target directory for the browser: its own, so that a bundle and a server can be built
    /// at the same time, and so that a second compiler does not undo the first one's work.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.cache.join("target-wasm")
    }

    /// The bundle that the server serves.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// `cargo install`'s root for the tools we build.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// The private compiler that knows wasm, where the active toolchain does not.
    pub(crate) fn rust_web(&self) -> PathBuf {
        self.cache.join("rust-web")
    }

    /// The folder of one group of npm packages.
    pub(crate) fn npm(&self, group: &str) -> PathBuf {
        self.cache.join("npm").join(group)
    }

    /// The fonts, ready to be copied to `public/fonts/`.
    pub(crate) fn fonts(&self) -> PathBuf {
        self.cache.join("fonts")
    }

    /// An empty log for one long step.
    pub(crate) fn fresh_log(&self, step: &str) -> Result<PathBuf> {
        let dir = self.cache.join("log");
        fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let log = dir.join(format!("{step}.log"));
        fs::write(&log, "").with_context(|| format!("{} cannot be written", log.display()))?;
        Ok(log)
    }
}

fn cache_dir(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = set("ROOKERY_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("rookery")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/rookery")))
        .context("no place for the cache: set ROOKERY_CACHE to a folder")?;
    if dir.is_relative() {
        bail!("the cache must be an absolute path, not {}: set ROOKERY_CACHE", dir.display());
    }
    Ok(dir)
}

fn absolute(base: &Path, path: PathBuf) -> PathBuf {
    if path.is_absolute() { path } else { base.join(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vars: &[(&str, &str)], expected: Option<&str>) {
        let dir = cache_dir(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        });
        assert_eq!(dir.ok().as_deref(), expected.map(Path::new), "{vars:?}");
    }

    #[test]
    fn cache_is_taken_from_the_environment() {
        check(&[("ROOKERY_CACHE", "/c"), ("HOME", "/h")], Some("/c"));
        check(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/x/rookery"));
        check(&[("HOME", "/h")], Some("/h/.cache/rookery"));
        check(&[("ROOKERY_CACHE", ""), ("HOME", "/h")], Some("/h/.cache/rookery"));
        check(&[("ROOKERY_CACHE", "relative")], None);
        check(&[], None);
    }
}
