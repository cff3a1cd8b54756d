//! What is compared: models, how much they are shown, and having answers made.

use domain::{Column, CompareQuery};
use engine::Comparison;
use leptos::prelude::*;

use super::{Place, told};
use crate::ui::counted;

/// Who judged, the switch for differences, and the button that makes all answers again.
pub(super) fn bar(found: &Comparison, place: &Place) -> impl IntoView + use<> {
    let answered = found.columns.iter().filter(|it| it.answer.is_some()).count();
    let judge = found.verdicts.first().map(|it| {
        let scored = it.scores.iter().flatten().filter(|it| it.verdict.marks().is_some()).count();
        let text = format!("Judge: {} · {scored} of {answered} scored", it.judge);
        view! { <li class="small">{text}</li> }
    });
    let switched = CompareQuery { differences: !place.query.differences, ..place.query.clone() };
    let state = if place.query.differences { "on" } else { "off" };
    let differences = (answered > 1).then(|| {
        view! { <li><a class="chip" href=place.href(&switched) rel="nofollow">"Word differences: "{state}</a></li> }
    });
    let open: Vec<Column> = found
        .columns
        .iter()
        .filter(|it| it.open && it.attempt.as_ref().is_none_or(|it| it.state.is_over()))
        .map(|it| it.column.clone())
        .collect();
    let label = if answered == 0 { "Generate answers" } else { "Generate all again" };
    let all = (open.len() > 1).then(|| generate(place, &open, label, answered == 0));
    (judge.is_some() || differences.is_some() || all.is_some()).then(|| {
        view! {
            <div class="compare-bar">
                <ul class="chips">{differences}{judge}</ul>
                {all}
            </div>
        }
    })
}

/// A form that has answers made and comes back.
pub(super) fn generate(
    place: &Place,
    columns: &[Column],
    label: &'static str,
    primary: bool,
) -> impl IntoView + use<> {
    let wanted = CompareQuery { columns: columns.to_vec(), ..CompareQuery::default() };
    view! {
        <form method="post" action="/api/ui/answers/generate">
            <input type="hidden" name="scenario" value=place.id.clone() />
            <input type="hidden" name="columns" value=wanted.to_query() />
            <button class:primary=primary>{label}</button>
        </form>
    }
}

/// Adding columns: answers that are there, and partial contexts.
pub(super) fn forms(found: &Comparison, place: &Place) -> impl IntoView + use<> {
    let others = found.others.iter().map(|it| {
        let text = format!("{} · {}", it.model, told(&it.column, &found.view.facts));
        view! {
            <li>
                <a href=place.href(&place.query.with(it.column.clone())) rel="nofollow">{text}</a>
                <span class="count">{counted(it.answers, "answer", "answers")}</span>
            </li>
        }
    });
    let others = (!found.others.is_empty())
        .then(|| view! { <details><summary>"Other answers to this scenario"</summary><ul class="others">{others.collect_view()}</ul></details> });
    // Every model that was asked or can be asked may be shown a part.
    let mut models: Vec<(String, String)> =
        found.columns.iter().map(|it| (it.model.key.clone(), it.model.label.clone())).collect();
    models.extend(found.models.iter().map(|it| (it.key.clone(), it.label.clone())));
    let mut seen = std::collections::HashSet::new();
    models.retain(|it| seen.insert(it.0.clone()));
    let options = models
        .iter()
        .map(|(key, label)| view! { <option value=key.clone()>{label.clone()}</option> });
    let options = options.collect_view();
    let boxes = found.view.facts.iter().filter(|it| it.text.is_some()).map(|it| {
        view! { <label><input type="checkbox" name="show" value=it.key.clone() />{it.label.clone()}</label> }
    });
    let kept = place.query.columns.iter().map(|it| ("c".to_owned(), it.to_string()));
    let differs = place.query.differences.then(|| ("diff".to_owned(), "1".to_owned()));
    let uncovered = place.query.uncovered.then(|| ("uncovered".to_owned(), "1".to_owned()));
    let hidden = kept.chain(differs).chain(uncovered).chain(place.query.filter.to_pairs());
    let hidden =
        hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let partial = (!models.is_empty()).then(|| {
        view! {
            <details>
                <summary>"Show a model only some of it"</summary>
                <form method="get" action=format!("/compare/{}", place.id) class="partial-form">
                    {hidden.collect_view()}
                    <fieldset><legend>"What the model is shown of the person"</legend>{boxes.collect_view()}</fieldset>
                    <label>"Model "<select name="with">{options}</select></label>
                    <button>"Add the column"</button>
                </form>
            </details>
        }
    });
    view! { <div class="more">{partial}{others}</div> }
}
