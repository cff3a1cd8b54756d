//! Many pages at once over a real port: no page may hang, whatever the number of threads.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::support::Site;

const PATHS: [&str; 9] = [
    "/",
    "/scenarios",
    "/scenarios?q=my",
    "/scenarios?domain=health",
    "/about",
    "/chat",
    "/methods",
    "/help-lines",
    "/nowhere",
];
const REQUESTS: usize = 200;
/// Far above what a page takes: a page that hangs never ends.
const PATIENCE: Duration = Duration::from_mins(1);

fn hammer(threads: usize) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.expect("threads").block_on(async {
        let site = Site::new().await;
        let compare = format!("/compare/{}", site.scenario().await);
        let paths: Vec<String> = PATHS.iter().map(|it| (*it).to_owned()).chain([compare]).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = site.app.clone();
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let mut requests = JoinSet::new();
        for number in 0..REQUESTS {
            let path = paths[number % paths.len()].clone();
            requests.spawn(async move {
                let mut stream = TcpStream::connect(address).await.expect("a connection");
                let request =
                    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
                stream.write_all(request.as_bytes()).await.expect("sent");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.expect("text");
                assert!(answer.contains("</html>"), "{path}: {answer}");
            });
        }
        let all = async {
            while let Some(it) = requests.join_next().await {
                it.expect("a whole page");
            }
        };
        tokio::time::timeout(PATIENCE, all).await.expect("every page ends");
        server.abort();
    });
}

#[test]
fn two_threads() {
    hammer(2);
}

#[test]
fn three_threads() {
    hammer(3);
}

#[test]
fn four_threads() {
    hammer(4);
}
