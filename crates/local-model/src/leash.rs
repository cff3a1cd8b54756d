//! Children that cannot outlive us.
//!
//! A shell stands between: it starts the program and reads from a pipe whose other end only we hold. However we end,
//! by `kill -9` too, the system closes our end; the shell's read returns, and it kills its process group: the program
//! and all that it started. What runs so keeps nothing that a kill would harm.

use std::{io, path::Path, process::Stdio};

use tokio::process::{Child, ChildStdin, Command};

const SCRIPT: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -9 0; } >/dev/null 2>&1 &
watch=$!
wait "$program"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"#;

/// A child, and our end of the pipe: the child ends when this is dropped.
pub(crate) struct Leashed {
    pub(crate) child: Child,
    leash: ChildStdin,
}

impl Leashed {
    /// Ends it if it still runs, and waits until it is gone.
    pub(crate) async fn end(self) {
        let Self { mut child, leash } = self;
        drop(leash);
        let _gone = child.wait().await;
    }
}

/// A command for that program, to be given arguments and started with [`spawn`].
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "leash"]).arg(program);
    command
}

/// Starts it, in a process group of its own: a Ctrl-C at the terminal reaches us alone, and we can end in good order.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Leashed> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.process_group(0).spawn()?;
    // Tokio closes a pipe that the child still has when it waits for it: so it is kept apart.
    let leash = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Leashed { child, leash })
}
