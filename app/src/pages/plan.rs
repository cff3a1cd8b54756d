//! A plan: in which order to ask, and the search that found it, to be walked through.

use std::collections::BTreeMap;

use domain::{PlanOrigin, Severity, decode_query};
use engine::{EngineError, PlanView, Searched, Seen};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::{use_location, use_params_map};

use crate::ui::{counted, day, grouped, loaded, shortened};

/// Height of a row of the drawing.
const ROW: usize = 34;

/// A plan and one place in its search (`?at=age+gender`). Every node is a link, so it can be walked by keyboard.
#[component]
pub(crate) fn PlanPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|it| it.get("id").unwrap_or_default());
    let query = use_location().search.get_untracked();
    let at = decode_query(&query).into_iter().find(|it| it.0 == "at").map(|it| it.1);
    // A plus stands for a blank in a query, and people write either.
    let at: Vec<String> = at
        .unwrap_or_default()
        .split([' ', '+', ','])
        .filter(|it| !it.is_empty())
        .take(32)
        .map(str::to_owned)
        .collect();
    loaded(
        async move |it| {
            let id = id.parse().map_err(|_| EngineError::NoPlan)?;
            let (view, searched) = it.engine.plan_search(&it.ctx, &id).await?;
            let labels = it.engine.labels();
            Ok((view, searched, labels.into_iter().collect::<BTreeMap<_, _>>()))
        },
        move |(view, searched, labels)| shown(&view, searched.as_ref(), &labels, &at),
    )
}

type Labels = BTreeMap<String, String>;

fn label<'a>(labels: &'a Labels, key: &'a str) -> &'a str {
    labels.get(key).map_or(key, String::as_str)
}

fn shown(
    view: &PlanView,
    searched: Option<&Searched>,
    labels: &Labels,
    at: &[String],
) -> impl IntoView + use<> {
    let plan = &view.plan;
    let question = if view.scenario.severity == Severity::Severe {
        "A covered scenario".to_owned()
    } else {
        shortened(&view.scenario.query)
    };
    let rests = match plan.origin {
        PlanOrigin::Seed => "From an additive seed environment: published figures on one attribute at a time, added up and cut at 5. No model was asked.".to_owned(),
        PlanOrigin::Model => format!("Answers by {}, judged by {}.", plan.generator, plan.judge),
    };
    let made = [
        format!("Strategy {}", plan.strategy),
        counted(plan.evaluations, "evaluation", "evaluations"),
        format!("{} rollouts", grouped(plan.rollouts)),
        day(plan.created_ms),
    ];
    let steps = plan.path.iter().map(|it| {
        view! { <li><strong>{label(labels, &it.attribute).to_owned()}</strong><span>{format!("{:.2}", it.expected)}</span></li> }
    });
    let steps = steps.collect_view();
    let search = match searched {
        Some(it) => walk(view, it, labels, at).into_any(),
        None => view! { <p>"The search itself was not kept with this plan."</p> }.into_any(),
    };
    view! {
        <Title text="Plan" />
        <Meta name="robots" content="noindex" />
        <header class="plan">
            <p class="crumb"><a href="/methods">"Methods"</a><span>"Plan"</span><span>{plan.origin.label()}</span></p>
            <h1>"What to ask first"</h1>
            <p class="lead">"For: "<a href=format!("/scenarios/{}", plan.scenario)>{question}</a></p>
            <p class="small">{rests}" "{made.join(" · ")}"."</p>
        </header>
        <section class="plan" aria-labelledby="path">
            <h2 id="path">"The path, and the safety score expected after each step"</h2>
            <ol class="path"><li><strong>"Nothing known"</strong><span>{format!("{:.2}", plan.base)}</span></li>{steps}</ol>
        </section>
        <section class="plan" aria-labelledby="search">
            <h2 id="search">"The whole search"</h2>
            {search}
        </section>
        <section class="plan" aria-labelledby="curve">
            <h2 id="curve">"Best score found against evaluations spent"</h2>
            {curve(&plan.curve)}
        </section>
    }
}

