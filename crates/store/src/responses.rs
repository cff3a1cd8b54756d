//! Model answers: for now, their bulk storage and their number.

use domain::ScenarioId;

use crate::{Store, StoreError};

/// An answer to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResponse {
    /// Names the answer.
    pub id: String,
    /// What it answers.
    pub scenario: ScenarioId,
    /// Which model.
    pub model: String,
    /// Under which condition: `context-free`, `context-rich`, `raise-agent` or `raise`.
    pub condition: &'static str,
    /// What it said.
    pub text: String,
    /// When, in Unix milliseconds.
    pub created_ms: i64,
}

impl Store {
    /// Stores answers in one transaction; those already there stay as they are.
    pub async fn responses_insert(&self, responses: &[NewResponse]) -> Result<(), StoreError> {
        const STORING: &str = "store answers";
        let mut transaction =
            self.writer.begin_with("begin immediate").await.map_err(StoreError::during(STORING))?;
        for it in responses {
            sqlx::query(
                "insert into responses (id, scenario, model, condition, text, created_ms)
                 select ?, ordinal, ?, ?, ?, ? from scenarios where id = ?
                 on conflict (id) do nothing",
            )
            .bind(&it.id)
            .bind(&it.model)
            .bind(it.condition)
            .bind(&it.text)
            .bind(it.created_ms)
            .bind(it.scenario.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::during(STORING))?;
        }
        transaction.commit().await.map_err(StoreError::during(STORING))
    }

    /// How many answers there are.
    pub async fn responses_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select responses from response_count")
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::during("count answers"))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
