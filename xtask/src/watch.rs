//! Noticing saved files, by looking at their times a few times a second.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::inputs;

const INTERVAL: Duration = Duration::from_millis(100);

/// The files below some folders, with the time of each one's last change.
pub(crate) struct Watch {
    root: PathBuf,
    names: &'static [&'static str],
    seen: BTreeMap<PathBuf, (SystemTime, u64)>,
}

impl Watch {
    /// Begins with the files as they are now.
    pub(crate) fn new(root: &Path, names: &'static [&'static str]) -> Result<Self> {
        let mut watch = Self { root: root.to_owned(), names, seen: BTreeMap::new() };
        watch.seen = watch.look()?;
        Ok(watch)
    }

    /// Waits until something is saved, and gives what changed, relative to the root. `idle` is called
    /// between two looks.
    pub(crate) fn wait(&mut self, mut idle: impl FnMut()) -> Result<Vec<PathBuf>> {
        loop {
            let changed = self.changes()?;
            if !changed.is_empty() {
                return Ok(changed);
            }
            idle();
            thread::sleep(INTERVAL);
        }
    }

    /// What changed since the last call.
    fn changes(&mut self) -> Result<Vec<PathBuf>> {
        let now = self.look()?;
        let changed: Vec<PathBuf> = now
            .iter()
            .filter(|(file, state)| self.seen.get(*file) != Some(state))
            .map(|(file, _)| file)
            .chain(self.seen.keys().filter(|file| !now.contains_key(*file)))
            .map(|file| file.strip_prefix(&self.root).unwrap_or(file).to_owned())
            .collect();
        self.seen = now;
        Ok(changed)
    }

    fn look(&self) -> Result<BTreeMap<PathBuf, (SystemTime, u64)>> {
        let roots = self.names.iter().map(|name| self.root.join(name)).collect();
        let mut seen = BTreeMap::new();
        for file in inputs::files(&roots)? {
            // A file may go between the listing and the look.
            if let Ok(meta) = fs::metadata(&file) {
                seen.insert(file, (meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len()));
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_new_and_removed_files_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join("app").join(name);
        fs::create_dir(dir.path().join("app")).unwrap();
        fs::write(file("a.rs"), "1").unwrap();
        fs::write(file("b.rs"), "1").unwrap();
        let mut watch = Watch::new(dir.path(), &["app"]).unwrap();
        assert!(watch.changes().unwrap().is_empty());

        fs::write(file("a.rs"), "12").unwrap();
        fs::remove_file(file("b.rs")).unwrap();
        fs::write(file("c.rs"), "1").unwrap();
        let expected = ["app/a.rs", "app/c.rs", "app/b.rs"].map(PathBuf::from);
        assert_eq!(watch.changes().unwrap(), expected);
        assert!(watch.changes().unwrap().is_empty());
    }
}
