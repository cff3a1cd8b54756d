//! Every worked example of `data/agreement_oracles.json`, the guards included.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rookery_stats::agreement::{
    ContingencyTable, IccForm, Observation, Weighting, brennan_prediger, conger_kappa, dawid_skene,
    fleiss_kappa, fleiss_kappa_generalised, gwet_ac1, icc, kendall_w, krippendorff_alpha,
    mean_squares, pairwise_kappa, percent_agreement, randolph_kappa,
};
use rookery_stats::correlation::{fisher_interval, kendall_tau_b, pearson, spearman};
use rookery_stats::disagreement::{
    consensus, normalised_entropy, raters_needed, spearman_brown, variance,
};
use rookery_stats::evaluation::{
    benjamini_hochberg, bonferroni, wilcoxon_signed_rank, wilson_interval,
};
use rookery_stats::{Level, Scale, Table, Undefined};
use serde_json::Value;

fn close(got: Result<f64, Undefined>, expected: &Value, what: &str) {
    close_by(got, expected, 1e-9, what);
}

fn close_by(got: Result<f64, Undefined>, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: no expected number"));
    let got = got.unwrap_or_else(|reason| panic!("{what}: undefined because {reason}"));
    assert!((got - expected).abs() <= tolerance, "{what}: {got}, expected {expected}");
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn whole(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(whole).collect()
}

/// Raters by units, null missing, on the scale of the values that occur.
fn table(value: &Value) -> Table {
    let row = |row: &Value| row.as_array().unwrap().iter().map(Value::as_f64).collect::<Vec<_>>();
    let rows: Vec<Vec<Option<f64>>> = value.as_array().unwrap().iter().map(row).collect();
    let values = || rows.iter().flatten().flatten().copied();
    let low = values().fold(f64::MAX, f64::min);
    let high = values().fold(f64::MIN, f64::max).max(low + 1.0);
    Table::from_raters(format!("{low}..{high}").parse().unwrap(), &rows).unwrap()
}

fn counted(value: &Value) -> Table {
    let rows: Vec<Vec<usize>> = value.as_array().unwrap().iter().map(counts).collect();
    let points = i32::try_from(rows[0].len()).unwrap();
    Table::from_counts(Scale::new(1, points).unwrap(), &rows).unwrap()
}

fn alphas(id: &str, ratings: &Value, expected: &Value) {
    for (level, value) in expected.as_object().unwrap() {
        close(krippendorff_alpha(&table(ratings), level.parse().unwrap()), value, id);
    }
}

fn fraction(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    above.parse::<f64>().unwrap() / below.parse::<f64>().unwrap()
}

fn exact_alphas(id: &str, oracle: &Value) {
    for (level, parts) in oracle["exact_parts"].as_object().unwrap() {
        let n = fraction(&parts["n_pairable"]);
        let disagreement = fraction(&parts["Do_num"]) / fraction(&parts["De_num"]);
        let alpha = Value::from(1.0 - (n - 1.0) * disagreement);
        close(
            krippendorff_alpha(&table(&oracle["input"]["ratings"]), level.parse().unwrap()),
            &alpha,
            id,
        );
    }
}

fn alpha_edges(oracle: &Value) {
    for case in oracle["cases"].as_array().unwrap() {
        if case["expected"].is_null() {
            let reason = case["reason"].as_str().unwrap();
            let expected = match reason {
                it if it.starts_with("no variation") => Undefined::NoVariation,
                _ => Undefined::NoPairs,
            };
            for level in Level::ALL {
                assert_eq!(
                    krippendorff_alpha(&table(&case["ratings"]), level),
                    Err(expected),
                    "{reason}"
                );
            }
        } else {
            alphas("kalpha_edges", &case["ratings"], &case["expected"]);
        }
    }
}

fn cohen_table(id: &str, oracle: &Value) {
    let table = ContingencyTable::from_rows(&matrix(&oracle["input"]["table"])).unwrap();
    for (name, value) in oracle["expected"].as_object().unwrap() {
        let (error, null) = table.kappa_standard_errors().unwrap();
        match name.as_str() {
            "unweighted" => close(table.kappa(&Weighting::Unweighted), value, id),
            "linear" => close(table.kappa(&Weighting::Linear), value, id),
            "quadratic" => close(table.kappa(&Weighting::Quadratic), value, id),
            "custom" => {
                let weights = Weighting::Custom(matrix(&oracle["input"]["weights"]));
                close(table.kappa(&weights), value, id);
            }
            "ase" => close(Ok(error), value, id),
            "ase_h0" => close(Ok(null), value, id),
            "ci95" => {
                let kappa = table.kappa(&Weighting::Unweighted).unwrap();
                close(Ok(kappa - 1.959_963_984_540_054 * error), &value[0], id);
                close(Ok(kappa + 1.959_963_984_540_054 * error), &value[1], id);
            }
            other => panic!("{id}: nothing computes {other}"),
        }
    }
}

/// The scale of the points that were used, renumbered: what the product must not do.
fn of_used_points(a: &[f64], b: &[f64], weighting: &Weighting) -> Result<f64, Undefined> {
    let mut used: Vec<f64> = a.iter().chain(b).copied().collect();
    used.sort_by(f64::total_cmp);
    used.dedup();
    let below = |it: &f64| used.iter().map(|u| f64::from(u8::from(u < it))).sum::<f64>();
    let place = |values: &[f64]| values.iter().map(below).collect::<Vec<f64>>();
    let scale = Scale::new(0, i32::try_from(used.len()).unwrap() - 1).unwrap();
    ContingencyTable::from_ratings(scale, &place(a), &place(b)).unwrap().kappa(weighting)
}

fn declared(input: &Value) -> Scale {
    let points = numbers(&input["declared_scale"]);
    format!("{}..{}", points[0], points[points.len() - 1]).parse().unwrap()
}

fn cohen_declared_scale(id: &str, oracle: &Value) {
    let input = &oracle["input"];
    let (a, b) = (numbers(&input["rater_a"]), numbers(&input["rater_b"]));
    let table = ContingencyTable::from_ratings(declared(input), &a, &b).unwrap();
    for (name, value) in oracle["expected"].as_object().unwrap() {
        let got = match name.as_str() {
            "unweighted" => table.kappa(&Weighting::Unweighted),
            "linear_full_scale" => table.kappa(&Weighting::Linear),
            "quadratic_full_scale" | "quadratic_kappa" => table.kappa(&Weighting::Quadratic),
            "linear_index_of_used_categories" => of_used_points(&a, &b, &Weighting::Linear),
            "quadratic_index_of_used_categories" => of_used_points(&a, &b, &Weighting::Quadratic),
            other => panic!("{id}: nothing computes {other}"),
        };
        close(got, value, id);
    }
    if let Some(wrong) = oracle["wrong_values_to_reject"].get("index_of_used_categories") {
        close(of_used_points(&a, &b, &Weighting::Quadratic), wrong, id);
        let got = table.kappa(&Weighting::Quadratic).unwrap();
        assert!((got - wrong.as_f64().unwrap()).abs() > 1e-3);
    }
}

fn paradox(oracle: &Value) {
    let rows = matrix(&oracle["input"]["table"]);
    let table = ContingencyTable::from_rows(&rows).unwrap();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for (row, value_a) in oracle["input"]["table"].as_array().unwrap().iter().zip([0.0, 1.0]) {
        for (n, value_b) in counts(row).into_iter().zip([0.0, 1.0]) {
            a.extend(std::iter::repeat_n(Some(value_a), n));
            b.extend(std::iter::repeat_n(Some(value_b), n));
        }
    }
    let pair = Table::from_raters(Scale::new(0, 1).unwrap(), &[a, b]).unwrap();
    for (name, value) in oracle["expected"].as_object().unwrap() {
        let got = match name.as_str() {
            "percent_agreement" => percent_agreement(&pair),
            "cohen" => table.kappa(&Weighting::Unweighted),
            "gwet_ac1" => gwet_ac1(&pair),
            "brennan_prediger_pabak" => brennan_prediger(&pair),
            "scott_pi" => table.scott_pi(),
            other => panic!("nothing computes {other}"),
        };
        close(got, value, name);
    }
    let scott = rookery_stats::agreement::scott_pi(&pair);
    assert_eq!(scott, table.scott_pi());
}

fn fleiss(oracle: &Value) {
    let table = counted(&oracle["input"]["counts"]);
    let expected = &oracle["expected"];
    close(fleiss_kappa(&table), &expected["kappa"], "kappa");
    close(fleiss_kappa_generalised(&table), &expected["kappa"], "generalised");
    close(percent_agreement(&table), &expected["P_bar"], "P_bar");
    close(randolph_kappa(&table), &expected["randolph_free_marginal"], "Randolph");
}

fn randolph(oracle: &Value) {
    for case in oracle["cases"].as_array().unwrap() {
        let table = counted(&case["counts"]);
        close_by(fleiss_kappa(&table), &case["fixed"], 1e-6, "fixed");
        close_by(randolph_kappa(&table), &case["free"], 1e-6, "free");
        close_by(percent_agreement(&table), &case["pa"], 1e-6, "agreement");
    }
}

fn shrout_fleiss(oracle: &Value) {
    let by_target = matrix(&oracle["input"]["ratings"]);
    let raters = by_target[0].len();
    let rater = |j: usize| by_target.iter().map(|row| Some(row[j])).collect();
    let rows: Vec<Vec<Option<f64>>> = (0..raters).map(rater).collect();
    let table = Table::from_raters(Scale::new(1, 10).unwrap(), &rows).unwrap();
    let squares = mean_squares(&table).unwrap();
    for (name, value) in oracle["expected"].as_object().unwrap() {
        let got = match name.as_str() {
            "BMS" => Ok(squares.between),
            "WMS" => Ok(squares.within),
            "JMS" => Ok(squares.raters),
            "EMS" => Ok(squares.residual),
            "icc_1_1" => icc(&table, IccForm::OneSingle),
            "icc_1_k" => icc(&table, IccForm::OneMean),
            "icc_2_1" => icc(&table, IccForm::TwoSingle),
            "icc_2_k" => icc(&table, IccForm::TwoMean),
            "icc_3_1" => icc(&table, IccForm::ThreeSingle),
            "icc_3_k" => icc(&table, IccForm::ThreeMean),
            other => panic!("nothing computes {other}"),
        };
        close(got, value, name);
    }
    close(icc(&table, IccForm::ThreeMean), &oracle["cronbach_alpha"], "Cronbach");
    let single = icc(&table, IccForm::ThreeSingle).unwrap();
    close(spearman_brown(single, 4.0), &oracle["spearman_brown_from_icc_3_1"], "Spearman-Brown");
}

fn anaesthetists(oracle: &Value) {
    let responses = oracle["input"]["responses"].as_object().unwrap();
    let mut observations = Vec::new();
    for (patient, observers) in responses {
        for (observer, classes) in observers.as_object().unwrap() {
            let number = |it: &str| it.parse::<usize>().unwrap() - 1;
            observations.extend(counts(classes).into_iter().map(|class| Observation {
                item: number(patient),
                observer: number(observer),
                class: class - 1,
            }));
        }
    }
    assert_eq!(observations.len(), 45 * 7);
    let fit = dawid_skene(4, &observations).unwrap();
    let expected = &oracle["expected"];
    for (got, value) in fit.prevalence.iter().zip(expected["class_marginals"].as_array().unwrap()) {
        close_by(Ok(*got), value, 1e-6, "prevalence");
    }
    let last = *fit.log_likelihoods.last().unwrap();
    close_by(Ok(last), &expected["log_likelihood"], 1e-6, "log-likelihood");
    assert!(fit.log_likelihoods.windows(2).all(|it| it[1] >= it[0] - 1e-10), "it fell");
    let labels: Vec<usize> = fit.labels().into_iter().map(|it| it.unwrap() + 1).collect();
    assert_eq!(labels, counts(&expected["map_labels"]));
    let of_class = |class| labels.iter().filter(|it| **it == class).count();
    assert_eq!((1..=4).map(of_class).collect::<Vec<_>>(), counts(&expected["label_counts"]));
    let rates = expected["error_rates"].as_array().unwrap();
    assert_eq!(rates[0], expected["error_rates_observer_1"]);
    for (got, expected) in fit.error_rates.iter().zip(rates) {
        for (got, expected) in got.iter().flatten().zip(matrix(expected).iter().flatten()) {
            close_by(Ok(*got), &Value::from(*expected), 1e-5, "error rate");
        }
    }
}

fn gwet(oracle: &Value) {
    let table = table(&oracle["input"]["ratings"]);
    for (name, value) in oracle["expected"].as_object().unwrap() {
        let got = match name.as_str() {
            "percent_agreement" => percent_agreement(&table),
            "gwet_ac1" => gwet_ac1(&table),
            "fleiss_generalised" => fleiss_kappa_generalised(&table),
            "brennan_prediger" => brennan_prediger(&table),
            "krippendorff_alpha_nominal" => krippendorff_alpha(&table, Level::Nominal),
            "conger" => conger_kappa(&table),
            other => panic!("nothing computes {other}"),
        };
        close_by(got, value, 2e-5, name);
    }
    assert_eq!(fleiss_kappa(&table), Err(Undefined::UnequalRatings { fewest: 1, most: 4 }));
}

fn correlations(oracle: &Value) {
    for case in oracle["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        if name == "fisher_z_ci" {
            let got = fisher_interval(case["r"].as_f64().unwrap(), whole(&case["n"])).unwrap();
            close(Ok(got[0]), &case["expected"]["ci95"][0], name);
            close(Ok(got[1]), &case["expected"]["ci95"][1], name);
            continue;
        }
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let all = [pearson(&x, &y), spearman(&x, &y), kendall_tau_b(&x, &y)];
        if case["expected"].is_null() {
            assert_eq!(all, [Err(Undefined::Constant); 3], "{name}");
            continue;
        }
        for (statistic, value) in case["expected"].as_object().unwrap() {
            let at = ["pearson", "spearman", "kendall_tau_b"].iter().position(|it| it == statistic);
            close(all[at.unwrap()], value, name);
        }
    }
}

