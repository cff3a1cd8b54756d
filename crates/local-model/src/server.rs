//! Where llama-server comes from.

mod build;
mod release;

use std::path::{Path, PathBuf};

use crate::{Progress, ServerError, Sources, cache::Report, tools::Tools};

pub use build::SERVER_VERSION;

/// A llama-server that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlamaServer {
    /// The program.
    pub path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
    /// Its version, where we fetched or built it.
    pub version: Option<String>,
}

/// Where a llama-server came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Named in the configuration.
    Configured,
    /// Found on the search path.
    Path,
    /// Fetched or built by us earlier.
    Cache,
    /// Fetched by us just now: llama.cpp's own release.
    Release,
    /// Built by us just now.
    Built,
}

/// Looks in this order: configuration, search path, cache.
pub(crate) fn find(
    folder: &Path,
    configured: Option<&Path>,
    tools: &Tools,
) -> Result<Option<LlamaServer>, ServerError> {
    if let Some(path) = configured {
        let path = path.to_owned();
        if !path.is_file() {
            return Err(ServerError::NotThere { path });
        }
        return Ok(Some(LlamaServer { path, origin: Origin::Configured, version: None }));
    }
    if let Some(path) = tools.find("llama-server") {
        return Ok(Some(LlamaServer { path, origin: Origin::Path, version: None }));
    }
    let released = || Some(released(release::brought(folder)?, Origin::Cache));
    Ok(build::built(folder).map(|path| ours(path, Origin::Cache)).or_else(released))
}

/// Finds one; where there is none, fetches llama.cpp's own release, or builds it where that cannot be had or does not
/// start.
pub(crate) async fn find_or_build(
    folder: &Path,
    configured: Option<&Path>,
    sources: Sources,
    tools: &Tools,
    report: Report<'_>,
) -> Result<LlamaServer, ServerError> {
    if let Some(found) = find(folder, configured, tools)? {
        return Ok(found);
    }
    if let Some(file) = release::archive().filter(|_| sources == Sources::All) {
        match release::bring(folder, &file, tools, report).await {
            Ok(path) => return Ok(released(path, Origin::Release)),
            Err(why) => {
                let why = format!("llama.cpp's release cannot be used here ({why}); building it");
                report(Progress::Step(why));
            }
        }
    }
    Ok(ours(build::build(folder, tools, report).await?, Origin::Built))
}

fn released(path: PathBuf, origin: Origin) -> LlamaServer {
    LlamaServer { path, origin, version: Some(release::RELEASE.into()) }
}

fn ours(path: PathBuf, origin: Origin) -> LlamaServer {
    LlamaServer { path, origin, version: Some(SERVER_VERSION.into()) }
}

#[cfg(test)]
mod tests;
