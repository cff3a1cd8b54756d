//! Comparisons to keep: as JSON, or as Markdown to read.

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Response},
};
use domain::{CompareQuery, decode_query};
use engine::EngineError;
use http::{HeaderValue, header};

use super::Failure;
use crate::{middleware::RequestId, router::AppState};

/// `GET /compare/{id}`: answers side by side, by the same query as the page; `format=md` for Markdown.
pub(crate) async fn fetch(
    State(state): State<AppState>,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let ctx = super::ctx(&request);
    let fail = |it: EngineError| Failure::of(&it, &ctx);
    let query = query.unwrap_or_default();
    let id = EngineError::known(&id).map_err(fail)?;
    let asked = CompareQuery::from_query(&query).map_err(|it| fail(it.into()))?;
    let comparison =
        state.engine.compare(&ctx, &id, &asked.filter, &asked.columns).await.map_err(fail)?;
    let wants = |key: &str, wanted: &str| {
        decode_query(&query).iter().any(|it| it.0 == key && it.1 == wanted)
    };
    let (mut response, ending) = if wants("format", "md") {
        let markdown = comparison.to_markdown();
        (([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], markdown).into_response(), "md")
    } else {
        (Json(comparison).into_response(), "json")
    };
    if wants("download", "true") {
        let disposition = format!("attachment; filename=\"comparison-{id}.{ending}\"");
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    Ok(response)
}
