//! What is under way.

use domain::{GenerationId, Response};
use rookery_store::{Generation, GenerationState};
use sqlx::Executor;

use crate::support::{Held, column, digest, free, partial, response};

fn id(number: u32) -> GenerationId {
    GenerationId::from_digest(&digest(number))
}

async fn fetch(held: &Held, number: u32) -> Generation {
    held.store.generation_fetch(&id(number)).await.expect("read").expect("a generation")
}

#[tokio::test]
async fn a_generation_is_on_record_from_its_start_to_its_answer() {
    let held = Held::new().await;
    let (store, ordinal) = (&held.store, held.ordinal(3).await);
    assert_eq!(store.generation_fetch(&id(1)).await.expect("read"), None);
    store.generation_start(&id(1), ordinal, &column("m", partial()), 10).await.expect("begun");
    let begun = Generation {
        id: id(1),
        column: column("m", partial()),
        state: GenerationState::Running,
        text: String::new(),
        trouble: None,
        response: None,
    };
    assert_eq!(fetch(&held, 1).await, begun);
    let running = GenerationState::Running;
    store.generation_save(&id(1), running, "Half a", None, 20).await.expect("saved");
    assert_eq!(fetch(&held, 1).await, Generation { text: "Half a".to_owned(), ..begun.clone() });
    let answer = Response { shown: partial(), ..response(1, 3) };
    let judging = GenerationState::Judging;
    store.generation_answered(&id(1), &answer, judging, None, 30).await.expect("stored");
    assert_eq!(store.response_fetch(&answer.id).await.expect("read"), Some(answer.clone()));
    let answered = Generation {
        state: judging,
        text: answer.text.clone(),
        response: Some(answer.id.clone()),
        ..begun
    };
    assert_eq!(fetch(&held, 1).await, answered);
    let done = GenerationState::Done;
    store.generation_save(&id(1), done, &answer.text, None, 40).await.expect("saved");
    assert_eq!(fetch(&held, 1).await, Generation { state: done, ..answered });
    assert!(store.generation_start(&id(1), ordinal, &column("m", free()), 50).await.is_err());
}

#[tokio::test]
async fn an_answer_that_cannot_be_stored_leaves_the_generation_as_it_was() {
    let held = Held::new().await;
    let ordinal = held.ordinal(3).await;
    held.store.generation_start(&id(1), ordinal, &column("m", free()), 10).await.expect("begun");
    let broken = Response { parameters: "no JSON".to_owned(), ..response(1, 3) };
    let done = GenerationState::Done;
    assert!(held.store.generation_answered(&id(1), &broken, done, None, 20).await.is_err());
    assert_eq!(fetch(&held, 1).await.state, GenerationState::Running);
    assert_eq!(held.store.responses_count().await.expect("counted"), 0);
}

#[tokio::test]
async fn the_last_of_each_column_is_told() {
    let held = Held::new().await;
    let (store, ordinal, other) = (&held.store, held.ordinal(3).await, held.ordinal(4).await);
    for (number, ordinal, column, started) in [
        (1, ordinal, column("m", free()), 10),
        (2, ordinal, column("m", free()), 30),
        (3, ordinal, column("m", free()), 20),
        (4, ordinal, column("m", partial()), 5),
        (5, ordinal, column("n", free()), 5),
        // Begun in the same millisecond: one of them is the last.
        (6, ordinal, column("n", free()), 5),
        (7, other, column("m", free()), 99),
    ] {
        store.generation_start(&id(number), ordinal, &column, started).await.expect("begun");
    }
    let mut last: Vec<GenerationId> = store
        .generations_last(ordinal)
        .await
        .expect("listed")
        .into_iter()
        .map(|it| it.id)
        .collect();
    last.sort();
    assert_eq!(last, [id(2), id(4), id(6)]);
}

#[tokio::test]
async fn what_a_stop_cut_off_is_said_to_be_and_keeps_its_text() {
    let held = Held::new().await;
    let (store, ordinal) = (&held.store, held.ordinal(3).await);
    let answer = response(1, 3);
    for number in 1..=5 {
        let column = column(&format!("m{number}"), free());
        store.generation_start(&id(number), ordinal, &column, 10).await.expect("begun");
    }
    let save = async |number, state, text, trouble| {
        store.generation_save(&id(number), state, text, trouble, 20).await.expect("saved");
    };
    save(1, GenerationState::Running, "Half", None).await;
    let judging = GenerationState::Judging;
    store.generation_answered(&id(2), &answer, judging, None, 20).await.expect("stored");
    save(3, GenerationState::Failed, "A third", Some("It broke.")).await;
    save(4, GenerationState::Stopped, "A quarter", None).await;
    assert_eq!(store.generations_interrupt(30).await.expect("marked"), 2, "one had no text yet");
    for (number, state, text) in [
        (1, GenerationState::Interrupted, "Half"),
        (2, GenerationState::Done, answer.text.as_str()),
        (3, GenerationState::Failed, "A third"),
        (4, GenerationState::Stopped, "A quarter"),
        (5, GenerationState::Interrupted, ""),
    ] {
        let found = fetch(&held, number).await;
        assert_eq!((found.state, found.text.as_str()), (state, text), "{number}");
        assert!(found.state.is_over());
    }
    assert_eq!(fetch(&held, 3).await.trouble.as_deref(), Some("It broke."));
    assert_eq!(store.generations_interrupt(40).await.expect("marked"), 0);
}

#[tokio::test]
async fn a_deleted_answer_leaves_the_record_of_its_making() {
    let held = Held::new().await;
    let ordinal = held.ordinal(3).await;
    held.store.generation_start(&id(1), ordinal, &column("m", free()), 10).await.expect("begun");
    let done = GenerationState::Done;
    let (id, answer) = (id(1), response(1, 3));
    held.store.generation_answered(&id, &answer, done, None, 20).await.expect("stored");
    held.raw().await.execute("delete from responses").await.expect("deleted");
    assert_eq!(fetch(&held, 1).await.response, None);
}
