//! A model server that says when each of its tokens was sent.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, OnceLock,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

/// What is written, token after token. All are as long, so a number of bytes tells how many there are.
const TOKENS: [&str; 8] = ["with ", "your ", "mind ", "rest ", "talk ", "safe ", "plan ", "help "];
/// Bytes of a token.
pub(crate) const TOKEN_BYTES: usize = 5;
/// The longest that the site may take to ask.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

/// When each token of an answer was sent.
pub(crate) struct Sent(Vec<OnceLock<Instant>>);

impl Sent {
    pub(crate) fn new(tokens: usize) -> Arc<Self> {
        Arc::new(Self((0..tokens).map(|_| OnceLock::new()).collect()))
    }

    pub(crate) fn tokens(&self) -> usize {
        self.0.len()
    }

    /// How long ago this token was sent.
    pub(crate) fn since(&self, token: usize) -> Duration {
        self.0[token].get().expect("nobody receives what was not sent").elapsed()
    }
}

/// An answer to give.
pub(crate) struct Answer {
    /// As many tokens as it has places.
    pub(crate) sent: Arc<Sent>,
    /// From one token to the next; zero is as fast as they are taken.
    pub(crate) pace: Duration,
}

/// A request that waits for its answer. It has the head of the response already.
pub(crate) struct Asked(Sender<Answer>);

impl Asked {
    pub(crate) fn answer(&self, sent: &Arc<Sent>, pace: Duration) {
        let _ = self.0.send(Answer { sent: Arc::clone(sent), pace });
    }
}

/// The server. It ends with the process.
pub(crate) struct Stub {
    /// As `http://127.0.0.1:1234/v1`.
    pub(crate) base_url: String,
    asked: Receiver<Asked>,
}

impl Stub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tell = tell.clone();
                // An error here is a client that went away; the figures show what it missed.
                thread::spawn(move || converse(stream, &tell).is_ok());
            }
        });
        Self { base_url: format!("http://{address}/v1"), asked }
    }

    /// The next request.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.recv_timeout(ASKED_WITHIN).expect("the model is asked")
    }
}

/// Answers the one request of a connection.
fn converse(stream: TcpStream, tell: &Sender<Asked>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    read_request(&mut reader)?;
    let mut stream = stream;
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\
          Connection: close\r\n\r\n",
    )?;
    let (answer, awaited) = mpsc::channel();
    if tell.send(Asked(answer)).is_err() {
        return Ok(());
    }
    let Ok(Answer { sent, pace }) = awaited.recv() else { return Ok(()) };
    let chunks = TOKENS
        .map(|it| event(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{it}"}}}}]}}"#)));
    let mut due = Instant::now();
    for (chunk, at) in chunks.iter().cycle().zip(&sent.0) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pace;
        let _ = at.set(Instant::now());
        stream.write_all(chunk)?;
    }
    let usage = format!(
        r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":100,"completion_tokens":{}}}}}"#,
        sent.tokens()
    );
    stream.write_all(&event(&usage))?;
    stream.write_all(&event("[DONE]"))?;
    stream.write_all(b"0\r\n\r\n")
}

/// Reads a request, head and body.
fn read_request(reader: &mut impl BufRead) -> io::Result<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(())
}

/// An event in a chunk of its own.
fn event(data: &str) -> Vec<u8> {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}
