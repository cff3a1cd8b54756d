//! A whole turn: what the person said, what comes next, and its words.

use domain::Schema;
use llm::Model;

use super::{
    Chosen, Decision, Picture, Precedent, Question, Settings, Took, TraceEvent, answer_messages,
    apply, decide, read, word,
};
use crate::Asked;

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// The message.
    pub message: &'a str,
    /// Which, as the caller counts them.
    pub index: usize,
    /// The attribute that it replies about, if it replies to a question.
    pub answering: Option<&'a str>,
}

/// What came of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What comes next.
    pub next: Next,
    /// Why.
    pub decision: Decision,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Put this question. It is in [`Picture::asked`] already.
    Ask(Question),
    /// Ask a model this, and show what it says.
    Answer(Asked),
}

/// One turn of a conversation: reads what was said, if anything, decides, and words the question. Every part is told to
/// `trace` when it is done, so that a caller can show it and knows how long it took.
///
/// Crisis screening is the caller's, before this.
pub async fn step(
    model: Option<&Model>,
    schema: &Schema,
    picture: &mut Picture,
    precedents: &[Precedent],
    settings: &Settings,
    said: Option<Said<'_>>,
    trace: &mut (dyn FnMut(TraceEvent) + Send),
) -> Step {
    if let Some(said) = said {
        let reading = read(model, schema, picture, said.message, said.index, said.answering).await;
        apply(picture, &reading, said.answering);
        trace(TraceEvent::Read {
            message: said.index,
            answering: said.answering.map(str::to_owned),
            took: Took::of(reading.usage, reading.cost_micros),
            reading,
        });
    }
    let decision = decide(model, schema, picture, precedents, settings).await;
    let took = Took::of(decision.usage, decision.cost_micros);
    trace(TraceEvent::Decided { decision: decision.clone(), took });
    let next = match &decision.chosen {
        Chosen::Answer { .. } => Next::Answer(answer_messages(schema, picture)),
        Chosen::Ask { attribute, .. } => {
            let worded = word(model, schema, picture, attribute, settings).await;
            picture.ask(attribute);
            trace(TraceEvent::Asked {
                question: worded.question.clone(),
                notes: worded.notes,
                took: Took::of(worded.usage, worded.cost_micros),
            });
            Next::Ask(worded.question)
        }
    };
    Step { next, decision }
}
