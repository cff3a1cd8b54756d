//! Reads the help-line file.

use crate::HelpLines;

/// The help-line file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HelpLinesError {
    /// Not TOML, or not of this form.
    #[error("the help-line file cannot be read")]
    Parse(#[from] toml::de::Error),
    /// A line that nobody could reach.
    #[error("help line “{0}” has neither a number, a text service nor a link")]
    Unreachable(String),
}

impl HelpLines {
    /// The lines that ship with Rookery.
    ///
    /// # Panics
    /// Never: a test reads the shipped file.
    pub fn shipped() -> Self {
        parse_help_lines(include_str!("../data/help_lines.toml"))
            .expect("the shipped file is tested")
    }
}

/// Reads a help-line file and checks that every line can be reached.
pub fn parse_help_lines(text: &str) -> Result<HelpLines, HelpLinesError> {
    let lines: HelpLines = toml::from_str(text)?;
    for line in lines.countries.iter().flat_map(|it| &it.lines) {
        if line.phone.is_none() && line.text.is_none() && line.url.is_none() {
            return Err(HelpLinesError::Unreachable(line.name.clone()));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_lines_are_whole_and_sorted() {
        let lines = HelpLines::shipped();
        assert!(!lines.directories.is_empty(), "the international directories are always shown");
        let names: Vec<_> = lines.countries.iter().map(|it| it.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
        for country in &lines.countries {
            assert_eq!(country.code.len(), 2, "{}", country.name);
            assert!(!country.lines.is_empty(), "{}", country.name);
        }
        let links =
            lines.countries.iter().flat_map(|it| &it.lines).filter_map(|it| it.url.as_deref());
        for url in links.chain(lines.directories.iter().map(|it| it.url.as_str())) {
            assert!(url.starts_with("https://"), "{url}");
        }
    }

    #[test]
    fn a_line_that_nobody_can_reach_is_refused() {
        let text = r#"
            checked = "2026-11-24"
            directory = []
            [[country]]
            code = "XX"
            name = "Nowhere"
            [[country.line]]
            name = "Silent"
            kind = "crisis"
            source = "none"
            source_date = "undated"
        "#;
        assert!(
            matches!(parse_help_lines(text), Err(HelpLinesError::Unreachable(name)) if name == "Silent")
        );
    }
}
