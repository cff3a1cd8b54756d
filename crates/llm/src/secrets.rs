//! Makes what others said fit to be shown: one line, short, without a secret.

use secrecy::{ExposeSecret, SecretString};

use crate::ProviderConfig;

const MAX_CHARS: usize = 300;
const HIDDEN: &str = "…";

/// The text as one line of at most 300 characters. The provider's key and header values are hidden, and so is
/// every word that looks like a key, as in “Incorrect API key provided: sk-ab***yz”.
pub(crate) fn presentable(text: &str, provider: &ProviderConfig) -> String {
    let mut text = text.to_owned();
    let secrets = provider.key.iter().chain(provider.headers.values());
    for secret in secrets.map(SecretString::expose_secret).filter(|it| it.len() >= 4) {
        text = text.replace(secret, HIDDEN);
    }
    let words = text.split(|it: char| it.is_whitespace() || it.is_control());
    let mut line = String::new();
    for word in words.filter(|it| !it.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        let is_key =
            word.trim_start_matches(|it: char| !it.is_ascii_alphanumeric()).starts_with("sk-");
        line.push_str(if is_key { HIDDEN } else { word });
    }
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}{HIDDEN}", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut provider = ProviderConfig::new("p", "http://127.0.0.1/v1");
        provider.key = Some("hunter2hunter2".into());
        provider.headers.insert("x-team".to_owned(), "team-secret".into());
        assert_eq!(presentable(text, &provider), expected);
    }

    #[test]
    fn what_others_say_is_one_short_line_without_secrets() {
        check("fine", "fine");
        check("ask-later (“sk-abc”)", "ask-later …");
        check(" two\r\n lines\t\u{7} ", "two lines");
        check("key hunter2hunter2, team-secret.", "key …, ….");
        check("Incorrect API key provided: sk-ab***yz.", "Incorrect API key provided: …");
        check(&"é".repeat(301), &format!("{}…", "é".repeat(300)));
        check("", "");
    }
}
