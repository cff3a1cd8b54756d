//! The standard library for wasm: there already, added by rustup, or built here.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use anyhow::{Error, Result, bail};

use super::{rust_web, rustup};
use crate::paths::Paths;
use crate::process;
use crate::progress::Step;

/// The target that the browser runs.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const SWITCH: &str = "ROOKERY_WASM_STD";

/// Where the standard library for wasm may come from, as `ROOKERY_WASM_STD` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    /// By rustup, and built here where rustup cannot.
    Auto,
    /// By rustup alone.
    Rustup,
    /// Built here; rustup downloads nothing.
    Build,
}

impl FromStr for Switch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "" | "auto" => Self::Auto,
            "rustup" => Self::Rustup,
            "build" => Self::Build,
            _ => bail!("{SWITCH}={text} is not known: set it to auto, rustup or build"),
        })
    }
}

/// The compiler that builds for the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WasmCompiler {
    /// The active toolchain.
    Active {
        /// Whether rustup must be kept from downloading a toolchain.
        offline: bool,
    },
    /// A private one, used for nothing else.
    Private(PathBuf),
}

impl WasmCompiler {
    /// Makes cargo, started by this command, compile with it.
    ///
    /// The private compiler is named by `RUSTC` rather than linked into rustup: no state of the user's
    /// changes, and everything native goes on with the active toolchain. Its own libraries are found
    /// through `LD_LIBRARY_PATH`, since it was unpacked and not installed.
    pub(crate) fn apply(&self, command: &mut Command) {
        match self {
            Self::Active { offline: false } => {}
            Self::Active { offline: true } => {
                command.env("RUSTUP_AUTO_INSTALL", "0");
            }
            Self::Private(home) => {
                command
                    .env("RUSTUP_AUTO_INSTALL", "0")
                    .env("RUSTC", home.join("bin/rustc"))
                    .env("LD_LIBRARY_PATH", home.join("lib"));
            }
        }
    }

    /// The private compiler's own `cargo-clippy`, if this is a private compiler that has one.
    pub(crate) fn own_clippy(&self) -> Option<PathBuf> {
        match self {
            Self::Active { .. } => None,
            Self::Private(home) => {
                Some(home.join("bin/cargo-clippy")).filter(|file| file.is_file())
            }
        }
    }

    /// What tells this compiler from another, for the stamp on a bundle.
    pub(crate) fn fingerprint(&self) -> String {
        let mut rustc = match self {
            Self::Active { .. } => rustc(),
            Self::Private(home) => process::command(home.join("bin/rustc")),
        };
        self.apply(&mut rustc);
        process::capture(rustc.arg("-vV"), "compiler version").unwrap_or_default()
    }
}

/// Where the standard library came from.
enum Chosen {
    Active,
    Added,
    Build { because: Option<Error> },
}

/// Makes sure that there is a compiler for the browser.
pub(super) fn ensure(paths: &Paths, mut step: Step) -> Result<WasmCompiler> {
    let switch = Switch::from_str(&env::var(SWITCH).unwrap_or_default())?;
    let offline = switch == Switch::Build;
    let private = paths.rust_web();
    let active = sysroot().is_ok_and(|dir| has_std(&dir));
    if !active && switch != Switch::Rustup && rust_web::ready(&private)? {
        step.found("Debian's rustc-web, with std built from its source");
        return Ok(WasmCompiler::Private(private));
    }
    let log = paths.fresh_log("rustup")?;
    match choose(switch, active, || {
        step.working("asking rustup for it, about half a minute");
        rustup::Rustup::default().add_target(TARGET, &log)
    })? {
        Chosen::Active => {
            step.found("in the active toolchain");
            Ok(WasmCompiler::Active { offline })
        }
        Chosen::Added => {
            step.done();
            Ok(WasmCompiler::Active { offline })
        }
        Chosen::Build { because } => {
            if let Some(reason) = because {
                println!("      rustup could not: {}", first_line(&reason));
            }
            rust_web::build(paths, &mut step)?;
            step.done();
            Ok(WasmCompiler::Private(private))
        }
    }
}

