//! Whether a configuration can be used, and how to mend it if not.

use secrecy::ExposeSecret;
use url::Url;

use super::{ConfigError, ModelConfig, ProviderConfig};

impl ProviderConfig {
    pub(super) fn wrong(&self, field: &'static str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Field {
            place: format!("provider “{}”", self.name),
            field,
            problem: problem.into(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.name).map_err(|it| self.wrong("name", it))?;
        check_base_url(&self.base_url).map_err(|it| self.wrong("base_url", it))?;
        if let Some(key) = &self.key {
            let key = key.expose_secret();
            if key.is_empty() || !key.bytes().all(|it| it.is_ascii_graphic()) {
                let problem = "must be one word of ASCII characters; check the file or variable";
                return Err(self.wrong("key", problem));
            }
        }
        for (name, value) in &self.headers {
            if reqwest::header::HeaderName::try_from(name).is_err() {
                return Err(self.wrong("headers", format!("“{name}” is not a header's name")));
            }
            if reqwest::header::HeaderValue::try_from(value.expose_secret()).is_err() {
                let problem = format!("the value of “{name}” cannot be sent; use plain ASCII");
                return Err(self.wrong("headers", problem));
            }
        }
        let zero = "must be at least 1";
        for (field, is_zero) in [
            ("concurrency", self.concurrency == 0),
            ("requests_per_minute", self.requests_per_minute == Some(0)),
            ("tokens_per_minute", self.tokens_per_minute == Some(0)),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("idle_timeout", self.idle_timeout.is_zero()),
            ("reply_timeout", self.reply_timeout.is_zero()),
            ("attempts", self.attempts == 0),
        ] {
            if is_zero {
                return Err(self.wrong(field, zero));
            }
        }
        Ok(())
    }
}

impl ModelConfig {
    pub(super) fn wrong(&self, field: &'static str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Field {
            place: format!("model “{}”", self.key),
            field,
            problem: problem.into(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_name(&self.key).map_err(|it| self.wrong("key", it))?;
        for (field, value) in [("label", &self.label), ("id", &self.id)] {
            if value.trim().is_empty() {
                return Err(self.wrong(field, "is empty; write one"));
            }
        }
        let sampling = &self.sampling;
        if sampling.temperature.is_some_and(|it| !(0.0..=2.0).contains(&it)) {
            return Err(self.wrong("sampling.temperature", "must be from 0 to 2"));
        }
        if sampling.top_p.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
            return Err(self.wrong("sampling.top_p", "must be from 0 to 1"));
        }
        if sampling.max_tokens == Some(0) {
            return Err(self.wrong("sampling.max_tokens", "must be at least 1"));
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let fine = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        return Err("must be 1 to 64 letters, digits, “-”, “_” or “.”");
    }
    Ok(())
}

/// Never repeats the address: it may hold credentials.
fn check_base_url(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text)
        .map_err(|_| "is not an address; write one like https://api.openai.com/v1")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials; put them into key_file or key_env");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path; put what follows “?” into headers");
    }
    Ok(())
}
