//! What a conversation is like.

use llm::double::{Gate, Script};
use raise::agent::{Enough, FactOrigin, Settings};
use rookery_engine::{AnswerState, ChatOptions, Doing, EngineError, What};

use crate::support::{Desk, QUERY, answers, asked, form, is_answering, usual, whole};

#[tokio::test]
async fn questions_come_one_at_a_time_and_the_answer_knows_the_replies() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    let mut view = desk.turn(&id).await;
    let mut replies = Vec::new();
    while view.pending.is_some() {
        let What::Asked { question, number, .. } = &view.items.last().expect("a question").what
        else {
            panic!("the last thing is a question: {:?}", view.items.last());
        };
        assert_eq!(usize::from(u8::try_from(*number).expect("few")), replies.len() + 1);
        assert!(question.text.contains('?'), "{}", question.text);
        let reply = question.quick[0].clone();
        replies.push((question.attribute.clone(), reply.clone()));
        view = desk.after(&id, &reply).await;
    }
    assert!((1..=5).contains(&replies.len()), "{replies:?}");
    assert_eq!(whole(&view), ["Take your time."]);
    let mut different = asked(&view);
    different.sort();
    different.dedup();
    assert_eq!(different.len(), replies.len(), "nothing is asked twice");
    for (attribute, reply) in &replies {
        let fact = view.picture.facts.get(attribute).expect("known");
        assert_eq!((&fact.value, fact.origin), (reply, FactOrigin::Chosen), "{attribute}");
    }
    let sent = desk.double.requests().into_iter().rfind(is_answering).expect("an answer");
    for (_, reply) in &replies {
        assert!(sent.last_message().contains(reply), "{reply}: {}", sent.last_message());
    }
    assert!(sent.last_message().contains(QUERY));
    assert_eq!(answers(&view)[0].knew.len(), replies.len());
    // Quick replies are read without a model.
    assert_eq!(desk.double.requests().iter().filter(|it| form(it) == "facts").count(), 1);
}

#[tokio::test]
async fn a_volunteered_fact_is_never_asked_for() {
    let desk = Desk::usual().await;
    let id = desk.begin("I'm 47, I'm divorced, and I feel hopeless about work. What now?");
    let mut view = desk.turn(&id).await;
    while view.pending.is_some() {
        view = desk.after(&id, "I’d rather not say").await;
    }
    let asked = asked(&view);
    for known in ["age", "marital_status", "emotional_state"] {
        assert!(view.picture.facts.contains_key(known), "{known}: {:?}", view.picture.facts);
        assert!(!asked.iter().any(|it| it == known), "{asked:?}");
    }
    assert_eq!(whole(&view).len(), 1);
}

#[tokio::test]
async fn what_is_declined_is_remembered_and_just_answer_ends_the_questions() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    let first = desk.turn(&id).await.pending.expect("a question");
    let view = desk.after(&id, "I’d rather not say").await;
    assert!(view.picture.declined.contains(&first));
    assert_ne!(view.pending.as_ref(), Some(&first));
    let view = desk.after(&id, "Just answer").await;
    assert_eq!((view.pending, whole(&desk.view(&id).await).len()), (None, 1));
    assert_eq!(view.questions, 2);
}

#[tokio::test]
async fn a_budget_of_none_answers_at_once_and_says_why() {
    let desk = Desk::usual().await;
    let settings = Settings { budget: 0, ..Settings::default() };
    let options = ChatOptions { model: None, settings };
    let id = desk.engine.chat_begin(&desk.ctx(), QUERY, options).expect("begun");
    let view = desk.turn(&id).await;
    assert_eq!((asked(&view).len(), whole(&view).len()), (0, 1));
    let decision = view.decision.expect("decided");
    let because = raise::agent::Chosen::Answer { because: Enough::Budget };
    assert_eq!(decision.chosen, because);
}

