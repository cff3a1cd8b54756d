//! Over HTTPS, going on from what is there.

use std::{path::Path, sync::LazyLock, time::Duration};

use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use tokio::{fs::OpenOptions, io::AsyncWriteExt as _};

use super::{Job, discard, length};
use crate::{FileSpec, SourceError};

/// How long a server may take to answer the phone.
const CONNECT: Duration = Duration::from_secs(15);
/// How long a stream may be silent.
const SILENCE: Duration = Duration::from_mins(1);
/// How often one fetch goes on after a cut, given that each brought something.
const RESUMES: usize = 5;
/// Bytes between two reports.
const STRIDE: u64 = 1 << 20;

static CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| {
    // Fails where the program has chosen a provider already, which serves as well.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(redirect::Policy::custom(|attempt| {
            let from_plain = attempt.previous().last().is_some_and(|it| it.scheme() == "http");
            if !is_safe(attempt.url()) || (attempt.url().scheme() == "http" && !from_plain) {
                attempt.error("a redirect off HTTPS")
            } else {
                redirect::Policy::limited(10).redirect(attempt)
            }
        }))
        .build()
        .map_err(|it| it.to_string())
});

/// HTTPS, or plain HTTP to this very machine.
fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("127.0.0.1"))
}

impl Job<'_> {
    pub(super) async fn stream_all(
        &self,
        address: &str,
        file: &FileSpec,
        part: &Path,
    ) -> Result<(), SourceError> {
        let url = Url::parse(address).map_err(|it| SourceError::Connect(it.to_string()))?;
        if !is_safe(&url) {
            return Err(SourceError::Insecure);
        }
        for _ in 0..RESUMES {
            let before = length(part);
            if before == file.size {
                return Ok(());
            }
            match self.stream(url.clone(), file, part, before).await {
                Err(SourceError::Cut { done, .. }) if done > before => {}
                other => return other,
            }
        }
        Err(SourceError::Cut { done: length(part), total: file.size })
    }

    /// One request, and all that it brings.
    async fn stream(
        &self,
        url: Url,
        file: &FileSpec,
        part: &Path,
        before: u64,
    ) -> Result<(), SourceError> {
        let client = CLIENT.as_ref().map_err(|it| SourceError::Connect(it.clone()))?;
        let mut request = client.get(url);
        if before > 0 {
            request = request.header(header::RANGE, format!("bytes={before}-"));
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let resumed = response.status() == StatusCode::PARTIAL_CONTENT;
        if response.status() != StatusCode::OK && !resumed {
            if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
                discard(part)?;
            }
            return Err(SourceError::Status { status: response.status().as_u16() });
        }
        let mut done = if resumed { before } else { 0 };
        check_length(&response, file, part, done)?;
        let mut output = OpenOptions::new()
            .create(true)
            .write(true)
            .append(resumed)
            .truncate(!resumed)
            .open(part)
            .await
            .map_err(SourceError::io(part))?;
        let mut reported = done;
        self.bytes(file, done);
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    done += chunk.len() as u64;
                    if done > file.size {
                        break Err(SourceError::WrongSize { found: done, expected: file.size });
                    }
                    output.write_all(&chunk).await.map_err(SourceError::io(part))?;
                    if done - reported >= STRIDE {
                        reported = done;
                        self.bytes(file, done);
                    }
                }
                Ok(None) if done == file.size => break Ok(()),
                Ok(None) | Err(_) => break Err(SourceError::Cut { done, total: file.size }),
            }
        };
        output.flush().await.map_err(SourceError::io(part))?;
        self.bytes(file, done);
        if matches!(outcome, Err(SourceError::WrongSize { .. })) {
            discard(part)?;
        }
        outcome
    }
}

/// A length that is told and wrong ends the matter before a byte is read.
fn check_length(
    response: &Response,
    file: &FileSpec,
    part: &Path,
    done: u64,
) -> Result<(), SourceError> {
    let Some(rest) = response.content_length() else { return Ok(()) };
    let found = done + rest;
    if found == file.size {
        return Ok(());
    }
    if part.exists() {
        discard(part)?;
    }
    Err(SourceError::WrongSize { found, expected: file.size })
}

fn unreachable(error: reqwest::Error) -> SourceError {
    if error.is_redirect() {
        return SourceError::Insecure;
    }
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        said = inner.to_string();
        cause = inner.source();
    }
    SourceError::Connect(said)
}
