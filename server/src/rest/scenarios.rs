//! Scenarios over HTTP.

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use domain::{Browse, Facet, ScenarioFilter, decode_query};
use engine::{Ctx, EngineError};
use http::{HeaderValue, header};

use super::Failure;
use crate::{middleware::RequestId, router::AppState};

async fn browse(state: &AppState, ctx: &Ctx, query: Option<String>) -> Result<Browse, Failure> {
    let read = ScenarioFilter::from_query(&query.unwrap_or_default()).map_err(EngineError::from);
    let (filter, cursor) = read.map_err(|it| Failure::of(&it, ctx))?;
    state
        .engine
        .scenarios_browse(ctx, &filter, cursor.as_ref())
        .await
        .map_err(|it| Failure::of(&it, ctx))
}

/// `GET /scenarios`: a page, by the same query as the page for people.
pub(crate) async fn list(
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Result<Json<Browse>, Failure> {
    browse(&state, &super::ctx(&id), query).await.map(Json)
}

/// `GET /facets`: what could be chosen, with counts.
pub(crate) async fn facets(
    State(state): State<AppState>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Facet>>, Failure> {
    browse(&state, &super::ctx(&id), query).await.map(|it| Json(it.facets))
}

/// `GET /scenarios/{id}`: one scenario, whole.
pub(crate) async fn fetch(
    State(state): State<AppState>,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let ctx = super::ctx(&request);
    let id = EngineError::known(&id).map_err(|it| Failure::of(&it, &ctx))?;
    let view = state.engine.scenario_fetch(&ctx, &id).await.map_err(|it| Failure::of(&it, &ctx))?;
    let mut response = Json(view).into_response();
    let wanted = decode_query(&query.unwrap_or_default());
    if wanted.iter().any(|(key, value)| key == "download" && value == "true") {
        let disposition = format!("attachment; filename=\"scenario-{id}.json\"");
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    Ok(response)
}
