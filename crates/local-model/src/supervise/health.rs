//! Asks a server on loopback whether it is ready.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take; a server that loads answers 503 at once.
const PATIENCE: Duration = Duration::from_secs(2);
const STATUS_LINE: usize = "HTTP/1.1 200".len();

/// The status of `GET /health`: 200 when ready, 503 while loading; none where nobody answers in HTTP.
pub(super) async fn status(port: u16) -> Option<u16> {
    timeout(PATIENCE, ask(port)).await.ok()?
}

async fn ask(port: u16) -> Option<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.ok()?;
    let mut line = [0; STATUS_LINE];
    stream.read_exact(&mut line).await.ok()?;
    let (version, status) = std::str::from_utf8(&line).ok()?.split_once(' ')?;
    version.starts_with("HTTP/1.").then(|| status.parse().ok())?
}
