//! A button that copies an address.

use leptos::prelude::*;

use super::when_live;

/// Copies the address of a path on this site. Shown only when the page is live.
#[island]
pub fn CopyLink(
    /// The path, from its slash.
    path: String,
) -> impl IntoView {
    let live = RwSignal::new(false);
    let copied = RwSignal::new(false);
    when_live(move || live.set(true));
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let origin = window().location().origin().unwrap_or_default();
            let _ = window().navigator().clipboard().write_text(&format!("{origin}{path}"));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = &path;
        copied.set(true);
    };
    view! {
        <button class="button" type="button" hidden=move || !live.get() on:click=copy>
            {move || if copied.get() { "Link copied" } else { "Copy link" }}
        </button>
        <span class="visually-hidden" role="status">{move || copied.get().then_some("Link copied")}</span>
    }
}
