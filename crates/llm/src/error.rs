//! What can go wrong with a model, told so that a person can act on it.

use std::time::Duration;

use crate::decoder::Broken;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing listens at the address.
    Refused,
    /// The host's name is not known.
    Dns,
    /// No connection within the provider's `connect_timeout`.
    ConnectTimeout,
    /// No connection for another reason, TLS among them.
    Unreachable,
    /// Silence for longer than the provider allows.
    Stalled {
        /// How long was waited.
        after: Duration,
    },
    /// The key is missing or wrong: 401.
    Unauthorised,
    /// The key may not do this: 403.
    Forbidden,
    /// The server has no such model.
    UnknownModel,
    /// The server has no such address, or redirects to another.
    WrongAddress,
    /// Too many requests or tokens just now: 429.
    RateLimited {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The account is out of money or quota; waiting does not help.
    Quota,
    /// Prompt and reply do not fit the model's context.
    ContextTooLong,
    /// The server does not accept the request, or cannot do what it asks.
    Invalid,
    /// The server failed: 5xx, or a complaint within a stream.
    Server {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The server is still loading the model.
    Loading,
    /// What came is not the protocol.
    Protocol,
    /// The connection ended before the reply did.
    CutOff,
}

/// A call to a model failed. Neither `Debug` nor `Display` holds a key or an address's credentials.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{provider}: {}", self.technically())]
pub struct LlmError {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// The provider's name.
    pub provider: String,
    /// The model's key, unless the call concerned no model.
    pub model: Option<String>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// What the server or the system said: one line, at most 300 characters, without secrets; may be empty.
    pub said: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl LlmError {
    /// Whether trying again later, unchanged, may help.
    pub fn is_passing(&self) -> bool {
        match self.kind {
            ErrorKind::Refused
            | ErrorKind::Dns
            | ErrorKind::ConnectTimeout
            | ErrorKind::Unreachable
            | ErrorKind::Stalled { .. }
            | ErrorKind::RateLimited { .. }
            | ErrorKind::Server { .. }
            | ErrorKind::Loading
            | ErrorKind::CutOff => true,
            ErrorKind::Unauthorised
            | ErrorKind::Forbidden
            | ErrorKind::UnknownModel
            | ErrorKind::WrongAddress
            | ErrorKind::Quota
            | ErrorKind::ContextTooLong
            | ErrorKind::Invalid
            | ErrorKind::Protocol => false,
        }
    }

    /// What happened and what to do, in sentences for the person who looks after the installation.
    pub fn person(&self) -> String {
        let Self { provider, .. } = self;
        let model = self.model.as_deref().unwrap_or("the model");
        let (what, mend) = match self.kind {
            ErrorKind::Refused => (
                format!("Nothing answers at the address of {provider}."),
                "Start that server, or correct its base_url.",
            ),
            ErrorKind::Dns => (
                format!("The host of {provider} is not known."),
                "Check its base_url and this machine's name service.",
            ),
            ErrorKind::ConnectTimeout => (
                format!("{provider} could not be reached in time."),
                "Check the network, or raise its connect_timeout.",
            ),
            ErrorKind::Unreachable => (
                format!("No connection to {provider} could be made."),
                "Check its base_url, the network and its certificate.",
            ),
            ErrorKind::Stalled { after } => (
                format!("{provider} said nothing for {} seconds.", after.as_secs_f32()),
                "Try again, or raise its idle_timeout or reply_timeout if it is only slow.",
            ),
            ErrorKind::Unauthorised => {
                (format!("{provider} does not accept the key."), "Check its key_file or key_env.")
            }
            ErrorKind::Forbidden => (
                format!("{provider} does not allow this with the given key."),
                "Ask its operator for access to the model, or use another key.",
            ),
            ErrorKind::UnknownModel => (
                format!("{provider} does not know the model configured as {model}."),
                "Correct the model's id; the provider's model list names what it offers.",
            ),
            ErrorKind::WrongAddress => (
                format!("{provider} has nothing at this address."),
                "Correct its base_url; it mostly ends in /v1.",
            ),
            ErrorKind::RateLimited { retry_after: Some(wait) } => (
                format!("{provider} takes no more requests for {} seconds.", wait.as_secs().max(1)),
                "Try again then, or lower its concurrency.",
            ),
            ErrorKind::RateLimited { retry_after: None } => (
                format!("{provider} takes no more requests just now."),
                "Try again in a while, or lower its concurrency.",
            ),
            ErrorKind::Quota => (
                format!("The account at {provider} has used up its quota."),
                "Add credit or raise its limit there.",
            ),
            ErrorKind::ContextTooLong => (
                format!("The conversation is too long for {model}."),
                "Shorten it, or choose a model with a larger context.",
            ),
            ErrorKind::Invalid => (
                format!("{provider} does not accept the request."),
                "Check the model's settings against what the server supports.",
            ),
            ErrorKind::Server { .. } => {
                (format!("{provider} failed."), "Try again; if it goes on, look at its log.")
            }
            ErrorKind::Loading => {
                (format!("{provider} is still loading the model."), "Try again in a minute.")
            }
            ErrorKind::Protocol => (
                format!("What {provider} sends is not the OpenAI protocol."),
                "Check its base_url; it mostly ends in /v1.",
            ),
            ErrorKind::CutOff => (
                format!("{provider} closed the connection before the reply was whole."),
                "Try again; if it goes on, look at its log.",
            ),
        };
        if self.said.is_empty() {
            format!("{what} {mend}")
        } else {
            format!("{what} It said: “{}”. {mend}", self.said.trim_end_matches('.'))
        }
    }

    /// What happened and what to do, for somebody who only reads the answers: nothing of addresses, settings, or what the
    /// server said. `model` is the name that people see.
    pub fn visitor(&self, model: &str) -> String {
        let again = "What was written until then is kept; please try again.";
        match self.kind {
            ErrorKind::CutOff | ErrorKind::Server { .. } | ErrorKind::Stalled { .. } => {
                format!("{model} broke off. {again}")
            }
            ErrorKind::RateLimited { .. } => {
                format!("{model} takes no more requests just now. Please try again in a minute.")
            }
            ErrorKind::Loading => {
                format!("{model} is still being loaded. Please try again in a minute.")
            }
            ErrorKind::ContextTooLong => {
                format!("The scenario and its answer are too long for {model}.")
            }
            ErrorKind::Refused
            | ErrorKind::Dns
            | ErrorKind::ConnectTimeout
            | ErrorKind::Unreachable => {
                format!("{model} cannot be reached. Please try again later.")
            }
            ErrorKind::Unauthorised
            | ErrorKind::Forbidden
            | ErrorKind::UnknownModel
            | ErrorKind::WrongAddress
            | ErrorKind::Quota
            | ErrorKind::Invalid
            | ErrorKind::Protocol => {
                format!("{model} cannot answer until whoever runs this site has looked after it.")
            }
        }
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::RateLimited { retry_after } | ErrorKind::Server { retry_after } => {
                retry_after
            }
            _ => None,
        }
    }

    /// Whether the one retry loop tries again. A stalled call has cost enough waiting already.
    pub(crate) fn is_retried(&self) -> bool {
        self.is_passing() && !matches!(self.kind, ErrorKind::Stalled { .. })
    }

    fn technically(&self) -> String {
        let status = self.status.map(|it| format!(" {it}")).unwrap_or_default();
        let model = self.model.as_ref().map(|it| format!(" for {it}")).unwrap_or_default();
        let tries = if self.attempts > 1 {
            format!(" after {} tries", self.attempts)
        } else {
            String::new()
        };
        let said = if self.said.is_empty() { String::new() } else { format!(": {}", self.said) };
        format!("{}{status}{model}{tries}{said}", self.kind.name())
    }
}

impl ErrorKind {
    /// A word for logs and counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dns => "dns",
            Self::ConnectTimeout => "connect_timeout",
            Self::Unreachable => "unreachable",
            Self::Stalled { .. } => "stalled",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::UnknownModel => "unknown_model",
            Self::WrongAddress => "wrong_address",
            Self::RateLimited { .. } => "rate_limited",
            Self::Quota => "quota",
            Self::ContextTooLong => "context_too_long",
            Self::Invalid => "invalid",
            Self::Server { .. } => "server",
            Self::Loading => "loading",
            Self::Protocol => "protocol",
            Self::CutOff => "cut_off",
        }
    }
}

impl From<Broken> for ErrorKind {
    fn from(_: Broken) -> Self {
        Self::Protocol
    }
}

#[cfg(test)]
mod tests;
