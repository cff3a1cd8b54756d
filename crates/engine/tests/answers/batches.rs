//! Many answers and many verdicts in a row.

use std::sync::{Arc, Mutex};

use domain::{
    Condition, Dimension, Mark, Marks, Origin, Readout, ScenarioFilter, Score, Shown, Verdict,
};
use llm::{
    ChatRequest,
    double::{Double, Script},
};
use rookery_engine::{AnswerPlan, JudgePlan};
use serde_json::json;

use crate::support::{Desk, Setting, is_judging, judge, marked, operator};

fn plan() -> AnswerPlan {
    AnswerPlan {
        model: "m".to_owned(),
        shown: vec![Shown::whole(Condition::ContextFree), Shown::whole(Condition::ContextRich)],
        filter: ScenarioFilter::default(),
        limit: None,
        parameters: ChatRequest { max_tokens: Some(77), ..ChatRequest::default() },
        parallel: 3,
        origin: Origin::Recorded,
    }
}

fn judging(times: u32) -> JudgePlan {
    JudgePlan { judge: judge(), times, seed: 1, limit: None, parallel: 2 }
}

/// A word that requests fail on, as long as there is one.
type Failing = Arc<Mutex<Option<&'static str>>>;

async fn desk() -> (Desk, Failing) {
    let failing = Failing::default();
    let word = Arc::clone(&failing);
    let double = Double::answering(move |seen| {
        let word = *word.lock().expect("sound");
        match word {
            Some(word) if seen.last_message().contains(word) => {
                Script::json(500, &json!({ "error": { "message": "Oh no" } }))
            }
            _ if is_judging(seen) => Script::reply(seen, &marked([3, 4, 5])),
            _ => Script::reply(seen, &format!("So: {}", seen.last_message())),
        }
    })
    .await;
    (Desk::with(double, Setting::default()).await, failing)
}

#[tokio::test]
async fn a_plan_goes_on_where_it_failed_and_asks_nothing_twice() {
    let (desk, failing) = desk().await;
    *failing.lock().expect("sound") = Some("Question two");
    let mut heard = 0;
    let run = desk.engine.answers_generate(&operator(), &plan(), |_| heard += 1).await;
    let summary = run.expect("run");
    assert_eq!((summary.wanted, summary.made, summary.failed, heard), (10, 8, 2, 10));
    assert!(summary.last_failure.expect("why").contains("Oh no"));
    assert_eq!(desk.store.responses_count().await.expect("counted"), 8);
    *failing.lock().expect("sound") = None;
    let before = desk.double.requests().len();
    let second = desk.engine.answers_generate(&operator(), &plan(), |_| {}).await.expect("run");
    assert_eq!((second.wanted, second.made, second.failed), (2, 2, 0));
    let asked = desk.double.requests().split_off(before);
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|it| it.last_message().contains("Question two")));
    assert_eq!(asked[0].json()["max_tokens"], 77);
    let third = desk.engine.answers_generate(&operator(), &plan(), |_| {}).await.expect("run");
    assert_eq!(third, rookery_engine::AnswerSummary::default());
    assert_eq!(desk.double.requests().len(), before + 2, "the second run left nothing to ask");
    let answers = desk.store.responses_list(None, 100).await.expect("listed");
    assert_eq!(answers.len(), 10);
    assert!(answers.iter().all(|it| it.origin == Origin::Recorded && it.text.contains("Question")));
}

#[tokio::test]
async fn a_plan_keeps_to_its_filter_and_its_limit() {
    let (desk, _) = desk().await;
    let filter = ScenarioFilter::from_query("domain=career").expect("sound").0;
    let first = AnswerPlan { filter, limit: Some(1), ..plan() };
    let summary = desk.engine.answers_generate(&operator(), &first, |_| {}).await.expect("run");
    assert_eq!(summary.made, 2, "one scenario, shown two ways");
    let answers = desk.store.responses_list(None, 100).await.expect("listed");
    assert!(answers.iter().all(|it| it.scenario == desk.ids[0]));
    let raise = AnswerPlan { shown: vec![Shown::whole(Condition::Raise)], ..plan() };
    assert!(desk.engine.answers_generate(&operator(), &raise, |_| {}).await.is_err());
    let nobody = AnswerPlan { model: "nobody".to_owned(), ..plan() };
    assert!(desk.engine.answers_generate(&operator(), &nobody, |_| {}).await.is_err());
}

