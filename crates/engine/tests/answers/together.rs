//! Several at once: the same answer is made once, others beside each other, and not too many.

use std::{collections::HashSet, sync::Arc};

use domain::{Schema, Shown};
use llm::double::{Gate, Script};
use rookery_engine::{EngineError, GenerationState, MAX_UNDER_WAY};

use crate::support::{Desk, column, free, rich, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_want_the_same_answer_join_one() {
    let gate = Gate::new();
    let held = gate.clone();
    let desk = Desk::answering(move |_| whole(Script::stream().wait(&held).say("One."))).await;
    let desk = Arc::new(desk);
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let desk = Arc::clone(&desk);
        starts.spawn(async move { desk.start(&free()).await });
    }
    let ids: HashSet<_> = starts.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1);
    gate.open();
    let end = desk.end(ids.iter().next().expect("one")).await;
    assert_eq!(end.state, GenerationState::Done);
    assert_eq!(desk.double.requests().len(), 1, "nobody pays twice");
    assert_eq!(desk.store.responses_count().await.expect("counted"), 1);
}

#[tokio::test]
async fn other_cells_are_others() {
    let gate = Gate::new();
    let held = gate.clone();
    let desk = Desk::answering(move |_| whole(Script::stream().wait(&held).say("One."))).await;
    let first = desk.start(&free()).await;
    let second = desk.start(&rich()).await;
    let third = desk.engine.generation_start(&desk.visitor(), &desk.ids[1], &free()).await;
    let third = third.expect("begun");
    assert_eq!(HashSet::from([&first, &second, &third]).len(), 3);
    desk.double.requested(3).await;
    gate.open();
    for id in [first, second, third] {
        assert_eq!(desk.end(&id).await.state, GenerationState::Done);
    }
}

#[tokio::test]
async fn one_more_than_may_be_is_told_to_wait() {
    let desk = Desk::answering(|_| Script::stream().say("So").stall()).await;
    let keys = Schema::shipped().attributes.into_iter().map(|it| it.key);
    let columns: Vec<_> = keys.map(|it| column("m", Shown::partial([it]))).collect();
    let mut ids = Vec::new();
    for column in &columns[..MAX_UNDER_WAY] {
        ids.push(desk.start(column).await);
    }
    let start = async || {
        desk.engine.generation_start(&desk.visitor(), &desk.ids[0], &columns[MAX_UNDER_WAY]).await
    };
    assert!(matches!(start().await, Err(EngineError::Busy)));
    assert_eq!(desk.start(&columns[0]).await, ids[0], "joining one takes no room");
    desk.engine.generation_stop(&desk.visitor(), &ids[0]).await.expect("stopped");
    desk.end(&ids[0]).await;
    let ninth = start().await.expect("there is room again");
    desk.written(&ninth, "So").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_has_ended_is_not_joined() {
    let desk = Desk::answering(|seen| Script::reply(seen, "Again.")).await;
    let mut ids = HashSet::new();
    for _ in 0..200 {
        let id = desk.start(&free()).await;
        desk.end(&id).await;
        assert!(ids.insert(id), "a new wish is a new answer");
    }
    assert_eq!(desk.double.requests().len(), 200);
}
