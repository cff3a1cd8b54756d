//! A file of the second schema, with rows in it, comes up to date and loses nothing.

use std::path::Path;

use domain::{Condition, Finish, Origin, Readout, Shown};
use rookery_store::{GenerationState, Store};
use sqlx::{Connection, SqliteConnection, migrate::Migrator};

use crate::support::{column, free, partial, response, scenario, score, scored};

const FIRST_TWO: [&str; 2] = ["0001", "0002"];
const ANSWERS: usize = 500;

/// A file as the program wrote it when it knew two migrations.
async fn old(folder: &Path, file: &Path) {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let kept = folder.join("migrations");
    std::fs::create_dir(&kept).expect("made");
    for entry in std::fs::read_dir(all).expect("the migrations") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("text");
        if FIRST_TWO.iter().any(|it| name.starts_with(it)) {
            std::fs::copy(entry.path(), kept.join(name)).expect("copied");
        }
    }
    let address = format!("sqlite:{}?mode=rwc", file.display());
    let mut connection = SqliteConnection::connect(&address).await.expect("opened");
    let migrator = Migrator::new(kept).await.expect("two migrations");
    assert_eq!(migrator.iter().count(), 2);
    migrator.run(&mut connection).await.expect("run");
    for number in 3..=4 {
        let it = scenario(number);
        sqlx::query(
            "insert into scenarios (id, profile_id, source, domain, query, profile, severity, tags, content_hash)
             values (?, ?, 'sample', 'life', ?, '{}', 'standard', '[]', x'00')",
        )
        .bind(it.id.as_str())
        .bind(it.profile_id.as_str())
        .bind(&it.query)
        .execute(&mut connection)
        .await
        .expect("written");
    }
    let mut transaction = connection.begin().await.expect("begun");
    for number in 1..=ANSWERS {
        let it = response(u32::try_from(number).expect("small"), 3);
        let (condition, attributes) = if number % 2 == 0 {
            ("partial", Some(r#"["age","gender"]"#))
        } else {
            ("raise", None)
        };
        sqlx::query(
            "insert into responses (id, scenario, model, condition, attributes, text, created_ms)
             select ?, ordinal, 'm', ?, ?, ?, ? from scenarios where id = ?",
        )
        .bind(it.id.as_str())
        .bind(condition)
        .bind(attributes)
        .bind(&it.text)
        .bind(it.created_ms)
        .bind(it.scenario.as_str())
        .execute(&mut *transaction)
        .await
        .expect("written");
    }
    transaction.commit().await.expect("written");
    connection.close().await.expect("closed");
}

#[tokio::test]
async fn an_old_file_keeps_its_rows_and_takes_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.db");
    old(folder.path(), &file).await;
    let store = Store::open(&file).await.expect("brought up to date");
    assert_eq!(store.responses_count().await.expect("counted"), ANSWERS as u64);
    let (ordinal, found) =
        store.scenario_fetch(&scenario(3).id).await.expect("read").expect("a scenario");
    assert_eq!(found.query, "Question 3?");
    for (shown, id) in [(partial(), 500), (Shown::whole(Condition::Raise), 499)] {
        let newest = store.response_newest(ordinal, &column("m", shown.clone())).await;
        let newest = newest.expect("read").expect("an answer");
        let expected = response(id, 3);
        assert_eq!((&newest.id, &newest.text), (&expected.id, &expected.text), "{shown}");
        assert_eq!(newest.shown, shown);
        assert_eq!((newest.finish, newest.origin), (Finish::Stop, Origin::Generated));
        assert_eq!((newest.prompt.len(), newest.parameters.as_str()), (0, "{}"));
    }
    let new = response(900, 4);
    store.responses_insert(std::slice::from_ref(&new)).await.expect("stored");
    assert_eq!(store.response_fetch(&new.id).await.expect("read"), Some(new.clone()));
    let verdict = score(1, &new, scored([1.0, 2.0, 3.0]));
    store.scores_insert(std::slice::from_ref(&verdict)).await.expect("stored");
    assert_eq!(store.scores_by("j", Readout::Structured).await.expect("read"), [verdict]);
    let id = domain::GenerationId::from_digest(&[7; 10]);
    store.generation_start(&id, ordinal, &column("m", free()), 1).await.expect("begun");
    let begun = store.generation_fetch(&id).await.expect("read").expect("a generation");
    assert_eq!(begun.state, GenerationState::Running);
    assert_eq!(store.integrity_check().await.expect("checked"), Vec::<String>::new());
    store.close().await;
    let before = std::fs::read(&file).expect("bytes");
    Store::open(&file).await.expect("again").close().await;
    assert_eq!(std::fs::read(&file).expect("bytes"), before, "once is enough");
}
