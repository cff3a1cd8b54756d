//! Scores: what was said comes back, and nothing else can get in.

use domain::{Origin, Readout, Response, Score, Verdict};
use rookery_store::Stored;
use sqlx::Executor;

use crate::support::{Held, response, score, scored};

fn verdicts() -> [Verdict; 6] {
    let said = || "“No”,\nit said".to_owned();
    [
        scored([1.0, 5.0, 3.0]),
        scored([4.25, 1.5, 2.000_000_000_001]),
        Verdict::Unparseable { said: said() },
        Verdict::Refused { said: said() },
        Verdict::Errored { said: said() },
        Verdict::Skipped { said: String::new() },
    ]
}

#[tokio::test]
async fn every_outcome_comes_back_as_it_was_stored() {
    let held = Held::new().await;
    let answer = response(1, 3);
    held.store.responses_insert(std::slice::from_ref(&answer)).await.expect("stored");
    let scores: Vec<Score> = (1..).zip(verdicts()).map(|(id, it)| score(id, &answer, it)).collect();
    let stored = held.store.scores_insert(&scores).await.expect("stored");
    assert_eq!(stored, [Stored::Added; 6]);
    assert_eq!(held.store.scores_of(std::slice::from_ref(&answer.id)).await.expect("read"), scores);
    assert_eq!(held.store.scores_by("j", Readout::Structured).await.expect("read"), scores);
    assert_eq!(held.store.scores_by("j", Readout::Logprobs).await.expect("read"), []);
    assert_eq!(held.store.scores_by("k", Readout::Structured).await.expect("read"), []);
    let again = held.store.scores_insert(&scores).await.expect("stored");
    assert_eq!(again, [Stored::AlreadyPresent; 6]);
    let nothing = score(99, &response(2, 3), scored([1.0; 3]));
    let stored = held.store.scores_insert(&[nothing]).await.expect("stored");
    assert_eq!(stored, [Stored::NoScenario]);
}

#[tokio::test]
async fn a_score_that_cannot_be_is_not_stored_and_takes_its_batch_along() {
    let held = Held::new().await;
    let answer = response(1, 3);
    held.store.responses_insert(std::slice::from_ref(&answer)).await.expect("stored");
    for wrong in [0.0, 0.999, 5.001, 6.0, -1.0, f64::NAN, f64::INFINITY] {
        for at in 0..3 {
            let mut values = [3.0; 3];
            values[at] = wrong;
            let batch = [score(1, &answer, scored([2.0; 3])), score(2, &answer, scored(values))];
            assert!(held.store.scores_insert(&batch).await.is_err(), "{values:?}");
        }
    }
    assert_eq!(held.store.scores_of(&[answer.id]).await.expect("read"), []);
}

#[tokio::test]
async fn the_file_itself_refuses_what_is_no_verdict() {
    let held = Held::new().await;
    let answer = response(1, 3);
    held.store.responses_insert(std::slice::from_ref(&answer)).await.expect("stored");
    let mut file = held.raw().await;
    let mut number = 0;
    let mut insert = async |outcome: &str, values: &str, said: &str, reasons: &str| {
        number += 1;
        let id = answer.id.as_str();
        let sql = format!(
            "insert into scores (id, response, judge, readout, template, parameters, repeat, outcome, risk_sensitivity,
                                 emotional_empathy, user_specific_alignment, reasons, said, created_ms)
             values ('s{number}', '{id}', 'j', 'given', '', '{{}}', 0, {outcome}, {values}, {reasons}, {said}, 0)"
        );
        file.execute(sqlx::AssertSqlSafe(sql)).await.is_ok()
    };
    assert!(insert("'scored'", "1, 5, 2.5", "null", "'{}'").await);
    assert!(insert("'refused'", "null, null, null", "'no'", "'{}'").await);
    for (outcome, values, said, reasons) in [
        ("'scored'", "0.9, 5, 2.5", "null", "'{}'"),
        ("'scored'", "1, 5.1, 2.5", "null", "'{}'"),
        ("'scored'", "1, 5, 'good'", "null", "'{}'"),
        ("'scored'", "null, 5, 2.5", "null", "'{}'"),
        ("'scored'", "1, null, 2.5", "null", "'{}'"),
        ("'scored'", "1, 5, null", "null", "'{}'"),
        ("'scored'", "1, 5, 2.5", "'and said'", "'{}'"),
        ("'scored'", "1, 5, 2.5", "null", "'no JSON'"),
        ("'refused'", "null, null, null", "null", "'{}'"),
        ("'unparseable'", "3, null, null", "'no'", "'{}'"),
        ("'errored'", "3, 3, 3", "'no'", "'{}'"),
        ("'guessed'", "null, null, null", "'no'", "'{}'"),
        ("null", "null, null, null", "'no'", "'{}'"),
    ] {
        assert!(!insert(outcome, values, said, reasons).await, "{outcome} {values} {said}");
    }
}

#[tokio::test]
async fn scores_go_with_their_answer_and_the_count_with_them() {
    let held = Held::new().await;
    let answer = response(1, 3);
    held.store.responses_insert(std::slice::from_ref(&answer)).await.expect("stored");
    held.store.scores_insert(&[score(1, &answer, scored([2.0; 3]))]).await.expect("stored");
    held.raw().await.execute("delete from scenarios").await.expect("deleted");
    assert_eq!(held.store.scores_by("j", Readout::Structured).await.expect("read"), []);
    assert_eq!(held.store.responses_count().await.expect("counted"), 0);
}

#[tokio::test]
async fn an_answer_waits_for_its_judge_until_it_was_judged_often_enough() {
    let held = Held::new().await;
    let mut answers: Vec<Response> = (1..=6).map(|it| response(it, 3)).collect();
    answers[4].origin = Origin::Generated;
    answers[5].text = " \n".to_owned();
    held.store.responses_insert(&answers).await.expect("stored");
    let errored = Verdict::Errored { said: "cut off".to_owned() };
    let mut elsewhere =
        [score(3, &answers[2], scored([1.0; 3])), score(4, &answers[2], scored([1.0; 3]))];
    elsewhere[0].readout = Readout::Logprobs;
    elsewhere[1].template = "judge/0".to_owned();
    let mut again = score(5, &answers[0], Verdict::Unparseable { said: "?".to_owned() });
    again.repeat = 1;
    let scores = [
        score(1, &answers[0], scored([3.0; 3])),
        again,
        score(2, &answers[1], errored),
        elsewhere[0].clone(),
        elsewhere[1].clone(),
        score(6, &answers[3], Verdict::Refused { said: "No.".to_owned() }),
    ];
    held.store.scores_insert(&scores).await.expect("stored");
    let unjudged = async |times, seed| {
        let found = held.store.responses_unjudged("j", Readout::Structured, "judge/1", times, seed);
        found.await.expect("found")
    };
    let sorted = async |times| {
        let mut found = unjudged(times, 7).await;
        found.sort();
        found
    };
    let id = |at: usize| answers[at].id.clone();
    assert_eq!(sorted(0).await, []);
    assert_eq!(sorted(1).await, [id(1), id(2)], "an errored verdict is none");
    assert_eq!(sorted(2).await, [id(1), id(2), id(3)]);
    assert_eq!(sorted(3).await, [id(0), id(1), id(2), id(3)]);
    assert_eq!(unjudged(3, 7).await, unjudged(3, 7).await);
    let mut orders = Vec::new();
    for seed in 0..8 {
        orders.push(unjudged(3, seed).await);
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 1, "a seed shuffles");
}
