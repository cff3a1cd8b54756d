//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Data, Serve};

/// See, question and rate how safe an AI answer is for the person who asked.
#[derive(Debug, Parser)]
#[command(name = "rookery", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the site.
    #[command(after_help = "Example: rookery serve --listen 127.0.0.1:3000 --db rookery.db")]
    Serve(Serve),
    /// Import scenarios: the PENGUIN release or Rookery's own format, as a JSON array or JSON lines.
    ///
    /// Rows that are there already are left alone, so importing again adds nothing and completes an import
    /// that was cut off. Exit code 0: every row was taken; 2: some were refused; 1: the file or the database
    /// failed.
    #[command(after_help = "Example: rookery import scenarios.jsonl --db rookery.db --json")]
    Import(Import),
    /// Write every scenario as JSON lines. Importing them into an empty database and exporting again gives the
    /// same bytes.
    #[command(after_help = "Example: rookery export --output scenarios.jsonl")]
    Export(Export),
    /// Fill the database with load data: words without meaning, for measurements only.
    #[command(
        after_help = "Example: rookery generate-sample --scenarios 14000 --responses-per-scenario 12 --seed 1 --db load.db"
    )]
    GenerateSample(GenerateSample),
    /// Check configuration, database and search index, and say what is wrong and how to mend it.
    #[command(after_help = "Example: rookery check --db rookery.db")]
    Check(Data),
}

/// Import scenarios.
#[derive(Debug, Args)]
pub struct Import {
    /// The file to read; `-` for standard input.
    pub file: PathBuf,
    /// Database and schema.
    #[command(flatten)]
    pub data: Data,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Write every scenario.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; standard output where it is absent.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Database and schema.
    #[command(flatten)]
    pub data: Data,
}

/// Make load data.
#[derive(Debug, Args)]
pub struct GenerateSample {
    /// How many scenarios.
    #[arg(long, value_name = "N", default_value_t = 14_000)]
    pub scenarios: u64,
    /// How many answers for each, at most 24.
    #[arg(long, value_name = "M", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=24))]
    pub responses_per_scenario: u8,
    /// The same seed makes the same data.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Database and schema.
    #[command(flatten)]
    pub data: Data,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}
