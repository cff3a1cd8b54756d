//! What a search has found: the best set, its order, its steps.

use std::cell::OnceCell;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Policy, Search};
use crate::plan::{
    evidence::Record,
    model::Model,
    outcome::{Outcome, Seen, Walk},
    set::AttributeSet,
    sweep::ranked_alone,
};

/// Nodes for drawing, at most.
const MOST_SEEN: usize = 4_000;
/// Evaluations that tell a model enough.
const ENOUGH: usize = 5_000;

impl Search {
    /// The set that the search would return now.
    pub fn incumbent(&self) -> Option<AttributeSet> {
        match &self.policy {
            Policy::Static(_) => {
                let set = ranked_alone(&self.ground).into_iter().collect();
                if self.ground.value(set).is_some() { Some(set) } else { self.best }
            }
            _ => self.best,
        }
    }

    /// How good a set looks.
    fn appeal(&self, record: &Record) -> f64 {
        let noise = self.ground.settings.noise_sd;
        match self.model().filter(|_| noise > 0.0) {
            Some(model) => {
                model.pooled(record.set, record.mean(), noise * noise, record.count)
                    - self.ground.cost(record.set)
            }
            None => self.ground.cautious(record),
        }
    }

    fn model(&self) -> Option<&Model> {
        if let Policy::Bayes(bayes) = &self.policy { bayes.model() } else { None }
    }

    /// Looks whether the best is another one now that a set was evaluated, and draws the curve on.
    pub(super) fn look(&mut self, told: AttributeSet) {
        let noisy = self.ground.settings.noise_sd > 0.0;
        let all_moved = noisy && (self.model().is_some() || self.best == Some(told));
        let merit = |it: &Record| self.ground.merit(it.set, self.appeal(it));
        let scored = |set: AttributeSet| self.ground.get(set).filter(|it| it.count > 0);
        let best = if all_moved {
            let better = |one: &Record, other: &Record| merit(one).cmp(&merit(other));
            self.ground.scored().max_by(|one, other| better(one, other))
        } else {
            let best = self.best.and_then(scored);
            let told = scored(told);
            match (best, told) {
                (Some(best), Some(told)) if merit(best) > merit(told) => Some(best),
                (best, told) => told.or(best),
            }
        };
        let found = best.map(|it| (it.set, it.mean()));
        if let Some((set, score)) = found {
            self.best = Some(set);
            // Equal to the billionth is equal, as for `merit`.
            if self.curve.last().is_none_or(|it| (it.1 - score).abs() > 1e-9) {
                self.curve.push((self.ground.evaluations, score));
            }
        }
    }

    /// What is still to be evaluated for a whole account: where the greedy path of the tree ends, and the steps of the
    /// path.
    pub(super) fn step(&self) -> Option<AttributeSet> {
        let unknown = |set: AttributeSet| self.ground.get(set).is_none();
        match &self.policy {
            Policy::Oracle(_) | Policy::Random(_) => return None,
            Policy::Tree(tree) => {
                let end: AttributeSet = tree.greedy(&self.ground).into_iter().collect();
                if unknown(end) && !end.is_empty() {
                    return Some(end);
                }
            }
            Policy::Bayes(_) | Policy::Static(_) => {}
        }
        let mut steps = prefixes(&self.path(&Estimate::new(self)));
        steps.pop();
        steps.into_iter().find(|it| unknown(*it))
    }

    /// The best set in order: the tree's own order where it leads there, that of single scores for `static`, else by
    /// marginal gain.
    fn path(&self, estimate: &Estimate<'_>) -> Vec<usize> {
        let Some(best) = self.incumbent() else { return Vec::new() };
        let given = match &self.policy {
            Policy::Tree(tree) => tree.greedy(&self.ground),
            Policy::Static(_) => ranked_alone(&self.ground),
            Policy::Random(random) => return random.first.clone().unwrap_or_default(),
            Policy::Bayes(_) | Policy::Oracle(_) => Vec::new(),
        };
        if given.iter().copied().collect::<AttributeSet>() == best {
            return given;
        }
        let mut path = Vec::new();
        let mut set = AttributeSet::EMPTY;
        while set != best {
            let gain = |it: usize| estimate.score(set.with(it)) - self.ground.cost(set.with(it));
            let mut rest = best.minus(set).iter();
            let Some(mut next) = rest.next() else { break };
            for other in rest {
                // The first of equals.
                if gain(other) > gain(next) + 1e-9 {
                    next = other;
                }
            }
            path.push(next);
            set = set.with(next);
        }
        path
    }

