use std::fs;

use super::*;
use crate::{
    Source,
    testing::{Reply, bytes, file_spec, http, model_spec},
};

async fn served(content: &[u8]) -> (ModelSpec, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let (address, heads) =
        http(vec![Reply::Serve { bytes: content.to_vec(), cut: content.len() }]).await;
    let source = Source::Hub { hub: address };
    (model_spec(vec![file_spec("weights", content, vec![source])]), heads)
}

#[tokio::test]
async fn two_at_once_fetch_once() {
    let root = tempfile::tempdir().unwrap();
    let (spec, heads) = served(&bytes(2_000_000)).await;
    // Two caches over one folder hold different locks, as two processes would.
    let (one, two) = (Cache::new(root.path()), Cache::new(root.path()));
    let both = tokio::join!(
        one.pull_spec(&spec, Sources::All, &|_| {}),
        two.pull_spec(&spec, Sources::All, &|_| {}),
    );
    assert_eq!(both.0.unwrap(), both.1.unwrap());
    assert_eq!(heads.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_next_model_is_taken_where_one_cannot_be_had() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    let content = bytes(3_000);
    let (spec, heads) = served(&content).await;
    // A place that hands out other bytes has not got it.
    let (address, _) = http(vec![Reply::Serve { bytes: bytes(10), cut: 10 }]).await;
    let hub = Source::Hub { hub: address };
    let absent = ModelSpec {
        key: "preferred".to_owned(),
        ..model_spec(vec![file_spec("weights", &content, vec![hub])])
    };
    let told = std::sync::Mutex::new(Vec::new());
    let report = |it: Progress| {
        if let Progress::Step(line) = it {
            told.lock().unwrap().push(line);
        }
    };
    let taken = cache.pull_first([&absent, &spec].into_iter(), Sources::All, &report).await;
    assert_eq!(taken.unwrap().key, spec.key);
    let lines = told.lock().unwrap().join(" ");
    assert!(lines.contains("preferred cannot be had here"), "{lines}");
    // One that is here stays, though another is preferred.
    let again = cache.pull_first([&absent, &spec].into_iter(), Sources::All, &report).await;
    assert_eq!(again.unwrap().key, spec.key);
    assert_eq!(heads.lock().unwrap().len(), 1);
    let none = cache.pull_first(std::iter::empty(), Sources::All, &report).await;
    assert!(matches!(none, Err(PullError::Unknown { .. })));
}

#[tokio::test]
async fn the_state_follows_what_is_there() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    let content = bytes(5_000);
    let (spec, heads) = served(&content).await;
    assert_eq!(cache.state(&spec), State::Absent);
    fs::create_dir_all(cache.folder(&spec)).unwrap();
    fs::write(cache.folder(&spec).join("weights.part0"), &content[..100]).unwrap();
    assert_eq!(cache.state(&spec), State::Partial { bytes: 100 });
    // Put there by hand: taken over after it was read, without asking anybody.
    fs::write(cache.weights(&spec), &content).unwrap();
    assert_eq!(cache.state(&spec), State::Unverified);
    cache.pull_spec(&spec, Sources::All, &|_| {}).await.unwrap();
    assert_eq!(cache.state(&spec), State::Ready);
    assert!(heads.lock().unwrap().is_empty());
    cache.check_spec(&spec).await.unwrap();
    let mut damaged = content.clone();
    damaged[17] ^= 1;
    fs::write(cache.weights(&spec), &damaged).unwrap();
    assert!(matches!(cache.check_spec(&spec).await, Err(CheckError::Damaged { .. })));
    assert_eq!(cache.state(&spec), State::Unverified);
    cache.pull_spec(&spec, Sources::All, &|_| {}).await.unwrap();
    assert_eq!(fs::read(cache.weights(&spec)).unwrap(), content);
}

#[tokio::test]
async fn a_model_of_the_catalogue_is_listed_checked_and_removed() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    assert!(cache.models().iter().all(|(_, state)| *state == State::Absent));
    assert!(matches!(cache.check("smollm2-135m").await, Err(CheckError::Absent { .. })));
    let spec = model("smollm2-135m").unwrap();
    fs::create_dir_all(cache.folder(spec)).unwrap();
    fs::write(cache.weights(spec), b"1234").unwrap();
    assert_eq!(cache.remove("smollm2-135m").await.unwrap(), 4);
    assert_eq!(cache.state(spec), State::Absent);
    assert_eq!(cache.remove("smollm2-135m").await.unwrap(), 0);
    let error = cache.pull("nothing", Sources::All, &|_| {}).await.unwrap_err();
    assert!(
        error.to_string().contains("there are qwen2.5-1.5b, qwen2.5-coder-1.5b, smollm2-135m"),
        "{error}"
    );
}
