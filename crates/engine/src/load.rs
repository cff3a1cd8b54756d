//! Load data for measurements.

use corpus::{Generator, response_id};
use domain::{Finish, Origin, Response, ResponseId, Shown};

use crate::{Actor, Ctx, Engine, EngineError};

/// Scenarios written in one transaction.
const BATCH: u64 = 2_000;

impl Engine {
    /// Fills the database with generated scenarios and answers. Returns how many scenarios and answers were
    /// made; the same seed makes the same ones, so a second run adds nothing.
    pub async fn load_generate(
        &self,
        ctx: &Ctx,
        scenarios: u64,
        responses_per_scenario: usize,
        seed: u64,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<(u64, u64), EngineError> {
        if ctx.actor != Actor::Operator {
            return Err(EngineError::Forbidden("generate load data"));
        }
        let mut generator = Generator::new(&self.schema, seed);
        let (mut made, mut answered) = (0, 0);
        while made < scenarios {
            let count = BATCH.min(scenarios - made);
            let batch: Vec<_> = (0..count).map(|_| generator.scenario()).collect();
            self.store.scenarios_upsert(&batch).await?;
            let mut answers = Vec::new();
            for (scenario, _) in &batch {
                answers.extend(generator.responses(responses_per_scenario).into_iter().map(|it| {
                    let mut response = Response {
                        id: ResponseId::from_digest(&[0; 10]),
                        scenario: scenario.id.clone(),
                        model: it.model.to_owned(),
                        shown: Shown::whole(it.condition),
                        prompt: Vec::new(),
                        template: String::new(),
                        parameters: "{}".to_owned(),
                        text: it.text,
                        finish: Finish::Stop,
                        origin: Origin::Generated,
                        tokens_in: None,
                        tokens_out: None,
                        cost_micros: None,
                        created_ms: ctx.now_ms,
                        took_ms: None,
                    };
                    response.id = response_id(&response);
                    response
                }));
            }
            self.store.responses_insert(&answers).await?;
            made += count;
            answered += answers.len() as u64;
            progress(made);
        }
        Ok((made, answered))
    }
}
