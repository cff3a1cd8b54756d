//! A search that is asked and told.

mod choice;

use std::collections::{HashMap, VecDeque};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    evidence::Ground,
    set::{AttributeSet, sets_up_to},
    settings::{Settings, Spent, Strategy},
    sweep::{Oracle, Random, TopAlone},
    thompson::Thompson,
    tree::Tree,
};

/// Sets that the oracle goes through at most.
const MOST_SETS: u64 = 1 << 20;
/// The largest score that means anything.
const MOST: f64 = 1e9;
/// One part in so many of the budget is kept for the steps of the path that was found.
const KEPT: u64 = 5;

/// What a search wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// Answer with this set and judge; then [`Search::tell`] or [`Search::fail`].
    Evaluate(AttributeSet),
    /// Rank the attributes that are not in this set, best first; then [`Search::ranked`].
    Rank(AttributeSet),
    /// Something in flight must come back first.
    Wait,
    /// Nothing. It stays so.
    Done,
}

/// What a strategy wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Evaluate(AttributeSet),
    Rank(AttributeSet),
    Wait,
    Finished,
}

/// A search cannot go on like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The settings contradict themselves.
    #[error("the search cannot begin: {0}")]
    Settings(&'static str),
    /// Too much for going through every set.
    #[error("the oracle would go through {0} sets; use fewer attributes or a smaller depth")]
    TooManySets(u64),
    /// What was told was not asked.
    #[error("{0:?} is not under way, so nothing can be told about it")]
    NotAsked(AttributeSet),
    /// A score is no number, or far out of every scale.
    #[error("the score of {0:?} is not a number that a scale can hold")]
    NoScore(AttributeSet),
    /// A ranking has an attribute twice or one that is not free.
    #[error("the ranking for {0:?} holds an attribute twice or one that cannot be asked")]
    NoRanking(AttributeSet),
    /// A checkpoint of something else.
    #[error("the checkpoint was made by another version or is damaged; begin again")]
    Checkpoint,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Event {
    Asked(Ask),
    Told(AttributeSet, f64, Spent),
    Failed(AttributeSet, Spent),
    Ranked(AttributeSet, Vec<usize>, Spent),
    Cancelled,
}

/// A search as it can be kept and taken up again: its settings and all that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    settings: Settings,
    events: Vec<Event>,
}

#[derive(Debug)]
enum Policy {
    Tree(Tree),
    Bayes(Thompson),
    Oracle(Oracle),
    Random(Random),
    Static(TopAlone),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Search,
    /// Evaluating the steps of the path that was found.
    Steps,
    Done,
}

/// A search under way.
#[derive(Debug)]
pub struct Search {
    ground: Ground,
    policy: Policy,
    random: ChaCha8Rng,
    phase: Phase,
    rankings: HashMap<AttributeSet, Vec<usize>>,
    ranking: Option<AttributeSet>,
    /// Under way when the search was cut off; handed out again.
    again: VecDeque<Ask>,
    waiting: bool,
    spent: Spent,
    events: Vec<Event>,
    best: Option<AttributeSet>,
    curve: Vec<(u64, f64)>,
}

impl Search {
    /// Begins a search.
    pub fn new(settings: Settings) -> Result<Self, PlanError> {
        if let Some(fault) = settings.fault() {
            return Err(PlanError::Settings(fault));
        }
        let policy = match settings.strategy {
            Strategy::Raise => Policy::Tree(Tree::new(true)),
            Strategy::Mcts => Policy::Tree(Tree::new(false)),
            Strategy::Bayes => Policy::Bayes(Thompson::default()),
            Strategy::Oracle => {
                let sets = sets_up_to(settings.attributes, settings.depth);
                if sets > MOST_SETS {
                    return Err(PlanError::TooManySets(sets));
                }
                Policy::Oracle(Oracle::default())
            }
            Strategy::Random => Policy::Random(Random::default()),
            Strategy::Static => Policy::Static(TopAlone::default()),
        };
        Ok(Self {
            random: ChaCha8Rng::seed_from_u64(settings.seed),
            ground: Ground::new(settings),
            policy,
            phase: Phase::Search,
            rankings: HashMap::new(),
            ranking: None,
            again: VecDeque::new(),
            waiting: false,
            spent: Spent::default(),
            events: Vec::new(),
            best: None,
            curve: Vec::new(),
        })
    }

