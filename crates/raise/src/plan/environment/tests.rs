use proptest::prelude::*;

use super::*;

fn set(places: &[usize]) -> AttributeSet {
    places.iter().copied().collect()
}

#[test]
fn effects_add_up_and_are_cut() {
    let world = Environment::parse(
        r#"{"attributes": ["a", "b", "c"], "base": 2.5, "main": {"a": 0.5, "b": -2},
            "pair": {"c+a": 3}, "clip": [1, 5]}"#,
    )
    .unwrap();
    let check = |places: &[usize], expected: f64| {
        assert!((world.score(set(places)) - expected).abs() < 1e-12, "{places:?}");
    };
    check(&[], 2.5);
    check(&[0], 3.0);
    check(&[1], 1.0);
    check(&[2], 2.5);
    check(&[0, 2], 5.0);
    check(&[0, 1, 2], 4.0);
}

#[test]
fn a_table_gives_every_score() {
    let world = Environment::parse(
        r#"{"attributes": ["a", "b"], "table": {"a+b": 4, "": 2, "a": 2.5, "b": 3},
            "prior": ["b", "a"], "cost": {"b": 0.5}, "seed": 3, "noise_sd": null, "name": "x"}"#,
    )
    .unwrap();
    let scores: Vec<f64> = (0..4).map(|bits| world.score(AttributeSet::from_bits(bits))).collect();
    assert_eq!(scores, [2.0, 2.5, 3.0, 4.0]);
    assert_eq!(world.prior(), Some(&[1, 0][..]));
    assert_eq!(world.cost(), [0.0, 0.5]);
    assert_eq!(world.unknown(), ["name"]);
}

#[test]
fn noise_depends_on_set_repeat_and_seed() {
    let text = r#"{"attributes": ["a"], "base": 3, "clip": [1, 5], "noise_sd": 0.3"#;
    let named = Environment::parse(&format!("{text}, \"seed\": 4}}")).unwrap();
    let unnamed = Environment::parse(&format!("{text}}}")).unwrap();
    let a = set(&[0]);
    assert_eq!(named.observe(a, 0, 1).to_bits(), named.observe(a, 0, 2).to_bits());
    assert_ne!(named.observe(a, 0, 1).to_bits(), named.observe(a, 1, 1).to_bits());
    assert_ne!(unnamed.observe(a, 0, 1).to_bits(), unnamed.observe(a, 0, 2).to_bits());
    let values: Vec<f64> = (0..4_000).map(|it| unnamed.observe(a, it, 9)).collect();
    let mean = values.iter().sum::<f64>() / 4_000.0;
    let var = values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / 4_000.0;
    assert!((mean - 3.0).abs() < 0.02 && (var.sqrt() - 0.3).abs() < 0.02, "{mean} {var}");
}

