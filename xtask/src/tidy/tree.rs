//! The files that the rules look at.

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process;

/// A checkout's files, without those that git ignores.
pub(super) struct Tree {
    root: PathBuf,
    files: Vec<String>,
}

impl Tree {
    /// The tracked files, and the new ones that would be tracked.
    pub(super) fn tracked(root: &Path) -> Result<Self> {
        let mut git = process::command("git");
        git.current_dir(root);
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = process::capture(&mut git, "tracked files (tidy needs a git checkout)")?;
        let mut files: Vec<String> = listed
            .split('\0')
            .filter(|file| !file.is_empty() && root.join(file).symlink_metadata().is_ok())
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        if files.is_empty() {
            bail!("{} holds no tracked file", root.display());
        }
        Ok(Self { root: root.to_owned(), files })
    }

    /// A tree made for a test.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> (tempfile::TempDir, Self) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let mut files: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        files.sort();
        let tree = Self { root: dir.path().to_owned(), files };
        (dir, tree)
    }

    /// Every file, relative to the root, with `/` between folders.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// The files with one of these extensions.
    pub(super) fn of_kind<'a>(&'a self, kinds: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.files.iter().map(String::as_str).filter(move |file| {
            Path::new(file).extension().is_some_and(|kind| kinds.iter().any(|k| kind == *k))
        })
    }

    /// A file's text; nothing where it is not UTF-8.
    pub(super) fn text(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.root.join(file)).ok()
    }

    /// A file's size in bytes.
    pub(super) fn size(&self, file: &str) -> u64 {
        fs::metadata(self.root.join(file)).map_or(0, |meta| meta.len())
    }
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    file: String,
    line: Option<usize>,
    message: String,
}

impl Finding {
    /// A finding about a whole file.
    pub(super) fn file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, message: message.into() }
    }

    /// A finding at a line, counted from 0.
    pub(super) fn line(file: &str, index: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: Some(index + 1), message: message.into() }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Whether a file is test, bench or build code, to which the rules for rooms do not apply.
pub(super) fn is_aside(file: &str) -> bool {
    let folder = |name: &str| file.split('/').any(|part| part == name);
    folder("tests")
        || folder("benches")
        || file.ends_with("/tests.rs")
        || file.ends_with("build.rs")
}

/// The lines of a file up to its unit tests, which stand at its end.
pub(super) fn before_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// A check as the rules' own tests make it: these files, these findings.
#[cfg(test)]
pub(super) fn check(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], expected: &[&str]) {
    let (_dir, tree) = Tree::of(files);
    let found: Vec<String> = rule(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}
