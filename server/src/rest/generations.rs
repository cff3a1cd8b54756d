//! Answers as they are written, as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::decode_query;
use engine::{EngineError, Progress};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::{middleware::RequestId, router::AppState};

/// How often a silent stream shows that it lives.
pub(super) const ALIVE: Duration = Duration::from_secs(15);

/// `GET /generations/{id}/events`: `text` events whose id is the number of bytes written until then, `judging` once the
/// answer is whole, and `end` with the state. `Last-Event-ID` or `from` (bytes) names what is there already; what is no number
/// names the beginning.
pub(crate) async fn events(
    State(state): State<AppState>,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let ctx = super::ctx(&request);
    let fail = |it: EngineError| Failure::of(&it, &ctx);
    let id = id.parse().map_err(|_| fail(EngineError::NoGeneration))?;
    let progress = state.engine.generation_watch(&ctx, &id).await.map_err(fail)?;
    let from = decode_query(&query.unwrap_or_default())
        .iter()
        .find_map(|it| (it.0 == "from").then(|| it.1.parse().ok())?);
    let last = headers.get("last-event-id").and_then(|it| it.to_str().ok()?.parse().ok());
    let watching = Watching {
        progress,
        sent: last.or(from).unwrap_or(0),
        said_judging: false,
        is_over: false,
        stopping: state.stopping.clone(),
    };
    let events = stream::unfold(watching, |mut it| async move {
        let event = it.next().await?;
        Some((Ok::<_, Infallible>(event), it))
    });
    let mut response =
        Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects what it passes on would show nothing until the end.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

struct Watching {
    progress: watch::Receiver<Progress>,
    sent: usize,
    said_judging: bool,
    is_over: bool,
    stopping: CancellationToken,
}

impl Watching {
    /// The next thing to tell; `None` when all was told or the server stops.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            if let Some(event) = self.untold() {
                return Some(event);
            }
            let changed = tokio::select! {
                changed = self.progress.changed() => changed.is_ok(),
                () = self.stopping.cancelled() => false,
            };
            // Whoever wrote is gone: what is there now is the last word.
            if !changed {
                self.is_over = true;
                return self.untold();
            }
        }
    }

    fn untold(&mut self) -> Option<Event> {
        let now = self.progress.borrow_and_update();
        if now.text.len() > self.sent {
            // A page that asks from within a character is told that character again.
            let from = now.text.floor_char_boundary(self.sent);
            self.sent = now.text.len();
            let event = Event::default().event("text").id(self.sent.to_string());
            return Some(event.data(&now.text[from..]));
        }
        if now.state == engine::GenerationState::Judging && !self.said_judging {
            self.said_judging = true;
            return Some(Event::default().event("judging").data("The answer is being judged."));
        }
        if now.state.is_over() && !self.is_over {
            self.is_over = true;
            return Some(Event::default().event("end").data(now.state.key()));
        }
        None
    }
}
