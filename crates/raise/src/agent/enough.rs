//! What a model thinks of how complete the picture is.

use llm::{ChatRequest, Model};

use super::asking::{self, PROMPTS, Spent};
use super::{Abstention, CompletenessReadout, Settings};
use crate::prompt::filled;

/// Digits or words that hold less of the probability than this are no answer.
const LEAST_MASS: f64 = 0.5;

/// The model's number, from 0 to 5, and how it was read; or a sentence that says why there is none. One call: the
/// probabilities of the first token where the server gives them, else what was said.
pub(super) async fn ask(
    model: &Model,
    user: String,
    settings: &Settings,
    spent: &mut Spent,
) -> Result<(f64, CompletenessReadout), String> {
    let task = match settings.abstention {
        Abstention::Scale => &PROMPTS.enough.scale,
        Abstention::Binary => &PROMPTS.enough.binary,
        Abstention::Basic => &PROMPTS.enough.basic,
    };
    let user = format!("{user}\n\n{}", filled(task, &[]));
    let request = ChatRequest {
        max_tokens: Some(4),
        temperature: Some(0.0),
        seed: Some(settings.seed),
        logprobs: Some(20),
        cache_prompt: Some(true),
        ..ChatRequest::new(asking::messages(&PROMPTS.enough.system, user))
    };
    let reply = model.chat(request).await.map_err(|it| asking::unreachable(&it))?;
    spent.add(&reply);
    if let Some(score) = expected(settings.abstention, reply.first_token()) {
        return Ok((score, CompletenessReadout::Logprobs));
    }
    let said = reply.text.trim();
    let word = said.trim_matches(|it: char| !it.is_alphanumeric());
    match value(settings.abstention, word) {
        Some(score) => Ok((score, CompletenessReadout::Structured)),
        None if said.is_empty() => Err("The model said nothing.".to_owned()),
        None => Err(format!(
            "The model was asked whether enough is known and said “{}”, which is no answer.",
            asking::short(said)
        )),
    }
}

/// What a word stands for, from 0 to 5.
fn value(abstention: Abstention, word: &str) -> Option<f64> {
    let word = word.trim().to_lowercase();
    match (abstention, word.as_str()) {
        (Abstention::Scale, "0" | "1" | "2" | "3" | "4" | "5") => word.parse().ok(),
        (Abstention::Binary, "yes" | "y") | (Abstention::Basic, "answer") => Some(5.0),
        (Abstention::Binary, "no" | "n") | (Abstention::Basic, "ask") => Some(0.0),
        _ => None,
    }
}

/// The mean of what the tokens stand for, weighted by their probabilities among those that stand for something.
fn expected<'a>(
    abstention: Abstention,
    tokens: impl Iterator<Item = (&'a str, f64)>,
) -> Option<f64> {
    let (mut mass, mut sum) = (0.0, 0.0);
    for (token, probability) in tokens {
        if let Some(value) = value(abstention, token).filter(|_| probability.is_finite()) {
            mass += probability;
            sum += probability * value;
        }
    }
    (mass >= LEAST_MASS).then(|| (sum / mass).clamp(0.0, 5.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_weighted_by_what_they_stand_for() {
        let check = |abstention, tokens: &[(&str, f64)], wanted: Option<f64>| {
            let found = expected(abstention, tokens.iter().copied());
            let same = match (found, wanted) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (None, None) => true,
                _ => false,
            };
            assert!(same, "{tokens:?}: {found:?}");
        };
        check(Abstention::Scale, &[("4", 0.5), (" 4", 0.25), ("0", 0.25)], Some(3.0));
        check(Abstention::Scale, &[("6", 0.9)], None);
        check(Abstention::Scale, &[("The", 0.6), ("5", 0.4)], None);
        check(Abstention::Scale, &[("5", f64::NAN)], None);
        check(Abstention::Binary, &[("Yes", 0.6), ("no", 0.2)], Some(3.75));
        check(Abstention::Basic, &[("ask", 0.9)], Some(0.0));
        check(Abstention::Basic, &[], None);
    }
}
