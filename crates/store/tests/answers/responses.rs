//! Answers.

use domain::{Condition, Finish, Origin, Response, ResponseId, ScenarioId, Shown};
use rookery_store::{Answered, Stored};

use crate::support::{Held, column, digest, free, partial, response, scenario};

#[tokio::test]
async fn an_answer_comes_back_as_it_was_stored() {
    let held = Held::new().await;
    let whole = response(1, 3);
    let bare = Response {
        shown: partial(),
        prompt: Vec::new(),
        template: String::new(),
        parameters: "{}".to_owned(),
        text: String::new(),
        finish: Finish::Filtered,
        origin: Origin::Imported,
        tokens_in: None,
        tokens_out: None,
        cost_micros: None,
        took_ms: None,
        ..response(2, 3)
    };
    let stored = held.store.responses_insert(&[whole.clone(), bare.clone()]).await.expect("stored");
    assert_eq!(stored, [Stored::Added, Stored::Added]);
    for it in [whole, bare] {
        assert_eq!(held.store.response_fetch(&it.id).await.expect("read"), Some(it));
    }
    for finish in Finish::ALL {
        for origin in Origin::ALL {
            let id = ResponseId::from_digest(&digest(100 + *finish as u32 * 10 + *origin as u32));
            let it = Response { id, finish: *finish, origin: *origin, ..response(1, 3) };
            held.store.responses_insert(std::slice::from_ref(&it)).await.expect("stored");
            assert_eq!(held.store.response_fetch(&it.id).await.expect("read"), Some(it));
        }
    }
}

#[tokio::test]
async fn what_is_there_stays_and_what_answers_nothing_is_told() {
    let held = Held::new().await;
    let first = response(1, 3);
    let other = Response { text: "Other words.".to_owned(), ..first.clone() };
    let nowhere = Response { scenario: ScenarioId::from_digest(&digest(99)), ..response(2, 3) };
    let batch = [first.clone(), other, nowhere.clone(), response(3, 4)];
    let stored = held.store.responses_insert(&batch).await.expect("stored");
    assert_eq!(stored, [Stored::Added, Stored::AlreadyPresent, Stored::NoScenario, Stored::Added]);
    assert_eq!(held.store.response_fetch(&first.id).await.expect("read"), Some(first));
    assert_eq!(held.store.response_fetch(&nowhere.id).await.expect("read"), None);
    assert_eq!(held.store.responses_count().await.expect("counted"), 2);
}

#[tokio::test]
async fn the_newest_answer_is_of_this_model_that_was_shown_this_much() {
    let held = Held::new().await;
    let shown = |id, shown: Shown| Response { shown, ..response(id, 3) };
    let age = || Shown::partial(["age".to_owned()]);
    let batch = [
        response(1, 3),
        response(2, 3),
        shown(3, partial()),
        shown(4, age()),
        shown(5, Shown::whole(Condition::ContextRich)),
        Response { model: "other".to_owned(), ..response(6, 3) },
        response(7, 4),
    ];
    held.store.responses_insert(&batch).await.expect("stored");
    let ordinal = held.ordinal(3).await;
    let check = async |model: &str, shown: Shown, expected: Option<u32>| {
        let found = held.store.response_newest(ordinal, &column(model, shown.clone())).await;
        let expected = expected.map(|it| ResponseId::from_digest(&digest(it)));
        assert_eq!(found.expect("read").map(|it| it.id), expected, "{model} {shown}");
    };
    check("m", free(), Some(2)).await;
    check("m", partial(), Some(3)).await;
    check("m", age(), Some(4)).await;
    check("m", Shown::whole(Condition::ContextRich), Some(5)).await;
    check("other", free(), Some(6)).await;
    check("m", Shown::whole(Condition::Raise), None).await;
    check("M", free(), None).await;
    let kind = |model, shown, answers| Answered { column: column(model, shown), answers };
    let mut kinds = held.store.responses_kinds(ordinal).await.expect("listed");
    kinds.sort_by_key(|it| it.column.to_string());
    assert_eq!(
        kinds,
        [
            kind("m", free(), 2),
            kind("m", Shown::whole(Condition::ContextRich), 1),
            kind("m", age(), 1),
            kind("m", partial(), 1),
            kind("other", free(), 1),
        ]
    );
    assert_eq!(held.store.responses_kinds(held.ordinal(1).await).await.expect("listed"), []);
}

#[tokio::test]
async fn unanswered_scenarios_keep_their_order() {
    let held = Held::new().await;
    let rich = Response { shown: Shown::whole(Condition::ContextRich), ..response(2, 1) };
    held.store.responses_insert(&[response(1, 3), rich]).await.expect("stored");
    let ids: Vec<_> = [4, 3, 2, 1].map(|it| scenario(it).id).into();
    let unanswered = async |shown: Shown| {
        let found = held.store.scenarios_unanswered(&ids, &column("m", shown)).await;
        found.expect("found")
    };
    assert_eq!(unanswered(free()).await, [4, 2, 1].map(|it| scenario(it).id));
    assert_eq!(
        unanswered(Shown::whole(Condition::ContextRich)).await,
        [4, 3, 2].map(|it| scenario(it).id)
    );
    assert_eq!(unanswered(partial()).await, ids);
    let strange = [ScenarioId::from_digest(&digest(99))];
    let found = held.store.scenarios_unanswered(&strange, &column("m", free())).await;
    assert_eq!(found.expect("found"), [], "what is not here cannot be answered");
}

#[tokio::test]
async fn the_list_goes_on_behind_an_answer_and_leaves_load_data_out() {
    let held = Held::new().await;
    let mut batch: Vec<_> = (1..=7).map(|it| response(it, 3)).collect();
    batch[2].origin = Origin::Generated;
    held.store.responses_insert(&batch).await.expect("stored");
    batch.remove(2);
    let mut seen: Vec<Response> = Vec::new();
    loop {
        let after = seen.last().map(|it| it.id.clone());
        let page = held.store.responses_list(after.as_ref(), 4).await.expect("listed");
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, batch);
}

#[tokio::test]
async fn one_begins_with_a_scenario_that_may_be_shown_to_all() {
    let held = Held::new().await;
    let first = async || held.store.scenario_answered_first().await.expect("found");
    assert_eq!(first().await, None);
    held.store.responses_insert(&[response(1, 1), response(2, 2)]).await.expect("stored");
    assert_eq!(first().await, None, "neither a severe one nor one from a forum");
    held.store.responses_insert(&[response(4, 4), response(3, 3)]).await.expect("stored");
    assert_eq!(first().await, Some(scenario(3).id));
}
