//! Answers from their making to their comparison, with a scripted model on a real file.

mod asked;
mod batches;
mod comparing;
mod files;
mod generating;
mod judging;
mod plans;
mod policy;
mod restarting;
mod support;
mod together;
mod trouble;
