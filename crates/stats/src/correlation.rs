//! Correlations of two lists, ties included: Pearson, Spearman, Kendall.

use crate::Undefined;

/// Two lists of values, one pair each, with what ranks need worked out once. Weights say how often a pair counts.
pub(crate) struct Paired {
    x: Vec<f64>,
    y: Vec<f64>,
    x_groups: Groups,
    y_groups: Groups,
}

/// Equal values share a group; groups are numbered in the values' order.
struct Groups {
    of: Vec<usize>,
    count: usize,
    order: Vec<usize>,
}

impl Groups {
    fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let mut of = vec![0; values.len()];
        let mut count = 0;
        for (at, index) in order.iter().enumerate() {
            if at > 0 && values[*index] > values[order[at - 1]] {
                count += 1;
            }
            of[*index] = count;
        }
        let count = if values.is_empty() { 0 } else { count + 1 };
        Self { of, count, order }
    }

    /// How much weight each group has.
    fn sizes(&self, weights: &[f64]) -> Vec<f64> {
        let mut sizes = vec![0.0; self.count];
        self.of.iter().zip(weights).for_each(|(group, weight)| sizes[*group] += weight);
        sizes
    }

    /// Mid-ranks: tied values share the mean of the ranks that they take up.
    fn ranks(&self, weights: &[f64]) -> Vec<f64> {
        let mut below = 0.0;
        let ranks = self.sizes(weights).into_iter().map(|size| {
            let rank = below + f64::midpoint(size, 1.0);
            below += size;
            rank
        });
        let ranks: Vec<f64> = ranks.collect();
        self.of.iter().map(|it| ranks[*it]).collect()
    }
}

impl Paired {
    /// Refuses lists of different lengths and values that are not finite.
    pub(crate) fn new(x: &[f64], y: &[f64]) -> Result<Self, Undefined> {
        if x.len() != y.len() {
            return Err(Undefined::LengthsDiffer { left: x.len(), right: y.len() });
        }
        if !x.iter().chain(y).all(|it| it.is_finite()) {
            return Err(Undefined::NotInRange);
        }
        // Adding zero makes -0.0 and 0.0 one value.
        let plain = |values: &[f64]| values.iter().map(|it| it + 0.0).collect::<Vec<f64>>();
        let (x, y) = (plain(x), plain(y));
        let (x_groups, y_groups) = (Groups::new(&x), Groups::new(&y));
        Ok(Self { x, y, x_groups, y_groups })
    }

    pub(crate) fn pearson(&self, weights: &[f64]) -> Result<f64, Undefined> {
        pearson_of(|| weights.iter().zip(&self.x).zip(&self.y).map(|((w, x), y)| (*w, *x, *y)))
    }

    pub(crate) fn spearman(&self, weights: &[f64]) -> Result<f64, Undefined> {
        let (x, y) = (self.x_groups.ranks(weights), self.y_groups.ranks(weights));
        pearson_of(|| weights.iter().zip(&x).zip(&y).map(|((w, x), y)| (*w, *x, *y)))
    }

    pub(crate) fn kendall_tau_b(&self, weights: &[f64]) -> Result<f64, Undefined> {
        enough(weights.iter().sum())?;
        let untied = |groups: &Groups| {
            let sizes = groups.sizes(weights);
            let n: f64 = sizes.iter().sum();
            let tied: f64 = sizes.iter().map(|t| t * (t - 1.0)).sum();
            (n * (n - 1.0) - tied) / 2.0
        };
        let below = untied(&self.x_groups) * untied(&self.y_groups);
        if below <= 0.0 {
            return Err(Undefined::Constant);
        }
        let mut seen = Running::new(self.y_groups.count);
        let mut above = 0.0;
        let same_x = |a: &usize, b: &usize| self.x_groups.of[*a] == self.x_groups.of[*b];
        for group in self.x_groups.order.chunk_by(same_x) {
            for at in group.iter().filter(|it| weights[**it] > 0.0) {
                let y = self.y_groups.of[*at];
                above += weights[*at] * (seen.below(y) - (seen.total - seen.below(y + 1)));
            }
            group.iter().for_each(|at| seen.add(self.y_groups.of[*at], weights[*at]));
        }
        Ok((above / below.sqrt()).clamp(-1.0, 1.0))
    }
}

/// Running sums by group (Fenwick 1994).
struct Running {
    tree: Vec<f64>,
    total: f64,
}

impl Running {
    fn new(groups: usize) -> Self {
        Self { tree: vec![0.0; groups + 1], total: 0.0 }
    }

    fn add(&mut self, group: usize, weight: f64) {
        self.total += weight;
        let mut at = group + 1;
        while at < self.tree.len() {
            self.tree[at] += weight;
            at += at & at.wrapping_neg();
        }
    }

