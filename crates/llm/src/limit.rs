//! How much is asked of a provider at a time, and how much a minute.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// Lets so many requests through at a time: halved when the server says it is overloaded, and raised by one
/// for every full round of successes, up to the configured maximum (additive increase, multiplicative decrease).
#[derive(Debug)]
pub(crate) struct Gate {
    max: f64,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    limit: f64,
    in_flight: u32,
    /// How often the limit was halved. Requests of one round halve it once.
    shrinks: u64,
}

/// The right to one request. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    shrinks: u64,
}

impl Gate {
    pub(crate) fn new(max: u32) -> Arc<Self> {
        let max = f64::from(max);
        let state = Mutex::new(State { limit: max, in_flight: 0, shrinks: 0 });
        Arc::new(Self { max, state, freed: Notify::new() })
    }

    /// Waits for a turn.
    pub(crate) async fn pass(self: &Arc<Self>) -> Permit {
        loop {
            let mut freed = pin!(self.freed.notified());
            // In the queue before looking, so that no turn is missed in between.
            freed.as_mut().enable();
            if let Some(permit) = self.try_pass() {
                return permit;
            }
            freed.await;
        }
    }

    fn try_pass(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.state();
        (f64::from(state.in_flight) + 1.0 <= state.limit).then(|| {
            state.in_flight += 1;
            Permit { gate: Arc::clone(self), shrinks: state.shrinks }
        })
    }

    /// How many requests may be in flight now.
    pub(crate) fn limit(&self) -> f64 {
        self.state().limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The request went well.
    pub(crate) fn succeeded(&self) {
        let mut state = self.gate.state();
        state.limit = (state.limit + 1.0 / state.limit).min(self.gate.max);
        drop(state);
        self.gate.freed.notify_one();
    }

    /// The server said that it is overloaded.
    pub(crate) fn overloaded(&self) {
        let mut state = self.gate.state();
        if state.shrinks == self.shrinks {
            state.limit = (state.limit / 2.0).max(1.0);
            state.shrinks += 1;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.state().in_flight -= 1;
        self.gate.freed.notify_one();
    }
}

/// So much a minute: a bucket that holds a minute's worth and refills evenly.
#[derive(Debug)]
pub(crate) struct PerMinute {
    capacity: f64,
    /// What is left, and when that was so.
    level: Mutex<(f64, Instant)>,
}

impl PerMinute {
    pub(crate) fn new(capacity: u32, now: Instant) -> Self {
        let capacity = f64::from(capacity);
        Self { capacity, level: Mutex::new((capacity, now)) }
    }

    /// Waits until `amount` may be taken, and takes it. More than a whole minute's worth counts as that.
    pub(crate) async fn take(&self, amount: u64) {
        while let Err(wait) = self.try_take(amount, Instant::now()) {
            sleep(wait).await;
        }
    }

    fn try_take(&self, amount: u64, now: Instant) -> Result<(), Duration> {
        #[expect(clippy::cast_precision_loss, reason = "token counts stay far below 2^52")]
        let amount = (amount as f64).min(self.capacity);
        let mut guard = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, since) = &mut *guard;
        let refilled = now.saturating_duration_since(*since).as_secs_f64() * self.capacity / 60.0;
        *level = (*level + refilled).min(self.capacity);
        *since = now;
        let missing = amount - *level;
        // A millionth more or less is rounding.
        if missing <= 1e-6 {
            *level -= amount;
            return Ok(());
        }
        Err(Duration::from_secs_f64(missing * 60.0 / self.capacity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn gate_halves_once_a_round_and_grows_again() {
        let gate = Gate::new(8);
        let permits = [gate.pass().await, gate.pass().await, gate.pass().await];
        permits.iter().for_each(Permit::overloaded);
        assert!((gate.limit() - 4.0).abs() < 1e-9, "three refusals of one round: {}", gate.limit());
        let later = gate.pass().await;
        later.overloaded();
        assert!((gate.limit() - 2.0).abs() < 1e-9);
        for _ in 0..100 {
            later.succeeded();
        }
        assert!((gate.limit() - 8.0).abs() < 1e-9, "never above the maximum: {}", gate.limit());
    }

    #[tokio::test]
    async fn gate_never_closes_and_lets_the_next_one_in() {
        let gate = Gate::new(1);
        let first = gate.pass().await;
        first.overloaded();
        assert!((gate.limit() - 1.0).abs() < 1e-9);
        assert!(gate.try_pass().is_none());
        let (second, ()) = tokio::join!(gate.pass(), async { drop(first) });
        drop(second);
        assert!(gate.try_pass().is_some());
    }

    #[test]
    fn a_minute_holds_what_was_configured() {
        let start = Instant::now();
        let bucket = PerMinute::new(60, start);
        for _ in 0..60 {
            assert_eq!(bucket.try_take(1, start), Ok(()));
        }
        assert_eq!(bucket.try_take(1, start), Err(Duration::from_secs(1)));
        assert_eq!(bucket.try_take(1, start + Duration::from_secs(1)), Ok(()));
        let full = start + Duration::from_hours(1);
        assert_eq!(bucket.try_take(1_000, full), Ok(()), "too large an amount is a whole minute");
        assert_eq!(bucket.try_take(60, full), Err(Duration::from_mins(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn taking_waits_for_the_refill() {
        let start = Instant::now();
        let bucket = PerMinute::new(2, start);
        for _ in 0..3 {
            bucket.take(1).await;
        }
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
