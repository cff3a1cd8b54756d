//! `rookery agent evaluate`, as it is run.

use std::process::{Command, Output};

use serde_json::Value;

fn rookery(folder: &tempfile::TempDir, args: &[&str]) -> Output {
    let db = folder.path().join("rookery.db");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rookery"));
    command.args(args).arg("--db").arg(db).output().expect("it runs")
}

#[test]
fn the_policy_alone_is_tried_at_every_threshold() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = folder.path().join("rows.jsonl");
    let row = r#"{"v":1,"source":"synthetic","domain":"life","label":"b","query":"Which town?","profile":{"age":"30","emotional_state":"Lonely","profession":"Nurse"},"severity":"standard"}"#;
    std::fs::write(&rows, row).expect("written");
    let imported = rookery(&folder, &["import", rows.to_str().expect("a plain path")]);
    assert!(imported.status.success(), "{imported:?}");
    let evaluate = |more: &[&str]| {
        let args = ["agent", "evaluate", "--thresholds", "0,5"];
        rookery(&folder, &[args.as_slice(), more].concat())
    };
    let tried = evaluate(&["--json"]);
    assert_eq!(tried.status.code(), Some(0), "{tried:?}");
    let sweep: Value = serde_json::from_slice(&tried.stdout).expect("JSON");
    assert_eq!(sweep["scenarios"], 1);
    assert_eq!(sweep["points"][0]["distribution"], serde_json::json!([1]));
    assert!(sweep["points"][1]["questions"]["value"].as_f64() > Some(0.0), "{sweep}");
    assert_eq!(evaluate(&["--json", "--users", "direct=1"]).status.code(), Some(0));
    let text = String::from_utf8(evaluate(&[]).stdout).expect("text");
    assert!(text.starts_with("1 scenarios; people direct=1"), "{text}");
    for wrong in [["--users", "rude"], ["--thresholds", "9"], ["--model", "nobody"]] {
        assert_ne!(evaluate(&wrong).status.code(), Some(0), "{wrong:?}");
    }
}
