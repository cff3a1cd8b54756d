//! How the agent decides: what it knows, how complete the picture is, and why it asks.

use engine::{ChatView, Doing};
use leptos::prelude::*;
use raise::agent::{Chosen, Completeness, Decision, Fact, FactOrigin, Precedent, Standing};

/// Alternatives that the drawing shows.
const DRAWN: usize = 4;

/// What is being done, and how to stop it.
pub(super) fn doing(view: &ChatView) -> impl IntoView + use<> {
    let busy = view.doing != Doing::Nothing;
    let id = view.id.to_string();
    view! {
        <p role="status" class="small">{view.doing.label()}</p>
        {busy.then(|| view! {
            <form method="post" action="/api/ui/chat/stop" data-chat="reply">
                <input type="hidden" name="chat" value=id />
                <button class="link">"Stop"</button>
            </form>
        })}
    }
}

/// The column beside the conversation.
pub(super) fn panel(view: &ChatView) -> impl IntoView + use<> {
    let decision = view.decision.clone();
    let careful = view.careful.then(
        || view! { <p class="small">"No questions are asked in this conversation any more."</p> },
    );
    let labels = labels(view);
    view! {
        <section><h2>"What I know about you"</h2>{known(view)}</section>
        <section>
            <h2>"How complete the picture is"</h2>
            {match &decision {
                Some(it) => complete(&it.completeness).into_any(),
                None => view! { <p class="small">"Not looked at yet."</p> }.into_any(),
            }}
            <p class="small">{format!("{} of at most {} questions asked.", view.questions, view.settings.budget)}</p>
            {careful}
        </section>
        {decision.map(|it| view! { <section><h2>"Why this question"</h2>{why(&it, &view.precedents, &labels)}</section> })}
    }
}

/// Attribute keys and labels.
type Labels = Vec<(String, String)>;

fn labels(view: &ChatView) -> Labels {
    view.attributes.iter().map(|it| (it.0.clone(), it.1.clone())).collect()
}

fn label<'a>(labels: &'a Labels, key: &'a str) -> &'a str {
    labels.iter().find(|it| it.0 == key).map_or(key, |it| &it.1)
}

fn known(view: &ChatView) -> impl IntoView + use<> {
    let rows = view.attributes.iter().filter_map(|(key, label, values)| {
        let fact = view.picture.facts.get(key)?;
        Some(row(view, key, label, values, fact).into_any())
    });
    let rows = rows.collect_view();
    let declined: Vec<String> = view
        .attributes
        .iter()
        .filter(|it| view.picture.declined.contains(&it.0))
        .map(|it| it.1.to_lowercase())
        .collect();
    let declined = (!declined.is_empty()).then(|| {
        view! { <p class="small">{format!("You would rather not say: {}. It is not asked again.", declined.join(", "))}</p> }
    });
    let nothing = view
        .picture
        .facts
        .is_empty()
        .then(|| view! { <p class="small">"Nothing yet but your question."</p> });
    view! { <ul class="know">{rows}</ul>{nothing}{declined} }
}

fn row(
    view: &ChatView,
    key: &str,
    label: &str,
    values: &[String],
    fact: &Fact,
) -> impl IntoView + use<> {
    let field = format!("fact-{key}");
    let list = format!("values-{key}");
    let options = values.iter().cloned().map(|it| view! { <option value=it></option> });
    let id = view.id.to_string();
    let source = match fact.origin {
        FactOrigin::Volunteered => "you said so unasked",
        FactOrigin::Answered => "you answered this",
        FactOrigin::Chosen => "you chose this",
        FactOrigin::Edited => "you wrote this here",
    };
    view! {
        <li>
            <span class="small">{label.to_owned()}</span>
            <span title=source>{fact.value.clone()}</span>
            <details>
                <summary aria-label=format!("Edit: {label}")>"edit"</summary>
                <form method="post" action="/api/ui/chat/fact" data-chat="fact">
                    <input type="hidden" name="chat" value=id />
                    <input type="hidden" name="attribute" value=key.to_owned() />
                    <label class="visually-hidden" for=field.clone()>{label.to_owned()}</label>
                    <input id=field name="value" value=fact.value.clone() list=list.clone() maxlength="200" autocomplete="off" />
                    <datalist id=list>{options.collect_view()}</datalist>
                    <button name="act" value="save">"Save"</button>
                    <button name="act" value="remove" class="quiet">"Remove"</button>
                </form>
            </details>
        </li>
    }
}

fn complete(it: &Completeness) -> impl IntoView + use<> {
    let at = |score: f64| format!("{:.1}", (score / 5.0).clamp(0.0, 1.0) * 300.0);
    let tick = (it.threshold / 5.0).clamp(0.0, 1.0) * 300.0;
    let words = format!("{:.1} of 5; {:.1} is enough to answer", it.score, it.threshold);
    view! {
        <svg class="meter" viewBox="0 0 300 34" role="img" aria-label=words.clone()>
            <rect class="track" y="8" width="300" height="6" rx="3" />
            <rect class="fill" y="8" width=at(it.score) height="6" rx="3" />
            <path class="tick" d=format!("M{tick:.1} 3v16") />
            <text x=format!("{:.1}", tick.clamp(48.0, 252.0)) y="31" text-anchor="middle">"enough to answer"</text>
        </svg>
        <p class="small">{words}"."</p>
    }
}

