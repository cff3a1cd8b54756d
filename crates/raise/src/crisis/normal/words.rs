//! Words: spaced-out, repeated, swapped and missing letters, contractions, text-speak, misspellings.

use super::super::rules::Spelling;

/// Fewer single letters in a row than this are words of their own.
const RUN: usize = 3;

/// A run of letters longer than this is no hidden phrase.
const LONGEST_RUN: usize = 80;

/// The words of a clause, spelt, between single spaces.
pub(super) fn spelt(clause: &str, spelling: &Spelling) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut run = String::new();
    let tokens = clause.split(|it: char| !(it.is_alphanumeric() || is_mark(it) || is_sign(it)));
    for token in tokens.filter(|it| !it.is_empty()) {
        let mut letters = token.chars();
        if let (Some(letter), None, true) =
            (letters.next(), letters.next(), run.len() < LONGEST_RUN)
        {
            run.push(letter);
            continue;
        }
        close(&mut run, &mut words, spelling);
        word(token, spelling, &mut words);
    }
    close(&mut run, &mut words, spelling);
    words.join(" ")
}

/// Combining signs of other scripts, which are part of a word without being letters.
fn is_sign(it: char) -> bool {
    matches!(it, '\u{900}'..='\u{dff}' | '\u{3099}' | '\u{309a}')
}

/// What stands for a letter within a word.
fn is_mark(it: char) -> bool {
    matches!(it, '\'' | '$' | '@' | '*' | '#' | '~')
}

/// Single letters in a row: a hidden phrase if they can be read as known words, else what they are.
fn close(run: &mut String, words: &mut Vec<String>, spelling: &Spelling) {
    let letters = std::mem::take(run);
    let count = letters.chars().count();
    if count >= RUN {
        // The first letter may be a word of its own: "i k m s".
        if let Some(found) = split(&letters, spelling) {
            words.extend(found);
            return;
        }
    }
    for letter in letters.chars() {
        word(letter.encode_utf8(&mut [0; 4]), spelling, words);
    }
}

/// Reads letters without spaces as known words, the fewest possible.
fn split(letters: &str, spelling: &Spelling) -> Option<Vec<String>> {
    if !letters.bytes().all(|it| it.is_ascii_alphanumeric()) {
        return None;
    }
    let letters: String = letters.chars().map(unleet).collect();
    let length = letters.len();
    // `best[end]`: how many words it takes to get there, and where the last of them starts.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; length + 1];
    best[0] = Some((0, 0));
    for end in 1..=length {
        for start in end.saturating_sub(10)..end {
            let Some((count, _)) = best[start] else { continue };
            let fewer = best[end].is_none_or(|it| count + 1 < it.0);
            if fewer && spelling.hides(&letters[start..end]) {
                best[end] = Some((count + 1, start));
            }
        }
    }
    best[length]?;
    let mut words = Vec::new();
    let mut end = length;
    while end > 0 {
        let start = best[end]?.1;
        words.push(letters[start..end].to_owned());
        end = start;
    }
    words.reverse();
    Some(words)
}

/// One token: itself, or what it stands for.
fn word(token: &str, spelling: &Spelling, words: &mut Vec<String>) {
    let token = token.trim_matches(|it| matches!(it, '\'' | '#' | '@' | '*' | '"'));
    if token.is_empty() {
        return;
    }
    if !token.is_ascii() {
        words.push(token.to_owned());
        return;
    }
    if let Some(known) = spelling.word(token) {
        words.push(known.to_owned());
        return;
    }
    let token = unmasked(token, spelling);
    let token = unrepeated(&token, spelling);
    if let Some(known) = spelling.word(&token) {
        words.push(known.to_owned());
    } else if let Some((start, rest)) = token.split_once('\'') {
        contraction(start, rest, spelling, words);
    } else if let Some(found) = (token.len() >= 8).then(|| split(&token, spelling)).flatten() {
        words.extend(found);
    } else {
        words.push(spelling.near(&token).unwrap_or(&token).to_owned());
    }
}

fn contraction(start: &str, rest: &str, spelling: &Spelling, words: &mut Vec<String>) {
    let start = spelling.word(start).unwrap_or(start);
    let mut push = |parts: &[&str]| words.extend(parts.iter().map(|it| (*it).to_owned()));
    let rest = rest.trim_matches('\'');
    match (start, rest) {
        ("can", "t") => push(&["cannot"]),
        ("won", "t") => push(&["will", "not"]),
        ("ain", "t") => push(&["am", "not"]),
        (_, "t") if start.ends_with('n') => push(&[&start[..start.len() - 1], "not"]),
        (_, "m") => push(&[start, "am"]),
        (_, "re") => push(&[start, "are"]),
        (_, "ve") => push(&[start, "have"]),
        (_, "ll") => push(&[start, "will"]),
        (_, "d") => push(&[start, "would"]),
        (
            "he" | "she" | "it" | "that" | "there" | "what" | "who" | "here" | "where" | "how"
            | "everything" | "nothing" | "everyone" | "everybody" | "nobody" | "someone"
            | "somebody" | "life",
            "s",
        ) => push(&[start, "is"]),
        // A genitive, or "my friend's suicidal"; rules that care allow for it.
        (_, "s") => push(&[start, "'s"]),
        _ => push(&[&format!("{start}{rest}")]),
    }
}

fn unleet(it: char) -> char {
    match it {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        _ => it,
    }
}

/// Digits and signs within a word as the letters that they stand for.
fn unmasked(token: &str, spelling: &Spelling) -> String {
    let letters = token.bytes().filter(u8::is_ascii_alphabetic).count();
    let starts = token.bytes().next().is_some_and(|it| it.is_ascii_alphabetic() || it == b'$');
    if token.contains(['*', '#']) {
        return spelling.uncensored(token).unwrap_or(token).replace(['*', '#'], "");
    }
    if letters > 0 && starts && letters < token.len() {
        token.chars().map(unleet).collect()
    } else {
        token.to_owned()
    }
}

/// Letters that are repeated three times or more, once or twice as the word has them.
fn unrepeated(token: &str, spelling: &Spelling) -> String {
    let bytes = token.as_bytes();
    if !bytes.windows(3).any(|it| it[0] == it[1] && it[1] == it[2]) {
        return token.to_owned();
    }
    // Runs of three and more are cut to `most`; what is said twice stays.
    let squeezed = |most: usize| {
        let mut out = String::new();
        let mut rest = bytes;
        while let [first, ..] = rest {
            let run = rest.iter().take_while(|it| *it == first).count();
            let kept = if run > 2 { most } else { run };
            out.extend(std::iter::repeat_n(char::from(*first), kept));
            rest = &rest[run..];
        }
        out
    };
    let twice = squeezed(2);
    if spelling.doubles(&twice) { twice } else { squeezed(1) }
}
