//! Having answers made and stopped, as plain forms do it.

use axum::body::Body;
use engine::GenerationState;
use http::{Request, StatusCode, header};
use llm::double::{Double, Script};
use serde_json::Value;

use crate::support::{KEY, Site, config, operator};

const GENERATE: &str = "/api/ui/answers/generate";
const STOP: &str = "/api/ui/answers/stop";

async fn compared(site: &Site, path: &str) -> Value {
    let (status, _, body) = site.get(&format!("/api/v1{path}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn a_form_has_answers_made_and_comes_back() {
    let double = Double::answering(|seen| Script::reply(seen, "Sleep on it.")).await;
    let site = Site::asking(config(&double), None).await;
    let id = site.scenario().await;
    let columns = "c=m~context-free&c=m~context-rich";
    let back = format!("/compare/{id}?{columns}");
    let form = [("scenario", id.as_str()), ("columns", columns)];
    let (status, headers, body) = site.post(GENERATE, &form, &back).await;
    assert!(status.is_redirection(), "{status}: {body}");
    assert_eq!(
        headers[header::LOCATION],
        format!("https://here.example{back}").replace('~', "%7E").as_str()
    );
    double.requested(2).await;
    for column in ["m~context-free", "m~context-rich"] {
        let column = column.parse().expect("a column");
        // Joins the one that the form began, or begins one that gives the same.
        let joined = site.engine.generation_start(&operator(), &id, &column).await.expect("joined");
        site.until(&joined, |it| it.state.is_over()).await;
    }
    let found = compared(&site, &back).await;
    for at in 0..2 {
        assert_eq!(found["columns"][at]["answer"]["text"], "Sleep on it.");
    }
    let (_, _, page) = site.get(&back).await;
    assert!(page.contains("Sleep on it.") && page.contains("Generate all again"), "{page}");
}

#[tokio::test]
async fn a_form_that_fails_comes_back_and_says_so() {
    let double = Double::answering(|seen| Script::reply(seen, "Well.")).await;
    let site = Site::asking(config(&double), None).await;
    let id = site.scenario().await;
    let back = format!("/compare/{id}");
    for (scenario, columns, said) in [
        (id.as_str(), "c=dear~context-free", "Not offered here"),
        (id.as_str(), "c=m~raise", "The request could not be understood"),
        (id.as_str(), "c=nobody~context-free", "Not found"),
        (id.as_str(), "c=m", "The request could not be understood"),
        ("aaaaaaaaaaaaaaaa", "c=m~context-free", "Not found"),
        ("../../etc", "c=m~context-free", "Not found"),
    ] {
        let form = [("scenario", scenario), ("columns", columns)];
        let (status, headers, body) = site.post(GENERATE, &form, &back).await;
        assert!(status.is_redirection(), "{columns}: {status} {body}");
        let location = headers[header::LOCATION].to_str().expect("text");
        let path = location.strip_prefix("https://here.example").expect("the same site");
        assert!(path.starts_with(&back), "{path}");
        let (status, _, page) = site.get(path).await;
        assert_eq!(status, StatusCode::OK, "{columns}");
        let alert = page.split("role=\"alert\"").nth(1).expect("a notice");
        let alert = &alert[..alert.find("</p>").expect("its end")];
        assert!(alert.contains(said), "{columns}: {alert}");
        assert!(!page.contains(KEY) && !page.contains(&double.base_url()));
    }
    assert_eq!(double.requests().len(), 0);
}

#[tokio::test]
async fn a_form_stops_an_answer() {
    let double = Double::playing([Script::stream().say("Half an answer").stall()]).await;
    let site = Site::asking(config(&double), None).await;
    let scenario = site.scenario().await;
    let id = site.start(&scenario).await;
    site.until(&id, |it| it.text == "Half an answer").await;
    let path = format!("/compare/{scenario}?c=m~context-free");
    let (_, _, page) = site.get(&path).await;
    assert!(page.contains("Half an answer") && page.contains(STOP) && page.contains(id.as_str()));
    assert!(!page.contains(GENERATE), "nothing to begin while it is written");
    let (status, _, body) = site.post(STOP, &[("generation", id.as_str())], &path).await;
    assert!(status.is_redirection(), "{status}: {body}");
    let end = site.until(&id, |it| it.state.is_over()).await;
    assert_eq!(end.state, GenerationState::Stopped);
    double.hung_up(1).await;
    let (_, _, page) = site.get(&path).await;
    assert!(page.contains("This answer was stopped") && page.contains("Half an answer"), "{page}");
    assert!(page.contains("Generate again"), "{page}");
    for wrong in ["aaaaaaaaaaaaaaaa", "x", ""] {
        let (status, headers, _) = site.post(STOP, &[("generation", wrong)], &path).await;
        assert!(status.is_redirection(), "{wrong}");
        assert!(
            headers[header::LOCATION].to_str().expect("text").contains("__err="),
            "{wrong} {headers:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_made_by_a_link_or_from_elsewhere() {
    let double = Double::answering(|seen| Script::reply(seen, "Well.")).await;
    let site = Site::asking(config(&double), None).await;
    let id = site.scenario().await;
    let query = format!("scenario={id}&columns=c%3Dm~context-free");
    let (status, _, _) = site.get(&format!("{GENERATE}?{query}")).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let request = Request::post(GENERATE)
        .header(header::HOST, "here.example")
        .header(header::ORIGIN, "https://elsewhere.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(query))
        .expect("a request");
    assert_eq!(site.send(request).await.0, StatusCode::FORBIDDEN);
    assert_eq!(double.requests().len(), 0);
}
