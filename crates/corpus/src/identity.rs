//! Names derived from content.

use domain::{Profile, ProfileId, Scenario, ScenarioId, Source};
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
