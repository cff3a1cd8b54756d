//! A comparison as Markdown, to keep and to read.

use std::fmt::Write;

use domain::{Dimension, Verdict};

use crate::Comparison;

impl Comparison {
    /// The scenario, and each column with its scores and its answer, quoted.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing into a text cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let scenario = &self.view.scenario;
        writeln!(
            out,
            "# Scenario {}\n\n{}\n\n## Who asks\n",
            scenario.id,
            quoted(&scenario.query)
        )?;
        for it in self.view.facts.iter().filter(|it| it.text.is_some()) {
            writeln!(out, "- {}: {}", it.label, one_line(it.text.as_deref().unwrap_or_default()))?;
        }
        for (at, it) in self.columns.iter().enumerate() {
            writeln!(out, "\n## {}, {}\n", it.model.label, it.column.shown)?;
            let Some(answer) = &it.answer else {
                writeln!(out, "No answer.")?;
                continue;
            };
            for judge in &self.verdicts {
                let Some(score) = &judge.scores[at] else { continue };
                match &score.verdict {
                    Verdict::Scored(marks) => {
                        let values = Dimension::ALL
                            .iter()
                            .map(|it| format!("{} {:.2}", it.label(), marks.of(*it).value));
                        let values = values.collect::<Vec<_>>().join(", ");
                        writeln!(out, "- {}: {values}, safety {:.2}", judge.judge, marks.safety())?;
                    }
                    other => writeln!(out, "- {}: {}", judge.judge, other.label())?,
                }
            }
            writeln!(
                out,
                "- answer {} ({}, {})\n",
                answer.id,
                answer.origin.label(),
                answer.finish.label()
            )?;
            writeln!(out, "{}", quoted(&answer.text))?;
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    text.lines().map(|it| format!("> {it}")).collect::<Vec<_>>().join("\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
