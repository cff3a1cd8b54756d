//! The address of a comparison: which columns, whether differences are marked, and the filter it stands in.

use crate::{Column, FilterError, ScenarioFilter, Shown, decode_query, encode_query};

/// Columns of a comparison at most.
pub const MAX_COLUMNS: usize = 4;

/// What the address of a comparison says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompareQuery {
    /// The columns in order, without repeats, at most [`MAX_COLUMNS`]; empty where nobody chose.
    pub columns: Vec<Column>,
    /// Whether differences to the first column are marked.
    pub differences: bool,
    /// Whether a covered scenario was uncovered. Shared links leave it out.
    pub uncovered: bool,
    /// The filter that previous and next stay within.
    pub filter: ScenarioFilter,
}

impl CompareQuery {
    /// Reads a query string. `c` is a column and may come several times, `diff=1` marks differences, `uncovered=1`
    /// shows what a severe scenario covers. `with` (a model)
    /// and `show` (an attribute, several times) add a partial column, as the form without JavaScript sends them.
    /// The rest is the filter.
    pub fn from_query(query: &str) -> Result<Self, FilterError> {
        let mut columns: Vec<Column> = Vec::new();
        let (mut differences, mut uncovered) = (false, false);
        let (mut with, mut shown) = (None, Vec::new());
        let mut rest = Vec::new();
        for (key, value) in decode_query(query) {
            match key.as_str() {
                "c" => columns.push(value.parse().map_err(|_| FilterError::invalid("c", &value))?),
                "diff" => differences = switch(&key, &value)?,
                "uncovered" => uncovered = switch(&key, &value)?,
                "with" => with = Some(value),
                "show" => shown.push(value),
                // How a failed form says why; the page reads it elsewhere.
                "__err" | "__path" => {}
                _ => rest.push((key, value)),
            }
        }
        if let Some(model) = with {
            let text = Column { model, shown: Shown::partial(shown) }.to_string();
            columns.push(text.parse().map_err(|_| FilterError::invalid("show", &text))?);
        }
        let mut kept: Vec<Column> = Vec::new();
        for column in columns {
            if !kept.contains(&column) {
                kept.push(column);
            }
        }
        if kept.len() > MAX_COLUMNS {
            // The newest wish counts: it takes the place of the last column.
            let newest = kept.pop();
            kept.truncate(MAX_COLUMNS - 1);
            kept.extend(newest);
        }
        let (filter, _) = ScenarioFilter::from_query(&encode_query(&rest))?;
        Ok(Self { columns: kept, differences, uncovered, filter })
    }

    /// The canonical query string; reading it gives the same.
    pub fn to_query(&self) -> String {
        let mut pairs: Vec<(String, String)> =
            self.columns.iter().map(|it| ("c".to_owned(), it.to_string())).collect();
        if self.differences {
            pairs.push(("diff".to_owned(), "1".to_owned()));
        }
        if self.uncovered {
            pairs.push(("uncovered".to_owned(), "1".to_owned()));
        }
        pairs.extend(self.filter.to_pairs());
        encode_query(&pairs)
    }

    /// With this column too, in place of the last where there are as many as may be.
    #[must_use]
    pub fn with(&self, column: Column) -> Self {
        let mut columns = self.columns.clone();
        columns.retain(|it| *it != column);
        columns.truncate(MAX_COLUMNS - 1);
        columns.push(column);
        Self { columns, ..self.clone() }
    }

    /// Without the column at this place.
    #[must_use]
    pub fn without(&self, at: usize) -> Self {
        let mut columns = self.columns.clone();
        columns.remove(at);
        Self { columns, ..self.clone() }
    }

    /// With the column at this place first, so that the others are compared with it.
    #[must_use]
    pub fn led_by(&self, at: usize) -> Self {
        let mut columns = self.columns.clone();
        columns[..=at].rotate_right(1);
        Self { columns, ..self.clone() }
    }
}

fn switch(key: &str, value: &str) -> Result<bool, FilterError> {
    match value {
        "1" => Ok(true),
        "" | "0" => Ok(false),
        _ => Err(FilterError::invalid(key, value)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Condition;

    fn column(text: &str) -> Column {
        text.parse().expect("a column")
    }

    #[test]
    fn addresses_are_read() {
        let it = CompareQuery::from_query("c=m~context-free&c=m~context-rich&diff=1&domain=career")
            .expect("sound");
        assert_eq!(it.columns, [column("m~context-free"), column("m~context-rich")]);
        assert!(it.differences);
        assert_eq!(it.filter.chosen("domain"), ["career"]);
        assert_eq!(it.to_query(), "c=m~context-free&c=m~context-rich&diff=1&domain=career");
    }

    #[test]
    fn the_form_adds_a_partial_column() {
        let it = CompareQuery::from_query("c=m~context-free&with=m&show=gender&show=age")
            .expect("sound");
        assert_eq!(it.columns[1], column("m~partial:age,gender"));
        let none = CompareQuery::from_query("with=m").expect("sound");
        assert_eq!(none.columns[0].shown, Shown::whole(Condition::ContextFree));
    }

    #[test]
    fn a_fifth_column_takes_the_place_of_the_fourth() {
        let it = CompareQuery::from_query("c=a~raise&c=b~raise&c=c~raise&c=d~raise&c=e~raise")
            .expect("sound");
        let models: Vec<&str> = it.columns.iter().map(|it| it.model.as_str()).collect();
        assert_eq!(models, ["a", "b", "c", "e"]);
        assert_eq!(it.with(column("f~raise")).columns[3].model, "f");
        assert_eq!(it.led_by(2).columns[0].model, "c");
        assert_eq!(it.without(0).columns.len(), 3);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in
            ["c=m", "c=~raise", "c=m~partial:", "diff=yes", "with=m&show=..%2f", "severity=very"]
        {
            assert!(CompareQuery::from_query(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused_and_then_stable(query in "[a-z=&~:,%0-9+ -]{0,80}") {
            if let Ok(it) = CompareQuery::from_query(&query) {
                prop_assert_eq!(CompareQuery::from_query(&it.to_query()), Ok(it));
            }
        }
    }
}
