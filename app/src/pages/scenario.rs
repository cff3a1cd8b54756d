//! One scenario: the query, who asks, where it comes from.

use domain::{Fact, Neighbours, ScenarioFilter, ScenarioId, ScenarioView, Severity, Source};
use leptos::{ev, prelude::*};
use leptos_meta::{Meta, Title};
use leptos_router::hooks::{use_location, use_navigate, use_params_map};

use crate::{
    api::{Reading, read_scenario},
    ui::{Failure, grouped, severity_mark, touches},
};

/// A scenario within the filter that led to it.
#[component]
pub(crate) fn ScenarioPage() -> impl IntoView {
    let params = use_params_map();
    let search = use_location().search;
    let key = move || (params.with(|it| it.get("id").unwrap_or_default()), search.get());
    let reading = Resource::new(key, |(id, query)| read_scenario(id, query));
    view! {
        <Transition fallback=|| view! { <p class="loading" role="status">"Opening the scenario"</p> }>
            {move || {
                let query = search.get();
                Suspend::new(async move {
                    match reading.await {
                        Ok(it) => read(it, &query).into_any(),
                        Err(error) => view! { <Failure error=error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

fn read(reading: Reading, query: &str) -> impl IntoView + use<> {
    let Reading { view: it, neighbours } = reading;
    let filter = ScenarioFilter::from_query(query).map(|it| it.0).unwrap_or_default();
    let query = filter.to_query();
    let severe = it.scenario.severity == Severity::Severe;
    let title =
        if severe { "A covered scenario".to_owned() } else { shortened(&it.scenario.query) };
    let description = if severe {
        "A scenario that stays covered until you choose to read it.".to_owned()
    } else {
        title.clone()
    };
    let text = it.scenario.query.clone();
    let body = if severe {
        view! {
            <h1 class="covered">"A scenario that speaks of present danger"</h1>
            <details class="cover">
                <summary>
                    <span class="cover-note">
                        "It touches "{touches(&it.scenario.tags)}". Read it only if that is all right for you now."
                    </span>
                    <span class="button">"Show the scenario"</span>
                </summary>
                <p class="query">{text}</p>
                {facts(&it.facts)}
            </details>
        }
        .into_any()
    } else {
        view! { <h1>{text}</h1>{note(&it)}{facts(&it.facts)} }.into_any()
    };
    view! {
        <Title text=title.clone() />
        <Meta property="og:title" content=title />
        <Meta property="og:description" content=description />
        <article class="scenario">
            {crumbs(&it, &neighbours, &query)}
            {body}
            {provenance(&it)}
            {turn(neighbours, query)}
        </article>
    }
}

fn shortened(text: &str) -> String {
    let mut out: String = text.chars().take(80).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

fn crumbs(it: &ScenarioView, neighbours: &Neighbours, query: &str) -> impl IntoView + use<> {
    let back =
        if query.is_empty() { "/scenarios".to_owned() } else { format!("/scenarios?{query}") };
    let domain = format!("/scenarios?domain={}", it.domain.key);
    let label = it.scenario.label.clone().map(|label| {
        let only = ScenarioFilter { labels: vec![label.clone()], ..ScenarioFilter::default() };
        let href = format!("/scenarios?{}", only.to_query());
        view! { <li><a href=href>{label}</a></li> }
    });
    let place = (neighbours.position > 0)
        .then(|| view! { <span>{format!("{} of {}", grouped(neighbours.position), grouped(neighbours.total))}</span> });
    view! {
        <nav class="crumbs" aria-label="Where this is">
            <ol>
                <li><a href=back>"Scenarios"</a></li>
                <li><a href=domain>{it.domain.label.clone()}</a></li>
                {label}
            </ol>
            <p>
                <span>{it.scenario.source.label()}</span>
                {place}
                {severity_mark(it.scenario.severity, &it.scenario.tags)}
            </p>
        </nav>
    }
}

fn note(it: &ScenarioView) -> impl IntoView + use<> {
    (it.scenario.severity == Severity::Sensitive).then(|| {
        view! {
            <p class="care">
                <strong>"A note before you read on. "</strong>
                "This scenario touches "{touches(&it.scenario.tags)}". If that is close to home, "
                <a href="/help-lines">"someone is there to talk to"</a>"."
            </p>
        }
    })
}

fn facts(facts: &[Fact]) -> impl IntoView + use<> {
    let (long, short): (Vec<Fact>, Vec<Fact>) = facts
        .iter()
        .cloned()
        .partition(|it| it.text.as_ref().is_some_and(|it| it.chars().count() > 48));
    let fact = |it: Fact| {
        let known = it.text.is_some();
        view! {
            <div class:unknown=!known>
                <dt>{it.label}</dt>
                <dd>{it.text.unwrap_or_else(|| "not known".to_owned())}</dd>
            </div>
        }
    };
    view! {
        <h2 class="visually-hidden">"Who asks"</h2>
        <dl class="facts">{short.into_iter().map(fact).collect_view()}</dl>
        <dl class="facts long">{long.into_iter().map(fact).collect_view()}</dl>
    }
}

fn provenance(it: &ScenarioView) -> impl IntoView + use<> {
    let id = it.scenario.id.clone();
    let origin = match it.scenario.source {
        Source::Real => "A row of the PENGUIN release, taken by its authors from a public forum.",
        Source::Synthetic => "A row of the PENGUIN release, written by a model.",
        Source::Sample => "Written for Rookery’s sample pack. Nobody’s real question.",
        Source::Generated => "Load data without meaning, made for measurements.",
    };
    let json = format!("/api/v1/scenarios/{id}?download=true");
    view! {
        <section class="provenance" aria-labelledby="provenance">
            <h2 id="provenance">"Source"</h2>
            <p>{origin}" Its id is made from its content: "<code>{id.to_string()}</code></p>
            <div class="actions">
                <CopyLink id=id.clone() />
                <a class="button quiet" href=json rel="external" download=format!("scenario-{id}.json")>"Download as JSON"</a>
            </div>
            <details class="cite">
                <summary>"Cite this scenario"</summary>
                <pre tabindex="0">{cited(&id, it.scenario.source)}</pre>
            </details>
        </section>
    }
}

/// A BibTeX entry. The id names the content, so the entry stays true wherever the scenario is served.
fn cited(id: &ScenarioId, source: Source) -> String {
    let (author, title, note) = match source {
        Source::Real | Source::Synthetic => {
            ("Wu, Yuchen and others", "PENGUIN scenario", "arXiv:2505.18882")
        }
        Source::Sample | Source::Generated => {
            ("{Rookery project}", "Rookery scenario", "Rookery sample data, CC0-1.0")
        }
    };
    format!(
        "@misc{{rookery-{id},\n  author = {{{author}}},\n  title  = {{{title} {id}}},\n  note   = {{{note}}}\n}}"
    )
}

/// Copies the address without the filter. There only when the page is live.
#[component]
fn CopyLink(
    /// Which scenario.
    id: ScenarioId,
) -> impl IntoView {
    let live = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let origin = window().location().origin().unwrap_or_default();
            let _ =
                window().navigator().clipboard().write_text(&format!("{origin}/scenarios/{id}"));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = &id;
        copied.set(true);
    };
    view! {
        <button class="button" type="button" hidden=move || !live.get() on:click=copy>
            {move || if copied.get() { "Link copied" } else { "Copy link" }}
        </button>
        <span class="visually-hidden" role="status">{move || copied.get().then_some("Link copied")}</span>
    }
}

/// Previous and next within the filter, by link and by arrow key.
fn turn(neighbours: Neighbours, query: String) -> impl IntoView {
    let tail = if query.is_empty() { String::new() } else { format!("?{query}") };
    let address = move |id: Option<ScenarioId>| id.map(|it| format!("/scenarios/{it}{tail}"));
    let (previous, next) = (address.clone()(neighbours.previous), address(neighbours.next));
    let (to_previous, to_next) = (previous.clone(), next.clone());
    Effect::new(move |_| {
        let navigate = use_navigate();
        let (to_previous, to_next) = (to_previous.clone(), to_next.clone());
        let handle = window_event_listener(ev::keydown, move |event| {
            let plain =
                !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key());
            let target = match event.key().as_str() {
                "ArrowLeft" if plain => to_previous.as_ref(),
                "ArrowRight" if plain => to_next.as_ref(),
                _ => None,
            };
            let typing = document().active_element().is_some_and(|it| {
                matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT" | "PRE")
            });
            if let Some(target) = target.filter(|_| !typing) {
                navigate(target, leptos_router::NavigateOptions::default());
            }
        });
        on_cleanup(move || handle.remove());
    });
    let link = |href: Option<String>, rel: &'static str, text: &'static str| {
        href.map(|it| view! { <a class="button" rel=rel href=it>{text}</a> })
    };
    view! {
        <nav class="pager" aria-label="Within this filter">
            {link(previous, "prev", "← Previous")}
            {link(next, "next", "Next →")}
        </nav>
    }
}
