//! What it costs to browse: `cargo xtask bench explore [-- --scenarios N]`.
//!
//! Load data of N scenarios (14,000, with 12 answers each) is imported into a database of its own, the shipped program serves it, and one
//! client asks for pages one after another. CPU time is the server's own, from the kernel; so it holds on a
//! busy machine, where the times of day do not. Everything is on loopback and ends by itself.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use support::{Served, argument, load_database, millis, rookery, timed};

fn main() {
    let scenarios = argument("--scenarios").unwrap_or(14_000);
    let folder = tempfile::tempdir().expect("a folder");
    let database = load_database(folder.path(), scenarios);
    move_over(&database, folder.path());
    let started = Instant::now();
    let site = Served::start(&database, None);
    println!("start to ready                     {:>9.0} ms", millis(started.elapsed()));
    println!("resident after start               {:>9.1} MB", site.resident_mb());

    // The first search for the commonest word finds no earlier one in memory.
    let first = Instant::now();
    site.get("/api/v1/scenarios?q=the");
    println!("commonest word, cold               {:>9.1} ms", millis(first.elapsed()));

    let ids = site.ids();
    let words = ["the", "job", "family", "bacorden", "my how", "el*", "not", "inbaba cor"];
    let labels =
        ["domain=career", "severity=sensitive", "a.gender=Female", "domain=life&a.gender=Male"];
    println!("\n{:<34} {:>9} {:>9} {:>9}", "page or query", "CPU ms", "p50 ms", "p95 ms");
    site.measure("list page", |it| {
        let (word, label) = (words[it % words.len()], labels[it % labels.len()]);
        if it % 2 == 0 {
            format!("/scenarios?{label}")
        } else {
            format!("/scenarios?q={}", word.replace(' ', "+"))
        }
    });
    site.measure("first list page", |_| "/scenarios".to_owned());
    site.measure("scenario page", |it| format!("/scenarios/{}", ids[it % ids.len()]));
    site.measure("scenario page within a filter", |it| {
        format!("/scenarios/{}?{}", ids[it % ids.len()], labels[it % labels.len()])
    });
    site.measure("start page", |_| "/".to_owned());
    site.measure("search, words seen before", |it| {
        format!("/api/v1/scenarios?q={}", words[it % words.len()].replace(' ', "+"))
    });
    // Every query is new, so none is answered from memory.
    site.measure("search, words never seen", |it| format!("/api/v1/scenarios?q=the+{it}"));
    site.measure("search, rare words never seen", |it| format!("/api/v1/scenarios?q=ba{it}"));
    site.measure("facets", |it| format!("/api/v1/facets?{}", labels[it % labels.len()]));
    println!("\nresident after all of it           {:>9.1} MB", site.resident_mb());
    let idle = site.idle_cpu(Duration::from_secs(2));
    println!("CPU in two idle seconds            {:>9.1} ms", millis(idle));
}

/// Exports a database, imports the export into another one, twice, and prints the rates.
fn move_over(made: &Path, folder: &Path) {
    let (lines, copy) = (folder.join("lines.jsonl"), folder.join("copy.db"));
    timed("export", rookery().arg("export").arg("--output").arg(&lines).arg("--db").arg(made));
    timed("import", rookery().args(["import", "--json"]).arg(&lines).arg("--db").arg(&copy));
    timed("import again", rookery().args(["import", "--json"]).arg(&lines).arg("--db").arg(&copy));
}
