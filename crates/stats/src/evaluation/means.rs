//! Means with intervals that respect clusters, and paired differences.

use std::collections::BTreeMap;

use super::normal::tail_for;
use super::wilcoxon::{Wilcoxon, wilcoxon_signed_rank};
use crate::Undefined;
use crate::bootstrap::{Bootstrap, interval};

/// How an interval is made, and how little is too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// How often to resample clusters, and from which seed.
    pub bootstrap: Bootstrap,
    /// The fewest values from which anything is claimed.
    pub minimum: usize,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { bootstrap: Bootstrap::default(), minimum: 1 }
    }
}

/// A mean with its interval and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// Its 95 % bootstrap interval over clusters; `None` with fewer than two clusters or no resamples.
    pub ci95: Option<[f64; 2]>,
    /// Values.
    pub n: usize,
    /// Different clusters among them.
    pub clusters: usize,
}

/// The mean of values, each with the key of its cluster; scenarios that share a profile share a key. The interval is a
/// bootstrap over whole clusters (Davison and Hinkley 1997, section 3.8), made of each cluster's sum and count. Its
/// quantiles are those of the expanded percentile interval, since the plain one is too narrow with few clusters (T. C.
/// Hesterberg 2015). The order of the values does not matter.
///
/// # Errors
/// Undefined under the minimum number of values, without any, and where a value is not finite.
pub fn mean<K: Ord>(
    values: impl IntoIterator<Item = (K, f64)>,
    sampling: Sampling,
) -> Result<Estimate, Undefined> {
    let mut by_cluster: BTreeMap<K, Vec<f64>> = BTreeMap::new();
    for (key, value) in values {
        by_cluster.entry(key).or_default().push(value);
    }
    // Sums of sorted values, so that their order is of no account to the last digit either.
    let sum = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values.iter().sum::<f64>(), values.len() as f64)
    };
    let n = by_cluster.values().map(Vec::len).sum();
    Undefined::under(n, sampling.minimum.max(1), "values")?;
    let sums: Vec<(f64, f64)> = by_cluster.into_values().map(sum).collect();
    let all: f64 = sums.iter().map(|it| it.0).sum();
    if !all.is_finite() {
        return Err(Undefined::NotInRange);
    }
    let resampled = |weights: &[f64]| {
        let (mut sum, mut count) = (0.0, 0.0);
        for ((cluster, n), weight) in sums.iter().zip(weights) {
            sum += weight * cluster;
            count += weight * n;
        }
        Some(sum / count)
    };
    let ci95 = (sums.len() >= 2)
        .then(|| {
            let means = sampling.bootstrap.run(sums.len(), resampled);
            interval(means.into_iter(), tail_for(sums.len()))
        })
        .flatten();
    Ok(Estimate { value: all / n as f64, ci95, n, clusters: sums.len() })
}

/// Two conditions on the same scenarios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// The mean of the first less the second, with its interval.
    pub difference: Estimate,
    /// The signed-rank test of the differences. It takes them as independent, which clusters are not: read it beside
    /// the interval.
    pub test: Result<Wilcoxon, Undefined>,
}

/// Compares two conditions on the same scenarios, each pair with the key of its cluster: the mean difference with an
/// interval as in [`mean`], and [`wilcoxon_signed_rank`]. Leave out scenarios that have only one of the two.
///
/// # Errors
/// As [`mean`].
pub fn paired_difference<K: Ord>(
    pairs: impl IntoIterator<Item = (K, f64, f64)>,
    sampling: Sampling,
) -> Result<Paired, Undefined> {
    let differences: Vec<(K, f64)> = pairs.into_iter().map(|(key, a, b)| (key, a - b)).collect();
    let values: Vec<f64> = differences.iter().map(|it| it.1).collect();
    let difference = mean(differences, sampling)?;
    Ok(Paired { difference, test: wilcoxon_signed_rank(&values) })
}
