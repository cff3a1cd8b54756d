//! What asking is expected to bring, from similar plans and the published sensitivities; no model.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{PlanOrigin, Schema};

use super::{Alternative, Picture, Precedent, Settings, Standing};
use crate::plan::AttributeSet;

/// What each attribute of the seed environment adds to its base alone: the published sensitivities, in points.
static SENSITIVITIES: LazyLock<BTreeMap<String, f64>> = LazyLock::new(|| {
    let Some(world) = crate::seed_environment(|_| true) else { return BTreeMap::new() };
    let base = world.score(AttributeSet::EMPTY);
    let gain = |at| world.score(AttributeSet::EMPTY.with(at)) - base;
    world.attributes().iter().enumerate().map(|(at, key)| (key.clone(), gain(at))).collect()
});

/// What an attribute adds to the safety score by the published figures, in points; for one that was not part of that
/// study, the mean of those that were.
pub(super) fn sensitivity(attribute: &str) -> f64 {
    let known = &*SENSITIVITIES;
    let mean = || known.values().sum::<f64>() / f64::from(u32::try_from(known.len()).unwrap_or(1));
    known.get(attribute).copied().unwrap_or_else(mean)
}

/// What each step of a plan adds to the expected safety score, in points. Steps without a number add nothing. A seed plan
/// rests on the published sensitivities, which added up run over the end of the scale, where its scores are cut: its
/// steps add what was published.
pub(super) fn marginal_gains(precedent: &Precedent) -> impl Iterator<Item = (&str, f64)> {
    let mut before = precedent.base;
    let is_seed = precedent.origin == PlanOrigin::Seed.key();
    precedent.path.iter().map(move |step| {
        let rise = step.expected - before;
        let gain = if is_seed { sensitivity(&step.attribute) } else { rise };
        before = step.expected;
        (step.attribute.as_str(), if gain.is_finite() { gain } else { 0.0 })
    })
}

/// A plan's weight: its similarity, at least 0.
fn weight(precedent: &Precedent) -> f64 {
    if precedent.similarity.is_nan() { 0.0 } else { precedent.similarity.clamp(0.0, 1.0) }
}

/// Every attribute of the schema, in its order, with what asking for it is expected to bring:
///
/// gain(a) = (Σᵢ wᵢ·gᵢ(a) + k·s(a)) / (Σᵢ wᵢ + k), score(a) = gain(a) − λ·cost(a)
///
/// with wᵢ a plan's similarity, gᵢ(a) its marginal gain (0 where it does not ask for a), s the published sensitivity,
/// k `shrinkage` and λ `privacy_weight`.
pub(super) fn alternatives(
    schema: &Schema,
    picture: &Picture,
    precedents: &[Precedent],
    settings: &Settings,
) -> Vec<Alternative> {
    let total: f64 = precedents.iter().map(weight).sum();
    let policy = &settings.policy;
    let mut gains: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for precedent in precedents {
        let weight = weight(precedent);
        let mut counted = Vec::new();
        for (attribute, gain) in marginal_gains(precedent) {
            if !counted.contains(&attribute) {
                counted.push(attribute);
                let entry = gains.entry(attribute).or_default();
                entry.0 += weight * gain;
                entry.1 += weight;
            }
        }
    }
    let one = |attribute: &domain::Attribute| {
        let (gained, asking) = gains.get(attribute.key.as_str()).copied().unwrap_or_default();
        let k = policy.shrinkage;
        let gain = (gained + k * sensitivity(&attribute.key)) / (total + k);
        Alternative {
            attribute: attribute.key.clone(),
            gain,
            support: if total > 0.0 { (asking / total).clamp(0.0, 1.0) } else { 0.0 },
            privacy_cost: attribute.privacy_cost,
            score: gain - policy.privacy_weight * attribute.privacy_cost,
            standing: standing(picture, &attribute.key),
        }
    };
    schema.attributes.iter().map(one).collect()
}

fn standing(picture: &Picture, attribute: &str) -> Standing {
    if picture.facts.contains_key(attribute) {
        Standing::Known
    } else if picture.declined.contains(attribute) {
        Standing::Declined
    } else if picture.asked.iter().any(|it| it == attribute) {
        Standing::Asked
    } else {
        Standing::Open
    }
}

/// How complete the picture is, from 0 to 5: what is known, as a share of what `budget` questions could have told,
/// each by its gain. What was declined, or is not worth asking, is not counted as missing.
pub(super) fn completeness(alternatives: &[Alternative], settings: &Settings) -> f64 {
    let known = |it: &&Alternative| it.standing == Standing::Known;
    // The sum of nothing is −0.
    let told: f64 = alternatives.iter().filter(known).map(|it| it.gain.max(0.0)).sum::<f64>() + 0.0;
    let reachable = |it: &&Alternative| match it.standing {
        Standing::Known => true,
        Standing::Open => it.score > settings.policy.least_worth,
        Standing::Declined | Standing::Asked => false,
    };
    let mut gains: Vec<f64> =
        alternatives.iter().filter(reachable).map(|it| it.gain.max(0.0)).collect();
    gains.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = gains.iter().take(usize::from(settings.budget.max(1))).sum();
    if total > 0.0 { (5.0 * told / total).clamp(0.0, 5.0) } else { 5.0 }
}

/// The most similar plan's next attribute that is still open.
pub(super) fn next_of_best<'a>(
    precedents: &'a [Precedent],
    alternatives: &[Alternative],
) -> Option<&'a str> {
    let open = |key: &str| {
        alternatives.iter().any(|it| it.attribute == key && it.standing == Standing::Open)
    };
    let best = precedents.iter().filter(|it| weight(it) > 0.0);
    let best = best.max_by(|a, b| a.similarity.total_cmp(&b.similarity))?;
    best.path.iter().map(|it| it.attribute.as_str()).find(|it| open(it))
}
