//! What can be done with an answer, and the same question answered without asking.

use engine::{Answer, ChatView, What};
use leptos::prelude::*;

use super::item::{marks, written};

/// The answer without questions beside the last one with them.
pub(super) fn beside(view: &ChatView) -> impl IntoView + use<> {
    let last = view.items.iter().enumerate().rev().find_map(|(at, it)| match &it.what {
        What::Answered(answer) => Some((at, answer)),
        _ => None,
    });
    let (at, answer) = last?;
    let idle = view.doing == engine::Doing::Nothing;
    let compared = view.unasked.as_ref().map(|it| compared(view, at, answer, it));
    let tools = (answer.is_over() && idle).then(|| {
        view! {
            <div class="tools">
                {button(view, "answer", if answer.text.is_empty() { "Try again" } else { "Answer again" })}
                {button(view, "unasked", if view.unasked.is_some() { "Answer without asking again" } else { "Compare with an answer without asking" })}
            </div>
        }
    });
    Some(view! { {tools}{compared} })
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
                    {written(unasked)}
                    {unasked.is_over().then(|| marks(view, None, unasked))}
                </div>
            </section>
            <section class="column raise" aria-labelledby="beside-raise">
                <header><h2 id="beside-raise">"RAISE"</h2><p>{questions}</p></header>
                <div class="said">{written(asked)}<p class="small"><a href=format!("#item-{at}")>"In the conversation"</a></p></div>
            </section>
        </div>
    }
}
