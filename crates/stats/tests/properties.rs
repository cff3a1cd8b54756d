//! What holds for any table, however incomplete.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use rookery_stats::agreement::{Observation, Options, agreement, dawid_skene, krippendorff_alpha};
use rookery_stats::correlation::{bias, kendall_tau_b, mean_absolute_error, pearson, spearman};
use rookery_stats::evaluation::wilcoxon_signed_rank;
use rookery_stats::ratings::Rating;
use rookery_stats::report::Coefficient;
use rookery_stats::{Bootstrap, JudgeScores, Level, Ratings, Report, Scale, Table, Undefined};

type Rows = Vec<Vec<Option<u8>>>;

fn scale() -> Scale {
    Scale::new(1, 5).unwrap()
}

/// Raters by items, points 1 to 5, with gaps.
fn tables() -> impl Strategy<Value = Rows> {
    (1..6_usize, 0..9_usize, 0.0..1.0_f64).prop_flat_map(|(raters, items, present)| {
        let cell = proptest::option::weighted(present, 1..=5_u8);
        proptest::collection::vec(proptest::collection::vec(cell, items), raters)
    })
}

/// Every rater rated every item.
fn complete_tables() -> impl Strategy<Value = Rows> {
    (2..5_usize, 2..8_usize).prop_flat_map(|(raters, items)| {
        let cell = (1..=5_u8).prop_map(Some);
        proptest::collection::vec(proptest::collection::vec(cell, items), raters)
    })
}

fn table(rows: &Rows) -> Table {
    let row = |row: &Vec<Option<u8>>| row.iter().map(|it| it.map(f64::from)).collect();
    Table::from_raters(scale(), &rows.iter().map(row).collect::<Vec<_>>()).unwrap()
}

fn report(rows: &Rows, resamples: u32) -> Report {
    let mut ratings = Vec::new();
    for (rater, row) in rows.iter().enumerate() {
        for (item, value) in row.iter().enumerate() {
            ratings.push(Rating {
                item: item.to_string(),
                rater: rater.to_string(),
                value: value.map(f64::from),
                dimension: None,
                group: None,
            });
        }
    }
    let ratings = Ratings::from_rows(scale(), ratings).unwrap();
    let judge = "item,value\n0,1\n1,3\n2,3\n3,5\n4,2.5\n5,4\n";
    let judge = JudgeScores::read(judge.as_bytes(), scale()).unwrap();
    let bootstrap = Some(Bootstrap { resamples, seed: 5 });
    agreement(&ratings, &Options { bootstrap, judge: Some(&judge), ..Options::default() })
}

fn values(report: &Report) -> Vec<(&'static str, Option<f64>)> {
    let value = |it: &Coefficient| match it {
        Coefficient::Estimate { value, .. } => Some(*value),
        Coefficient::Undefined { .. } => None,
    };
    report.overall.coefficients.0.iter().map(|(name, it)| (*name, value(it))).collect()
}

fn alike(left: &Report, right: &Report) -> Result<(), TestCaseError> {
    for ((name, left), (_, right)) in values(left).into_iter().zip(values(right)) {
        let close = match (left, right) {
            (Some(left), Some(right)) => (left - right).abs() < 1e-9 * (1.0 + left.abs()),
            (left, right) => left == right,
        };
        prop_assert!(close, "{}: {:?} and {:?}", name, left, right);
    }
    Ok(())
}

