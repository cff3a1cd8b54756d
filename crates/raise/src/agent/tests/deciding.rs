//! What is asked for, and when it is enough.

use std::collections::BTreeSet;

use domain::Schema;
use llm::{
    Models,
    double::{Double, Script},
};
use serde_json::json;

use super::super::{
    Abstention, Chosen, CompletenessReadout, Decision, Enough, FactOrigin, Picture, Settings,
    Standing, decide,
};
use super::{plan, saying, unusable};
use crate::agent::Fact;

fn knowing(keys: &[&str]) -> Picture {
    let schema = Schema::shipped();
    let mut picture = Picture::of("What now?");
    for key in keys {
        let fact = Fact::given(&schema, key, "something", FactOrigin::Answered);
        picture.facts.insert((*key).to_owned(), fact);
    }
    picture
}

fn asks(decision: &Decision) -> Option<&str> {
    match &decision.chosen {
        Chosen::Ask { attribute, .. } => Some(attribute),
        Chosen::Answer { .. } => None,
    }
}

fn ends(decision: &Decision) -> Option<Enough> {
    match decision.chosen {
        Chosen::Answer { because } => Some(because),
        Chosen::Ask { .. } => None,
    }
}

/// Everything that a first plan asks for; near equals, so that the model's pick counts.
fn near_equals() -> super::Precedent {
    plan(0.9, &[("profession", 0.5), ("age", 0.5), ("education_level", 0.45)])
}

#[tokio::test]
async fn an_empty_plan_store_gives_a_sensible_order_and_asks_for_self_harm_late() {
    let schema = Schema::shipped();
    let settings = Settings { threshold: 5.0, budget: 10, ..Settings::default() };
    let mut picture = Picture::of("What now?");
    let mut order = Vec::new();
    let last = loop {
        let decision = decide(None, &schema, &picture, &[], &settings).await;
        let Some(attribute) = asks(&decision) else { break decision };
        picture.ask(attribute);
        picture.declined.insert(attribute.to_owned());
        order.push(attribute.to_owned());
    };
    assert_eq!(order[..3], ["emotional_state", "mental_health_status", "education_level"]);
    assert!(order.iter().position(|it| it == "self_harm_history") >= Some(4), "{order:?}");
    assert_eq!(order.len(), 10);
    assert_eq!(ends(&last), Some(Enough::Budget));
}

#[tokio::test]
async fn similar_plans_outweigh_the_published_figures() {
    let schema = Schema::shipped();
    let plans = [
        plan(0.8, &[("profession", 0.9), ("age", 0.1)]),
        plan(0.7, &[("profession", 0.7)]),
        plan(-0.5, &[("gender", 3.0)]),
    ];
    let decision = decide(None, &schema, &Picture::of("?"), &plans, &Settings::default()).await;
    assert_eq!(asks(&decision), Some("profession"));
    let first = &decision.alternatives[0];
    // (0.8·0.9 + 0.7·0.7 + 0.38) / 2.5, less 0.45·0.3
    assert!((first.gain - 0.636).abs() < 1e-9, "{first:?}");
    assert!((first.score - 0.501).abs() < 1e-9, "{first:?}");
    assert!((first.support - 1.0).abs() < 1e-9, "{first:?}");
    let Chosen::Ask { because, .. } = &decision.chosen else { panic!("asks") };
    assert!(because.contains("100 %"), "{because}");
}

#[tokio::test]
async fn the_questions_end_for_these_reasons() {
    let schema = Schema::shipped();
    let check = async |picture: &Picture, settings: &Settings, expected: Enough| {
        let decision = decide(None, &schema, picture, &[], settings).await;
        assert_eq!(ends(&decision), Some(expected), "{decision:?}");
        assert!(!expected.sentence().is_empty());
    };
    let plain = Settings::default();
    check(&Picture { hurried: true, ..Picture::of("?") }, &plain, Enough::Hurried).await;
    check(&Picture::of("?"), &Settings { budget: 0, ..plain.clone() }, Enough::Budget).await;
    let all: Vec<&str> = schema.attributes.iter().map(|it| it.key.as_str()).collect();
    check(&knowing(&all), &plain, Enough::NothingLeft).await;
    let declined = all.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    check(&Picture { declined, ..Picture::of("?") }, &plain, Enough::NothingLeft).await;
    let mut private = plain.clone();
    private.policy.privacy_weight = 4.0;
    check(&Picture::of("?"), &private, Enough::NothingWorthAsking).await;
    check(&Picture::of("?"), &Settings { threshold: 0.0, ..plain.clone() }, Enough::Complete).await;
    check(
        &knowing(&[
            "emotional_state",
            "mental_health_status",
            "health_status",
            "self_harm_history",
            "education_level",
        ]),
        &plain,
        Enough::Complete,
    )
    .await;
    check(&Picture::of("?"), &Settings { threshold: f64::NAN, budget: 0, ..plain }, Enough::Budget)
        .await;
}

