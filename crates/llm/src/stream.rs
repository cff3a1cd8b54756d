//! A reply while it is being written.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, Sleep, sleep};

use crate::books::Bill;
use crate::decoder::{Decoder, Piece, whole};
use crate::limit::Permit;
use crate::provider::Failing;
use crate::reply::{Event, Finish, Outcome};
use crate::{ErrorKind, LlmError, Model};

type Body = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// A reply while it is being written: a [`Stream`] of events that ends after [`Event::Done`] or an error.
/// Dropping it closes the connection, so that the server stops; what was written until then is accounted.
pub struct ReplyStream {
    model: Model,
    /// Absent once the reply has ended: then the connection is closed.
    body: Option<Body>,
    decoder: Decoder,
    pieces: VecDeque<Piece>,
    /// The first event, waited for before the stream was handed out.
    first: Option<Event>,
    finish: Option<Finish>,
    silence: Pin<Box<Sleep>>,
    bill: Bill,
    permit: Option<Permit>,
    is_over: bool,
}

impl ReplyStream {
    /// Waits for the first event.
    pub(crate) async fn begun(
        model: Model,
        response: Response,
        permit: Permit,
        mut bill: Bill,
    ) -> Result<Self, LlmError> {
        let mut pieces = VecDeque::new();
        let mut body: Option<Body> = None;
        if is_json(&response) {
            // The server does not stream: the reply comes at once.
            let provider = model.provider();
            match provider.within_reply_timeout(provider.read(response)).await {
                Ok(bytes) => pieces.extend(whole(&bytes)),
                Err(failing) => return Err(model.failed(failing, &mut bill)),
            }
            pieces.iter().for_each(|it| bill.note(it));
        } else {
            body = Some(Box::pin(response.bytes_stream()));
        }
        let mut stream = Self {
            silence: Box::pin(sleep(model.provider().config().idle_timeout)),
            model,
            body,
            decoder: Decoder::new(),
            pieces,
            first: None,
            finish: None,
            bill,
            permit: Some(permit),
            is_over: false,
        };
        if let Some(event) = poll_fn(|cx| stream.poll_event(cx)).await.transpose()? {
            stream.first = Some(event);
        }
        Ok(stream)
    }

    /// How the reply would be accounted if it ended here: worth storing before a stream is dropped.
    pub fn so_far(&self) -> Outcome {
        Outcome {
            finish: self.finish.unwrap_or(Finish::Unknown),
            usage: self.bill.usage(),
            cost: self.bill.cost(),
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event, LlmError>>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            if let Some(piece) = self.pieces.pop_front() {
                if let Some(event) = self.take(piece) {
                    return Poll::Ready(Some(event));
                }
                continue;
            }
            if let Err(failing) = ready!(self.poll_bytes(cx)) {
                // A reply that named its end is whole, whatever becomes of the connection.
                if self.finish.is_some() {
                    self.pieces.push_back(Piece::End);
                } else {
                    return Poll::Ready(Some(Err(self.fail(failing))));
                }
            }
        }
    }

    /// Takes the next bytes from the connection.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failing>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(Err(Failing::new(ErrorKind::CutOff, "")));
        };
        let idle_timeout = self.model.provider().config().idle_timeout;
        let pieces = match body.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.silence.as_mut().reset(Instant::now() + idle_timeout);
                self.decoder.push(&bytes)
            }
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Failing::transport(&error))),
            Poll::Ready(None) => {
                self.body = None;
                self.decoder.finish()
            }
            Poll::Pending => {
                ready!(self.silence.as_mut().poll(cx));
                let stalled = ErrorKind::Stalled { after: idle_timeout };
                return Poll::Ready(Err(Failing::new(stalled, "")));
            }
        };
        pieces.iter().for_each(|it| self.bill.note(it));
        self.pieces.extend(pieces);
        Poll::Ready(Ok(()))
    }

    fn take(&mut self, piece: Piece) -> Option<Result<Event, LlmError>> {
        let failing = match piece {
            Piece::Text(text) => return Some(Ok(Event::Text(text))),
            Piece::Reasoning(text) => return Some(Ok(Event::Reasoning(text))),
            Piece::Logprobs(tokens) => return Some(Ok(Event::Logprobs(tokens))),
            Piece::Usage(_) => return None,
            Piece::Finish(finish) => {
                self.finish = Some(finish);
                return None;
            }
            Piece::End => return Some(Ok(Event::Done(self.end()))),
            Piece::Complaint(complaint) => Failing::complained(&complaint),
            Piece::CutOff => Failing::new(ErrorKind::CutOff, ""),
            Piece::Broken(broken) => Failing::broken(broken),
        };
        Some(Err(self.fail(failing)))
    }

    fn end(&mut self) -> Outcome {
        if let Some(permit) = self.close() {
            permit.succeeded();
        }
        self.bill.close();
        self.so_far()
    }

    fn fail(&mut self, failing: Failing) -> LlmError {
        self.close();
        self.model.failed(failing, &mut self.bill)
    }

    fn close(&mut self) -> Option<Permit> {
        self.is_over = true;
        self.body = None;
        self.permit.take()
    }
}

impl Stream for ReplyStream {
    type Item = Result<Event, LlmError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = self.get_mut();
        match stream.first.take() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => stream.poll_event(cx),
        }
    }
}

impl fmt::Debug for ReplyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyStream").field("model", &self.model).finish_non_exhaustive()
    }
}

fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    content_type.is_some_and(|it| it.starts_with("application/json"))
}

#[cfg(test)]
mod tests;
