//! Answers as they are written, as server-sent events.

use axum::body::Body;
use engine::GenerationState;
use http::{Request, StatusCode};
use llm::double::{Double, Gate, Script};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{Site, config, judge, whole};

/// Name, id and data.
type Event = (String, Option<String>, String);

/// Events as a browser understands them.
fn parsed(stream: &str) -> Vec<Event> {
    let event = |block: &str| {
        let field = |line: &str, name: &str| {
            let rest = line.strip_prefix(name)?.strip_prefix(':')?;
            Some(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
        };
        let first = |name: &str| block.lines().find_map(|it| field(it, name));
        let data: Vec<_> = block.split('\n').filter_map(|it| field(it, "data")).collect();
        Some((first("event")?, first("id"), data.join("\n")))
    };
    // A carriage return ends a line, too.
    stream.replace('\r', "\n").split("\n\n").filter_map(event).collect()
}

/// What a page ends up with: the text, and the last event.
fn read(stream: &str, ids_end_at: usize) -> (String, String) {
    let events = parsed(stream);
    let texts: Vec<&Event> = events.iter().filter(|it| it.0 == "text").collect();
    let text: String = texts.iter().map(|it| it.2.as_str()).collect();
    if let Some(last) = texts.last() {
        assert_eq!(last.1, Some(ids_end_at.to_string()), "{stream}");
    }
    let (name, id, state) = events.last().expect("an end").clone();
    assert_eq!((name.as_str(), id), ("end", None), "{stream}");
    (text, state)
}

fn resuming(id: &domain::GenerationId, from: usize, by_header: bool) -> Request<Body> {
    let path = format!("/api/v1/generations/{id}/events");
    let request = if by_header {
        // As a browser that asks again: what it saw last counts more than where it began.
        Request::get(format!("{path}?from=0")).header("last-event-id", from.to_string())
    } else {
        Request::get(format!("{path}?from={from}"))
    };
    request.body(Body::empty()).expect("a request")
}

const PIECES: [&str; 5] = ["Tä", "glich 🧡\n", "\n zwei", "  \r\ndrei: ", "x"];
const HELD: usize = 3;

#[tokio::test]
async fn a_page_that_asks_again_gets_exactly_what_it_misses() {
    let gate = Gate::new();
    let held = gate.clone();
    let double = Double::answering(move |_| {
        let first = PIECES[..HELD].iter().fold(Script::stream(), |it, more| it.say(more));
        whole(PIECES[HELD..].iter().fold(first.wait(&held), |it, more| it.say(more)))
    })
    .await;
    let site = Site::asking(config(&double), None).await;
    let id = site.start(&site.scenario().await).await;
    let (half, whole) = (PIECES[..HELD].concat(), PIECES.concat());
    site.until(&id, |it| it.text == half).await;
    let mut live = Vec::new();
    for from in 0..=half.len() {
        for by_header in [false, true] {
            live.push((from, site.begin(resuming(&id, from, by_header)).await));
        }
    }
    gate.open();
    // A carriage return reaches a browser as a line feed: as many bytes, and the page is loaded again at the end.
    let rest = |text: &str, from: usize| text[text.floor_char_boundary(from)..].replace('\r', "\n");
    for (from, response) in live {
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("whole");
        let stream = String::from_utf8(body.to_vec()).expect("text");
        assert_eq!(read(&stream, whole.len()), (rest(&whole, from), "done".to_owned()), "{from}");
    }
    site.until(&id, |it| it.state.is_over()).await;
    for from in 0..=whole.len() + 3 {
        for by_header in [false, true] {
            let (status, _, stream) = site.send(resuming(&id, from, by_header)).await;
            assert_eq!(status, StatusCode::OK);
            let expected = (rest(&whole, from), "done".to_owned());
            assert_eq!(read(&stream, whole.len()), expected, "{from}");
        }
    }
}

#[tokio::test]
async fn an_answer_is_told_over_a_real_port_and_outlives_who_watches() {
    let (writing, judging) = (Gate::new(), Gate::new());
    let gates = (writing.clone(), judging.clone());
    let double = Double::answering(move |seen| {
        if seen.json()["model"] == "judge-model" {
            return Script::status(200).wait(&gates.1).send("no verdict");
        }
        whole(Script::stream().say("Take ").wait(&gates.0).say("care."))
    })
    .await;
    let site = Site::asking(config(&double), Some(judge())).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = site.app.clone();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let id = site.start(&site.scenario().await).await;
    let watch = async || {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "GET /api/v1/generations/{id}/events HTTP/1.0\r\nhost: x\r\naccept-encoding: gzip, br\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream
    };
    let until = async |stream: &mut TcpStream, wanted: &str| {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            assert_ne!(stream.read_buf(&mut seen).await.expect("more"), 0, "{wanted}");
        }
        String::from_utf8(seen).expect("text")
    };
    let (mut leaving, mut staying) = (watch().await, watch().await);
    until(&mut leaving, "data: Take ").await;
    let mut seen = until(&mut staying, "data: Take ").await;
    drop(leaving);
    writing.open();
    seen += &until(&mut staying, "event: judging").await;
    assert!(!seen.contains("event: end"), "{seen}");
    judging.open();
    staying.read_to_string(&mut seen).await.expect("to its end");
    let (head, body) = seen.split_once("\r\n\r\n").expect("a head and a body");
    let head = head.to_lowercase();
    for line in [
        "http/1.0 200",
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(!head.contains("content-encoding"), "nothing may collect it: {head}");
    let names: Vec<String> = parsed(body).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["text", "text", "judging", "end"], "{body}");
    assert_eq!(read(body, "Take care.".len()), ("Take care.".to_owned(), "done".to_owned()));
    let end = site.until(&id, |it| it.state.is_over()).await;
    assert_eq!((end.state, end.text.as_str()), (GenerationState::Done, "Take care."));
    assert_eq!(double.requests().len(), 2, "one answer and one verdict, whoever watches");
    server.abort();
}

