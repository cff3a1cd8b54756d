//! Plans: which are found, what is told of them, and what stays out of reach of whoever is measured.

use std::{fmt::Write, io::Cursor};

use domain::{Plan, PlanId, PlanOrigin, PlanStep, ScenarioId, Split};
use llm::{
    Models,
    double::{Double, Script, Seen},
};
use rookery_engine::{Actor, Ctx, Embedder, Engine, EngineError, FoundBy, Nearest, Policy};

use crate::support::{Desk, Setting, config, operator};

/// Question, crisis label, severity, source and age. Labels that begin with `a` are of the training half, with `b` of the
/// test half; the first four and the last four questions have one profile each.
const ROWS: [[&str; 5]; 8] = [
    ["I lost my job", "a", "standard", "synthetic", "30"],
    ["I lost my job and my house", "b", "standard", "synthetic", "30"],
    ["My job is dull", "b", "standard", "synthetic", "30"],
    ["My house is cold", "a", "standard", "synthetic", "30"],
    ["I lost a job in the forum", "a", "standard", "real", "40"],
    ["I lost my job and cannot go on", "a", "severe", "synthetic", "40"],
    ["A house by the sea", "b", "standard", "synthetic", "40"],
    ["Which job is a good one?", "c", "standard", "synthetic", "40"],
];

struct Planned {
    desk: Desk,
    ids: Vec<ScenarioId>,
    plans: Vec<PlanId>,
}

fn step(attribute: &str, expected: f64) -> PlanStep {
    PlanStep { attribute: attribute.to_owned(), expected, visits: 3 }
}

fn seed(scenario: &ScenarioId) -> Plan {
    named(Plan {
        id: PlanId::from_digest(&[0; 10]),
        scenario: scenario.clone(),
        strategy: "bayes".to_owned(),
        generator: String::new(),
        judge: String::new(),
        parameters: "{}".to_owned(),
        origin: PlanOrigin::Seed,
        base: 3.0,
        path: vec![step("age", 3.5), step("emotional_state", 4.0)],
        score: 4.0,
        evaluations: 10,
        rollouts: 20,
        curve: vec![(10, 4.0)],
        tree: None,
        created_ms: 1_000,
    })
}

fn named(plan: Plan) -> Plan {
    Plan { id: corpus::plan_id(&plan), ..plan }
}

fn lines(plans: &[Plan]) -> Cursor<String> {
    Cursor::new(plans.iter().map(|it| corpus::plan_line(it) + "\n").collect())
}

impl Planned {
    /// The scenarios with a seed plan each, and a model that says what a test wants.
    async fn answering(
        policy: Policy,
        answer: impl FnMut(&Seen) -> Script + Send + 'static,
    ) -> Self {
        let setting = Setting { policy, ..Setting::default() };
        let desk = Desk::with(Double::answering(answer).await, setting).await;
        let mut rows = String::new();
        for [query, label, severity, source, age] in ROWS {
            writeln!(
                rows,
                r#"{{"v":1,"source":"{source}","domain":"life","label":"{label}","query":"{query}","profile":{{"age":"{age}"}},"severity":"{severity}"}}"#
            )
            .expect("written");
        }
        let before = desk.ids.len();
        let read =
            desk.engine.scenarios_import(&operator(), "rows", Cursor::new(rows), |_| {}).await;
        assert_eq!(read.expect("read").rejected, []);
        let scenarios = desk.store.scenarios_list(0, 100).await.expect("listed");
        let scenarios: Vec<_> = scenarios.into_iter().skip(before).map(|it| it.1).collect();
        for (scenario, [_, label, ..]) in scenarios.iter().zip(ROWS) {
            let expected = if label == "b" { Split::Test } else { Split::Train };
            assert_eq!(corpus::place(scenario).split, expected, "{label}");
        }
        let ids: Vec<ScenarioId> = scenarios.into_iter().map(|it| it.id).collect();
        let plans: Vec<Plan> = ids.iter().map(seed).collect();
        let summary = desk.engine.plans_import(&operator(), lines(&plans)).await.expect("read");
        assert_eq!((summary.added, summary.rejected), (8, Vec::new()));
        Self { desk, ids, plans: plans.into_iter().map(|it| it.id).collect() }
    }

