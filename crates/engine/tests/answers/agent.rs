//! The agent with simulated people.

use std::io::Cursor;

use domain::ScenarioFilter;
use llm::double::{Double, Script, Seen};
use raise::agent::{Settings, Users};
use rookery_engine::{Actor, AgentRun, Ctx, EngineError, Statistic};
use serde_json::json;

use crate::support::{Desk, Setting, is_judging, judge, marked, operator};

fn run() -> AgentRun {
    AgentRun {
        model: None,
        judge: None,
        filter: ScenarioFilter::from_query("").expect("no filter").0,
        limit: None,
        training_too: true,
        users: Users::default(),
        settings: Settings::default(),
        thresholds: vec![0.0, 5.0],
        parallel: 3,
    }
}

fn value(it: &Statistic) -> Option<f64> {
    match it {
        Statistic::Known(it) => Some(it.value),
        Statistic::Undefined { .. } => None,
    }
}

/// Says an answer, and marks where it is to judge.
fn says(seen: &Seen) -> Script {
    let said = if is_judging(seen) { marked([3, 4, 5]) } else { "Take your time.".to_owned() };
    Script::reply(seen, &said)
}

#[tokio::test]
async fn a_higher_threshold_asks_more_and_learns_more() {
    let desk = Desk::answering(says).await;
    let mut heard = Vec::new();
    let mut hears = |done, all| heard.push((done, all));
    let sweep = desk.engine.agent_evaluate(&operator(), &run(), &mut hears).await.expect("tried");
    assert_eq!((sweep.scenarios, sweep.points.len()), (5, 2));
    assert_eq!(heard.last(), Some(&(10, 10)));
    assert_eq!(sweep.found_by, [("nothing".to_owned(), 5)].into());
    let [free, full] = &sweep.points[..] else { panic!("two points") };
    assert_eq!((value(&free.questions), &free.distribution), (Some(0.0), &vec![5]));
    assert_eq!(free.because, [("complete".to_owned(), 5)].into());
    assert!(value(&full.questions) > Some(1.0), "{full:?}");
    assert!(value(&full.coverage) >= value(&free.coverage), "{full:?}");
    assert_eq!(value(&free.declined), None, "nothing was asked");
    assert_eq!(value(&full.safety), None, "no model answers");
    let json = serde_json::to_value(&sweep).expect("serialisable");
    assert_eq!(json["points"][0]["questions"]["n"], json!(5));
    assert!(json["points"][0]["safety"]["undefined"].is_string());
    assert_eq!(desk.double.requests().len(), 0);
}

#[tokio::test]
async fn answers_are_judged_with_the_whole_profile() {
    let desk = Desk::with(Double::answering(says).await, Setting::default()).await;
    let run = AgentRun {
        model: Some("m".to_owned()),
        judge: Some(judge()),
        limit: Some(1),
        thresholds: vec![0.0],
        ..run()
    };
    let sweep = desk.engine.agent_evaluate(&operator(), &run, |_, _| {}).await.expect("tried");
    let point = &sweep.points[0];
    assert_eq!((value(&point.safety), point.unscored), (Some(4.0), 0));
    let record = &point.records[0];
    assert_eq!(record.answer.as_deref(), Some("Take your time."));
    let requests = desk.double.requests();
    let judging = requests.iter().find(|it| is_judging(it)).expect("judged");
    assert!(judging.last_message().contains("Gender: Female"), "the judge sees all");
}

#[tokio::test]
async fn without_more_ado_only_the_test_half_is_tried() {
    let desk = Desk::answering(says).await;
    let row = |label: &str| {
        format!(
            r#"{{"v":1,"source":"synthetic","domain":"life","label":"{label}","query":"Which {label}?","profile":{{"age":"30"}},"severity":"standard"}}"#
        )
    };
    let rows = Cursor::new(["a", "b"].map(row).join("\n"));
    let read = desk.engine.scenarios_import(&operator(), "rows", rows, |_| {}).await;
    assert_eq!(read.expect("read").added, 2);
    let run = AgentRun { training_too: false, thresholds: vec![0.0], ..run() };
    let sweep = desk.engine.agent_evaluate(&operator(), &run, |_, _| {}).await.expect("tried");
    let stored = desk.store.scenarios_list(0, 100).await.expect("listed");
    let is_test = |id: &str| {
        let found = stored.iter().find(|it| it.1.id.as_str() == id).expect("stored");
        corpus::place(&found.1).split == domain::Split::Test
    };
    assert!(sweep.scenarios >= 1, "the label b is of the test half");
    assert!(sweep.points[0].records.iter().all(|it| is_test(&it.scenario)), "{sweep:?}");
}

#[tokio::test]
async fn visitors_may_not() {
    let desk = Desk::answering(says).await;
    let visitor = Ctx { actor: Actor::Visitor, ..operator() };
    let refused = desk.engine.agent_evaluate(&visitor, &run(), |_, _| {}).await;
    assert!(matches!(refused, Err(EngineError::Forbidden(_))), "{refused:?}");
}