    /// What was found. `names` are the attributes in their order.
    pub fn outcome(&self, names: &[String]) -> Outcome {
        let estimate = Estimate::new(self);
        let path = self.path(&estimate);
        let expected: Vec<f64> = match &self.policy {
            Policy::Random(_) => {
                let step = |set: AttributeSet| {
                    self.mean_of_size(set.len()).unwrap_or_else(|| estimate.score(set))
                };
                prefixes(&path).into_iter().map(step).collect()
            }
            _ => prefixes(&path).into_iter().map(|it| estimate.score(it)).collect(),
        };
        let nothing =
            || self.ground.get(AttributeSet::EMPTY).filter(|it| it.count > 0).map(Record::mean);
        let score = expected.last().copied().or_else(nothing);
        let mut curve = self.curve.clone();
        if let Some(last) = curve.last().copied().filter(|it| it.0 < self.evaluations()) {
            curve.push((self.evaluations(), last.1));
        }
        let named = |path: &[usize]| path.iter().map(|it| names[*it].clone()).collect();
        let greedy = if let Policy::Tree(tree) = &self.policy {
            let path = tree.greedy(&self.ground);
            let set = path.iter().copied().collect();
            let score = self.ground.get(set).filter(|it| it.count > 0).map(Record::mean);
            Some(Walk { path: named(&path), score })
        } else {
            None
        };
        Outcome {
            strategy: self.ground.settings.strategy,
            path: named(&path),
            expected,
            score,
            evaluations: self.evaluations(),
            rollouts: self.rollouts(),
            curve,
            seed: self.ground.settings.seed,
            greedy,
            tree: Some(self.seen()),
        }
    }

    /// Walks through the tree, or draws.
    pub fn rollouts(&self) -> u64 {
        match &self.policy {
            Policy::Tree(tree) => tree.rollouts,
            Policy::Bayes(bayes) => bayes.draws,
            Policy::Random(random) => random.draws,
            Policy::Oracle(_) | Policy::Static(_) => 0,
        }
    }

    fn mean_of_size(&self, size: usize) -> Option<f64> {
        let of_size = || self.ground.scored().filter(|it| it.set.len() == size);
        let count = of_size().count();
        (count > 0).then(|| of_size().map(Record::mean).sum::<f64>() / count as f64)
    }

    fn seen(&self) -> Vec<Seen> {
        let mut seen = if let Policy::Tree(tree) = &self.policy {
            tree.seen()
        } else {
            let seen = |it: &Record| {
                let value = it.mean() - self.ground.cost(it.set);
                Seen { set: it.set, visits: it.count, mean: value, best: value }
            };
            self.ground.scored().map(seen).collect()
        };
        seen.sort_by(|one, other| {
            other.visits.cmp(&one.visits).then(other.mean.total_cmp(&one.mean))
        });
        seen.truncate(MOST_SEEN);
        seen.sort_by_key(|it| (it.set.len(), it.set));
        seen
    }
}

/// The sets after each step of a path.
fn prefixes(path: &[usize]) -> Vec<AttributeSet> {
    let mut set = AttributeSet::EMPTY;
    let step = |it: &usize| {
        set = set.with(*it);
        set
    };
    path.iter().map(step).collect()
}

/// Scores: a set's own where it was evaluated, else what a model of all evaluations expects.
struct Estimate<'a> {
    search: &'a Search,
    fitted: OnceCell<Model>,
}

impl<'a> Estimate<'a> {
    fn new(search: &'a Search) -> Self {
        Self { search, fitted: OnceCell::new() }
    }

    fn score(&self, set: AttributeSet) -> f64 {
        let ground = &self.search.ground;
        if let Some(record) = ground.get(set).filter(|it| it.count > 0) {
            return record.mean();
        }
        let expected = match self.search.model() {
            Some(model) => model.expected(set),
            None => self.fitted.get_or_init(|| self.fit()).expected(set),
        };
        let [low, high] = ground.settings.range;
        expected.clamp(low, high)
    }

    fn fit(&self) -> Model {
        let ground = &self.search.ground;
        // It draws nothing that its result depends on.
        let mut random = ChaCha8Rng::seed_from_u64(ground.settings.seed);
        let ranking = self.search.rankings.get(&AttributeSet::EMPTY).map_or(&[][..], Vec::as_slice);
        let mut model = Model::new(ground, ranking, 0, &mut random);
        for record in ground.scored().take(ENOUGH) {
            model.observe(record.set, record.mean(), &mut random);
        }
        model
    }
}
