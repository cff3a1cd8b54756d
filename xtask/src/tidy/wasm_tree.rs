//! What the browser must not be given: the server's crates.

use anyhow::Result;

use super::tree::Finding;
use crate::inputs;
use crate::paths::Paths;

const SERVER_ONLY: [&str; 9] = [
    "axum",
    "candle-core",
    "hyper",
    "libsqlite3-sys",
    "reqwest",
    "rookery-store",
    "rusqlite",
    "sqlx",
    "tokio",
];

/// The browser's tree holds no crate of the server.
pub(super) fn check(paths: &Paths) -> Result<Vec<Finding>> {
    Ok(find(&inputs::wasm_tree(paths)?))
}

fn find(tree: &str) -> Vec<Finding> {
    let mut names: Vec<&str> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| SERVER_ONLY.contains(name))
        .map(|name| {
            let ask = "cargo tree --manifest-path frontend/Cargo.toml \
                       --target wasm32-unknown-unknown -i";
            Finding::file(
                "frontend/Cargo.toml",
                format!("{name} reaches the browser: `{ask} {name}`"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn crate_of_the_server_in_the_browser() {
        assert!(
            find("rookery-frontend v0.1.0 (/co)\nleptos v0.8.23\ntokio-util v0.7.0\n").is_empty()
        );
        let found = find("leptos v0.8.23\ntokio v1.0.0\ntokio v1.0.0 (*)\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("tokio reaches the browser"));
    }
}
