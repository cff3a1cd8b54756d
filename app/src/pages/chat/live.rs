//! What changed in a conversation, rendered for a page that is open. The page's own rendering is the same code.

use engine::ChatView;
use leptos::prelude::*;
use serde::Serialize;

use super::{
    beside::{beside, tools},
    care::Help,
    item::item,
    panel,
};

/// Parts of the page that changed, as HTML, each under the id of its element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatChanges {
    /// Things in the conversation, in order. One whose id is not on the page yet goes to its end.
    pub items: Vec<(String, String)>,
    /// Regions whose contents are replaced.
    pub regions: Vec<(&'static str, String)>,
}

/// What changed after a version.
pub fn chat_changes(
    view: &ChatView,
    since: u64,
    help: &domain::HelpLines,
    country: Option<&str>,
) -> ChatChanges {
    let help = Help::new(help, country);
    Owner::new_root(None).with(|| {
        let changed = |at: &usize| view.items[*at].changed > since || is_touched(view, *at, since);
        let items: Vec<(String, String)> = (0..view.items.len())
            .filter(changed)
            .map(|at| (format!("item-{at}"), item(view, at, &help).to_html()))
            .collect();
        let mut regions = vec![("doing", panel::doing(view).to_html())];
        let panel_changed = view.panel_changed > since;
        if panel_changed {
            regions.push(("panel", panel::panel(view).to_html()));
            regions.push(("tools", tools(view).to_html()));
        }
        let both = view.unasked.is_some() && !items.is_empty();
        if panel_changed || view.unasked_changed > since || both {
            regions.push(("beside", beside(view).to_html()));
        }
        ChatChanges { items, regions }
    })
}

/// Whether a thing looks different because of what came after it: a question is no longer open, help lines are no
/// longer the last word.
fn is_touched(view: &ChatView, at: usize, since: u64) -> bool {
    let follows = view.items.iter().skip(at + 1).any(|it| it.changed > since);
    let answerable =
        matches!(view.items[at].what, engine::What::Asked { .. } | engine::What::Care { .. });
    answerable && (follows || view.panel_changed > since)
}
