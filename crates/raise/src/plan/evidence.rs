//! What is known about sets: every evaluation is kept and none is made twice without need.

use std::{cmp::Ordering, collections::HashMap};

use super::{set::AttributeSet, settings::Settings};

/// The standard error that repeated evaluations bring a score down to.
const SURE: f64 = 0.1;

/// A set's evaluations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) set: AttributeSet,
    pub(super) count: u32,
    total: f64,
    pub(super) failed: bool,
    pub(super) in_flight: bool,
}

impl Record {
    /// Mean of its scores.
    pub(super) fn mean(&self) -> f64 {
        self.total / f64::from(self.count)
    }
}

/// Settings and evidence: what every strategy stands on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) settings: Settings,
    pub(super) depth: usize,
    records: Vec<Record>,
    places: HashMap<AttributeSet, usize>,
    pub(super) in_flight: u64,
    pub(super) evaluations: u64,
}

impl Ground {
    pub(super) fn new(settings: Settings) -> Self {
        let depth = settings.depth.min(settings.attributes);
        Self {
            settings,
            depth,
            records: Vec::new(),
            places: HashMap::new(),
            in_flight: 0,
            evaluations: 0,
        }
    }

    pub(super) fn all(&self) -> AttributeSet {
        AttributeSet::first(self.settings.attributes)
    }

    pub(super) fn get(&self, set: AttributeSet) -> Option<&Record> {
        self.places.get(&set).map(|it| &self.records[*it])
    }

    fn entry(&mut self, set: AttributeSet) -> &mut Record {
        let place = *self.places.entry(set).or_insert_with(|| {
            let fresh = Record { set, count: 0, total: 0.0, failed: false, in_flight: false };
            self.records.push(fresh);
            self.records.len() - 1
        });
        &mut self.records[place]
    }

    /// Sets that have a score, in the order in which they were first asked for.
    pub(super) fn scored(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|it| it.count > 0)
    }

    pub(super) fn send(&mut self, set: AttributeSet) {
        self.entry(set).in_flight = true;
        self.in_flight += 1;
    }

    /// Takes in what came of an evaluation in flight; `None` is a failure.
    pub(super) fn land(&mut self, set: AttributeSet, score: Option<f64>) {
        self.in_flight -= 1;
        self.evaluations += 1;
        let record = self.entry(set);
        record.in_flight = false;
        if let Some(score) = score {
            record.count += 1;
            record.total += score;
        } else {
            record.failed = true;
        }
    }

    /// What the attributes of a set cost.
    pub(super) fn cost(&self, set: AttributeSet) -> f64 {
        if self.settings.cost.is_empty() {
            return 0.0;
        }
        set.iter().map(|it| self.settings.cost[it]).sum()
    }

    /// The mean score of a set less its cost, where it was evaluated.
    pub(super) fn value(&self, set: AttributeSet) -> Option<f64> {
        self.get(set).filter(|it| it.count > 0).map(|it| it.mean() - self.cost(set))
    }

    /// Whether another evaluation of the set would tell little.
    pub(super) fn settled(&self, record: &Record) -> bool {
        let noise = self.settings.noise_sd;
        record.failed || record.count > 0 && noise * noise <= SURE * SURE * f64::from(record.count)
    }

    /// The middle of the scale.
    pub(super) fn middle(&self) -> f64 {
        let [low, high] = self.settings.range;
        f64::midpoint(low, high)
    }

    /// A value as a reward from 0 to 1.
    pub(super) fn reward(&self, value: f64) -> f64 {
        let [low, high] = self.settings.range;
        if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// How good a set looks: by this value, to the billionth; then the larger, the more often evaluated, the earlier in
    /// the schema.
    pub(super) fn merit(&self, set: AttributeSet, value: f64) -> Merit {
        let count = self.get(set).map_or(0, |it| it.count);
        Merit {
            // A zero has one sign.
            value: (value * 1e9).round() + 0.0,
            size: set.len(),
            count,
            first: set.bits().reverse_bits(),
        }
    }

    /// A value that noise alone seldom exceeds: a standard error below the mean.
    pub(super) fn cautious(&self, record: &Record) -> f64 {
        let error = self.settings.noise_sd / f64::from(record.count).sqrt();
        record.mean() - self.cost(record.set) - error
    }
}

/// See [`Ground::merit`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Merit {
    value: f64,
    size: usize,
    count: u32,
    first: u32,
}

impl Eq for Merit {}

impl Ord for Merit {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = |it: &Self| (it.size, it.count, it.first);
        self.value.total_cmp(&other.value).then_with(|| rest(self).cmp(&rest(other)))
    }
}

impl PartialOrd for Merit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
