//! Monte Carlo tree search. Source: arXiv 2505.18882, section 4, and docs/planner.md for what it leaves open.
//!
//! A walk goes down by Q(s,a) + c · P(a|s) · sqrt(Σ N(s,b)) / (1 + N(s,a)), adds one child, completes its set by a
//! rollout and is backed up with the score of that set. A child that nobody visited has the Q of its parent. A walk
//! whose evaluation is in flight counts as a visit with reward 0 until it lands.

use std::collections::HashMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{
    evidence::Ground,
    outcome::Seen,
    search::Next,
    set::AttributeSet,
    settings::{Shape, TreeSettings},
};

/// Walks in a row without anything to evaluate after which the search has settled.
const SETTLED: u32 = 2_000;
/// Walks in a row that end in what is in flight, after which it is better to wait.
const STUCK: u32 = 16;
/// No node yet.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Node {
    set: AttributeSet,
    visits: u32,
    /// Of the visits, those whose evaluation is in flight.
    pending: u32,
    total: f64,
    best: f64,
    /// In the order of the ranking. Empty until the node was ranked.
    children: Vec<Child>,
}

#[derive(Debug)]
struct Child {
    attribute: usize,
    prior: f64,
    node: u32,
}

/// The search.
#[derive(Debug)]
pub(super) struct Tree {
    guided: bool,
    nodes: Vec<Node>,
    by_set: HashMap<AttributeSet, u32>,
    /// Walks whose evaluation is in flight.
    waiting: Vec<(AttributeSet, Vec<u32>)>,
    pub(super) rollouts: u64,
    idle: u32,
}

impl Tree {
    pub(super) fn new(guided: bool) -> Self {
        let mut tree = Self {
            guided,
            nodes: Vec::new(),
            by_set: HashMap::new(),
            waiting: Vec::new(),
            rollouts: 0,
            idle: 0,
        };
        tree.add(AttributeSet::EMPTY);
        tree
    }

    #[expect(clippy::cast_possible_truncation, reason = "every node costs a walk of microseconds")]
    fn add(&mut self, set: AttributeSet) -> u32 {
        let at = self.nodes.len() as u32;
        let [visits, pending] = [0, 0];
        let best = f64::NEG_INFINITY;
        self.nodes.push(Node { set, visits, pending, total: 0.0, best, children: Vec::new() });
        self.by_set.insert(set, at);
        at
    }

    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    /// What to evaluate, after as many walks as need nothing.
    pub(super) fn next(&mut self, ground: &Ground, random: &mut ChaCha8Rng) -> Next {
        let mut stuck = 0;
        loop {
            let most = ground.settings.budget.rollouts.unwrap_or(u64::MAX);
            if self.idle >= SETTLED || self.rollouts >= most {
                return Next::Finished;
            }
            let walk = match self.walk(ground) {
                Ok(walk) => walk,
                Err(unranked) => return Next::Rank(unranked),
            };
            let set = self.complete(&walk, ground, random);
            self.rollouts += 1;
            let record = ground.get(set);
            if let Some(record) = record.filter(|it| !it.in_flight && ground.settled(it)) {
                self.idle += 1;
                // A set that cannot be evaluated teaches nothing.
                let value = ground.value(record.set).unwrap_or_else(|| self.mean(0, ground));
                self.back_up(&walk, value);
                continue;
            }
            for at in &walk {
                let node = &mut self.nodes[*at as usize];
                node.visits += 1;
                node.pending += 1;
            }
            self.waiting.push((set, walk));
            if record.is_some_and(|it| it.in_flight) {
                stuck += 1;
                if stuck >= STUCK {
                    return Next::Wait;
                }
                continue;
            }
            self.idle = 0;
            return Next::Evaluate(set);
        }
    }

