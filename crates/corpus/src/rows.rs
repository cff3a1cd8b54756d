//! Limits and checks that every format shares.

/// A row larger than this is refused without being held in memory.
pub const MAX_ROW_BYTES: usize = 1 << 20;
pub(crate) const MAX_QUERY_CHARS: usize = 10_000;
pub(crate) const MAX_VALUE_CHARS: usize = 4_000;
pub(crate) const MAX_LABEL_CHARS: usize = 200;

/// A text without outer space, if it is of a sensible length and holds no control characters.
pub(crate) fn checked(field: &str, text: &str, max_chars: usize) -> Result<String, String> {
    let text = text.trim();
    let chars = text.chars().count();
    if chars > max_chars {
        return Err(format!("“{field}” has {chars} characters; at most {max_chars} are taken"));
    }
    match text.chars().find(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        Some(it) => Err(format!("“{field}” holds the control character U+{:04X}", u32::from(it))),
        None => Ok(text.to_owned()),
    }
}

/// A JSON error without its position: a row's own line is named already.
pub(crate) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if error.is_eof() { "the row ends too early".to_owned() } else { text.to_owned() }
}

pub(crate) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
