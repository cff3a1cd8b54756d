//! How many requests are in flight at a time.

use std::time::Duration;

use futures_util::StreamExt as _;
use rookery_llm::double::{Double, Gate, Script};

use crate::{hello, model_of};

#[tokio::test]
async fn no_more_requests_than_configured_are_in_flight() {
    let gate = Gate::new();
    let held = Script::stream().wait(&gate).say("a").done();
    let server = Double::playing([held]).await;
    let mut config = server.config();
    config.providers[0].concurrency = 2;
    let model = model_of(config);
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let model = model.clone();
            tokio::spawn(async move { model.stream(hello()).await.unwrap().count().await })
        })
        .collect();
    server.requested(2).await;
    tokio::task::yield_now().await;
    assert_eq!(server.requests().len(), 2);
    gate.open();
    for call in calls {
        assert_eq!(call.await.unwrap(), 2);
    }
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn a_server_that_is_overloaded_gets_fewer_requests_until_it_recovers() {
    let busy = Script::status(429);
    let server = Double::playing([busy.clone(), busy, Script::stream().say("a").done()]).await;
    let mut config = server.config();
    config.providers[0].concurrency = 8;
    let model = model_of(config);
    model.stream(hello()).await.unwrap().count().await;
    let after = model.provider().concurrency();
    assert!((2.0..3.0).contains(&after), "halved twice, then one success: {after}");
    model.chat(hello()).await.unwrap();
    assert!(model.provider().concurrency() > after, "a whole reply is a success, too");
    for _ in 0..40 {
        model.stream(hello()).await.unwrap().count().await;
    }
    assert!((model.provider().concurrency() - 8.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_minute_s_requests_and_tokens_are_kept_to() {
    for (requests, tokens) in [(Some(1), None), (None, Some(6))] {
        let server = Double::saying("a").await;
        let mut config = server.config();
        config.providers[0].requests_per_minute = requests;
        config.providers[0].tokens_per_minute = tokens;
        let model = model_of(config);
        model.chat(hello()).await.unwrap();
        let second = tokio::time::timeout(Duration::from_millis(100), model.chat(hello()));
        assert!(second.await.is_err(), "a second request waits for the next minute");
        assert_eq!(server.requests().len(), 1);
        assert_eq!(model.spending().requests, 1, "what was never sent is not accounted");
    }
}
