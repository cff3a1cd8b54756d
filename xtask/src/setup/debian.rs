//! Debian's package system, as an ordinary client of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress::Step;

/// What apt must refuse, whatever the machine's own settings say.
const SIGNED_ONLY: [&str; 6] = [
    "-o",
    "APT::Get::AllowUnauthenticated=false",
    "-o",
    "Acquire::AllowInsecureRepositories=false",
    "-o",
    "Acquire::AllowWeakRepositories=false",
];

/// Whether this machine has Debian's tools.
pub(super) fn present() -> bool {
    ["apt-get", "apt-cache", "dpkg-deb"].iter().all(|tool| process::on_path(tool).is_some())
}

/// Refreshes the package lists where we may; goes on with the lists at hand where that fails.
pub(super) fn refresh(log: &Path, step: &mut Step) {
    if !process::is_root() {
        return;
    }
    if process::logged(apt_get().args(["-qq", "update"]), "package lists", log, step).is_err() {
        println!("      apt-get update failed: going on with the package lists at hand");
    }
}

/// Whether the package lists know a package.
pub(super) fn knows(package: &str) -> bool {
    process::capture(
        process::command("apt-cache").args(["show", "--no-all-versions", package]),
        "package",
    )
    .is_ok_and(|shown| !shown.trim().is_empty())
}

/// The first package that `package` depends on whose name begins with `prefix`.
pub(super) fn dependency(package: &str, prefix: &str) -> Result<String> {
    let shown =
        process::capture(process::command("apt-cache").args(["depends", package]), "package")?;
    depends_line(&shown, prefix)
        .with_context(|| format!("Debian's {package} no longer depends on {prefix}…"))
}

fn depends_line(shown: &str, prefix: &str) -> Option<String> {
    shown
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with(prefix))
        .map(str::to_owned)
}

/// Downloads packages into `dir` and unpacks them into `dir/x`, installing nothing. Every file is
/// compared with the checksum in the signed package lists.
pub(super) fn unpack(packages: &[String], dir: &Path, log: &Path, step: &mut Step) -> Result<()> {
    let mut download = apt_get();
    download.current_dir(dir).arg("download").args(packages);
    process::logged(&mut download, "download of Debian's packages", log, step)?;
    if fs::read_to_string(log).is_ok_and(|text| text.contains("cannot be authenticated")) {
        bail!("apt could not authenticate Debian's packages: run `apt-get update` and try again");
    }
    let tree = dir.join("x");
    for entry in fs::read_dir(dir).with_context(|| format!("{}", dir.display()))? {
        let file = entry.with_context(|| format!("{}", dir.display()))?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            verify(&file)?;
            let mut unpack = process::command("dpkg-deb");
            unpack.arg("--extract").arg(&file).arg(&tree);
            process::logged(&mut unpack, "unpacking", log, step)?;
            fs::remove_file(&file).with_context(|| format!("{}", file.display()))?;
        }
    }
    Ok(())
}

fn verify(deb: &Path) -> Result<()> {
    let mut query = process::command("dpkg-deb");
    query.arg("--show").arg("--showformat=${Package}=${Version}").arg(deb);
    let package = process::capture(&mut query, "name of a package")?;
    let listed = process::capture(
        process::command("apt-cache").args(["show", &package]),
        "checksum of a package",
    )?;
    let sum = process::capture(process::command("sha256sum").arg(deb), "checksum of a file")?;
    let sum = sum.split_whitespace().next().unwrap_or_default();
    if !lists_checksum(&listed, sum) {
        bail!("{package} is not what Debian's signed package lists say: its checksum is {sum}");
    }
    Ok(())
}

fn lists_checksum(shown: &str, sum: &str) -> bool {
    sum.len() == 64 && shown.lines().any(|line| line.strip_prefix("SHA256: ") == Some(sum))
}

/// Installs a package of the system; only root can.
pub(super) fn install(package: &str, log: &Path, step: &mut Step) -> Result<()> {
    let mut install = apt_get();
    install
        .args(["-qq", "install", "--yes", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::logged(&mut install, package, log, step)
}

fn apt_get() -> Command {
    let mut command = process::command("apt-get");
    command.args(SIGNED_ONLY);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependency_is_found_by_its_prefix() {
        let shown = "rust-web-dev\n  Depends: libstd-rust-web-1.96\n  Conflicts: <rustup>\n";
        assert_eq!(depends_line(shown, "libstd-").as_deref(), Some("libstd-rust-web-1.96"));
        assert_eq!(depends_line(shown, "rustup"), None);
    }

    #[test]
    fn checksum_must_stand_in_the_list() {
        let sum = "8f".repeat(32);
        assert!(lists_checksum(&format!("Package: x\nSHA256: {sum}\n"), &sum));
        assert!(!lists_checksum("Package: x\n", &sum));
        assert!(!lists_checksum("SHA256: \n", ""));
    }
}
