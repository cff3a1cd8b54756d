//! What is read of messages.

use domain::Schema;
use serde_json::json;

use super::super::{FactOrigin, Picture, Reading, apply, read};
use super::saying;

async fn plainly(message: &str, answering: Option<&str>) -> Reading {
    read(None, &Schema::shipped(), &Picture::default(), message, 3, answering).await
}

/// Attribute, words and suggested value of every fact, as text.
fn told(reading: &Reading) -> String {
    let known = |it: &Option<String>| it.as_deref().unwrap_or("-").to_owned();
    let facts = reading.facts.iter().map(|(key, it)| format!("{key}={}", known(&it.known)));
    facts.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn plain_words_about_oneself_are_read_without_being_asked() {
    let check = async |message: &str, expected: &str| {
        let reading = plainly(message, None).await;
        assert_eq!(told(&reading), expected, "{message}");
        for fact in reading.facts.values() {
            let at = fact.evidence.as_ref().expect("evidence");
            assert_eq!((at.message, &message[at.start..at.end]), (3, fact.value.as_str()));
            assert_eq!(fact.origin, FactOrigin::Volunteered);
        }
    };
    check("I'm 47 and my wife left me.", "age=45–54 marital_status=Separated").await;
    check("I’m 47, a nurse, and I feel hopeless", "age=45–54 emotional_state=Hopeless").await;
    check("im a nurse and i feel so overwhelmed", "emotional_state=Overwhelmed profession=Nurse")
        .await;
    check("I am 29 years old. My wife and I argue.", "age=25–34 marital_status=Married").await;
    check("Single mum of two, what now?", "gender=Female marital_status=Single").await;
    check("I'm a single mum of two.", "gender=Female marital_status=Single").await;
    check("Lost my job last week.", "profession=Unemployed").await;
    check("I just got laid off and can't sleep", "profession=Unemployed").await;
    check("I was diagnosed with depression in May", "mental_health_status=Depression").await;
    check(
        "I have asthma. My anxiety is back.",
        "health_status=Chronic illness mental_health_status=Anxiety",
    )
    .await;
    check("As a 34-year-old I can hope", "age=25–34").await;
    check("I'm in my 40s", "age=-").await;
    check("My husband died in spring.", "marital_status=Widowed").await;
    check("We can't pay the rent", "economic_status=Severe difficulty").await;
    check("I used to cut myself as a teen", "self_harm_history=Yes").await;
    check("I've never hurt myself", "self_harm_history=No").await;
}
