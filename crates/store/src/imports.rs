//! The record of imports.

use crate::{Store, StoreError};

/// Names an import in this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportId(i64);

/// How many rows an import read, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows read, rejected ones included.
    pub read: u64,
    /// New scenarios.
    pub added: u64,
    /// Rows that were there already, unchanged.
    pub already_present: u64,
    /// Rows that were there with other content.
    pub updated: u64,
    /// Rows refused.
    pub rejected: u64,
}

/// An import as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// The file or pack.
    pub name: String,
    /// When it began, in Unix milliseconds.
    pub started_ms: i64,
    /// When it ended; absent if it was cut off or is under way.
    pub finished_ms: Option<i64>,
    /// Counts as of its last batch.
    pub counts: ImportCounts,
}

impl Store {
    /// Puts an import on record.
    pub async fn import_start(&self, name: &str, now_ms: i64) -> Result<ImportId, StoreError> {
        let (id,): (i64,) =
            sqlx::query_as("insert into imports (name, started_ms) values (?, ?) returning id")
                .bind(name)
                .bind(now_ms)
                .fetch_one(&self.writer)
                .await
                .map_err(StoreError::during("record an import"))?;
        Ok(ImportId(id))
    }

    /// Notes how far an import is; `finished_ms` when it has ended.
    pub async fn import_note(
        &self,
        id: ImportId,
        counts: ImportCounts,
        finished_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let whole = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        sqlx::query(
            "update imports
             set read = ?, added = ?, already_present = ?, updated = ?, rejected = ?, finished_ms = ?
             where id = ?",
        )
        .bind(whole(counts.read))
        .bind(whole(counts.added))
        .bind(whole(counts.already_present))
        .bind(whole(counts.updated))
        .bind(whole(counts.rejected))
        .bind(finished_ms)
        .bind(id.0)
        .execute(&self.writer)
        .await
        .map_err(StoreError::during("record an import"))?;
        Ok(())
    }

    /// Imports that began and did not end, oldest first. Running one again completes it.
    pub async fn imports_unfinished(&self) -> Result<Vec<ImportRecord>, StoreError> {
        type Row = (String, i64, Option<i64>, i64, i64, i64, i64, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "select name, started_ms, finished_ms, read, added, already_present, updated, rejected
             from imports as it
             where finished_ms is null
               and not exists (
                   select 1 from imports as later
                   where later.name = it.name and later.id > it.id and later.finished_ms is not null
               )
             order by id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during("list imports"))?;
        let whole = |it: i64| u64::try_from(it).unwrap_or(0);
        let record =
            |(name, started_ms, finished_ms, read, added, present, updated, rejected): Row| {
                ImportRecord {
                    name,
                    started_ms,
                    finished_ms,
                    counts: ImportCounts {
                        read: whole(read),
                        added: whole(added),
                        already_present: whole(present),
                        updated: whole(updated),
                        rejected: whole(rejected),
                    },
                }
            };
        Ok(rows.into_iter().map(record).collect())
    }
}