#[tokio::test]
async fn a_follow_up_is_answered_with_what_was_said_before() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    desk.turn(&id).await;
    desk.after(&id, "Just answer").await;
    let view = desk.after(&id, "And if they say no?").await;
    assert_eq!(whole(&view).len(), 2);
    let sent = desk.double.requests().into_iter().rfind(is_answering).expect("an answer").json();
    let told: Vec<_> = sent["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|it| (it["role"].as_str().unwrap_or(""), it["content"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(told[2], ("assistant", "Take your time."));
    assert_eq!(told.last(), Some(&("user", "And if they say no?")));
}

#[tokio::test]
async fn another_answer_adds_and_the_unasked_one_is_told_nothing() {
    let desk = Desk::usual().await;
    let id = desk.begin("I'm 47. Should I move?");
    desk.turn(&id).await;
    desk.engine.chat_answer(&desk.ctx(), &id).await.expect("wished");
    desk.turn(&id).await;
    desk.engine.chat_answer(&desk.ctx(), &id).await.expect("wished again");
    let view = desk.turn(&id).await;
    assert_eq!(whole(&view).len(), 2, "adds, never overwrites");
    desk.engine.chat_unasked(&desk.ctx(), &id).await.expect("wished");
    let view = desk.turn(&id).await;
    let unasked = view.unasked.expect("an answer");
    assert_eq!((unasked.state, unasked.knew.len()), (AnswerState::Whole, 0));
    let sent = desk.double.requests().into_iter().rfind(is_answering).expect("an answer");
    assert_eq!(sent.last_message(), "I'm 47. Should I move?");
}

#[tokio::test]
async fn values_can_be_edited_and_removed() {
    let desk = Desk::usual().await;
    let id = desk.begin("I'm 47. Should I move?");
    desk.turn(&id).await;
    let fact = async |attribute: &str, value: &str| {
        desk.engine.chat_fact(&desk.ctx(), &id, attribute, value).await
    };
    fact("age", "52").await.expect("edited");
    let view = desk.view(&id).await;
    let age = &view.picture.facts["age"];
    assert_eq!((age.value.as_str(), age.origin), ("52", FactOrigin::Edited));
    fact("age", "  ").await.expect("removed");
    let view = desk.view(&id).await;
    assert!(!view.picture.facts.contains_key("age"));
    assert!(view.picture.declined.contains("age"), "and it is not asked for");
    assert!(matches!(fact("shoe_size", "42").await, Err(EngineError::Unasked(_))));
}

#[tokio::test]
async fn a_branch_goes_on_from_an_earlier_message_and_leaves_the_first_alone() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    let first = desk.turn(&id).await.pending.expect("a question");
    desk.after(&id, "Just answer").await;
    let before = desk.view(&id).await;
    let place = before.items.iter().rposition(|it| matches!(it.what, What::Said { .. }));
    let ctx = desk.ctx();
    let branch = desk.engine.chat_branch(&ctx, &id, place.expect("said"), "I’d rather not say");
    let branch = branch.await.expect("branched");
    let view = desk.turn(&branch).await;
    assert!(view.picture.declined.contains(&first), "the reply is to the same question");
    assert_eq!(view.parent, Some(id.clone()));
    assert_eq!(whole(&view).len(), 0, "it asks on");
    let after = desk.view(&id).await;
    assert_eq!(after.items, before.items);
    // The very first message can be said in another way too.
    let again = desk.engine.chat_branch(&desk.ctx(), &id, 0, "Should I sell the house?").await;
    let view = desk.turn(&again.expect("branched")).await;
    assert_eq!(view.picture.query, "Should I sell the house?");
    let trace = desk.engine.chat_json(&desk.ctx(), &view.id).await.expect("written");
    assert_eq!(trace["trace"][1]["event"], "retrieved", "plans are looked up for the new question");
    let wrong = desk.engine.chat_branch(&desk.ctx(), &id, 1, "Hm").await;
    assert!(matches!(wrong, Err(EngineError::Unasked(_))), "a question is not a message");
}

