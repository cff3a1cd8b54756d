//! One spelling for what can be written in a hundred ways.
//!
//! The result is lower-case words between single spaces, cut into sentences. ` | ` stands at both ends of a sentence and
//! ` , ` between its clauses, so that rules need no look-around. Contractions are written out (`i do not`), text-speak
//! and common misspellings are spelt, letters that are spaced out, repeated, swapped for digits or borrowed from another
//! alphabet are put right. Nothing here is shown to anybody.

mod letters;
mod words;

use std::fmt::Write as _;

use super::rules::Spelling;

/// How much of a message is read, in characters. What is longer is read from both ends.
const LONGEST: usize = 24_000;

/// A quotation longer than this, in bytes, is taken for a stray mark.
const LONGEST_QUOTE: usize = 400;

/// The sentences of a text. With `unquoted`, what stands in quotation marks is left out.
pub(super) fn sentences(text: &str, spelling: &Spelling, unquoted: bool) -> Vec<String> {
    let folded = letters::fold(&unwrapped(&shortened(text)));
    let folded = if unquoted { without_quotes(&folded) } else { folded };
    let mut sentences = Vec::new();
    for raw in folded.split(is_stop) {
        let mut sentence = String::with_capacity(raw.len() + 16);
        sentence.push_str(" |");
        for (at, clause) in raw.split(is_pause).enumerate() {
            if at > 0 {
                sentence.push_str(" ,");
            }
            let spelt = words::spelt(clause, spelling);
            if !spelt.is_empty() {
                let _ = write!(sentence, " {spelt}");
            }
        }
        if sentence.len() > 2 {
            sentence.push_str(" | ");
            sentences.push(spelling.phrases(sentence));
        }
    }
    sentences
}

fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let half = LONGEST / 2;
    let start = text.chars().take(half);
    start.chain(std::iter::once('\n')).chain(text.chars().skip(count - half)).collect()
}

/// A line that ends within a sentence, as wrapped text does, ends no sentence: the next one begins with a small letter.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.lines().enumerate() {
        let goes_on = out.ends_with(char::is_alphanumeric) && line.starts_with(char::is_lowercase);
        if at > 0 {
            out.push(if goes_on { ' ' } else { '\n' });
        }
        out.push_str(line);
    }
    out
}

/// Ends a sentence. A dot within a word was taken care of before.
fn is_stop(it: char) -> bool {
    matches!(
        it,
        '.' | '!'
            | '?'
            | '\n'
            | '\r'
            | ';'
            | '…'
            | '。'
            | '！'
            | '？'
            | '؟'
            | '।'
            | '¿'
            | '¡'
            | '|'
    )
}

fn is_pause(it: char) -> bool {
    matches!(it, ',' | ':' | '(' | ')' | '–' | '—' | '،' | '、' | '，')
}

/// Cuts out what stands between double quotation marks, or between single ones that are no apostrophes.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let opens = |before: Option<char>| before.is_none_or(|it| !it.is_alphanumeric());
    while let Some(at) = rest.find(['"', '\'']) {
        let mark = if rest[at..].starts_with('"') { '"' } else { '\'' };
        let before = rest[..at].chars().next_back().or_else(|| out.chars().next_back());
        let inner = &rest[at + 1..];
        let end = inner.char_indices().take_while(|it| it.0 < LONGEST_QUOTE).find(|(here, it)| {
            *it == mark && (mark == '"' || opens(inner[here + 1..].chars().next()))
        });
        out.push_str(&rest[..at]);
        match end {
            Some((end, _)) if mark == '"' || opens(before) => {
                out.push_str(" ~ ");
                rest = &inner[end + 1..];
            }
            _ => {
                out.push(mark);
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}
