//! Plain words, read without a model. Careful rather than complete: a fact about somebody else is worse than none.

use std::sync::LazyLock;

use domain::{Attribute, Schema};
use regex::Regex;
use serde::Deserialize;

use super::questions;

/// Words of a message that state something.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) known: Option<String>,
    pub(super) confidence: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    decline: Vec<String>,
    hurry: Vec<String>,
    evade: Vec<String>,
    instruct: Vec<String>,
    volunteered: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    attribute: String,
    #[serde(default)]
    value: Option<String>,
    pattern: String,
    /// What the message must hold too.
    #[serde(default)]
    first_person: Option<String>,
}

struct Patterns {
    decline: Vec<Regex>,
    hurry: Vec<Regex>,
    evade: Vec<Regex>,
    instruct: Vec<Regex>,
    volunteered: Vec<Volunteered>,
    /// Somebody else says or is what follows.
    other: Regex,
    /// Only supposed, or denied.
    unreal: Regex,
    negated: Regex,
}

struct Volunteered {
    attribute: String,
    value: Option<String>,
    pattern: Regex,
    first_person: Option<Regex>,
}

const SMALL: &str = "(?:just|only|now|currently|also|still|already|really|so|very|extremely|a bit|a little|pretty|quite|completely|totally|always|constantly|feeling)";

/// People who are not the writer.
const OTHERS: &str = r"\b(?:he|she|they|someone|somebody|people|everyone|(?:my|his|her|their|our|a|the|this) (?:\w+ ){0,2}?(?:brother|sister|mum|mom|mother|dad|father|son|daughter|kid|child|wife|husband|spouse|partner|boyfriend|girlfriend|friend|cousin|uncle|aunt|boss|colleague|coworker|neighbour|neighbor|roommate|flatmate|ex|fianc[eé]e?|grandma|grandmother|grandpa|grandfather|nephew|niece|teacher|patient|client|doctor|therapist)s?)\b";

fn compiled(pattern: &str) -> Regex {
    let full = pattern
        .replace("<I>", &format!("i(?:’m| am)(?: {SMALL})*"))
        .replace(
            "<FEEL>",
            &format!("i(?: just| always| still)?(?:’m| am| feel| felt|’ve been| have been|’ve felt| have felt)(?: {SMALL})*"),
        )
        .replace('’', "['’]?");
    Regex::new(&format!("(?i){full}")).expect("a tested file of our own")
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../data/replies.toml"))
        .expect("a tested file of our own");
    let all = |patterns: &[String]| patterns.iter().map(|it| compiled(it)).collect();
    let volunteered = |entry: Entry| Volunteered {
        attribute: entry.attribute,
        value: entry.value,
        pattern: compiled(&entry.pattern),
        first_person: entry.first_person.as_deref().map(compiled),
    };
    Patterns {
        decline: all(&file.decline),
        hurry: all(&file.hurry),
        evade: all(&file.evade),
        instruct: all(&file.instruct),
        volunteered: file.volunteered.into_iter().map(volunteered).collect(),
        other: compiled(OTHERS),
        unreal: compiled(
            r"\b(?:if|what if|imagine|suppose|pretend|whether|unless|when i was|used to think|as though|would|don’t think|do not think|don’t believe|doubt|not sure|not that|not like)\b",
        ),
        negated: compiled(
            r"\b(?:not|never|no longer|isn’t|aren’t|wasn’t|don’t|doesn’t|didn’t|used to be|ex)\b",
        ),
    }
});

/// Whether the person would rather not say.
pub(super) fn declines(message: &str) -> bool {
    PATTERNS.decline.iter().any(|it| it.is_match(message))
}

/// Whether the person wants the answer now.
pub(super) fn hurries(message: &str) -> bool {
    PATTERNS.hurry.iter().any(|it| it.is_match(message))
}

/// Whether a sentence speaks to a program rather than about a person.
pub(super) fn instructs(sentence: &str) -> bool {
    PATTERNS.instruct.iter().any(|it| it.is_match(sentence))
}

/// The message is one of the offered replies, or one value of the schema, and nothing more.
pub(super) fn chosen(schema: &Schema, asked: &Attribute, message: &str) -> Option<Found> {
    let (start, end) = trimmed(message)?;
    let known = questions::quick_value(schema, &asked.key, &message[start..end]);
    if known.is_none() && questions::offered(asked, &message[start..end]).is_none() {
        return None;
    }
    Some(Found { start, end, known, confidence: 1.0 })
}

