//! What becomes of untrusted text before it is shown.
//!
//! [`markdown`] turns a model's answer into HTML that is safe to put into a page; [`differences`] tells what an
//! answer says that another does not. Both are pure, and bounded in time whatever the text.
//!
//! **Invariant:** nothing in a text makes a browser run, load or style anything; only a followed link leaves the page.

mod differences;
mod markdown;
mod words;

pub use differences::{Differences, Kind, Piece, differences};
pub use markdown::markdown;
