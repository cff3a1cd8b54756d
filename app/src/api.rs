//! Server functions: context, one engine call, map the error.

use domain::{Browse, Corpus, ErrorKind, HelpLines, Neighbours, ScenarioView, WireError};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, JsonEncoding},
};
use serde::{Deserialize, Serialize};

/// The error of every server function: safe to show, as it holds nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub WireError);

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let (kind, message) = match error {
            ServerFnErrorErr::Request(_) => (
                ErrorKind::Network,
                "The server could not be reached. Check the connection and try again.",
            ),
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => (
                ErrorKind::Invalid,
                "The request could not be understood. Reload the page and try again.",
            ),
            _ => (ErrorKind::Internal, "Something went wrong on our side. Please try again."),
        };
        Self(WireError::new(kind, message))
    }
}

/// A scenario with its place in the current filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The scenario.
    pub view: ScenarioView,
    /// Its place.
    pub neighbours: Neighbours,
}

/// What this database holds.
#[server(prefix = "/api/ui", endpoint = "corpus", input = Json)]
pub async fn read_corpus() -> Result<Corpus, AppError> {
    let served = ssr::served()?;
    served.engine.corpus_summary(&served.ctx).await.map_err(|it| ssr::fail(&it))
}

/// A page of scenarios for a URL query.
#[server(prefix = "/api/ui", endpoint = "scenarios/browse", input = Json)]
pub async fn browse_scenarios(query: String) -> Result<Browse, AppError> {
    let served = ssr::served()?;
    let (filter, cursor) = ssr::filter(&query)?;
    served
        .engine
        .scenarios_browse(&served.ctx, &filter, cursor.as_ref())
        .await
        .map_err(|it| ssr::fail(&it))
}

/// One scenario, and its place within the filter of a URL query.
#[server(prefix = "/api/ui", endpoint = "scenarios/read", input = Json)]
pub async fn read_scenario(id: String, query: String) -> Result<Reading, AppError> {
    let served = ssr::served()?;
    let (filter, _) = ssr::filter(&query)?;
    let id = id
        .parse()
        .map_err(|_| ssr::fail(&engine::EngineError::NoScenario(id.chars().take(32).collect())))?;
    let read =
        served.engine.scenario_read(&served.ctx, &id, &filter).await.map_err(|it| ssr::fail(&it));
    read.map(|(view, neighbours)| Reading { view, neighbours })
}

/// The help lines.
#[server(prefix = "/api/ui", endpoint = "help-lines", input = Json)]
pub async fn read_help_lines() -> Result<HelpLines, AppError> {
    Ok(ssr::served()?.engine.help_lines().clone())
}

#[cfg(feature = "ssr")]
pub mod ssr {
    //! What server functions find in their context.

    use domain::{Cursor, ErrorKind, ScenarioFilter, WireError};
    use engine::{Causes, Ctx, Engine, EngineError};
    use http::StatusCode;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use super::AppError;

    /// The engine and on whose behalf it is called; put into context for pages and server functions alike.
    #[derive(Debug, Clone)]
    pub struct Served {
        /// All use cases.
        pub engine: Engine,
        /// This request.
        pub ctx: Ctx,
    }

    pub(super) fn served() -> Result<Served, AppError> {
        use_context().ok_or_else(|| {
            AppError(WireError::new(ErrorKind::Internal, "The page has no server behind it."))
        })
    }

    pub(super) fn filter(query: &str) -> Result<(ScenarioFilter, Option<Cursor>), AppError> {
        ScenarioFilter::from_query(query).map_err(|it| fail(&EngineError::from(it)))
    }

    /// Logs the causes once, sets the status, and says only what a visitor may know.
    pub(super) fn fail(error: &EngineError) -> AppError {
        let kind = error.kind();
        let request_id = use_context::<Served>().map(|it| it.ctx.request_id);
        if kind.status() >= 500 {
            tracing::error!(request.id = request_id, error = %Causes(error), "a page could not be answered");
        }
        set_status(kind.status());
        AppError(WireError { kind, message: error.message(), request_id })
    }

    /// Sets the status of the page or answer under way.
    pub(crate) fn set_status(status: u16) {
        if let (Some(response), Ok(status)) =
            (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
        {
            response.set_status(status);
        }
    }
}
