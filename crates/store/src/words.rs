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

#[cfg(test)]
mod tests {
    use super::*;

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
