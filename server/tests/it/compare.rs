//! Answers side by side, as pages and for scripts.

use http::{StatusCode, header};
use llm::double::{Double, Script};
use serde_json::{Value, json};

use crate::support::{KEY, Site, config, judge, whole_and_guarded};

fn answer(scenario: &domain::ScenarioId, shown: &str, text: &str) -> Value {
    let prompt = [json!({ "role": "user", "content": format!("Prompt of {text}") })];
    json!({ "v": 1, "kind": "answer", "scenario": scenario, "model": "m", "shown": shown, "text": text, "prompt": prompt, "created": "2023-01-01T00:00:00.000Z" })
}

#[tokio::test]
async fn a_comparison_is_a_whole_page_that_tells_nothing_of_providers() {
    let double = Double::answering(|seen| Script::reply(seen, "So be it.")).await;
    let site = Site::asking(config(&double), Some(judge())).await;
    let id = site.scenario().await;
    site.answers(&[
        answer(&id, "context-free", "Quit at once."),
        answer(&id, "context-rich", "Do not quit at once."),
    ])
    .await;
    let done = site.start(&id).await;
    site.until(&done, |it| it.state.is_over()).await;
    let query = "c=m~context-free&c=m~context-rich&c=dear~raise&c=m~partial:age&diff=1";
    for path in [
        format!("/compare/{id}"),
        format!("/compare/{id}?{query}"),
        format!("/compare/{id}?{query}&domain=health&q=x"),
        format!("/compare/{id}?with=m&show=age"),
        format!("/scenarios/{id}"),
    ] {
        let (status, headers, body) = site.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        whole_and_guarded(&path, &headers, &body);
        assert!(!body.contains(KEY) && !body.contains(&double.base_url()), "{path}");
    }
    for (path, kind) in [
        (format!("/api/v1/compare/{id}?{query}"), "application/json"),
        (format!("/api/v1/compare/{id}?{query}&format=json&download=true"), "application/json"),
        (
            format!("/api/v1/compare/{id}?{query}&format=md&download=true"),
            "text/markdown; charset=utf-8",
        ),
    ] {
        let (status, headers, body) = site.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        assert_eq!(headers[header::CONTENT_TYPE], kind, "{path}");
        assert!(body.contains("Do not quit at once."), "{path}");
        assert!(!body.contains(KEY) && !body.contains(&double.base_url()), "{path}");
        let is_kept = headers.contains_key(header::CONTENT_DISPOSITION);
        assert_eq!(is_kept, path.contains("download"), "{path}");
    }
}

#[tokio::test]
async fn trouble_is_told_in_words_without_key_or_address() {
    let said = format!("Incorrect API key provided: {KEY}");
    let double =
        Double::playing([Script::json(401, &json!({ "error": { "message": said } }))]).await;
    let site = Site::asking(config(&double), None).await;
    let scenario = site.scenario().await;
    let id = site.start(&scenario).await;
    site.until(&id, |it| it.state.is_over()).await;
    let (status, _, body) = site.get(&format!("/compare/{scenario}?c=m~context-free")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("whoever runs this site"), "{body}");
    assert!(!body.contains(KEY) && !body.contains(&double.base_url()), "{body}");
}

