//! The agent against a scripted model, and without one.

mod reading;

use llm::{
    Model, Models,
    double::{Double, Script},
};

/// A model that always says this.
async fn saying(text: impl Into<String>) -> (Double, Model) {
    let text = text.into();
    let server = Double::answering(move |seen| Script::reply(seen, &text)).await;
    let model = Models::new(server.config()).expect("sound").list()[0].clone();
    (server, model)
}
