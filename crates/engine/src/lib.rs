//! Use cases: what a person can do with Rookery, and who may do it.
//!
//! **Invariant:** every method takes a [`Ctx`] first, and what a caller may see or do is decided here and
//! nowhere else. Server functions, REST handlers and the command line hold no policy.

mod browse;
mod error;
mod import;
mod labels;
mod load;

pub use error::{Causes, EngineError};
pub use import::{ImportSummary, MAX_REASONS, RejectedRow};

use std::sync::Arc;

use domain::{HelpLines, Schema};
use store::{Store, Visibility};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Somebody in a browser or a script, not signed in.
    Visitor,
    /// Whoever runs the program on its machine.
    Operator,
}

/// On whose behalf, when, and under which name in the log. Comes first in every call.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Who asks.
    pub actor: Actor,
    /// Names the request in the log.
    pub request_id: String,
    /// The time, in Unix milliseconds. Tests set it.
    pub now_ms: i64,
}

/// What an operator decides about content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether visitors see PENGUIN rows taken from public forums.
    pub show_real: bool,
}

/// All use cases over one database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Store,
    schema: Arc<Schema>,
    help_lines: Arc<HelpLines>,
    policy: Policy,
}

impl Engine {
    /// An engine over a database.
    pub fn new(store: Store, schema: Schema, help_lines: HelpLines, policy: Policy) -> Self {
        Self { store, schema: Arc::new(schema), help_lines: Arc::new(help_lines), policy }
    }

    /// The help lines. Never restricted.
    pub fn help_lines(&self) -> &HelpLines {
        &self.help_lines
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> Result<(), EngineError> {
        Ok(self.store.ping().await?)
    }

    fn visibility(&self, ctx: &Ctx) -> Visibility {
        Visibility { real: self.policy.show_real || ctx.actor == Actor::Operator }
    }
}
