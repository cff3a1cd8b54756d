//! Numbered steps, elapsed time, and a sign of life during long work.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Numbers the steps of one piece of work.
pub(crate) struct Steps {
    total: usize,
    next: usize,
    quiet: bool,
}

impl Steps {
    /// Starts counting. With `quiet`, a step that finds its work done says nothing.
    pub(crate) fn new(total: usize, quiet: bool) -> Self {
        Self { total, next: 1, quiet }
    }

    /// Begins the next step.
    pub(crate) fn begin(&mut self, name: impl Into<String>) -> Step {
        let label = format!("[{}/{}] {}", self.next, self.total, name.into());
        self.next += 1;
        Step { label, quiet: self.quiet, since: Instant::now(), drawn: false }
    }
}

/// One step that is under way.
pub(crate) struct Step {
    label: String,
    quiet: bool,
    since: Instant,
    drawn: bool,
}

impl Step {
    /// Says that there was nothing to do.
    pub(crate) fn found(self, what: &str) {
        if !self.quiet {
            println!("{} … here already ({what})", self.label);
        }
    }

    /// Says what is being done, and about how long it takes.
    pub(crate) fn working(&mut self, what: &str) {
        self.wipe();
        println!("{} … {what}", self.label);
    }

    /// Shows that work goes on: a line that is drawn over on a terminal, a line every half minute
    /// elsewhere.
    pub(crate) fn tick(&mut self, what: &str, ticks: u32) {
        let elapsed = spell(self.since.elapsed());
        if std::io::stdout().is_terminal() {
            print!("\r\x1b[2K      {elapsed}  {what}");
            let _ = std::io::stdout().flush();
            self.drawn = true;
        } else if ticks.is_multiple_of(30) {
            println!("      {elapsed}  {what}");
        }
    }

    /// Says that the work is done, and how long it took.
    pub(crate) fn done(mut self) {
        self.wipe();
        println!("      done in {}", spell(self.since.elapsed()));
    }

    fn wipe(&mut self) {
        if self.drawn {
            print!("\r\x1b[2K");
            self.drawn = false;
        }
    }
}

/// A duration as a person would say it: `0.4 s`, `12 s`, `3m05s`, `1h02m`.
pub(crate) fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled() {
        for (millis, expected) in
            [(420, "0.4 s"), (12_900, "12 s"), (185_000, "3m05s"), (3_720_000, "1h02m")]
        {
            assert_eq!(spell(Duration::from_millis(millis)), expected);
        }
    }
}
