use std::{env, io::Read as _, process, time::Duration};

use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use super::*;
use crate::testing::script;

/// Long enough for a busy machine; no test waits for it unless it fails.
const LONG: Duration = Duration::from_mins(1);

/// A llama-server that answers `/health` 503 twice, then 200; holds any other connection; dies on `/die`; and dies at
/// once where the weights are called `bad`.
const FAKE: &str = r#"#!/usr/bin/env python3
import os, socket, sys
arguments = dict(zip(sys.argv[1::1], sys.argv[2::1]))
print("loading", arguments["--model"], flush=True)
if arguments["--model"].endswith("bad"):
    print("tensor out of bounds", file=sys.stderr)
    sys.exit(3)
server = socket.create_server((arguments["--host"], int(arguments["--port"])))
asked, held = 0, []
while True:
    stream, _ = server.accept()
    line = stream.recv(4096)
    if line.startswith(b"GET /health"):
        asked += 1
        status = b"200 OK" if asked > 2 else b"503 Loading"
        stream.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        stream.close()
    elif line.startswith(b"GET /die"):
        os._exit(9)
    else:
        held.append(stream)
        stream.sendall(b"held")
"#;

fn settings() -> ServerSettings {
    ServerSettings { backoff: Duration::from_millis(1), restarts: 2, ..ServerSettings::default() }
}

fn fake(weights: &str) -> (LocalServer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "llama-server", FAKE);
    (LocalServer::start(&program, Path::new(weights), &[], settings()).unwrap(), folder)
}

async fn until(state: &mut watch::Receiver<Phase>, wanted: impl FnMut(&Phase) -> bool) -> Phase {
    let phase = timeout(LONG, state.wait_for(wanted)).await.expect("in a minute");
    phase.expect("is supervised").clone()
}

/// The address of a server that is ready.
async fn ready(state: &mut watch::Receiver<Phase>) -> String {
    match until(state, |it| matches!(it, Phase::Ready { .. })).await {
        Phase::Ready { base_url } => {
            base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned()
        }
        other => panic!("{other:?}"),
    }
}

/// A connection that ends when the server does.
async fn hold(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"hold").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    stream
}

async fn is_cut(mut stream: TcpStream) {
    let ended = timeout(LONG, stream.read_u8()).await.expect("the server lives on");
    assert!(ended.is_err());
}

#[tokio::test]
async fn it_waits_until_the_server_is_ready_and_stops_it() {
    let (server, _folder) = fake("good");
    let mut state = server.state();
    assert!(matches!(*state.borrow(), Phase::Starting { seconds: 0 }));
    let held = hold(&ready(&mut state).await).await;
    assert_eq!(server.log_tail(), ["loading good"]);
    server.stop().await;
    is_cut(held).await;
    assert_eq!(*state.borrow(), Phase::Stopped);
}

#[tokio::test]
async fn a_server_that_dies_is_started_again() {
    let (server, _folder) = fake("good");
    let mut state = server.state();
    let first = ready(&mut state).await;
    let mut stream = TcpStream::connect(&first).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /die").await.unwrap();
    let next = until(&mut state, |it| !matches!(it, Phase::Ready { .. })).await;
    if let Phase::Restarting { why, attempt } = next {
        assert_eq!((why.as_str(), attempt), ("ended with code 9", 1));
    }
    hold(&ready(&mut state).await).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_always_dies_is_given_up_with_its_last_words() {
    let (server, _folder) = fake("bad");
    let mut state = server.state();
    match until(&mut state, |it| matches!(it, Phase::Failed { .. })).await {
        Phase::Failed { why } => {
            assert!(why.contains("ended with code 3, 2 restarts did not help"), "{why}");
            assert!(why.ends_with("tensor out of bounds"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let nowhere = Path::new("/nowhere/llama-server");
    let server = LocalServer::start(nowhere, Path::new("weights"), &[], settings()).unwrap();
    match until(&mut server.state(), |it| matches!(it, Phase::Failed { .. })).await {
        Phase::Failed { why } => assert!(why.contains("ended with code 127"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_dropped_server_ends() {
    let (server, _folder) = fake("good");
    let held = hold(&ready(&mut server.state()).await).await;
    drop(server);
    is_cut(held).await;
}

#[tokio::test]
async fn no_orphan_is_left_when_we_are_killed() {
    // This very program again, as a process that starts a server and is then killed without warning.
    let mut parent = process::Command::new(env::current_exe().unwrap())
        .args(["--exact", "supervise::tests::a_process_to_be_killed", "--ignored", "--nocapture"])
        .stdout(process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = parent.stdout.take().unwrap();
    let address = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        let mut byte = [0];
        while !text.ends_with(" is ready") {
            output.read_exact(&mut byte).expect("it says that it is ready");
            text.push(char::from(byte[0]));
        }
        let word = text.trim_end_matches(" is ready").rsplit(['\n', ' ']).next();
        word.expect("an address").to_owned()
    });
    let held = hold(&address.await.unwrap()).await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    is_cut(held).await;
}

#[tokio::test]
#[ignore = "a part of no_orphan_is_left_when_we_are_killed: it waits to be killed"]
async fn a_process_to_be_killed() {
    let (server, _folder) = fake("good");
    println!("{} is ready", ready(&mut server.state()).await);
    std::future::pending::<()>().await;
}

#[test]
fn a_cause_is_told_in_words() {
    let check = |code, expected: &str| assert_eq!(cause(code), expected);
    check(Some(1), "ended with code 1");
    check(Some(137), "was killed by signal 9");
    check(Some(132), "was built for another processor (remove it, and it is built anew)");
    check(None, "was killed");
}

#[test]
fn context_is_the_slots_together() {
    let settings = ServerSettings {
        threads: 0,
        slots: 3,
        context_per_slot: 1000,
        alias: "mine".to_owned(),
        ..ServerSettings::default()
    };
    let line = arguments(Path::new("w.gguf"), &["--jinja".to_owned()], &settings).join(" ");
    assert_eq!(
        line,
        "--model w.gguf --host 127.0.0.1 --threads 1 --parallel 3 --ctx-size 3000 --alias mine --cache-ram 256 --offline --no-slots --jinja"
    );
}

#[test]
fn the_tail_keeps_fifty_lines() {
    let tail = Tail::default();
    (0..60).for_each(|it| tail.push(it.to_string()));
    let lines = tail.lines();
    assert_eq!((lines.len(), lines[0].as_str(), lines[49].as_str()), (50, "10", "59"));
}