fn concordance(oracle: &Value) {
    let table = table(&oracle["input"]["ranks"]);
    let w = kendall_w(&table);
    close(w, &oracle["expected"]["W"], "W");
    close(w.map(|it| it * 3.0 * 5.0), &oracle["expected"]["friedman_chi2"], "Friedman");
}

fn wilson(oracle: &Value) {
    for case in oracle["cases"].as_array().unwrap() {
        let got = wilson_interval(whole(&case["x"]), whole(&case["n"])).unwrap();
        close(Ok(got[0]), &case["expected"][0], "low");
        close(Ok(got[1]), &case["expected"][1], "high");
    }
}

fn signed_rank(oracle: &Value) {
    let (x, y) = (numbers(&oracle["input"]["x"]), numbers(&oracle["input"]["y"]));
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x - y).collect();
    let test = wilcoxon_signed_rank(&differences).unwrap();
    assert!(test.exact);
    let expected = &oracle["expected"];
    close_by(Ok(test.v), &expected["V"], 0.0, "V");
    close_by(Ok(test.p_greater), &expected["p_greater"], 1e-12, "greater");
    close_by(Ok(test.p_two_sided), &expected["p_two_sided"], 1e-12, "two-sided");
}

fn false_discovery(oracle: &Value) {
    let p = numbers(&oracle["input"]["p"]);
    let q = oracle["input"]["q"].as_f64().unwrap();
    let expected = &oracle["expected"];
    let adjusted = benjamini_hochberg(&p).unwrap();
    for (got, value) in adjusted.iter().zip(expected["adjusted"].as_array().unwrap()) {
        close_by(Ok(*got), value, 1e-12, "adjusted");
    }
    let rejected = |it: &[f64]| it.iter().filter(|it| **it <= q).count();
    assert_eq!(rejected(&adjusted), whole(&expected["rejected"]));
    assert_eq!(rejected(&bonferroni(&p).unwrap()), whole(&expected["bonferroni_rejected"]));
}

