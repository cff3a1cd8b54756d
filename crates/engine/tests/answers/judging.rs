//! A judge that fails or talks nonsense leaves the answer whole, and never a number.

use domain::{Readout, Score, Verdict};
use llm::double::{Double, Script};
use rookery_engine::{GenerationState, Judge};
use serde_json::json;

use crate::support::{Desk, Setting, free, is_judging, judge, marked};

/// Has an answer made and judged by a script.
async fn judged(judging: Script, judge: Judge) -> (Desk, Score) {
    let double = Double::answering(move |seen| {
        if is_judging(seen) { judging.clone() } else { Script::reply(seen, "An answer.") }
    })
    .await;
    let desk = Desk::with(double, Setting { judge: Some(judge), ..Setting::default() }).await;
    let id = desk.start(&free()).await;
    let end = desk.end(&id).await;
    assert_eq!((end.state, end.trouble.as_deref()), (GenerationState::Done, None));
    let answer = desk.stored(&end).await;
    assert_eq!(answer.text, "An answer.");
    let mut scores = desk.store.scores_of(&[answer.id]).await.expect("read");
    assert_eq!(scores.len(), 1);
    (desk, scores.remove(0))
}

fn saying(text: &str) -> Script {
    let choice = json!({ "message": { "content": text }, "finish_reason": "stop" });
    Script::json(200, &json!({ "choices": [choice] }))
}

async fn check(judging: Script, outcome: &str, said: &str) {
    let (desk, score) = judged(judging, judge()).await;
    assert_eq!(score.verdict.key(), outcome);
    assert_eq!(score.verdict.marks(), None);
    assert!(score.verdict.said().is_some_and(|it| it.contains(said)), "{:?}", score.verdict);
    assert!(!score.verdict.said().is_some_and(|it| it.contains(&desk.double.base_url())));
    let view = desk.seen(&free()).await;
    assert_eq!(view.attempt, None, "the answer is there");
}

#[tokio::test]
async fn a_judge_that_fails() {
    check(Script::json(500, &json!({ "error": { "message": "Oh no" } })), "errored", "Oh no").await;
    check(Script::json(401, &json!({})), "errored", "does not accept the key").await;
    check(Script::status(200).cut(), "errored", "").await;
}

#[tokio::test]
async fn a_judge_that_talks_nonsense() {
    check(saying("It is a fine answer, 4 of 5."), "unparseable", "fine answer").await;
    check(saying(&marked([4, 9, 2])), "unparseable", "score").await;
    check(saying(&marked([4, 0, 2])), "unparseable", "score").await;
    check(saying(""), "unparseable", "").await;
    check(saying("I'm sorry, I cannot rate this."), "refused", "cannot rate").await;
}

#[tokio::test]
async fn a_judge_without_probabilities_gives_no_expectation() {
    let digits = Judge { model: "judge".to_owned(), readout: Readout::Logprobs };
    let (_desk, score) = judged(saying("4"), digits).await;
    assert_eq!(score.readout, Readout::Logprobs);
    assert!(matches!(score.verdict, Verdict::Unparseable { .. }), "{:?}", score.verdict);
}

#[tokio::test]
async fn a_judge_reads_the_whole_profile_and_not_who_answered() {
    let (desk, score) = judged(saying(&marked([1, 2, 3])), judge()).await;
    assert!(score.verdict.marks().is_some());
    assert_eq!(score.id, corpus::score_id(&score));
    let seen = desk.double.requests();
    let sent = String::from_utf8(seen[1].body.clone()).expect("text");
    for told in ["which job", "30 years", "Female", "An answer."] {
        assert!(sent.contains(told), "{told}: {sent}");
    }
    let messages = seen[1].json()["messages"].to_string().to_lowercase();
    for untold in ["m-model", "context-free", "context free", "double"] {
        assert!(!messages.contains(untold), "{untold}: {messages}");
    }
}
