//! Which scenarios have which value of which facet, as bitmaps of ordinals.
//!
//! A bitmap is stored in blocks of 65,536 ordinals, written in the transaction that writes the scenarios, so an
//! import touches only the last blocks. In memory the blocks of a value are one bitmap.

use std::collections::{BTreeMap, HashMap};

use domain::{Profile, Scenario};
use roaring::RoaringBitmap;
use sqlx::{SqliteConnection, SqlitePool};

use crate::StoreError;

/// The facet that holds every scenario, under the empty value.
pub(crate) const ALL: &str = "*";

/// Every facet's values, each with its scenarios.
#[derive(Debug, Default)]
pub(crate) struct FacetIndex {
    values: BTreeMap<String, BTreeMap<String, RoaringBitmap>>,
}

impl FacetIndex {
    pub(crate) async fn load(readers: &SqlitePool) -> Result<Self, StoreError> {
        const LOADING: &str = "load the facet index";
        let rows: Vec<(String, String, Vec<u8>)> = sqlx::query_as(
            "select facet, value, bitmap from facet_bitmaps order by facet, value, block",
        )
        .fetch_all(readers)
        .await
        .map_err(StoreError::during(LOADING))?;
        let mut index = Self::default();
        for (facet, value, bitmap) in rows {
            *index.values.entry(facet).or_default().entry(value).or_default() |=
                parsed(&bitmap, LOADING)?;
        }
        Ok(index)
    }

    /// The scenarios with one value.
    pub(crate) fn get(&self, facet: &str, value: &str) -> Option<&RoaringBitmap> {
        self.values.get(facet)?.get(value)
    }

    /// The scenarios with any of these values.
    pub(crate) fn any<'a>(
        &self,
        facet: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> RoaringBitmap {
        let mut out = RoaringBitmap::new();
        values.into_iter().filter_map(|it| self.get(facet, it)).for_each(|it| out |= it);
        out
    }

    /// All scenarios.
    pub(crate) fn all(&self) -> RoaringBitmap {
        self.get(ALL, "").cloned().unwrap_or_default()
    }

    /// Each facet with its values.
    pub(crate) fn facets(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, RoaringBitmap>)> {
        self.values.iter().filter(|it| it.0 != ALL).map(|(facet, values)| (facet.as_str(), values))
    }
}

/// What is to be added to and taken from stored bitmaps, by facet and value.
#[derive(Debug, Default)]
pub(crate) struct FacetChanges {
    changes: HashMap<(String, String), (RoaringBitmap, RoaringBitmap)>,
}

/// The facet values that a scenario has.
pub(crate) struct FacetValues(Vec<(String, String)>);

impl FacetValues {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut values = vec![
            (ALL.to_owned(), String::new()),
            ("domain".to_owned(), scenario.domain.clone()),
            ("source".to_owned(), scenario.source.key().to_owned()),
            ("severity".to_owned(), scenario.severity.key().to_owned()),
        ];
        values.extend(scenario.label.clone().map(|it| ("label".to_owned(), it)));
        values.extend(scenario.tags.iter().map(|it| ("tag".to_owned(), it.key().to_owned())));
        let Profile(profile) = &scenario.profile;
        let certain = profile.iter().filter_map(|(key, it)| Some((key.clone(), it.value.clone()?)));
        values.extend(certain);
        Self(values)
    }
}

impl FacetChanges {
    pub(crate) fn add(&mut self, ordinal: u32, values: FacetValues) {
        values.0.into_iter().for_each(|key| {
            self.changes.entry(key).or_default().0.insert(ordinal);
        });
    }

    pub(crate) fn remove(&mut self, ordinal: u32, values: FacetValues) {
        values.0.into_iter().for_each(|key| {
            self.changes.entry(key).or_default().1.insert(ordinal);
        });
    }

    /// Writes the changes. Removals come before additions: an unchanged value of an updated scenario stays.
    pub(crate) async fn apply(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for ((facet, value), (added, removed)) in self.changes {
            let touched = &added | &removed;
            let mut block = touched.min().map(block_of);
            while let Some(at) = block {
                write_block(connection, &facet, &value, at, &added, &removed).await?;
                block = touched.range(block_end(at)..).next().map(block_of);
            }
        }
        Ok(())
    }
}

fn block_of(ordinal: u32) -> u32 {
    ordinal >> 16
}

fn block_end(block: u32) -> u32 {
    (block + 1) << 16
}

async fn write_block(
    connection: &mut SqliteConnection,
    facet: &str,
    value: &str,
    block: u32,
    added: &RoaringBitmap,
    removed: &RoaringBitmap,
) -> Result<(), StoreError> {
    const WRITING: &str = "write the facet index";
    let stored: Option<(Vec<u8>,)> = sqlx::query_as(
        "select bitmap from facet_bitmaps where facet = ? and value = ? and block = ?",
    )
    .bind(facet)
    .bind(value)
    .bind(block)
    .fetch_optional(&mut *connection)
    .await
    .map_err(StoreError::during(WRITING))?;
    let mut bitmap = stored.map_or(Ok(RoaringBitmap::new()), |it| parsed(&it.0, WRITING))?;
    let range = (block << 16)..block_end(block);
    removed.range(range.clone()).for_each(|it| {
        bitmap.remove(it);
    });
    bitmap.extend(added.range(range));
    let query = if bitmap.is_empty() {
        sqlx::query("delete from facet_bitmaps where facet = ? and value = ? and block = ?")
            .bind(facet)
            .bind(value)
            .bind(block)
    } else {
        let mut bytes = Vec::with_capacity(bitmap.serialized_size());
        bitmap.serialize_into(&mut bytes).map_err(|_| StoreError::Stored { operation: WRITING })?;
        sqlx::query(
            "insert into facet_bitmaps (facet, value, block, count, bitmap) values (?, ?, ?, ?, ?)
             on conflict (facet, value, block) do update set count = excluded.count, bitmap = excluded.bitmap",
        )
        .bind(facet)
        .bind(value)
        .bind(block)
        .bind(i64::try_from(bitmap.len()).unwrap_or(i64::MAX))
        .bind(bytes)
    };
    query.execute(connection).await.map_err(StoreError::during(WRITING))?;
    Ok(())
}

fn parsed(bytes: &[u8], operation: &'static str) -> Result<RoaringBitmap, StoreError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|_| StoreError::Stored { operation })
}
