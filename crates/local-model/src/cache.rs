//! The folder that holds what was fetched and built.
//!
//! ```text
//! models/KEY/NAME            a file of a model; NAME.verified remembers that its hash agreed
//! models/KEY/NAME.partN      what source N has given of it so far
//! models/KEY.lock            held while a model is fetched or removed
//! llama-server/VERSION/      the server; VERSION.building while it is built
//! ```

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    CheckError, LlamaServer, ModelSpec, PullError, ServerError, Sources, catalogue,
    fetch::{Job, length},
    model, server, stamp,
    tools::Tools,
    usual_models,
};

/// How often a lock that another program holds is tried.
const LOCK_RETRY: Duration = Duration::from_millis(200);

/// Takes news of a long step.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// News of a long step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// So much of a file is here.
    Bytes {
        /// The file.
        file: String,
        /// Bytes on disk.
        done: u64,
        /// Bytes of the file.
        total: u64,
    },
    /// What is being done, or a line of what a build writes.
    Step(String),
}

/// How a model stands in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is here.
    Absent,
    /// A part is here; a pull goes on from it.
    Partial {
        /// Bytes on disk.
        bytes: u64,
    },
    /// All files are here, yet one was not verified since it changed: pull or check it.
    Unverified,
    /// All files are here and verified.
    Ready,
}

/// The folder of weights and server.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    tools: Tools,
}

