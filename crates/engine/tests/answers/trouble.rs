//! What goes wrong with a model: told in words, nothing lost, and the next time works.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use llm::double::{Double, Script};
use rookery_engine::GenerationState;
use serde_json::json;

use crate::support::{Desk, Setting, config, free, whole};

const KEY: &str = "sk-hunter2hunter2";

/// Generates with a script that fails, then again with one that does not.
async fn check(failing: Script, kept: &str, said: &str) {
    let healed = Arc::new(AtomicBool::new(false));
    let is_healed = Arc::clone(&healed);
    let double = Double::answering(move |seen| {
        if is_healed.load(Ordering::Relaxed) {
            Script::reply(seen, "All is well.")
        } else {
            failing.clone()
        }
    })
    .await;
    let address = double.base_url();
    let mut models = config(&double);
    models.providers[0].key = Some(KEY.into());
    models.providers[0].idle_timeout = Duration::from_millis(250);
    let desk = Desk::with_config(double, models, Setting::default()).await;
    let id = desk.start(&free()).await;
    let end = desk.end(&id).await;
    assert_eq!((end.state, end.text.as_str()), (GenerationState::Failed, kept), "{said}");
    assert_eq!(end.response, None, "{said}");
    let trouble = end.trouble.expect("what happened");
    assert!(trouble.contains(said), "{trouble}");
    // What a server says is for whoever runs the site, and stands in the log.
    for hidden in [KEY, &address, "Out of memory", "Oh no", "Slow down"] {
        assert!(!trouble.contains(hidden), "{trouble}");
    }
    let attempt = desk.seen(&free()).await.attempt.expect("an attempt");
    assert_eq!(attempt.trouble, Some(trouble));
    assert_eq!(attempt.text, kept);
    healed.store(true, Ordering::Relaxed);
    let next = desk.start(&free()).await;
    assert_ne!(next, id);
    let end = desk.end(&next).await;
    assert_eq!((end.state, end.trouble), (GenerationState::Done, None), "{said}");
    assert_eq!(desk.seen(&free()).await.attempt, None, "the failure is past");
}

fn complaint(message: &str) -> serde_json::Value {
    json!({ "error": { "message": message } })
}

#[tokio::test]
async fn a_stream_that_is_cut() {
    check(Script::stream().say("Half an ").cut(), "Half an ", "broke off").await;
}

#[tokio::test]
async fn a_stream_that_ends_without_its_end() {
    check(Script::stream().say("Half an ").closing(), "Half an ", "broke off").await;
}

#[tokio::test]
async fn a_stream_that_complains() {
    let script = Script::stream().say("Half").chunk(&complaint(&format!("Out of memory ({KEY})")));
    check(script, "Half", "broke off").await;
}

#[tokio::test]
async fn a_stream_that_falls_silent() {
    check(Script::stream().say("Half an ").stall(), "Half an ", "broke off").await;
}

#[tokio::test]
async fn a_stream_that_is_no_json() {
    let script = Script::stream().say("Half").send("data: {no json\n\n");
    check(script, "Half", "whoever runs this site").await;
}

#[tokio::test]
async fn a_key_that_is_not_accepted() {
    let said = complaint(&format!("Incorrect API key provided: {KEY}. See http://u:p@x/"));
    check(Script::json(401, &said), "", "whoever runs this site").await;
}

#[tokio::test]
async fn too_many_requests() {
    let script = Script::json(429, &complaint("Slow down")).header("Retry-After", "7");
    check(script, "", "takes no more requests just now").await;
}

#[tokio::test]
async fn a_server_that_fails() {
    check(Script::json(500, &complaint("Oh no")), "", "broke off").await;
}

#[tokio::test]
async fn an_answer_without_words() {
    check(whole(Script::stream()), "", "sent an empty answer").await;
}

#[tokio::test]
async fn an_answer_of_blank_space() {
    check(whole(Script::stream().say(" \n").say("\t")), "", "sent an empty answer").await;
}

#[tokio::test]
async fn nobody_at_the_address() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let double = Double::saying("never asked").await;
    let mut models = config(&double);
    models.providers[0].base_url = format!("http://127.0.0.1:{port}/v1");
    let desk = Desk::with_config(double, models, Setting::default()).await;
    let id = desk.start(&free()).await;
    let end = desk.end(&id).await;
    assert_eq!(end.state, GenerationState::Failed);
    let trouble = end.trouble.expect("what happened");
    assert!(trouble.contains("cannot be reached"), "{trouble}");
    assert!(!trouble.contains(&port.to_string()), "{trouble}");
    assert_ne!(desk.start(&free()).await, id);
}
