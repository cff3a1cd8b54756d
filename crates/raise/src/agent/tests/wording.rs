//! The words of questions.

use domain::Schema;
use serde_json::json;

use super::super::{Picture, Settings, Wording, reviewed, word};
use super::{saying, unusable};

const QUERY: &str = "I want to know what to do about my rent";

fn reply(question: &str, why: &str) -> String {
    json!({ "question": question, "why": why }).to_string()
}

#[tokio::test]
async fn a_models_words_are_used_where_they_pass() {
    let schema = Schema::shipped();
    let check = async |said: String, expected: Option<(&str, &str)>| {
        let (_server, model) = saying(said.clone()).await;
        let picture = Picture::of(QUERY);
        let worded =
            word(Some(&model), &schema, &picture, "profession", &Settings::default()).await;
        let ours = reviewed(&schema, "profession");
        let (text, why) = expected.unwrap_or((&ours.text, &ours.why));
        assert_eq!(
            (worded.question.text.as_str(), worded.question.why.as_str()),
            (text, why),
            "{said}"
        );
        assert_eq!(worded.question.worded_by_model, expected.is_some());
        assert_eq!(worded.notes.is_empty(), expected.is_some(), "{said}");
        assert_eq!(worded.question.quick, ours.quick);
    };
    let good = "May I ask what kind of work you do?";
    let ours = reviewed(&schema, "profession").why;
    check(reply(good, "your options depend on it."), Some((good, "your options depend on it")))
        .await;
    check(reply(good, ""), Some((good, &ours))).await;
    check(reply(good, "Why? Because you should know"), Some((good, &ours))).await;
    check(reply("Tell me about your work.", ""), None).await;
    check(reply("What do you do? Do you like your work?", ""), None).await;
    check(reply("What is your job and how old are you?", ""), None).await;
    check(reply("What is your favourite colour?", ""), None).await;
    check(reply("You should quit your job, what do you do?", ""), None).await;
    check(reply("**What** is your job?", ""), None).await;
    check(reply(&format!("{} what is your job?", "well ".repeat(50)), ""), None).await;
    check(reply("", ""), None).await;
    for (_, said) in unusable() {
        check(said, None).await;
    }
}

#[tokio::test]
async fn what_is_most_personal_is_never_worded_by_a_model() {
    let (server, model) = saying(reply("Do you harm yourself, or have depression?", "")).await;
    let schema = Schema::shipped();
    for key in ["self_harm_history", "mental_health_status"] {
        let worded =
            word(Some(&model), &schema, &Picture::of(QUERY), key, &Settings::default()).await;
        assert_eq!(worded.question, reviewed(&schema, key));
    }
    let settings = Settings { wording: Wording::Reviewed, ..Settings::default() };
    word(Some(&model), &schema, &Picture::of(QUERY), "age", &settings).await;
    word(None, &schema, &Picture::of(QUERY), "age", &Settings::default()).await;
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn another_language_is_let_through_and_a_repeated_question_is_gentle() {
    let schema = Schema::shipped();
    let (_server, model) =
        saying(reply("Was machst du beruflich?", "so passt der Rat besser")).await;
    let picture = Picture::of("Mein Vermieter wirft uns raus, was kann ich machen?");
    let worded = word(Some(&model), &schema, &picture, "profession", &Settings::default()).await;
    assert!(worded.question.worded_by_model, "{worded:?}");
    let mut picture = Picture::of(QUERY);
    picture.ask("age");
    picture.reasked.insert("age".to_owned());
    let worded = word(Some(&model), &schema, &picture, "age", &Settings::default()).await;
    assert!(worded.question.text.starts_with("Perhaps I asked badly"), "{worded:?}");
}