    /// Backs up the walks that waited for a set.
    pub(super) fn landed(&mut self, set: AttributeSet, ground: &Ground) {
        let value = ground.value(set).unwrap_or_else(|| self.mean(0, ground));
        let (landed, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(it, _)| *it == set);
        self.waiting = waiting;
        let landed: Vec<(AttributeSet, Vec<u32>)> = landed;
        for (_, walk) in landed {
            for at in &walk {
                let node = &mut self.nodes[*at as usize];
                node.visits -= 1;
                node.pending -= 1;
            }
            self.back_up(&walk, value);
        }
    }

    fn back_up(&mut self, walk: &[u32], value: f64) {
        for at in walk {
            let node = &mut self.nodes[*at as usize];
            node.visits += 1;
            node.total += value;
            node.best = node.best.max(value);
        }
    }

    /// Gives the nodes of a set their ranking, best first; what it leaves out comes after, all alike.
    pub(super) fn ranked(&mut self, set: AttributeSet, ranking: &[usize], ground: &Ground) {
        match ground.settings.tree.shape {
            Shape::Sets => {
                if let Some(at) = self.by_set.get(&set) {
                    self.nodes[*at as usize].children = children(set, ranking, ground);
                }
            }
            Shape::Sequences => {
                for node in self.nodes.iter_mut().filter(|it| it.set == set) {
                    if node.children.is_empty() {
                        node.children = children(set, ranking, ground);
                    }
                }
            }
        }
    }

    /// Goes down to a new node or to the end. An error is the set of a node that needs a ranking first.
    fn walk(&mut self, ground: &Ground) -> Result<Vec<u32>, AttributeSet> {
        let mut walk = vec![0];
        let mut at = 0;
        while self.node(at).set.len() < ground.depth {
            if self.node(at).children.is_empty() {
                let set = self.node(at).set;
                if self.guided {
                    return Err(set);
                }
                self.nodes[at as usize].children = children(set, &[], ground);
            }
            let chosen = self.select(at, ground);
            let child = &self.node(at).children[chosen];
            if child.node != NONE {
                at = child.node;
                walk.push(at);
                continue;
            }
            let set = self.node(at).set.with(child.attribute);
            let known = match ground.settings.tree.shape {
                Shape::Sets => self.by_set.get(&set).copied(),
                Shape::Sequences => None,
            };
            let next = known.unwrap_or_else(|| self.add(set));
            self.nodes[at as usize].children[chosen].node = next;
            at = next;
            walk.push(at);
            if known.is_none() {
                break;
            }
        }
        Ok(walk)
    }

    /// The place of the child to go to; the first of equals.
    fn select(&self, at: u32, ground: &Ground) -> usize {
        let settings = &ground.settings.tree;
        let node = self.node(at);
        let visits = |child: &Child| {
            if child.node == NONE { 0 } else { self.node(child.node).visits }
        };
        let sum: u32 = node.children.iter().map(visits).sum();
        let trust = self.trust(node.visits, settings);
        let uniform = 1.0 / node.children.len() as f64;
        let unvisited = ground.reward(self.mean(at, ground));
        let mut best = (0, f64::NEG_INFINITY);
        for (place, child) in node.children.iter().enumerate() {
            let n = visits(child);
            let q = if n == 0 { unvisited } else { self.hopeful(child.node, ground) };
            let prior = trust * child.prior + (1.0 - trust) * uniform;
            // Without any visit the root's term would be 0 for all; the prior then decides.
            let reach = f64::from(sum.max(1)).sqrt();
            let score = q + settings.exploration * prior * reach / (1.0 + f64::from(n));
            if score > best.1 {
                best = (place, score);
            }
        }
        best.0
    }

    /// How far the ranking counts after so many visits, from 0 to 1.
    fn trust(&self, visits: u32, settings: &TreeSettings) -> f64 {
        match settings.trust {
            _ if !self.guided => 0.0,
            None => 1.0,
            Some(half) if half <= 0.0 => 0.0,
            Some(half) => half / (half + f64::from(visits)),
        }
    }

