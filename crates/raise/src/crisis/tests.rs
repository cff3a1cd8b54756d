use std::time::{Duration, Instant};

use llm::{
    Models,
    double::{Double, Script},
};
use proptest::prelude::*;

use super::*;

/// What `docs/safety.md` says, and no less.
#[test]
fn the_documented_numbers_are_true() {
    let messages = written();
    let document = include_str!("../../../../docs/safety.md");
    for (fold, name) in [(Fold::Tune, "tune"), (Fold::Held, "held")] {
        let screened: Vec<_> = messages
            .iter()
            .filter(|it| it.fold == Some(fold))
            .map(|it| (it, screen(&it.text).level))
            .collect();
        if std::env::var_os("ROOKERY_CRISIS_FAILURES").is_some() && fold == Fold::Tune {
            for (it, level) in &screened {
                if (it.expect == Some(Expected::Crisis)) != (*level == Level::Crisis) {
                    println!("{:?} {level:?} {}", it.class, it.text);
                }
            }
        }
        for (class, it) in tally(screened.into_iter()) {
            let cell = |part, whole| {
                if whole > 0 { format!("{part} of {whole}") } else { "–".to_owned() }
            };
            let (found, alarms) = (cell(it.found, it.crises), cell(it.alarms, it.others));
            let row = format!("| {name} | {class} | {found} | {alarms} |");
            println!("{row}");
            if std::env::var_os("ROOKERY_CRISIS_FAILURES").is_none() {
                assert!(document.contains(&row), "docs/safety.md lacks: {row}");
            }
        }
    }
}
