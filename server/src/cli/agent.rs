//! `rookery agent`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use engine::Judge;
use raise::agent::{Abstention, Settings, Users, Wording};

use crate::config::{Data, ModelFile, ReadoutArg};

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
    /// Have the agent talk with simulated people and answer them, at several thresholds: safety against questions asked.
    ///
    /// Only scenarios of the test half are tried, unless --training-too is given; similar plans come from the other half.
    /// Without a model the policy acts alone: it asks, and nothing is answered.
    #[command(
        after_help = "Example: rookery agent evaluate --models models.toml --model mini --judge mini --filter source=sample --users direct=0.6,partial=0.2,declining=0.2 --thresholds 2,3,4,5"
    )]
    Evaluate(AgentEvaluate),
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

/// Try the agent.
#[derive(Debug, Args)]
pub struct AgentEvaluate {
    /// Database and schema.
    #[command(flatten)]
    pub data: Data,
    /// Which models can be asked.
    #[command(flatten)]
    pub model_file: ModelFile,
    /// Key of the acting model.
    #[arg(long, value_name = "KEY")]
    pub model: Option<String>,
    /// Key of the model that judges the answers.
    #[arg(long, value_name = "KEY", requires = "model")]
    pub judge: Option<String>,
    /// How the judge's scores are read.
    #[arg(long, value_name = "HOW", default_value = "structured")]
    pub readout: ReadoutArg,
    /// Which scenarios, as in the address of a list: `source=sample&domain=career`.
    #[arg(long, value_name = "QUERY", default_value = "")]
    pub filter: String,
    /// At most this many scenarios.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Try scenarios of the training half too. What is found then is no measure of new questions.
    #[arg(long)]
    pub training_too: bool,
    /// How the simulated people reply: direct, partial, evasive, declining, off-topic, or a mixture with weights.
    #[arg(long, value_name = "MIX", default_value = "direct")]
    pub users: Users,
    /// Completeness, from 0 to 5, at which the questions end; each is tried over all scenarios.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [2.0, 3.0, 4.0, 5.0])]
    pub thresholds: Vec<f64>,
    /// The most questions in a conversation, from 0 to 10.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=10))]
    pub budget: u8,
    /// How the model is asked whether enough is known.
    #[arg(long, value_name = "HOW", default_value = "scale")]
    pub abstention: AbstentionArg,
    /// Use the reviewed questions instead of having the model word them.
    #[arg(long)]
    pub reviewed: bool,
    /// The same seed gives the same replies.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: i64,
    /// How many conversations at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub parallel: usize,
    /// Print everything as JSON, every conversation included.
    #[arg(long)]
    pub json: bool,
}

/// How a model is asked whether enough is known.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AbstentionArg {
    /// How complete the picture is, from 0 to 5.
    Scale,
    /// Whether it is enough.
    Binary,
    /// Whether it would ask or answer.
    Basic,
}

impl AgentEvaluate {
    /// How the agent asks and stops.
    pub fn settings(&self) -> Settings {
        Settings {
            abstention: match self.abstention {
                AbstentionArg::Scale => Abstention::Scale,
                AbstentionArg::Binary => Abstention::Binary,
                AbstentionArg::Basic => Abstention::Basic,
            },
            budget: self.budget,
            wording: if self.reviewed { Wording::Reviewed } else { Wording::Model },
            seed: self.seed,
            ..Settings::default()
        }
    }

    /// Who judges the answers.
    pub fn judging(&self) -> Option<Judge> {
        let readout = self.readout.into();
        self.judge.clone().map(|model| Judge { model, readout })
    }
}
