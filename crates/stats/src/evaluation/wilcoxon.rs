//! Wilcoxon's signed-rank test.

use super::normal::above;
use crate::Undefined;

/// The most differences, without ties or zeros, for which the distribution is counted out.
const EXACT_UNTIL: usize = 49;

/// Sizes that differ by less than this share of the largest are tied: means of three whole scores have thirds, whose
/// differences are equal but for rounding.
const ROUNDING: f64 = 1e-10;

/// What the signed-rank test says.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Wilcoxon {
    /// V, the sum of the ranks of positive differences.
    pub v: f64,
    /// Differences that are not zero.
    pub n: usize,
    /// Differences of zero, which were left out.
    pub zeros: usize,
    /// Whether p is exact; otherwise from the normal approximation.
    pub exact: bool,
    /// Probability, were there no difference, of a V as far out on either side.
    pub p_two_sided: f64,
    /// Probability of a V as large.
    pub p_greater: f64,
    /// Probability of a V as small.
    pub p_less: f64,
}

/// Wilcoxon's signed-rank test that paired differences lie around zero.
///
/// Zeros are left out before ranking, as Wilcoxon did (not ranked and then left out, as Pratt would); tied sizes,
/// to ten digits, get mid-ranks. Exact for up to 49 differences without ties and zeros; otherwise normal with mean `n(n + 1)/4`, variance
/// `n(n + 1)(2n + 1)/24 − Σ (t³ − t)/48` and a continuity correction of one half. R's `wilcox.test` does the same.
///
/// Source: F. Wilcoxon (1945); W. J. Conover, "Practical Nonparametric Statistics" (1999), section 5.7.
///
/// # Errors
/// Undefined where every difference is zero, there is none, or one is not finite.
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Result<Wilcoxon, Undefined> {
    if !differences.iter().all(|it| it.is_finite()) {
        return Err(Undefined::NotInRange);
    }
    Undefined::under(differences.len(), 1, "differences")?;
    let mut sizes: Vec<f64> = differences.iter().copied().filter(|it| *it != 0.0).collect();
    let (n, zeros) = (sizes.len(), differences.len() - sizes.len());
    if n == 0 {
        return Err(Undefined::NoDifference);
    }
    sizes.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut v, mut below, mut ties) = (0.0, 0.0, 0.0);
    let rounding = sizes[n - 1].abs() * ROUNDING;
    for group in sizes.chunk_by(|a, b| b.abs() - a.abs() <= rounding) {
        let t = group.len() as f64;
        let positive = group.iter().filter(|it| **it > 0.0).count() as f64;
        v += positive * (below + f64::midpoint(t, 1.0));
        ties += t * t * t - t;
        below += t;
    }
    let exact = n <= EXACT_UNTIL && zeros == 0 && ties == 0.0;
    let [p_two_sided, p_greater, p_less] =
        if exact { exact_p(v, n) } else { normal_p(v, n as f64, ties) };
    Ok(Wilcoxon { v, n, zeros, exact, p_two_sided, p_greater, p_less })
}

/// Counts the subsets of the ranks 1 to n by their sum. Every count is a whole number below 2^50.
fn exact_p(v: f64, n: usize) -> [f64; 3] {
    let most = n * (n + 1) / 2;
    let mut subsets = vec![0.0; most + 1];
    subsets[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=most).rev() {
            subsets[sum] += subsets[sum - rank];
        }
    }
    let all: f64 = subsets.iter().sum();
    let share = |holds: &dyn Fn(f64) -> bool| {
        let counted = subsets.iter().enumerate().filter(|it| holds(it.0 as f64));
        counted.map(|it| it.1).sum::<f64>() / all
    };
    let (greater, less) = (share(&|it| it >= v), share(&|it| it <= v));
    [(2.0 * greater.min(less)).min(1.0), greater, less]
}

fn normal_p(v: f64, n: f64, ties: f64) -> [f64; 3] {
    let away = v - n * (n + 1.0) / 4.0;
    let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0).sqrt();
    let greater = above((away - 0.5) / deviation);
    let less = above((-away - 0.5) / deviation);
    [(2.0 * greater.min(less)).min(1.0), greater, less]
}