/// The definition, pair by pair, without a coincidence matrix.
fn plain_alpha(rows: &Rows, level: Level) -> Option<f64> {
    let items = rows.first().map_or(0, Vec::len);
    let units: Vec<Vec<f64>> = (0..items)
        .map(|item| rows.iter().filter_map(|row| row[item].map(f64::from)).collect::<Vec<f64>>())
        .filter(|it| it.len() >= 2)
        .collect();
    let all: Vec<f64> = units.iter().flatten().copied().collect();
    let n = f64::from(u32::try_from(all.len()).unwrap());
    let below = |it: f64| -> f64 {
        all.iter()
            .map(|v| {
                if *v < it {
                    1.0
                } else if *v > it {
                    0.0
                } else {
                    0.5
                }
            })
            .sum()
    };
    let distance = |a: f64, b: f64| match level {
        Level::Nominal => f64::from(u8::from((a - b).abs() > 0.0)),
        Level::Ordinal => (below(a) - below(b)).powi(2),
        Level::Interval => (a - b).powi(2),
        Level::Ratio => ((a - b) / (a + b)).powi(2),
    };
    let between = |values: &[f64]| -> f64 {
        values.iter().flat_map(|a| values.iter().map(|b| distance(*a, *b))).sum()
    };
    let within = |it: &Vec<f64>| between(it) / f64::from(u32::try_from(it.len() - 1).unwrap());
    let observed = units.iter().map(within).sum::<f64>() / n;
    let expected = between(&all) / (n * (n - 1.0));
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn numbers_are_finite_and_reasons_are_words(rows in tables()) {
        for (name, it) in &report(&rows, 12).overall.coefficients.0 {
            match it {
                Coefficient::Estimate { value, ci95, .. } => {
                    prop_assert!(value.is_finite(), "{}", name);
                    if let Some([low, high]) = ci95 {
                        prop_assert!(low.is_finite() && high.is_finite() && low <= high, "{}", name);
                    }
                    let most = if *name == "judge_mae" || *name == "judge_bias" { 4.0 } else { 1.0 };
                    let bounded = *value <= most + 1e-12 || *name == "icc_2_k";
                    prop_assert!(bounded, "{} is {}", name, value);
                }
                Coefficient::Undefined { undefined } => prop_assert!(undefined.len() > 10),
            }
        }
        let json = serde_json::to_string(&report(&rows, 0)).unwrap();
        prop_assert!(!json.contains("NaN") && !json.contains("inf"));
    }

    #[test]
    fn alpha_is_its_definition(rows in tables()) {
        for level in Level::ALL {
            let (got, expected) = (krippendorff_alpha(&table(&rows), level), plain_alpha(&rows, level));
            prop_assert_eq!(got.is_ok(), expected.is_some());
            if let (Ok(got), Some(expected)) = (got, expected) {
                prop_assert!((got - expected).abs() < 1e-9, "{}: {} and {}", level, got, expected);
            }
        }
    }

    #[test]
    fn raters_and_items_have_no_order(
        (rows, turned) in prop_oneof![tables(), complete_tables()].prop_flat_map(|rows| {
            let items: Vec<usize> = (0..rows[0].len()).collect();
            (Just(rows), Just(items).prop_shuffle())
        }).prop_flat_map(|(rows, items)| {
            let moved: Rows = rows.iter().map(|row| items.iter().map(|it| row[*it]).collect()).collect();
            (Just(rows), Just(moved).prop_shuffle())
        })
    ) {
        // The judge scores items by name, so only what people said is compared.
        let people = |mut report: Report| {
            report.overall.coefficients.0.retain(|it| !it.0.starts_with("judge"));
            report
        };
        alike(&people(report(&rows, 0)), &people(report(&turned, 0)))?;
    }

    #[test]
    fn names_have_no_order(rows in tables(), names in Just([1_u8, 2, 3, 4, 5]).prop_shuffle()) {
        let renamed: Rows = rows
            .iter()
            .map(|row| row.iter().map(|it| it.map(|it| names[usize::from(it) - 1])).collect())
            .collect();
        let nominal = [
            "krippendorff_alpha_nominal", "pairwise_cohen_kappa", "cohen_kappa", "scott_pi", "fleiss_kappa",
            "fleiss_kappa_generalised", "randolph_kappa", "gwet_ac1", "percent_agreement",
        ];
        let only = |mut report: Report| {
            report.overall.coefficients.0.retain(|it| nominal.contains(&it.0));
            report
        };
        alike(&only(report(&rows, 0)), &only(report(&renamed, 0)))?;
    }

    #[test]
    fn perfect_agreement_is_one_or_undefined(
        row in proptest::collection::vec(1..=5_u8, 2..8), raters in 2..5_usize
    ) {
        let rows: Rows = vec![row.iter().copied().map(Some).collect(); raters];
        let varies = row.iter().any(|it| *it != row[0]);
        let two = report(&rows[..2].to_vec(), 0);
        let scott = values(&two).into_iter().find(|it| it.0 == "scott_pi").unwrap().1;
        prop_assert_eq!(scott, varies.then_some(1.0));
        for (name, value) in values(&report(&rows, 0)) {
            let always = ["randolph_kappa", "brennan_prediger", "gwet_ac1", "gwet_ac2_quadratic",
                "percent_agreement", "percent_within_one"].contains(&name);
            if name.starts_with("judge") || name == "human_ceiling_pearson" || name == "scott_pi" {
                continue;
            }
            if varies || always {
                prop_assert!(value.is_some_and(|it| (it - 1.0).abs() < 1e-12), "{}: {:?}", name, value);
            } else {
                prop_assert_eq!(value, None, "{}", name);
            }
        }
        if !varies {
            prop_assert_eq!(krippendorff_alpha(&table(&rows), Level::Ordinal), Err(Undefined::NoVariation));
        }
    }

    #[test]
    fn a_lone_rating_does_not_move_alpha(rows in tables(), point in 1..=5_u8) {
        let mut more = rows.clone();
        more.iter_mut().for_each(|row| row.push(None));
        *more[0].last_mut().unwrap() = Some(point);
        for level in Level::ALL {
            prop_assert_eq!(krippendorff_alpha(&table(&rows), level), krippendorff_alpha(&table(&more), level));
        }
    }

    #[test]
    fn order_is_all_that_ordinal_alpha_sees(rows in tables()) {
        let stretch = [0.0, 1.0, 2.0, 4.0, 7.0, 11.0];
        let row = |row: &Vec<Option<u8>>| row.iter().map(|it| it.map(|it| stretch[usize::from(it)])).collect();
        let wide: Vec<Vec<Option<f64>>> = rows.iter().map(row).collect();
        let wide = Table::from_raters(Scale::new(1, 11).unwrap(), &wide).unwrap();
        match (krippendorff_alpha(&table(&rows), Level::Ordinal), krippendorff_alpha(&wide, Level::Ordinal)) {
            (Ok(narrow), Ok(wide)) => prop_assert!((narrow - wide).abs() < 1e-12),
            (narrow, wide) => prop_assert_eq!(narrow, wide),
        }
    }

    #[test]
    fn correlations_are_bounded_and_symmetric(
        pairs in proptest::collection::vec((-4..4_i8, -1e6..1e6_f64), 0..12)
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().map(|(x, y)| (f64::from(x), y)).unzip();
        for of in [pearson, spearman, kendall_tau_b] {
            let (one, other) = (of(&x, &y), of(&y, &x));
            prop_assert_eq!(one.is_ok(), other.is_ok());
            if let (Ok(one), Ok(other)) = (one, other) {
                prop_assert!(one.abs() <= 1.0 && (one - other).abs() < 1e-9);
            }
        }
        if let (Ok(error), Ok(bias)) = (mean_absolute_error(&x, &y), bias(&x, &y)) {
            prop_assert!(bias.abs() <= error * (1.0 + 1e-12) + 1e-12);
        }
    }

    #[test]
    fn tau_counts_pairs(pairs in proptest::collection::vec((0..5_u8, 0..5_u8), 2..15)) {
        let (mut agree, mut x_untied, mut y_untied) = (0.0, 0.0_f64, 0.0_f64);
        for (at, (x, y)) in pairs.iter().enumerate() {
            for (other_x, other_y) in &pairs[..at] {
                let sign = |a: &u8, b: &u8| f64::from(i8::from(a > b) - i8::from(a < b));
                let (dx, dy) = (sign(x, other_x), sign(y, other_y));
                agree += dx * dy;
                x_untied += dx.abs();
                y_untied += dy.abs();
            }
        }
        let (x, y): (Vec<f64>, Vec<f64>) =
            pairs.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).unzip();
        match kendall_tau_b(&x, &y) {
            Ok(tau) => prop_assert!((tau - agree / (x_untied * y_untied).sqrt()).abs() < 1e-12),
            Err(reason) => {
                prop_assert_eq!(reason, Undefined::Constant);
                prop_assert!(x_untied * y_untied == 0.0);
            }
        }
    }

    #[test]
    fn hostile_numbers_do_no_harm(x in proptest::collection::vec(any::<f64>(), 0..8), y in proptest::collection::vec(any::<f64>(), 0..8)) {
        for of in [pearson, spearman, kendall_tau_b, mean_absolute_error, bias] {
            prop_assert!(of(&x, &y).map_or(true, f64::is_finite));
        }
        if let Ok(test) = wilcoxon_signed_rank(&x) {
            for p in [test.p_greater, test.p_less, test.p_two_sided] {
                prop_assert!((0.0..=1.0).contains(&p));
            }
        }
    }

    #[test]
    fn likelihood_never_falls(
        words in proptest::collection::vec((0..6_usize, 0..4_usize, 0..3_usize), 1..60)
    ) {
        let observations: Vec<Observation> =
            words.into_iter().map(|(item, observer, class)| Observation { item, observer, class }).collect();
        let fit = dawid_skene(3, &observations).unwrap();
        prop_assert!(fit.log_likelihoods.iter().all(|it| it.is_finite()));
        prop_assert!(fit.log_likelihoods.windows(2).all(|it| it[1] >= it[0] - 1e-9));
        for posterior in fit.posterior.iter().flatten() {
            prop_assert!((posterior.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        prop_assert!((fit.prevalence.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