#[tokio::test]
async fn a_severe_scenario_and_its_answers_stay_beneath_the_cover() {
    let double = Double::answering(|seen| Script::reply(seen, "Gazelle.")).await;
    let site = Site::asking(config(&double), None).await;
    let row = json!({ "source": "synthetic", "scenario": "life", "query": "Zebra: I do not want to live any more", "profession": "Warden of okapis" });
    let id = site.scenario_of(&row).await;
    site.answers(&[answer(&id, "context-free", "Giraffe."), answer(&id, "context-rich", "Gnu.")])
        .await;
    let (_, _, json) = site.get(&format!("/api/v1/compare/{id}")).await;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let verdict = json!({ "v": 1, "kind": "score", "response": json["columns"][0]["answer"]["id"], "judge": "j", "outcome": "refused", "said": "Hartebeest." });
    site.answers(&[verdict]).await;
    for query in ["", "diff=1", "c=m~context-rich&c=m~context-free", "severity=severe"] {
        let covered = format!("/compare/{id}?{query}");
        let uncovered = format!("{covered}&uncovered=1");
        for (path, is_covered) in [(covered, true), (uncovered, false)] {
            let (status, headers, body) = site.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            whole_and_guarded(&path, &headers, &body);
            for word in ["Zebra", "okapis", "Giraffe", "Gnu", "Hartebeest"] {
                assert_eq!(body.contains(word), !is_covered, "{path}: {word}");
            }
            assert!(body.contains("/help-lines"), "{path}: help is not beneath it");
        }
    }
    let writing = site.start(&id).await;
    site.until(&writing, |it| it.state.is_over()).await;
    assert!(!site.get(&format!("/compare/{id}")).await.2.contains("Gazelle"));
    assert!(site.get(&format!("/compare/{id}?uncovered=1")).await.2.contains("Gazelle"));
}

#[tokio::test]
async fn what_is_being_written_of_a_severe_scenario_stays_beneath_it_too() {
    let double = Double::playing([Script::stream().say("Gazelle").stall()]).await;
    let site = Site::asking(config(&double), None).await;
    let row = json!({ "source": "synthetic", "scenario": "life", "query": "Zebra: I do not want to live any more" });
    let id = site.scenario_of(&row).await;
    let writing = site.start(&id).await;
    site.until(&writing, |it| it.text == "Gazelle").await;
    assert!(!site.get(&format!("/compare/{id}")).await.2.contains("Gazelle"));
    assert!(site.get(&format!("/compare/{id}?uncovered=1")).await.2.contains("Gazelle"));
}

#[tokio::test]
async fn comparing_begins_where_there_are_answers() {
    let site = Site::new().await;
    let begin = async || {
        let (status, headers, _) = site.get("/compare").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        headers[header::LOCATION].to_str().expect("text").to_owned()
    };
    assert_eq!(begin().await, "/scenarios");
    let id = site.scenario().await;
    site.answers(&[answer(&id, "raise", "Well.")]).await;
    assert_eq!(begin().await, format!("/compare/{id}"));
}

#[tokio::test]
async fn what_makes_no_sense_is_400_and_what_is_not_here_404() {
    let site = Site::new().await;
    let id = site.scenario().await;
    for (path, expected) in [
        (format!("{id}?c=m"), 400),
        (format!("{id}?c=~raise"), 400),
        (format!("{id}?c=m~partial:"), 400),
        (format!("{id}?c=m~nothing"), 400),
        (format!("{id}?diff=yes"), 400),
        (format!("{id}?severity=very"), 400),
        ("aaaaaaaaaaaaaaaa".to_owned(), 404),
        ("nothing".to_owned(), 404),
    ] {
        let (status, _, body) = site.get(&format!("/compare/{path}")).await;
        assert_eq!(status.as_u16(), expected, "{path}");
        assert_eq!(body.matches("<h1").count(), 1, "{path}");
        let (status, _, body) = site.get(&format!("/api/v1/compare/{path}")).await;
        assert_eq!(status.as_u16(), expected, "{path}: {body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let kind = if expected == 400 { "invalid" } else { "not_found" };
        assert_eq!(body["error"]["kind"], kind, "{path}");
    }
}

#[tokio::test]
async fn rows_from_forums_are_not_compared() {
    let site = Site::new().await;
    let row = json!({ "source": "real", "scenario": "life", "query": "A question from a forum" });
    let id = site.scenario_of(&row).await;
    site.answers(&[answer(&id, "context-free", "Well.")]).await;
    for path in [format!("/compare/{id}"), format!("/api/v1/compare/{id}")] {
        let (status, _, body) = site.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(!body.contains("forum") && !body.contains("Well."), "{path}");
    }
}