#[test]
fn every_defect_names_its_key() {
    let check = |text: &str, expected: &str| {
        let error = Environment::parse(text).unwrap_err();
        let mut said = error.to_string();
        if let EnvironmentError::Json(source) = &error {
            said = source.to_string();
        }
        assert!(said.contains(expected), "{text}\nsaid {said}\nexpected {expected}");
    };
    let sum = |rest: &str| format!(r#"{{"attributes": ["a", "b"], "base": 2{rest}}}"#);
    let table = |rest: &str| {
        format!(r#"{{"attributes": ["a", "b"], "table": {{"": 2, "a": 2, "b": 2{rest}}}}}"#)
    };
    check("", "EOF");
    check("[]", "invalid type");
    check("{}", "attributes: it is missing");
    check(r#"{"attributes": []}"#, "attributes: there are 0");
    check(r#"{"attributes": [""], "base": 1}"#, "name 1 is empty");
    check(r#"{"attributes": ["a+b"], "base": 1}"#, "“a+b” has a +");
    check(r#"{"attributes": ["a", "a"], "base": 1}"#, "attributes: “a” is there twice");
    check(
        r#"{"attributes": ["a"], "attributes": ["a"], "base": 1}"#,
        "attributes: it is there twice",
    );
    check(r#"{"attributes": "a", "base": 1}"#, "attributes: invalid type");
    check(r#"{"attributes": ["a"]}"#, "base: it is missing");
    check(r#"{"attributes": ["a"], "base": "2"}"#, "base: invalid type");
    check(r#"{"attributes": ["a"], "base": 1, "table": {}}"#, "table: there is a base too");
    check(r#"{"attributes": ["a"], "table": {}, "main": {}}"#, "main: a table gives every score");
    check(r#"{"attributes": ["a"], "table": {}, "clip": [1, 5]}"#, "clip: a table");
    check(&sum(r#", "main": {"c": 1}"#), "main: “c” is none");
    check(&sum(r#", "main": {"a": 1, "a": 2}"#), "main: “a” is there twice");
    check(&sum(r#", "main": {"a": null}"#), "main: a: invalid type");
    check(&sum(r#", "main": {"a": 1e999}"#), "number out of range");
    check(&sum(r#", "main": {"a": NaN}"#), "expected value");
    check(&sum(r#", "pair": {"a": 1}"#), "pair.a: a pair is two");
    check(&sum(r#", "pair": {"a+b+a": 1}"#), "pair.a+b+a: a pair is two");
    check(&sum(r#", "pair": {"a+a": 1}"#), "pair.a+a: an attribute makes no pair");
    check(&sum(r#", "pair": {"a+c": 1}"#), "pair.a+c: “c” is none");
    check(&sum(r#", "pair": {"a+b": 1, "b+a": 1}"#), "pair.b+a: the pair is there twice");
    check(&sum(r#", "clip": [5, 1]"#), "clip: 5 is above 1");
    check(&sum(r#", "clip": [5]"#), "clip: invalid length");
    check(&sum(r#", "cost": {"a": -1}"#), "cost.a: a cost is not below 0");
    check(&sum(r#", "cost": {"z": 1}"#), "cost: “z” is none");
    check(&sum(r#", "noise_sd": -0.1"#), "noise_sd: a deviation");
    check(&sum(r#", "seed": -1"#), "seed: invalid value");
    check(&sum(r#", "prior": ["a"]"#), "prior: “b” is missing");
    check(&sum(r#", "prior": ["a", "a"]"#), "prior: “a” is there twice");
    check(&sum(r#", "prior": ["a", "x"]"#), "prior: “x” is none");
    check(&table(""), "table: the subset “a+b” is missing; all 4");
    check(&table(r#", "b+a": 2"#), "table.b+a: its attributes are not in the order");
    check(&table(r#", "a+a": 2"#), "table.a+a: “a” is in it twice");
    check(&table(r#", "a+": 2"#), "table.a+: “” is none");
    check(&table(r#", "a+b": 0"#), "table.a+b: 0 is no score");
    check(&table(r#", "a+b": 5.1"#), "table.a+b: 5.1 is no score");
    check(&table(r#", "a+b": 2, "a": 2"#), "table.a: the subset is there twice");
    let many: Vec<String> = (0..33).map(|it| format!("\"x{it}\"")).collect();
    check(
        &format!(r#"{{"attributes": [{}], "base": 1}}"#, many.join(",")),
        "there are 33; 1 to 32",
    );
    check(
        &format!(r#"{{"attributes": [{}], "table": {{}}}}"#, many[..21].join(",")),
        "table: 21 attributes have too many",
    );
}

proptest! {
    #[test]
    fn fuzz_environment_never_panics(text in "\\PC*") {
        let _ = Environment::parse(&text);
    }

    #[test]
    fn fuzz_environment_parts_never_panic(
        attributes in proptest::collection::vec("[a-c+ ]{0,2}", 0..4),
        key in "[a-c+]{0,5}",
        value in any::<f64>(),
        part in proptest::sample::select(vec!["main", "pair", "table", "cost"]),
    ) {
        let file = serde_json::json!({ "attributes": attributes, "base": 1, part: { key: value } });
        if let Ok(world) = Environment::parse(&file.to_string()) {
            prop_assert!(world.score(AttributeSet::first(world.attributes().len())).is_finite());
        }
    }
}
