//! What a stop of the server leaves.

use llm::{
    Models,
    double::{Double, Script},
};
use rookery_engine::GenerationState;
use tokio::runtime::Runtime;

use crate::support::{Desk, Setting, config, free, is_judging, judge, opened, operator};

/// Runs until `until` and then stops as a server does that is killed: no task ends. Returns what came of it once it
/// was started again.
fn killed(
    script: fn(&llm::double::Seen) -> Script,
    until: impl AsyncFnOnce(&Desk, &domain::GenerationId),
) -> (store::Generation, Vec<domain::Response>) {
    let first = Runtime::new().expect("threads");
    let (desk, id) = first.block_on(async {
        let double = Double::answering(script).await;
        let desk = Desk::with(double, Setting { judge: Some(judge()), ..Setting::default() }).await;
        let id = desk.start(&free()).await;
        until(&desk, &id).await;
        (desk, id)
    });
    drop(first);
    Runtime::new().expect("threads").block_on(async {
        let double = Double::saying("Anew.").await;
        let models = Models::new(config(&double)).expect("sound");
        let (store, engine) = opened(&desk.folder, models, Setting::default()).await;
        engine.generations_interrupt(&operator()).await.expect("marked");
        let found = store.generation_fetch(&id).await.expect("read").expect("on record");
        let told = engine.generation_watch(&desk.visitor(), &id).await.expect("on record");
        let told = told.borrow().clone();
        assert_eq!((told.state, &told.text), (found.state, &found.text));
        let answers = store.responses_list(None, 10).await.expect("listed");
        let next = engine.generation_start(&desk.visitor(), &desk.ids[0], &free()).await;
        let next = next.expect("a new one may begin");
        let mut progress = engine.generation_watch(&desk.visitor(), &next).await.expect("there");
        let end = progress.wait_for(|it| it.state.is_over()).await.expect("an end").clone();
        assert_eq!(end.state, GenerationState::Done);
        (found, answers)
    })
}

#[test]
fn what_was_being_written_is_interrupted_and_keeps_what_was_saved() {
    let (found, answers) = killed(
        |_| Script::stream().say("Half").stall(),
        async |desk, id| {
            desk.written(id, "Half").await;
            // The model pauses, and what it wrote is saved within a second.
            let saved =
                async || desk.store.generation_fetch(id).await.expect("read").expect("begun");
            while saved().await.text != "Half" {
                tokio::task::yield_now().await;
            }
        },
    );
    assert_eq!((found.state, found.text.as_str()), (GenerationState::Interrupted, "Half"));
    assert_eq!((found.response, answers), (None, Vec::new()));
}

#[test]
fn what_was_being_judged_is_done() {
    let (found, answers) = killed(
        |seen| {
            if is_judging(seen) { Script::stream().stall() } else { Script::reply(seen, "Whole.") }
        },
        async |desk, _| desk.double.requested(2).await,
    );
    assert_eq!((found.state, found.text.as_str()), (GenerationState::Done, "Whole."));
    assert_eq!(found.response.as_ref(), Some(&answers[0].id));
}

#[tokio::test]
async fn one_that_nobody_works_on_was_interrupted() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Well.")).await;
    let id = domain::GenerationId::from_digest(&[3; 10]);
    // As after an end that could not be written: a row that says running, and no task.
    desk.store.generation_start(&id, 1, &free(), 1).await.expect("begun");
    let attempt = desk.seen(&free()).await.attempt.expect("an attempt");
    assert_eq!((attempt.id, attempt.state), (id, GenerationState::Interrupted));
}