fn shapes(oracle: &Value) {
    for case in oracle["cases"].as_array().unwrap() {
        let counts = counts(&case["counts"]);
        for (name, value) in case["expected"].as_object().unwrap() {
            let got = match name.as_str() {
                "entropy_norm_declared" => normalised_entropy(&counts),
                "consensus_tw" => consensus(&counts),
                "variance" => variance(&counts),
                other => panic!("nothing computes {other}"),
            };
            close_by(got, value, 1e-12, name);
        }
    }
}

fn incomplete_but_perfect(oracle: &Value) {
    let ratings = &oracle["input"]["ratings"];
    let table = table(ratings);
    let expected = &oracle["expected"];
    alphas("incomplete", ratings, &expected["krippendorff_alpha"]);
    let kappa = &expected["every_pair_quadratic_kappa_on_shared_items"];
    close_by(pairwise_kappa(&table, &Weighting::Quadratic), kappa, 0.0, "kappa");
    assert!(expected["icc_two_way"].is_null());
    let reason = Undefined::IncompleteDesign { incomplete: 6, items: 6, raters: 3 };
    for form in [IccForm::TwoSingle, IccForm::TwoMean, IccForm::ThreeSingle, IccForm::ThreeMean] {
        assert_eq!(icc(&table, form), Err(reason));
    }
    let rows: Vec<Vec<Option<f64>>> = ratings
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(Value::as_f64).collect())
        .collect();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let shared = rows[a].iter().zip(&rows[b]).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
        let (x, y): (Vec<f64>, Vec<f64>) = shared.unzip();
        close(pearson(&x, &y), &expected["every_pair_pearson_on_shared_items"], "Pearson");
        let table = ContingencyTable::from_ratings(Scale::new(1, 5).unwrap(), &x, &y).unwrap();
        close(table.kappa(&Weighting::Quadratic), kappa, "kappa");
    }
}

