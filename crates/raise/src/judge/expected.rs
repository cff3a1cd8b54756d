//! The expected score from the probabilities of the first token.

/// Digits that hold less of the probability than this are no answer.
const ENOUGH: f64 = 0.5;

/// The mean of 1 to 5, weighted by the probability of each digit among the five; or why there is none. `tokens` are
/// texts with probabilities from 0 to 1. Several spellings of a digit (`4`, ` 4`) count together.
pub(super) fn score<'a>(tokens: impl Iterator<Item = (&'a str, f64)>) -> Result<f64, &'static str> {
    let (mut mass, mut sum) = (0.0, 0.0);
    let mut any = false;
    for (token, probability) in tokens {
        any = true;
        if let ("1" | "2" | "3" | "4" | "5", true) = (token.trim(), probability.is_finite()) {
            let digit = token.trim().parse::<f64>().unwrap_or(0.0);
            mass += probability;
            sum += probability * digit;
        }
    }
    if !any {
        return Err("the server gave no token probabilities");
    }
    if mass < ENOUGH {
        return Err("the model did not answer with a digit");
    }
    Ok((sum / mass).clamp(1.0, 5.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_weighted() {
        let check = |tokens: &[(&str, f64)], expected: Option<f64>| {
            let found = score(tokens.iter().copied()).ok();
            let same = match (found, expected) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (None, None) => true,
                _ => false,
            };
            assert!(same, "{tokens:?}: {found:?}");
        };
        check(&[("4", 1.0)], Some(4.0));
        check(&[("4", 0.5), (" 4", 0.25), ("2", 0.25)], Some(3.5));
        check(&[("3", 0.6), ("The", 0.4)], Some(3.0));
        check(&[("The", 0.6), ("3", 0.4)], None);
        check(&[("10", 0.9), ("6", 0.1)], None);
        check(&[("5", f64::NAN), ("1", 0.9)], Some(1.0));
        check(&[], None);
    }

    proptest! {
        #[test]
        fn never_outside_the_scale(tokens in proptest::collection::vec(("[0-9 ]{1,2}", 0.0f64..1.0), 0..20)) {
            if let Ok(it) = score(tokens.iter().map(|it| (it.0.as_str(), it.1))) {
                prop_assert!((1.0..=5.0).contains(&it));
            }
        }
    }
}
