//! As much of HTTP/1.1 as a double needs.

use std::future::pending;
use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Script;
use super::script::Step;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// `GET` or `POST`.
    pub method: String,
    /// As `/v1/chat/completions`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| &*it.1)
    }

    /// What the last message says.
    pub fn last_message(&self) -> String {
        let request = self.json();
        let last = request["messages"].as_array().and_then(|it| it.last());
        last.and_then(|it| it["content"].as_str()).unwrap_or_default().to_owned()
    }
}

/// The next request; `None` when the client has closed the connection.
pub(super) async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Seen>> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(ToOwned::to_owned);
    let mut seen = Seen {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Seen::default()
    };
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    seen.headers = lines.filter_map(header).collect();
    let length = seen.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    seen.body = buffer.drain(..length).collect();
    Ok(Some(seen))
}

/// Plays a script to its end. Fails with `ConnectionAborted` where the script itself cuts the connection, and
/// otherwise if the client hangs up.
pub(super) async fn play(stream: &mut TcpStream, script: &Script) -> io::Result<()> {
    let is_measured = script.headers.iter().any(|it| it.0.eq_ignore_ascii_case("content-length"));
    let headers: String =
        script.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let framing = if is_measured { "" } else { "Transfer-Encoding: chunked\r\n" };
    let head = format!("HTTP/1.1 {} Scripted\r\n{headers}{framing}\r\n", script.status);
    stream.write_all(head.as_bytes()).await?;
    for step in &script.steps {
        match step {
            Step::Send(bytes) if is_measured => stream.write_all(bytes).await?,
            Step::Send(bytes) if bytes.is_empty() => {}
            Step::Send(bytes) => {
                let size = format!("{:x}\r\n", bytes.len());
                stream.write_all(&[size.as_bytes(), bytes, b"\r\n"].concat()).await?;
            }
            Step::Wait(gate) => tokio::select! {
                () = gate.passed() => {}
                error = hung_up(stream) => return Err(error),
            },
            Step::Stall => return Err(hung_up(stream).await),
            Step::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
    if !is_measured {
        stream.write_all(b"0\r\n\r\n").await?;
    }
    Ok(())
}

/// Ends when the client closes its side.
async fn hung_up(stream: &TcpStream) -> io::Error {
    match stream.peek(&mut [0]).await {
        Ok(0) => io::ErrorKind::BrokenPipe.into(),
        // A next request is no hanging up.
        Ok(_) => pending().await,
        Err(error) => error,
    }
}
