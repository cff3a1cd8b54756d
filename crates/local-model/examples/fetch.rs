//! Fetches a model and the server into a folder, as the product does: `cargo run --example fetch -- FOLDER KEY`.

#![expect(clippy::print_stdout, reason = "an example talks to its terminal")]

use std::{env, process::ExitCode, sync::Mutex};

use rookery_local_model::{Cache, Progress, Sources};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [folder, key] = arguments.as_slice() else {
        println!("usage: fetch FOLDER KEY");
        return ExitCode::from(2);
    };
    let last = Mutex::new(String::new());
    let report = |it: Progress| {
        let line = match it {
            Progress::Bytes { file, done, total } => format!("{file}: {} %", done * 100 / total),
            Progress::Step(line) => line,
        };
        let changed =
            last.lock().is_ok_and(|mut it| std::mem::replace(&mut *it, line.clone()) != line);
        if changed {
            println!("{line}");
        }
    };
    let cache = Cache::new(folder);
    match cache.pull(key, Sources::All, &report).await {
        Ok(path) => println!("weights: {}", path.display()),
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    }
    match cache.server(None, Sources::All, &report).await {
        Ok(server) => println!("server: {server:?}"),
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
