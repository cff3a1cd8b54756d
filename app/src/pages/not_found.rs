//! No such page.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, with status 404, and leads on.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    crate::served::set_status(404);
    view! {
        <Title text="No such page" />
        <section class="failure">
            <h1>"There is no page here"</h1>
            <p>"The address may have a slip in it, or the page has moved."</p>
            <p>
                <a class="button" href="/scenarios">"All scenarios"</a>" "
                <a class="button quiet" href="/">"Start page"</a>
            </p>
        </section>
    }
}
