//! Fuzzing without a nightly compiler: the tests named `fuzz_*`, run for longer.
//!
//! Such a test makes random inputs (proptest) until `ROOKERY_FUZZ_SECONDS` have passed, or for a
//! bounded number of cases where the variable is not set, as in an ordinary test run. There is no
//! coverage feedback: what it finds is what random and recorded inputs reach.

use anyhow::Result;

use crate::paths::Paths;
use crate::process;
use crate::setup::{self, Purpose, Talk};
use crate::workspace::Workspace;

/// Runs them in release, with their output shown.
pub(crate) fn run(paths: &Paths, target: Option<&str>, seconds: u64) -> Result<()> {
    let workspace = Workspace::load(paths)?;
    // nextest may be one that setup built, which is not on our own PATH.
    let toolbox = setup::run(paths, Purpose::Test, Talk::Missing)?;
    let mut command = toolbox.cargo(paths);
    command
        .args(["nextest", "run", "--workspace", "--release", "--profile", "fuzz", "--no-capture"])
        .args(["--exclude", workspace.package_in("frontend")?])
        .args(["--filterset", &filter(target)])
        .env("ROOKERY_FUZZ_SECONDS", seconds.to_string());
    process::run(&mut command, "fuzz tests")
}

/// The tests whose own name begins with `fuzz_`, whatever module they stand in.
fn filter(target: Option<&str>) -> String {
    let fuzz = "test(/(^|::)fuzz_/)";
    target.map_or_else(|| fuzz.to_owned(), |name| format!("{fuzz} & test({name})"))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn target_narrows_the_filter() {
        assert_eq!(filter(None), "test(/(^|::)fuzz_/)");
        assert_eq!(filter(Some("decoder")), "test(/(^|::)fuzz_/) & test(decoder)");
    }
}
