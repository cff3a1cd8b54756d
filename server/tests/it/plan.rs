//! `rookery plan`, as it is run.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

/// Runs `rookery plan simulate` with an environment on standard input: exit code, output, errors.
fn simulate(environment: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rookery"))
        .args(["plan", "simulate"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a binary that was built");
    // A wrong option ends the program before it reads.
    let _ = child.stdin.take().expect("a pipe").write_all(environment.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const WORLD: &str = r#"{"attributes": ["age", "gender", "mental_health"], "base": 2.6,
    "main": {"age": 0.1, "gender": 0.2, "mental_health": 0.5}, "pair": {"age+mental_health": 0.3},
    "clip": [1, 5], "prior": ["mental_health", "age", "gender"], "title": "small"}"#;

#[test]
fn a_world_is_planned() {
    for strategy in ["raise", "mcts", "bayes", "oracle", "random", "static"] {
        let args = ["--environment", "-", "--strategy", strategy, "--depth", "2", "--json"];
        let (code, output, errors) = simulate(WORLD, &args);
        assert_eq!(code, Some(0), "{strategy}: {errors}");
        assert!(errors.contains("“title” means nothing"), "{errors}");
        let found: Value = serde_json::from_str(&output).unwrap();
        let keys: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected =
            ["strategy", "path", "expected", "score", "evaluations", "rollouts", "curve", "seed"];
        expected.sort_unstable();
        assert_eq!(keys.len(), expected.len());
        assert!(keys.iter().all(|it| expected.contains(it)), "{keys:?}");
        if ["raise", "mcts", "bayes", "oracle"].contains(&strategy) {
            assert_eq!(found["path"], serde_json::json!(["mental_health", "age"]), "{strategy}");
        }
        assert_eq!(simulate(WORLD, &args).1, output, "the same seed, the same plan");
    }
    let (code, output, _) = simulate(WORLD, &["--environment", "-", "--depth", "1"]);
    assert_eq!(code, Some(0));
    assert!(output.contains("1. mental_health"), "{output}");
}

#[test]
fn what_is_wrong_is_said() {
    let check = |environment: &str, args: &[&str], code: i32, expected: &str| {
        let (found, _, errors) = simulate(environment, args);
        assert_eq!(found, Some(code), "{errors}");
        assert!(errors.contains(expected), "{errors}");
    };
    let from_input = ["--environment", "-"];
    check("", &from_input, 1, "EOF");
    check(
        r#"{"attributes": ["a"], "table": {"": 2}}"#,
        &from_input,
        1,
        "the subset “a” is missing",
    );
    check(WORLD, &["--environment", "not/there.json"], 1, "cannot be read");
    check(WORLD, &["--environment", "-", "--strategy", "best"], 2, "raise, mcts, bayes");
    check(WORLD, &["--environment", "-", "--cost-weight", "nan"], 1, "--cost-weight");
    check(WORLD, &[], 2, "--environment");
}
