//! The programs that are called for: where they are, and what they wrote when they failed.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::Command,
    sync::mpsc,
};

use crate::leash;

/// Lines kept of what a program wrote.
const TAIL: usize = 30;

/// Finds programs on a search path.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    path: OsString,
}

/// How a program ended.
pub(crate) struct Outcome {
    pub(crate) succeeded: bool,
    /// The end of its output and complaints, in the order they came.
    pub(crate) tail: String,
}

impl Tools {
    /// Looks on the given path, or on that of this process.
    pub(crate) fn new(path: Option<&OsStr>) -> Self {
        Self { path: path.map_or_else(|| env::var_os("PATH").unwrap_or_default(), OsStr::to_owned) }
    }

    /// The first file of that name.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|it| it.join(name)).find(|it| it.is_file())
    }

    /// A command for the program of that name, which sees the same path and ends with us, and all that it starts too.
    pub(crate) fn command(&self, name: &str) -> Option<Command> {
        Some(self.command_at(&self.find(name)?))
    }

    /// A command for a program at a known place.
    pub(crate) fn command_at(&self, program: &Path) -> Command {
        let mut command = leash::command(program);
        command.env("PATH", &self.path);
        command
    }
}

/// Runs it to its end and hands each line to `on_line`.
pub(crate) async fn run(
    mut command: Command,
    on_line: &(dyn Fn(&str) + Send + Sync),
) -> std::io::Result<Outcome> {
    let mut leashed = leash::spawn(&mut command)?;
    let mut lines = lines(leashed.child.stdout.take(), leashed.child.stderr.take());
    let mut tail = std::collections::VecDeque::new();
    while let Some(line) = lines.recv().await {
        on_line(&line);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    let status = leashed.child.wait().await?;
    Ok(Outcome { succeeded: status.success(), tail: Vec::from(tail).join("\n") })
}

/// The lines of both streams as they come, until both have ended.
pub(crate) fn lines(
    stdout: Option<impl AsyncRead + Unpin + Send + 'static>,
    stderr: Option<impl AsyncRead + Unpin + Send + 'static>,
) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(64);
    if let Some(stream) = stdout {
        tokio::spawn(forward(stream, sender.clone()));
    }
    if let Some(stream) = stderr {
        tokio::spawn(forward(stream, sender));
    }
    receiver
}

async fn forward(stream: impl AsyncRead + Unpin, sender: mpsc::Sender<String>) {
    let mut pieces = BufReader::new(stream).split(b'\n');
    while let Ok(Some(piece)) = pieces.next_segment().await {
        if sender.send(String::from_utf8_lossy(&piece).trim_end().to_owned()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read as _, time::Duration};

    use super::*;
    use crate::testing::script;

    #[tokio::test]
    async fn it_tells_how_a_program_ended() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "tool", "#!/bin/sh\necho out; echo err >&2; exit $1\n");
        let tools = Tools::new(Some(folder.path().as_os_str()));
        assert!(tools.command("other").is_none());
        for (code, succeeded) in [("0", true), ("1", false)] {
            let mut command = tools.command("tool").unwrap();
            command.arg(code);
            let outcome = run(command, &|_| {}).await.unwrap();
            assert_eq!(outcome.succeeded, succeeded);
            assert!(outcome.tail.contains("out") && outcome.tail.contains("err"));
        }
    }

    #[tokio::test]
    async fn a_run_that_is_dropped_leaves_no_grandchild() {
        let folder = tempfile::tempdir().unwrap();
        // Each of the three holds the pipe's other end, which reads as ended when all are gone.
        let text = "#!/bin/sh\nmkfifo pipe; echo made\n(tail -f /dev/null; true) > pipe\n";
        script(folder.path(), "tool", text);
        let mut command = Tools::new(None).command_at(&folder.path().join("tool"));
        command.current_dir(folder.path());
        let (sender, mut made) = mpsc::channel(1);
        let running = tokio::spawn(async move {
            run(command, &move |line| sender.try_send(line.to_owned()).unwrap()).await
        });
        assert_eq!(made.recv().await.as_deref(), Some("made"));
        let mut pipe = fs::File::open(folder.path().join("pipe")).unwrap();
        running.abort();
        assert!(running.await.is_err());
        let reading = tokio::task::spawn_blocking(move || pipe.read(&mut [0]));
        let read = tokio::time::timeout(Duration::from_mins(1), reading).await;
        assert_eq!(read.expect("all have ended").unwrap().unwrap(), 0);
    }
}
