//! `POST /preferences/theme`: remembers light or dark in a cookie and goes back.

use axum::{
    Form,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, Uri, header};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Choice {
    theme: String,
}

pub(crate) async fn set_theme(headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    let back = headers
        .get(header::REFERER)
        .and_then(|it| it.to_str().ok())
        .and_then(local)
        .unwrap_or("/".to_owned());
    let mut response = Redirect::to(&back).into_response();
    let cookie = match choice.theme.as_str() {
        "light" => "theme=light; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        "dark" => "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        _ => "theme=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly",
    };
    response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static(cookie));
    response
}

/// The path and query of an address: never its host, so that nobody is sent elsewhere.
fn local(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let path = uri.path_and_query()?.as_str();
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

/// The theme in the request's cookie.
pub(crate) fn theme_of(headers: &HeaderMap) -> Option<&'static str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    let mut pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    match pairs.find(|it| it.0 == "theme")?.1 {
        "light" => Some("light"),
        "dark" => Some("dark"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(local("https://other.example/scenarios?q=x").as_deref(), Some("/scenarios?q=x"));
        assert_eq!(local("https://other.example//evil.example"), None);
        assert_eq!(local("\u{0}"), None);
    }
}