    async fn new() -> Self {
        Self::answering(Policy::default(), vectors).await
    }

    /// With the double as embedder, and every plan embedded.
    async fn embedding(&self, key: &str) -> Engine {
        let models = Models::new(config(&self.desk.double)).expect("sound");
        let embedder = Embedder::There(models.get(key).expect("configured").clone());
        let engine = self.desk.engine.clone().with_embedder(Some(embedder));
        engine.plans_embed(&operator()).await.expect("embedded");
        engine
    }

    /// The numbers of the scenarios whose plans were found.
    fn numbers(&self, nearest: &Nearest) -> Vec<usize> {
        let number = |it: &str| self.plans.iter().position(|plan| plan.as_str() == it);
        nearest.plans.iter().map(|it| number(&it.plan).expect("one of ours")).collect()
    }
}

/// Vectors whose first number says how often a text speaks of jobs, and whose second of houses.
fn vectors(seen: &Seen) -> Script {
    let texts = seen.json()["input"].as_array().cloned().unwrap_or_default();
    let count = |text: &str, word: &str| {
        let count = u8::try_from(text.matches(word).count()).expect("few");
        f32::from(count)
    };
    let vectors: Vec<Vec<f32>> = texts
        .iter()
        .map(|it| it.as_str().expect("a text"))
        .map(|it| vec![count(it, "job"), count(it, "house"), 0.1])
        .collect();
    Script::vectors(&vectors)
}

async fn nearest(engine: &Engine, ctx: &Ctx, text: &str, about: Option<&ScenarioId>) -> Nearest {
    engine.plans_nearest(ctx, text, 5, about).await.expect("found")
}

#[tokio::test]
async fn without_an_embedder_plans_are_found_by_words_and_it_is_said() {
    let planned = Planned::new().await;
    let engine = &planned.desk.engine;
    let found = nearest(engine, &operator(), "I lost a job in some forum", None).await;
    assert_eq!(found.by, FoundBy::Words);
    assert_eq!(planned.numbers(&found)[0], 4);
    assert!((found.plans[0].similarity - 1.0).abs() < 1e-12);
    assert!(found.plans.iter().all(|it| it.similarity > 0.0 && it.similarity <= 1.0));
    let path: Vec<_> = found.plans[0].path.iter().map(|it| it.attribute.as_str()).collect();
    assert_eq!(path, ["age", "emotional_state"]);
    for text in ["", "  ", "?!", "zebra", "\" NEAR ("] {
        let found = nearest(engine, &operator(), text, None).await;
        assert_eq!(found, Nearest { by: FoundBy::Nothing, plans: Vec::new() }, "{text}");
    }
    assert_eq!(planned.desk.double.requests().len(), 0);
}

#[tokio::test]
async fn with_an_embedder_they_are_found_by_meaning() {
    let planned = Planned::new().await;
    let engine = planned.embedding("m").await;
    let found = nearest(&engine, &operator(), "house house", None).await;
    assert_eq!(found.by, FoundBy::Embedding { model: "m".to_owned() });
    assert_eq!(planned.numbers(&found)[0], 3);
    assert!(found.plans.is_sorted_by(|left, right| left.similarity >= right.similarity));
    let few = engine.plans_nearest(&operator(), "house", 1, None).await.expect("found");
    assert_eq!(planned.numbers(&few), [3]);
    let none = nearest(&engine, &operator(), " ", None).await;
    assert_eq!(none.by, FoundBy::Nothing);
}

