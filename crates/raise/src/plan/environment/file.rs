//! The file as it is written, and what can be wrong with it.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{Environment, EnvironmentError, MOST_IN_TABLE, SCALE, Scores, Sum};
use crate::plan::set::AttributeSet;

/// The largest number that means anything; sums of such stay exact enough.
const MOST: f64 = 1e6;

/// Keys in the order in which they were written, twice where they were written twice.
pub(super) struct Entries<T>(Vec<(String, T)>);

/// The parts of a file.
#[derive(Default)]
pub(super) struct File {
    attributes: Option<Vec<String>>,
    base: Option<f64>,
    main: Option<Entries<f64>>,
    pair: Option<Entries<f64>>,
    clip: Option<[f64; 2]>,
    table: Option<Entries<f64>>,
    cost: Option<Entries<f64>>,
    prior: Option<Vec<String>>,
    noise_sd: Option<f64>,
    seed: Option<u64>,
    unknown: Vec<String>,
    twice: Option<String>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of numbers")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    let value = map.next_value().map_err(|error| at(&key, &error))?;
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(Reader(std::marker::PhantomData))
    }
}

/// An error of a value, with its key.
fn at<E: serde::de::Error>(key: &str, error: &E) -> E {
    E::custom(format_args!("{key}: {error}"))
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = File;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with attributes, and base and main or a table")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
                let mut file = File::default();
                while let Some(key) = map.next_key::<String>()? {
                    file.take(&key, &mut map).map_err(|error| at(&key, &error))?;
                }
                Ok(file)
            }
        }
        from.deserialize_map(Reader)
    }
}

impl File {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let twice = match key {
            "attributes" => self.attributes.replace(map.next_value()?).is_some(),
            "base" => self.base.replace(map.next_value()?).is_some(),
            "main" => self.main.replace(map.next_value()?).is_some(),
            "table" => self.table.replace(map.next_value()?).is_some(),
            // What may be absent may be null.
            "pair" => optional(&mut self.pair, map)?,
            "clip" => optional(&mut self.clip, map)?,
            "cost" => optional(&mut self.cost, map)?,
            "prior" => optional(&mut self.prior, map)?,
            "noise_sd" => optional(&mut self.noise_sd, map)?,
            "seed" => optional(&mut self.seed, map)?,
            _ => {
                map.next_value::<IgnoredAny>()?;
                self.unknown.push(key.to_owned());
                false
            }
        };
        if twice {
            self.twice = Some(key.to_owned());
        }
        Ok(())
    }

    pub(super) fn checked(self) -> Result<Environment, EnvironmentError> {
        if let Some(key) = self.twice {
            return wrong(key, "it is there twice");
        }
        let Some(attributes) = self.attributes else {
            return wrong("attributes", "it is missing; list the names of the attributes");
        };
        let names = Names::new(&attributes)?;
        let scores = match (self.table, self.base) {
            (Some(table), None) => {
                let extra = [("main", self.main.is_some()), ("pair", self.pair.is_some())];
                if let Some((key, _)) = extra.iter().find(|(_, there)| *there) {
                    return wrong(*key, "a table gives every score, so nothing can add to it");
                }
                if self.clip.is_some() {
                    return wrong("clip", "a table’s scores are not cut; they are from 1 to 5");
                }
                Scores::Table(names.table(table)?)
            }
            (None, Some(base)) => Scores::Sum(Sum {
                base: finite("base", base)?,
                main: names.of_each("main", self.main)?,
                pair: names.pairs(self.pair)?,
                clip: self.clip.map(clip).transpose()?,
            }),
            (Some(_), Some(_)) => {
                return wrong("table", "there is a base too; give either a table or base and main");
            }
            (None, None) => {
                return wrong("base", "it is missing, and so is a table; give one of the two");
            }
        };
        let cost = names.of_each("cost", self.cost)?;
        if let Some(at) = cost.iter().position(|it| *it < 0.0) {
            return wrong(format!("cost.{}", attributes[at]), "a cost is not below 0");
        }
        let noise_sd = finite("noise_sd", self.noise_sd.unwrap_or(0.0))?;
        if noise_sd < 0.0 {
            return wrong("noise_sd", "a deviation is not below 0");
        }
        let prior = self.prior.map(|it| names.ranking(&it)).transpose()?;
        let unknown = self.unknown;
        Ok(Environment { attributes, scores, cost, prior, noise_sd, seed: self.seed, unknown })
    }
}

fn optional<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    place: &mut Option<T>,
    map: &mut A,
) -> Result<bool, A::Error> {
    let twice = place.is_some();
    *place = map.next_value()?;
    Ok(twice)
}

fn wrong<T>(key: impl Into<String>, what: impl Into<String>) -> Result<T, EnvironmentError> {
    Err(EnvironmentError::Wrong { key: key.into(), what: what.into() })
}

fn finite(key: &str, value: f64) -> Result<f64, EnvironmentError> {
    if value.abs() <= MOST {
        Ok(value)
    } else {
        wrong(key, format!("{value} is too far from 0; {MOST} is the most"))
    }
}

fn clip([low, high]: [f64; 2]) -> Result<[f64; 2], EnvironmentError> {
    finite("clip", low)?;
    finite("clip", high)?;
    if low > high {
        return wrong("clip", format!("{low} is above {high}; the lower bound comes first"));
    }
    Ok([low, high])
}