impl Cache {
    /// The cache in that folder, which need not exist. Programs are looked up on this process's `PATH`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), tools: Tools::new(None) }
    }

    /// Looks programs up on this search path instead.
    #[must_use]
    pub fn with_path(mut self, path: &OsStr) -> Self {
        self.tools = Tools::new(Some(path));
        self
    }

    /// The folder of a model's files.
    pub fn folder(&self, spec: &ModelSpec) -> PathBuf {
        self.models_folder().join(&spec.key)
    }

    /// The file that a server loads.
    pub fn weights(&self, spec: &ModelSpec) -> PathBuf {
        self.folder(spec).join(&spec.files[0].name)
    }

    /// All models of the catalogue with how they stand. Looks at lengths and stamps, reads no weights.
    pub fn models(&self) -> Vec<(&'static ModelSpec, State)> {
        catalogue().iter().map(|it| (it, self.state(it))).collect()
    }

    /// How one model stands.
    pub fn state(&self, spec: &ModelSpec) -> State {
        let folder = self.folder(spec);
        let verified = |it: &crate::FileSpec| stamp::holds(&folder.join(&it.name), &it.sha256);
        if spec.files.iter().all(verified) {
            return State::Ready;
        }
        if spec.files.iter().all(|it| length(&folder.join(&it.name)) == it.size) {
            return State::Unverified;
        }
        match folder_size(&folder) {
            0 => State::Absent,
            bytes => State::Partial { bytes },
        }
    }

    /// The model that runs where nobody chose: the first usual one that is ready.
    pub fn usual(&self) -> Option<&'static ModelSpec> {
        usual_models().find(|it| self.state(it) == State::Ready)
    }

    /// Sees that a usual model is ready: one that is already, else the first that can be had. Not every model is
    /// in every place, so the next one is tried where one cannot be fetched.
    pub async fn pull_usual(
        &self,
        sources: Sources,
        report: Report<'_>,
    ) -> Result<&'static ModelSpec, PullError> {
        self.pull_first(usual_models(), sources, report).await
    }

    pub(crate) async fn pull_first<'a>(
        &self,
        models: impl Iterator<Item = &'a ModelSpec> + Clone,
        sources: Sources,
        report: Report<'_>,
    ) -> Result<&'a ModelSpec, PullError> {
        if let Some(ready) = models.clone().find(|it| self.state(it) == State::Ready) {
            return Ok(ready);
        }
        let mut last = None;
        for spec in models {
            match self.pull_spec(spec, sources, report).await {
                Ok(_) => return Ok(spec),
                Err(error @ PullError::Sources { .. }) => {
                    report(Progress::Step(format!("{} cannot be had here: {error}", spec.key)));
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| unknown("")))
    }

    /// Fetches what is missing of a model and tells where the file to load is. Where all is verified, it reads
    /// nothing and asks nobody. Where another program fetches it, this waits for that one.
    pub async fn pull(
        &self,
        key: &str,
        sources: Sources,
        report: Report<'_>,
    ) -> Result<PathBuf, PullError> {
        let spec = model(key).ok_or_else(|| unknown(key))?;
        self.pull_spec(spec, sources, report).await
    }

    pub(crate) async fn pull_spec(
        &self,
        spec: &ModelSpec,
        sources: Sources,
        report: Report<'_>,
    ) -> Result<PathBuf, PullError> {
        if self.state(spec) == State::Ready {
            return Ok(self.weights(spec));
        }
        let folder = self.folder(spec);
        fs::create_dir_all(&folder).map_err(PullError::io(&folder))?;
        let _lock = self.lock(spec, report).await?;
        let job = Job { folder: &folder, tools: &self.tools, report };
        for file in &spec.files {
            job.bring(file, sources).await?;
        }
        let _absent = fs::remove_dir_all(folder.join("packages"));
        Ok(self.weights(spec))
    }

    /// Removes a model and what was begun of it; tells how many bytes that freed.
    pub async fn remove(&self, key: &str) -> Result<u64, PullError> {
        let spec = model(key).ok_or_else(|| unknown(key))?;
        let folder = self.folder(spec);
        if !folder.exists() {
            return Ok(0);
        }
        let _lock = self.lock(spec, &|_| {}).await?;
        let bytes = folder_size(&folder);
        fs::remove_dir_all(&folder).map_err(PullError::io(&folder))?;
        Ok(bytes)
    }

    /// Reads all files of a model and compares their hashes with those that are pinned.
    pub async fn check(&self, key: &str) -> Result<(), CheckError> {
        let spec = model(key).ok_or_else(|| CheckError::Unknown { key: key.to_owned() })?;
        self.check_spec(spec).await
    }

    pub(crate) async fn check_spec(&self, spec: &ModelSpec) -> Result<(), CheckError> {
        for file in &spec.files {
            let path = self.folder(spec).join(&file.name);
            let key = spec.key.clone();
            if !path.exists() {
                return Err(CheckError::Absent { key, path });
            }
            let reading = path.clone();
            let found = tokio::task::spawn_blocking(move || stamp::hash(&reading)).await;
            let found = found
                .map_err(io::Error::other)
                .flatten()
                .map_err(|source| CheckError::Io { path: path.clone(), source })?;
            if found != file.sha256 {
                let _absent = fs::remove_file(stamp::stamp_path(&path));
                return Err(CheckError::Damaged { key, path, found });
            }
            stamp::write(&path, &found).map_err(|source| CheckError::Io { path, source })?;
        }
        Ok(())
    }

    /// The configured llama-server, else one on the search path, else ours. Builds nothing.
    pub fn server_at_hand(
        &self,
        configured: Option<&Path>,
    ) -> Result<Option<LlamaServer>, ServerError> {
        server::find(&self.server_folder(), configured, &self.tools)
    }

    /// [`Cache::server_at_hand`], or one that is fetched or built now.
    pub async fn server(
        &self,
        configured: Option<&Path>,
        sources: Sources,
        report: Report<'_>,
    ) -> Result<LlamaServer, ServerError> {
        let folder = self.server_folder();
        server::find_or_build(&folder, configured, sources, &self.tools, report).await
    }

    fn server_folder(&self) -> PathBuf {
        self.root.join("llama-server")
    }

    fn models_folder(&self) -> PathBuf {
        self.root.join("models")
    }

    async fn lock(&self, spec: &ModelSpec, report: Report<'_>) -> Result<File, PullError> {
        let path = self.models_folder().join(format!("{}.lock", spec.key));
        lock(&path, report).await.map_err(PullError::io(path))
    }
}

/// Holds the lock of that file until the answer is dropped.
pub(crate) async fn lock(path: &Path, report: Report<'_>) -> io::Result<File> {
    let file = File::create(path)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if !told => {
                told = true;
                report(Progress::Step("waiting for another program that does the same".into()));
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_RETRY).await,
        }
    }
}

fn unknown(key: &str) -> PullError {
    let known = catalogue().iter().map(|it| it.key.as_str()).collect::<Vec<_>>().join(", ");
    PullError::Unknown { key: key.to_owned(), known }
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().fold(0, |sum, it| match it.metadata() {
        Ok(facts) if facts.is_dir() => sum + folder_size(&it.path()),
        Ok(facts) => sum + facts.len(),
        Err(_) => sum,
    })
}

#[cfg(test)]
mod tests;
