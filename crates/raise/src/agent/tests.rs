//! The agent against a scripted model, and without one.

mod conversations;
mod deciding;
mod properties;
mod reading;
mod wording;

use llm::{
    Model, Models,
    double::{Double, Script},
};

use super::{PathStep, Precedent};

/// A model that always says this.
async fn saying(text: impl Into<String>) -> (Double, Model) {
    let text = text.into();
    answering(move |_| text.clone()).await
}

/// A model that says what this function makes of the last message.
async fn answering(reply: impl Fn(&str) -> String + Send + 'static) -> (Double, Model) {
    let server =
        Double::answering(move |seen| Script::reply(seen, &reply(&seen.last_message()))).await;
    let model = Models::new(server.config()).expect("sound").list()[0].clone();
    (server, model)
}

/// A plan that asks for these, each adding so much.
fn plan(similarity: f64, path: &[(&str, f64)]) -> Precedent {
    let mut expected = 2.5;
    let step = |it: &(&str, f64)| {
        expected += it.1;
        PathStep { attribute: it.0.to_owned(), expected }
    };
    Precedent {
        plan: format!("plan-{similarity}"),
        scenario: "s".to_owned(),
        query: Some("Something alike?".to_owned()),
        similarity,
        base: 2.5,
        path: path.iter().map(step).collect(),
        origin: "model".to_owned(),
    }
}

/// Every kind of reply that cannot be used.
fn unusable() -> Vec<(&'static str, String)> {
    let prose = "Well, I would say that this person seems to be having a hard time. ";
    vec![
        ("nothing", String::new()),
        ("space", " \n ".to_owned()),
        ("prose", prose.to_owned()),
        ("a refusal", "I'm sorry, but I can't help with that.".to_owned()),
        ("4,000 tokens", prose.repeat(300)),
        ("4,000 tokens with braces", format!("{{{}}}", prose.repeat(300))),
        ("broken JSON", r#"{"facts": [{"field": "age", "va"#.to_owned()),
        ("another form", r#"{"answer": 42}"#.to_owned()),
        ("a list", r#"["age"]"#.to_owned()),
        ("null", r#"{"facts": null, "field": null, "question": null, "why": null}"#.to_owned()),
        ("its instructions", "You note down what people say about themselves.".to_owned()),
    ]
}
