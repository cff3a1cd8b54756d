//! A small model of our own: pinned weights and a llama.cpp server, fetched and built once, run on loopback.
//!
//! Three steps, each of which may be done already: [`Cache::pull`] brings the weights of a [`ModelSpec`] and checks
//! them by size and sha256; [`Cache::server`] finds `llama-server` or builds it from pinned source;
//! [`LocalServer::start`] runs it as a child that is restarted when it dies and never outlives us.
//!
//! Invariants: nothing that was fetched is used before its hash agrees; nothing half made has its final name; the
//! server listens on 127.0.0.1 alone; no package's code is imported or run.

mod cache;
mod catalogue;
mod error;
mod fetch;
mod leash;
mod server;
mod stamp;
mod supervise;
#[cfg(test)]
mod testing;
mod tools;

pub use cache::{Cache, Progress, Report, State};
pub use catalogue::{FileSpec, Kind, ModelSpec, Source, catalogue, model, usual_models};
pub use error::{CheckError, PullError, Refusal, ServerError, SourceError};
pub use fetch::Sources;
pub use server::{LlamaServer, Origin, SERVER_VERSION};
pub use supervise::{LocalServer, Phase, ServerSettings};