    /// Takes a search up again, in the state that it was in. What was under way is asked for again.
    pub fn resume(checkpoint: Checkpoint) -> Result<Self, PlanError> {
        let mut search = Self::new(checkpoint.settings)?;
        let mut open = Vec::new();
        for event in checkpoint.events {
            let same = match event {
                Event::Asked(ask) => {
                    open.push(ask);
                    search.ask() == ask
                }
                Event::Told(set, score, spent) => {
                    open.retain(|it| *it != Ask::Evaluate(set));
                    search.tell(set, score, spent).is_ok()
                }
                Event::Failed(set, spent) => {
                    open.retain(|it| *it != Ask::Evaluate(set));
                    search.fail(set, spent).is_ok()
                }
                Event::Ranked(set, ranking, spent) => {
                    open.retain(|it| *it != Ask::Rank(set));
                    search.ranked(set, ranking, spent).is_ok()
                }
                Event::Cancelled => {
                    search.cancel();
                    true
                }
            };
            if !same {
                return Err(PlanError::Checkpoint);
            }
        }
        if search.phase != Phase::Done {
            open.retain(|it| matches!(it, Ask::Evaluate(_) | Ask::Rank(_)));
            search.again = open.into();
        }
        Ok(search)
    }

    /// All that is needed to take this search up again.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { settings: self.ground.settings.clone(), events: self.events.clone() }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.ground.settings
    }

    /// What it took so far.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Evaluations that came back, failed ones too.
    pub fn evaluations(&self) -> u64 {
        self.ground.evaluations
    }

    /// What to do next. Ask as often as you can work at once, and again after everything that you told.
    pub fn ask(&mut self) -> Ask {
        if self.phase == Phase::Done {
            return Ask::Done;
        }
        if let Some(ask) = self.again.pop_front() {
            return ask;
        }
        if self.waiting {
            return Ask::Wait;
        }
        let ask = self.decide();
        match ask {
            Ask::Evaluate(set) => self.ground.send(set),
            Ask::Rank(set) => self.ranking = Some(set),
            Ask::Wait => self.waiting = true,
            Ask::Done => self.phase = Phase::Done,
        }
        self.events.push(Event::Asked(ask));
        ask
    }

    fn decide(&mut self) -> Ask {
        if self.ranking.is_some() {
            return Ask::Wait;
        }
        let under_way = self.ground.in_flight > 0;
        if self.phase == Phase::Search {
            let next = if self.may_spend(self.kept()) { self.next() } else { Next::Finished };
            match next {
                Next::Evaluate(set) => return Ask::Evaluate(set),
                Next::Rank(set) => return Ask::Rank(set),
                Next::Wait | Next::Finished if under_way => return Ask::Wait,
                Next::Wait | Next::Finished => self.phase = Phase::Steps,
            }
        }
        if under_way {
            return Ask::Wait;
        }
        let step = if self.may_spend(0) { self.step() } else { None };
        step.map_or(Ask::Done, Ask::Evaluate)
    }

    /// What the strategy wants, its known rankings given to it.
    fn next(&mut self) -> Next {
        loop {
            let next = match &mut self.policy {
                Policy::Tree(tree) => tree.next(&self.ground, &mut self.random),
                Policy::Bayes(bayes) => bayes.next(&self.ground, self.best),
                Policy::Oracle(oracle) => oracle.next(&self.ground),
                Policy::Random(it) => it.next(&self.ground, &mut self.random),
                Policy::Static(it) => it.next(&self.ground),
            };
            let Next::Rank(set) = next else { return next };
            let Some(ranking) = self.rankings.get(&set).cloned() else { return next };
            self.rank(set, &ranking);
        }
    }

    fn rank(&mut self, set: AttributeSet, ranking: &[usize]) {
        match &mut self.policy {
            Policy::Tree(tree) => tree.ranked(set, ranking, &self.ground),
            Policy::Bayes(bayes) => bayes.ranked(ranking, &self.ground, &mut self.random),
            Policy::Oracle(_) | Policy::Random(_) | Policy::Static(_) => {}
        }
    }

    /// Whether another evaluation may begin, with so many kept back.
    fn may_spend(&self, kept: u64) -> bool {
        let budget = &self.ground.settings.budget;
        let begun = self.ground.evaluations + self.ground.in_flight;
        let oracle = matches!(self.policy, Policy::Oracle(_));
        (oracle || begun + kept < budget.evaluations) && self.spent.within(budget)
    }

    fn kept(&self) -> u64 {
        match self.policy {
            Policy::Oracle(_) | Policy::Random(_) => 0,
            _ => {
                let steps = self.ground.depth.saturating_sub(1) as u64;
                let budget = self.ground.settings.budget.evaluations;
                // Twice as many as there are steps, since what one tells may change the order of the others.
                let most = (2 * steps).min(budget / KEPT);
                let near = self.ground.evaluations + self.ground.in_flight + most >= budget;
                if near && self.step().is_none() { 0 } else { most }
            }
        }
    }

    /// Tells the score of a set that was asked for, and what it took.
    pub fn tell(&mut self, set: AttributeSet, score: f64, spent: Spent) -> Result<(), PlanError> {
        if !score.is_finite() || score.abs() > MOST {
            return Err(PlanError::NoScore(set));
        }
        self.land(set, Some(score), spent)?;
        self.events.push(Event::Told(set, score, spent));
        Ok(())
    }

    /// Tells that a set cannot be evaluated. It is not asked for again and counts as an evaluation.
    pub fn fail(&mut self, set: AttributeSet, spent: Spent) -> Result<(), PlanError> {
        self.land(set, None, spent)?;
        self.events.push(Event::Failed(set, spent));
        Ok(())
    }

    fn land(
        &mut self,
        set: AttributeSet,
        score: Option<f64>,
        spent: Spent,
    ) -> Result<(), PlanError> {
        if !self.ground.get(set).is_some_and(|it| it.in_flight) {
            return Err(PlanError::NotAsked(set));
        }
        self.again.retain(|it| *it != Ask::Evaluate(set));
        self.waiting = false;
        self.spent.add(spent);
        self.ground.land(set, score);
        match (&mut self.policy, score) {
            (Policy::Tree(tree), _) => tree.landed(set, &self.ground),
            (Policy::Bayes(bayes), Some(score)) => bayes.landed(set, score, &mut self.random),
            _ => {}
        }
        self.look(set);
        Ok(())
    }

    /// Gives a ranking that was asked for, best first. It may leave attributes out, and be empty where nobody knows.
    pub fn ranked(
        &mut self,
        set: AttributeSet,
        ranking: Vec<usize>,
        spent: Spent,
    ) -> Result<(), PlanError> {
        if self.ranking != Some(set) {
            return Err(PlanError::NotAsked(set));
        }
        let free = self.ground.all().minus(set);
        let listed = ranking.iter().filter(|it| free.has(**it)).copied().collect::<AttributeSet>();
        if listed.len() != ranking.len() {
            return Err(PlanError::NoRanking(set));
        }
        self.ranking = None;
        self.again.retain(|it| *it != Ask::Rank(set));
        self.waiting = false;
        self.spent.add(spent);
        self.rank(set, &ranking);
        self.rankings.insert(set, ranking.clone());
        self.events.push(Event::Ranked(set, ranking, spent));
        Ok(())
    }

    /// Ends the search. What is in flight may still be told.
    pub fn cancel(&mut self) {
        self.phase = Phase::Done;
        self.again.clear();
        self.events.push(Event::Cancelled);
    }
}

#[cfg(test)]
mod tests;
