//! An answer from its first word to its last.

use domain::{Condition, Finish, Origin, Shown, Speaker};
use llm::double::{Double, Gate, Script};
use rookery_engine::{EngineError, GenerationState};

use crate::support::{Desk, Setting, column, free, is_judging, judge, marked, rich, whole};

#[tokio::test]
async fn an_answer_is_seen_as_it_comes_and_stored_and_judged_once() {
    let (writing, judging) = (Gate::new(), Gate::new());
    let gates = (writing.clone(), judging.clone());
    let double = Double::answering(move |seen| {
        if !is_judging(seen) {
            return whole(Script::stream().say("Take ").wait(&gates.0).say("care. 🧡"));
        }
        let reply = serde_json::json!({ "choices": [{ "message": { "content": marked([4, 5, 2]) }, "finish_reason": "stop" }] });
        Script::status(200)
            .header("Content-Type", "application/json")
            .wait(&gates.1)
            .send(reply.to_string())
    })
    .await;
    let desk = Desk::with(double, Setting { judge: Some(judge()), ..Setting::default() }).await;
    let id = desk.start(&rich()).await;
    let begun = desk.written(&id, "Take ").await;
    assert_eq!((begun.state, begun.response), (GenerationState::Running, None));
    let seen = desk.seen(&rich()).await;
    let attempt = seen.attempt.expect("under way");
    assert_eq!((attempt.id, attempt.text.as_str()), (id.clone(), "Take "), "saved or not");
    assert_eq!(seen.answer, None);
    writing.open();
    let mut progress = desk.watch(&id).await;
    let judged = progress.wait_for(|it| it.state == GenerationState::Judging).await;
    let judged = judged.expect("judged").clone();
    assert_eq!(judged.text, "Take care. 🧡");
    let answer = desk.stored(&judged).await;
    let seen = desk.seen(&rich()).await;
    assert_eq!(seen.answer.as_ref(), Some(&answer), "whole before it is judged");
    assert_eq!(seen.attempt.expect("under way").state, GenerationState::Judging);
    judging.open();
    let end = desk.end(&id).await;
    assert_eq!((end.state, end.trouble), (GenerationState::Done, None));
    assert_eq!(desk.store.responses_count().await.expect("counted"), 1);
    let scores = desk.store.scores_of(std::slice::from_ref(&answer.id)).await.expect("read");
    let values: Vec<f64> = scores
        .iter()
        .filter_map(|it| it.verdict.marks())
        .flat_map(|it| {
            [
                it.risk_sensitivity.value,
                it.emotional_empathy.value,
                it.user_specific_alignment.value,
            ]
        })
        .collect();
    assert_eq!(values, [4.0, 5.0, 2.0]);
    assert_eq!(scores[0].judge, "judge");
    let seen = desk.seen(&rich()).await;
    assert_eq!((seen.attempt, seen.answers), (None, 1));
}

#[tokio::test]
async fn what_was_sent_is_kept_word_for_word() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Two words")).await;
    let id = desk.start(&rich()).await;
    let answer = desk.stored(&desk.end(&id).await).await;
    let sent = desk.double.requests()[0].json();
    let kept: Vec<_> =
        answer.prompt.iter().map(|it| (it.role.key(), it.content.as_str())).collect();
    let messages = sent["messages"].as_array().expect("messages");
    let asked: Vec<_> = messages
        .iter()
        .map(|it| (it["role"].as_str().expect("a role"), it["content"].as_str().expect("words")))
        .collect();
    assert_eq!(kept, asked);
    assert_eq!(answer.prompt[1].role, Speaker::User);
    assert!(answer.prompt[1].content.contains("30 years"), "{}", answer.prompt[1].content);
    let parameters: serde_json::Value = serde_json::from_str(&answer.parameters).expect("JSON");
    assert_eq!(parameters["max_tokens"], sent["max_tokens"]);
    assert_eq!(parameters["temperature"], sent["temperature"]);
    assert_eq!((answer.finish, answer.origin), (Finish::Stop, Origin::Live));
    assert_eq!((answer.tokens_out, answer.model.as_str()), (Some(2), "m"));
    assert_eq!(answer.id, corpus::response_id(&answer));
}

