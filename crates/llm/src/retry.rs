//! The one retry loop.

use std::future::Future;
use std::time::Duration;

use tokio::time::sleep;

use crate::{LlmError, ProviderConfig};

/// The first wait is drawn from 0 to this; every further one from twice as much.
const BASE: Duration = Duration::from_millis(500);

/// Runs `attempt` until it succeeds, fails for good, or has been tried often enough.
pub(crate) async fn retrying<T, F>(
    config: &ProviderConfig,
    attempt: impl Fn() -> F,
) -> Result<T, LlmError>
where
    F: Future<Output = Result<T, LlmError>>,
{
    for tried in 1.. {
        let mut error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        error.attempts = tried;
        let Some(wait) = wait(config, &error, rand::random()) else { return Err(error) };
        tracing::debug!(provider = config.name, kind = error.kind.name(), ?wait, "trying again");
        sleep(wait).await;
    }
    unreachable!("the number of tries is a u32 and waiting grows")
}

/// How long to wait after this error, or `None` to give up. `random` is from 0 to 1. Full jitter: any wait up
/// to a bound that doubles, but never shorter than what the server asks for.
fn wait(config: &ProviderConfig, error: &LlmError, random: f64) -> Option<Duration> {
    if !error.is_retried() || error.attempts >= config.attempts {
        return None;
    }
    let doubled = 2u32.saturating_pow(error.attempts - 1);
    let bound = BASE.saturating_mul(doubled).min(config.longest_wait);
    let asked = error.retry_after().unwrap_or_default();
    (asked <= config.longest_wait)
        .then(|| (asked + bound.mul_f64(random)).min(config.longest_wait).max(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn check(kind: ErrorKind, attempts: u32, random: f64, expected: Option<u64>) {
        let config = ProviderConfig::new("p", "http://127.0.0.1/v1");
        let error = LlmError {
            kind,
            provider: "p".to_owned(),
            model: None,
            status: None,
            said: String::new(),
            attempts,
        };
        let waited = wait(&config, &error, random);
        assert_eq!(waited, expected.map(Duration::from_millis), "{kind:?} {attempts} {random}");
    }

    #[test]
    fn waits_are_jittered_bounded_and_patient() {
        let limited =
            |seconds| ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
        check(ErrorKind::Refused, 1, 0.0, Some(0));
        check(ErrorKind::Refused, 1, 0.5, Some(250));
        check(ErrorKind::Refused, 3, 1.0, Some(2_000));
        check(ErrorKind::Refused, 4, 1.0, None);
        check(limited(7), 1, 0.5, Some(7_250));
        check(limited(30), 1, 1.0, Some(30_000));
        check(limited(31), 1, 0.0, None);
        check(ErrorKind::Quota, 1, 0.0, None);
        check(ErrorKind::Invalid, 1, 0.0, None);
        check(ErrorKind::Stalled { after: BASE }, 1, 0.0, None);
    }
}
