//! A private compiler for the browser, where no ready-made standard library for wasm can be had.
//!
//! Debian's `rustc-web` is unpacked into the cache (nothing is installed), and the standard library is
//! built once from the same packages' source. Its rlibs then lie where a downloaded one would, so that
//! cargo, trunk and `lto = true` work as anywhere else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::wasm_std::{TARGET, has_std, rustc, sysroot};
use super::{cargo, debian};
use crate::paths::Paths;
use crate::process;
use crate::progress::Step;

const HOST_TOOLS: [&str; 1] = ["rust-lld"];

/// Whether the compiler is there and whole. The linker is the active toolchain's, by a link that is
/// made again when that toolchain has moved.
pub(super) fn ready(home: &Path) -> Result<bool> {
    if !has_std(home) || !home.join("bin/rustc").is_file() {
        return Ok(false);
    }
    link_host_tools(home)?;
    Ok(true)
}

/// Makes the compiler, about three minutes on two cores.
pub(super) fn build(paths: &Paths, step: &mut Step) -> Result<()> {
    if !debian::present() {
        bail!(
            "the wasm standard library can be built here only from Debian's packages, and this \
             machine has no apt: run `rustup target add {TARGET}`, or set ROOKERY_WASM_STD=auto"
        );
    }
    let log = paths.fresh_log("rust-web")?;
    let home = paths.rust_web();
    let work = paths.cache.join("rust-web.work");
    let new = paths.cache.join("rust-web.new");
    for dir in [&work, &new] {
        remove(dir)?;
        make(dir)?;
    }

    step.working("unpacking Debian's compiler (120 MB), about half a minute");
    fetch(&work, &log, step)?;
    let tree = work.join("x");
    assemble(&tree, &new)?;
    check_compiler(&new)?;

    step.working("building std from its source, about two minutes");
    build_std(paths, &tree, &work, &new, &log, step)?;

    // Crates built upon another std of the same version look fresh to cargo, and cannot be linked.
    remove(&paths.wasm_target())?;
    remove(&home)?;
    fs::rename(&new, &home).with_context(|| format!("{} cannot be made", home.display()))?;
    remove(&work)
}

fn fetch(work: &Path, log: &Path, step: &mut Step) -> Result<()> {
    debian::refresh(log, step);
    if !debian::knows("rustc-web") {
        bail!(
            "this machine's package lists have no rustc-web: run `apt-get update` as root (it is in \
             Debian 12 and later), or set ROOKERY_WASM_STD=auto"
        );
    }
    let std = debian::dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = debian::dependency(&std, "libllvm")?;
    let mut packages = vec![std, llvm];
    packages.extend(["rustc-web", "libstd-rust-web-dev", "rust-web-src"].map(str::to_owned));
    if debian::knows("rust-web-clippy") {
        packages.push("rust-web-clippy".to_owned());
    }
    debian::unpack(&packages, work, log, step)
}

/// Lays the unpacked files out as a toolchain.
fn assemble(tree: &Path, home: &Path) -> Result<()> {
    let host = host()?;
    let multiarch = host.replace("-unknown-", "-");
    let rustlib = home.join("lib/rustlib");
    make(&home.join("bin"))?;
    make(&rustlib)?;
    let named = |dir: PathBuf, prefixes: &'static [&'static str]| -> Result<Vec<PathBuf>> {
        Ok(list(&dir)?
            .into_iter()
            .filter(|file| {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                prefixes.iter().any(|prefix| name.starts_with(prefix))
            })
            .collect())
    };
    copy(
        &named(tree.join("usr/bin"), &["rustc", "clippy-driver", "cargo-clippy"])?,
        &home.join("bin"),
    )?;
    let libraries = tree.join("usr/lib").join(multiarch);
    copy(&named(libraries, &["librustc_driver-", "libLLVM"])?, &home.join("lib"))?;
    copy(&[tree.join("usr/lib/rustlib").join(&host)], &rustlib)?;
    make(&rustlib.join(&host).join("bin"))?;
    link_host_tools(home)
}

