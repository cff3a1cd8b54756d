//! What a model is asked in the end.

use domain::Schema;

use super::Picture;
use crate::prompt::{self, Asked, Background};

/// What a model is asked when the questions are over: the question with what is known, or the question alone. The words
/// are those of every other answer (`prompts/answer.toml`), so that the answers can be compared.
pub fn answer_messages(schema: &Schema, picture: &Picture) -> Asked {
    prompt::asked(&picture.query, &Background::lines(&lines(schema, picture)))
}

/// What is known, one attribute a line, in the order of the schema; or that nothing is.
pub(super) fn known(schema: &Schema, picture: &Picture) -> String {
    let lines = lines(schema, picture);
    if lines.is_empty() { "Nothing.".to_owned() } else { lines.join("\n") }
}

fn lines(schema: &Schema, picture: &Picture) -> Vec<String> {
    let line = |attribute: &domain::Attribute| {
        let fact = picture.facts.get(&attribute.key)?;
        let words = fact.value.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(match &fact.known {
            Some(known) if !known.eq_ignore_ascii_case(&words) => {
                format!("{}: {known} (“{words}”)", attribute.label)
            }
            _ => format!("{}: {words}", attribute.label),
        })
    };
    schema.attributes.iter().filter_map(line).collect()
}
