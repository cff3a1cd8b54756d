//! What a person typed, as an FTS5 expression.

/// Turns search text into an FTS5 expression in which every word, and every phrase in double quotes, must be
/// found. Each term is quoted, so no input can be a syntax error or an operator. `None`: no word in it.
pub fn match_expression(text: &str) -> Option<String> {
    let mut terms = Vec::new();
    // Even parts lie outside quotes, odd ones inside; an unclosed quote runs to the end.
    for (at, part) in text.split('"').enumerate() {
        if at % 2 == 1 {
            terms.push(part.trim());
        } else {
            terms.extend(part.split_whitespace());
        }
    }
    let has_word = |it: &&str| it.chars().any(char::is_alphanumeric);
    let quoted =
        terms.into_iter().filter(has_word).map(|it| format!("\"{}\"", it.replace('\0', " ")));
    let expression = quoted.collect::<Vec<_>>().join(" AND ");
    (!expression.is_empty()).then_some(expression)
}

/// Words of a message that are looked for; a longer one is judged by its beginning.
const MAX_WORDS: usize = 60;

/// Turns a message into an FTS5 expression in which any of its words may be found. `None`: no word in it.
pub(crate) fn any_word(text: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let plain = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    for word in plain.take(10 * MAX_WORDS).map(|it| format!("\"{}\"", it.to_lowercase())) {
        if words.len() < MAX_WORDS && !words.contains(&word) {
            words.push(word);
        }
    }
    (!words.is_empty()).then(|| words.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_word_of_a_message_may_be_found() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(any_word(text).as_deref(), expected, "{text}");
        };
        check("I lost (I \"lost\") it!", Some("\"i\" OR \"lost\" OR \"it\""));
        check("a:b* NOT ^c\0d", Some("\"a\" OR \"b\" OR \"not\" OR \"c\" OR \"d\""));
        check("失业了", Some("\"失业了\""));
        check("…?! \"\"", None);
        let many: String = (0..1_000).map(|it| format!("w{it} ")).collect();
        assert_eq!(any_word(&many).map(|it| it.matches(" OR ").count()), Some(MAX_WORDS - 1));
    }

    #[test]
    fn every_word_is_quoted() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(match_expression(text).as_deref(), expected, "{text}");
        };
        check("lost job", Some("\"lost\" AND \"job\""));
        check("\"lost my job\" anxious", Some("\"lost my job\" AND \"anxious\""));
        check("a OR b*", Some("\"a\" AND \"OR\" AND \"b*\""));
        check("query : ^x -y", Some("\"query\" AND \"^x\" AND \"-y\""));
        check("unclosed \"quote here", Some("\"unclosed\" AND \"quote here\""));
        check(" \"\" !!! … ", None);
        check("", None);
    }
}