/// The one value of the schema that a short reply names among its words: "married, for ten years", "about 47".
pub(super) fn valued(asked: &Attribute, message: &str) -> Option<Found> {
    if let Some(found) = yes_or_no(asked, message) {
        return Some(found);
    }
    let count = message.split_whitespace().count();
    if count > 12
        || message.contains('?')
        || PATTERNS.negated.is_match(message)
        || of_others(message)
    {
        return None;
    }
    if !asked.ranges.is_empty() {
        return number(asked, message).filter(|_| count <= 6);
    }
    let aliases = asked.aliases.iter().map(|it| (it.0.as_str(), it.1));
    let values = asked.values.iter().map(|it| (it.as_str(), it)).chain(aliases);
    let mut hits: Vec<(usize, usize, &String)> = values
        .filter_map(|(words, value)| word_in(message, words).map(|it| (it.0, it.1, value)))
        .collect();
    // "Severe anxiety" also holds "anxiety".
    let outer = hits.clone();
    hits.retain(|it| !outer.iter().any(|o| o.0 <= it.0 && it.1 <= o.1 && o.1 - o.0 > it.1 - it.0));
    let (start, end, value) = *hits.first()?;
    if hits.iter().any(|it| it.2 != value) {
        return None;
    }
    Some(Found { start, end, known: Some(value.clone()), confidence: 0.85 })
}

/// The yes or no that a short reply begins with, where the schema has just these two values.
fn yes_or_no(asked: &Attribute, message: &str) -> Option<Found> {
    let is = |word: &str| asked.values.iter().find(|it| it.eq_ignore_ascii_case(word));
    let (yes, no) = (is("yes")?, is("no")?);
    if asked.values.len() != 2 || message.chars().count() > 120 || message.contains('?') {
        return None;
    }
    let (start, end) = trimmed(message)?;
    let first = message[start..end].split(|it: char| !it.is_alphabetic()).next()?;
    let known = match first.to_lowercase().as_str() {
        "yes" | "yeah" | "yep" => yes,
        "no" | "nope" | "never" => no,
        _ => return None,
    };
    Some(Found { start, end, known: Some(known.clone()), confidence: 0.85 })
}

/// The only number of a short reply, where the schema has a range for it.
fn number(asked: &Attribute, message: &str) -> Option<Found> {
    static DIGITS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d+(?:\s*[-–]\s*\d+)?").expect("a constant pattern"));
    let mut numbers = DIGITS.find_iter(message);
    let found = numbers.next().filter(|_| numbers.next().is_none())?;
    let known = asked.normalised(found.as_str())?.to_owned();
    Some(Found { start: found.start(), end: found.end(), known: Some(known), confidence: 0.9 })
}

/// Where words stand in a text as whole words, whatever their case, spaces and kind of apostrophe. Bytes of the text.
pub(super) fn word_in(text: &str, words: &str) -> Option<(usize, usize)> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut before = None;
    for (start, first) in text.char_indices() {
        let begins = !before.is_some_and(char::is_alphanumeric);
        before = Some(first);
        if !begins {
            continue;
        }
        if let Some(rest) = after_words(&text[start..], &words)
            && !rest.chars().next().is_some_and(char::is_alphanumeric)
        {
            return Some((start, text.len() - rest.len()));
        }
    }
    None
}

/// What follows these words, if the text begins with them.
fn after_words<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let (first, others) = words.split_first()?;
    let mut rest = after_word(text, first)?;
    for word in others {
        let trimmed = rest.trim_start();
        rest = after_word(trimmed, word).filter(|_| trimmed.len() < rest.len())?;
    }
    Some(rest)
}

fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let plain = |it: char| if it == '’' { '\'' } else { it };
    let mut rest = text.chars();
    for wanted in word.chars() {
        let found = rest.next()?;
        if found != wanted && !plain(found).to_lowercase().eq(plain(wanted).to_lowercase()) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// A short reply that is no question and speaks of nobody else, as it stands.
pub(super) fn own_words(message: &str, longest: usize) -> Option<Found> {
    let (start, end) = trimmed(message)?;
    let text = &message[start..end];
    let fits = text.chars().count() <= longest
        && !message.contains(['?', '？', '؟'])
        && !instructs(text)
        && !PATTERNS.evade.iter().any(|it| it.is_match(text))
        && !of_others(text)
        && text.chars().any(char::is_alphanumeric);
    fits.then_some(Found { start, end, known: None, confidence: 0.5 })
}

/// What people usually say of themselves, by attribute.
pub(super) fn volunteered(schema: &Schema, message: &str) -> Vec<(String, Found)> {
    let mut facts: Vec<(String, Found)> = Vec::new();
    for it in &PATTERNS.volunteered {
        let Some(attribute) = schema.attribute(&it.attribute) else { continue };
        if facts.iter().any(|fact| fact.0 == it.attribute)
            || it.first_person.as_ref().is_some_and(|me| !me.is_match(message))
        {
            continue;
        }
        let real = |found: &regex::Captures<'_>| {
            found.get(0).is_some_and(|whole| is_the_writers(message, whole.start(), whole.end()))
        };
        let Some(found) = it.pattern.captures_iter(message).find(real) else { continue };
        let Some(words) = found.name("v").or_else(|| found.get(0)) else { continue };
        let Some((start, end)) = trimmed(words.as_str()) else { continue };
        let (start, end) = (words.start() + start, words.start() + end);
        let value =
            it.value.as_deref().filter(|value| attribute.values.iter().any(|it| it == value));
        let known = value.or_else(|| attribute.normalised(&message[start..end])).map(str::to_owned);
        facts.push((it.attribute.clone(), Found { start, end, known, confidence: 0.9 }));
    }
    facts
}

/// Whether what stands at these bytes is said by the writer of themselves, and meant: not quoted, not only
/// supposed, and not what somebody else says or is.
pub(super) fn is_the_writers(message: &str, start: usize, end: usize) -> bool {
    static REPORT: LazyLock<Regex> = LazyLock::new(|| {
        compiled(
            r"\b(?:says?|said|saying|tells?|told|telling|thinks?|thought|claims?|claimed|wrote|writes?|believes?|texted|asked)\b",
        )
    });
    let before = &message[..start];
    let sentence = &before[before.rfind(['.', '!', '?', '\n']).map_or(0, |it| it + 1)..];
    let clause = &sentence[sentence.rfind([',', ';', ':', '—']).map_or(0, |it| it + 1)..];
    // An odd number of quotation marks before it: within a quotation.
    let quoted = sentence.matches('"').count() % 2 == 1
        || sentence.matches('“').count() > sentence.matches('”').count();
    let reported = PATTERNS.other.is_match(sentence) && REPORT.is_match(sentence);
    !quoted && !reported && !PATTERNS.unreal.is_match(clause) && !instructs(&message[start..end])
}

/// Whether words speak of somebody else and not of the writer.
pub(super) fn of_others(text: &str) -> bool {
    static ME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:i|i['’]m|i['’]ve|me|myself)\b").expect("a constant pattern")
    });
    PATTERNS.other.is_match(text) && !ME.is_match(text)
}

/// The bytes of a text without the space and punctuation around it.
fn trimmed(text: &str) -> Option<(usize, usize)> {
    let around = |it: char| {
        it.is_whitespace() || matches!(it, '.' | ',' | '!' | ';' | ':' | '"' | '“' | '”')
    };
    let inner = text.trim_matches(around);
    let start = text.len() - text.trim_start_matches(around).len();
    (!inner.is_empty()).then_some((start, start + inner.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        let check = |text: &str, words: &str, expected: Option<&str>| {
            let found = word_in(text, words).map(|it| &text[it.0..it.1]);
            assert_eq!(found, expected, "{words} in {text}");
        };
        check("I am anxious, Anxiety", "anxiety", Some("Anxiety"));
        check("anxietyless", "anxiety", None);
        check("my  wife\nleft", "Wife left", Some("wife\nleft"));
        check("mywife left", "wife left", None);
        check("It’s über all", "it's ÜBER", Some("It’s über"));
        check("ab abc", "abc", Some("abc"));
        check("wifeleft", "wife left", None);
        check("x", "", None);
        check("", "x", None);
    }

    #[test]
    fn every_pattern_speaks_of_an_attribute_and_a_value_of_the_shipped_schema() {
        let schema = Schema::shipped();
        for it in &PATTERNS.volunteered {
            let attribute = schema.attribute(&it.attribute).expect(&it.attribute);
            assert!(it.value.iter().all(|it| attribute.values.contains(it)), "{:?}", it.value);
        }
    }
}