/// Decides, calling `add` (rustup) only where the switch lets it.
fn choose(switch: Switch, active: bool, add: impl FnOnce() -> Result<()>) -> Result<Chosen> {
    if active {
        return Ok(Chosen::Active);
    }
    match switch {
        Switch::Build => Ok(Chosen::Build { because: None }),
        Switch::Rustup => match add() {
            Ok(()) => Ok(Chosen::Added),
            Err(error) => Err(error.context(format!(
                "rustup could not add {TARGET}, and {SWITCH}=rustup allows no other way: \
                 check the network, or set {SWITCH}=auto or {SWITCH}=build"
            ))),
        },
        Switch::Auto => Ok(match add() {
            Ok(()) => Chosen::Added,
            Err(reason) => Chosen::Build { because: Some(reason) },
        }),
    }
}

/// The active compiler.
pub(super) fn rustc() -> Command {
    process::command(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The active toolchain's folder.
pub(super) fn sysroot() -> Result<PathBuf> {
    let printed = process::capture(rustc().args(["--print", "sysroot"]), "active toolchain")?;
    Ok(PathBuf::from(printed.trim()))
}

/// Whether a toolchain holds the standard library for wasm.
pub(super) fn has_std(sysroot: &Path) -> bool {
    let dir = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::read_dir(dir).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

fn first_line(error: &Error) -> String {
    format!("{:#}", error.root_cause()).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn refused() -> Result<()> {
        Err(anyhow!("no network"))
    }

    fn never() -> Result<()> {
        panic!("rustup must not be called");
    }

    #[test]
    fn switch_is_read() {
        assert_eq!("".parse::<Switch>().unwrap(), Switch::Auto);
        assert_eq!("build".parse::<Switch>().unwrap(), Switch::Build);
        assert_eq!("rustup".parse::<Switch>().unwrap(), Switch::Rustup);
        let error = "guess".parse::<Switch>().unwrap_err().to_string();
        assert!(error.contains("auto, rustup or build"), "{error}");
    }

    #[test]
    fn std_of_the_active_toolchain_is_used_as_it_is() {
        for switch in [Switch::Auto, Switch::Rustup, Switch::Build] {
            assert!(matches!(choose(switch, true, never), Ok(Chosen::Active)));
        }
    }

    #[test]
    fn build_never_calls_rustup() {
        assert!(matches!(choose(Switch::Build, false, never), Ok(Chosen::Build { because: None })));
    }

    #[test]
    fn auto_falls_back_and_says_why() {
        let Ok(Chosen::Build { because: Some(reason) }) = choose(Switch::Auto, false, refused)
        else {
            panic!("no fall-back");
        };
        assert_eq!(first_line(&reason), "no network");
    }

    #[test]
    fn rustup_alone_is_an_error_that_says_what_to_do() {
        let error = choose(Switch::Rustup, false, refused).err().unwrap();
        assert!(error.to_string().contains("ROOKERY_WASM_STD=build"), "{error}");
    }

    /// The real rustup, with the distribution server on a closed port of this machine.
    #[test]
    fn closed_distribution_server_leads_to_the_build() {
        let dir = tempfile::tempdir().unwrap();
        let rustup = rustup::throw_away(dir.path());
        let log = dir.path().join("rustup.log");
        let chosen = choose(Switch::Auto, false, || rustup.add_target(TARGET, &log)).unwrap();
        let Chosen::Build { because: Some(reason) } = chosen else {
            panic!("no fall-back");
        };
        if process::on_path("rustup").is_some() {
            assert!(first_line(&reason).contains("Connection refused"), "{reason:#}");
        }
        assert!(choose(Switch::Rustup, false, || rustup.add_target(TARGET, &log)).is_err());
    }

    #[test]
    fn std_is_recognised_by_its_rlib() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_std(dir.path()));
        let lib = dir.path().join("lib/rustlib").join(TARGET).join("lib");
        fs::create_dir_all(&lib).unwrap();
        assert!(!has_std(dir.path()));
        fs::write(lib.join("libstd-0123.rlib"), "").unwrap();
        assert!(has_std(dir.path()));
    }
}
