//! Names derived from content.

use domain::{
    Column, GenerationId, Place, Plan, PlanId, Profile, ProfileId, Response, ResponseId, Scenario,
    ScenarioId, Score, ScoreId, Source, Split, Verdict,
};
use sha2::{Digest, Sha256};

/// The first 80 bits of a SHA-256 digest.
pub type ContentHash = [u8; 10];

/// A digest of parts that keeps them apart: `("ab", "c")` and `("a", "bc")` differ.
fn digest<'a>(kind: &'a str, parts: impl IntoIterator<Item = &'a str>) -> ContentHash {
    let mut hasher = Sha256::new();
    for part in std::iter::once(kind).chain(parts) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let whole = hasher.finalize();
    let mut out = [0; 10];
    out.copy_from_slice(&whole[..10]);
    out
}

fn profile_parts(profile: &Profile) -> impl Iterator<Item = &str> {
    profile.0.iter().flat_map(|(key, it)| [key.as_str(), it.text.as_str()])
}

/// The identity of a profile: its attributes with their values as the data has them.
pub(crate) fn profile_id(profile: &Profile) -> ProfileId {
    ProfileId::from_digest(&digest("rookery profile 1", profile_parts(profile)))
}

/// The identity of a scenario. What Rookery derives (normalised values, severity) is not part of it, so that
/// better rules leave ids as they are.
pub(crate) fn scenario_id(
    source: Source,
    domain: &str,
    label: Option<&str>,
    query: &str,
    profile: &Profile,
) -> ScenarioId {
    let fixed = [source.key(), domain, label.unwrap_or_default(), query];
    ScenarioId::from_digest(&digest(
        "rookery scenario 1",
        fixed.into_iter().chain(profile_parts(profile)),
    ))
}

/// A digest of a whole scenario: tells a changed row from the same one.
pub fn content_hash(scenario: &Scenario) -> ContentHash {
    digest("rookery content 1", [crate::to_line(scenario).as_str()])
}

/// The identity of an answer: what it answers, who, shown what, asked how, and what was said. Neither when nor how it came
/// here is part of it, so bringing it in again adds nothing; the same words drawn twice are one answer.
pub fn response_id(it: &Response) -> ResponseId {
    let shown = it.shown.to_string();
    let fixed = [it.scenario.as_str(), &it.model, &shown, &it.template, &it.parameters, &it.text];
    let prompt = it.prompt.iter().flat_map(|it| [it.role.key(), it.content.as_str()]);
    ResponseId::from_digest(&digest("rookery answer 1", fixed.into_iter().chain(prompt)))
}

/// The identity of a verdict: on which answer, by whom, how, which time, and what it was.
///
/// # Panics
/// Never: marks are finite numbers and texts.
pub fn score_id(it: &Score) -> ScoreId {
    let repeat = it.repeat.to_string();
    let verdict = match &it.verdict {
        // What went wrong with a call is no content: two errors in a row are two attempts.
        Verdict::Errored { .. } => format!("errored at {}", it.created_ms),
        verdict => serde_json::to_string(verdict).expect("finite numbers and texts"),
    };
    let parts = [
        it.response.as_str(),
        &it.judge,
        it.readout.key(),
        &it.template,
        &it.parameters,
        &repeat,
        &verdict,
    ];
    ScoreId::from_digest(&digest("rookery score 1", parts))
}

/// The identity of an answer that is being made: for which scenario and column, at whose request.
pub fn generation_id(scenario: &ScenarioId, column: &Column, request: &str) -> GenerationId {
    let parts = [scenario.as_str(), &column.to_string(), request];
    GenerationId::from_digest(&digest("rookery generation 1", parts))
}

/// The identity of a plan: for which scenario, how it was searched and on what, and the path with its scores. What the
/// search took, its curve and its tree are no part of it.
///
/// # Panics
/// Never: scores are finite numbers.
pub fn plan_id(it: &Plan) -> PlanId {
    let found = (it.base, &it.path, it.score);
    let found = serde_json::to_string(&found).expect("finite numbers and keys");
    let parts = [
        it.scenario.as_str(),
        &it.strategy,
        &it.generator,
        &it.judge,
        it.origin.key(),
        &it.parameters,
        &found,
    ];
    PlanId::from_digest(&digest("rookery plan 1", parts))
}

/// Where a scenario stands in an evaluation. One leaf in five is kept for measuring: a digest of it decides, so that
/// the same one is in the same half in every database.
pub fn place(scenario: &Scenario) -> Place {
    let leaf = match scenario.label.as_deref().map(str::trim) {
        None | Some("") => scenario.profile_id.to_string(),
        Some(label) => label.to_lowercase(),
    };
    let digest = digest("rookery split 1", [leaf.as_str()]);
    let number = u16::from_be_bytes([digest[0], digest[1]]);
    let split = if number.is_multiple_of(5) { Split::Test } else { Split::Train };
    Place { split, leaf }
}
