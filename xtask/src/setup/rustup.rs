//! Asking rustup for a target, with no retries and a time limit.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Error, Result};

use crate::process;

/// Long enough for 30 MB on a slow line.
const LIMIT: Duration = Duration::from_mins(5);

/// How rustup is called; `envs` lets a test send it elsewhere.
#[derive(Default)]
pub(super) struct Rustup {
    envs: Vec<(&'static str, String)>,
}

impl Rustup {
    /// Adds the target to the active toolchain.
    pub(super) fn add_target(&self, target: &str, log: &Path) -> Result<()> {
        let mut command = process::command("rustup");
        command
            .args(["target", "add", target])
            .env("RUSTUP_MAX_RETRIES", "0")
            .env("RUST_BACKTRACE", "0");
        for (name, value) in &self.envs {
            command.env(name, value);
        }
        process::within(&mut command, "rustup", log, LIMIT).map_err(|error| {
            let told = fs::read_to_string(log).ok().and_then(|text| reason(&text));
            told.map_or(error, Error::msg)
        })
    }
}

/// What rustup said went wrong, and the deepest cause that it named.
fn reason(log: &str) -> Option<String> {
    let error = log.lines().find_map(|line| line.strip_prefix("error: "))?;
    let mut causes = log.lines().map(str::trim).filter_map(|line| line.split_once(": "));
    let cause = causes.rfind(|(number, _)| number.parse::<u8>().is_ok());
    Some(cause.map_or_else(|| error.to_owned(), |(_, cause)| format!("{error}: {cause}")))
}

/// A rustup of its own below `dir`, with a toolchain that knows its components but has none, and a
/// distribution server where nobody listens.
#[cfg(test)]
pub(super) fn throw_away(dir: &Path) -> Rustup {
    use std::net::TcpListener;

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let name = format!("stable-{}-unknown-linux-gnu", std::env::consts::ARCH);
    let copy = dir.join("rustup/toolchains").join(&name);
    fs::create_dir_all(copy.join("lib/rustlib")).unwrap();
    if let Ok(sysroot) = super::wasm_std::sysroot() {
        for file in [
            "components",
            "multirust-channel-manifest.toml",
            "multirust-config.toml",
            "rust-installer-version",
        ] {
            let file = Path::new("lib/rustlib").join(file);
            let _ = fs::copy(sysroot.join(&file), copy.join(&file));
        }
    }
    let path = |name: &str| dir.join(name).display().to_string();
    Rustup {
        envs: vec![
            ("RUSTUP_HOME", path("rustup")),
            ("CARGO_HOME", path("cargo")),
            ("RUSTUP_TOOLCHAIN", name),
            ("RUSTUP_DIST_SERVER", format!("http://{closed}")),
            ("RUSTUP_AUTO_INSTALL", "0".to_owned()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_the_error_and_its_deepest_cause() {
        let log = "info: downloading\nerror: download failed\n\nCaused by:\n    \
                   0: could not download file\n    1: Connection refused\n";
        assert_eq!(reason(log).as_deref(), Some("download failed: Connection refused"));
        assert_eq!(reason("error: no such target\n").as_deref(), Some("no such target"));
        assert_eq!(reason("info: all is well\n"), None);
    }
}
