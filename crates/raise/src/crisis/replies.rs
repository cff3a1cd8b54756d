//! What is said before help lines. The words are data: `data/crisis_replies.toml`.

use std::{collections::BTreeMap, sync::LazyLock};

use super::Kind;

static REPLIES: LazyLock<BTreeMap<Kind, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/crisis_replies.toml"))
        .expect("a tested file of our own")
});

/// One or two plain sentences that come before the help lines of a danger.
pub fn reply(kind: Kind) -> &'static str {
    REPLIES.get(&kind).map_or("", String::as_str)
}
