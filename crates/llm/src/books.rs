//! What every request took, in tokens and money.

use std::sync::{Arc, Mutex, PoisonError};

use crate::ModelConfig;
use crate::decoder::Piece;
use crate::reply::{Cost, Usage};

/// What a model has taken since the registry was made. Every try of a call is a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// Requests that were sent.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Those of them whose caller went away before the end.
    pub cancelled: u64,
    /// Tokens, those of failed and cancelled requests among them.
    pub usage: Usage,
    /// Money, likewise.
    pub cost: Cost,
}

pub(crate) type Books = Arc<Mutex<Spending>>;

/// One request's account. Dropped without being closed, it counts as cancelled.
#[derive(Debug)]
pub(crate) struct Bill {
    books: Books,
    model: Arc<ModelConfig>,
    prompt: u64,
    usage: Option<Usage>,
    deltas: u64,
    /// In bytes.
    written: u64,
    is_open: bool,
}

impl Bill {
    /// An account for a request that is about to be sent, with the prompt's estimated tokens.
    pub(crate) fn open(books: &Books, model: &Arc<ModelConfig>, prompt: u64) -> Self {
        Self {
            books: Arc::clone(books),
            model: Arc::clone(model),
            prompt,
            usage: None,
            deltas: 0,
            written: 0,
            is_open: true,
        }
    }

    pub(crate) fn note(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) | Piece::Reasoning(text) => {
                self.deltas += 1;
                self.written += text.len() as u64;
            }
            Piece::Usage(usage) => self.usage = Some(*usage),
            _ => {}
        }
    }

    pub(crate) fn note_usage(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    /// The server's counts, or an estimate: a delta is mostly a token.
    pub(crate) fn usage(&self) -> Usage {
        self.usage.unwrap_or(Usage {
            prompt: self.prompt,
            completion: self.deltas.max(self.written / 4),
            cached: 0,
            estimated: true,
        })
    }

    pub(crate) fn cost(&self) -> Cost {
        let usage = self.usage();
        Cost::of(usage.prompt, self.model.price_in)
            + Cost::of(usage.completion, self.model.price_out)
    }

    pub(crate) fn close(&mut self) {
        self.enter(|_| {});
    }

    /// A request that failed before it gave anything costs nothing.
    pub(crate) fn close_failed(&mut self) {
        if self.usage.is_none() && self.deltas == 0 {
            self.usage = Some(Usage::default());
        }
        self.enter(|it| it.failed += 1);
    }

    fn enter(&mut self, how: impl FnOnce(&mut Spending)) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.requests += 1;
        books.usage = books.usage + self.usage();
        books.cost = books.cost + self.cost();
        how(&mut books);
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        self.enter(|it| it.cancelled += 1);
    }
}
