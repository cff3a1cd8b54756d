//! The HTML document around every page. Server only.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::App;

/// The theme that the visitor chose, `light` or `dark`; empty follows the system. Comes from a cookie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme(pub String);

/// Where the browser finds what Trunk built. Paths begin with `/assets/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The JavaScript loader of the wasm module.
    pub js: String,
    /// The wasm module.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// Font files to fetch at once, if there are any.
    pub fonts: Vec<String>,
}

/// Renders the document.
pub fn shell(bundle: &Bundle) -> impl IntoView + use<> {
    let theme = use_context::<Theme>().unwrap_or_default().0;
    // Everything outside an island is HTML and stays so.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    // Wakes the islands, if the page has any. Tests wait for the mark.
    let start = format!(
        "const islands = document.querySelectorAll('leptos-island');\
         if (islands.length) {{\
         const site = await import('{js}');\
         await site.default({{ module_or_path: '{wasm}' }});\
         site.hydrate();\
         for (const it of islands) site[it.dataset.component](it);\
         }}\
         document.documentElement.dataset.hydrated = '';",
        js = bundle.js,
        wasm = bundle.wasm,
    );
    let reload = "new EventSource('/__reload').onmessage = (it) => { if (self.__seen && self.__seen !== it.data) location.reload(); self.__seen = it.data; };";
    let fonts = bundle.fonts.iter().map(|font| {
        view! { <link rel="preload" href=font.clone() r#as="font" r#type="font/woff2" crossorigin="anonymous" /> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=(!theme.is_empty()).then_some(theme)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta property="og:site_name" content="Rookery" />
                <meta property="og:type" content="website" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {fonts.collect_view()}
                <link rel="stylesheet" href=bundle.css.clone() />
                <script type="module" nonce=use_nonce()>{start}</script>
                {cfg!(debug_assertions)
                    .then(use_context::<DevReload>)
                    .flatten()
                    .map(|_| view! { <script type="module" nonce=use_nonce()>{reload}</script> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// In context when pages should reload themselves after the server restarts (development only).
#[derive(Debug, Clone, Copy)]
pub struct DevReload;