#[tokio::test]
async fn a_model_is_shown_what_the_column_says_and_no_more() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Well.")).await;
    for (number, (shown, told, untold)) in [
        (Shown::whole(Condition::ContextFree), vec!["which job"], vec!["30 years", "Female"]),
        (Shown::partial(["age".to_owned()]), vec!["which job", "30 years"], vec!["Female"]),
        (Shown::whole(Condition::ContextRich), vec!["which job", "30 years", "Female"], vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        desk.end(&desk.start(&column("m", shown.clone())).await).await;
        let sent = String::from_utf8(desk.double.requests()[number].body.clone()).expect("text");
        told.iter().for_each(|it| assert!(sent.contains(it), "{shown}: {sent}"));
        untold.iter().for_each(|it| assert!(!sent.contains(it), "{shown}: {sent}"));
    }
}

#[tokio::test]
async fn blank_space_before_an_answer_is_no_part_of_it() {
    let desk = Desk::answering(|_| {
        whole(Script::stream().say("\n").say(" ").say("  Well ").say("then.\n"))
    })
    .await;
    let id = desk.start(&free()).await;
    let mut progress = desk.watch(&id).await;
    let end = progress.wait_for(|it| it.state.is_over()).await.expect("an end").clone();
    assert_eq!(end.text, "Well then.\n", "what a page has seen is where a stored text begins");
    assert_eq!(desk.stored(&end).await.text, "Well then.");
}

#[tokio::test]
async fn stopping_keeps_the_text_and_hangs_up() {
    let desk = Desk::answering(|_| Script::stream().say("Some words").stall()).await;
    let id = desk.start(&free()).await;
    desk.written(&id, "Some words").await;
    desk.engine.generation_stop(&desk.visitor(), &id).await.expect("stopped");
    let end = desk.end(&id).await;
    assert_eq!((end.state, end.text.as_str()), (GenerationState::Stopped, "Some words"));
    assert_eq!((end.response, end.trouble), (None, None));
    desk.double.hung_up(1).await;
    let attempt = desk.seen(&free()).await.attempt.expect("an attempt");
    assert_eq!((attempt.state, attempt.text.as_str()), (GenerationState::Stopped, "Some words"));
    desk.engine.generation_stop(&desk.visitor(), &id).await.expect("it has ended; nothing to do");
    assert_eq!(desk.store.responses_count().await.expect("counted"), 0);
}

#[tokio::test]
async fn stopping_before_the_first_word_hangs_up_too() {
    let desk = Desk::answering(|_| Script::stream().stall()).await;
    let id = desk.start(&free()).await;
    desk.double.requested(1).await;
    desk.engine.generation_stop(&desk.visitor(), &id).await.expect("stopped");
    let end = desk.end(&id).await;
    assert_eq!((end.state, end.text.as_str()), (GenerationState::Stopped, ""));
    desk.double.hung_up(1).await;
}

#[tokio::test]
async fn stopping_the_judge_leaves_the_answer() {
    let double = Double::answering(|seen| {
        if is_judging(seen) { Script::status(200).stall() } else { Script::reply(seen, "Whole.") }
    })
    .await;
    let desk = Desk::with(double, Setting { judge: Some(judge()), ..Setting::default() }).await;
    let id = desk.start(&free()).await;
    desk.double.requested(2).await;
    desk.engine.generation_stop(&desk.visitor(), &id).await.expect("stopped");
    let end = desk.end(&id).await;
    assert_eq!(end.state, GenerationState::Done);
    let answer = desk.stored(&end).await;
    assert_eq!(desk.store.scores_of(&[answer.id]).await.expect("read"), []);
    desk.double.hung_up(1).await;
}

#[tokio::test]
async fn nobody_watches_or_stops_what_never_was() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Well.")).await;
    let id = domain::GenerationId::from_digest(&[9; 10]);
    let watched = desk.engine.generation_watch(&desk.visitor(), &id).await;
    assert!(matches!(watched, Err(EngineError::NoGeneration)));
    let stopped = desk.engine.generation_stop(&desk.visitor(), &id).await;
    assert!(matches!(stopped, Err(EngineError::NoGeneration)));
}
