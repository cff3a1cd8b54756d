//! Answers that are being made: a row each, so that what was begun is known after any stop.

use domain::{Column, GenerationId, Response, ResponseId};
use sqlx::FromRow;

use crate::{
    Store, StoreError,
    responses::{attributes, insert, shown},
};

/// How far a generation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// The model writes.
    Running,
    /// The answer is whole; the judge reads it.
    Judging,
    /// All is done.
    Done,
    /// Somebody stopped it; what was written is kept.
    Stopped,
    /// It failed; what was written is kept.
    Failed,
    /// The server stopped while it ran.
    Interrupted,
}

impl GenerationState {
    /// The stable key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Judging => "judging",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        let all = [
            Self::Running,
            Self::Judging,
            Self::Done,
            Self::Stopped,
            Self::Failed,
            Self::Interrupted,
        ];
        all.into_iter().find(|it| it.key() == key)
    }

    /// Whether nothing more will come.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Running | Self::Judging)
    }
}

/// An answer that is being made, or was to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Names it.
    pub id: GenerationId,
    /// Model and what it is shown.
    pub column: Column,
    /// How far it is.
    pub state: GenerationState,
    /// What was written so far.
    pub text: String,
    /// What happened, for people, where it failed.
    pub trouble: Option<String>,
    /// The stored answer, once there is one.
    pub response: Option<ResponseId>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    model: String,
    condition: String,
    attributes: Option<String>,
    state: String,
    text: String,
    trouble: Option<String>,
    response: Option<String>,
}

impl Row {
    fn generation(self, operation: &'static str) -> Result<Generation, StoreError> {
        let wrong = || StoreError::Stored { operation };
        let shown = shown(&self.condition, self.attributes.as_deref()).ok_or_else(wrong)?;
        Ok(Generation {
            id: self.id.parse().map_err(|_| wrong())?,
            column: Column { model: self.model, shown },
            state: GenerationState::from_key(&self.state).ok_or_else(wrong)?,
            text: self.text,
            trouble: self.trouble,
            response: self.response.map(|it| it.parse().map_err(|_| wrong())).transpose()?,
        })
    }
}

impl Store {
    /// Puts on record that an answer is being made.
    pub async fn generation_start(
        &self,
        id: &GenerationId,
        ordinal: u32,
        column: &Column,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into generations (id, scenario, model, condition, attributes, state, started_ms, updated_ms)
             values (?, ?, ?, ?, ?, 'running', ?, ?)",
        )
        .bind(id.as_str())
        .bind(ordinal)
        .bind(&column.model)
        .bind(column.shown.condition().key())
        .bind(attributes(&column.shown))
        .bind(now_ms)
        .bind(now_ms)
        .execute(&self.writer)
        .await
        .map_err(StoreError::during("begin an answer"))?;
        Ok(())
    }

    /// Saves how far an answer is.
    pub async fn generation_save(
        &self,
        id: &GenerationId,
        state: GenerationState,
        text: &str,
        trouble: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "update generations set state = ?, text = ?, trouble = ?, updated_ms = ? where id = ?",
        )
        .bind(state.key())
        .bind(text)
        .bind(trouble)
        .bind(now_ms)
        .bind(id.as_str())
        .execute(&self.writer)
        .await
        .map_err(StoreError::during("save an answer under way"))?;
        Ok(())
    }

    /// Stores the answer that came of it, and the state that it leaves, in one transaction.
    pub async fn generation_answered(
        &self,
        id: &GenerationId,
        response: &Response,
        state: GenerationState,
        trouble: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        const STORING: &str = "store an answer";
        let during = StoreError::during;
        let mut transaction =
            self.writer.begin_with("begin immediate").await.map_err(during(STORING))?;
        insert(&mut transaction, response).await.map_err(during(STORING))?;
        sqlx::query(
            "update generations set state = ?, text = ?, trouble = ?, response = ?, updated_ms = ? where id = ?",
        )
        .bind(state.key())
        .bind(&response.text)
        .bind(trouble)
        .bind(response.id.as_str())
        .bind(now_ms)
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(during(STORING))?;
        transaction.commit().await.map_err(during(STORING))
    }

    /// An answer that is being made, or was to be.
    pub async fn generation_fetch(
        &self,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        const READING: &str = "read an answer under way";
        let row: Option<Row> = sqlx::query_as("select * from generations where id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::during(READING))?;
        row.map(|it| it.generation(READING)).transpose()
    }

    /// The last generation of each column of a scenario.
    pub async fn generations_last(&self, ordinal: u32) -> Result<Vec<Generation>, StoreError> {
        const READING: &str = "list answers under way";
        let rows: Vec<Row> = sqlx::query_as(
            "select * from generations as it where scenario = ? and not exists (
                 select 1 from generations as later
                 where later.scenario = it.scenario and later.model = it.model and later.condition = it.condition
                   and later.attributes is it.attributes
                   and (later.started_ms, later.id) > (it.started_ms, it.id)
             )",
        )
        .bind(ordinal)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during(READING))?;
        rows.into_iter().map(|it| it.generation(READING)).collect()
    }

    /// Marks what the last run of the server left unfinished. Returns how many there were.
    pub async fn generations_interrupt(&self, now_ms: i64) -> Result<u64, StoreError> {
        const MARKING: &str = "mark answers that were cut off";
        let during = StoreError::during;
        let mut transaction =
            self.writer.begin_with("begin immediate").await.map_err(during(MARKING))?;
        // One whose answer is stored only missed its judge.
        sqlx::query(
            "update generations set state = 'done', updated_ms = ? where state = 'judging'",
        )
        .bind(now_ms)
        .execute(&mut *transaction)
        .await
        .map_err(during(MARKING))?;
        let cut = sqlx::query(
            "update generations set state = 'interrupted', updated_ms = ? where state = 'running'",
        )
        .bind(now_ms)
        .execute(&mut *transaction)
        .await
        .map_err(during(MARKING))?;
        transaction.commit().await.map_err(during(MARKING))?;
        Ok(cut.rows_affected())
    }
}
