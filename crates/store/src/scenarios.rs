//! Scenarios: writing, reading one, reading all.

use std::collections::HashSet;

use domain::{Profile, ProfileId, Scenario, ScenarioId, Severity, Source, Tag};
use sqlx::FromRow;

use crate::{
    Store, StoreError,
    facets::{FacetChanges, FacetValues},
};

/// The first 80 bits of a digest over a whole scenario.
pub type ContentHash = [u8; 10];

/// What became of the scenarios of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upserted {
    /// They were new.
    pub added: u64,
    /// They were there, the same.
    pub already_present: u64,
    /// They were there with other content, which was replaced.
    pub updated: u64,
}

#[derive(FromRow)]
pub(crate) struct Row {
    pub(crate) ordinal: u32,
    id: String,
    profile_id: String,
    source: String,
    domain: String,
    label: Option<String>,
    query: String,
    profile: String,
    severity: String,
    tags: String,
}

impl Row {
    pub(crate) fn scenario(self, operation: &'static str) -> Result<Scenario, StoreError> {
        let wrong = || StoreError::Stored { operation };
        Ok(Scenario {
            id: self.id.parse().map_err(|_| wrong())?,
            profile_id: self.profile_id.parse::<ProfileId>().map_err(|_| wrong())?,
            source: Source::from_key(&self.source).ok_or_else(wrong)?,
            domain: self.domain,
            label: self.label,
            query: self.query,
            profile: serde_json::from_str::<Profile>(&self.profile).map_err(|_| wrong())?,
            severity: Severity::from_key(&self.severity).ok_or_else(wrong)?,
            tags: serde_json::from_str::<Vec<Tag>>(&self.tags).map_err(|_| wrong())?,
        })
    }
}

impl Store {
    /// Writes scenarios in one transaction: new ones are added, changed ones replaced, the same ones left.
    /// Where a batch holds an id twice, the last one counts.
    pub async fn scenarios_upsert(
        &self,
        batch: &[(Scenario, ContentHash)],
    ) -> Result<Upserted, StoreError> {
        const WRITING: &str = "write scenarios";
        let during = StoreError::during;
        let mut transaction =
            self.writer.begin_with("begin immediate").await.map_err(during(WRITING))?;
        let mut out = Upserted::default();
        let mut changes = FacetChanges::default();
        let mut written: HashSet<&str> = HashSet::new();
        for (scenario, hash) in batch {
            let stored: Option<(u32, Vec<u8>)> =
                sqlx::query_as("select ordinal, content_hash from scenarios where id = ?")
                    .bind(scenario.id.as_str())
                    .fetch_optional(&mut *transaction)
                    .await
                    .map_err(during(WRITING))?;
            match stored {
                Some((_, stored)) if stored == hash => {
                    out.already_present += 1;
                    continue;
                }
                Some((ordinal, _)) => {
                    // Bitmaps are written once a batch; one scenario twice in it has to be settled in between.
                    if written.contains(scenario.id.as_str()) {
                        std::mem::take(&mut changes).apply(&mut transaction).await?;
                    }
                    if let Some(old) = fetch_row(&mut transaction, scenario.id.as_str()).await? {
                        changes.remove(ordinal, FacetValues::of(&old.scenario(WRITING)?));
                    }
                    out.updated += 1;
                }
                None => out.added += 1,
            }
            let (ordinal,): (u32,) = sqlx::query_as(
                "insert into scenarios
                     (id, profile_id, source, domain, label, query, profile, severity, tags, content_hash)
                 values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                 on conflict (id) do update set
                     profile_id = excluded.profile_id, source = excluded.source, domain = excluded.domain,
                     label = excluded.label, query = excluded.query, profile = excluded.profile,
                     severity = excluded.severity, tags = excluded.tags, content_hash = excluded.content_hash
                 returning ordinal",
            )
            .bind(scenario.id.as_str())
            .bind(scenario.profile_id.as_str())
            .bind(scenario.source.key())
            .bind(&scenario.domain)
            .bind(&scenario.label)
            .bind(&scenario.query)
            .bind(serde_json::to_string(&scenario.profile).map_err(|_| StoreError::Stored { operation: WRITING })?)
            .bind(scenario.severity.key())
            .bind(serde_json::to_string(&scenario.tags).map_err(|_| StoreError::Stored { operation: WRITING })?)
            .bind(hash.as_slice())
            .fetch_one(&mut *transaction)
            .await
            .map_err(during(WRITING))?;
            written.insert(scenario.id.as_str());
            changes.add(ordinal, FacetValues::of(scenario));
        }
        if out.added + out.updated > 0 {
            changes.apply(&mut transaction).await?;
            sqlx::query("update corpus_state set version = version + 1")
                .execute(&mut *transaction)
                .await
                .map_err(during(WRITING))?;
        }
        transaction.commit().await.map_err(during(WRITING))?;
        Ok(out)
    }

    /// One scenario with its ordinal, if it is here.
    pub async fn scenario_fetch(
        &self,
        id: &ScenarioId,
    ) -> Result<Option<(u32, Scenario)>, StoreError> {
        let mut reader =
            self.readers.acquire().await.map_err(StoreError::during("fetch a scenario"))?;
        let row = fetch_row(&mut reader, id.as_str()).await?;
        row.map(|it| Ok((it.ordinal, it.scenario("fetch a scenario")?))).transpose()
    }

    /// Up to `limit` scenarios in the order of import, beginning behind an ordinal.
    pub async fn scenarios_list(
        &self,
        after: u32,
        limit: u32,
    ) -> Result<Vec<(u32, Scenario)>, StoreError> {
        const LISTING: &str = "list scenarios";
        let rows: Vec<Row> = sqlx::query_as(
            "select ordinal, id, profile_id, source, domain, label, query, profile, severity, tags
             from scenarios where ordinal > ? order by ordinal limit ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during(LISTING))?;
        rows.into_iter().map(|it| Ok((it.ordinal, it.scenario(LISTING)?))).collect()
    }
}

async fn fetch_row(
    connection: &mut sqlx::SqliteConnection,
    id: &str,
) -> Result<Option<Row>, StoreError> {
    sqlx::query_as(
        "select ordinal, id, profile_id, source, domain, label, query, profile, severity, tags
         from scenarios where id = ?",
    )
    .bind(id)
    .fetch_optional(connection)
    .await
    .map_err(StoreError::during("fetch a scenario"))
}
