//! Conversations: from the first word to the wipe, and everything that can go wrong between.

mod keeping;
mod support;
mod talking;
mod trouble;
