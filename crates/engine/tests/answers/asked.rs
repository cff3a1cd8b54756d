//! Having one answer judged because somebody asked.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::ResponseId;
use llm::double::{Double, Script};
use rookery_engine::{EngineError, Judge, Policy};
use serde_json::json;

use crate::support::{Desk, Setting, free, is_judging, judge, marked};

/// A desk with an answer whose judge could not be asked; whether the judge is well; and the answer.
async fn unjudged(judge: Judge, policy: Policy) -> (Desk, Arc<AtomicBool>, ResponseId) {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let double =
        Double::answering(move |seen| match (is_judging(seen), is_well.load(Ordering::Relaxed)) {
            (true, false) => Script::json(401, &json!({})),
            (true, true) => Script::reply(seen, &marked([2, 3, 4])),
            (false, _) => Script::reply(seen, "An answer."),
        })
        .await;
    let desk = Desk::with(double, Setting { judge: Some(judge), policy }).await;
    let id = desk.start(&free()).await;
    let end = desk.end(&id).await;
    let answer = end.response.expect("an answer");
    (desk, well, answer)
}

#[tokio::test]
async fn an_answer_is_judged_when_asked_for_and_once_for_two_who_ask() {
    let (desk, well, answer) = unjudged(judge(), Policy::default()).await;
    assert!(desk.seen(&free()).await.judge_open);
    well.store(true, Ordering::Relaxed);
    let before = desk.double.requests().len();
    let (one, other) = (desk.visitor(), desk.visitor());
    let (first, second) = tokio::join!(
        desk.engine.answer_judge(&one, &answer),
        desk.engine.answer_judge(&other, &answer)
    );
    first.expect("judged");
    second.expect("judged");
    assert_eq!(desk.double.requests().len(), before + 1);
    let scores = desk.store.scores_of(std::slice::from_ref(&answer)).await.expect("read");
    let mut outcomes: Vec<&str> = scores.iter().map(|it| it.verdict.key()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["errored", "scored"]);
    assert!(!desk.seen(&free()).await.being_judged);
}

#[tokio::test]
async fn what_cannot_be_judged_is_said() {
    let (desk, _, answer) = unjudged(judge(), Policy::default()).await;
    let nothing = ResponseId::from_digest(&[9; 10]);
    let missing = desk.engine.answer_judge(&desk.visitor(), &nothing).await;
    assert!(matches!(missing, Err(EngineError::NoAnswer)), "{missing:?}");

    let dear = Judge { model: "dear".to_owned(), ..judge() };
    let (dear_desk, _, dear_answer) = unjudged(dear, Policy::default()).await;
    let refused = dear_desk.engine.answer_judge(&dear_desk.visitor(), &dear_answer).await;
    assert!(matches!(refused, Err(EngineError::NotOffered)), "{refused:?}");
    assert!(!dear_desk.seen(&free()).await.judge_open);

    // A judge that fails again leaves its error, and the way stays open.
    desk.engine.answer_judge(&desk.visitor(), &answer).await.expect("asked");
    let view = desk.seen(&free()).await;
    assert!(view.judge_open && !view.being_judged);
}
