//! A site on a database of its own.

use axum::{Router, body::Body};
use domain::{HelpLines, Schema};
use engine::{Actor, Ctx, Engine, Policy};
use http::{HeaderMap, Request, StatusCode};
use rookery_server::{AppState, assets::Assets, router};
use store::Store;
use tempfile::TempDir;
use tower::ServiceExt;

/// A site with the sample pack.
pub(crate) struct Site {
    pub(crate) app: Router,
    pub(crate) engine: Engine,
    _folder: TempDir,
}

pub(crate) fn operator() -> Ctx {
    Ctx { actor: Actor::Operator, request_id: "test".to_owned(), now_ms: 1_700_000_000_000 }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(Policy::default()).await
    }

    pub(crate) async fn with(policy: Policy) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("test.db")).await.expect("a database");
        let engine = Engine::new(store, Schema::shipped(), HelpLines::shipped(), policy);
        engine.sample_import(&operator()).await.expect("the sample pack");
        let app = router(AppState::new(engine.clone(), Assets::for_tests(), false));
        Self { app, engine, _folder: folder }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 22).await.expect("a whole body");
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        self.send(Request::get(path).body(Body::empty()).expect("a path")).await
    }

    /// Imports a text and returns what became of it.
    pub(crate) async fn import(&self, text: &str) -> engine::ImportSummary {
        let bytes = text.as_bytes().to_vec();
        let input = std::io::Cursor::new(bytes);
        self.engine
            .scenarios_import(&operator(), "test", input, |_| {})
            .await
            .expect("read to its end")
    }
}
