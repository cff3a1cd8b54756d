//! The words of a text, and where they stand.

use std::{collections::HashMap, ops::Range};

use unicode_segmentation::UnicodeSegmentation as _;

/// Numbers words, the same ones alike in every text.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<String, u32>);

/// A text as its words.
pub(crate) struct Words {
    /// What each word is; neither case nor the form of an apostrophe makes a difference.
    pub(crate) numbers: Vec<u32>,
    /// The bytes where each word stands.
    pub(crate) places: Vec<Range<usize>>,
}

impl Numbers {
    /// The words of a text: what Unicode's rules call a word and holds a letter or a digit.
    pub(crate) fn words(&mut self, text: &str) -> Words {
        let mut words = Words { numbers: Vec::new(), places: Vec::new() };
        for (start, word) in text.unicode_word_indices() {
            // A mark that has no letter before it joins the blank there: the blank is no part of a word.
            let start = start + word.len() - word.trim_start().len();
            let word = word.trim();
            let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
            let key = word.to_lowercase().replace('’', "'");
            words.numbers.push(*self.0.entry(key).or_insert(next));
            words.places.push(start..start + word.len());
        }
        words
    }
}