#[tokio::test]
async fn plans_of_the_test_half_are_never_found() {
    let planned = Planned::new().await;
    for engine in [planned.desk.engine.clone(), planned.embedding("m").await] {
        for text in ROWS.iter().map(|it| it[0]).chain(["job house lost"]) {
            let found = engine.plans_nearest(&operator(), text, 100, None).await.expect("found");
            for it in planned.numbers(&found) {
                assert_ne!(ROWS[it][1], "b", "{text}");
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_measured_sees_no_plan_of_the_same_label_or_profile() {
    let planned = Planned::new().await;
    for engine in [planned.desk.engine.clone(), planned.embedding("m").await] {
        let found = async |about: usize| {
            let about = Some(&planned.ids[about]);
            let found = engine.plans_nearest(&operator(), "lost job house", 100, about).await;
            let mut found = planned.numbers(&found.expect("found"));
            found.sort_unstable();
            found
        };
        // A test scenario with the profile of the first four, and one with that of the last four.
        assert_eq!(found(1).await, [4, 5, 7]);
        assert_eq!(found(6).await, [0, 3]);
        // A training scenario may follow its own plan.
        assert_eq!(found(0).await, [0, 3, 4, 5, 7]);
    }
}

#[tokio::test]
async fn severe_and_hidden_questions_are_not_shown_unasked() {
    for show_real in [false, true] {
        let policy = Policy { show_real, ..Policy::default() };
        let planned = Planned::answering(policy, vectors).await;
        let check = async |ctx: &Ctx, shown: [bool; 3]| {
            let found = nearest(&planned.desk.engine, ctx, "I lost a job in the forum", None).await;
            let query = |number: usize| {
                let plan = found.plans.iter().find(|it| it.plan == planned.plans[number].as_str());
                plan.expect("found").query.clone()
            };
            for (number, shown) in [0, 4, 5].into_iter().zip(shown) {
                assert_eq!(query(number), shown.then(|| ROWS[number][0].to_owned()), "{number}");
            }
        };
        check(&planned.desk.visitor(), [true, show_real, false]).await;
        check(&operator(), [true, true, true]).await;
        let hidden =
            planned.desk.engine.plan_read(&planned.desk.visitor(), &planned.plans[4]).await;
        assert_eq!(hidden.is_ok(), show_real);
        let about = Some(&planned.ids[4]);
        let found =
            planned.desk.engine.plans_nearest(&planned.desk.visitor(), "job", 5, about).await;
        assert_eq!(found.is_ok(), show_real);
    }
}

#[tokio::test]
async fn an_embedder_that_fails_or_costs_leaves_words() {
    let planned = Planned::answering(Policy::default(), |seen| {
        let many = seen.json()["input"].as_array().is_some_and(|it| it.len() > 1);
        if many { vectors(seen) } else { Script::status(500) }
    })
    .await;
    let engine = planned.embedding("m").await;
    let found = nearest(&engine, &operator(), "I lost my job", None).await;
    assert_eq!(found.by, FoundBy::Words);
    let planned = Planned::new().await;
    let engine = planned.embedding("dear").await;
    let asked = planned.desk.double.requests().len();
    let found = nearest(&engine, &planned.desk.visitor(), "I lost my job", None).await;
    assert_eq!(found.by, FoundBy::Words);
    assert_eq!(planned.desk.double.requests().len(), asked);
    let found = nearest(&engine, &operator(), "I lost my job", None).await;
    assert_eq!(found.by, FoundBy::Embedding { model: "dear".to_owned() });
}

#[tokio::test]
async fn vectors_of_the_wrong_form_are_told_and_not_kept() {
    for bad in [vec![], vec![0.0, 0.0]] {
        let planned = Planned::answering(Policy::default(), move |seen| {
            let count = seen.json()["input"].as_array().map_or(0, Vec::len);
            Script::vectors(&vec![bad.clone(); count])
        })
        .await;
        let models = Models::new(config(&planned.desk.double)).expect("sound");
        let embedder = Embedder::There(models.get("m").expect("configured").clone());
        let engine = planned.desk.engine.clone().with_embedder(Some(embedder));
        let error = engine.plans_embed(&operator()).await.expect_err("refused");
        assert!(matches!(error, EngineError::NotEmbedded(_)), "{error:?}");
        assert_eq!(nearest(&engine, &operator(), "I lost my job", None).await.by, FoundBy::Words);
    }
}

#[tokio::test]
async fn a_new_plan_is_found_at_once_by_words_and_soon_by_meaning() {
    let planned = Planned::new().await;
    let engine = planned.embedding("m").await;
    let before = nearest(&engine, &operator(), "job", None).await;
    let model = named(Plan {
        origin: PlanOrigin::Model,
        generator: "m".to_owned(),
        judge: "judge".to_owned(),
        base: 2.0,
        ..seed(&planned.ids[0])
    });
    let other = seed(&planned.desk.ids[0]);
    let added = engine.plans_import(&operator(), lines(&[model.clone(), other])).await;
    assert_eq!(added.expect("read").added, 2);
    // One from a model stands before the seed, in the same place, with the vector that is there.
    let found = nearest(&engine, &operator(), "job", None).await;
    assert_eq!(found.plans.len(), before.plans.len());
    let own = found.plans.iter().find(|it| it.scenario == planned.ids[0].as_str()).expect("found");
    assert_eq!((own.plan.as_str(), own.origin.as_str()), (model.id.as_str(), "model"));
    assert_eq!(engine.plans_of(&operator(), &planned.ids[0]).await.expect("read").len(), 2);
    engine.plans_embed(&operator()).await.expect("embedded");
    assert_eq!(engine.plans_embed(&operator()).await.expect("nothing to do"), 0);
}

#[tokio::test]
async fn plans_go_out_and_come_in_as_they_are() {
    let planned = Planned::new().await;
    let engine = &planned.desk.engine;
    let (lines, next) = engine.plans_export(&operator(), None, 5).await.expect("lines");
    let (rest, _) = engine.plans_export(&operator(), next.as_ref(), 100).await.expect("lines");
    let all = lines + &rest;
    assert_eq!(all.lines().count(), 8);
    let again = engine.plans_import(&operator(), Cursor::new(all.clone())).await.expect("read");
    assert_eq!((again.added, again.already_present), (0, 8));
    let nowhere = corpus::plan_line(&seed(&ScenarioId::from_digest(&[9; 10])));
    let mixed = format!("nonsense\n{all}{nowhere}\n");
    let summary = engine.plans_import(&operator(), Cursor::new(mixed)).await.expect("read");
    assert_eq!((summary.read, summary.already_present, summary.rejected_count), (10, 8, 2));
    let lines: Vec<u64> = summary.rejected.iter().map(|it| it.line).collect();
    assert_eq!(lines, [1, 10]);
    assert!(summary.rejected[1].reason.contains("import it first"), "{summary:?}");
    assert_eq!(engine.plan_pack_import(&operator()).await.expect("there are some"), None);
}

#[tokio::test]
async fn only_the_operator_moves_plans_and_nobody_reads_one_that_is_not_there() {
    let planned = Planned::new().await;
    let (engine, visitor) = (&planned.desk.engine, planned.desk.visitor());
    assert_eq!(visitor.actor, Actor::Visitor);
    for refused in [
        engine.plans_import(&visitor, std::io::empty()).await.map(drop),
        engine.plans_export(&visitor, None, 1).await.map(drop),
        engine.plans_embed(&visitor).await.map(drop),
    ] {
        assert!(matches!(refused, Err(EngineError::Forbidden(_))), "{refused:?}");
    }
    let read = engine.plan_read(&visitor, &planned.plans[1]).await.expect("read");
    assert_eq!((read.plan, read.split), (seed(&planned.ids[1]), Split::Test));
    let absent = engine.plan_read(&visitor, &PlanId::from_digest(&[9; 10])).await;
    assert!(matches!(absent, Err(EngineError::NoPlan)), "{absent:?}");
}
