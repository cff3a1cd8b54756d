//! What a model was shown of a scenario, and a column of a comparison.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::scenario::wire_enum;

wire_enum! {
    /// How much of the person a model knew.
    Condition {
        /// The query alone.
        ContextFree = "context-free", "Context-free";
        /// The query and the whole profile.
        ContextRich = "context-rich", "Context-rich";
        /// The query and some attributes of the profile.
        Partial = "partial", "Partial context";
        /// The abstention loop without the planner.
        RaiseAgent = "raise-agent", "RAISE agent";
        /// The whole of RAISE.
        Raise = "raise", "RAISE";
    }
}

/// A condition and, where it is partial, the attributes that were shown.
///
/// As text: the condition's key, and for a partial one a colon and the attribute keys, sorted and joined by
/// commas: `partial:age,gender`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shown {
    condition: Condition,
    attributes: Vec<String>,
}

/// A text is no [`Shown`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is no condition; one is context-free, context-rich, raise-agent, raise, or partial:age,gender"
)]
pub struct ShownError(String);

impl Shown {
    /// A condition that is not partial.
    pub fn whole(condition: Condition) -> Self {
        Self { condition, attributes: Vec::new() }
    }

    /// A partial condition of these attributes; with none of them it is context-free.
    pub fn partial(attributes: impl IntoIterator<Item = String>) -> Self {
        let mut attributes: Vec<String> = attributes.into_iter().collect();
        attributes.sort();
        attributes.dedup();
        if attributes.is_empty() {
            return Self::whole(Condition::ContextFree);
        }
        Self { condition: Condition::Partial, attributes }
    }

    /// The condition.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// The attributes of a partial condition, sorted; empty for the others.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Whether an attribute was shown. What RAISE asked is not known here.
    pub fn shows(&self, attribute: &str) -> bool {
        match self.condition {
            Condition::ContextRich => true,
            Condition::Partial => self.attributes.iter().any(|it| it == attribute),
            Condition::ContextFree | Condition::RaiseAgent | Condition::Raise => false,
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.key())?;
        if self.condition == Condition::Partial {
            write!(f, ":{}", self.attributes.join(","))?;
        }
        Ok(())
    }
}

impl FromStr for Shown {
    type Err = ShownError;

    fn from_str(text: &str) -> Result<Self, ShownError> {
        let error = || ShownError(text.chars().take(80).collect());
        let key = |it: &str| {
            !it.is_empty()
                && it.len() <= 40
                && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        };
        match text.split_once(':') {
            Some(("partial", list)) if list.split(',').all(key) => {
                Ok(Self::partial(list.split(',').map(str::to_owned)))
            }
            Some(_) => Err(error()),
            None => match Condition::from_key(text) {
                Some(Condition::Partial) | None => Err(error()),
                Some(condition) => Ok(Self::whole(condition)),
            },
        }
    }
}

impl TryFrom<String> for Shown {
    type Error = ShownError;

    fn try_from(text: String) -> Result<Self, ShownError> {
        text.parse()
    }
}

impl From<Shown> for String {
    fn from(it: Shown) -> Self {
        it.to_string()
    }
}

/// A column of a comparison: which model, shown what. As text `model~shown`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Key of the model.
    pub model: String,
    /// What it was shown.
    pub shown: Shown,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.model, self.shown)
    }
}

impl FromStr for Column {
    type Err = ShownError;

    fn from_str(text: &str) -> Result<Self, ShownError> {
        let (model, shown) = text.rsplit_once('~').ok_or_else(|| ShownError(text.to_owned()))?;
        if model.is_empty() || model.len() > 200 {
            return Err(ShownError(text.chars().take(80).collect()));
        }
        Ok(Self { model: model.to_owned(), shown: shown.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<Shown>().map(|it| it.to_string()).as_deref(), Ok(expected));
        };
        check("context-free", "context-free");
        check("raise", "raise");
        check("partial:gender,age,age", "partial:age,gender");
        for bad in ["", "partial", "partial:", "partial:a,,b", "partial:../x", "raise:age", "Raise"]
        {
            assert!(bad.parse::<Shown>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_of_a_profile_is_context_free() {
        assert_eq!(Shown::partial([]), Shown::whole(Condition::ContextFree));
    }

    proptest! {
        #[test]
        fn columns_round_trip(model in "[a-zA-Z0-9/._~ -]{1,40}", attributes in proptest::collection::vec("[a-z_]{1,12}", 0..4)) {
            let column = Column { model, shown: Shown::partial(attributes) };
            prop_assert_eq!(column.to_string().parse::<Column>(), Ok(column));
        }
    }
}
