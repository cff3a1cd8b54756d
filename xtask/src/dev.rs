//! The watch loop: a saved file becomes a reloaded page.
//!
//! One loop builds both halves, side by side, and restarts the server when both are done, so that
//! what the server renders and what the browser hydrates are of one state. The page holds a stream
//! open to the server and reloads when a new server answers it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::bundle::{self, Quality};
use crate::inputs;
use crate::paths::Paths;
use crate::process;
use crate::progress::spell;
use crate::serve;
use crate::setup::{self, Purpose, Talk, Toolbox};
use crate::style;
use crate::watch::Watch;

const WATCHED: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "app",
    "crates",
    "fixtures",
    "frontend",
    "migrations",
    "public",
    "server",
    "style",
];

const PATIENCE: Duration = Duration::from_secs(3);

/// Serves until interrupted.
pub(crate) fn run(paths: &Paths, args: &[String]) -> Result<()> {
    let toolbox = setup::run(paths, Purpose::Serve, Talk::Missing)?;
    bundle::ensure(paths, &toolbox, Quality::Dev)?;
    let browser = browser_folders(paths)?;
    let mut watch = Watch::new(&paths.root, WATCHED)?;
    serve::build(paths, &toolbox, Quality::Dev)?;
    let mut server = Server { child: None };
    server.start(paths, args)?;
    println!("dev: watching; stop with Ctrl-C");
    loop {
        let changed = watch.wait(|| server.report())?;
        let since = Instant::now();
        println!("dev: {}", name_some(&changed));
        match rebuild(paths, &toolbox, Parts::of(&changed, &browser)) {
            Ok(()) => {
                server.stop()?;
                server.start(paths, args)?;
                println!("dev: restarted {} after the save", spell(since.elapsed()));
            }
            Err(error) => println!("dev: {error:#}\ndev: the old server goes on"),
        }
    }
}

/// Builds the parts: the bundle and the server at the same time, since each
/// has its own target directory.
fn rebuild(paths: &Paths, toolbox: &Toolbox, parts: Parts) -> Result<()> {
    if parts.style {
        style::bundle(paths)?;
    }
    thread::scope(|scope| {
        let bundle =
            parts.bundle.then(|| scope.spawn(|| bundle::build(paths, toolbox, Quality::Dev)));
        let server = if parts.server { serve::build(paths, toolbox, Quality::Dev) } else { Ok(()) };
        let bundle = bundle.map_or(Ok(Ok(())), thread::ScopedJoinHandle::join);
        bundle.map_err(|_| anyhow!("the bundle's thread ended early"))??;
        server
    })
}

/// The folders whose change means another bundle.
fn browser_folders(paths: &Paths) -> Result<BTreeSet<PathBuf>> {
    let crates = inputs::own_crates(&inputs::wasm_tree(paths)?, &paths.root);
    Ok(crates
        .iter()
        .filter_map(|dir| dir.strip_prefix(&paths.root).ok())
        .map(Path::to_owned)
        .collect())
}

/// What must be built again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    style: bool,
    bundle: bool,
    server: bool,
}

impl Parts {
    fn of(changed: &[PathBuf], browser: &BTreeSet<PathBuf>) -> Self {
        let mut parts = Self::default();
        for file in changed {
            let style = file.starts_with("style") || file.starts_with("public");
            let assets = style || file.starts_with("frontend") || file == Path::new("Trunk.toml");
            let manifest = file.ends_with("Cargo.toml") || file.ends_with("Cargo.lock");
            let shared = browser.iter().any(|dir| file.starts_with(dir)) && !is_page(file);
            parts.style |= style;
            parts.bundle |= assets || manifest || shared;
            parts.server |= !assets;
        }
        parts
    }
}

/// Whether it is a page's source, which the browser's half does not hold: of `app` it has the islands alone.
fn is_page(file: &Path) -> bool {
    let islands = ["app/src/lib.rs", "app/src/islands.rs", "app/src/islands"];
    file.starts_with("app/src") && !islands.iter().any(|it| file.starts_with(it))
}

/// The running server, if there is one.
struct Server {
    child: Option<Child>,
}

impl Server {
    fn start(&mut self, paths: &Paths, args: &[String]) -> Result<()> {
        let mut command = serve::server(paths, Quality::Dev, args);
        command.env("ROOKERY_DEV_RELOAD", "true");
        self.child = Some(command.spawn().context("rookery serve cannot be started")?);
        Ok(())
    }

    /// Says once when the server ended by itself.
    fn report(&mut self) {
        if let Some(child) = &mut self.child
            && let Ok(Some(status)) = child.try_wait()
        {
            println!("dev: the server ended ({status}); it starts again after the next save");
            self.child = None;
        }
    }

    /// Asks the server to end, and ends it where it does not.
    fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let _ = process::capture(
            process::command("kill").args(["-TERM", &child.id().to_string()]),
            "server",
        );
        let since = Instant::now();
        while child.try_wait().context("server")?.is_none() {
            if since.elapsed() > PATIENCE {
                child.kill().context("the old server does not end")?;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn name_some(changed: &[PathBuf]) -> String {
    let first = changed.first().map(|file| file.display().to_string()).unwrap_or_default();
    if changed.len() > 1 { format!("{first} and {} more", changed.len() - 1) } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(changed: &str, style: bool, bundle: bool, server: bool) {
        let browser = BTreeSet::from(["app", "frontend", "crates/domain"].map(PathBuf::from));
        let parts = Parts::of(&[PathBuf::from(changed)], &browser);
        assert_eq!(parts, Parts { style, bundle, server }, "{changed}");
    }

    #[test]
    fn only_what_a_file_is_part_of_is_built() {
        check("style/tokens.css", true, true, false);
        check("public/favicon.svg", true, true, false);
        check("frontend/src/lib.rs", false, true, false);
        check("app/src/root.rs", false, false, true);
        check("app/src/pages/home.rs", false, false, true);
        check("app/src/islands/writing.rs", false, true, true);
        check("app/src/lib.rs", false, true, true);
        check("crates/domain/src/id.rs", false, true, true);
        check("crates/store/src/lib.rs", false, false, true);
        check("migrations/0001_scenarios.sql", false, false, true);
        check("Cargo.lock", false, true, true);
    }
}
