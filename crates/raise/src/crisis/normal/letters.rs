//! Letters: case, accents, marks, look-alikes, what cannot be seen.

use unicode_normalization::UnicodeNormalization;

/// Lower-case text without accents or invisible characters, with plain quotation marks, and with look-alike letters of
/// other alphabets read as Latin ones in words that hold Latin ones.
pub(super) fn fold(text: &str) -> String {
    let folded: String = text
        .nfkd()
        .filter(|it| !is_dropped(*it))
        .flat_map(char::to_lowercase)
        .filter(|it| !is_dropped(*it))
        .flat_map(|it| spelt(it).chars().chain(spelt(it).is_empty().then_some(it)))
        .nfc()
        .collect();
    within_words(if folded.is_ascii() { folded } else { latin(&folded) })
}

/// Stops that stand between letters, as in `d.i.e` or `d!e`, end no sentence.
fn within_words(text: String) -> String {
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(it) = letters.next() {
        let between = before.is_ascii_alphanumeric()
            && letters.peek().is_some_and(char::is_ascii_alphanumeric);
        out.push(match it {
            '.' if between => ' ',
            '!' | '|' if between => 'i',
            _ => it,
        });
        before = it;
    }
    out
}

/// Accents, marks drawn over or under letters, vowel signs of Arabic, and what has no width.
fn is_dropped(it: char) -> bool {
    matches!(it,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{64b}'..='\u{655}' | '\u{670}' | '\u{640}'
        | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{180e}')
}

/// What a character that has no decomposition is read as; nothing where it is read as it is.
fn spelt(it: char) -> &'static str {
    match it {
        '’' | '‘' | '‛' | '`' | '´' | 'ʼ' | '′' | '＇' => "'",
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        '‐' | '‑' | '−' => "-",
        _ => "",
    }
}

fn latin(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(|it: char| !it.is_alphanumeric()) {
        if word.chars().any(|it| it.is_ascii_lowercase()) {
            out.extend(word.chars().map(look_alike));
        } else {
            out.push_str(word);
        }
    }
    out
}

fn look_alike(it: char) -> char {
    match it {
        'а' | 'α' | 'ɑ' => 'a',
        'е' | 'ε' => 'e',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'т' | 'τ' => 't',
        'в' => 'b',
        'н' => 'h',
        'і' | 'ι' | 'ɩ' | 'ɪ' => 'i',
        'ѕ' => 's',
        'ј' => 'j',
        'ԁ' | 'ɗ' => 'd',
        'ν' => 'v',
        'υ' => 'u',
        'ɡ' => 'g',
        'ո' | 'п' | 'ɴ' => 'n',
        'ʟ' => 'l',
        'ω' => 'w',
        _ => it,
    }
}
