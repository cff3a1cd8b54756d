//! Runs llama-server as a child on loopback: waits until it has loaded, restarts it when it dies, ends it with us.

mod health;

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    leash::{self, Leashed},
    tools,
};

/// Lines of its log that are kept.
const TAIL: usize = 50;
/// Memory for prompts that were computed before, in MiB; llama-server would take 8 GiB.
const CACHE_MIB: u32 = 256;
/// How often a server that loads is asked whether it is ready.
const POLL: Duration = Duration::from_millis(100);
/// A server that served this long has earned its attempts anew.
const STABLE: Duration = Duration::from_mins(1);
/// No wait between two attempts is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long the last lines of a dead server are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Threads that compute, at least 1.
    pub threads: usize,
    /// Requests that are answered side by side, at least 1.
    pub slots: usize,
    /// Tokens of context of each slot.
    pub context_per_slot: usize,
    /// The model's name in answers.
    pub alias: String,
    /// How long loading may take.
    pub patience: Duration,
    /// The wait before the first restart; each further one doubles it, up to 30 s.
    pub backoff: Duration,
    /// Restarts in a row before it is given up.
    pub restarts: u32,
}

impl Default for ServerSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: (cores - 1).max(1),
            slots: 2,
            context_per_slot: 4096,
            alias: "local".to_owned(),
            patience: Duration::from_mins(5),
            backoff: Duration::from_millis(500),
            restarts: 5,
        }
    }
}

/// How the server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It loads the weights.
    Starting {
        /// Seconds since this attempt began.
        seconds: u64,
    },
    /// It answers.
    Ready {
        /// Its OpenAI-compatible interface: `http://127.0.0.1:PORT/v1`, the same after every restart.
        base_url: String,
    },
    /// It died and is begun again after a wait.
    Restarting {
        /// What happened.
        why: String,
        /// The number of the coming attempt since it last served well, from 1.
        attempt: u32,
    },
    /// It died too often. Nothing more is tried.
    Failed {
        /// What happened, with the end of its log.
        why: String,
    },
    /// It was stopped.
    Stopped,
}

