//! What a page sees of a conversation.

use std::sync::Arc;

use domain::{ChatId, HelpCountry};
use raise::agent::{Decision, Picture, Precedent, Settings};
use tokio::sync::watch;

use super::{Answer, Doing, Item, hub::Live};
use crate::{Ctx, Engine, EngineError, FoundBy};

/// A conversation as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatView {
    /// Names it.
    pub id: ChatId,
    /// Counts its changes.
    pub version: u64,
    /// When it began, in Unix milliseconds.
    pub begun_ms: i64,
    /// Until when it is kept, if somebody asked for that.
    pub kept_until_ms: Option<i64>,
    /// The conversation that it goes on from in another way.
    pub parent: Option<ChatId>,
    /// The model's label.
    pub model: String,
    /// What is said wherever it speaks.
    pub model_note: String,
    /// How questions are chosen.
    pub settings: Settings,
    /// What stands in it, in order.
    pub items: Vec<Item>,
    /// What is held about the person.
    pub picture: Picture,
    /// Attribute keys with their labels and suggested values, in the schema's order.
    pub attributes: Vec<(String, String, Vec<String>)>,
    /// The attribute that a question waits for.
    pub pending: Option<String>,
    /// The answer to the same question by the same model, told nothing.
    pub unasked: Option<Answer>,
    /// The version that changed it last.
    pub unasked_changed: u64,
    /// Plans of similar questions.
    pub precedents: Vec<Precedent>,
    /// How they were found; absent where nobody looked yet.
    pub found_by: Option<FoundBy>,
    /// The last decision to ask or to answer.
    pub decision: Option<Decision>,
    /// The version that changed what is known, or what is being done, last.
    pub panel_changed: u64,
    /// Questions asked so far.
    pub questions: u32,
    /// Whether somebody may be in danger: no more questions.
    pub careful: bool,
    /// Whether an answer was given.
    pub answered: bool,
    /// What is being done.
    pub doing: Doing,
    /// What was typed into a conversation that is gone.
    pub draft: Option<String>,
    /// Tokens taken so far.
    pub tokens: u64,
}

/// A conversation that is watched.
#[derive(Debug, Clone)]
pub struct ChatWatch {
    engine: Engine,
    live: Arc<Live>,
    version: watch::Receiver<u64>,
}

impl ChatWatch {
    /// Waits for a change.
    pub async fn changed(&mut self) {
        // The sender lives as long as this does.
        let _ = self.version.changed().await;
    }

    /// The conversation as it is now; `None` once it was wiped or forgotten.
    pub fn view(&mut self) -> Option<ChatView> {
        self.version.mark_unchanged();
        if self.live.lock().gone { None } else { Some(self.engine.view_of(&self.live)) }
    }
}

impl Engine {
    /// A conversation, for a page.
    pub async fn chat_view(&self, ctx: &Ctx, id: &ChatId) -> Result<ChatView, EngineError> {
        let live = self.live(ctx, id).await?;
        Ok(self.view_of(&live))
    }

    /// A conversation, now and from now on.
    pub async fn chat_watch(&self, ctx: &Ctx, id: &ChatId) -> Result<ChatWatch, EngineError> {
        let live = self.live(ctx, id).await?;
        let version = live.version.subscribe();
        Ok(ChatWatch { engine: self.clone(), live, version })
    }

    /// The help lines of a country, if it is known.
    pub fn help_country(&self, code: &str) -> Option<&HelpCountry> {
        self.help_lines.countries.iter().find(|it| it.code.eq_ignore_ascii_case(code))
    }

    fn view_of(&self, live: &Live) -> ChatView {
        let inner = live.lock();
        let record = &inner.record;
        let model = self.models.get(&record.model).map(llm::Model::config);
        ChatView {
            id: record.id.clone(),
            version: *live.version.borrow(),
            begun_ms: record.begun_ms,
            kept_until_ms: record.kept_until_ms,
            parent: record.parent.clone(),
            model: model.map_or_else(|| record.model.clone(), |it| it.label.clone()),
            model_note: model.map_or_else(String::new, |it| it.note.clone()),
            settings: record.settings.clone(),
            items: record.items.clone(),
            picture: record.picture.clone(),
            attributes: self
                .schema
                .attributes
                .iter()
                .map(|it| (it.key.clone(), it.label.clone(), it.values.clone()))
                .collect(),
            pending: record.pending.clone(),
            unasked: record.unasked.clone(),
            unasked_changed: inner.beside,
            precedents: record.precedents.clone(),
            found_by: record.found_by.clone(),
            decision: record.decision.clone(),
            panel_changed: inner.panel,
            questions: record.questions(),
            careful: record.careful,
            answered: record.answered(),
            doing: inner.doing,
            draft: record.draft.clone(),
            tokens: record.tokens,
        }
    }
}
