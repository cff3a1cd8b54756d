//! Whole conversations with simulated people.

use domain::{Profile, ProfileId, ProfileValue, Scenario, ScenarioId, Schema, Severity, Source};

use super::super::{
    Enough, FactOrigin, Manner, Next, Picture, Record, Said, Settings, TraceEvent, Trial, Users,
    answer_messages, evaluate, step,
};
use super::{plan, saying};

fn scenario() -> Scenario {
    let value = |text: &str| ProfileValue { text: text.to_owned(), value: None };
    let profile = [
        ("age", "45-54 years"),
        ("gender", "Male"),
        ("profession", "Nurse"),
        ("education_level", "Bachelor's"),
        ("emotional_state", "Overwhelmed"),
        ("mental_health_status", "Mild anxiety"),
        ("health_status", "Good"),
    ];
    Scenario {
        id: ScenarioId::from_digest(&[1; 10]),
        profile_id: ProfileId::from_digest(&[1; 10]),
        source: Source::Sample,
        domain: "career".to_owned(),
        label: None,
        query: "Should I leave the ward?".to_owned(),
        profile: Profile(profile.into_iter().map(|it| (it.0.to_owned(), value(it.1))).collect()),
        severity: Severity::Standard,
        tags: Vec::new(),
    }
}

async fn tried(users: &str, settings: &Settings) -> Record {
    let (schema, scenario) = (Schema::shipped(), scenario());
    let users: Users = users.parse().expect("a mixture");
    let trial = Trial {
        schema: &schema,
        scenario: &scenario,
        precedents: &[],
        own_plan: None,
        settings,
        users: &users,
        answers: false,
    };
    evaluate(None, None, trial).await
}

#[tokio::test]
async fn simulated_people_are_asked_within_the_budget_and_what_they_tell_is_learnt() {
    let settings = Settings { threshold: 5.0, ..Settings::default() };
    let direct = tried("direct", &settings).await;
    assert_eq!(direct.misread, Vec::<String>::new(), "{direct:?}");
    assert!(direct.learnt.len() >= 3 && direct.questions <= 5, "{direct:?}");
    assert!(direct.coverage > Some(0.5), "{direct:?}");
    let declining = tried("declining", &settings).await;
    assert_eq!(declining.declined.len(), declining.questions, "{declining:?}");
    assert_eq!(declining.learnt.len() + declining.misread.len(), 0, "{declining:?}");
    assert_eq!(declining.declined_share(), Some(1.0));
    assert_eq!(declining.coverage, Some(0.0));
    for users in
        ["partial", "evasive", "off-topic", "direct=1,partial=1,evasive=1,declining=1,off-topic=1"]
    {
        for seed in 0..20 {
            let record = tried(users, &Settings { seed, ..settings.clone() }).await;
            assert!(record.questions <= 5, "{users}: {record:?}");
            for (attribute, _) in &record.asked {
                let times = record.asked.iter().filter(|it| it.0 == *attribute).count();
                assert!(times <= 2, "{users}: {record:?}");
            }
            assert_eq!(record, tried(users, &Settings { seed, ..settings.clone() }).await);
        }
    }
    assert_eq!(
        tried("direct", &Settings { threshold: 0.0, ..settings }).await.because,
        Enough::Complete
    );
}

#[tokio::test]
async fn a_higher_threshold_asks_no_less() {
    let mut before = 0;
    for threshold in [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] {
        let record = tried("direct", &Settings { threshold, ..Settings::default() }).await;
        assert!(record.questions >= before, "{threshold}: {record:?}");
        before = record.questions;
    }
    assert!(before >= 4);
}

#[tokio::test]
async fn the_scenarios_own_plan_says_what_mattered() {
    let (schema, scenario, settings) = (Schema::shipped(), scenario(), Settings::default());
    let own = plan(1.0, &[("emotional_state", 0.5), ("shoe_size", 9.0), ("gender", 0.5)]);
    let trial = Trial {
        schema: &schema,
        scenario: &scenario,
        precedents: &[],
        own_plan: Some(&own),
        settings: &settings,
        users: &Users::default(),
        answers: true,
    };
    let (_server, model) = saying("Talk to your ward's lead.").await;
    let record = evaluate(Some(&model), None, trial).await;
    assert_eq!(record.coverage, Some(0.5), "{record:?}");
    assert_eq!(record.answer.as_deref(), Some("Talk to your ward's lead."));
    assert_eq!(record.verdict, None);
    assert!(record.usage.prompt > 0);
}

#[tokio::test]
async fn a_turn_tells_its_trace_and_the_answer_knows_what_was_said() {
    let schema = Schema::shipped();
    let mut picture = Picture::of("I'm 47. Should I leave?");
    let mut events = Vec::new();
    let mut trace = |event: TraceEvent| events.push(event);
    let said = Said { message: "I'm 47. Should I leave?", index: 0, answering: None };
    let settings = Settings::default();
    let turn = step(None, &schema, &mut picture, &[], &settings, Some(said), &mut trace).await;
    let Next::Ask(question) = turn.next else { panic!("asks") };
    assert_ne!(question.attribute, "age");
    let said = Said { message: "just answer", index: 1, answering: Some(&question.attribute) };
    let turn = step(None, &schema, &mut picture, &[], &settings, Some(said), &mut trace).await;
    let Next::Answer(asked) = turn.next else { panic!("answers") };
    assert!(asked.messages[1].content.contains("Age: 45–54 (“47”)"), "{asked:?}");
    let json = serde_json::to_value(&events).expect("serialisable");
    let names: Vec<&str> =
        json.as_array().expect("a list").iter().filter_map(|it| it["event"].as_str()).collect();
    assert_eq!(names, ["read", "decided", "asked", "read", "decided"]);
    let back: Vec<TraceEvent> = serde_json::from_value(json).expect("the same form");
    assert_eq!(back, events);
}

#[test]
fn nothing_known_asks_freely() {
    let picture = Picture::of("What now?");
    let asked = answer_messages(&Schema::shipped(), &picture);
    assert_eq!((asked.template, asked.messages[1].content.as_str()), ("answer/1", "What now?"));
    let mut picture = picture;
    picture.edit(&Schema::shipped(), "profession", "baker");
    assert_eq!(picture.facts["profession"].origin, FactOrigin::Edited);
    let asked = answer_messages(&Schema::shipped(), &picture);
    assert!(asked.messages[1].content.contains("Profession: baker"));
}

#[test]
fn replies_follow_the_manner() {
    let scenario = scenario();
    let users: Users = "partial".parse().expect("a mixture");
    let (_, reply) = users.reply(&scenario, "mental_health_status", 0, 1);
    assert!(reply.contains("Mild") && !reply.contains("anxiety"), "{reply}");
    // Who has nothing to tell declines.
    assert_eq!(users.reply(&scenario, "economic_status", 0, 1).0, Manner::Declining);
}
