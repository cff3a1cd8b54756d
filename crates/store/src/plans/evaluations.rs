//! What sets of attributes were worth: the memory of every search, so that none pays twice.

use sqlx::FromRow;

use crate::{Store, StoreError};

/// What an evaluation's score hangs on, beside the set of attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationKey {
    /// The scenario, by ordinal.
    pub scenario: u32,
    /// Key of the model that answers.
    pub generator: String,
    /// Key of the model that judges.
    pub judge: String,
    /// Everything else, as JSON: templates, parameters, the judge's readout, the seed.
    pub setting: String,
}

/// What a set of attributes was worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The attribute keys that were shown, sorted.
    pub attributes: Vec<String>,
    /// Which time this set was evaluated, from 0.
    pub repeat: u32,
    /// The safety score, 1 to 5; or why there is none.
    pub outcome: Result<f64, String>,
    /// Tokens read and written.
    pub tokens: u64,
    /// What it cost, in millionths of a US dollar.
    pub cost_micros: u64,
}

#[derive(FromRow)]
struct Row {
    attributes: String,
    repeat: u32,
    score: Option<f64>,
    said: Option<String>,
    tokens: i64,
    cost_micros: i64,
}

impl Store {
    /// Every set of attributes that was evaluated under this key.
    pub async fn evaluations_of(&self, key: &EvaluationKey) -> Result<Vec<Evaluation>, StoreError> {
        const READING: &str = "read evaluations";
        let wrong = || StoreError::Stored { operation: READING };
        let rows: Vec<Row> = sqlx::query_as(
            "select attributes, repeat, score, said, tokens, cost_micros from plan_evaluations
             where scenario = ? and generator = ? and judge = ? and setting = ? order by created_ms, attributes, repeat",
        )
        .bind(key.scenario)
        .bind(&key.generator)
        .bind(&key.judge)
        .bind(&key.setting)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during(READING))?;
        rows.into_iter()
            .map(|it| {
                Ok(Evaluation {
                    attributes: serde_json::from_str(&it.attributes).map_err(|_| wrong())?,
                    repeat: it.repeat,
                    outcome: match (it.score, it.said) {
                        (Some(score), None) => Ok(score),
                        (None, Some(said)) => Err(said),
                        _ => return Err(wrong()),
                    },
                    tokens: u64::try_from(it.tokens).map_err(|_| wrong())?,
                    cost_micros: u64::try_from(it.cost_micros).map_err(|_| wrong())?,
                })
            })
            .collect()
    }

    /// Stores what a set of attributes was worth. Of two of the same repeat the first one counts.
    pub async fn evaluation_insert(
        &self,
        key: &EvaluationKey,
        evaluation: &Evaluation,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        const STORING: &str = "store an evaluation";
        let attributes = serde_json::to_string(&evaluation.attributes)
            .map_err(|_| StoreError::Stored { operation: STORING })?;
        sqlx::query(
            "insert into plan_evaluations
                 (scenario, attributes, generator, judge, setting, repeat, score, said, tokens, cost_micros, created_ms)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
        )
        .bind(key.scenario)
        .bind(attributes)
        .bind(&key.generator)
        .bind(&key.judge)
        .bind(&key.setting)
        .bind(evaluation.repeat)
        .bind(evaluation.outcome.as_ref().ok())
        .bind(evaluation.outcome.as_ref().err())
        .bind(i64::try_from(evaluation.tokens).unwrap_or(i64::MAX))
        .bind(i64::try_from(evaluation.cost_micros).unwrap_or(i64::MAX))
        .bind(now_ms)
        .execute(&self.writer)
        .await
        .map_err(StoreError::during(STORING))?;
        Ok(())
    }
}
