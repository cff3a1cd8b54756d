//! What one text says that another does not.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use crate::words::{Numbers, Words};

/// Time after which the comparison makes do with what it has found. Only texts of many thousand words come near it.
const PATIENCE: Duration = Duration::from_millis(25);

/// Words in common that are too few to read on their own between two additions.
const SHORT: usize = 2;

/// The share of added words above which the texts have next to nothing in common.
const NEARLY_ALL: f64 = 0.85;

/// Whether a piece is in the first text as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Both texts say it.
    Same,
    /// Only the text that is being read says it.
    Added,
}

/// A stretch of the text that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its characters, as they stand in the text.
    pub text: String,
    /// Whether the first text has it too.
    pub kind: Kind,
}

/// A text, read against a first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    /// The whole text, cut into pieces that follow each other without a gap. An added piece begins and ends with a
    /// word and holds no line break, so a paragraph ends only within what is [`Kind::Same`].
    pub pieces: Vec<Piece>,
    /// The share of the text's words that are in added pieces, from 0 to 1; 0 for a text without words.
    pub changed_share: f64,
}

impl Differences {
    /// Whether fewer than 15 % of the words are in common. Then it says more to say so than to mark nearly everything.
    pub fn nearly_all_new(&self) -> bool {
        self.changed_share > NEARLY_ALL
    }
}

/// Reads `other` against `first`, word by word.
///
/// White space, punctuation, case and the form of apostrophes make no difference. One or two common words within an
/// addition are counted to it unless a sentence or a line ends there. The work is bounded: after 25 ms what is not
/// compared yet counts as added.
pub fn differences(first: &str, other: &str) -> Differences {
    let mut numbers = Numbers::default();
    let (before, words) = (numbers.words(first), numbers.words(other));
    let mut added = added(&before, &words);
    let gaps: Vec<Gap> =
        words.places.windows(2).map(|it| gap(&other[it[0].end..it[1].start])).collect();
    swallow(&mut added, &gaps);
    let changed = added.iter().filter(|&&it| it).count();
    Differences {
        pieces: pieces(other, &words, &added, &gaps),
        changed_share: share(changed, added.len()),
    }
}

/// What stands between two words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Within,
    Sentence,
    Line,
}

fn gap(text: &str) -> Gap {
    if text.contains(['\n', '\r']) {
        Gap::Line
    } else if text.contains(['.', '!', '?', '…', '。', '！', '？']) {
        Gap::Sentence
    } else {
        Gap::Within
    }
}

/// For each word, whether the first text lacks it.
fn added(before: &Words, words: &Words) -> Vec<bool> {
    let until = Instant::now() + PATIENCE;
    let steps = capture_diff_slices_deadline(
        Algorithm::Myers,
        &before.numbers,
        &words.numbers,
        Some(until),
    );
    let mut added = vec![true; words.numbers.len()];
    for step in steps {
        if let DiffOp::Equal { new_index, len, .. } = step {
            added[new_index..new_index + len].fill(false);
        }
    }
    added
}

/// Counts short common runs between two additions to them.
fn swallow(added: &mut [bool], gaps: &[Gap]) {
    let islands: Vec<_> = runs(added, |_| true).filter(|it| !added[it.start]).collect();
    for island in islands {
        let between = island.start > 0 && island.end < added.len();
        if between
            && island.len() <= SHORT
            && gaps[island.start - 1..island.end].iter().all(|&it| it == Gap::Within)
        {
            added[island].fill(true);
        }
    }
}

/// Runs of words of one kind; one goes on from a word to the next only where `joined` says so.
fn runs(added: &[bool], joined: impl Fn(usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    (1..=added.len()).filter_map(move |end| {
        let ends = end == added.len() || added[end] != added[start] || !joined(end - 1);
        ends.then(|| std::mem::replace(&mut start, end)..end)
    })
}

fn pieces(text: &str, words: &Words, added: &[bool], gaps: &[Gap]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |range: Range<usize>, kind| {
        if !range.is_empty() {
            pieces.push(Piece { text: text[range].to_owned(), kind });
        }
    };
    let mut done = 0;
    for run in runs(added, |it| gaps[it] != Gap::Line).filter(|it| added[it.start]) {
        let (start, end) = (words.places[run.start].start, words.places[run.end - 1].end);
        push(done..start, Kind::Same);
        push(start..end, Kind::Added);
        done = end;
    }
    push(done..text.len(), Kind::Same);
    pieces
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a text has fewer words than a double has exact integers"
)]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