/// Where each attribute stands.
struct Names<'a> {
    list: &'a [String],
    places: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(list: &'a [String]) -> Result<Self, EnvironmentError> {
        if list.is_empty() || list.len() > AttributeSet::MOST {
            let found = list.len();
            return wrong(
                "attributes",
                format!("there are {found}; 1 to {} are possible", AttributeSet::MOST),
            );
        }
        let mut places = HashMap::new();
        for (place, name) in list.iter().enumerate() {
            if name.trim().is_empty() {
                return wrong("attributes", format!("name {} is empty", place + 1));
            }
            if name.contains('+') {
                return wrong("attributes", format!("“{name}” has a +, which joins attributes"));
            }
            if places.insert(name.as_str(), place).is_some() {
                return wrong("attributes", format!("“{name}” is there twice"));
            }
        }
        Ok(Self { list, places })
    }

    fn place(&self, key: &str, name: &str) -> Result<usize, EnvironmentError> {
        self.places
            .get(name)
            .map_or_else(|| wrong(key, format!("“{name}” is none of the attributes")), |it| Ok(*it))
    }

    /// A number for each attribute, 0 where none is given.
    fn of_each(
        &self,
        key: &str,
        entries: Option<Entries<f64>>,
    ) -> Result<Vec<f64>, EnvironmentError> {
        let mut values = vec![None; self.list.len()];
        for (name, value) in entries.map_or_else(Vec::new, |it| it.0) {
            let place = self.place(key, &name)?;
            let value = finite(&format!("{key}.{name}"), value)?;
            if values[place].replace(value).is_some() {
                return wrong(key, format!("“{name}” is there twice"));
            }
        }
        Ok(values.into_iter().map(Option::unwrap_or_default).collect())
    }

    fn pairs(
        &self,
        entries: Option<Entries<f64>>,
    ) -> Result<Vec<(AttributeSet, f64)>, EnvironmentError> {
        let mut pairs: Vec<(AttributeSet, f64)> = Vec::new();
        for (names, effect) in entries.map_or_else(Vec::new, |it| it.0) {
            let key = format!("pair.{names}");
            let Some((one, other)) = names.split_once('+').filter(|(_, it)| !it.contains('+'))
            else {
                return wrong(key, "a pair is two attributes joined by one +");
            };
            let [one, other] = [self.place(&key, one)?, self.place(&key, other)?];
            if one == other {
                return wrong(key, "an attribute makes no pair with itself");
            }
            let pair = AttributeSet::EMPTY.with(one).with(other);
            if pairs.iter().any(|(it, _)| *it == pair) {
                return wrong(key, "the pair is there twice");
            }
            pairs.push((pair, finite(&key, effect)?));
        }
        Ok(pairs)
    }

    fn table(&self, entries: Entries<f64>) -> Result<Vec<f64>, EnvironmentError> {
        let count = self.list.len();
        if count > MOST_IN_TABLE {
            return wrong(
                "table",
                format!("{count} attributes have too many subsets; {MOST_IN_TABLE} are the most"),
            );
        }
        let mut scores = vec![None; 1 << count];
        for (names, score) in entries.0 {
            let key = format!("table.{names}");
            let set = self.subset(&key, &names)?;
            let [low, high] = SCALE;
            if !(low..=high).contains(&score) {
                return wrong(key, format!("{score} is no score; scores are from 1 to 5"));
            }
            if scores[set.bits() as usize].replace(score).is_some() {
                return wrong(key, "the subset is there twice");
            }
        }
        let missing = scores.iter().position(Option::is_none);
        if let Some(bits) = missing.and_then(|it| u32::try_from(it).ok()) {
            let names: Vec<&str> =
                AttributeSet::from_bits(bits).iter().map(|it| self.list[it].as_str()).collect();
            let all = scores.len();
            return wrong(
                "table",
                format!("the subset “{}” is missing; all {all} must be there", names.join("+")),
            );
        }
        Ok(scores.into_iter().flatten().collect())
    }

    /// A key of the table.
    fn subset(&self, key: &str, names: &str) -> Result<AttributeSet, EnvironmentError> {
        let mut set = AttributeSet::EMPTY;
        let mut last = None;
        for name in names.split('+').filter(|_| !names.is_empty()) {
            let place = self.place(key, name)?;
            if set.has(place) {
                return wrong(key, format!("“{name}” is in it twice"));
            }
            if last.is_some_and(|it| it > place) {
                return wrong(key, "its attributes are not in the order of the attributes");
            }
            set = set.with(place);
            last = Some(place);
        }
        Ok(set)
    }

    fn ranking(&self, names: &[String]) -> Result<Vec<usize>, EnvironmentError> {
        let mut ranking = Vec::new();
        for name in names {
            let place = self.place("prior", name)?;
            if ranking.contains(&place) {
                return wrong("prior", format!("“{name}” is there twice"));
            }
            ranking.push(place);
        }
        if let Some(name) = (0..self.list.len()).find(|it| !ranking.contains(it)) {
            return wrong(
                "prior",
                format!("“{}” is missing; it ranks every attribute", self.list[name]),
            );
        }
        Ok(ranking)
    }
}
