//! Turns the bytes of a streamed reply into pieces. Pure: no IO, no clock.
//!
//! A stream is server-sent events whose data are JSON chunks, ended by `[DONE]`. Servers depart from that in many
//! ways; `docs/models.md` lists what is tolerated.

use std::mem;

use serde_json::Value;

use crate::reply::{Finish, TokenLogprob, Usage};
use crate::wire::{self, Complaint};

/// The longest line, and the most data of one event, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// What a stream says.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// More of the reply; never empty.
    Text(String),
    /// More of the model's thoughts; never empty.
    Reasoning(String),
    /// Tokens with their probabilities; never empty.
    Logprobs(Vec<TokenLogprob>),
    /// Token counts so far; the last ones count.
    Usage(Usage),
    /// Why the reply ended. Token counts may follow.
    Finish(Finish),
    /// The end, as the protocol has it or near enough. Nothing follows.
    End,
    /// The server complained in the middle of the stream. Nothing follows.
    Complaint(Complaint),
    /// The connection ended before the reply did. Nothing follows.
    CutOff,
    /// This is not the protocol. Nothing follows.
    Broken(Broken),
}

/// Why bytes are not the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An event's data, or the whole reply, are not a JSON object.
    #[error("what came is not a JSON object")]
    NotJson,
    /// More than [`MAX_EVENT_BYTES`] without an end.
    #[error("an event of the stream is larger than {} KiB", MAX_EVENT_BYTES / 1024)]
    TooLarge,
    /// It ended and held nothing of a reply.
    #[error("what came holds no reply")]
    Empty,
}

/// Decodes one stream. Feed it with [`push`](Self::push), then say that it ended with [`finish`](Self::finish).
/// However the bytes are cut, the pieces are the same.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    data: Vec<u8>,
    after_return: bool,
    started: bool,
    progress: Progress,
    over: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Progress {
    /// No event yet.
    #[default]
    Nothing,
    /// Some event.
    Begun,
    /// The reason why the reply ended.
    Finished,
}

impl Decoder {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and returns what they complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Piece> {
        while !self.over && !bytes.is_empty() {
            if mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|it| matches!(it, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > MAX_EVENT_BYTES {
                self.end(Piece::Broken(Broken::TooLarge));
                break;
            }
            self.line.extend_from_slice(part);
            bytes = rest;
            if let Some((&terminator, rest)) = rest.split_first() {
                self.after_return = terminator == b'\r';
                bytes = rest;
                self.take_line();
            }
        }
        mem::take(&mut self.pieces)
    }

    /// Says that the connection ended. A last event without its empty line still counts.
    pub fn finish(&mut self) -> Vec<Piece> {
        if !self.over {
            self.take_line();
            self.dispatch();
        }
        if !self.over {
            self.end(match self.progress {
                Progress::Finished => Piece::End,
                Progress::Begun => Piece::CutOff,
                Progress::Nothing => Piece::Broken(Broken::Empty),
            });
        }
        mem::take(&mut self.pieces)
    }

    fn end(&mut self, piece: Piece) {
        self.pieces.push(piece);
        self.over = true;
        self.line = Vec::new();
        self.data = Vec::new();
    }

    fn take_line(&mut self) {
        let mut line = mem::take(&mut self.line);
        if !mem::replace(&mut self.started, true) && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        if line.is_empty() {
            self.dispatch();
        } else if let Some(data) = line.strip_prefix(b"data:") {
            self.take_data(data.strip_prefix(b" ").unwrap_or(data));
        } else if line.starts_with(b"{") {
            // Some gateways put a bare error into the stream.
            self.take_data(&line);
        }
        // Anything else is a comment that keeps the connection alive, or a field without meaning here.
        line.clear();
        self.line = line;
    }

    fn take_data(&mut self, data: &[u8]) {
        if self.data.len() + data.len() >= MAX_EVENT_BYTES {
            return self.end(Piece::Broken(Broken::TooLarge));
        }
        if !self.data.is_empty() {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(data);
    }

    fn dispatch(&mut self) {
        let data = mem::take(&mut self.data);
        if data.trim_ascii().is_empty() {
            return;
        }
        if self.progress == Progress::Nothing {
            self.progress = Progress::Begun;
        }
        if !data.contains(&b'\n') || serde_json::from_slice::<Value>(&data).is_ok() {
            return self.take_event(&data);
        }
        // Lines that are no value together are events whose empty line was forgotten.
        for line in data.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
            if !self.over {
                self.take_event(line);
            }
        }
    }

    fn take_event(&mut self, data: &[u8]) {
        if data.trim_ascii() == b"[DONE]" {
            return self.end(Piece::End);
        }
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(data)) {
            Ok(chunk @ Value::Object(_)) => self.take_chunk(&chunk),
            Ok(_) | Err(_) => self.end(Piece::Broken(Broken::NotJson)),
        }
    }

    fn take_chunk(&mut self, chunk: &Value) {
        if let Some(complaint) = wire::complaint(chunk) {
            return self.end(Piece::Complaint(complaint));
        }
        let pieces = pieces(chunk);
        if pieces.iter().any(|it| matches!(it, Piece::Finish(_))) {
            self.progress = Progress::Finished;
        }
        self.pieces.extend(pieces);
    }
}

/// What a reply says that came at once: one JSON object, or all the events of a stream.
pub(crate) fn whole(body: &[u8]) -> Vec<Piece> {
    if body.trim_ascii_start().starts_with(b"{") {
        let Ok(reply) = serde_json::from_slice::<Value>(body) else {
            return vec![Piece::Broken(Broken::NotJson)];
        };
        if let Some(complaint) = wire::complaint(&reply) {
            return vec![Piece::Complaint(complaint)];
        }
        if wire::choice(&reply).is_none() {
            return vec![Piece::Broken(Broken::Empty)];
        }
        let mut pieces = pieces(&reply);
        pieces.push(Piece::End);
        return pieces;
    }
    let mut decoder = Decoder::new();
    let mut pieces = decoder.push(body);
    pieces.extend(decoder.finish());
    pieces
}

/// What a chunk, or a whole reply, says.
fn pieces(chunk: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if let Some(choice) = wire::choice(chunk) {
        let reasoning = wire::reasoning(choice);
        if !reasoning.is_empty() {
            pieces.push(Piece::Reasoning(reasoning));
        }
        let said = wire::said(choice);
        if !said.is_empty() {
            pieces.push(Piece::Text(said));
        }
        let logprobs = wire::logprobs(choice);
        if !logprobs.is_empty() {
            pieces.push(Piece::Logprobs(logprobs));
        }
        pieces.extend(wire::finish(choice).map(Piece::Finish));
    }
    pieces.extend(wire::usage(chunk).map(Piece::Usage));
    pieces
}

#[cfg(test)]
mod tests;
