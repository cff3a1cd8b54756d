//! What a model is asked. The words are data: `prompts/answer.toml`.

use std::sync::LazyLock;

use domain::{PromptMessage, Scenario, Shown, Speaker};
use serde::Deserialize;

/// What a model is asked, and by which template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Name and version of the template.
    pub template: &'static str,
    /// The messages, in order.
    pub messages: Vec<PromptMessage>,
}

/// What is known of the person, as a model reads it: one attribute a line, label and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Background(String);

impl Background {
    /// The known attributes among `labels` (key and label, in the order in which they are told) for which `told` says
    /// yes.
    pub fn of(
        scenario: &Scenario,
        labels: &[(String, String)],
        told: impl Fn(&str) -> bool,
    ) -> Self {
        let known = labels.iter().filter(|it| told(&it.0)).filter_map(|(key, label)| {
            scenario.profile.get(key).map(|value| format!("{label}: {}", value.text))
        });
        Self(known.collect::<Vec<_>>().join("\n"))
    }

    /// These lines.
    pub(crate) fn lines(lines: &[String]) -> Self {
        Self(lines.join("\n"))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    name: String,
    system: String,
    free: String,
    informed: String,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    toml::from_str(include_str!("../prompts/answer.toml")).expect("a tested file of our own")
});

/// Name and version of the template that asks for answers.
pub fn answer_template() -> &'static str {
    &TEMPLATE.name
}

/// What a model is asked about a scenario when it is shown this much of the profile.
pub fn answer_messages(scenario: &Scenario, labels: &[(String, String)], shown: &Shown) -> Asked {
    asked(&scenario.query, &Background::of(scenario, labels, |key| shown.shows(key)))
}

/// What a model is asked when this is what it knows.
pub(crate) fn asked(query: &str, background: &Background) -> Asked {
    let template = &*TEMPLATE;
    let user = if background.is_empty() { &template.free } else { &template.informed };
    let user = filled(user, &[("background", background.as_str()), ("query", query)]);
    let message = |role, content| PromptMessage { role, content };
    Asked {
        template: &template.name,
        messages: vec![
            message(Speaker::System, template.system.trim().to_owned()),
            message(Speaker::User, user),
        ],
    }
}

/// Puts values into a template's braces, in one pass: a brace within a value stays as it is.
pub(crate) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template.trim();
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let slot = rest.find('}').map(|end| (&rest[1..end], end + 1));
        let value = slot
            .and_then(|(name, end)| values.iter().find(|it| it.0 == name).map(|it| (it.1, end)));
        if let Some((value, end)) = value {
            out.push_str(value);
            rest = &rest[end..];
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use domain::{Condition, Profile, ProfileId, ProfileValue, ScenarioId, Severity, Source};

    use super::*;

    fn scenario() -> Scenario {
        let value = |text: &str| ProfileValue { text: text.to_owned(), value: None };
        let profile = [("age", value("45–54")), ("gender", value("Male {query}"))];
        Scenario {
            id: ScenarioId::from_digest(&[1; 10]),
            profile_id: ProfileId::from_digest(&[1; 10]),
            source: Source::Sample,
            domain: "career".to_owned(),
            label: None,
            query: "What now?".to_owned(),
            profile: Profile(profile.into_iter().map(|it| (it.0.to_owned(), it.1)).collect()),
            severity: Severity::Standard,
            tags: Vec::new(),
        }
    }

    fn labels() -> Vec<(String, String)> {
        [("gender", "Gender"), ("age", "Age"), ("profession", "Profession")]
            .map(|it| (it.0.to_owned(), it.1.to_owned()))
            .into()
    }

    #[test]
    fn a_model_is_told_what_it_is_shown_and_no_more() {
        let check = |shown: Shown, expected: &[&str], absent: &[&str]| {
            let asked = answer_messages(&scenario(), &labels(), &shown);
            let user = &asked.messages[1].content;
            assert_eq!(asked.template, "answer/1");
            assert_eq!(asked.messages[0].role, Speaker::System);
            expected.iter().for_each(|it| assert!(user.contains(it), "{shown}: {user}"));
            absent.iter().for_each(|it| assert!(!user.contains(it), "{shown}: {user}"));
        };
        check(Shown::whole(Condition::ContextFree), &["What now?"], &["45–54", "Male", "myself"]);
        check(Shown::partial(["age".to_owned()]), &["Age: 45–54", "What now?"], &["Male"]);
        // Values are put in as they are; what looks like a slot in them is none.
        check(
            Shown::whole(Condition::ContextRich),
            &["Gender: Male {query}\nAge: 45–54"],
            &["Profession"],
        );
    }

    #[test]
    fn a_partial_context_of_what_is_not_known_asks_like_a_context_free_one() {
        let unknown =
            answer_messages(&scenario(), &labels(), &Shown::partial(["profession".to_owned()]));
        let free = answer_messages(&scenario(), &labels(), &Shown::whole(Condition::ContextFree));
        assert_eq!(unknown, free);
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        assert_eq!(filled("{a} {b} {", &[("a", "{b}")]), "{b} {b} {");
    }
}