fn why(decision: &Decision, precedents: &[Precedent], labels: &Labels) -> impl IntoView + use<> {
    let chosen = match &decision.chosen {
        Chosen::Ask { attribute, because } => {
            view! { <p>{label(labels, attribute).to_owned()}": "{because.clone()}</p> }.into_any()
        }
        Chosen::Answer { because } => view! { <p>{because.sentence()}</p> }.into_any(),
    };
    let rows = decision.alternatives.iter().map(|it| {
        view! {
            <tr>
                <th scope="row">{label(labels, &it.attribute).to_owned()}</th>
                <td>{format!("{:+.2}", it.gain)}</td>
                <td>{format!("{:.0} %", it.support * 100.0)}</td>
                <td>{standing(it.standing)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let notes = decision.notes.iter().cloned().map(|it| view! { <li>{it}</li> }).collect_view();
    view! {
        {tree(decision, precedents, labels)}
        {chosen}
        {similar(precedents)}
        <details>
            <summary>"What else was considered"</summary>
            <table class="weighed">
                <thead><tr><th scope="col">"Attribute"</th><th scope="col">"Gain"</th><th scope="col">"Plans"</th><th scope="col">"Now"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="small">"Gain: how much the safety score is expected to rise, on its scale from 1 to 5, when this is known. Plans: the share of similar questions’ plans, by similarity, that ask for it."</p>
            <ul class="small">{notes}</ul>
        </details>
    }
}

fn standing(it: Standing) -> &'static str {
    match it {
        Standing::Open => "open",
        Standing::Known => "known",
        Standing::Asked => "asked",
        Standing::Declined => "declined",
    }
}

/// The attributes that could be asked for, the chosen one first, as branches from what is known.
fn tree(decision: &Decision, precedents: &[Precedent], labels: &Labels) -> impl IntoView + use<> {
    let Chosen::Ask { attribute, .. } = &decision.chosen else { return None };
    let chosen = decision.alternatives.iter().find(|it| it.attribute == *attribute)?;
    let others = decision
        .alternatives
        .iter()
        .filter(|it| it.standing == Standing::Open && it.attribute != *attribute);
    let drawn: Vec<_> = std::iter::once(chosen).chain(others).take(DRAWN).collect();
    let height = 30 * drawn.len().max(1) + 4;
    let middle = height / 2;
    let branches = drawn.iter().enumerate().map(|(row, it)| {
        let y = 17 + 30 * row;
        let class = if row == 0 { "chosen" } else { "other" };
        let text = format!("{} {:+.2}", label(labels, &it.attribute).to_lowercase(), it.gain);
        view! {
            <g class=class>
                <path d=format!("M14 {middle}C60 {middle} 50 {y} 96 {y}") />
                <circle cx="102" cy=y.to_string() r="5" />
                <text x="116" y=(y + 4).to_string()>{text}</text>
            </g>
        }
    });
    // What the most similar plan would ask next.
    let next = precedents.first().and_then(|it| {
        let at = it.path.iter().position(|step| step.attribute == *attribute)?;
        it.path.get(at + 1)
    });
    let then = next.map(|it| view! { <p class="small">{format!("The most similar plan would ask for {} next.", label(labels, &it.attribute).to_lowercase())}</p> });
    Some(view! {
        <svg class="branches" viewBox=format!("0 0 300 {height}") aria-hidden="true">
            <circle class="root" cx="10" cy=middle.to_string() r="5" />
            {branches.collect_view()}
        </svg>
        {then}
    })
}

fn similar(precedents: &[Precedent]) -> impl IntoView + use<> {
    if precedents.is_empty() {
        return view! { <p class="small">"No plan of a similar question was found; the order comes from published figures on which facts matter most."</p> }.into_any();
    }
    let plans = precedents.iter().map(|it| {
        let question = it.query.clone().unwrap_or_else(|| "A covered question".to_owned());
        view! { <li><a href=format!("/plans/{}", it.plan)>{crate::ui::shortened(&question)}</a><span class="count">{format!("{:.2}", it.similarity)}</span></li> }
    });
    let seeded = precedents.iter().all(|it| it.origin == "seed");
    let from = if seeded {
        "Their plans come from an additive seed environment of published figures, not from a model."
    } else {
        "Their plans were searched for beforehand, each by many simulated conversations."
    };
    view! {
        <details>
            <summary>{format!("From {} similar questions", precedents.len())}</summary>
            <ol class="similar">{plans.collect_view()}</ol>
            <p class="small">{from}" The number is the similarity, from −1 to 1. Each leads to its whole search."</p>
        </details>
    }
    .into_any()
}
