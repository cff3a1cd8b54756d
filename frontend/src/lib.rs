//! What the browser runs: makes the islands of a page live.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the module is loaded, before its islands.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
