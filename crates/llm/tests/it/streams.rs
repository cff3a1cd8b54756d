//! Replies piece by piece, and hanging up.

use std::time::Duration;

use futures_util::StreamExt as _;
use rookery_llm::double::{Double, Gate, Script};
use rookery_llm::{Cost, ErrorKind, Event, Finish, LlmError, ReplyStream, Usage};
use serde_json::json;

use crate::{hello, model, model_of};

fn text(text: &str) -> Event {
    Event::Text(text.to_owned())
}

async fn rest(stream: ReplyStream) -> (Vec<Event>, Option<LlmError>) {
    let items: Vec<_> = stream.collect().await;
    let mut events = Vec::new();
    for item in items {
        match item {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

#[tokio::test]
async fn pieces_come_as_they_are_written() {
    let gate = Gate::new();
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": 2 } });
    let stop = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let thought = json!({ "choices": [{ "delta": { "reasoning_content": "hm" } }] });
    let script = Script::stream().chunk(&thought).say("a").wait(&gate).say("b");
    let server = Double::playing([script.chunk(&stop).chunk(&usage).done()]).await;
    let model = model(&server);
    let mut stream = model.stream(hello()).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(Event::Reasoning("hm".to_owned()))));
    assert_eq!(stream.next().await, Some(Ok(text("a"))));
    assert!(stream.so_far().usage.estimated);
    gate.open();
    let (events, error) = rest(stream).await;
    assert_eq!(error, None);
    let [b, Event::Done(outcome)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*b, text("b"));
    assert_eq!(outcome.finish, Finish::Stop);
    assert_eq!(outcome.usage, Usage { prompt: 5, completion: 2, ..Usage::default() });
    assert_eq!(model.spending().requests, 1);
    assert_eq!(server.requests()[0].header("connection"), Some("close"));
}

#[tokio::test]
async fn a_server_that_closes_although_it_promised_not_to_is_no_trouble() {
    let script = |text: &str| {
        Script::stream().header("Keep-Alive", "timeout=5, max=100").say(text).done().closing()
    };
    let server = Double::playing([script("a"), script("b"), script("c")]).await;
    let model = model(&server);
    for expected in ["a", "b", "c"] {
        let (events, error) = rest(model.stream(hello()).await.unwrap()).await;
        assert_eq!((&events[0], error), (&text(expected), None));
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_reply_that_does_not_stream_comes_at_once() {
    let reply =
        json!({ "choices": [{ "message": { "content": "all" }, "finish_reason": "stop" }] });
    let server = Double::playing([Script::json(200, &reply)]).await;
    let (events, error) = rest(model(&server).stream(hello()).await.unwrap()).await;
    assert_eq!((&events[0], error), (&text("all"), None));
    assert!(matches!(events[..], [_, Event::Done(_)]));
}

#[tokio::test]
async fn dropping_a_stream_hangs_up_and_is_accounted() {
    let server = Double::playing([Script::stream().say("four").say("five").stall()]).await;
    let mut config = server.config();
    config.models[0].price_out = 2_000_000;
    let model = model_of(config);
    let mut stream = model.stream(hello()).await.unwrap();
    for _ in 0..2 {
        stream.next().await.unwrap().unwrap();
    }
    let so_far = stream.so_far();
    drop(stream);
    server.hung_up(1).await;
    let spending = model.spending();
    assert_eq!((spending.requests, spending.failed, spending.cancelled), (1, 0, 1));
    assert_eq!(spending.usage, so_far.usage);
    let estimate = Usage { prompt: 6, completion: 2, cached: 0, estimated: true };
    assert_eq!(spending.usage, estimate);
    assert_eq!(spending.cost, Cost::of(2, 2_000_000));
}

#[tokio::test]
async fn dropping_a_future_hangs_up_and_is_accounted() {
    let server = Double::playing([Script::status(200).stall()]).await;
    let model = model(&server);
    for streams in [false, true] {
        let before = server.requests().len();
        tokio::select! {
            _ = async { model.chat(hello()).await }, if !streams => unreachable!("it stalls"),
            _ = async { model.stream(hello()).await }, if streams => unreachable!("it stalls"),
            () = server.requested(before + 1) => {}
        }
        server.hung_up(before + 1).await;
    }
    let spending = model.spending();
    assert_eq!((spending.requests, spending.cancelled), (2, 2));
    assert_eq!(spending.usage.prompt, 12, "what was sent has been read");
}

#[tokio::test]
async fn nothing_is_retried_once_a_piece_was_handed_out() {
    let server = Double::playing([Script::stream().say("half").cut()]).await;
    let model = model(&server);
    let (events, error) = rest(model.stream(hello()).await.unwrap()).await;
    assert_eq!(events, [text("half")]);
    assert_eq!(error.unwrap().kind, ErrorKind::CutOff);
    assert_eq!(server.requests().len(), 1);
    let spending = model.spending();
    assert_eq!((spending.failed, spending.usage.completion), (1, 1), "half a reply costs, too");
}

#[tokio::test]
async fn before_the_first_piece_everything_passing_is_retried() {
    let opening = json!({ "choices": [{ "delta": { "role": "assistant", "content": null } }] });
    let complaint = json!({ "error": { "message": "out of slots", "code": 503 } });
    let server = Double::playing([
        Script::stream().chunk(&opening).cut(),
        Script::stream().chunk(&opening),
        Script::stream().chunk(&complaint),
        Script::stream().say("at last").done(),
    ])
    .await;
    let model = model(&server);
    let (events, error) = rest(model.stream(hello()).await.unwrap()).await;
    assert_eq!((&events[0], error), (&text("at last"), None));
    assert_eq!(server.requests().len(), 4);
    assert_eq!((model.spending().requests, model.spending().failed), (4, 3));
}

#[tokio::test]
async fn a_stalled_stream_ends_in_an_error_and_hangs_up() {
    let server = Double::playing([Script::stream().say("a").stall()]).await;
    let mut config = server.config();
    let after = Duration::from_millis(100);
    config.providers[0].idle_timeout = after;
    let (events, error) = rest(model_of(config).stream(hello()).await.unwrap()).await;
    assert_eq!(events, [text("a")]);
    assert_eq!(error.unwrap().kind, ErrorKind::Stalled { after });
    server.hung_up(1).await;
}

#[tokio::test]
async fn a_reply_that_named_its_end_is_whole_whatever_follows() {
    let stop = json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] });
    let begun = Script::stream().say("a").chunk(&stop);
    let server = Double::playing([begun.clone().cut(), begun.clone(), begun.stall()]).await;
    let mut config = server.config();
    config.providers[0].idle_timeout = Duration::from_millis(300);
    let model = model_of(config);
    for _ in 0..3 {
        let (events, error) = rest(model.stream(hello()).await.unwrap()).await;
        assert_eq!(error, None);
        let [_, Event::Done(outcome)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(outcome.finish, Finish::Length);
    }
}
