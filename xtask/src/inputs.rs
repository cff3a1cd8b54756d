//! What the browser bundle is made of, and a fingerprint of all of it.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::process;
use crate::setup::cargo;

/// Files and folders that shape a bundle besides the crates in it.
const BESIDES_CRATES: [&str; 6] =
    ["Cargo.toml", "Cargo.lock", "Trunk.toml", ".cargo", "style", "public"];

/// The crates in the browser's tree, as `cargo tree` prints them: one `name vX.Y.Z (path)` a line.
pub(crate) fn wasm_tree(paths: &Paths) -> Result<String> {
    let mut command = cargo(paths);
    command
        .args(["tree", "--manifest-path", "frontend/Cargo.toml"])
        .args(["--target", "wasm32-unknown-unknown", "--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}"]);
    process::capture(&mut command, "crates in the browser's tree")
}

/// A number that changes when any input of the bundle does.
pub(crate) fn fingerprint(paths: &Paths, compiler: &str) -> Result<String> {
    let mut roots: BTreeSet<PathBuf> =
        BESIDES_CRATES.iter().map(|name| paths.root.join(name)).collect();
    roots.extend(own_crates(&wasm_tree(paths)?, &paths.root));
    let mut hasher = DefaultHasher::new();
    compiler.hash(&mut hasher);
    for file in files(&roots)? {
        file.strip_prefix(&paths.root).unwrap_or(&file).hash(&mut hasher);
        let bytes = fs::read(&file).with_context(|| format!("{}", file.display()))?;
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The folders of our own crates in a printed tree.
pub(crate) fn own_crates(tree: &str, root: &Path) -> BTreeSet<PathBuf> {
    tree.lines()
        .filter_map(|line| line.split_once('(')?.1.split_once(')'))
        .map(|(path, _)| PathBuf::from(path))
        .filter(|path| path.starts_with(root))
        .collect()
}

/// Every file below these, in order; hidden files and what a build writes are left out.
pub(crate) fn files(roots: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = roots.iter().cloned().collect();
    while let Some(path) = open.pop() {
        if path.is_file() {
            found.push(path);
        } else if path.is_dir() {
            let entries = fs::read_dir(&path).with_context(|| format!("{}", path.display()))?;
            for entry in entries {
                let entry = entry.with_context(|| format!("{}", path.display()))?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let built = ["target", "node_modules", "bundle.css", "test-results"];
                if !name.starts_with('.') && !built.contains(&&*name) {
                    open.push(entry.path());
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_crates_are_those_with_a_path() {
        let tree = "rookery-frontend v0.1.0 (/co/frontend)\nserde v1.0.0\n\
                    serde_derive v1.0.0 (proc-macro)\nrookery-app v0.1.0 (/co/app)\nx v1.0.0 (*)\n\
                    rookery-app v0.1.0 (/co/app) (*)\n";
        let found = own_crates(tree, Path::new("/co"));
        assert_eq!(found, BTreeSet::from(["/co/app".into(), "/co/frontend".into()]));
    }

    #[test]
    fn what_a_build_writes_is_no_input() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["src/lib.rs", "target/x", ".hidden", "bundle.css"] {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let found = files(&BTreeSet::from([dir.path().to_owned()])).unwrap();
        assert_eq!(found, [dir.path().join("src/lib.rs")]);
    }
}
