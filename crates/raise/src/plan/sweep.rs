//! Strategies that learn nothing on their way: every set, sets at random, single attributes.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{
    evidence::Ground,
    search::Next,
    set::{AttributeSet, each_up_to},
};

/// Every set of at most the depth, in the schema's order.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    rest: Option<std::vec::IntoIter<AttributeSet>>,
}

impl Oracle {
    pub(super) fn next(&mut self, ground: &Ground) -> Next {
        let rest = self.rest.get_or_insert_with(|| {
            let mut sets = Vec::new();
            each_up_to(ground.all(), ground.depth, &mut |it| sets.push(it));
            sets.into_iter()
        });
        rest.next().map_or(Next::Finished, Next::Evaluate)
    }
}

/// Sets of the full depth, drawn without regard to what is known. Every second draw takes the first few of its order
/// alone, so that each step of a path has a mean too.
#[derive(Debug, Default)]
pub(super) struct Random {
    pub(super) first: Option<Vec<usize>>,
    pub(super) draws: u64,
}

/// Draws in a row of what was drawn before, after which all is drawn.
const DRAWN: u32 = 1_000;

impl Random {
    pub(super) fn next(&mut self, ground: &Ground, random: &mut ChaCha8Rng) -> Next {
        let mut order: Vec<usize> = ground.all().iter().collect();
        for _ in 0..DRAWN {
            order.shuffle(random);
            let steps = ground.depth.saturating_sub(1) as u64;
            let half = usize::try_from(self.draws / 2 % steps.max(1)).unwrap_or(0);
            let size = if self.draws % 2 == 1 && steps > 0 { 1 + half } else { ground.depth };
            self.draws += 1;
            self.first.get_or_insert_with(|| order[..ground.depth].to_vec());
            let set = order[..size].iter().copied().collect();
            if ground.get(set).is_none() {
                return Next::Evaluate(set);
            }
        }
        if ground.in_flight > 0 { Next::Wait } else { Next::Finished }
    }
}

/// Each attribute alone, then those that scored best together. An attribute that was not evaluated comes last.
#[derive(Debug, Default)]
pub(super) struct TopAlone {
    asked: usize,
    together: bool,
}

impl TopAlone {
    pub(super) fn next(&mut self, ground: &Ground) -> Next {
        let most = ground.settings.budget.evaluations.saturating_sub(1);
        if self.asked < ground.settings.attributes && (self.asked as u64) < most {
            self.asked += 1;
            return Next::Evaluate(AttributeSet::EMPTY.with(self.asked - 1));
        }
        if ground.in_flight > 0 {
            return Next::Wait;
        }
        let set: AttributeSet = ranked_alone(ground).into_iter().collect();
        if self.together || ground.get(set).is_some() {
            return Next::Finished;
        }
        self.together = true;
        Next::Evaluate(set)
    }
}

/// The attributes that score best alone, best first, as many as the path has.
pub(super) fn ranked_alone(ground: &Ground) -> Vec<usize> {
    let alone = |it: usize| ground.value(AttributeSet::EMPTY.with(it)).unwrap_or(f64::NEG_INFINITY);
    let mut ranking: Vec<usize> = ground.all().iter().collect();
    ranking.sort_by(|one, other| alone(*other).total_cmp(&alone(*one)).then(one.cmp(other)));
    ranking.truncate(ground.depth);
    ranking
}
