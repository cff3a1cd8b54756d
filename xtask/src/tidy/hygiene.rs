//! What a file must not be: too long, too big, unfinished.

use super::tree::{Finding, Tree};

const MOST_LINES: usize = 600;
const MOST_BYTES: u64 = 1_000_000;
const SOURCES: [&str; 3] = ["rs", "css", "ts"];
const CODE: [&str; 9] = ["rs", "css", "ts", "mjs", "js", "html", "sql", "toml", "sh"];

/// The rules' own files name what they forbid.
const OURSELVES: &str = "xtask/src/tidy/";

/// Source files stay short enough to be read.
pub(super) fn long_files(tree: &Tree) -> Vec<Finding> {
    tree.of_kind(&SOURCES)
        .filter_map(|file| {
            let lines = tree.text(file)?.lines().count();
            (lines > MOST_LINES).then(|| {
                Finding::file(file, format!("has {lines} lines; {MOST_LINES} is the most"))
            })
        })
        .collect()
}

/// Nothing big is tracked.
pub(super) fn big_files(tree: &Tree) -> Vec<Finding> {
    tree.files()
        .iter()
        .filter_map(|file| {
            let bytes = tree.size(file);
            (bytes >= MOST_BYTES)
                .then(|| Finding::file(file, format!("has {bytes} bytes; keep it under 1 MB")))
        })
        .collect()
}

/// An exception to a lint says why, and goes when its reason has gone.
pub(super) fn bare_allow(tree: &Tree) -> Vec<Finding> {
    lines_with(tree, &["rs"], |line| {
        (line.contains("#[allow(") || line.contains("#![allow("))
            .then(|| "write #[expect(lint, reason = \"…\")] instead of an allow".to_owned())
    })
}

/// Nothing is left for later in the code.
pub(super) fn unfinished(tree: &Tree) -> Vec<Finding> {
    const MARKS: [&str; 4] = ["TODO", "FIXME", "todo!(", "unimplemented!("];
    lines_with(tree, &CODE, |line| {
        let mark = MARKS.iter().find(|mark| line.contains(*mark))?;
        Some(format!("{} marks unfinished work: do it, or file it", mark.trim_end_matches('(')))
    })
}

fn lines_with(tree: &Tree, kinds: &[&str], find: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.of_kind(kinds).filter(|file| !file.starts_with(OURSELVES)) {
        for (index, line) in tree.text(file).unwrap_or_default().lines().enumerate() {
            findings.extend(find(line).map(|message| Finding::line(file, index, message)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::check;
    use super::*;

    #[test]
    fn long_source() {
        let (long, fits) = ("x\n".repeat(601), "x\n".repeat(600));
        check(
            long_files,
            &[("a.rs", &long), ("b.css", &fits), ("c.toml", &long)],
            &["a.rs: has 601 lines; 600 is the most"],
        );
    }

    #[test]
    fn big_file() {
        let big = "x".repeat(1_000_000);
        check(
            big_files,
            &[("a.bin", &big), ("b.bin", "x")],
            &["a.bin: has 1000000 bytes; keep it under 1 MB"],
        );
    }

    #[test]
    fn allow_without_a_reason() {
        check(
            bare_allow,
            &[
                ("a.rs", "fn a() {}\n#[allow(dead_code)]\n"),
                ("b.rs", "#[expect(x, reason = \"\")]"),
            ],
            &["a.rs:2: write #[expect(lint, reason = \"…\")] instead of an allow"],
        );
        check(
            bare_allow,
            &[("a.rs", "#![allow(missing_docs)]")],
            &["a.rs:1: write #[expect(lint, reason = \"…\")] instead of an allow"],
        );
    }

    #[test]
    fn unfinished_work() {
        check(
            unfinished,
            &[("a.rs", "// TODO: x\nfn a() { todo!() }"), ("b.md", "TODO"), ("c.css", "/* ok */")],
            &[
                "a.rs:1: TODO marks unfinished work: do it, or file it",
                "a.rs:2: todo! marks unfinished work: do it, or file it",
            ],
        );
    }
}
