//! The reviewed questions and their quick replies: `data/questions.toml`. An attribute that the file does not know has its
//! schema's question and values.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{Attribute, Schema};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    question: BTreeMap<String, Reviewed>,
}

/// A question in our own words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reviewed {
    /// Whether a model's words are never used in its place.
    #[serde(default, rename = "reviewed")]
    pub(super) is_always_ours: bool,
    pub(super) text: String,
    pub(super) why: String,
    /// Words, or beginnings of words, that belong to the attribute. Lower case.
    pub(super) about: Vec<String>,
    pub(super) quick: Vec<Quick>,
}

/// A reply that is offered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quick {
    pub(super) text: String,
    /// The suggested value it stands for.
    #[serde(default)]
    pub(super) value: Option<String>,
    /// Other ways of saying just that.
    #[serde(default)]
    pub(super) also: Vec<String>,
}

static QUESTIONS: LazyLock<BTreeMap<String, Reviewed>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../data/questions.toml"))
        .expect("a tested file of our own");
    file.question
});

/// The reviewed question for an attribute.
pub(super) fn reviewed(attribute: &str) -> Option<&'static Reviewed> {
    QUESTIONS.get(attribute)
}

/// Words that belong to an attribute. Lower case.
pub(super) fn about(attribute: &Attribute) -> Vec<String> {
    reviewed(&attribute.key).map_or_else(
        || attribute.label.to_lowercase().split_whitespace().map(str::to_owned).collect(),
        |it| it.about.clone(),
    )
}

/// The replies that are offered.
pub(super) fn quick(attribute: &Attribute) -> Vec<String> {
    reviewed(&attribute.key).map_or_else(
        || attribute.values.iter().take(6).cloned().collect(),
        |it| it.quick.iter().map(|it| it.text.clone()).collect(),
    )
}

/// The offered reply that this text is, if it is one: the same words whatever their case and
/// the full stop, with or without an "I'm" before.
pub(super) fn offered<'a>(attribute: &'a Attribute, text: &str) -> Option<&'a str> {
    const BEFORE: [&str; 6] = ["i'm ", "i am ", "im ", "it's ", "i feel ", "feeling "];
    let wanted = folded(text);
    let bare = BEFORE.iter().find_map(|it| wanted.strip_prefix(it));
    let is = |it: &str| {
        let it = folded(it);
        it == wanted || bare == Some(it.as_str())
    };
    match reviewed(&attribute.key) {
        Some(it) => {
            let hit = it.quick.iter().find(|it| is(&it.text) || it.also.iter().any(|it| is(it)));
            hit.map(|it| it.text.as_str())
        }
        None => attribute.values.iter().find(|it| is(it)).map(String::as_str),
    }
}

/// The schema's suggested value that an offered reply, or any text, certainly stands for.
pub(super) fn quick_value(schema: &Schema, attribute: &str, text: &str) -> Option<String> {
    let attribute = schema.attribute(attribute)?;
    let offered = offered(attribute, text);
    let value = reviewed(&attribute.key)
        .and_then(|it| it.quick.iter().find(|it| Some(it.text.as_str()) == offered))
        .and_then(|it| it.value.as_deref())
        // A schema of somebody's own may have other values.
        .filter(|value| attribute.values.iter().any(|it| it == value));
    let plain = text.trim().trim_end_matches(['.', '!', ',']);
    value.or_else(|| attribute.normalised(plain)).map(str::to_owned)
}

/// Lower case, single spaces, plain apostrophes and hyphens, no full stop at the end.
pub(super) fn folded(text: &str) -> String {
    let text = text.to_lowercase().replace('’', "'").replace(['–', '—', '‑'], "-");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches(['.', '!', ',', ';']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_a_question_and_every_quick_reply_stands_for_a_value() {
        let schema = Schema::shipped();
        assert_eq!(QUESTIONS.len(), schema.attributes.len());
        for attribute in &schema.attributes {
            let it = reviewed(&attribute.key).expect(&attribute.key);
            assert!((3..=6).contains(&it.quick.len()), "{}", attribute.key);
            assert_eq!(it.text.matches('?').count(), 1, "{}", it.text);
            assert!(it.text.split_whitespace().count() <= 40, "{}", it.text);
            for quick in &it.quick {
                if let Some(value) = &quick.value {
                    assert!(attribute.values.contains(value), "{}: {value}", attribute.key);
                }
                for text in std::iter::once(&quick.text).chain(&quick.also) {
                    let value = quick_value(&schema, &attribute.key, text);
                    assert_eq!(value, quick.value, "{}: {text}", attribute.key);
                }
            }
        }
    }

    #[test]
    fn another_schema_falls_back_to_its_own_words() {
        let mut schema = Schema::shipped();
        schema.attributes[0].key = "pets".to_owned();
        schema.attributes[0].ranges.clear();
        schema.attributes[0].values = vec!["Cat".to_owned(), "Dog".to_owned()];
        let pets = &schema.attributes[0];
        assert_eq!(quick(pets), ["Cat", "Dog"]);
        assert_eq!(offered(pets, " dog. "), Some("Dog"));
        assert_eq!(quick_value(&schema, "pets", "DOG"), Some("Dog".to_owned()));
    }
}
