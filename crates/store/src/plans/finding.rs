//! What finds plans: the words of their queries, and vectors that stand for them.
//!
//! **Invariant:** only plans of the split `train` come out of here, and of each scenario the one that stands for it.

use domain::{PlanId, ProfileId};
use sqlx::FromRow;

use crate::{Store, StoreError, words::any_word};

/// A plan that may be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Names it.
    pub id: PlanId,
    /// The crisis label of its scenario in lower case, or the profile's id where there is none.
    pub leaf: String,
    /// The profile of its scenario.
    pub profile: ProfileId,
}

#[derive(FromRow)]
struct Row {
    id: String,
    leaf: String,
    profile_id: String,
}

impl Row {
    fn candidate(self, operation: &'static str) -> Result<Candidate, StoreError> {
        let wrong = || StoreError::Stored { operation };
        Ok(Candidate {
            id: self.id.parse().map_err(|_| wrong())?,
            leaf: self.leaf,
            profile: self.profile_id.parse().map_err(|_| wrong())?,
        })
    }
}

impl Store {
    /// Grows with every change of plans and vectors, by whatever process.
    pub async fn plans_version(&self) -> Result<i64, StoreError> {
        let (version,): (i64,) = sqlx::query_as("select version from plan_state")
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::during("read the version of the plans"))?;
        Ok(version)
    }

    /// Plans whose queries share words with a text, the best match first, each with how well it matches: a number above
    /// 0 that grows with the match (Okapi BM25 of the query's words).
    pub async fn plans_by_words(
        &self,
        text: &str,
        limit: u32,
    ) -> Result<Vec<(Candidate, f64)>, StoreError> {
        const READING: &str = "find plans by words";
        let Some(expression) = any_word(text) else { return Ok(Vec::new()) };
        let rows: Vec<(String, String, String, f64)> = sqlx::query_as(
            "select plan.id, leaf, scenarios.profile_id, -bm25(scenario_fts, 1.0, 0.0, 0.0) as match
             from scenario_fts
             join plans_current as plan on plan.scenario = scenario_fts.rowid and plan.split = 'train'
             join scenarios on scenarios.ordinal = plan.scenario
             where scenario_fts match 'query : (' || ? || ')'
             order by match desc, plan.scenario limit ?",
        )
        .bind(expression)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during(READING))?;
        rows.into_iter()
            .map(|(id, leaf, profile_id, matches)| {
                Ok((Row { id, leaf, profile_id }.candidate(READING)?, matches))
            })
            .collect()
    }

    /// All plans whose query has a vector of this embedder, with the vector's bytes.
    pub async fn plans_embedded(
        &self,
        embedder: &str,
    ) -> Result<Vec<(Candidate, Vec<u8>)>, StoreError> {
        const READING: &str = "read the vectors of plans";
        let rows: Vec<(String, String, String, Vec<u8>)> = sqlx::query_as(
            "select plan.id, leaf, scenarios.profile_id, vector
             from query_embeddings
             join plans_current as plan on plan.scenario = query_embeddings.scenario and plan.split = 'train'
             join scenarios on scenarios.ordinal = plan.scenario
             where embedder = ? order by plan.scenario",
        )
        .bind(embedder)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during(READING))?;
        rows.into_iter()
            .map(|(id, leaf, profile_id, vector)| {
                Ok((Row { id, leaf, profile_id }.candidate(READING)?, vector))
            })
            .collect()
    }

    /// Up to `limit` scenarios, by ordinal behind `after`, that have a plan to be found but no vector of this embedder,
    /// with their queries.
    pub async fn queries_unembedded(
        &self,
        embedder: &str,
        after: u32,
        limit: u32,
    ) -> Result<Vec<(u32, String)>, StoreError> {
        sqlx::query_as(
            "select ordinal, query from scenarios
             where ordinal > ?1 and exists (select 1 from plans where plans.scenario = ordinal and split = 'train')
               and not exists (select 1 from query_embeddings where query_embeddings.scenario = ordinal and embedder = ?2)
             order by ordinal limit ?3",
        )
        .bind(after)
        .bind(embedder)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::during("find queries without vectors"))
    }

    /// Stores the vectors that an embedder made of these scenarios' queries; those that are there stay.
    pub async fn query_embeddings_insert(
        &self,
        embedder: &str,
        vectors: &[(u32, Vec<u8>)],
    ) -> Result<(), StoreError> {
        const STORING: &str = "store vectors";
        let during = StoreError::during;
        let mut transaction =
            self.writer.begin_with("begin immediate").await.map_err(during(STORING))?;
        for (ordinal, vector) in vectors {
            sqlx::query(
                "insert into query_embeddings (scenario, embedder, vector)
                 select ordinal, ?, ? from scenarios where ordinal = ? on conflict do nothing",
            )
            .bind(embedder)
            .bind(vector)
            .bind(ordinal)
            .execute(&mut *transaction)
            .await
            .map_err(during(STORING))?;
        }
        transaction.commit().await.map_err(during(STORING))
    }
}
