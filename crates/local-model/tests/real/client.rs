//! Our own client against the real server.

use futures_util::StreamExt;
use llm::{
    ChatRequest, Config, ErrorKind, Event, Finish, Message, Model, ModelConfig, Models,
    ProviderConfig, Schema,
};
use rookery_local_model::LocalServer;
use serde_json::{Value, json};

use crate::start;

async fn model() -> (LocalServer, Model) {
    let (server, base_url) = start().await;
    let models = Models::new(Config {
        providers: vec![ProviderConfig::new("local", base_url)],
        models: vec![ModelConfig::new("small", "local", "local")],
    });
    let model = models.expect("a sound configuration").list()[0].clone();
    (server, model)
}

fn asking(text: &str, max_tokens: u32) -> ChatRequest {
    ChatRequest {
        max_tokens: Some(max_tokens),
        temperature: Some(0.0),
        seed: Some(1),
        ..ChatRequest::new(vec![Message::user(text)])
    }
}

#[tokio::test]
async fn replies_and_streams_agree_and_are_accounted() {
    let (server, model) = model().await;
    let whole = model.chat(asking("Count to ten.", 16)).await.expect("a reply");
    assert_eq!(whole.outcome.finish, Finish::Length);
    assert_eq!(whole.outcome.usage.completion, 16);
    assert!(whole.outcome.usage.prompt > 0 && !whole.outcome.usage.estimated);

    let mut stream = model.stream(asking("Count to ten.", 16)).await.expect("a stream");
    let (mut text, mut pieces, mut end) = (String::new(), 0, None);
    while let Some(event) = stream.next().await {
        match event.expect("no trouble") {
            Event::Text(more) => {
                text += &more;
                pieces += 1;
            }
            Event::Done(outcome) => end = Some(outcome),
            Event::Reasoning(_) | Event::Logprobs(_) => {}
        }
    }
    assert_eq!(text, whole.text, "the same seed, the same words");
    assert!(pieces > 1, "it comes in pieces");
    let end = end.expect("an end");
    assert_eq!((end.finish, end.usage.completion), (Finish::Length, 16));
    assert_eq!(model.spending().usage.completion, 32);
    server.stop().await;
}

#[tokio::test]
async fn a_schema_is_kept_and_probabilities_come() {
    let (server, model) = model().await;
    let schema = json!({
        "type": "object",
        "properties": { "score": { "type": "integer", "minimum": 1, "maximum": 5 } },
        "required": ["score"],
        "additionalProperties": false,
    });
    let request = ChatRequest {
        schema: Some(Schema { name: "score".to_owned(), schema }),
        ..asking("Rate tea from 1 to 5.", 40)
    };
    let reply = model.chat(request).await.expect("a reply");
    let read: Value = serde_json::from_str(&reply.text).expect("JSON");
    assert!((1..=5).contains(&read["score"].as_i64().expect("a whole number")), "{read}");

    let request = ChatRequest { logprobs: Some(20), ..asking("Rate tea from 1 to 5.", 1) };
    let reply = model.chat(request).await.expect("a reply");
    let tokens: Vec<(&str, f64)> = reply.first_token().collect();
    assert_eq!(tokens.len(), 20);
    let sum: f64 = tokens.iter().map(|it| it.1).sum();
    assert!(sum > 0.0 && sum <= 1.0 + 1e-6, "{sum}");
    assert!(tokens.windows(2).all(|it| it[0].1 >= it[1].1), "likeliest first");
    server.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_leaves_the_server_free() {
    let (server, model) = model().await;
    for _ in 0..4 {
        let mut stream = model.stream(asking("Tell a long story.", 400)).await.expect("a stream");
        assert!(stream.next().await.expect("an event").is_ok());
    }
    // Two slots only: were they still writing, this would wait for 400 tokens.
    let reply = model.chat(asking("Say hello.", 4)).await.expect("a reply");
    assert!(reply.outcome.usage.completion <= 4);
    server.stop().await;
}

#[tokio::test]
async fn what_it_cannot_do_is_told() {
    let (server, model) = model().await;
    let error = model.chat(asking(&"word ".repeat(600), 1)).await.expect_err("too long");
    assert_eq!(error.kind, ErrorKind::ContextTooLong, "{error}");
    let error = model.embed(&["text".to_owned()]).await.expect_err("a chat server");
    assert!(!error.person().is_empty(), "{error}");
    let listed = model.provider().models().await.expect("a list");
    assert_eq!(listed.len(), 1, "{listed:?}");
    server.stop().await;
    let error = model.chat(asking("Hello.", 1)).await.expect_err("it is gone");
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
}
