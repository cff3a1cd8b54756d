use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::*;
use crate::books::Books;
use crate::{Config, ModelConfig, Models, ProviderConfig};

/// A stream that says a word every `pause` seconds, for ever.
fn slow(pause: u64) -> Response {
    let words = stream::repeat(()).then(move |()| async move {
        sleep(Duration::from_secs(pause)).await;
        let chunk = r#"data: {"choices":[{"delta":{"content":"word"}}]}"#;
        Ok::<_, Infallible>(format!("{chunk}\n\n"))
    });
    http::Response::new(reqwest::Body::wrap_stream(words)).into()
}

async fn begun(response: Response) -> Result<ReplyStream, LlmError> {
    let providers = vec![ProviderConfig::new("p", "http://127.0.0.1/v1")];
    let config = ModelConfig::new("m", "p", "m");
    let models = Models::new(Config { providers, models: vec![config.clone()] }).unwrap();
    let model = models.list()[0].clone();
    let permit = model.provider().turn(0).await;
    let bill = Bill::open(&Books::default(), &Arc::new(config), 0);
    ReplyStream::begun(model, response, permit, bill).await
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_has_no_limit_in_all() {
    let start = Instant::now();
    let stream = begun(slow(119)).await.unwrap();
    let words = stream.take(100).filter(|it| std::future::ready(it.is_ok())).count().await;
    assert_eq!((words, start.elapsed().as_secs()), (100, 11_900));
}

#[tokio::test(start_paused = true)]
async fn silence_has_a_limit() {
    let start = Instant::now();
    let error = begun(slow(121)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stalled { after: Duration::from_mins(2) });
    assert_eq!(start.elapsed().as_secs(), 120);
}
