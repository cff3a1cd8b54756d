//! Answers, scores and what is under way, on real files.

mod generations;
mod migrating;
mod responses;
mod scores;
mod support;
