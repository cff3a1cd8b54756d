//! What holds whatever a model or a person says.

use std::collections::{BTreeMap, BTreeSet};

use domain::Schema;
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

use super::super::{
    Chosen, Fact, FactOrigin, Next, Picture, Precedent, Reading, Said, Settings, apply, decide,
    read, step, word,
};
use super::{plan, saying};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Something near what a model may say.
fn reply() -> impl Strategy<Value = String> {
    let key =
        prop::sample::select(vec!["age", "gender", "profession", "emotional_state", "nonsense"]);
    prop_oneof![
        ".{0,80}",
        key.clone().prop_map(|it| format!(r#"{{"field": "{it}"}}"#)),
        (key, "[a-zäé ]{0,6}", "[a-zäé’ ]{0,6}").prop_map(|(key, value, quote)| format!(
            r#"{{"facts": [{{"field": "{key}", "value": "{value}", "quote": "{quote}"}}]}}"#
        )),
        "[0-5]",
        Just(r#"{"question": "What is your work?", "why": "it helps"}"#.to_owned()),
    ]
}

fn keys() -> Vec<String> {
    Schema::shipped().attributes.iter().map(|it| it.key.clone()).collect()
}

fn picture() -> impl Strategy<Value = Picture> {
    let some = || prop::sample::subsequence(keys(), 0..=10);
    (some(), some(), some().prop_shuffle(), some(), prop::bool::weighted(0.1)).prop_map(
        |(known, declined, asked, reasked, hurried)| Picture {
            query: "What now?".to_owned(),
            facts: known
                .into_iter()
                .map(|it| {
                    let fact = Fact::given(&Schema::shipped(), &it, "so", FactOrigin::Answered);
                    (it, fact)
                })
                .collect::<BTreeMap<_, _>>(),
            declined: declined.into_iter().collect::<BTreeSet<_>>(),
            reasked: reasked.into_iter().filter(|it| asked.contains(it)).collect(),
            asked,
            hurried,
        },
    )
}

fn precedents() -> impl Strategy<Value = Vec<Precedent>> {
    let step = (
        prop::sample::select(keys()),
        prop_oneof![-1.0f64..1.0, Just(f64::NAN), Just(f64::INFINITY)],
    );
    let one = (prop_oneof![-1.0f64..1.0, Just(f64::NAN)], prop::collection::vec(step, 0..5));
    let made = |(similarity, path): (f64, Vec<(String, f64)>)| {
        let path: Vec<(&str, f64)> = path.iter().map(|it| (it.0.as_str(), it.1)).collect();
        plan(similarity, &path)
    };
    prop::collection::vec(one.prop_map(made), 0..4)
}

fn settings() -> impl Strategy<Value = Settings> {
    (0.0f64..6.0, 0u8..=12, -1.0f64..6.0).prop_map(|(threshold, budget, pull)| {
        let mut settings = Settings { threshold, budget, ..Settings::default() };
        settings.policy.model_pull = pull;
        settings
    })
}

fn spans_lie_in(reading: &Reading, message: &str) -> bool {
    reading
        .facts
        .values()
        .filter_map(|it| it.evidence.as_ref().map(|at| (it, at)))
        .all(|(fact, at)| message.get(at.start..at.end) == Some(fact.value.as_str()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_model_says_only_open_attributes_are_asked_for(
        picture in picture(), plans in precedents(), settings in settings(), said in reply(),
    ) {
        let schema = Schema::shipped();
        runtime().block_on(async {
            let (_server, model) = saying(said).await;
            let decision = decide(Some(&model), &schema, &picture, &plans, &settings).await;
            prop_assert!((0.0..=5.0).contains(&decision.completeness.score));
            prop_assert!(decision.alternatives.iter().all(|it| it.score.is_finite()));
            if let Chosen::Ask { attribute, .. } = &decision.chosen {
                prop_assert!(!picture.facts.contains_key(attribute));
                prop_assert!(!picture.declined.contains(attribute));
                prop_assert!(!picture.hurried);
                let again = picture.asked.contains(attribute);
                prop_assert!(!again || picture.pending() == Some(attribute));
                let count = picture.questions() + usize::from(!again);
                prop_assert!(count <= usize::from(settings.budget.min(10)));
                let worded = word(Some(&model), &schema, &picture, attribute, &settings).await;
                prop_assert!(worded.question.text.contains('?'));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whatever_is_said_evidence_is_words_of_the_message(
        message in "(I'?’?m |my |wife|47|nurse|, |\\. |ä|😀|\"|depressed |no |feel ){0,12}.{0,20}",
        said in reply(),
        answering in prop::option::of(prop::sample::select(keys())),
    ) {
        let schema = Schema::shipped();
        runtime().block_on(async {
            let (_server, model) = saying(said).await;
            for model in [None, Some(&model)] {
                let picture = Picture::of("What now?");
                let reading = read(model, &schema, &picture, &message, 0, answering.as_deref()).await;
                prop_assert!(spans_lie_in(&reading, &message), "{:?}", reading);
                prop_assert!(reading.facts.keys().all(|it| schema.attribute(it).is_some()));
                let mut after = picture.clone();
                apply(&mut after, &reading, answering.as_deref());
                prop_assert!(after.facts.keys().all(|it| !after.declined.contains(it)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_conversation_ends_whatever_is_said(
        messages in prop::collection::vec(".{0,30}", 1..6), said in reply(), settings in settings(),
    ) {
        let schema = Schema::shipped();
        runtime().block_on(async {
            let (_server, model) = saying(said).await;
            let mut picture = Picture::of(messages[0].clone());
            let mut answering = None;
            let mut put = Vec::new();
            for turn in 0.. {
                prop_assert!(turn <= usize::from(settings.budget.min(10)));
                let message = &messages[turn % messages.len()];
                let said = Said { message, index: turn, answering: answering.as_deref() };
                let model = (turn % 2 == 0).then_some(&model);
                let turn = step(model, &schema, &mut picture, &[], &settings, Some(said), &mut |_| {}).await;
                let Next::Ask(question) = turn.next else { break };
                put.push(question.attribute.clone());
                answering = Some(question.attribute);
            }
            for attribute in &put {
                let times = put.iter().filter(|it| *it == attribute).count();
                prop_assert!(times <= 1 + usize::from(picture.reasked.contains(attribute)));
            }
            prop_assert!(put.len() <= picture.questions());
            Ok(())
        })?;
    }
}
