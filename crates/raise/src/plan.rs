//! Planning: which attributes to ask about, and in which order, so that the answer is as safe as it can be.
//!
//! A [`Search`] is asked what to evaluate and told what came of it, so the same search runs in a plain loop over a
//! simulated [`Environment`] ([`simulate`]) and over real models with many evaluations in flight. It is pure: it
//! neither waits, reads a clock nor draws a number that its seed does not fix. A search is resumed by replaying what it
//! was told, so a resumed one is in the very state of one that was never cut off.
//!
//! **Parallel evaluations.** The same settings and the same sequence of calls give the same plan. With one evaluation in
//! flight the sequence follows from the scores, so the same seed and scores give the same plan. With more, what is asked
//! depends on the order in which evaluations end.

#![expect(
    clippy::cast_precision_loss,
    reason = "what is counted here stays far below 2^53, where f64 is exact"
)]

pub mod compare;
pub mod environment;
mod evidence;
mod model;
mod outcome;
mod search;
mod set;
mod settings;
mod simulate;
mod sweep;
mod thompson;
mod tree;

pub use environment::{Environment, EnvironmentError};
pub use outcome::{Outcome, Seen, Walk};
pub use search::{Ask, Checkpoint, PlanError, Search};
pub use set::{AttributeSet, sets_up_to};
pub use settings::{Budget, Settings, Shape, Spent, Strategy, TreeSettings, UnknownStrategy};
pub use simulate::simulate;
