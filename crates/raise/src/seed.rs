//! Plans to begin with, before any model was asked: the published figures of one attribute at a time, added up.

use std::sync::LazyLock;

use serde_json::Value;

use crate::plan::{AttributeSet, Environment, Outcome, PlanError, Settings, Strategy, simulate};

static FILE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/seed_environment.json"))
        .expect("a tested file of our own")
});

/// The best path through the seed environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// The attributes that were looked at, in their order.
    pub attributes: Vec<String>,
    /// The score when nothing is known.
    pub base: f64,
    /// The path, found by looking at every set: the environment costs nothing.
    pub outcome: Outcome,
}

/// The seed environment cut down to the attributes that `known` keeps; `None` where it keeps none.
///
/// # Panics
/// Never: a test reads the shipped file, and fewer attributes leave it sound.
pub fn seed_environment(known: impl Fn(&str) -> bool) -> Option<Environment> {
    let mut file = FILE.clone();
    let attributes = file["attributes"].as_array_mut()?;
    attributes.retain(|it| it.as_str().is_some_and(&known));
    if attributes.is_empty() {
        return None;
    }
    if let Some(main) = file["main"].as_object_mut() {
        main.retain(|key, _| known(key));
    }
    Some(Environment::parse(&file.to_string()).expect("a tested file of our own"))
}

/// Plans in the seed environment, with at most `depth` of the attributes that `known` keeps; `None` where it keeps none.
pub fn seed_plan(depth: usize, known: impl Fn(&str) -> bool) -> Result<Option<Seed>, PlanError> {
    let Some(world) = seed_environment(known) else { return Ok(None) };
    let settings = Settings { strategy: Strategy::Oracle, depth, ..Settings::of(&world) };
    let outcome = simulate(&world, settings)?;
    let (base, attributes) = (world.score(AttributeSet::EMPTY), world.attributes().to_vec());
    Ok(Some(Seed { attributes, base, outcome }))
}

/// All attributes of the seed environment, those that add most first: a ranking where no model gives one.
pub fn seed_ranking() -> Vec<String> {
    let Some(world) = seed_environment(|_| true) else { return Vec::new() };
    let alone = |it: usize| world.score(AttributeSet::EMPTY.with(it));
    let mut order: Vec<usize> = (0..world.attributes().len()).collect();
    order.sort_by(|left, right| alone(*right).total_cmp(&alone(*left)));
    order.into_iter().map(|it| world.attributes()[it].clone()).collect()
}

#[cfg(test)]
mod tests {
    use domain::Schema;

    use super::*;

    #[test]
    fn its_attributes_are_those_of_the_schema() {
        let schema = Schema::shipped();
        let keys: Vec<&String> = schema.attributes.iter().map(|it| &it.key).collect();
        let world = seed_environment(|_| true).expect("all of them");
        assert_eq!(world.attributes().iter().collect::<Vec<_>>(), keys);
    }

    #[test]
    fn what_adds_most_is_asked_first_of_what_is_known() {
        let check = |known: &[&str], depth, expected: &[(&str, f64)]| {
            let seed = seed_plan(depth, |it| known.contains(&it)).expect("planned");
            let seed = seed.expect("something is known");
            let found = seed.outcome.path.iter().map(String::as_str);
            let found: Vec<_> = found.zip(seed.outcome.expected.iter().copied()).collect();
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.0, expected.0);
                assert!((found.1 - expected.1).abs() < 1e-9, "{found:?}");
            }
            assert!((seed.base - 3.12).abs() < 1e-12);
        };
        check(&["age", "gender"], 5, &[("age", 3.43), ("gender", 3.64)]);
        check(&["age", "emotional_state", "gender"], 1, &[("emotional_state", 3.9)]);
        assert_eq!(seed_plan(5, |_| false), Ok(None));
        let seed = seed_plan(5, |_| true).expect("planned").expect("all is known");
        let most = ["mental_health_status", "emotional_state", "self_harm_history"];
        assert_eq!(seed.outcome.path[..3], most);
        assert_eq!(seed.outcome.path[3..], ["health_status", "education_level"]);
    }

    #[test]
    fn the_ranking_begins_with_what_adds_most() {
        let ranking = seed_ranking();
        assert_eq!(ranking[..2], ["mental_health_status", "emotional_state"]);
        assert_eq!((ranking.len(), ranking[9].as_str()), (10, "gender"));
    }
}