#[tokio::test]
async fn somebody_in_danger_gets_help_before_anything_else_and_no_question() {
    let desk = Desk::usual().await;
    let id = desk.begin("I want to die tonight");
    let view = desk.view(&id).await;
    assert!(matches!(view.items[1].what, What::Care { level: raise::crisis::Level::Crisis, .. }));
    let view = desk.turn(&id).await;
    assert_eq!((view.items.len(), view.pending, view.careful), (2, None, true));
    assert_eq!(desk.double.requests().len(), 0, "no model was asked");
    // Whoever goes on writing is answered, and not asked.
    let view = desk.after(&id, "Should I call my sister?").await;
    assert_eq!((asked(&view).len(), whole(&view).len()), (0, 1));
}

#[tokio::test]
async fn danger_in_the_middle_ends_the_question_that_waits() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    assert!(desk.turn(&id).await.pending.is_some());
    let view = desk.after(&id, "honestly I want to die").await;
    assert_eq!(view.pending, None);
    assert!(matches!(view.items.last().expect("care").what, What::Care { .. }));
    assert_eq!(whole(&view).len(), 0, "no answer of a model comes before help");
    desk.engine.chat_answer(&desk.ctx(), &id).await.expect("wished");
    assert_eq!(whole(&desk.turn(&id).await).len(), 1, "but it comes when asked for");
}

#[tokio::test]
async fn marks_are_kept_without_words() {
    let desk = Desk::usual().await;
    let id = desk.begin(QUERY);
    desk.turn(&id).await;
    let mark = async |place, marks| desk.engine.chat_mark(&desk.ctx(), &id, place, marks).await;
    assert!(mark(Some(1), [3, 3, 3]).await.is_err(), "a question is no answer");
    let view = desk.after(&id, "Just answer").await;
    let place = Some(view.items.len() - 1);
    assert!(mark(place, [0, 3, 3]).await.is_err());
    assert!(mark(place, [3, 6, 3]).await.is_err());
    assert!(mark(None, [3, 3, 3]).await.is_err(), "nothing stands beside it yet");
    assert!(mark(Some(99), [3, 3, 3]).await.is_err());
    mark(place, [4, 5, 3]).await.expect("kept");
    mark(place, [4, 4, 3]).await.expect("changed");
    desk.engine.chat_unasked(&desk.ctx(), &id).await.expect("wished");
    desk.turn(&id).await;
    mark(None, [2, 1, 2]).await.expect("kept");
    let means = desk.store.chat_marks_means().await.expect("read");
    let found: Vec<_> = means.iter().map(|it| (it.1.as_str(), it.2, it.3)).collect();
    let expected = [("context-free", 1, [2.0, 1.0, 2.0]), ("raise-agent", 1, [4.0, 4.0, 3.0])];
    assert_eq!(found, expected);
    assert_eq!(answers(&desk.view(&id).await)[0].marks, Some([4, 4, 3]));
}

#[tokio::test]
async fn messages_are_read_in_order_however_fast_they_come() {
    let gate = Gate::new();
    let held = gate.clone();
    let desk = Desk::answering(move |seen| {
        if form(seen) == "facts" && seen.last_message().contains(QUERY) {
            return Script::status(200)
                .header("Content-Type", "application/json")
                .wait(&held)
                .send(r#"{"choices":[{"message":{"content":"{\"facts\":[]}"},"finish_reason":"stop"}]}"#);
        }
        usual(seen, "Well.")
    })
    .await;
    let id = desk.begin(QUERY);
    desk.until(&id, |it| it.doing == Doing::Reading).await;
    for text in ["I'm 47", "I'm divorced", "I feel hopeless"] {
        desk.say(&id, text).await;
    }
    gate.open();
    let view = desk.turn(&id).await;
    let facts: Vec<&str> = view.picture.facts.keys().map(String::as_str).collect();
    for known in ["age", "marital_status", "emotional_state"] {
        assert!(facts.contains(&known), "{facts:?}");
    }
    assert_eq!(asked(&view).len(), 1, "all of them were read before anything was asked");
}