#[tokio::test]
async fn how_an_answer_ended_is_told_at_once() {
    let scripts = [
        (whole(Script::stream().say("Well.")), "done", "Well."),
        (Script::stream().say("Half").cut(), "failed", "Half"),
        (Script::json(401, &json!({})), "failed", ""),
    ];
    for (script, state, text) in scripts {
        let double = Double::playing([script]).await;
        let site = Site::asking(config(&double), None).await;
        let id = site.start(&site.scenario().await).await;
        site.until(&id, |it| it.state.is_over()).await;
        let (_, _, stream) = site.send(resuming(&id, 0, false)).await;
        assert_eq!(read(&stream, text.len()), (text.to_owned(), state.to_owned()));
    }
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let double = Double::playing([Script::stream().say("Half").stall()]).await;
    let site = Site::asking(config(&double), None).await;
    let id = site.start(&site.scenario().await).await;
    site.until(&id, |it| it.text == "Half").await;
    let response = site.begin(resuming(&id, 0, false)).await;
    site.stopping.cancel();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("an end");
    let events = parsed(std::str::from_utf8(&body).expect("text"));
    assert!(events.iter().all(|it| it.0 == "text"), "the answer has not ended: {events:?}");
}

#[tokio::test]
async fn what_is_not_being_made_is_404_as_json() {
    let site = Site::new().await;
    for id in ["aaaaaaaaaaaaaaaa", "x", "..%2f..%2fetc"] {
        let (status, headers, body) = site.get(&format!("/api/v1/generations/{id}/events")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
        assert_eq!(headers["content-type"], "application/json", "{id}: {body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["error"]["kind"], "not_found", "{id}");
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_the_beginning() {
    let double = Double::playing([whole(Script::stream().say("Well."))]).await;
    let site = Site::asking(config(&double), None).await;
    let id = site.start(&site.scenario().await).await;
    site.until(&id, |it| it.state.is_over()).await;
    for from in ["x", "-1", "99999999999999999999999999", ""] {
        let path = format!("/api/v1/generations/{id}/events?from={from}");
        let (status, _, stream) = site.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{from}");
        assert_eq!(read(&stream, 5).0, "Well.", "{from}");
    }
}
