//! `rookery agent`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::ModelFile;

/// The agent of the chat, from the command line.
#[derive(Debug, Subcommand)]
pub enum Agent {
    /// Screen messages for danger, as the chat does before anything else.
    ///
    /// FILE is JSON lines, one `{"text": "…"}` each; other fields are ignored. There is one line of output for each
    /// line of input, in the same order. Exit code 1: a line cannot be read; what stood before it has been answered.
    /// Where lines carry `expect` (`crisis` or `none`), shares by `class` are told on standard error.
    #[command(after_help = "Example: rookery agent screen --messages messages.jsonl --json")]
    Screen(Screen),
}

/// Screen messages.
#[derive(Debug, Args)]
pub struct Screen {
    /// The messages; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub messages: PathBuf,
    /// Which models can be asked.
    #[command(flatten)]
    pub model_file: ModelFile,
    /// Key of a model that looks at messages in which patterns see no crisis. It can only raise the level.
    #[arg(long, value_name = "KEY")]
    pub model: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}