    /// Mean value of a node; the middle of the scale where there is none.
    fn mean(&self, at: u32, ground: &Ground) -> f64 {
        let node = self.node(at);
        let known = node.visits - node.pending;
        if known == 0 { ground.middle() } else { node.total / f64::from(known) }
    }

    /// Mean reward of a visited node, what is in flight being a loss.
    fn hopeful(&self, at: u32, ground: &Ground) -> f64 {
        let node = self.node(at);
        let known = node.visits - node.pending;
        if known == 0 {
            return 0.0;
        }
        let mean = ground.reward(node.total / f64::from(known));
        mean * f64::from(known) / f64::from(node.visits)
    }

    /// Completes the set of a walk's last node: greedily by the ranking of the last node that has one, but at random with
    /// probability ε, and as far as the ranking is no longer trusted.
    fn complete(&self, walk: &[u32], ground: &Ground, random: &mut ChaCha8Rng) -> AttributeSet {
        let settings = &ground.settings.tree;
        let last = walk.last().map_or(0, |it| *it);
        let mut set = self.node(last).set;
        let order = walk.iter().rev().map(|it| &self.node(*it).children).find(|it| !it.is_empty());
        let trust = self.trust(self.node(0).visits, settings);
        while set.len() < ground.depth {
            let rest = ground.all().minus(set);
            let epsilon = 0.2 / (1.0 + (set.len() as f64 - settings.horizon / 2.0).exp());
            let greedy = self.guided && random.random::<f64>() < trust * (1.0 - epsilon);
            let next = if greedy {
                order.and_then(|it| it.iter().map(|it| it.attribute).find(|it| rest.has(*it)))
            } else {
                rest.iter().nth(random.random_range(0..rest.len()))
            };
            let Some(next) = next else { break };
            set = set.with(next);
        }
        set
    }

    /// The path of highest Q; ties: more visits, then the schema's order.
    pub(super) fn greedy(&self, ground: &Ground) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = 0;
        loop {
            let visited = self.node(at).children.iter().filter(|it| {
                it.node != NONE && self.node(it.node).visits > self.node(it.node).pending
            });
            let best = visited.max_by(|one, other| {
                let [a, b] =
                    [one, other].map(|it| (self.mean(it.node, ground), self.node(it.node).visits));
                a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(other.attribute.cmp(&one.attribute))
            });
            let Some(best) = best else { return path };
            path.push(best.attribute);
            at = best.node;
        }
    }

    /// What was visited, for drawing. Sequences of one set are joined.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let mut by_set: HashMap<AttributeSet, usize> = HashMap::new();
        let mut seen: Vec<(Seen, f64)> = Vec::new();
        for node in self.nodes.iter().filter(|it| it.visits > it.pending) {
            let place = *by_set.entry(node.set).or_insert_with(|| {
                let best = f64::NEG_INFINITY;
                seen.push((Seen { set: node.set, visits: 0, mean: 0.0, best }, 0.0));
                seen.len() - 1
            });
            let (it, total) = &mut seen[place];
            it.visits += node.visits - node.pending;
            *total += node.total;
            it.mean = *total / f64::from(it.visits);
            it.best = it.best.max(node.best);
        }
        seen.into_iter().map(|(it, _)| it).collect()
    }
}

/// A node's children with softmax(−rank/τ). What the ranking leaves out shares the mean of the ranks that are left.
fn children(set: AttributeSet, ranking: &[usize], ground: &Ground) -> Vec<Child> {
    let rest = ground.all().minus(set);
    let tail = rest.minus(ranking.iter().copied().collect());
    let last = (ranking.len() + rest.len()).saturating_sub(1) as f64 / 2.0;
    let rank = |place: usize| if place < ranking.len() { place as f64 } else { last };
    let weight = |place| (-rank(place) / ground.settings.tree.temperature).exp();
    let sum: f64 = (0..rest.len()).map(weight).sum();
    let order = ranking.iter().copied().chain(tail.iter()).enumerate();
    order
        .map(|(place, attribute)| Child { attribute, prior: weight(place) / sum, node: NONE })
        .collect()
}
