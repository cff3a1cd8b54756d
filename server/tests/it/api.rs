//! The API for scripts.

use http::StatusCode;
use serde_json::Value;

use crate::support::Site;

async fn json(site: &Site, path: &str) -> (StatusCode, Value) {
    let (status, headers, body) = site.get(path).await;
    assert_eq!(headers["content-type"], "application/json", "{path}: {body}");
    (status, serde_json::from_str(&body).expect("JSON"))
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repeat() {
    let site = Site::new().await;
    for sort in ["first", "last", "relevance"] {
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let (status, page) =
                json(&site, &format!("/api/v1/scenarios?q=my&sort={sort}{cursor}")).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(page["first"], seen.len() + 1);
            seen.extend(
                page["items"]
                    .as_array()
                    .expect("items")
                    .iter()
                    .map(|it| it["id"].as_str().expect("id").to_owned()),
            );
            let Some(next) = page["next"]["after"].as_str() else {
                assert_eq!(page["total"], seen.len(), "{sort}");
                break;
            };
            cursor = format!("&after={next}");
        }
        let mut distinct = seen.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len(), "{sort}");
        assert!(seen.len() > 1, "the sample has several");
    }
}

#[tokio::test]
async fn facet_counts_are_what_choosing_them_gives() {
    let site = Site::new().await;
    let (_, facets) = json(&site, "/api/v1/facets?domain=health").await;
    let mut checked = 0;
    for facet in facets.as_array().expect("facets") {
        let key = facet["key"].as_str().expect("key");
        // Choosing a second domain widens; every other property narrows.
        if key == "domain" {
            continue;
        }
        let name = if ["severity", "tag", "source", "label"].contains(&key) {
            key.to_owned()
        } else {
            format!("a.{key}")
        };
        for value in facet["values"].as_array().expect("values") {
            let pair = domain::encode_query(&[(
                name.clone(),
                value["value"].as_str().expect("value").to_owned(),
            )]);
            let (_, page) = json(&site, &format!("/api/v1/scenarios?domain=health&{pair}")).await;
            assert_eq!(page["total"], value["count"], "{key}={}", value["value"]);
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

#[tokio::test]
async fn a_scenario_is_whole_and_can_be_downloaded() {
    let site = Site::new().await;
    let (_, page) = json(&site, "/api/v1/scenarios").await;
    let id = page["items"][0]["id"].as_str().expect("id");
    let (status, view) = json(&site, &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(view["scenario"]["id"], id);
    assert_eq!(view["facts"].as_array().map(Vec::len), Some(10));
    let (_, headers, _) = site.get(&format!("/api/v1/scenarios/{id}?download=true")).await;
    assert!(headers["content-disposition"].to_str().expect("text").contains("attachment"));
}

#[tokio::test]
async fn errors_are_json_with_a_request_id() {
    let site = Site::new().await;
    for (path, expected, kind) in [
        ("/api/v1/scenarios/aaaaaaaaaaaaaaaa", 404, "not_found"),
        ("/api/v1/scenarios?sort=best", 400, "invalid"),
        ("/api/v1/nothing", 404, "not_found"),
    ] {
        let (status, body) = json(&site, path).await;
        assert_eq!(status.as_u16(), expected, "{path}");
        assert_eq!(body["error"]["kind"], kind, "{path}");
    }
}

#[tokio::test]
async fn health_readiness_and_description_answer() {
    let site = Site::new().await;
    assert_eq!(site.get("/healthz").await.2, "ok\n");
    assert_eq!(site.get("/readyz").await.2, "ready\n");
    let (_, document) = json(&site, "/api/v1/openapi.json").await;
    for path in ["/scenarios", "/scenarios/{id}", "/facets"] {
        assert!(document["paths"][path]["get"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn any_search_is_answered() {
    let site = Site::new().await;
    for text in [
        "\"",
        "a AND",
        "NEAR(",
        "*",
        "query:x",
        "') ; drop table scenarios --",
        "\u{0}",
        "😀",
        "-",
        "^",
        "a\"b\"c",
        "((((",
        "🧡 x",
    ] {
        let query = domain::encode_query(&[("q".to_owned(), text.to_owned())]);
        assert_eq!(
            site.get(&format!("/api/v1/scenarios?{query}")).await.0,
            StatusCode::OK,
            "{text:?}"
        );
    }
}
