//! Every page is HTML that a parser has nothing to mend in.

use html5ever::{parse_document, tendril::TendrilSink};
use markup5ever_rcdom::RcDom;

use crate::support::Site;

/// What a parser finds to mend, but for two habits of Leptos: empty comments between texts, which are comments to every
/// parser and slips to a strict one, and a script behind the document's end.
fn complaints(html: &str) -> Vec<String> {
    let document = html.split_once("</html>").map_or(html, |it| it.0);
    let html = document.replace("<!>", "<!---->");
    let dom = parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
    dom.errors.take().iter().map(ToString::to_string).collect()
}

#[test]
fn the_check_finds_slips() {
    assert!(complaints("<!DOCTYPE html><title>x</title><p>a<!>b").is_empty());
    assert!(!complaints("<!DOCTYPE html><title>x</title><p><div></p></div>").is_empty());
    assert!(!complaints("<!DOCTYPE html><title>x</title><table><tr><p>x</table>").is_empty());
}

#[tokio::test]
async fn every_page_parses() {
    let site = Site::with_recorded().await;
    let (_, _, list) = site.get("/api/v1/scenarios").await;
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let id = list["items"][0]["id"].as_str().expect("an id").to_owned();
    let (_, _, list) = site.get("/api/v1/scenarios?severity=severe").await;
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let severe = list["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut paths: Vec<String> = [
        "/",
        "/scenarios",
        "/scenarios?q=job",
        "/scenarios?q=xyzzyq",
        "/scenarios?severity=severe",
        "/scenarios?severity=very",
        "/about",
        "/methods",
        "/help-lines",
        "/nowhere",
    ]
    .map(str::to_owned)
    .into();
    for id in [id, severe] {
        paths.push(format!("/scenarios/{id}?domain=career"));
        paths.push(format!("/compare/{id}"));
        paths.push(format!("/compare/{id}?diff=1&uncovered=1"));
        paths.push(format!("/compare/{id}?with=x&show=age&show=gender&uncovered=1"));
    }
    for path in paths {
        let (_, _, body) = site.get(&path).await;
        assert_eq!(complaints(&body), Vec::<String>::new(), "{path}");
    }
}