#[tokio::test]
async fn judging_twice_gives_two_repeats_and_errors_are_tried_again() {
    let (desk, failing) = desk().await;
    desk.engine.answers_generate(&operator(), &plan(), |_| {}).await.expect("run");
    *failing.lock().expect("sound") = Some("Question three");
    let first = desk.engine.answers_judge(&operator(), &judging(2), |_| {}).await.expect("run");
    // Ten in the first round, two of which err, and all again in the second.
    assert_eq!((first.wanted, first.scored, first.errored, first.unscored), (20, 16, 4, 0));
    assert!(first.last_error.expect("why").contains("Oh no"));
    *failing.lock().expect("sound") = None;
    let before = desk.double.requests().len();
    let second = desk.engine.answers_judge(&operator(), &judging(2), |_| {}).await.expect("run");
    assert_eq!((second.wanted, second.scored, second.errored), (4, 4, 0));
    assert_eq!(desk.double.requests().len(), before + 4);
    for answer in desk.store.responses_list(None, 100).await.expect("listed") {
        let scores = desk.store.scores_of(&[answer.id]).await.expect("read");
        let mut repeats: Vec<u32> =
            scores.iter().filter(|it| it.verdict.marks().is_some()).map(|it| it.repeat).collect();
        repeats.sort_unstable();
        assert_eq!(repeats, [0, 1], "{}", answer.text);
    }
    let third = desk.engine.answers_judge(&operator(), &judging(2), |_| {}).await.expect("run");
    assert_eq!(third, rookery_engine::JudgeSummary::default());
    let report = desk.engine.judge_repeats(&operator(), &judge()).await.expect("reported");
    assert_eq!(report.verdicts - report.unscored, 20);
    assert_eq!(report.dimensions[0].pairs, 10);
    assert_eq!(report.dimensions[0].same, Some(1.0));
}

/// Stores verdicts of the judge: an answer, which time, and the mark of every dimension.
async fn verdicts(desk: &Desk, marks: &[(usize, u32, Option<f64>)]) {
    let answers = desk.store.responses_list(None, 100).await.expect("listed");
    let mut scores = Vec::new();
    for (at, repeat, value) in marks {
        let mark = |value| Mark { value, reason: None };
        let verdict = match value {
            Some(it) => Verdict::Scored(Marks {
                risk_sensitivity: mark(*it),
                emotional_empathy: mark(6.0 - it),
                user_specific_alignment: mark(3.0),
            }),
            None => Verdict::Unparseable { said: "?".to_owned() },
        };
        let mut score = Score {
            id: domain::ScoreId::from_digest(&[0; 10]),
            response: answers[*at].id.clone(),
            judge: "judge".to_owned(),
            readout: Readout::Structured,
            template: raise::judge::template().to_owned(),
            parameters: "{}".to_owned(),
            repeat: *repeat,
            verdict,
            tokens: None,
            cost_micros: None,
            created_ms: i64::from(*repeat),
        };
        score.id = corpus::score_id(&score);
        scores.push(score);
    }
    desk.store.scores_insert(&scores).await.expect("stored");
}

/// Ordinal alpha of the marks below, from their coincidences: twice 1, three times 3, three times 4, once 5.
const ALPHA: f64 = 311.0 / 999.0;

#[tokio::test]
async fn repeats_on_known_numbers() {
    let (desk, _) = desk().await;
    desk.engine.answers_generate(&operator(), &plan(), |_| {}).await.expect("run");
    let nothing = desk.engine.judge_repeats(&operator(), &judge()).await.expect("reported");
    assert_eq!((nothing.verdicts, nothing.dimensions[0].same), (0, None));
    let marks = [
        (0, 0, Some(1.0)),
        (0, 1, Some(1.0)),
        (1, 0, Some(3.0)),
        (1, 1, Some(4.0)),
        (2, 0, Some(5.0)),
        (2, 1, Some(3.0)),
        (3, 0, Some(2.0)),
        (3, 1, None),
        (4, 0, Some(4.0)),
        (4, 1, Some(4.0)),
        (4, 2, Some(3.0)),
    ];
    verdicts(&desk, &marks).await;
    let report = desk.engine.judge_repeats(&operator(), &judge()).await.expect("reported");
    assert_eq!((report.verdicts, report.unscored), (11, 1));
    for (it, dimension) in report.dimensions.iter().zip(Dimension::ALL) {
        assert_eq!((it.dimension, it.answers, it.pairs), (*dimension, 4, 5));
    }
    // Against the first: 0, 1, 2, 0 and 1 points apart.
    assert_eq!(report.dimensions[0].same, Some(2.0 / 5.0));
    assert_eq!(report.dimensions[0].within_one, Some(4.0 / 5.0));
    // Mirrored marks agree as well.
    assert_eq!(report.dimensions[1].same, report.dimensions[0].same);
    let alpha = |at: usize| serde_json::to_value(&report.dimensions[at].alpha).expect("JSON");
    let found = alpha(0)["value"].as_f64().expect("a value");
    assert!((found - ALPHA).abs() < 1e-9, "{found}");
    assert_eq!(report.dimensions[2].same, Some(1.0));
    assert!(alpha(2)["undefined"].is_string(), "one mark alone tells nothing: {}", alpha(2));
    let other = rookery_engine::Judge { readout: Readout::Logprobs, ..judge() };
    assert_eq!(desk.engine.judge_repeats(&operator(), &other).await.expect("reported").verdicts, 0);
}
