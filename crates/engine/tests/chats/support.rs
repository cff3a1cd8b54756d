//! An engine with a model that talks as a test wants.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{ChatId, HelpLines, Schema};
use llm::{
    Config, ModelConfig, Models,
    double::{Double, Script, Seen},
};
use rookery_engine::{
    Actor, Answer, AnswerState, ChatOptions, ChatView, Ctx, Doing, Engine, EngineError, Policy,
    What,
};
use serde_json::json;
use store::Store;
use tempfile::TempDir;

/// What a person asks in most tests; it says nothing of who they are.
pub(crate) const QUERY: &str = "Should I take the offer or stay?";

pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) double: Double,
    pub(crate) folder: TempDir,
    clock: AtomicI64,
}

/// Which of the agent's forms a request asks for; empty for an answer.
pub(crate) fn form(seen: &Seen) -> String {
    seen.json()["response_format"]["json_schema"]["name"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn is_answering(seen: &Seen) -> bool {
    seen.json()["stream"] == true
}

/// A model that finds no facts, words no question, and answers this.
pub(crate) fn usual(seen: &Seen, answer: &str) -> Script {
    if is_answering(seen) {
        return Script::reply(seen, answer);
    }
    match form(seen).as_str() {
        "facts" => Script::reply(seen, &json!({ "facts": [] }).to_string()),
        _ => Script::reply(seen, "I would rather talk about the weather."),
    }
}

impl Desk {
    pub(crate) async fn usual() -> Self {
        Self::answering(|seen| usual(seen, "Take your time.")).await
    }

    pub(crate) async fn answering(answer: impl FnMut(&Seen) -> Script + Send + 'static) -> Self {
        let double = Double::answering(answer).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (store, engine) = opened(&folder, &double).await;
        Self { engine, store, double, folder, clock: AtomicI64::new(1_700_000_000_000) }
    }

    /// The same database under a program that has just started.
    pub(crate) async fn restarted(self) -> Self {
        let (store, engine) = opened(&self.folder, &self.double).await;
        Self { engine, store, ..self }
    }

    pub(crate) fn ctx(&self) -> Ctx {
        let now_ms = self.clock.fetch_add(1, Ordering::Relaxed);
        Ctx { actor: Actor::Visitor, request_id: "visit".to_owned(), now_ms }
    }

    pub(crate) fn later(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    pub(crate) fn begin(&self, text: &str) -> ChatId {
        let begun = self.engine.chat_begin(&self.ctx(), text, ChatOptions::default());
        begun.expect("begun")
    }

    pub(crate) async fn say(&self, id: &ChatId, text: &str) {
        self.engine.chat_say(&self.ctx(), id, text).await.expect("said");
    }

    pub(crate) async fn view(&self, id: &ChatId) -> ChatView {
        self.engine.chat_view(&self.ctx(), id).await.expect("here")
    }

    pub(crate) async fn is_gone(&self, id: &ChatId) -> bool {
        matches!(self.engine.chat_view(&self.ctx(), id).await, Err(EngineError::NoChat))
    }

    /// Waits until the conversation looks like this.
    pub(crate) async fn until(&self, id: &ChatId, like: impl Fn(&ChatView) -> bool) -> ChatView {
        let mut watch = self.engine.chat_watch(&self.ctx(), id).await.expect("here");
        loop {
            let view = watch.view().expect("not wiped");
            if like(&view) {
                return view;
            }
            watch.changed().await;
        }
    }

    /// Waits until it is the person's turn.
    pub(crate) async fn turn(&self, id: &ChatId) -> ChatView {
        self.until(id, |it| it.doing == Doing::Nothing).await
    }

    /// Says something and waits until it is the person's turn again.
    pub(crate) async fn after(&self, id: &ChatId, text: &str) -> ChatView {
        self.say(id, text).await;
        self.turn(id).await
    }
}

async fn opened(folder: &TempDir, double: &Double) -> (Store, Engine) {
    let store = Store::open(&folder.path().join("test.db")).await.expect("a database");
    let mut dear = ModelConfig::new("dear", "double", "dear-model");
    dear.price_out = 1;
    let models = vec![dear, ModelConfig::new("m", "double", "m-model")];
    let config = Config { providers: vec![double.provider()], models };
    let engine =
        Engine::new(store.clone(), Schema::shipped(), HelpLines::shipped(), Policy::default())
            .with_models(Models::new(config).expect("sound"), None);
    (store, engine)
}

/// Attributes that were asked for, in order.
pub(crate) fn asked(view: &ChatView) -> Vec<String> {
    let questions = view.items.iter().filter_map(|it| match &it.what {
        What::Asked { question, .. } => Some(question.attribute.clone()),
        _ => None,
    });
    questions.collect()
}

pub(crate) fn answers(view: &ChatView) -> Vec<&Answer> {
    let answers = view.items.iter().filter_map(|it| match &it.what {
        What::Answered(answer) => Some(answer),
        _ => None,
    });
    answers.collect()
}

/// The texts of the answers that are whole.
pub(crate) fn whole(view: &ChatView) -> Vec<&str> {
    let whole = answers(view).into_iter().filter(|it| it.state == AnswerState::Whole);
    whole.map(|it| it.text.as_str()).collect()
}