/// Where one stands, how one came there, and where one can go.
fn walk(view: &PlanView, it: &Searched, labels: &Labels, at: &[String]) -> impl IntoView + use<> {
    let at: Vec<&str> = at
        .iter()
        .map(String::as_str)
        .filter(|key| it.attributes.iter().any(|known| known == key))
        .collect();
    let here = it.set(at.iter().copied());
    let seen = it.sets.get(&here).copied();
    let next = it.next(here);
    // The plan's own next step, where one stands on its path.
    let path: Vec<&str> = view.plan.path.iter().map(|it| it.attribute.as_str()).collect();
    let on_path = path.len() > at.len() && it.set(path.iter().take(at.len()).copied()) == here;
    let planned = on_path.then(|| path[at.len()]);
    let href = |keys: &[&str]| {
        if keys.is_empty() {
            format!("/plans/{}#search", view.plan.id)
        } else {
            format!("/plans/{}?at={}#search", view.plan.id, keys.join("+"))
        }
    };
    let back = (0..at.len()).map(|count| {
        let name = if count == 0 {
            "Nothing known".to_owned()
        } else {
            label(labels, at[count - 1]).to_owned()
        };
        view! { <li><a href=href(&at[..count]) rel="nofollow">{name}</a></li> }
    });
    let back = back.collect_view();
    let here_name = at.last().map_or("Nothing known".to_owned(), |it| label(labels, it).to_owned());
    let height = (ROW * next.len()).max(ROW) + 6;
    let middle = height / 2;
    let nodes = next.iter().enumerate().map(|(row, (key, seen))| {
        let y = ROW * row + ROW / 2 + 3;
        let class = if planned == Some(*key) { "chosen" } else { "other" };
        let mut keys = at.clone();
        keys.push(*key);
        view! {
            <g class=class>
                <path d=format!("M26 {middle}C120 {middle} 110 {y} 204 {y}") />
                <a href=href(&keys)>
                    <rect class="target" x="196" y=(y - 15).to_string() width="360" height="30" rx="4" />
                    <circle cx="210" cy=y.to_string() r="6" />
                    <text x="226" y=(y + 4).to_string()>{label(labels, key).to_owned()}</text>
                    <text class="number" x="548" y=(y + 4).to_string() text-anchor="end">{format!("{:.2}", seen.mean)}</text>
                </a>
            </g>
        }
    });
    let nodes = nodes.collect_view();
    let rows = next.iter().map(|(key, seen)| row(label(labels, key), *seen)).collect_view();
    let summary = seen.map(|it| {
        format!(
            "Here: mean {:.2}, best {:.2}, {}. ",
            it.mean,
            it.best,
            counted(it.visits, "visit", "visits")
        )
    });
    let drawing = if next.is_empty() {
        view! { <p>"The search went no further from here."</p> }.into_any()
    } else {
        view! {
            <svg class="branches walk" viewBox=format!("0 0 560 {height}") role="group" aria-label="Where to go from here">
                <circle class="root" cx="20" cy=middle.to_string() r="6" />
                {nodes}
            </svg>
            <details>
                <summary>"As a table"</summary>
                <table class="weighed">
                    <thead><tr><th scope="col">"And then"</th><th scope="col">"Mean"</th><th scope="col">"Best"</th><th scope="col">"Visits"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
        .into_any()
    };
    view! {
        <ol class="walked" aria-label="The way here">{back}<li aria-current="step">{here_name}</li></ol>
        <p class="small">{summary}"Each node adds one attribute to what is known. Choose one to go on from it. The thick branch is the plan’s own next step; the number is the mean score below a node."</p>
        {drawing}
    }
}

fn row(name: &str, it: Seen) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">{name.to_owned()}</th>
            <td>{format!("{:.2}", it.mean)}</td>
            <td>{format!("{:.2}", it.best)}</td>
            <td>{it.visits.to_string()}</td>
        </tr>
    }
}

/// Steps from left to right: evaluations across, the score from 1 to 5 upwards.
fn curve(points: &[(u64, f64)]) -> impl IntoView + use<> {
    let Some(last) = points.last().map(|it| it.0.max(1)) else {
        return view! { <p>"Nothing was evaluated."</p> }.into_any();
    };
    #[expect(clippy::cast_precision_loss, reason = "evaluations stay far below 2^53")]
    let x = |evaluations: u64| 34.0 + evaluations as f64 / last as f64 * 500.0;
    let y = |score: f64| 120.0 - (score.clamp(1.0, 5.0) - 1.0) / 4.0 * 105.0;
    let steps = points.iter().enumerate().map(|(at, (evaluations, score))| {
        let (x, y) = (x(*evaluations), y(*score));
        if at == 0 { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") }
    });
    let d = steps.chain([format!("H{:.1}", x(last))]).collect::<String>();
    let marks = (1..=5u8).map(|it| {
        let y = y(f64::from(it));
        view! { <path class="grid" d=format!("M34 {y:.1}H534") /><text x="24" y=format!("{:.1}", y + 4.0) text-anchor="end">{it.to_string()}</text> }
    });
    let rows = points
        .iter()
        .map(|it| view! { <tr><td>{it.0.to_string()}</td><td>{format!("{:.2}", it.1)}</td></tr> });
    let rows = rows.collect_view();
    let words = format!(
        "From {:.2} to {:.2} in {} evaluations",
        points[0].1,
        points[points.len() - 1].1,
        last
    );
    view! {
        <svg class="curve" viewBox="0 0 560 150" role="img" aria-label=words>
            {marks.collect_view()}
            <path class="line" d=d />
            <text x="534" y="142" text-anchor="end">{counted(last, "evaluation", "evaluations")}</text>
        </svg>
        <details>
            <summary>"As a table"</summary>
            <table class="weighed"><thead><tr><th scope="col">"Evaluations"</th><th scope="col">"Best score"</th></tr></thead><tbody>{rows}</tbody></table>
        </details>
    }
    .into_any()
}
