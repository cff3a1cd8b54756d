//! Simulated people, for evaluation: what they say comes from templates of ours (`data/simulated.toml`), by a seed.

use std::{fmt, str::FromStr, sync::LazyLock};

use domain::Scenario;
use serde::{Deserialize, Serialize};

use crate::prompt::filled;

/// How somebody replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// With the true value.
    Direct,
    /// With a part of it, hedged.
    Partial,
    /// With words that say nothing.
    Evasive,
    /// By not saying.
    Declining,
    /// With something else.
    OffTopic,
}

impl Manner {
    /// Every manner, in order.
    pub const ALL: [Self; 5] =
        [Self::Direct, Self::Partial, Self::Evasive, Self::Declining, Self::OffTopic];

    /// Its stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Partial => "partial",
            Self::Evasive => "evasive",
            Self::Declining => "declining",
            Self::OffTopic => "off-topic",
        }
    }
}

/// A mixture of manners: each reply draws one by its weight. As text: `direct=0.6,partial=0.2,declining=0.2`; a manner
/// alone, `direct`, has the weight 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Users(Vec<(Manner, f64)>);

/// A text is no mixture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsersError {
    /// No such manner.
    #[error("“{0}” is no manner; one is direct, partial, evasive, declining or off-topic")]
    Manner(String),
    /// No weight.
    #[error("“{0}” is no weight; one is a number of 0 or more, such as 0.6")]
    Weight(String),
    /// Nothing to draw from.
    #[error("a mixture needs a manner with a weight above 0, such as direct=0.8,declining=0.2")]
    Empty,
}

impl Default for Users {
    fn default() -> Self {
        Self(vec![(Manner::Direct, 1.0)])
    }
}

impl FromStr for Users {
    type Err = UsersError;

    fn from_str(text: &str) -> Result<Self, UsersError> {
        let mut mixture = Vec::new();
        for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let (key, weight) = part.split_once('=').unwrap_or((part, "1"));
            let key = key.trim();
            let manner = Manner::ALL.into_iter().find(|it| it.key() == key);
            let manner = manner.ok_or_else(|| UsersError::Manner(key.to_owned()))?;
            let parsed = weight.trim().parse().ok().filter(|it: &f64| it.is_finite() && *it >= 0.0);
            let weight = parsed.ok_or_else(|| UsersError::Weight(weight.trim().to_owned()))?;
            mixture.push((manner, weight));
        }
        if mixture.iter().any(|it| it.1 > 0.0) { Ok(Self(mixture)) } else { Err(UsersError::Empty) }
    }
}

impl TryFrom<String> for Users {
    type Error = UsersError;

    fn try_from(text: String) -> Result<Self, UsersError> {
        text.parse()
    }
}

impl From<Users> for String {
    fn from(users: Users) -> Self {
        users.to_string()
    }
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (manner, weight)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}={weight}", manner.key())?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Templates {
    direct: Vec<String>,
    partial: Vec<String>,
    evasive: Vec<String>,
    declining: Vec<String>,
    off_topic: Vec<String>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/simulated.toml")).expect("a tested file of our own")
});

impl Users {
    /// What the person of this scenario says when asked for an attribute the `nth` time, and how. The same arguments
    /// give the same reply. Who has nothing to tell declines.
    pub fn reply(
        &self,
        scenario: &Scenario,
        attribute: &str,
        nth: u64,
        seed: u64,
    ) -> (Manner, String) {
        let mut draw = Draw::new(seed, &[&scenario.id.to_string(), attribute, &nth.to_string()]);
        let value = scenario.profile.get(attribute).map(|it| it.text.trim());
        let value = value.filter(|it| !it.is_empty());
        let manner = if value.is_some() { self.drawn(&mut draw) } else { Manner::Declining };
        let templates = match manner {
            Manner::Direct => &TEMPLATES.direct,
            Manner::Partial => &TEMPLATES.partial,
            Manner::Evasive => &TEMPLATES.evasive,
            Manner::Declining => &TEMPLATES.declining,
            Manner::OffTopic => &TEMPLATES.off_topic,
        };
        let value = value.unwrap_or_default();
        let told = if manner == Manner::Partial { first_half(value) } else { value.to_owned() };
        let template = &templates[draw.below(templates.len())];
        (manner, filled(template, &[("value", &told)]))
    }

    fn drawn(&self, draw: &mut Draw) -> Manner {
        let total: f64 = self.0.iter().map(|it| it.1).sum();
        let mut left = draw.unit() * total;
        for (manner, weight) in &self.0 {
            left -= weight;
            if left < 0.0 {
                return *manner;
            }
        }
        // Rounding: the last one that can be drawn.
        self.0.iter().rev().find(|it| it.1 > 0.0).map_or(Manner::Direct, |it| it.0)
    }
}

/// The first half of the words, at least one.
fn first_half(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    words[..words.len().div_ceil(2)].join(" ")
}

/// Numbers that follow from a seed and some names: FNV-1a, then `SplitMix64` (Steele, Lea and Flood, 2014).
struct Draw(u64);

impl Draw {
    fn new(seed: u64, names: &[&str]) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325 ^ seed;
        for byte in names.iter().flat_map(|it| it.bytes().chain([0])) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// From 0 up to but not including 1.
    fn unit(&mut self) -> f64 {
        let top = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(top) / 4_294_967_296.0
    }

    fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % count).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixtures_are_read_and_written() {
        let check = |text: &str, expected: Result<&str, UsersError>| {
            let found = text.parse::<Users>().map(|it| it.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        };
        check("direct", Ok("direct=1"));
        check(" direct=0.6, off-topic=0.4 ", Ok("direct=0.6,off-topic=0.4"));
        check("", Err(UsersError::Empty));
        check("direct=0", Err(UsersError::Empty));
        check("rude=1", Err(UsersError::Manner("rude".to_owned())));
        check("direct=-1", Err(UsersError::Weight("-1".to_owned())));
        check("direct=inf", Err(UsersError::Weight("inf".to_owned())));
    }

    #[test]
    fn draws_follow_the_weights_and_the_seed() {
        let users: Users = "direct=0.75,evasive=0.25".parse().expect("a mixture");
        let count = (0..4000u64)
            .filter(|seed| users.drawn(&mut Draw::new(*seed, &["a"])) == Manner::Direct)
            .count();
        assert!((2900..3100).contains(&count), "{count} of 4000");
        let first = |seed| Draw::new(seed, &["x", "y"]).next();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
