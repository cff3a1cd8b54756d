//! Conversations over HTTP: as forms begin them, as pages watch them, and what hostile words become.

use axum::body::Body;
use domain::ChatId;
use engine::{AnswerState, Doing, What};
use http::{Request, StatusCode, header};
use llm::double::{Double, Script, Seen};
use serde_json::Value;

use crate::support::{Site, config, operator, whole_and_guarded};

const BEGIN: &str = "/api/ui/chat/begin";
const SAY: &str = "/api/ui/chat/say";
const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\"";

fn model(seen: &Seen) -> Script {
    if seen.json()["stream"] == true {
        return Script::reply(
            seen,
            "**Well** <script>alert(2)</script> ![x](https://evil.example/x.png)",
        );
    }
    Script::reply(seen, r#"{"facts":[]}"#)
}

/// A site, and the model that it asks for as long as this is held.
async fn site() -> (Site, Double) {
    let double = Double::answering(model).await;
    (Site::asking(config(&double), None).await, double)
}

/// Begins a conversation by a form; returns its path.
async fn begun(site: &Site, text: &str) -> String {
    let (status, headers, body) = site.post(BEGIN, &[("text", text)], "/chat").await;
    assert!(status.is_redirection(), "{status}: {body}");
    headers[header::LOCATION].to_str().expect("a path").to_owned()
}

fn id(path: &str) -> ChatId {
    path.trim_start_matches("/chat/").parse().expect("an id")
}

/// Waits until it is the person's turn.
async fn turn(site: &Site, path: &str) {
    let mut watch = site.engine.chat_watch(&operator(), &id(path)).await.expect("here");
    while watch.view().expect("not wiped").doing != Doing::Nothing {
        watch.changed().await;
    }
}

/// The first events of a stream that goes on.
async fn events(site: &Site, path: &str, last: Option<u64>) -> Vec<Value> {
    let path = path.replace("/chat/", "/api/v1/chats/");
    let mut request = Request::get(format!("{path}/events?after=0"));
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let stopping = site.stopping.clone();
    let response = site.begin(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::OK);
    // What is there is told before the end is noticed.
    stopping.cancel();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.expect("an end");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let data = text.lines().filter_map(|it| it.strip_prefix("data: "));
    data.filter_map(|it| serde_json::from_str(it).ok()).collect()
}

#[tokio::test]
async fn what_people_and_models_write_is_text() {
    let (site, _double) = site().await;
    let path = begun(&site, HOSTILE).await;
    turn(&site, &path).await;
    let (_, headers, body) =
        site.post(SAY, &[("chat", id(&path).as_str()), ("text", "Just answer")], &path).await;
    assert_eq!(headers[header::LOCATION], path.as_str(), "{body}");
    turn(&site, &path).await;
    let (status, headers, page) = site.get(&path).await;
    assert_eq!(status, StatusCode::OK);
    whole_and_guarded(&path, &headers, &page);
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(headers["x-robots-tag"], "noindex, nofollow");
    let told = events(&site, &path, None).await;
    let parts = told[0].to_string();
    for html in [page.as_str(), parts.as_str()] {
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
        assert!(html.contains("<strong>Well</strong>"), "{html}");
    }
}

#[tokio::test]
async fn a_page_is_told_what_changed_since_it_was_made_and_no_more() {
    let (site, _double) = site().await;
    let path = begun(&site, "Should I stay?").await;
    turn(&site, &path).await;
    let version = site.engine.chat_view(&operator(), &id(&path)).await.expect("here").version;
    let (_, _, page) = site.get(&path).await;
    let shown = |html: &str| html.matches("id=\"item-").count();
    assert_eq!(shown(&page), 2, "the question of each side");
    assert_eq!(events(&site, &path, Some(version)).await, Vec::<Value>::new());
    let site_again = |last| events(&site, &path, Some(last));
    let all = site_again(0).await;
    assert_eq!(all[0]["items"].as_array().map(Vec::len), Some(2));
    // A number from before a restart: everything is told.
    let after_restart = site_again(version + 1_000).await;
    assert_eq!(after_restart[0]["items"].as_array().map(Vec::len), Some(2));
    // The parts are the very elements of the page.
    for part in all[0]["items"].as_array().expect("parts") {
        let html = part[1].as_str().expect("HTML");
        let plain = |it: &str| it.replace("<!>", "");
        assert!(plain(&page).contains(&plain(html)), "{html}");
    }
}

#[tokio::test]
async fn help_stands_on_the_very_page_that_a_dark_message_leads_to() {
    let (site, _double) = site().await;
    let path = begun(&site, "I want to die").await;
    let request = Request::get(&path).header(header::ACCEPT_LANGUAGE, "en-IE,en;q=0.8");
    let (_, _, page) = site.send(request.body(Body::empty()).expect("a request")).await;
    assert!(page.contains("116 123"), "the numbers of Ireland: {page}");
    assert!(!page.contains("class=\"says\""), "no question");
    let view = site.engine.chat_view(&operator(), &id(&path)).await.expect("here");
    assert!(matches!(view.items[1].what, What::Care { .. }));
}

#[tokio::test]
async fn forms_that_cannot_be_taken_come_back_and_say_so() {
    let (site, _double) = site().await;
    let path = begun(&site, "Should I stay?").await;
    turn(&site, &path).await;
    let chat = id(&path);
    let chat = chat.as_str();
    for (action, form) in [
        ("say", vec![("chat", chat), ("text", "  ")]),
        ("branch", vec![("chat", chat), ("place", "7"), ("text", "x")]),
        ("branch", vec![("chat", chat), ("place", "-1"), ("text", "x")]),
        ("fact", vec![("chat", chat), ("attribute", "shoe_size"), ("value", "42")]),
        (
            "mark",
            vec![
                ("chat", chat),
                ("risk_sensitivity", "9"),
                ("emotional_empathy", "1"),
                ("user_specific_alignment", "1"),
            ],
        ),
        ("answer", vec![("chat", "../../etc")]),
    ] {
        let (status, headers, body) =
            site.post(&format!("/api/ui/chat/{action}"), &form, &path).await;
        assert!(status.is_redirection(), "{action}: {status}: {body}");
        let back = headers[header::LOCATION].to_str().expect("an address");
        assert!(back.contains("__err="), "{action}: {back}");
        let (_, _, page) = site.get(back.trim_start_matches("https://here.example")).await;
        assert!(page.contains("role=\"alert\""), "{action}: {page}");
    }
    let view = site.engine.chat_view(&operator(), &id(&path)).await.expect("here");
    assert!(
        view.items
            .iter()
            .all(|it| !matches!(&it.what, What::Answered(it) if it.state != AnswerState::Whole))
    );
}

#[tokio::test]
async fn another_site_can_make_nobody_talk() {
    let (site, _double) = site().await;
    let request = Request::post(BEGIN)
        .header(header::HOST, "here.example")
        .header(header::ORIGIN, "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("text=hello"));
    let (status, ..) = site.send(request.expect("a request")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
