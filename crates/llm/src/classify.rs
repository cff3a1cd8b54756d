//! Tells failures apart: by the transport's error, by status, and by what the server says.

use std::error::Error;
use std::time::{Duration, SystemTime};
use std::{io, iter};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::ErrorKind;
use crate::wire::Complaint;

/// What a failed request or a broken connection was, and what the innermost cause says.
pub(crate) fn transport(error: &reqwest::Error) -> (ErrorKind, String) {
    let causes = || causes(error);
    let innermost = causes().last().map(ToString::to_string).unwrap_or_default();
    let io = causes().find_map(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    let kind = if error.is_connect() {
        let is_dns = causes().any(|it| it.to_string().contains("dns error"));
        match io {
            _ if is_dns => ErrorKind::Dns,
            _ if error.is_timeout() => ErrorKind::ConnectTimeout,
            Some(io::ErrorKind::ConnectionRefused) => ErrorKind::Refused,
            Some(io::ErrorKind::TimedOut) => ErrorKind::ConnectTimeout,
            _ => ErrorKind::Unreachable,
        }
    } else if causes().any(is_unparsable) {
        ErrorKind::Protocol
    } else {
        ErrorKind::CutOff
    };
    (kind, innermost)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// hyper met bytes that are not HTTP. Its error type is not ours to name: its words are.
fn is_unparsable(error: &(dyn Error + 'static)) -> bool {
    error.to_string().starts_with("invalid HTTP")
}

/// What a status that is no success means.
pub(crate) fn status(
    status: u16,
    complaint: &Complaint,
    retry_after: Option<Duration>,
) -> ErrorKind {
    let Complaint { message, kind, code } = complaint;
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|it| message.contains(it));
    let is = |word: &str| kind == word || code == word;
    let out_of_quota = is("insufficient_quota")
        || is("billing_hard_limit_reached")
        || is("insufficient_credits")
        || says(&["exceeded your current quota", "insufficient balance", "insufficient credit"]);
    let too_long = is("context_length_exceeded")
        || is("exceed_context_size_error")
        || says(&[
            "maximum context length",
            "context size",
            "context window",
            "context length",
            "is too large to process",
            "longer than the maximum model length",
        ]);
    let names_model = is("model_not_found")
        || (message.contains("model")
            && says(&["not found", "does not exist", "no such model", "unknown model"]));
    match status {
        402 => ErrorKind::Quota,
        _ if out_of_quota => ErrorKind::Quota,
        401 => ErrorKind::Unauthorised,
        403 => ErrorKind::Forbidden,
        413 => ErrorKind::ContextTooLong,
        429 => ErrorKind::RateLimited { retry_after },
        _ if too_long => ErrorKind::ContextTooLong,
        400 | 404 | 422 if names_model => ErrorKind::UnknownModel,
        300..400 | 404 | 405 | 410 => ErrorKind::WrongAddress,
        503 if says(&["loading"]) => ErrorKind::Loading,
        500 if says(&["parse error", "does not support"]) => ErrorKind::Invalid,
        501 => ErrorKind::Invalid,
        408 | 409 | 425 | 500.. => ErrorKind::Server { retry_after },
        _ => ErrorKind::Invalid,
    }
}

/// What a complaint within a stream means: its code may be a status, or its words must do.
pub(crate) fn in_stream(complaint: &Complaint) -> ErrorKind {
    let code = complaint.code.parse().ok().filter(|it| (400..600).contains(it));
    let code = code.unwrap_or(match complaint.kind.as_str() {
        "invalid_request_error" | "BadRequestError" => 400,
        "authentication_error" => 401,
        "permission_error" => 403,
        "rate_limit_error" | "rate_limit_exceeded" => 429,
        _ => 500,
    });
    let rate_limited = complaint.code == "rate_limit_exceeded";
    status(if rate_limited { 429 } else { code }, complaint, None)
}

/// `Retry-After` as seconds or as a date; a date that has passed is no wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
