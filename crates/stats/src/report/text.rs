//! The report as a plain table.

use std::fmt::Write;

use super::{Coefficient, Part, Report, Section};
use crate::Level;

pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    section(&mut text, "All ratings", &report.overall, report.level);
    for part in &report.by {
        text.push('\n');
        section(&mut text, &title(part), &part.section, report.level);
    }
    text
}

fn title(part: &Part) -> String {
    let dimension = part.dimension.iter().map(|it| format!("Dimension {it}"));
    let group = part.group.iter().map(|it| format!("Group {it}"));
    dimension.chain(group).collect::<Vec<_>>().join(", ")
}

/// One row: name, value, interval, items, pairs; or name and reason.
enum Row {
    Value([String; 5]),
    Reason(String, String),
}

fn section(text: &mut String, title: &str, section: &Section, level: Level) {
    let headline = format!("krippendorff_alpha_{level}");
    let (first, others): (Vec<_>, Vec<_>) =
        section.coefficients.0.iter().partition(|it| it.0 == headline);
    let header = ["coefficient", "value", "95 % interval", "items", "pairs"].map(str::to_owned);
    let coefficients = first.into_iter().chain(others);
    let rows = coefficients.map(|(name, coefficient)| row(name, coefficient));
    let rows: Vec<Row> = std::iter::once(Row::Value(header)).chain(rows).collect();
    let mut widths = [0; 5];
    for row in &rows {
        match row {
            Row::Value(cells) => {
                let lengths = cells.iter().map(|it| it.chars().count());
                widths.iter_mut().zip(lengths).for_each(|(width, it)| *width = it.max(*width));
            }
            Row::Reason(name, _) => widths[0] = widths[0].max(name.len()),
        }
    }
    let Section { n_items, n_raters, n_ratings, .. } = section;
    let mut line = |it: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{it}");
    };
    line(format_args!("{title}: {n_ratings} ratings of {n_items} items by {n_raters} raters"));
    let [w0, w1, w2, w3, w4] = widths;
    for row in rows {
        match row {
            Row::Value([name, value, interval, items, pairs]) => line(format_args!(
                "  {name:<w0$}  {value:>w1$}  {interval:<w2$}  {items:>w3$}  {pairs:>w4$}"
            )),
            Row::Reason(name, why) => line(format_args!("  {name:<w0$}  undefined because {why}")),
        }
    }
}

fn row(name: &str, coefficient: &Coefficient) -> Row {
    match coefficient {
        Coefficient::Estimate { value, ci95, n_items, n_pairs } => Row::Value([
            name.to_owned(),
            format!("{value:.3}"),
            ci95.map_or_else(|| "-".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}")),
            n_items.to_string(),
            n_pairs.to_string(),
        ]),
        Coefficient::Undefined { undefined } => Row::Reason(name.to_owned(), undefined.clone()),
    }
}
