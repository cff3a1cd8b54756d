//! A plan's search, to be looked at.

use std::collections::BTreeMap;

use domain::{Plan, PlanOrigin, Scenario};
use raise::plan::AttributeSet;
use serde::Deserialize;

use super::PlanView;
use crate::{Ctx, Engine, EngineError};

/// Sets of attributes that a search looked at, and what it saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Searched {
    /// Attribute keys; a set's bits count them.
    pub attributes: Vec<String>,
    /// What was seen at each set. A set leads to every set that has one attribute more.
    pub sets: BTreeMap<AttributeSet, Seen>,
}

/// What a search saw at a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// How often it was gone through, or evaluated.
    pub visits: u64,
    /// Mean score at it and below, less costs.
    pub mean: f64,
    /// Best score at it and below.
    pub best: f64,
}

#[derive(Deserialize)]
struct Stored {
    attributes: Vec<String>,
    sets: Vec<(u32, u64, f64, f64)>,
}

impl Searched {
    fn read(plan: &Plan) -> Option<Self> {
        let stored: Stored = serde_json::from_str(plan.tree.as_deref()?).ok()?;
        let sets = stored.sets.into_iter().map(|(set, visits, mean, best)| {
            (AttributeSet::from_bits(set), Seen { visits, mean, best })
        });
        let searched = Self { attributes: stored.attributes, sets: sets.collect() };
        (!searched.sets.is_empty()).then_some(searched)
    }

    /// The search of a seed plan is not stored: its environment is at hand, and looking at all of it takes a moment.
    fn of_seed(plan: &Plan, scenario: &Scenario) -> Option<Self> {
        let known = |it: &str| scenario.profile.get(it).is_some();
        let seed = raise::seed_plan(plan.path.len(), known).ok()??;
        let sets = seed.outcome.tree?.into_iter().map(|it| {
            let seen = Seen { visits: u64::from(it.visits), mean: it.mean, best: it.best };
            (it.set, seen)
        });
        Some(Self { attributes: seed.attributes, sets: sets.collect() })
    }

    /// The set of these attributes; those that the search did not know are left out.
    pub fn set<'a>(&self, keys: impl Iterator<Item = &'a str>) -> AttributeSet {
        keys.filter_map(|key| self.attributes.iter().position(|it| it == key)).collect()
    }

    /// The attributes that one can go on with from a set, with what was seen there: the best mean first.
    pub fn next(&self, from: AttributeSet) -> Vec<(&str, Seen)> {
        let open = self.attributes.iter().enumerate().filter(|it| !from.has(it.0));
        let mut next: Vec<(&str, Seen)> = open
            .filter_map(|(at, key)| Some((key.as_str(), *self.sets.get(&from.with(at))?)))
            .collect();
        next.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
        next
    }
}

impl Engine {
    /// A plan with what its search saw, where that is known.
    pub async fn plan_search(
        &self,
        ctx: &Ctx,
        id: &domain::PlanId,
    ) -> Result<(PlanView, Option<Searched>), EngineError> {
        let view = self.plan_read(ctx, id).await?;
        let searched = Searched::read(&view.plan).or_else(|| {
            let is_seed = view.plan.origin == PlanOrigin::Seed;
            is_seed.then(|| Searched::of_seed(&view.plan, &view.scenario)).flatten()
        });
        Ok((view, searched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walks_from_set_to_set() {
        let seen = |mean| Seen { visits: 1, mean, best: mean };
        let set = |bits| AttributeSet::from_bits(bits);
        let searched = Searched {
            attributes: ["age", "gender", "profession"].map(str::to_owned).into(),
            sets: [(0, 2.0), (1, 2.5), (2, 3.0), (3, 3.5)].map(|it| (set(it.0), seen(it.1))).into(),
        };
        let next = |keys: &[&str]| -> Vec<(String, f64)> {
            let from = searched.set(keys.iter().copied());
            searched.next(from).into_iter().map(|it| (it.0.to_owned(), it.1.mean)).collect()
        };
        assert_eq!(next(&[]), [("gender".to_owned(), 3.0), ("age".to_owned(), 2.5)]);
        assert_eq!(next(&["age", "shoe_size"]), [("gender".to_owned(), 3.5)]);
        assert_eq!(next(&["age", "gender"]), []);
    }
}
