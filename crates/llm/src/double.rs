//! A scripted server on loopback that plays the part of a model server, for tests and benches.
//!
//! ```
//! # use rookery_llm::{ChatRequest, Config, Message, ModelConfig, Models};
//! # use rookery_llm::double::{Double, Script};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let server = Double::answering(|seen| Script::reply(seen, &seen.last_message())).await;
//! let models = Models::new(server.config()).expect("a double's configuration is sound");
//! let reply = models.list()[0].chat(ChatRequest::new(vec![Message::user("hi")])).await;
//! assert_eq!(reply.map(|it| it.text).as_deref(), Ok("hi"));
//! assert_eq!(server.requests().len(), 1);
//! # }
//! ```

mod script;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::{Config, ModelConfig, ProviderConfig};
pub use script::{Gate, Script};
pub use wire::Seen;

/// The server. Dropping it closes every connection.
#[derive(Debug)]
pub struct Double {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

type Answer = Box<dyn FnMut(&Seen) -> Script + Send>;

struct Shared {
    answer: Mutex<Answer>,
    seen: watch::Sender<Vec<Seen>>,
    hung_up: watch::Sender<usize>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Double {
    /// Answers every request as this function decides.
    ///
    /// # Panics
    /// If no port of the loopback address is free.
    pub async fn answering(answer: impl FnMut(&Seen) -> Script + Send + 'static) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(Box::new(answer)),
            seen: watch::Sender::default(),
            hung_up: watch::Sender::default(),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Plays these scripts, one a request; the last one again and again.
    ///
    /// # Panics
    /// If there is no script, or no port of the loopback address is free.
    pub async fn playing(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Vec<_> = scripts.into_iter().collect();
        assert!(!scripts.is_empty(), "a double needs a script");
        let mut next = 0;
        Self::answering(move |_| {
            let script = scripts[next.min(scripts.len() - 1)].clone();
            next += 1;
            script
        })
        .await
    }

    /// Answers every request with this text, streamed or not as it was asked.
    pub async fn saying(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::answering(move |seen| Script::reply(seen, &text)).await
    }

    /// Its address, as a provider's `base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The provider “double”, which gives up within seconds and waits no longer than a millisecond between
    /// tries.
    pub fn provider(&self) -> ProviderConfig {
        let mut provider = ProviderConfig::new("double", self.base_url());
        provider.connect_timeout = Duration::from_secs(5);
        provider.idle_timeout = Duration::from_secs(20);
        provider.reply_timeout = Duration::from_secs(20);
        provider.longest_wait = Duration::from_millis(1);
        provider
    }

    /// [`provider`](Self::provider) with the model “double”.
    pub fn config(&self) -> Config {
        let model = ModelConfig::new("double", "double", "double-model");
        Config { providers: vec![self.provider()], models: vec![model] }
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen.borrow().clone()
    }

    /// Waits until there have been so many requests.
    pub async fn requested(&self, count: usize) {
        let mut seen = self.shared.seen.subscribe();
        // The sender lives in `self`.
        let _ = seen.wait_for(|it| it.len() >= count).await;
    }

    /// Waits until clients have hung up so often while a script was still playing.
    pub async fn hung_up(&self, count: usize) {
        let mut hung_up = self.shared.hung_up.subscribe();
        // The sender lives in `self`.
        let _ = hung_up.wait_for(|it| *it >= count).await;
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // An error here is a client that went away.
        let shared = Arc::clone(&shared);
        connections.spawn(async move { converse(stream, &shared).await.is_ok() });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers the requests of one connection, one after another.
async fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(seen) = wire::read_request(&mut stream, &mut buffer).await? {
        let script = {
            let mut answer = shared.answer.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&seen)
        };
        let is_last = script.closes || seen.header("connection") == Some("close");
        shared.seen.send_modify(|it| it.push(seen));
        if let Err(error) = wire::play(&mut stream, &script).await {
            if error.kind() != io::ErrorKind::ConnectionAborted {
                shared.hung_up.send_modify(|it| *it += 1);
            }
            return Err(error);
        }
        if is_last {
            break;
        }
    }
    Ok(())
}
