//! What cargo knows of the workspace's crates.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::paths::Paths;
use crate::process;
use crate::setup::cargo;

/// The crates of the workspace, as `cargo metadata` tells.
pub(crate) struct Workspace {
    packages: Vec<Value>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load(paths: &Paths) -> Result<Self> {
        let mut command = cargo(paths);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let text = process::capture(&mut command, "crates of the workspace")?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
        Ok(Self { packages })
    }

    /// The name of the package in a folder of the checkout.
    pub(crate) fn package_in(&self, folder: &str) -> Result<&str> {
        let manifest = format!("/{folder}/Cargo.toml");
        self.packages
            .iter()
            .find(|package| text(&package["manifest_path"]).ends_with(&manifest))
            .map(|package| text(&package["name"]))
            .with_context(|| format!("the workspace has no package in {folder}/"))
    }

    /// The package and name of every target of a kind (`bench`, `bin`, …).
    pub(crate) fn targets(&self, kind: &str) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        for package in &self.packages {
            for target in package["targets"].as_array().into_iter().flatten() {
                let kinds = target["kind"].as_array().map_or(&[][..], Vec::as_slice);
                if kinds.iter().any(|value| value == kind) {
                    found.push((text(&package["name"]), text(&target["name"])));
                }
            }
        }
        found
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packages_and_targets_are_found() {
        let workspace = Workspace {
            packages: vec![json!({
                "name": "rookery-server",
                "manifest_path": "/somewhere/server/Cargo.toml",
                "targets": [
                    {"kind": ["bin"], "name": "rookery"},
                    {"kind": ["bench"], "name": "explore"},
                ],
            })],
        };
        assert_eq!(workspace.package_in("server").unwrap(), "rookery-server");
        assert!(workspace.package_in("frontend").is_err());
        assert_eq!(workspace.targets("bench"), [("rookery-server", "explore")]);
    }
}