/// A running server. It ends when this is dropped, and also when our process dies in whatever way.
#[derive(Debug)]
pub struct LocalServer {
    base_url: String,
    phase: watch::Receiver<Phase>,
    tail: Tail,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl LocalServer {
    /// Starts `program` with these weights and further arguments, on a free port of 127.0.0.1, which it keeps over
    /// restarts. Returns at once; [`LocalServer::state`] tells how it goes on. To be called within a Tokio
    /// runtime. An error means that no port is free.
    pub fn start(
        program: &Path,
        weights: &Path,
        flags: &[String],
        settings: ServerSettings,
    ) -> std::io::Result<Self> {
        let port = free_port()?;
        let (sender, phase) = watch::channel(Phase::Starting { seconds: 0 });
        let (stop, stopped) = oneshot::channel();
        let tail = Tail::default();
        let supervisor = Supervisor {
            program: program.to_owned(),
            arguments: arguments(weights, flags, &settings),
            settings,
            port,
            phase: sender,
            tail: tail.clone(),
            child: None,
        };
        let task = tokio::spawn(supervisor.run(stopped));
        Ok(Self { base_url: base_url(port), phase, tail, stop, task })
    }

    /// Its OpenAI-compatible interface, whether it answers yet or not.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// How it stands, now and from now on.
    pub fn state(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// The last lines of its log, at most 50. llama-server writes no prompts there.
    pub fn log_tail(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(self) {
        let _ended_already = self.stop.send(());
        let _panicked = self.task.await;
    }
}

fn arguments(weights: &Path, flags: &[String], settings: &ServerSettings) -> Vec<String> {
    let (threads, slots) = (settings.threads.max(1), settings.slots.max(1));
    // llama-server divides its context among the slots.
    let context = settings.context_per_slot * slots;
    let mut arguments = vec!["--model".to_owned(), weights.display().to_string()];
    let pairs = [
        ("--host", Ipv4Addr::LOCALHOST.to_string()),
        ("--threads", threads.to_string()),
        ("--parallel", slots.to_string()),
        ("--ctx-size", context.to_string()),
        ("--alias", settings.alias.clone()),
        ("--cache-ram", CACHE_MIB.to_string()),
    ];
    arguments.extend(pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
    // Its list of slots would show prompts to whoever asks.
    arguments.extend(["--offline", "--no-slots"].map(ToOwned::to_owned));
    arguments.extend_from_slice(flags);
    arguments
}

/// The end of a log.
#[derive(Debug, Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == TAIL {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

struct Supervisor {
    program: PathBuf,
    arguments: Vec<String>,
    settings: ServerSettings,
    port: u16,
    phase: watch::Sender<Phase>,
    tail: Tail,
    child: Option<Leashed>,
}

impl Supervisor {
    async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let phase = tokio::select! {
            // Also when the other end is dropped.
            _ = &mut stop => Phase::Stopped,
            why = self.serve() => Phase::Failed { why },
        };
        self.end().await;
        self.phase.send_replace(phase);
    }

    /// Runs it again and again; tells why it was given up.
    async fn serve(&mut self) -> String {
        let mut attempt = 0;
        loop {
            let (why, served) = self.serve_once().await;
            if served >= STABLE {
                attempt = 0;
            }
            if attempt == self.settings.restarts {
                let tail = self.tail.lines().join("\n");
                return format!(
                    "llama-server {why}, {attempt} restarts did not help; its log ends:\n{tail}"
                );
            }
            attempt += 1;
            tracing::warn!(why, attempt, "llama-server is restarted");
            self.phase.send_replace(Phase::Restarting { why, attempt });
            let doubled = self.settings.backoff.saturating_mul(1 << (attempt - 1).min(16));
            sleep(doubled.min(LONGEST_WAIT)).await;
        }
    }

    /// Runs it once, to its death: how that came, and how long it had served.
    async fn serve_once(&mut self) -> (String, Duration) {
        let none = Duration::ZERO;
        self.phase.send_replace(Phase::Starting { seconds: 0 });
        let port = self.port;
        let mut command = leash::command(&self.program);
        command.args(&self.arguments).args(["--port", &port.to_string()]);
        let mut leashed = match leash::spawn(&mut command) {
            Ok(leashed) => leashed,
            Err(error) => return (format!("could not be started: {error}"), none),
        };
        let mut lines = tools::lines(leashed.child.stdout.take(), leashed.child.stderr.take());
        let tail = self.tail.clone();
        let listener = tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                tail.push(line);
            }
        });
        self.child = Some(leashed);
        let ready = self.wait_until_ready(port).await;
        let since = Instant::now();
        let (why, served) = if let Err(why) = ready {
            (why, none)
        } else {
            self.phase.send_replace(Phase::Ready { base_url: base_url(port) });
            let why = self.death().await;
            (why, since.elapsed())
        };
        self.end().await;
        let _late = timeout(LAST_WORDS, listener).await;
        (why, served)
    }

    async fn wait_until_ready(&mut self, port: u16) -> Result<(), String> {
        let since = Instant::now();
        let patience = self.settings.patience;
        let mut ticks = interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                why = self.death() => return Err(why),
                _ = ticks.tick() => {}
            }
            if health::status(port).await == Some(200) {
                return Ok(());
            }
            if since.elapsed() > patience {
                return Err(format!("was not ready after {} s", patience.as_secs()));
            }
            let now = Phase::Starting { seconds: since.elapsed().as_secs() };
            self.phase.send_if_modified(|it| std::mem::replace(it, now.clone()) != now);
        }
    }

    /// Waits until it has died.
    async fn death(&mut self) -> String {
        match &mut self.child {
            Some(leashed) => match leashed.child.wait().await {
                Ok(status) => cause(status.code()),
                Err(error) => format!("was lost: {error}"),
            },
            None => "does not run".to_owned(),
        }
    }

    /// Ends it if it runs, and waits until it is gone.
    async fn end(&mut self) {
        if let Some(leashed) = self.child.take() {
            leashed.end().await;
        }
    }
}

/// Why it ended, by the code of the shell that ran it.
fn cause(code: Option<i32>) -> String {
    match code {
        Some(132) => "was built for another processor (remove it, and it is built anew)".to_owned(),
        Some(code) if code > 128 => format!("was killed by signal {}", code - 128),
        Some(code) => format!("ended with code {code}"),
        None => "was killed".to_owned(),
    }
}

fn base_url(port: u16) -> String {
    format!("http://{}:{port}/v1", Ipv4Addr::LOCALHOST)
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests;
