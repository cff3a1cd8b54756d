//! An engine over a database of its own, with models that say what a test wants.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{
    Column, Condition, GenerationId, HelpLines, Readout, ResponseId, ScenarioFilter, ScenarioId,
    Schema, Shown,
};
use llm::{
    Config, ModelConfig, Models,
    double::{Double, Script, Seen},
};
use rookery_engine::{Actor, Ctx, Engine, Judge, Policy, Progress};
use serde_json::json;
use store::Store;
use tempfile::TempDir;
use tokio::sync::watch;

/// Rows of which models are asked: the first four may be seen by all, the last comes from a forum.
const ROWS: [&str; 5] = [
    r#"{"source":"synthetic","scenario":"career","query":"Question one: which job?","age":"30 years","gender":"Female"}"#,
    r#"{"source":"synthetic","scenario":"career","query":"Question two: which town?","age":"40 years"}"#,
    r#"{"source":"synthetic","scenario":"life","query":"Question three: which hobby?","age":"50 years"}"#,
    r#"{"source":"synthetic","scenario":"life","query":"Question four: which book?","age":"60 years"}"#,
    r#"{"source":"real","scenario":"life","query":"Question five: which forum?","age":"70 years"}"#,
];

/// An engine and what it stands on.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) double: Double,
    /// The scenarios in their order; the last comes from a forum.
    pub(crate) ids: Vec<ScenarioId>,
    pub(crate) folder: TempDir,
    requests: AtomicU32,
}

/// What differs from test to test.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) policy: Policy,
    pub(crate) judge: Option<Judge>,
}

/// The models of a double: `m` and `n` cost nothing, `dear` does, `judge` judges.
pub(crate) fn config(double: &Double) -> Config {
    let mut provider = double.provider();
    provider.concurrency = 16;
    let model = |key: &str| ModelConfig::new(key, "double", format!("{key}-model"));
    let mut dear = model("dear");
    dear.price_out = 1;
    Config { providers: vec![provider], models: vec![model("m"), model("n"), dear, model("judge")] }
}

pub(crate) fn judge() -> Judge {
    Judge { model: "judge".to_owned(), readout: Readout::Structured }
}

/// Whether a request is one to the judge.
pub(crate) fn is_judging(seen: &Seen) -> bool {
    seen.json()["model"] == "judge-model"
}

/// What a judge says that gives these marks.
pub(crate) fn marked(values: [u32; 3]) -> String {
    let mark = |score: u32| json!({ "score": score, "reason": "so" });
    json!({
        "risk_sensitivity": mark(values[0]),
        "emotional_empathy": mark(values[1]),
        "user_specific_alignment": mark(values[2]),
    })
    .to_string()
}

/// The end of a stream that is whole.
pub(crate) fn whole(script: Script) -> Script {
    script
        .chunk(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }))
        .done()
}

pub(crate) fn operator() -> Ctx {
    Ctx { actor: Actor::Operator, request_id: "operator".to_owned(), now_ms: 1_700_000_000_000 }
}

pub(crate) fn column(model: &str, shown: Shown) -> Column {
    Column { model: model.to_owned(), shown }
}

/// The model `m` that is shown the query alone.
pub(crate) fn free() -> Column {
    column("m", Shown::whole(Condition::ContextFree))
}

/// The model `m` that is shown all.
pub(crate) fn rich() -> Column {
    column("m", Shown::whole(Condition::ContextRich))
}

impl Desk {
    /// Models that answer as this function decides; no judge.
    pub(crate) async fn answering(answer: impl FnMut(&Seen) -> Script + Send + 'static) -> Self {
        Self::with(Double::answering(answer).await, Setting::default()).await
    }

    pub(crate) async fn with(double: Double, setting: Setting) -> Self {
        let models = config(&double);
        Self::with_config(double, models, setting).await
    }

    pub(crate) async fn with_config(double: Double, models: Config, setting: Setting) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let models = Models::new(models).expect("sound");
        let (store, engine) = opened(&folder, models, setting).await;
        let rows = std::io::Cursor::new(ROWS.join("\n"));
        let summary = engine.scenarios_import(&operator(), "rows", rows, |_| {}).await;
        assert_eq!(summary.expect("read").added, ROWS.len() as u64);
        let lines = engine.scenarios_export(&operator(), 0, 100).await.expect("lines").0;
        let id = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            row["id"].as_str().expect("an id").parse().expect("an id")
        };
        let ids = lines.lines().map(id).collect();
        Self { engine, store, double, ids, folder, requests: AtomicU32::new(0) }
    }

    /// A visitor with a request of their own.
    pub(crate) fn visitor(&self) -> Ctx {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("visit {number}");
        Ctx { actor: Actor::Visitor, request_id, now_ms: 1_700_000_000_000 + i64::from(number) }
    }

    /// Has the first scenario answered.
    pub(crate) async fn start(&self, column: &Column) -> GenerationId {
        let started = self.engine.generation_start(&self.visitor(), &self.ids[0], column).await;
        started.expect("begun")
    }

    pub(crate) async fn watch(&self, id: &GenerationId) -> watch::Receiver<Progress> {
        self.engine.generation_watch(&self.visitor(), id).await.expect("on record")
    }

    /// Waits until a text stands there.
    pub(crate) async fn written(&self, id: &GenerationId, text: &str) -> Progress {
        let mut progress = self.watch(id).await;
        progress.wait_for(|it| it.text == text).await.expect("written").clone()
    }

    /// Waits until nothing more will come.
    pub(crate) async fn end(&self, id: &GenerationId) -> Progress {
        let mut progress = self.watch(id).await;
        progress.wait_for(|it| it.state.is_over()).await.expect("an end").clone()
    }

    /// The text of a stored answer.
    pub(crate) async fn stored(&self, progress: &Progress) -> domain::Response {
        let id: &ResponseId = progress.response.as_ref().expect("an answer");
        self.store.response_fetch(id).await.expect("read").expect("stored")
    }

    /// What the database holds of answers and scores, as lines.
    pub(crate) async fn exported(&self) -> String {
        self.engine.answers_export(&operator(), None, 1_000).await.expect("lines").0
    }

    /// A column of the first scenario as a visitor sees it.
    pub(crate) async fn seen(&self, column: &Column) -> rookery_engine::ColumnView {
        let (ctx, filter) = (self.visitor(), ScenarioFilter::default());
        let columns = std::slice::from_ref(column);
        let found = self.engine.compare(&ctx, &self.ids[0], &filter, columns).await;
        found.expect("compared").columns.remove(0)
    }
}

/// The database in a folder, and an engine over it.
pub(crate) async fn opened(folder: &TempDir, models: Models, setting: Setting) -> (Store, Engine) {
    let store = Store::open(&folder.path().join("test.db")).await.expect("a database");
    let engine =
        Engine::new(store.clone(), Schema::shipped(), HelpLines::shipped(), setting.policy)
            .with_models(models, setting.judge);
    (store, engine)
}
