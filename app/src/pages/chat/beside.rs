//! What can be done with an answer, and the same question answered without asking.

use engine::{Answer, ChatView, What};
use leptos::prelude::*;

use super::item::{marks, written};

/// The last answer and its place.
fn last(view: &ChatView) -> Option<(usize, &Answer)> {
    view.items.iter().enumerate().rev().find_map(|(at, it)| match &it.what {
        What::Answered(answer) => Some((at, answer)),
        _ => None,
    })
}

/// What can be done once there is an answer.
pub(super) fn tools(view: &ChatView) -> impl IntoView + use<> {
    let (_, answer) = last(view)?;
    let idle = view.doing == engine::Doing::Nothing;
    (answer.is_over() && idle).then(|| {
        let again = if answer.text.is_empty() { "Try again" } else { "Answer again" };
        let unasked = if view.unasked.is_some() {
            "Compare with another answer without asking"
        } else {
            "Compare with an answer without asking"
        };
        view! { <div class="tools">{button(view, "answer", again)}{button(view, "unasked", unasked)}</div> }
    })
}

/// The answer without questions beside the last one with them.
pub(super) fn beside(view: &ChatView) -> impl IntoView + use<> {
    let (at, answer) = last(view)?;
    view.unasked.as_ref().map(|it| compared(view, at, answer, it))
}

fn button(view: &ChatView, what: &str, label: &'static str) -> impl IntoView + use<> {
    view! {
        <form method="post" action=format!("/api/ui/chat/{what}") data-chat="reply">
            <input type="hidden" name="chat" value=view.id.to_string() />
            <button>{label}</button>
        </form>
    }
}

fn compared(view: &ChatView, at: usize, asked: &Answer, unasked: &Answer) -> impl IntoView + use<> {
    let questions = match asked.questions {
        1 => "1 question".to_owned(),
        it => format!("{it} questions"),
    };
    view! {
        <h2 class="beside-title">"The same question, without and with asking"</h2>
        <div class="columns" data-columns="2">
            <section class="column free" aria-labelledby="beside-free">
                <header><h2 id="beside-free">"Context-free"</h2><p>"nothing asked"</p></header>
                <div class="said" aria-busy=(!unasked.is_over()).then_some("true")>
                    {written(unasked, &view.model_note)}
                    {unasked.is_over().then(|| marks(view, None, unasked))}
                </div>
            </section>
            <section class="column raise" aria-labelledby="beside-raise">
                <header><h2 id="beside-raise">"RAISE"</h2><p>{questions}</p></header>
                <div class="said">{written(asked, &view.model_note)}<p class="small"><a href=format!("#item-{at}")>"In the conversation"</a></p></div>
            </section>
        </div>
    }
}
