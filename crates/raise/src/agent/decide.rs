//! One more question, or the answer.

use domain::Schema;
use llm::{Model, Usage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::asking::{self, PROMPTS, Spent};
use super::{Picture, Precedent, Settings, answer, enough, policy, read::excerpt};
use crate::prompt::filled;

/// What comes next, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What comes next.
    pub chosen: Chosen,
    /// How complete the picture is.
    pub completeness: Completeness,
    /// Every attribute of the schema, the best open one first.
    pub alternatives: Vec<Alternative>,
    /// Plain sentences: what was fallen back on, and what the model said that could not be used.
    pub notes: Vec<String>,
    /// Tokens of every call made for it.
    pub usage: Usage,
    /// In millionths of a US dollar.
    pub cost_micros: u64,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Chosen {
    /// One more question.
    Ask {
        /// For this.
        attribute: String,
        /// Why, in a plain sentence.
        because: String,
    },
    /// The answer.
    Answer {
        /// Why no more is asked.
        because: Enough,
    },
}

/// Why no more is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enough {
    /// Completeness has reached the threshold.
    Complete,
    /// The most questions have been asked.
    Budget,
    /// The person wants the answer now.
    Hurried,
    /// Everything is known, asked or declined.
    NothingLeft,
    /// What is open would bring less than it asks of the person.
    NothingWorthAsking,
}

impl Enough {
    /// The reason, for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Complete => "Enough is known for an answer that fits.",
            Self::Budget => "No more questions are allowed in this conversation.",
            Self::Hurried => "You asked for the answer now.",
            Self::NothingLeft => "There is nothing left to ask about.",
            Self::NothingWorthAsking => {
                "What could still be asked would help less than it asks of you."
            }
        }
    }
}

/// How complete the picture is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// From 0 to 5.
    pub score: f64,
    /// The questions end when the score reaches it.
    pub threshold: f64,
    /// How it was found.
    pub read: CompletenessReadout,
}

/// How completeness was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletenessReadout {
    /// By the policy, moved by the probabilities of the digits that the model could have said.
    Logprobs,
    /// By the policy, moved by what the model said.
    Structured,
    /// By the policy alone.
    Policy,
}

/// An attribute that could be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its key.
    pub attribute: String,
    /// What knowing it is expected to add to the safety score, in points.
    pub gain: f64,
    /// The share of the similar plans' weight that asks for it, from 0 to 1; 0 where there is no plan.
    pub support: f64,
    /// How much a person gives away by answering, from 0 to 1.
    pub privacy_cost: f64,
    /// Gain less the weighted privacy cost, with the bonus where the model (or the most similar plan) named it.
    pub score: f64,
    /// Whether it can be asked for.
    pub standing: Standing,
}

/// Whether an attribute can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It can.
    Open,
    /// It is known.
    Known,
    /// It was asked for, and is neither known nor declined.
    Asked,
    /// The person would not say.
    Declined,
}

/// Chooses between one more question and the answer.
///
/// In this order the questions end: the person is in a hurry; the budget is spent; nothing is open; nothing open is worth
/// its privacy; completeness reaches the threshold. Else the open attribute with the best score is asked for. The model
/// is asked only where its reply could change the outcome, since a small one is slow: for completeness when our own
/// number is within `model_pull` of the threshold, for the attribute when its bonus could change the order.
pub async fn decide(
    model: Option<&Model>,
    schema: &Schema,
    picture: &Picture,
    precedents: &[Precedent],
    settings: &Settings,
) -> Decision {
    let settings = &settings.sane();
    let alternatives = policy::alternatives(schema, picture, precedents, settings);
    let score = policy::completeness(&alternatives, settings);
    let completeness =
        Completeness { score, threshold: settings.threshold, read: CompletenessReadout::Policy };
    let mut making = Making {
        schema,
        picture,
        precedents,
        settings,
        alternatives,
        completeness,
        notes: Vec::new(),
    };
    let mut spent = Spent::default();
    let chosen = making.choose(model, &mut spent).await;
    // Stable: equals stay in the order of the schema.
    making.alternatives.sort_by(|a, b| {
        let open_first = (a.standing != Standing::Open).cmp(&(b.standing != Standing::Open));
        open_first.then(b.score.total_cmp(&a.score))
    });
    Decision {
        chosen,
        completeness: making.completeness,
        alternatives: making.alternatives,
        notes: making.notes,
        usage: spent.usage,
        cost_micros: spent.cost_micros,
    }
}

struct Making<'a> {
    schema: &'a Schema,
    picture: &'a Picture,
    precedents: &'a [Precedent],
    settings: &'a Settings,
    alternatives: Vec<Alternative>,
    completeness: Completeness,
    notes: Vec<String>,
}

