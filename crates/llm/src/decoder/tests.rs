use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;

/// The recorded streams: name and body.
fn recorded() -> Vec<(String, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transcripts");
    let mut streams = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path()) {
        for file in std::fs::read_dir(&folder).into_iter().flatten().map(|it| it.unwrap().path()) {
            let bytes = std::fs::read(&file).unwrap();
            let split = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
            if String::from_utf8_lossy(&bytes[..split]).contains("text/event-stream") {
                streams.push((file.display().to_string(), bytes[split + 4..].to_vec()));
            }
        }
    }
    assert!(streams.len() >= 15, "{} streams", streams.len());
    streams
}

fn decoded<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Piece> {
    let mut decoder = Decoder::new();
    let mut pieces: Vec<_> = parts.into_iter().flat_map(|it| decoder.push(it)).collect();
    pieces.extend(decoder.finish());
    pieces
}

fn said(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .filter_map(|it| if let Piece::Text(it) = it { Some(&**it) } else { None })
        .collect()
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn check(stream: &str, expected: &[Piece]) {
    assert_eq!(decoded([stream.as_bytes()]), expected, "{stream}");
    let bytes: Vec<_> = stream.as_bytes().chunks(1).collect();
    assert_eq!(decoded(bytes), expected, "byte by byte: {stream}");
}

#[test]
fn every_recorded_stream_ends_well_but_the_one_that_was_cut() {
    for (name, stream) in recorded() {
        let pieces = decoded([&*stream]);
        let last = pieces.last().unwrap();
        if name.contains("cancel_midstream") {
            assert_eq!(*last, Piece::CutOff, "{name}");
        } else {
            assert_eq!(*last, Piece::End, "{name}");
            assert!(pieces.iter().any(|it| matches!(it, Piece::Finish(_))), "{name}");
        }
        let is_tool_call = name.contains("tool_call");
        assert!(is_tool_call || !said(&pieces).is_empty(), "{name} says nothing");
    }
}

#[test]
fn recorded_usage_and_text_are_read() {
    let streams = recorded();
    let find = |name: &str| {
        let (_, stream) = streams.iter().find(|(it, _)| it.contains(name)).unwrap();
        decoded([&**stream])
    };
    let pieces = find("smollm2-135m/chat_stream_usage");
    let usage = Usage { prompt: 35, completion: 40, cached: 6, estimated: false };
    assert!(pieces.ends_with(&[Piece::Finish(Finish::Length), Piece::Usage(usage), Piece::End]));
    let greeting = said(&find("router_autoload_stream"));
    assert_eq!(greeting, "Hello, welcome to");
    let scores = said(&find("smollm2-135m/json_schema_stream"));
    assert!(serde_json::from_str::<Value>(&scores).is_ok(), "{scores}");
}

#[test]
fn oddities_of_servers_are_tolerated() {
    let hello = r#"data: {"choices":[{"index":0,"delta":{"content":"hello"}}]}"#;
    let stop = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    let done = "data: [DONE]\n\n";
    let whole = [text("hello"), Piece::Finish(Finish::Stop), Piece::End];
    check(&format!("{hello}\n\n{stop}\n\n{done}"), &whole);
    // Line ends, a byte order mark, comments, other fields, no space, no empty lines.
    check(&format!("{hello}\r\n\r\n{stop}\r\n\r\n{done}"), &whole);
    check(&format!("{hello}\r\r{stop}\r\r{done}"), &whole);
    check(&format!("\u{feff}: ping\n\n{hello}\n\n:\n\nevent: x\nid: 1\n{stop}\n\n{done}"), &whole);
    check(&format!("{hello}\n\n{stop}\n\n{done}").replace("data: ", "data:"), &whole);
    check(&format!("{hello}\n{stop}\n{done}"), &whole);
    // No [DONE], not even a line end; data after it.
    check(&format!("{hello}\n\n{stop}\n\n"), &whole);
    check(&format!("{hello}\n\n{stop}"), &whole);
    check(&format!("{hello}\n\n{stop}\n\n{done}{hello}\n\n{{junk"), &whole);
    // One event over several lines.
    for end in ["\n", "\r\n", "\r"] {
        let lines = hello.replace(',', &format!(",{end}data: "));
        check(&format!("{lines}{end}{end}{stop}{end}{end}"), &whole);
    }
    // No reason, an empty reason.
    check(&format!("{hello}\n\n{done}"), &[text("hello"), Piece::End]);
    let empty = hello.replace(r#""index":0"#, r#""index":0,"finish_reason":"""#);
    check(&format!("{empty}\n\n{stop}\n\n{done}"), &whole);
    // Cut before the end.
    check(&format!("{hello}\n\n"), &[text("hello"), Piece::CutOff]);
    check(&hello[..30], &[Piece::Broken(Broken::NotJson)]);
    check("", &[Piece::Broken(Broken::Empty)]);
    check("<html>\n<p>Welcome</p>\n", &[Piece::Broken(Broken::Empty)]);
    check("data: pong\n\n", &[Piece::Broken(Broken::NotJson)]);
}

#[test]
fn oddities_of_chunks_are_tolerated() {
    let check = |chunk: &str, expected: &[Piece]| {
        let mut pieces = expected.to_vec();
        pieces.push(Piece::End);
        check(&format!("data: {chunk}\n\ndata: [DONE]\n\n"), &pieces);
    };
    let usage = |prompt, completion| Piece::Usage(Usage { prompt, completion, ..Usage::default() });
    check(r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#, &[]);
    check(r#"{"choices":[{"delta":{"content":""},"logprobs":null}],"usage":null}"#, &[]);
    check(r#"{"choices":[],"usage":{}}"#, &[]);
    check(r#"{"choices":null,"usage":{"prompt_tokens":3}}"#, &[usage(3, 0)]);
    check(
        r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":null}}"#,
        &[usage(3, 2)],
    );
    check(r#"{"id":"","x_groq":{"usage":{"completion_tokens":2}}}"#, &[usage(0, 2)]);
    check(
        r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#,
        &[text("ab")],
    );
    check(
        r#"{"choices":[{"message":{"content":"whole"},"finish_reason":"eos"}]}"#,
        &[text("whole"), Piece::Finish(Finish::Stop)],
    );
    check(r#"{"choices":[{"text":"old"}]}"#, &[text("old")]);
    check(r#"{"choices":[{"delta":{"refusal":"I can't."}}]}"#, &[text("I can't.")]);
    check(r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#, &[]);
    for field in ["reasoning_content", "reasoning"] {
        let chunk = format!(r#"{{"choices":[{{"delta":{{"{field}":"hm","content":"a"}}}}]}}"#);
        check(&chunk, &[Piece::Reasoning("hm".to_owned()), text("a")]);
    }
    check(
        r#"{"choices":[{"delta":{},"finish_reason":"banana"}],"error":null}"#,
        &[Piece::Finish(Finish::Unknown)],
    );
}

#[test]
fn complaints_within_a_stream_end_it() {
    let complaint = |message: &str, kind: &str, code: &str| {
        let (message, kind, code) = (message.to_owned(), kind.to_owned(), code.to_owned());
        [Piece::Complaint(Complaint { message, kind, code })]
    };
    check(
        "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"code\":500}}\n\ndata: [DONE]\n\n",
        &complaint("no", "server_error", "500"),
    );
    check("event: error\ndata: {\"error\":\"no\"}\n\n", &complaint("no", "", ""));
    check("{\"error\":{\"message\":\"bare\"}}\n", &complaint("bare", "", ""));
    check(
        "data: {\"object\":\"error\",\"message\":\"no\",\"type\":\"BadRequestError\",\"code\":400}\n\n",
        &complaint("no", "BadRequestError", "400"),
    );
    check("data: {\"detail\":\"no\"}\n\n", &complaint("no", "", ""));
}

#[test]
fn memory_is_bounded() {
    let too_large = [Piece::Broken(Broken::TooLarge)];
    let mut decoder = Decoder::new();
    let kib = [b'x'; 1024];
    let pieces: Vec<_> = (0..1025).flat_map(|_| decoder.push(&kib)).collect();
    assert_eq!(pieces, too_large, "a line without an end");
    assert_eq!(decoder.line.capacity() + decoder.data.capacity(), 0);
    let mut decoder = Decoder::new();
    let pieces: Vec<_> = (0..1 << 20).flat_map(|_| decoder.push(b"data: 1\n")).take(1).collect();
    assert_eq!(pieces, too_large, "an event without an end");
    assert_eq!(decoder.push(b"data: [DONE]\n\n"), []);
    assert_eq!(decoder.finish(), []);
}

#[test]
fn whole_replies_are_read_like_streams() {
    let reply = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"length"}],
        "usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let usage = Usage { prompt: 1, completion: 2, ..Usage::default() };
    let expected = [text("hi"), Piece::Finish(Finish::Length), Piece::Usage(usage), Piece::End];
    assert_eq!(whole(reply.as_bytes()), expected);
    assert_eq!(whole(b"data: {\"choices\":[]}\n\ndata: [DONE]"), [Piece::End]);
    assert_eq!(whole(b"{\"choices\":[]}"), [Piece::Broken(Broken::Empty)]);
    assert_eq!(whole(b"{"), [Piece::Broken(Broken::NotJson)]);
    assert_eq!(whole(b""), [Piece::Broken(Broken::Empty)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn however_a_stream_is_cut_the_pieces_are_the_same(
        (_, stream) in select(recorded()),
        line_end in select(vec!["\n", "\r\n", "\r"]),
        cuts in prop::collection::vec(any::<Index>(), 0..40),
    ) {
        let stream = String::from_utf8(stream).unwrap().replace('\n', line_end).into_bytes();
        let mut cuts: Vec<_> = cuts.iter().map(|it| it.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(stream.len());
        let mut from = 0;
        let parts = cuts.into_iter().map(|to| &stream[mem::replace(&mut from, to)..to]);
        prop_assert_eq!(decoded(parts), decoded([&*stream]));
    }
}

/// A change to a stream at a place.
#[derive(Debug, Clone)]
enum Mutation {
    Put(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Flip(u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let tokens: Vec<_> = [
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "data: ",
        "data:",
        "[DONE]",
        "{",
        "}",
        "[",
        "]",
        "null",
        "\"",
        ":",
        ",",
        "\\u",
        "\u{feff}",
        "é",
        "{}",
        "1e999",
        "\"error\":",
        "\"choices\":",
        "event: error",
        "\0",
        "-1",
    ]
    .map(|it| it.as_bytes().to_vec())
    .into();
    prop_oneof![
        select(tokens).prop_map(Mutation::Put),
        prop::collection::vec(any::<u8>(), 1..8).prop_map(Mutation::Put),
        (1usize..200).prop_map(Mutation::Remove),
        (1usize..200).prop_map(Mutation::Repeat),
        any::<u8>().prop_map(Mutation::Flip),
    ]
}

fn mutated(mut stream: Vec<u8>, mutations: &[(Index, Mutation)]) -> Vec<u8> {
    for (at, mutation) in mutations {
        let at = at.index(stream.len() + 1);
        let until = |length: usize| (at + length).min(stream.len());
        match mutation {
            Mutation::Put(bytes) => drop(stream.splice(at..at, bytes.iter().copied())),
            Mutation::Remove(length) => drop(stream.drain(at..until(*length))),
            Mutation::Repeat(length) => {
                let part = stream[at..until(*length)].to_vec();
                stream.splice(at..at, part);
            }
            Mutation::Flip(mask) => {
                if let Some(byte) = stream.get_mut(at) {
                    *byte ^= mask;
                }
            }
        }
    }
    stream
}

/// Mutated recordings, cut anywhere: no panic, no difference between cuts, one end, bounded memory.
#[test]
fn fuzz_decoder() {
    let seconds = std::env::var("ROOKERY_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it));
    let mut runner = TestRunner::default();
    let input = (
        select(recorded()),
        prop::collection::vec((any::<Index>(), mutation()), 0..12),
        1usize..64,
    );
    let mut cases = 0;
    while until.map_or(cases < 500, |it| Instant::now() < it) {
        let ((name, stream), mutations, size) = input.new_tree(&mut runner).unwrap().current();
        let stream = mutated(stream, &mutations);
        let shown = || format!("{name} {mutations:?} {size}");
        let at_once = decoded([&*stream]);
        assert_eq!(decoded(stream.chunks(size)), at_once, "{}", shown());
        let is_last = |it: &Piece| {
            matches!(it, Piece::End | Piece::Complaint(_) | Piece::CutOff | Piece::Broken(_))
        };
        assert_eq!(at_once.iter().position(is_last), Some(at_once.len() - 1), "{}", shown());
        let decoder = &mut Decoder::new();
        for part in stream.chunks(size) {
            decoder.push(part);
            assert!(decoder.line.len() + decoder.data.len() <= 2 * MAX_EVENT_BYTES);
        }
        cases += 1;
    }
    assert!(cases > 0);
}
