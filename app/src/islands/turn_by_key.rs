//! Arrow keys that turn the page.

use leptos::{ev, prelude::*};

use super::when_live;

/// Opens the previous or next page by arrow key, unless somebody is typing.
#[island]
pub fn TurnByKey(
    /// Where the left arrow leads.
    previous: Option<String>,
    /// Where the right arrow leads.
    next: Option<String>,
) -> impl IntoView {
    when_live(move || {
        let (previous, next) = (previous.clone(), next.clone());
        let handle = window_event_listener(ev::keydown, move |event| {
            let plain =
                !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key());
            let target = match event.key().as_str() {
                "ArrowLeft" if plain => previous.as_ref(),
                "ArrowRight" if plain => next.as_ref(),
                _ => None,
            };
            let typing = document().active_element().is_some_and(|it| {
                matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT" | "PRE")
            });
            if let Some(target) = target.filter(|_| !typing) {
                let _ = window().location().assign(target);
            }
        });
        on_cleanup(move || handle.remove());
    });
}
