//! What must not get out: one machine's paths, registries' hosts, secrets.

use super::tree::{Finding, Tree};

/// Folders that exist on one machine only. In two halves, so that this file does not hold them.
const PLACES: [(&str, &str); 4] = [("/ho", "me/"), ("/ro", "ot/"), ("/wo", "rk/"), ("/Us", "ers/")];

/// Hosts that a package client is set up with by the machine, and not by us. In two halves.
const HOSTS: [(&str, &str); 10] = [
    ("static.cra", "tes.io"),
    ("index.cra", "tes.io"),
    ("://cra", "tes.io"),
    ("static.rust-", "lang.org"),
    ("registry.np", "mjs.org"),
    ("registry.ya", "rnpkg.com"),
    ("pyp", "i.org"),
    ("pythonho", "sted.org"),
    ("deb.deb", "ian.org"),
    ("security.deb", "ian.org"),
];

/// Beginnings of keys, with how many more letters and digits make one.
const KEYS: [(&str, usize); 7] = [
    ("sk-", 20),
    ("sk_live_", 16),
    ("ghp_", 30),
    ("github_pat_", 30),
    ("AKIA", 16),
    ("xoxb-", 20),
    ("AIza", 30),
];

/// What a private key's first line holds. In two halves.
const PRIVATE_KEY: [(&str, &str); 1] = [("PRIVATE", " KEY--")];

/// No absolute path of a machine and no registry's host stands in a tracked file.
pub(super) fn places(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| *file != "Cargo.lock") {
        for (index, line) in tree.text(file).unwrap_or_default().lines().enumerate() {
            if let Some(place) = whole(&PLACES).find(|place| names_place(line, place)) {
                let message = format!("{place}… is a path of one machine");
                findings.push(Finding::line(file, index, message));
            }
            if let Some(host) = whole(&HOSTS).find(|host| line.contains(host)) {
                let message = format!("{host} is a registry's host: the package client knows it");
                findings.push(Finding::line(file, index, message));
            }
        }
    }
    findings
}

/// Nothing that looks like a key.
pub(super) fn secrets(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        for (index, line) in tree.text(file).unwrap_or_default().lines().enumerate() {
            let private = whole(&PRIVATE_KEY).any(|mark| line.contains(&mark));
            if private || KEYS.iter().any(|(start, more)| holds_key(line, start, *more)) {
                findings.push(Finding::line(file, index, "looks like a secret"));
            }
        }
    }
    findings
}

fn whole(halves: &[(&str, &str)]) -> impl Iterator<Item = String> {
    halves.iter().map(|(one, two)| format!("{one}{two}"))
}

/// Whether the place begins a path here, and is not the middle of one (`a/home/b`, `host.tld/home/`).
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !['/', '.', '-', '_', '}', '~'].contains(&c))
    })
}

fn holds_key(line: &str, start: &str, more: usize) -> bool {
    line.match_indices(start).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let rest = line[at + start.len()..].chars();
        let key = rest.take_while(|c| c.is_ascii_alphanumeric() || ['_', '-'].contains(c));
        let key: Vec<char> = key.collect();
        before.is_none_or(|c| !c.is_ascii_alphanumeric())
            && key.len() >= more
            && key.iter().any(char::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::check;
    use super::*;

    #[test]
    fn path_of_one_machine() {
        let place = whole(&PLACES).next().unwrap();
        let text = format!("fine\nopen {place}someone/x\n[link](site.tld{place}page)\na{place}b\n");
        check(
            places,
            &[("docs/a.md", &text)],
            &[&format!("docs/a.md:2: {place}… is a path of one machine")],
        );
    }

    #[test]
    fn host_of_a_registry() {
        for host in whole(&HOSTS) {
            let (_dir, tree) =
                Tree::of(&[("a.toml", &format!("url = \"x{host}/y\"")), ("Cargo.lock", &host)]);
            let found: Vec<String> = places(&tree).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), 1, "{host}: {found:?}");
            assert!(found[0].starts_with("a.toml:1: "), "{found:?}");
        }
    }

    #[test]
    fn keys() {
        let key = format!("sk-{}", "a1".repeat(12));
        let private: String = whole(&PRIVATE_KEY).collect();
        check(
            secrets,
            &[("a.rs", &format!("let a = \"{key}\";")), ("b.pem", &private), ("c.md", "a risk-1")],
            &["a.rs:1: looks like a secret", "b.pem:1: looks like a secret"],
        );
        check(
            secrets,
            &[("a.md", &format!("the ri{key}")), ("b.css", ".sk-aaaaaaaaaaaaaaaaaaaaaa")],
            &[],
        );
    }
}
