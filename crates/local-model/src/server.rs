//! Where llama-server comes from.

mod build;

use std::path::{Path, PathBuf};

use crate::{ServerError, cache::Report, tools::Tools};

pub use build::SERVER_VERSION;

/// A llama-server that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlamaServer {
    /// The program.
    pub path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
    /// Its version, where we built it.
    pub version: Option<String>,
}

/// Where a llama-server came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Named in the configuration.
    Configured,
    /// Found on the search path.
    Path,
    /// Built by us earlier.
    Cache,
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
    let ours = |path| ours(path, Origin::Cache);
    Ok(build::built(folder).map(ours))
}

/// Finds one, or builds it where there is none.
pub(crate) async fn find_or_build(
    folder: &Path,
    configured: Option<&Path>,
    tools: &Tools,
    report: Report<'_>,
) -> Result<LlamaServer, ServerError> {
    if let Some(found) = find(folder, configured, tools)? {
        return Ok(found);
    }
    Ok(ours(build::build(folder, tools, report).await?, Origin::Built))
}

fn ours(path: PathBuf, origin: Origin) -> LlamaServer {
    LlamaServer { path, origin, version: Some(SERVER_VERSION.into()) }
}

#[cfg(test)]
mod tests;
