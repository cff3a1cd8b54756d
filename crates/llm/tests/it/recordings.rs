//! Every recorded response of a real server, played back over HTTP.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use rookery_llm::double::{Double, Script};
use rookery_llm::{ErrorKind, Event, Finish, Outcome};

use crate::{hello, model};

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/transcripts")
}

async fn playing(name: &str) -> Double {
    let file = transcripts().join(format!("{name}.response.http"));
    Double::playing([Script::recorded(&std::fs::read(file).expect("a recording"))]).await
}

const SMALL: &str = "llama-server-b10434_smollm2-135m";
const LARGE: &str = "llama-server-b10434_qwen2.5-coder-1.5b";
const ERRORS: &str = "llama-server-b10434_errors";
const VECTORS: &str = "llama-server-b11434_embeddings";

#[tokio::test]
async fn recorded_streams_and_replies_say_the_same() {
    let mut streams = 0;
    for folder in [SMALL, LARGE] {
        for entry in std::fs::read_dir(transcripts().join(folder)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let name = file.strip_suffix(".response.http").unwrap();
            if !name.contains("_stream") || name.starts_with("err") {
                continue;
            }
            let server = playing(&format!("{folder}/{name}")).await;
            let model = model(&server);
            let mut stream = model.stream(hello()).await.unwrap();
            let (mut text, mut done) = (String::new(), None);
            while let Some(event) = stream.next().await {
                match event.unwrap() {
                    Event::Text(more) => text.push_str(&more),
                    Event::Done(outcome) => done = Some(outcome),
                    other => panic!("{name}: {other:?}"),
                }
            }
            let reply = model.chat(hello()).await.unwrap();
            assert_eq!((reply.text, Some(reply.outcome)), (text, done), "{name}");
            streams += 1;
        }
    }
    assert_eq!(streams, 14);
}

#[tokio::test]
async fn recorded_log_probabilities_are_read() {
    let server = playing(&format!("{SMALL}/chat_logprobs")).await;
    let reply = model(&server).chat(hello()).await.unwrap();
    assert_eq!((&*reply.text, reply.logprobs.len()), ("No.", 2));
    assert_eq!((reply.outcome.usage.prompt, reply.outcome.usage.cached), (39, 24));
    let (tokens, chances): (Vec<_>, Vec<_>) = reply.first_token().unzip();
    assert_eq!(tokens, ["No", "Yes", "I", "no", "1"]);
    assert!((chances[0] - 0.5358).abs() < 1e-3, "{chances:?}");
    assert!(chances.is_sorted_by(|a, b| a >= b) && chances.iter().sum::<f64>() <= 1.0);
}

#[tokio::test]
async fn recorded_replies_are_read() {
    for name in [
        "chat_nonstream",
        "chat_n2",
        "grammar_gbnf",
        "json_object_nonstream",
        "json_schema_nonstream",
        "err_unknown_model",
    ] {
        for folder in [SMALL, LARGE] {
            let server = playing(&format!("{folder}/{name}")).await;
            let reply = model(&server).chat(hello()).await.unwrap();
            assert!(!reply.text.is_empty(), "{folder} {name}");
            let Outcome { finish, usage, .. } = reply.outcome;
            assert!(matches!(finish, Finish::Stop | Finish::Length), "{folder} {name}");
            assert!(!usage.estimated && usage.completion > 0, "{folder} {name}");
        }
    }
}

#[tokio::test]
async fn recorded_vectors_are_read() {
    let texts = |count| vec!["text".to_owned(); count];
    let server = playing(&format!("{VECTORS}/embeddings_batch3")).await;
    let batch = model(&server).embed(&texts(3)).await.unwrap();
    assert_eq!(batch.usage.prompt, 42);
    let server = playing(&format!("{VECTORS}/embeddings_base64")).await;
    let coded = model(&server).embed(&texts(1)).await.unwrap();
    for vector in batch.vectors.iter().chain(&coded.vectors) {
        let length: f32 = vector.iter().map(|it| it * it).sum();
        assert_eq!(vector.len(), 384);
        assert!((length - 1.0).abs() < 1e-3, "{length}");
    }
}

#[tokio::test]
async fn recorded_lists_are_read() {
    let server = playing(&format!("{ERRORS}/models_without_key")).await;
    let listed = model(&server).provider().models().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id, "models/qwen2.5-coder-1.5b-instruct.gguf");
    assert_eq!(listed[0].context, Some(2048));
}

#[tokio::test]
async fn recorded_errors_are_told_apart() {
    let check = async |name: String, kind: ErrorKind, said: &str| {
        let server = playing(&name).await;
        let error = model(&server).chat(hello()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{name}: {error}");
        assert!(error.said.contains(said), "{name}: {error}");
        let streamed = model(&server).stream(hello()).await.unwrap_err();
        assert_eq!(streamed, error, "{name}");
    };
    for (name, kind, said) in [
        ("err_401_missing_key", ErrorKind::Unauthorised, "Invalid API Key"),
        ("err_401_wrong_key", ErrorKind::Unauthorised, "Invalid API Key"),
        ("err_503_loading_chat", ErrorKind::Loading, "Loading model"),
        ("err_503_loading_health", ErrorKind::Loading, "Loading model"),
        ("err_missing_model_router", ErrorKind::Invalid, "model name is missing"),
        ("err_unknown_model_router", ErrorKind::UnknownModel, "'no-such-model' not found"),
    ] {
        check(format!("{ERRORS}/{name}"), kind, said).await;
    }
    for (name, kind, said) in [
        ("err_bad_json", ErrorKind::Invalid, "parse error"),
        ("err_bad_response_format", ErrorKind::Invalid, "response_format"),
        ("err_bad_role_type", ErrorKind::Invalid, ""),
        ("err_bad_schema", ErrorKind::Invalid, "Unrecognized schema"),
        ("err_context_too_long", ErrorKind::ContextTooLong, "exceeds the available context size"),
        (
            "err_context_too_long_stream",
            ErrorKind::ContextTooLong,
            "exceeds the available context size",
        ),
        ("err_embeddings_on_chat_server", ErrorKind::Invalid, "--embeddings"),
        ("err_missing_messages", ErrorKind::Invalid, "messages"),
        ("err_not_found", ErrorKind::WrongAddress, "File Not Found"),
        ("err_temperature_type", ErrorKind::Invalid, "number"),
    ] {
        for folder in [SMALL, LARGE] {
            check(format!("{folder}/{name}"), kind, said).await;
        }
    }
    for (name, kind, said) in [
        ("err_chat_on_embedding_server", ErrorKind::Invalid, "does not support logits"),
        ("err_missing_input", ErrorKind::Invalid, "must be provided"),
        ("err_too_long", ErrorKind::ContextTooLong, "3002 tokens"),
    ] {
        check(format!("{VECTORS}/{name}"), kind, said).await;
    }
}
