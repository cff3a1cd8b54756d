//! What can be set, by flag or environment. The doc comments are the manual: `--help` prints them.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use domain::Schema;

/// Where the data is and how it is read.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The database file. Made where it is absent.
    #[arg(long, env = "ROOKERY_DB", value_name = "FILE", default_value = "rookery.db")]
    pub db: PathBuf,
    /// A schema file of domains and attributes, instead of the shipped one.
    #[arg(long, env = "ROOKERY_SCHEMA", value_name = "FILE")]
    pub schema: Option<PathBuf>,
}

impl Data {
    /// The schema in force.
    pub fn schema(&self) -> anyhow::Result<Schema> {
        use anyhow::Context;
        let Some(path) = &self.schema else { return Ok(Schema::shipped()) };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the schema file {} cannot be read", path.display()))?;
        Schema::parse(&text)
            .with_context(|| format!("the schema file {} cannot be used", path.display()))
    }
}

/// How the site is served.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Database and schema.
    #[command(flatten)]
    pub data: Data,
    /// Address and port to listen on. Port 0 takes a free one.
    #[arg(
        long,
        env = "ROOKERY_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,
    /// Show visitors the scenarios that PENGUIN took from public forums. Some are very hard to read.
    #[arg(long, env = "ROOKERY_SHOW_REAL")]
    pub show_real: bool,
    /// Do not put the sample pack into an empty database.
    #[arg(long, env = "ROOKERY_NO_SAMPLE")]
    pub no_sample: bool,
    /// Start without a local model. No command starts one yet, so this changes nothing.
    #[arg(long, env = "ROOKERY_NO_MODEL")]
    pub no_model: bool,
    /// Log as JSON lines.
    #[arg(long, env = "ROOKERY_LOG_JSON")]
    pub log_json: bool,
    /// What to log, as in `info` or `info,sqlx=debug`.
    #[arg(long, env = "ROOKERY_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,
    /// Serve the site's files from this folder instead of the ones inside the program.
    #[arg(long, env = "ROOKERY_DIST", value_name = "FOLDER", hide = true)]
    pub dist: Option<PathBuf>,
    /// Pages reload themselves after a restart. For development.
    #[arg(long, env = "ROOKERY_DEV_RELOAD", hide = true)]
    pub dev_reload: bool,
}