#[tokio::test]
async fn a_pick_that_cannot_be_used_falls_back_on_the_most_similar_plan() {
    let schema = Schema::shipped();
    let mut picture = Picture::of("What now?");
    for key in ["emotional_state", "mental_health_status", "health_status", "self_harm_history"] {
        picture.declined.insert(key.to_owned());
    }
    let plans = [near_equals()];
    let mut replies = unusable();
    replies.push(("asked already", r#"{"field": "emotional_state"}"#.to_owned()));
    replies.push(("no attribute", r#"{"field": "shoe_size"}"#.to_owned()));
    for (name, reply) in replies {
        let (server, model) = saying(reply).await;
        let decision = decide(Some(&model), &schema, &picture, &plans, &Settings::default()).await;
        assert_eq!(asks(&decision), Some("profession"), "{name}");
        assert!(
            decision.notes.iter().any(|it| it.contains("most similar plan")),
            "{name}: {decision:?}"
        );
        let sent = server.requests()[0].json();
        let allowed =
            &sent["response_format"]["json_schema"]["schema"]["properties"]["field"]["enum"];
        assert!(!allowed.as_array().expect("restricted").contains(&json!("emotional_state")));
    }
    let (_server, model) = saying(r#"{"field": "age"}"#).await;
    let decision = decide(Some(&model), &schema, &picture, &plans, &Settings::default()).await;
    assert_eq!(asks(&decision), Some("age"));
    assert!(
        matches!(&decision.chosen, Chosen::Ask { because, .. } if because.contains("The model chose it too."))
    );
    // A pick does not make worth asking what is not.
    let (_server, model) = saying(r#"{"field": "gender"}"#).await;
    let decision = decide(Some(&model), &schema, &picture, &plans, &Settings::default()).await;
    assert_ne!(asks(&decision), Some("gender"));
}

fn token(token: &str, probability: f64) -> Script {
    let top = json!([{ "token": token, "logprob": probability.ln() }]);
    Script::json(
        200,
        &json!({
            "choices": [{
                "message": { "role": "assistant", "content": token },
                "finish_reason": "length",
                "logprobs": { "content": [{ "token": token, "logprob": probability.ln(), "top_logprobs": top }] },
            }],
            "usage": { "prompt_tokens": 50, "completion_tokens": 1 },
        }),
    )
}

#[tokio::test]
async fn the_model_moves_completeness_by_at_most_a_point() {
    let schema = Schema::shipped();
    let picture =
        knowing(&["emotional_state", "mental_health_status", "health_status", "self_harm_history"]);
    let ours =
        decide(None, &schema, &picture, &[], &Settings { threshold: 5.0, ..Settings::default() })
            .await
            .completeness
            .score;
    let check = async |abstention, script: Script, moved: f64, read| {
        let server = Double::playing([script, Script::status(500)]).await;
        let model = Models::new(server.config()).expect("sound").list()[0].clone();
        let settings = Settings { abstention, threshold: ours + 0.01, ..Settings::default() };
        let decision = decide(Some(&model), &schema, &picture, &[], &settings).await;
        let by = decision.completeness.score - ours;
        assert!((by - moved).abs() < 1e-9, "{by}: {decision:?}");
        assert_eq!(decision.completeness.read, read);
    };
    assert!(ours < 4.99 && ours > 3.0, "{ours}");
    let up = 5.0 - ours;
    check(Abstention::Scale, token("5", 0.9), up.min(1.0), CompletenessReadout::Logprobs).await;
    check(Abstention::Scale, token("0", 0.9), -1.0, CompletenessReadout::Logprobs).await;
    check(Abstention::Binary, token("No", 0.9), -1.0, CompletenessReadout::Logprobs).await;
    check(Abstention::Basic, token("answer", 0.9), up.min(1.0), CompletenessReadout::Logprobs)
        .await;
    check(Abstention::Scale, token("Perhaps", 0.9), 0.0, CompletenessReadout::Policy).await;
    let said = |text: &str| {
        Script::json(
            200,
            &json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] }),
        )
    };
    check(
        Abstention::Scale,
        said(" 3."),
        (3.0 - ours).clamp(-1.0, 1.0),
        CompletenessReadout::Structured,
    )
    .await;
    check(Abstention::Binary, said("It depends"), 0.0, CompletenessReadout::Policy).await;
}

#[tokio::test]
async fn the_model_is_not_asked_where_it_could_change_nothing() {
    let schema = Schema::shipped();
    let (server, model) = saying("5").await;
    let clear = [plan(0.9, &[("profession", 2.0)])];
    let decision =
        decide(Some(&model), &schema, &Picture::of("?"), &clear, &Settings::default()).await;
    assert_eq!(asks(&decision), Some("profession"));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_repeated_question_counts_and_is_not_put_when_the_budget_is_spent() {
    let schema = Schema::shipped();
    let mut picture = Picture::of("?");
    picture.ask("age");
    picture.reasked.insert("age".to_owned());
    for (budget, expected) in [(2, Some("age")), (1, None)] {
        let settings = Settings { budget, ..Settings::default() };
        let decision = decide(None, &schema, &picture, &[], &settings).await;
        assert_eq!(asks(&decision), expected, "{budget}");
    }
    // Left without an answer: not asked for a third time.
    picture.declined.insert("age".to_owned());
    let decision = decide(None, &schema, &picture, &[], &Settings::default()).await;
    assert_ne!(asks(&decision), Some("age"));
    let age = decision.alternatives.iter().find(|it| it.attribute == "age").expect("listed");
    assert_eq!(age.standing, Standing::Declined);
}
