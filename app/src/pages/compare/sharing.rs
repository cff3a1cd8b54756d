//! Keeping and citing a comparison.

use engine::Comparison;
use leptos::prelude::*;

use super::Place;
use crate::islands::CopyLink;

/// Link, downloads, citation.
pub(super) fn sharing(found: &Comparison, place: &Place) -> impl IntoView + use<> {
    let download = |format: &str| place.api(&format!("format={format}&download=true"));
    view! {
        <section class="provenance" aria-label="Keep this comparison">
            <div class="actions">
                <CopyLink path=place.href(&place.covered()) />
                <a class="button quiet" href=download("json") rel="external nofollow" download>"Download as JSON"</a>
                <a class="button quiet" href=download("md") rel="external nofollow" download>"Download as Markdown"</a>
            </div>
            <details class="cite">
                <summary>"Cite this comparison"</summary>
                <pre tabindex="0">{cited(found)}</pre>
            </details>
        </section>
    }
}

/// A BibTeX entry. Every id names content, so the entry stays true wherever it is served.
fn cited(found: &Comparison) -> String {
    let id = &found.view.scenario.id;
    let answers: Vec<String> = found
        .columns
        .iter()
        .filter_map(|it| Some(format!("{} {}", it.column, it.answer.as_ref()?.id)))
        .collect();
    format!(
        "@misc{{rookery-compare-{id},\n  title = {{Answers to scenario {id}}},\n  note  = {{Rookery; answers: {}}}\n}}",
        answers.join("; ")
    )
}
