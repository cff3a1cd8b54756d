//! The client against scripted and recorded servers, on loopback.

mod calls;
mod failures;
mod limits;
mod recordings;
mod streams;

use rookery_llm::double::Double;
use rookery_llm::{ChatRequest, Config, Message, Model, Models};

/// A request that says hello.
fn hello() -> ChatRequest {
    ChatRequest::new(vec![Message::user("hello")])
}

/// The one model of a configuration.
fn model_of(config: Config) -> Model {
    Models::new(config).expect("a sound configuration").list()[0].clone()
}

/// The double's model.
fn model(server: &Double) -> Model {
    model_of(server.config())
}

#[tokio::test]
async fn calls_may_run_on_any_thread() {
    fn check<T: Send>(_: &T) {}
    let server = Double::saying("hi").await;
    let model = model(&server);
    check(&model.chat(hello()));
    check(&model.embed(&[]));
    check(&model.provider().models());
    check(&model.stream(hello()).await.unwrap());
}
