//! Pages as they leave the server.

use axum::body::Body;
use engine::Policy;
use http::{Request, StatusCode, header};

use crate::support::{Site, whole_and_guarded};

const REAL: &str =
    r#"{"source":"real","query":"A question from a forum","scenario":"life","age":"30 years"}"#;
const PAGES: [&str; 7] =
    ["/", "/scenarios", "/scenarios?q=job", "/chat", "/about", "/methods", "/help-lines"];

#[tokio::test]
async fn every_page_is_whole_and_guarded() {
    let site = Site::new().await;
    for path in PAGES {
        let (status, headers, body) = site.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        whole_and_guarded(path, &headers, &body);
    }
}

#[tokio::test]
async fn what_is_not_here_is_404_and_what_makes_no_sense_400() {
    let site = Site::new().await;
    for (path, expected) in [
        ("/nowhere", 404),
        ("/chat/aaaaaaaaaaaaaaaa", 404),
        ("/chat/..%2f..%2fetc", 404),
        ("/plans/aaaaaaaaaaaaaaaa", 404),
        ("/plans/nonsense?at=age+age+%00", 404),
        ("/api/v1/chats/aaaaaaaaaaaaaaaa/events", 404),
        ("/api/v1/chats/nonsense/transcript", 404),
        ("/scenarios/aaaaaaaaaaaaaaaa", 404),
        ("/scenarios/..%2f..%2fetc", 404),
        ("/scenarios?severity=very", 400),
        ("/scenarios?after=x", 400),
        ("/assets/../Cargo.toml", 404),
        ("/assets/index.html", 404),
    ] {
        let (status, _, body) = site.get(path).await;
        assert_eq!(status.as_u16(), expected, "{path}");
        assert!(!body.contains("sqlx") && !body.contains("panicked"), "{path}: {body}");
    }
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let site = Site::new().await;
    let attack = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let row = serde_json::json!({ "source": "synthetic", "scenario": "health", "query": attack, "profession": attack });
    assert_eq!(site.import(&row.to_string()).await.added, 1);
    let (status, _, body) =
        site.get("/scenarios?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E&sort=last").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("1 scenario"), "it is found");
    assert!(!body.contains("<script>alert") && !body.contains("<img"), "{body}");
}

#[tokio::test]
async fn rows_from_forums_are_shown_only_where_the_operator_says_so() {
    for (policy, expected) in
        [(Policy::default(), 404), (Policy { show_real: true, ..Policy::default() }, 200)]
    {
        let site = Site::with(policy).await;
        assert_eq!(site.import(REAL).await.added, 1);
        let (_, _, facets) = site.get("/api/v1/facets").await;
        assert_eq!(facets.contains("\"real\""), policy.show_real);
        let (_, _, list) = site.get("/api/v1/scenarios?q=forum").await;
        assert_eq!(list.contains("\"total\":1"), policy.show_real, "{list}");
        let exported = site
            .engine
            .scenarios_export(&crate::support::operator(), 0, 1000)
            .await
            .expect("lines")
            .0;
        let line = exported.lines().find(|it| it.contains("\"real\"")).expect("the row");
        let id = serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        assert_eq!(site.get(&format!("/scenarios/{id}")).await.0.as_u16(), expected);
        assert_eq!(site.get(&format!("/api/v1/scenarios/{id}")).await.0.as_u16(), expected);
    }
}

#[tokio::test]
async fn severe_text_is_in_no_list() {
    let site = Site::new().await;
    let row = r#"{"source":"synthetic","scenario":"life","query":"Zebra: I do not want to live any more"}"#;
    assert_eq!(site.import(row).await.added, 1);
    for path in [
        "/scenarios?q=zebra",
        "/scenarios?severity=severe&sort=last",
        "/api/v1/scenarios?severity=severe",
    ] {
        let (status, _, body) = site.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains("Zebra:"), "{path}");
    }
}

#[tokio::test]
async fn a_post_from_elsewhere_is_refused() {
    let site = Site::new().await;
    let post = |origin: &str| {
        Request::post("/preferences/theme")
            .header(header::HOST, "here.example")
            .header(header::ORIGIN, origin)
            .header(header::REFERER, "https://here.example/scenarios?q=x")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("theme=dark"))
            .expect("a request")
    };
    let (status, headers, _) = site.send(post("https://here.example")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers[header::LOCATION], "/scenarios?q=x");
    assert!(headers[header::SET_COOKIE].to_str().expect("text").starts_with("theme=dark"));
    assert_eq!(site.send(post("https://elsewhere.example")).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let site = Site::new().await;
    let request = Request::post("/preferences/theme")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("theme={}", "x".repeat(100_000))))
        .expect("a request");
    let (status, _, body) = site.send(request).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{body}");
}
