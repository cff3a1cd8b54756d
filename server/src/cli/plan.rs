//! `rookery plan`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use raise::plan::Strategy;

/// Planning: which attributes to ask about, and in which order.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Plan in a simulated world, or compare all strategies on worlds made for it.
    ///
    /// FILE is JSON: the attributes, and either base, main and pair effects or a table with a score for every subset;
    /// docs/planner.md describes it. Exit code 1: the file or an option is wrong.
    #[command(
        after_help = "Examples:\n  rookery plan simulate --environment world.json --strategy raise --budget 60 --depth 5 --seed 1 --json\n  rookery plan simulate --compare --worlds 60"
    )]
    Simulate(Simulate),
}

/// Plan in a simulated world.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The world; `-` for standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "compare")]
    pub environment: Option<PathBuf>,
    /// How sets are chosen: raise, mcts, bayes, oracle, random or static.
    #[arg(long, value_name = "STRATEGY", default_value_t)]
    pub strategy: Strategy,
    /// Evaluations at most. The oracle takes as many as there are sets.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub budget: u64,
    /// The longest path.
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub depth: usize,
    /// The same seed gives the same plan. The world's own seed where this is absent, else 1.
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// How much a cost in the file weighs against a point of score.
    #[arg(long, value_name = "W", default_value_t = 1.0)]
    pub cost_weight: f64,
    /// Add to the JSON what was searched, and the tree’s own greedy path.
    #[arg(long, requires = "json")]
    pub tree: bool,
    /// Compare all strategies on generated worlds: the evaluations that each needs to come within 2 % of the best.
    #[arg(long, conflicts_with_all = ["environment", "strategy", "cost_weight", "tree"])]
    pub compare: bool,
    /// Worlds of each kind that are compared on.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 60,
        requires = "compare",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub worlds: u32,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
