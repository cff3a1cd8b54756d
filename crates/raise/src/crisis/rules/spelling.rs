//! What words are spelt as.

use std::collections::{BTreeMap, HashMap, HashSet};

use regex::Regex;
use serde::Deserialize;

/// The spelling part of `data/crisis`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    #[serde(rename = "words")]
    whole: BTreeMap<String, String>,
    phrases: Vec<(String, String)>,
    doubled: Vec<String>,
    hidden: Vec<String>,
    near: Vec<String>,
    censored: Vec<String>,
}

/// What words are spelt as.
pub(crate) struct Spelling {
    words: HashMap<String, String>,
    phrases: Vec<(Regex, String)>,
    doubled: HashSet<String>,
    hidden: HashSet<String>,
    near: Vec<String>,
    censored: Vec<String>,
}

impl Spelling {
    pub(super) fn of(it: Words) -> Self {
        let phrase = |(from, to): (String, String)| {
            let from = Regex::new(&format!(" (?:{from}) ")).expect("a tested file of our own");
            (from, format!(" {to} "))
        };
        Self {
            words: it.whole.into_iter().collect(),
            phrases: it.phrases.into_iter().map(phrase).collect(),
            doubled: it.doubled.into_iter().collect(),
            hidden: it.hidden.into_iter().collect(),
            near: it.near,
            censored: it.censored,
        }
    }

    /// What a whole word is short or wrong for.
    pub(crate) fn word(&self, word: &str) -> Option<&str> {
        self.words.get(word).map(String::as_str)
    }

    /// The sentence with phrases of several words put right.
    pub(crate) fn phrases(&self, sentence: String) -> String {
        self.phrases.iter().fold(sentence, |it, (from, to)| {
            if from.is_match(&it) { from.replace_all(&it, to.as_str()).into_owned() } else { it }
        })
    }

    /// Whether a word has two of the letter that was repeated.
    pub(crate) fn doubles(&self, word: &str) -> bool {
        self.doubled.contains(word)
    }

    /// Whether a word may be part of letters that are written without spaces.
    pub(crate) fn hides(&self, word: &str) -> bool {
        self.hidden.contains(word)
    }

    /// The word that some letters were blotted out of.
    pub(crate) fn uncensored(&self, token: &str) -> Option<&str> {
        let is = |word: &&String| {
            word.len() == token.len()
                && word.bytes().zip(token.bytes()).all(|(a, b)| a == b || matches!(b, b'*' | b'#'))
        };
        self.censored.iter().find(is).map(String::as_str)
    }

    /// The word that this one is one slip away from.
    pub(crate) fn near(&self, word: &str) -> Option<&str> {
        if !(5..=12).contains(&word.len()) || self.near.iter().any(|it| it == word) {
            return None;
        }
        let near = |it: &&String| one_slip(word.as_bytes(), it.as_bytes());
        self.near.iter().find(near).map(String::as_str)
    }
}

/// Whether one letter was left out, put in, swapped for another, or two neighbours changed places; never the first.
fn one_slip(a: &[u8], b: &[u8]) -> bool {
    if a.first() != b.first() || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(b).take_while(|it| it.0 == it.1).count();
    let (a, b) = (&a[start..], &b[start..]);
    let swapped = a.len() > 1 && b.len() > 1 && a[..2] == [b[1], b[0]] && a[2..] == b[2..];
    match (a, b) {
        ([], _) | (_, []) => true,
        _ if swapped => true,
        _ if a.len() == b.len() => a[1..] == b[1..],
        _ if a.len() > b.len() => a[1..] == *b,
        _ => *a == b[1..],
    }
}
