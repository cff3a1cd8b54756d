//! Dawid and Skene's model: what each item truly is, and how each observer errs.

use crate::Undefined;

/// One observer's word about one item; an observer may speak more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The item, from 0.
    pub item: usize,
    /// The observer, from 0.
    pub observer: usize,
    /// The class that was named, from 0.
    pub class: usize,
}

/// What the model says.
#[derive(Debug, Clone, PartialEq)]
pub struct DawidSkene {
    /// Estimated share of each class.
    pub prevalence: Vec<f64>,
    /// For each observer, true class and named class: the estimated probability. A row of zeros where the data hold
    /// nothing on it.
    pub error_rates: Vec<Vec<Vec<f64>>>,
    /// For each item, the probability of each class; `None` for an item that nobody spoke about.
    pub posterior: Vec<Option<Vec<f64>>>,
    /// The log-likelihood after each step; it never falls.
    pub log_likelihoods: Vec<f64>,
}

impl DawidSkene {
    /// The most probable class of each item; the lower one where two are equal.
    pub fn labels(&self) -> Vec<Option<usize>> {
        let best = |posterior: &Vec<f64>| {
            (1..posterior.len())
                .fold(0, |best, it| if posterior[it] > posterior[best] { it } else { best })
        };
        self.posterior.iter().map(|it| it.as_ref().map(best)).collect()
    }
}

/// Steps after which the search ends at the latest.
const MOST_STEPS: usize = 10_000;

/// Fits the model by expectation and maximisation. The start is fixed, the share of an item's observations that name
/// each class, since the likelihood has several maxima; it ends when a step adds less than 1e-13 of the
/// log-likelihood's size.
///
/// `P(data) = Π_i Σ_j p_j Π_o Π_l π_ojl^n_iol`, with prevalences p and error rates π. Source: A. P. Dawid, A. M. Skene
/// (1979). Products are taken as sums of logarithms.
///
/// # Errors
/// Undefined without observations, with fewer than two classes, or where a class is not below `classes`.
pub fn dawid_skene(classes: usize, observations: &[Observation]) -> Result<DawidSkene, Undefined> {
    Undefined::under(observations.len(), 1, "ratings")?;
    Undefined::under(classes, 2, "classes")?;
    if observations.iter().any(|it| it.class >= classes) {
        return Err(Undefined::NotInRange);
    }
    let items = observations.iter().map(|it| it.item + 1).max().unwrap_or(0);
    let observers = observations.iter().map(|it| it.observer + 1).max().unwrap_or(0);
    let mut heard = vec![0.0; items];
    let mut posterior = vec![vec![0.0; classes]; items];
    for it in observations {
        heard[it.item] += 1.0;
        posterior[it.item][it.class] += 1.0;
    }
    for (row, heard) in posterior.iter_mut().zip(&heard).filter(|it| *it.1 > 0.0) {
        row.iter_mut().for_each(|it| *it /= heard);
    }

    let mut log_likelihoods: Vec<f64> = Vec::new();
    loop {
        let prevalence = prevalence(&posterior, classes);
        let error_rates = error_rates(&posterior, observations, observers, classes);
        let mut logs = vec![prevalence.iter().map(|it| it.ln()).collect::<Vec<f64>>(); items];
        for it in observations {
            let rates = &error_rates[it.observer];
            let row = logs[it.item].iter_mut().zip(rates);
            row.for_each(|(log, rates)| *log += rates[it.class].ln());
        }
        let mut likelihood = 0.0;
        for ((row, logs), _) in posterior.iter_mut().zip(&logs).zip(&heard).filter(|it| *it.1 > 0.0)
        {
            let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logs.iter().map(|it| (it - most).exp()).sum();
            row.iter_mut().zip(logs).for_each(|(it, log)| *it = (log - most).exp() / sum);
            likelihood += most + sum.ln();
        }
        let done = log_likelihoods
            .last()
            .is_some_and(|last| likelihood - last < 1e-13 * (1.0 + likelihood.abs()));
        log_likelihoods.push(likelihood);
        if done || log_likelihoods.len() >= MOST_STEPS {
            let posterior = posterior.into_iter().zip(heard);
            let posterior = posterior.map(|(row, heard)| (heard > 0.0).then_some(row)).collect();
            return Ok(DawidSkene { prevalence, error_rates, posterior, log_likelihoods });
        }
    }
}

fn prevalence(posterior: &[Vec<f64>], classes: usize) -> Vec<f64> {
    let mut sums = vec![0.0; classes];
    posterior.iter().flat_map(|row| row.iter().enumerate()).for_each(|(j, it)| sums[j] += it);
    let all: f64 = sums.iter().sum();
    sums.into_iter().map(|it| it / all).collect()
}

fn error_rates(
    posterior: &[Vec<f64>],
    observations: &[Observation],
    observers: usize,
    classes: usize,
) -> Vec<Vec<Vec<f64>>> {
    let mut rates = vec![vec![vec![0.0; classes]; classes]; observers];
    for it in observations {
        for (row, share) in rates[it.observer].iter_mut().zip(&posterior[it.item]) {
            row[it.class] += share;
        }
    }
    for row in rates.iter_mut().flatten() {
        let all: f64 = row.iter().sum();
        if all > 0.0 {
            row.iter_mut().for_each(|it| *it /= all);
        }
    }
    rates
}
