//! What the tests share: files, an HTTP server that follows a script, a stand-in for pip, a stand-in for llama-server.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{FileSpec, Kind, ModelSpec, Source, stamp};

/// A file of the test with its true size and hash.
pub(crate) fn file_spec(name: &str, bytes: &[u8], sources: Vec<Source>) -> FileSpec {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bytes");
    fs::write(&path, bytes).unwrap();
    let sha256 = stamp::hash(&path).unwrap();
    FileSpec { name: name.to_owned(), size: bytes.len() as u64, sha256, sources }
}

pub(crate) fn model_spec(files: Vec<FileSpec>) -> ModelSpec {
    ModelSpec {
        key: "test".to_owned(),
        usual: false,
        label: "Test".to_owned(),
        about: "A test.".to_owned(),
        licence: "CC0-1.0".to_owned(),
        licence_url: "https://example.org".to_owned(),
        kind: Kind::Chat,
        context: 1,
        flags: Vec::new(),
        memory: 1,
        files,
    }
}

/// Bytes that are not all alike.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|it| u8::try_from(it * 31 % 251).unwrap()).collect()
}

/// What the HTTP server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers with this status and no body.
    Status(u16),
    /// Serves the bytes, from where the request wants them on, up to the given length of the whole.
    Serve { bytes: Vec<u8>, cut: usize },
    /// Leads elsewhere.
    Redirect(String),
}

/// Serves the replies one after another, the last one for ever; tells the requests' heads.
pub(crate) async fn http(replies: Vec<Reply>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/file", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    tokio::spawn(async move {
        let mut count = 0;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            seen.lock().unwrap().push(head.clone());
            let answer = answer(&replies[count.min(replies.len() - 1)], &head);
            count += 1;
            stream.write_all(&answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, heads)
}

fn answer(reply: &Reply, head: &str) -> Vec<u8> {
    let close = "Connection: close\r\n";
    match reply {
        Reply::Status(status) => {
            format!("HTTP/1.1 {status} Because\r\n{close}Content-Length: 0\r\n\r\n").into_bytes()
        }
        Reply::Redirect(to) => {
            format!("HTTP/1.1 302 Found\r\n{close}Location: {to}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        }
        Reply::Serve { bytes, cut } => {
            let start = head
                .split_once("range: bytes=")
                .and_then(|(_, rest)| rest.split_once('-'))
                .map(|(start, _)| start.parse::<usize>().unwrap());
            let status = if start.is_some() { "206 Partial" } else { "200 OK" };
            let start = start.unwrap_or(0);
            let length = bytes.len() - start;
            let mut answer =
                format!("HTTP/1.1 {status}\r\n{close}Content-Length: {length}\r\n\r\n")
                    .into_bytes();
            answer.extend_from_slice(&bytes[start..(*cut).max(start)]);
            answer
        }
    }
}

/// A program of that name in the folder.
pub(crate) fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// An archive as a Python package is one.
pub(crate) fn package(path: &Path, member: &str, bytes: &[u8]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("thing/__init__.py", options).unwrap();
    zip.write_all(b"raise SystemExit('nobody may run me')").unwrap();
    zip.start_file(member, options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap();
}

/// A `python3` whose pip hands out the archives of a folder and writes down what it was asked for.
pub(crate) fn pip(bin: &Path, packages: &Path) {
    let text = format!(
        r#"#!/bin/sh
# python3 -m pip download ... --dest FOLDER NAME==VERSION
while [ $# -gt 1 ]; do [ "$1" = --dest ] && folder=$2; shift; done
echo "$1" >> {asked}
[ -f "{packages}/$1.whl" ] || {{ echo "no matching distribution for $1" >&2; exit 1; }}
/bin/cp "{packages}/$1.whl" "$folder/"
"#,
        asked = packages.join("asked").display(),
        packages = packages.display(),
    );
    script(bin, "python3", &text);
}

/// What the stand-in for pip was asked for.
pub(crate) fn asked(packages: &Path) -> Vec<String> {
    let text = fs::read_to_string(packages.join("asked")).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}