/// Links the linker of the active toolchain; Debian's package has none.
fn link_host_tools(home: &Path) -> Result<()> {
    let dir = home.join("lib/rustlib").join(host()?).join("bin");
    for tool in HOST_TOOLS {
        let link = dir.join(tool);
        if link.exists() {
            continue;
        }
        let original = sysroot()?.join(dir.strip_prefix(home).unwrap_or(&dir)).join(tool);
        if !original.is_file() {
            bail!(
                "{} is missing: the active toolchain must be one of rustup's, which has it",
                original.display()
            );
        }
        let _ = fs::remove_file(&link);
        symlink(&original, &link).with_context(|| format!("{} cannot be made", link.display()))?;
    }
    Ok(())
}

fn check_compiler(home: &Path) -> Result<()> {
    process::capture(private(home).arg("-vV"), "Debian's compiler").map(drop).context(
        "Debian's compiler does not start here: install what its LLVM needs with \
         `apt-get install libedit2 libffi8 libxml2 libz3-4 libzstd1 zlib1g`",
    )
}

/// Builds std for an empty crate, whose rlibs are then what a downloaded package would hold. They
/// carry bitcode, so that `lto = true` reaches into them.
fn build_std(
    paths: &Paths,
    tree: &Path,
    work: &Path,
    home: &Path,
    log: &Path,
    step: &mut Step,
) -> Result<()> {
    let sources = home.join("lib/rustlib/src");
    make(&sources)?;
    let source = list(&tree.join("usr/src"))?.pop().context("rust-web-src holds no source")?;
    symlink(source, sources.join("rust")).context("the source of std cannot be linked")?;

    let seed = work.join("seed");
    make(&seed.join("src"))?;
    let manifest = "[package]\nname = \"stdseed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [workspace]\n[profile.release]\ncodegen-units = 1\n";
    write(&seed.join("Cargo.toml"), manifest)?;
    write(&seed.join("src/lib.rs"), "")?;

    let mut command = cargo(paths);
    command
        .current_dir(&seed)
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,test"])
        .env("CARGO_TARGET_DIR", seed.join("target"))
        .env("RUSTC", home.join("bin/rustc"))
        .env("LD_LIBRARY_PATH", home.join("lib"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    process::logged(&mut command, "std for wasm", log, step)?;

    let built = list(&seed.join("target").join(TARGET).join("release/deps"))?;
    let rlibs: Vec<PathBuf> = built
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rlib"))
        .filter(|file| !file.to_string_lossy().contains("libstdseed-"))
        .collect();
    let lib = home.join("lib/rustlib").join(TARGET).join("lib");
    make(&lib)?;
    copy(&rlibs, &lib)?;
    remove(&sources)
}

fn private(home: &Path) -> Command {
    let mut command = process::command(home.join("bin/rustc"));
    command.env("LD_LIBRARY_PATH", home.join("lib"));
    command
}

fn host() -> Result<String> {
    let shown = process::capture(rustc().arg("-vV"), "active toolchain")?;
    shown
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc -vV names no host")
}

fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("{} is missing", dir.display()))?;
    entries.map(|entry| Ok(entry.with_context(|| format!("{}", dir.display()))?.path())).collect()
}

/// Copies with links as links, which `fs::copy` would follow.
fn copy(from: &[PathBuf], to: &Path) -> Result<()> {
    process::run(process::command("cp").arg("-a").args(from).arg(to), "laying out the compiler")
}

fn make(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_compiler_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!ready(dir.path()).unwrap());
        let lib = dir.path().join("lib/rustlib").join(TARGET).join("lib");
        make(&lib).unwrap();
        write(&lib.join("libstd-0.rlib"), "").unwrap();
        assert!(!ready(dir.path()).unwrap());
    }

    #[test]
    fn dangling_linker_is_linked_again() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("lib/rustlib").join(host().unwrap()).join("bin");
        make(&bin).unwrap();
        symlink("/nowhere/rust-lld", bin.join("rust-lld")).unwrap();
        link_host_tools(dir.path()).unwrap();
        assert!(bin.join("rust-lld").is_file());
    }
}
