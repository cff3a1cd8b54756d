//! What a double plays.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::Seen;

/// Holds a script back until it is opened. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[expect(clippy::new_without_default, reason = "a default gate says not whether it is open")]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Opens it for good.
    pub fn open(&self) {
        self.0.close();
    }

    pub(super) async fn passed(&self) {
        // A closed semaphore is an open gate: waiting ends with an error.
        let _ = self.0.acquire().await;
    }
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    Wait(Gate),
    Stall,
    Cut,
}

/// One response: a head, then steps. Chunked, unless it has a `Content-Length`.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
    pub(super) closes: bool,
}

impl Script {
    /// A response with this status and nothing else yet.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), steps: Vec::new(), closes: false }
    }

    /// A successful event stream with nothing in it yet.
    pub fn stream() -> Self {
        Self::status(200).header("Content-Type", "text/event-stream")
    }

    /// A whole JSON response.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::status(status).header("Content-Type", "application/json").send(body.to_string())
    }

    /// The model says this, in one piece or word by word as it was asked. Tokens are counted as words.
    pub fn reply(seen: &Seen, text: &str) -> Self {
        let request = seen.json();
        let count = |it: &str| it.split_whitespace().count();
        let asked = request["messages"].as_array().into_iter().flatten();
        let prompt: usize = asked.filter_map(|it| it["content"].as_str()).map(count).sum();
        let usage = json!({ "prompt_tokens": prompt, "completion_tokens": count(text) });
        if request["stream"] != true {
            let message = json!({ "role": "assistant", "content": text });
            let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
            return Self::json(200, &json!({ "choices": [choice], "usage": usage }));
        }
        let script = text.split_inclusive(' ').fold(Self::stream(), Self::say);
        let stop = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
        script.chunk(&stop).chunk(&json!({ "choices": [], "usage": usage })).done()
    }

    /// These vectors, as an answer to a request for embeddings.
    pub fn vectors(vectors: &[Vec<f32>]) -> Self {
        let entry = |(index, vector)| json!({ "index": index, "embedding": vector });
        let data: Vec<_> = vectors.iter().enumerate().map(entry).collect();
        let usage = json!({ "prompt_tokens": vectors.len(), "total_tokens": vectors.len() });
        Self::json(200, &json!({ "data": data, "usage": usage }))
    }

    /// A response as `curl --include` prints it.
    ///
    /// # Panics
    /// If it is none.
    pub fn recorded(response: &[u8]) -> Self {
        let end = response.windows(4).position(|it| it == b"\r\n\r\n").expect("a head and a body");
        let head = String::from_utf8_lossy(&response[..end]);
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|it| it.split(' ').nth(1)).and_then(|it| it.parse().ok());
        let mut script = Self::status(status.expect("a status"));
        for line in lines {
            let (name, value) = line.split_once(':').expect("a header has a colon");
            if !name.eq_ignore_ascii_case("transfer-encoding") {
                script = script.header(name, value.trim());
            }
        }
        script.send(&response[end + 4..])
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends these bytes, in one piece.
    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Send(bytes.as_ref().to_vec()))
    }

    /// Sends a chunk of a stream.
    #[must_use]
    pub fn chunk(self, chunk: &Value) -> Self {
        self.send(format!("data: {chunk}\n\n"))
    }

    /// Sends a chunk that says this.
    #[must_use]
    pub fn say(self, text: &str) -> Self {
        self.chunk(&json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
    }

    /// Sends the end of a stream.
    #[must_use]
    pub fn done(self) -> Self {
        self.send("data: [DONE]\n\n")
    }

    /// Goes on when the gate is opened.
    #[must_use]
    pub fn wait(self, gate: &Gate) -> Self {
        self.step(Step::Wait(gate.clone()))
    }

    /// Says nothing more until the client hangs up.
    #[must_use]
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Closes the connection in the middle of the response.
    #[must_use]
    pub fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    /// Closes the connection after the response, whatever the head says.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}