    /// The sum over groups before this one.
    fn below(&self, group: usize) -> f64 {
        let (mut at, mut sum) = (group, 0.0);
        while at > 0 {
            sum += self.tree[at];
            at &= at - 1;
        }
        sum
    }
}

fn enough(n: f64) -> Result<(), Undefined> {
    if n >= 2.0 {
        return Ok(());
    }
    Err(Undefined::TooFew { n: usize::from(n >= 1.0), minimum: 2, of: "pairs of values" })
}

/// Pearson's correlation of weighted pairs; the iterator runs twice.
pub(crate) fn pearson_of<I: Iterator<Item = (f64, f64, f64)>>(
    pairs: impl Fn() -> I,
) -> Result<f64, Undefined> {
    let (mut n, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    let (mut first, mut x_varies, mut y_varies) = (None, false, false);
    for (weight, x, y) in pairs().filter(|it| it.0 > 0.0) {
        let (x_first, y_first) = *first.get_or_insert((x, y));
        x_varies |= x.total_cmp(&x_first).is_ne();
        y_varies |= y.total_cmp(&y_first).is_ne();
        n += weight;
        x_sum += weight * x;
        y_sum += weight * y;
    }
    enough(n)?;
    if !(x_varies && y_varies) {
        return Err(Undefined::Constant);
    }
    let (x_mean, y_mean) = (x_sum / n, y_sum / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (weight, x, y) in pairs() {
        let (x, y) = (x - x_mean, y - y_mean);
        xx += weight * x * x;
        yy += weight * y * y;
        xy += weight * x * y;
    }
    let value = xy / (xx.sqrt() * yy.sqrt());
    if value.is_finite() { Ok(value.clamp(-1.0, 1.0)) } else { Err(Undefined::NotInRange) }
}

fn once(n: usize) -> Vec<f64> {
    vec![1.0; n]
}

/// Pearson's correlation, `Σ (x − x̄)(y − ȳ) / sqrt(Σ (x − x̄)² Σ (y − ȳ)²)`. Source: K. Pearson (1895).
///
/// # Errors
/// Undefined with fewer than two pairs, a constant side, lists of different lengths, or values that are not finite.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    Paired::new(x, y)?.pearson(&once(x.len()))
}

/// Spearman's correlation: Pearson's of the mid-ranks. Source: C. Spearman (1904).
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    Paired::new(x, y)?.spearman(&once(x.len()))
}

/// Kendall's tau-b, `(P − Q) / sqrt((n₀ − n₁)(n₀ − n₂))` with concordant pairs P, discordant pairs Q, all pairs n₀ and the
/// pairs tied on either side, n₁ and n₂. Source: M. G. Kendall (1945).
///
/// # Errors
/// As [`pearson`].
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    Paired::new(x, y)?.kendall_tau_b(&once(x.len()))
}

/// Mean absolute difference of two lists, `Σ |x − y| / n`.
///
/// # Errors
/// Undefined on empty lists, lists of different lengths, or values that are not finite.
pub fn mean_absolute_error(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    Paired::new(x, y)?.mean_difference(&once(x.len()), f64::abs)
}

/// Mean difference of two lists, `Σ (x − y) / n`: above zero where x is the larger.
///
/// # Errors
/// As [`mean_absolute_error`].
pub fn bias(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    Paired::new(x, y)?.mean_difference(&once(x.len()), |it| it)
}

impl Paired {
    pub(crate) fn mean_difference(
        &self,
        weights: &[f64],
        of: fn(f64) -> f64,
    ) -> Result<f64, Undefined> {
        let n: f64 = weights.iter().sum();
        if n == 0.0 {
            return Err(Undefined::TooFew { n: 0, minimum: 1, of: "pairs of values" });
        }
        let terms = self.x.iter().zip(&self.y).zip(weights).map(|((x, y), w)| w * of(x - y));
        let mean = terms.sum::<f64>() / n;
        if mean.is_finite() { Ok(mean) } else { Err(Undefined::NotInRange) }
    }
}

/// The 95 % interval of a Pearson correlation by Fisher's z: `tanh(atanh r ± 1.96/sqrt(n − 3))`. Source: R. A. Fisher
/// (1921).
///
/// # Errors
/// Undefined with fewer than four pairs, and where |r| is not below 1.
pub fn fisher_interval(r: f64, n: usize) -> Result<[f64; 2], Undefined> {
    Undefined::under(n, 4, "pairs of values")?;
    if r.is_nan() || r.abs() >= 1.0 {
        return Err(Undefined::NotInRange);
    }
    let half = crate::evaluation::Z_95 / ((n - 3) as f64).sqrt();
    Ok([(r.atanh() - half).tanh(), (r.atanh() + half).tanh()])
}
