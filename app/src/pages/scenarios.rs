//! Searching and narrowing the scenarios. The whole state is the URL.

use domain::{Browse, Cursor, Facet, Order, ScenarioCard, ScenarioFilter, Severity, Sort};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::ui::{counted, grouped, loaded, marked, severity_mark, touches};

/// Search box, filters, and a page of results.
#[component]
pub(crate) fn Scenarios() -> impl IntoView {
    let query = use_location().search.get_untracked();
    let page = loaded(
        async move |it| {
            let (filter, cursor) = ScenarioFilter::from_query(&query)?;
            let page = it.engine.scenarios_browse(&it.ctx, &filter, cursor.as_ref()).await?;
            Ok((page, filter))
        },
        |(page, filter)| found(page, &filter),
    );
    view! {
        <Title text="Scenarios" />
        {page}
    }
}

fn href(filter: &ScenarioFilter, cursor: Option<&Cursor>) -> String {
    with_query("/scenarios", &filter.to_query_at(cursor))
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn found(page: Browse, filter: &ScenarioFilter) -> impl IntoView + use<> {
    let query = filter.to_query();
    let cards = page.items.iter().cloned().map(|it| card(it, &query)).collect_view();
    let empty = page.items.is_empty().then(|| nothing(filter, page.severe_hidden));
    view! {
        <div class="browse">
            <div class="browse-head">
                <h1>"Scenarios"</h1>
                {search_form(filter)}
                {chips(filter, &page.facets)}
            </div>
            {filters(filter, &page.facets)}
            <section class="results" aria-label="Results">
                {results_line(&page, filter)}
                {empty}
                <ol class="cards" start=page.first.max(1).to_string()>{cards}</ol>
                {pager(&page, filter)}
            </section>
        </div>
    }
}

fn search_form(filter: &ScenarioFilter) -> impl IntoView + use<> {
    let rest = ScenarioFilter { text: String::new(), ..filter.clone() };
    let hidden = rest.to_pairs();
    let text = filter.text.clone();
    view! {
        <form method="get" action="/scenarios" class="search" role="search">
            <label class="visually-hidden" for="q">"Words to search for"</label>
            <input id="q" type="search" name="q" value=text maxlength="200" autocomplete="off" placeholder="Words, or a “whole phrase” in quotes" />
            {hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()}
            <button>"Search"</button>
        </form>
    }
}

fn chips(filter: &ScenarioFilter, facets: &[Facet]) -> impl IntoView + use<> {
    let mut chips = Vec::new();
    if !filter.text.is_empty() {
        let without = ScenarioFilter { text: String::new(), ..filter.clone() };
        chips.push((format!("“{}”", filter.text), href(&without, None)));
    }
    for facet in facets {
        for value in facet.values.iter().filter(|it| it.selected) {
            let text = format!("{}: {}", facet.label, value.label);
            chips.push((text, href(&filter.toggled(&facet.key, &value.value), None)));
        }
    }
    let all = (chips.len() > 1)
        .then(|| view! { <li><a class="clear" href="/scenarios">"Clear all"</a></li> });
    let chips = chips.into_iter().map(|(text, href)| {
        let label = format!("Remove the filter {text}");
        view! { <li><a class="chip" href=href aria-label=label>{text}<span aria-hidden="true">" ×"</span></a></li> }
    });
    (!filter.is_empty()).then(
        || view! { <ul class="chips" aria-label="Active filters">{chips.collect_view()}{all}</ul> },
    )
}

/// Facets that are open from the start; the attributes open on demand.
const OPEN: [&str; 4] = ["domain", "severity", "tag", "source"];

fn filters(filter: &ScenarioFilter, facets: &[Facet]) -> impl IntoView + use<> {
    let groups = facets.iter().map(|facet| {
        let open = OPEN.contains(&facet.key.as_str()) || facet.values.iter().any(|it| it.selected);
        let values = facet.values.iter().map(|it| {
            let href = href(&filter.toggled(&facet.key, &it.value), None);
            view! {
                <li>
                    <a href=href class:chosen=it.selected aria-current=it.selected.then_some("true") rel="nofollow">
                        <span>{it.label.clone()}</span>
                        <span class="count">{grouped(it.count)}</span>
                    </a>
                </li>
            }
        });
        view! {
            <details class="facet" open=open>
                <summary>{facet.label.clone()}</summary>
                <ul>{values.collect_view()}</ul>
            </details>
        }
    });
    view! {
        <details class="filters">
            <summary>"Filters"</summary>
            <nav aria-label="Filters">{groups.collect_view()}</nav>
        </details>
    }
}

fn results_line(page: &Browse, filter: &ScenarioFilter) -> impl IntoView + use<> {
    let last = page.first + page.items.len() as u64;
    let range = match page.items.len() as u64 {
        0 => "No scenarios".to_owned(),
        shown if shown == page.total => counted(page.total, "scenario", "scenarios"),
        _ => format!(
            "{}–{} of {}",
            grouped(page.first),
            grouped(last - 1),
            counted(page.total, "scenario", "scenarios")
        ),
    };
    let current = match page.order {
        Order::Relevance => Sort::Relevance,
        Order::FirstAdded | Order::TooManyToRank => Sort::FirstAdded,
        Order::LastAdded => Sort::LastAdded,
    };
    let sorts = Sort::ALL.iter().filter(|it| **it != Sort::Relevance || !filter.text.is_empty()).map(|sort| {
        let target = ScenarioFilter { sort: Some(*sort), ..filter.clone() };
        let here = (*sort == current).then_some("true");
        view! { <li><a href=href(&target, None) aria-current=here rel="nofollow">{sort.label()}</a></li> }
    });
    let note = (page.order == Order::TooManyToRank)
        .then(|| view! { <p class="small">"Too many match to put the best first; they are shown as they were added. More words narrow it down."</p> });
    let with_severe = ScenarioFilter { severities: Severity::ALL.to_vec(), ..filter.clone() };
    let hidden = (page.severe_hidden > 0 && !page.items.is_empty()).then(|| {
        let text = if page.severe_hidden == 1 {
            "1 more speaks of present danger and is left out. ".to_owned()
        } else {
            format!("{} more speak of present danger and are left out. ", grouped(page.severe_hidden))
        };
        view! { <p class="small">{text}<a href=href(&with_severe, None) rel="nofollow">"Include them"</a></p> }
    });
    view! {
        <div class="results-line">
            <p role="status">{range}</p>
            <ul class="sorts" aria-label="Order">{sorts.collect_view()}</ul>
        </div>
        {note}
        {hidden}
    }
}

fn card(it: ScenarioCard, query: &str) -> impl IntoView + use<> {
    let href = with_query(&format!("/scenarios/{}", it.id), query);
    let title = if it.severity == Severity::Severe {
        let text = format!("Covered: speaks of {}", touches(&it.tags));
        view! { <h2 class="covered"><a href=href>{text}</a></h2> }.into_any()
    } else {
        view! { <h2><a href=href>{marked(it.query)}</a></h2> }.into_any()
    };
    let matched = (!it.matched_profile.is_empty())
        .then(|| view! { <p class="matched">"In the profile: "{marked(it.matched_profile)}</p> });
    view! {
        <li class="card">
            <p class="crumb">
                <span class="domain">{it.domain.label}</span>
                {it.label.map(|it| view! { <span>{it}</span> })}
                <span>{it.source.label()}</span>
                {severity_mark(it.severity, &it.tags)}
            </p>
            {title}
            <p class="asker">{it.facts.into_iter().map(|it| view! { <span>{it}</span> }).collect_view()}</p>
            {matched}
        </li>
    }
}

fn nothing(filter: &ScenarioFilter, severe_hidden: u64) -> impl IntoView + use<> {
    let with_severe = ScenarioFilter { severities: Severity::ALL.to_vec(), ..filter.clone() };
    let severe = (severe_hidden > 0).then(|| {
        let text = counted(severe_hidden, "scenario that meets it speaks", "scenarios that meet it speak");
        view! {
            <p>{text}" of present danger and stays out of view unless you ask for it. "<a href=href(&with_severe, None)>"Include severe ones"</a></p>
        }
    });
    let advice = if filter.is_empty() {
        view! { <p>"This database is empty. Import a file with "<code>"rookery import FILE"</code>"."</p> }.into_any()
    } else {
        view! { <p>"Try fewer words or remove a filter. "<a href="/scenarios">"Show all scenarios"</a></p> }.into_any()
    };
    view! { <div class="nothing"><h2>"Nothing found"</h2>{advice}{severe}</div> }
}

fn pager(page: &Browse, filter: &ScenarioFilter) -> impl IntoView + use<> {
    let link = |cursor: Option<&Cursor>, rel: &'static str, text: &'static str| {
        cursor.map(|it| view! { <a class="button" rel=rel href=href(filter, Some(it))>{text}</a> })
    };
    (page.previous.is_some() || page.next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {link(page.previous.as_ref(), "prev", "Previous page")}
                {link(page.next.as_ref(), "next", "Next page")}
            </nav>
        }
    })
}
