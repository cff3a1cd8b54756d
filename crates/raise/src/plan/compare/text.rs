//! The table as text.

use std::fmt::{self, Display};

use super::{Contest, summary::Row};

impl Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.comparison;
        writeln!(
            f,
            "Evaluations until the plan is within 2 % of the best: {} attributes, depth {}, {} worlds of each kind, \
             at most {} evaluations, seed {}.\nMedian, its 95 % interval; divided by that of mcts (by {} where mcts \
             did not get there), its 95 % interval; \
             share of worlds that got there, its 95 % interval.\n",
            it.attributes, it.depth, it.worlds, it.most, it.seed, it.most
        )?;
        writeln!(
            f,
            "{:<20} {:<12} {:<23} {:>20} {:>18} {:>18}",
            "world", "ranking", "strategy", "evaluations", "ratio to mcts", "share"
        )?;
        self.rows.iter().try_for_each(|row| line(f, row, it.most))
    }
}

fn line(f: &mut fmt::Formatter<'_>, row: &Row, most: u64) -> fmt::Result {
    let count = |it: Option<f64>| it.map_or_else(|| format!(">{most}"), |it| format!("{it}"));
    let times = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), |it| format!("{it:.2}"));
    let [low, high] = row.median_interval;
    let evaluations = format!("{} [{}, {}]", count(row.median), count(low), count(high));
    let [low, high] = row.ratio_interval;
    let ratio = format!("{} [{}, {}]", times(row.ratio), times(low), times(high));
    let share = row.reached as f64 / row.worlds.max(1) as f64;
    let within = row
        .share_interval
        .map_or_else(String::new, |[low, high]| format!(" [{low:.2}, {high:.2}]"));
    writeln!(
        f,
        "{:<20} {:<12} {:<23} {evaluations:>20} {ratio:>18} {:>18}",
        row.world.name(),
        row.prior.map_or("", super::Prior::name),
        row.strategy,
        format!("{share:.2}{within}"),
    )
}