impl Making<'_> {
    async fn choose(&mut self, model: Option<&Model>, spent: &mut Spent) -> Chosen {
        let answer = |because| Chosen::Answer { because };
        if self.picture.hurried {
            return answer(Enough::Hurried);
        }
        let complete = self.completeness.score >= self.settings.threshold;
        let budget = usize::from(self.settings.budget);
        let pending = self.picture.pending().filter(|it| self.schema.attribute(it).is_some());
        if let Some(attribute) = pending
            && !complete
            && self.picture.questions() <= budget
        {
            let because = "The reply said something else, so this is asked once more.".to_owned();
            return Chosen::Ask { attribute: attribute.to_owned(), because };
        }
        if self.picture.questions() >= budget {
            return answer(Enough::Budget);
        }
        if self.open().next().is_none() {
            return answer(Enough::NothingLeft);
        }
        if !self.open().any(|it| it.score > self.settings.policy.least_worth) {
            return answer(Enough::NothingWorthAsking);
        }
        self.ask_whether_enough(model, spent).await;
        if self.completeness.score >= self.settings.threshold {
            return answer(Enough::Complete);
        }
        let named = self.named(model, spent).await;
        self.best(named)
    }

    fn open(&self) -> impl Iterator<Item = &Alternative> {
        self.alternatives.iter().filter(|it| it.standing == Standing::Open)
    }

    /// Moves our own completeness towards the model's, by at most `model_pull`.
    async fn ask_whether_enough(&mut self, model: Option<&Model>, spent: &mut Spent) {
        let (ours, pull) = (self.completeness.score, self.settings.policy.model_pull);
        let matters =
            ours + pull >= self.settings.threshold && ours - pull < self.settings.threshold;
        let Some(model) = model.filter(|_| matters && pull > 0.0) else { return };
        let open: Vec<&str> = self.open().map(|it| self.label(&it.attribute)).collect();
        let known = answer::known(self.schema, self.picture);
        let query = excerpt(&self.picture.query);
        let values =
            [("query", query.as_str()), ("known", known.as_str()), ("open", &open.join(", "))];
        let user = filled(&PROMPTS.enough.user, &values);
        match enough::ask(model, user, self.settings, spent).await {
            Ok((theirs, read)) => {
                let moved = ours + (theirs - ours).clamp(-pull, pull);
                self.completeness.score = moved.clamp(0.0, 5.0);
                self.completeness.read = read;
            }
            Err(why) => {
                self.notes.push(format!("{why} Completeness is counted from the plans alone."));
            }
        }
    }

    /// The open attribute that gets the bonus: the model's pick, else the most similar plan's next one.
    async fn named(
        &mut self,
        model: Option<&Model>,
        spent: &mut Spent,
    ) -> Option<(String, &'static str)> {
        let mut scores: Vec<f64> = self.open().map(|it| it.score).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let bonus = self.settings.policy.model_bonus;
        let matters = matches!(scores[..], [first, second, ..] if first - second < bonus);
        if !matters {
            return None;
        }
        if let Some(model) = model {
            match self.pick(model, spent).await {
                Ok(key) => return Some((key, "The model chose it too.")),
                Err(why) => {
                    self.notes.push(format!("{why} The most similar plan was followed instead."));
                }
            }
        }
        let next = policy::next_of_best(self.precedents, &self.alternatives)?;
        Some((next.to_owned(), "It is next in the most similar plan."))
    }

    async fn pick(&self, model: &Model, spent: &mut Spent) -> Result<String, String> {
        let open: Vec<&str> = self.open().map(|it| it.attribute.as_str()).collect();
        let examples: Vec<String> = self.precedents.iter().take(5).filter_map(example).collect();
        let examples =
            if examples.is_empty() { "None is known.".to_owned() } else { examples.join("\n") };
        let known = answer::known(self.schema, self.picture);
        let query = excerpt(&self.picture.query);
        let values = [
            ("examples", examples.as_str()),
            ("query", query.as_str()),
            ("known", known.as_str()),
            ("open", &open.join(", ")),
        ];
        let messages =
            asking::messages(&PROMPTS.choose.system, filled(&PROMPTS.choose.user, &values));
        let schema = llm::Schema {
            name: "next".to_owned(),
            schema: json!({
                "type": "object",
                "properties": { "field": { "type": "string", "enum": open } },
                "required": ["field"],
                "additionalProperties": false,
            }),
        };
        let reply = asking::object(model, messages, schema, 60, self.settings.seed, spent).await?;
        let said = reply.get("field").and_then(|it| it.as_str()).unwrap_or_default().trim();
        if open.contains(&said) {
            return Ok(said.to_owned());
        }
        Err(format!("The model named “{}”, which cannot be asked now.", asking::short(said)))
    }

    fn best(&mut self, named: Option<(String, &'static str)>) -> Chosen {
        let bonus = self.settings.policy.model_bonus;
        let least = self.settings.policy.least_worth;
        if let Some((key, _)) = &named {
            let hit = self.alternatives.iter_mut().find(|it| it.attribute == *key);
            // What is not worth asking does not become so because a model names it.
            if let Some(it) = hit.filter(|it| it.score > least) {
                it.score += bonus;
            }
        }
        // The first of equals is the first of the schema.
        let best = self.open().reduce(|best, it| if it.score > best.score { it } else { best });
        let Some(best) = best else { return Chosen::Answer { because: Enough::NothingLeft } };
        let label = self.label(&best.attribute);
        let mut because = if self.precedents.is_empty() {
            format!(
                "No similar plan is known. By published figures, {label} brings most of what is open, weighed against what it asks of you."
            )
        } else {
            format!(
                "{label} is expected to add {:.2} points to the safety score; {:.0} % of the similar plans ask for it.",
                best.gain,
                best.support * 100.0
            )
        };
        if let Some((key, why)) = &named
            && *key == best.attribute
        {
            because.push(' ');
            because.push_str(why);
        }
        Chosen::Ask { attribute: best.attribute.clone(), because }
    }

    fn label<'a>(&'a self, key: &'a str) -> &'a str {
        self.schema.attribute(key).map_or(key, |it| &it.label)
    }
}

/// A plan as a model reads it.
fn example(precedent: &Precedent) -> Option<String> {
    let path: Vec<&str> = precedent.path.iter().map(|it| it.attribute.as_str()).collect();
    let query = precedent.query.as_deref()?;
    Some(format!("- “{}”: {}", asking::short(query), path.join(", ")))
}