fn raters(oracle: &Value) {
    let input = |name: &str| oracle["input"][name].as_f64().unwrap();
    let needed = raters_needed(input("icc_single"), input("target")).unwrap();
    close(Ok(needed), &oracle["expected"]["raters_exact"], "exact");
    close_by(Ok(needed.ceil()), &oracle["expected"]["raters"], 0.0, "whole");
}

#[test]
fn every_worked_example_comes_out() {
    let file: Value = serde_json::from_str(include_str!("data/agreement_oracles.json")).unwrap();
    let oracles = file["oracles"].as_array().unwrap();
    assert_eq!(oracles.len(), 26);
    for oracle in oracles {
        let id = oracle["id"].as_str().unwrap();
        match id {
            "kalpha_C" | "kalpha_A_binary" | "kalpha_B_nominal" => {
                alphas(id, &oracle["input"]["ratings"], &oracle["expected"]);
                exact_alphas(id, oracle);
            }
            "kalpha_invariance" => alphas(id, &oracle["input"]["ratings"], &oracle["expected"]),
            "ordinal_alpha_metric_guard" => {
                alphas(id, &oracle["input"]["ratings"], &oracle["expected"]);
                let alpha = krippendorff_alpha(&table(&oracle["input"]["ratings"]), Level::Ordinal);
                for wrong in oracle["wrong_values_to_reject"].as_object().unwrap().values() {
                    assert!((alpha.unwrap() - wrong.as_f64().unwrap()).abs() > 1e-3);
                }
            }
            "kalpha_edges" => alpha_edges(oracle),
            "cohen_wikipedia" | "cohen_same_po_a" | "cohen_same_po_b" | "cohen_1968" => {
                cohen_table(id, oracle);
            }
            "cohen_irr_anxiety" | "declared_scale_small" => cohen_declared_scale(id, oracle),
            "kappa_paradox" => paradox(oracle),
            "fleiss_wikipedia" => fleiss(oracle),
            "fleiss_randolph" => randolph(oracle),
            "icc_shrout_fleiss" => shrout_fleiss(oracle),
            "dawid_skene_anaesthetists" => anaesthetists(oracle),
            "gwet_raw4raters" => gwet(oracle),
            "correlations" => correlations(oracle),
            "kendall_w" => concordance(oracle),
            "wilson_interval" => wilson(oracle),
            "wilcoxon_signed_rank" => signed_rank(oracle),
            "benjamini_hochberg" => false_discovery(oracle),
            "disagreement_shapes" => shapes(oracle),
            "incomplete_design_perfect_agreement" => incomplete_but_perfect(oracle),
            "raters_needed" => raters(oracle),
            other => panic!("nothing tests {other}"),
        }
    }
}
