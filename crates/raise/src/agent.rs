//! The online agent: asks a person a few kind questions, reads what they say, and knows when to stop.
//!
//! A [`Picture`] is all that is known in one conversation. [`read`] finds in a message what it says about its writer,
//! [`apply`] puts that into the picture, [`decide`] chooses between one more question and the answer, [`word`]
//! words the question, and [`answer_messages`] is what a model is asked in the end. The same functions run in a live
//! chat. A model is one input among several and every one of them works without it: what a model
//! says that cannot be used is told in `notes`, and never a guess.
//!
//! **Invariant:** nothing here knows the time, and nothing is kept between calls.

mod answer;
mod asking;
mod decide;
mod enough;
mod picture;
mod policy;
mod questions;
mod read;
mod settings;
mod word;

pub use answer::answer_messages;
pub use asking::templates;
pub use decide::{
    Alternative, Chosen, Completeness, CompletenessReadout, Decision, Enough, Standing, decide,
};
pub use picture::{Evidence, Fact, FactOrigin, PathStep, Picture, Precedent, apply};
pub use read::{Contradiction, Reading, read};
pub use settings::{Abstention, Policy, Settings, Wording};
pub use word::{Question, Worded, reviewed, word};

#[cfg(test)]
mod tests;
