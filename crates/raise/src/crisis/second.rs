//! The second look: a model is asked where patterns see no crisis. The words are data: `prompts/crisis.toml`.

use std::sync::LazyLock;

use llm::{ChatRequest, LlmError, Message, Model, Schema};
use serde::Deserialize;
use serde_json::json;

use super::{Level, Screening};
use crate::prompt::filled;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    #[expect(dead_code, reason = "screening stores nothing that would name it")]
    name: String,
    system: String,
    message: String,
}

#[derive(Deserialize)]
struct Answer {
    danger: bool,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    toml::from_str(include_str!("../../prompts/crisis.toml")).expect("a tested file of our own")
});

/// Has a model look at a message in which patterns saw no crisis. It can raise the level, never lower it: a model that
/// sees nothing, or says something that cannot be read, leaves what patterns found. So does the caller when there is an
/// error.
pub async fn raised(model: &Model, text: &str, found: Screening) -> Result<Screening, LlmError> {
    if found.is_crisis() {
        return Ok(found);
    }
    let request = ChatRequest {
        max_tokens: Some(20),
        temperature: Some(0.0),
        seed: Some(1),
        schema: Some(Schema {
            name: "danger".to_owned(),
            schema: json!({
                "type": "object",
                "properties": { "danger": { "type": "boolean" } },
                "required": ["danger"],
                "additionalProperties": false,
            }),
        }),
        ..ChatRequest::new(vec![
            Message::system(TEMPLATE.system.trim()),
            Message::user(filled(&TEMPLATE.message, &[("text", text)])),
        ])
    };
    let said = model.chat(request).await?.text;
    let object = said.find('{').zip(said.rfind('}')).and_then(|(from, to)| said.get(from..=to));
    let danger = object.and_then(|it| serde_json::from_str::<Answer>(it).ok());
    if danger.is_some_and(|it| it.danger) {
        let reason = "a model reads danger in it".to_owned();
        return Ok(Screening { level: Level::Crisis, reason, kind: found.kind });
    }
    Ok(found)
}
