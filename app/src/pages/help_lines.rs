//! Help lines by country.

use domain::{HelpCountry, HelpLine, HelpLineKind, HelpLines};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::served::served;

/// Every help line that Rookery knows, with where each was confirmed.
#[component]
pub(crate) fn HelpLinesPage() -> impl IntoView {
    view! {
        <Title text="Help lines" />
        {listed(served().engine.help_lines())}
    }
}

fn listed(lines: &HelpLines) -> impl IntoView + use<> {
    let index = lines
        .countries
        .iter()
        .map(|it| view! { <li><a href=format!("#{}", it.code)>{it.name.clone()}</a></li> });
    let index = index.collect_view();
    let directories = lines.directories.iter().cloned().map(|it| {
        view! { <li><a href=it.url rel="external noopener">{it.name}</a><span>{it.note}</span></li> }
    });
    let several = lines.countries.len() > 1;
    view! {
        <article class="help-lines">
            <h1>"Help lines"</h1>
            <p class="lead">
                "If you are thinking about harming yourself, are being hurt, or simply cannot carry it alone tonight:
                people are there to listen. You do not need to be sure that it is serious enough."
            </p>
            <p class="care">
                <strong>"In immediate danger, call your local emergency number. "</strong>
                "In the European Union and many other countries that is 112."
            </p>
            <section aria-labelledby="anywhere">
                <h2 id="anywhere">"Anywhere in the world"</h2>
                <ul class="directories">{directories.collect_view()}</ul>
            </section>
            {several.then(|| view! {
                <nav class="countries" aria-label="Countries"><h2>"By country"</h2><ul>{index}</ul></nav>
            })}
            {lines.countries.iter().cloned().map(|it| country(it).into_any()).collect_view()}
            <p class="small">
                {format!("Numbers change. Each line names the public source in which it was confirmed, last on {}. ", lines.checked)}
                "If a line does not answer, use one of the directories above."
            </p>
        </article>
    }
}

fn country(it: HelpCountry) -> impl IntoView {
    let kinds = HelpLineKind::ALL.iter().filter_map(|kind| {
        let lines: Vec<HelpLine> = it.lines.iter().filter(|line| line.kind == *kind).cloned().collect();
        (!lines.is_empty()).then(|| {
            view! { <h3>{kind.label()}</h3><ul class="lines">{lines.into_iter().map(line).collect_view()}</ul> }
        })
    });
    let kinds = kinds.collect_view();
    view! {
        <section class="country" id=it.code.clone() aria-labelledby=format!("name-{}", it.code)>
            <h2 id=format!("name-{}", it.code)>{it.name}</h2>
            {it.emergency.map(|it| view! { <p class="emergency">"Emergency: "<strong>{it}</strong></p> })}
            {kinds}
        </section>
    }
}

fn line(it: HelpLine) -> impl IntoView {
    let name = match it.url {
        Some(url) => view! { <a href=url rel="external noopener">{it.name}</a> }.into_any(),
        None => it.name.into_any(),
    };
    let phone = it.phone.map(|number| {
        let dialled: String =
            number.chars().filter(|it| it.is_ascii_digit() || *it == '+').collect();
        view! { <a class="phone" href=format!("tel:{dialled}")>{number}</a> }
    });
    let details = [it.hours, (!it.languages.is_empty()).then(|| it.languages.join(", "))];
    let details = details.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let source = match it.source_url {
        Some(url) => view! { <a href=url rel="external noopener">{it.source}</a> }.into_any(),
        None => it.source.into_any(),
    };
    view! {
        <li>
            <p class="line-name">{name}</p>
            <p class="line-reach">{phone}{it.text.map(|it| view! { <span>{it}</span> })}</p>
            {(!details.is_empty()).then(|| view! { <p class="line-details">{details}</p> })}
            <p class="line-source">"Confirmed in: "{source}{format!(" ({})", it.source_date)}</p>
        </li>
    }
}
