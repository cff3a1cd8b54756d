//! Files of plans: Rookery's own JSON lines. Documented in `docs/data-formats.md`.

use std::io::Read;

use domain::{Plan, PlanId, PlanOrigin, PlanStep, ScenarioId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    ReadError, Rejection,
    answers::{
        AN_ID, check_id, check_key, check_model, parsed, read_parameters, time_ms,
        written_parameters, written_time,
    },
    identity,
    lines::Lines,
    rows,
};

/// Steps of a path and points of a curve that are taken.
const MAX_STEPS: usize = 100;
const MAX_POINTS: usize = 10_000;

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanRecord {
    /// A plan.
    Plan(Box<Plan>),
    /// A refused row.
    Rejected(Rejection),
}

/// Reads plans from anything that can be read. An iterator; ends after the first [`ReadError`].
pub struct PlanReader<R> {
    lines: Lines<R>,
    line: u64,
    now_ms: i64,
    done: bool,
}

impl<R: Read> PlanReader<R> {
    /// A reader of this input. Plans that do not say when they were made get the time `now_ms`, in Unix milliseconds.
    pub fn new(input: R, now_ms: i64) -> Self {
        Self { lines: Lines::new(input), line: 0, now_ms, done: false }
    }

    /// The line of the last record, from 1; 0 before the first.
    pub fn line(&self) -> u64 {
        self.line
    }
}

impl<R: Read> Iterator for PlanReader<R> {
    type Item = Result<PlanRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let (line, bytes) = match self.lines.next_line() {
            Ok(next) => next?,
            Err(error) => {
                self.done = true;
                return Some(Err(error));
            }
        };
        self.line = line;
        Some(Ok(match bytes {
            Ok(bytes) => match rows::utf8(&bytes).and_then(|it| from_json(it, self.now_ms)) {
                Ok(plan) => PlanRecord::Plan(Box::new(plan)),
                Err(reason) => PlanRecord::Rejected(Rejection { line, reason }),
            },
            Err(rejection) => PlanRecord::Rejected(rejection),
        }))
    }
}

/// A plan as it is written: what is known, in this order.
#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    kind: &'static str,
    id: &'a PlanId,
    scenario: &'a ScenarioId,
    strategy: &'a str,
    origin: PlanOrigin,
    #[serde(skip_serializing_if = "str::is_empty")]
    generator: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    judge: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Box<RawValue>>,
    base: f64,
    path: &'a [PlanStep],
    score: f64,
    evaluations: u64,
    rollouts: u64,
    curve: &'a [(u64, f64)],
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
}

/// The line, without its end, that stands for a plan. Reading it gives the same plan, if that keeps the limits in
/// `docs/data-formats.md` and its parameters and tree are one line of JSON each.
///
/// # Panics
/// Never: a plan has no value that JSON cannot hold.
pub fn plan_line(it: &Plan) -> String {
    let line = Line {
        v: 1,
        kind: "plan",
        id: &it.id,
        scenario: &it.scenario,
        strategy: &it.strategy,
        origin: it.origin,
        generator: &it.generator,
        judge: &it.judge,
        parameters: written_parameters(&it.parameters),
        base: it.base,
        path: &it.path,
        score: it.score,
        evaluations: it.evaluations,
        rollouts: it.rollouts,
        curve: &it.curve,
        tree: it.tree.as_deref().and_then(written_parameters),
        created: written_time(it.created_ms),
    };
    serde_json::to_string(&line).expect("texts, keys and finite numbers")
}

/// A plan as it may be read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadPlan<'a> {
    v: u32,
    kind: String,
    id: Option<String>,
    scenario: String,
    strategy: String,
    origin: PlanOrigin,
    #[serde(default)]
    generator: String,
    #[serde(default)]
    judge: String,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    base: f64,
    path: Vec<PlanStep>,
    score: f64,
    #[serde(default)]
    evaluations: u64,
    #[serde(default)]
    rollouts: u64,
    #[serde(default)]
    curve: Vec<(u64, f64)>,
    #[serde(borrow)]
    tree: Option<&'a RawValue>,
    created: Option<String>,
}

fn from_json(json: &str, now_ms: i64) -> Result<Plan, String> {
    if !json.starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    let it: ReadPlan<'_> = serde_json::from_str(json).map_err(|it| rows::plain(&it))?;
    rows::check_version(it.v)?;
    if it.kind != "plan" {
        return Err(format!("“kind” is “{}”, not plan", rows::short(&it.kind)));
    }
    let mut plan = Plan {
        id: PlanId::from_digest(&[0; 10]),
        scenario: parsed("scenario", &it.scenario, AN_ID)?,
        strategy: it.strategy,
        generator: it.generator,
        judge: it.judge,
        parameters: read_parameters(it.parameters)?,
        origin: it.origin,
        base: it.base,
        path: it.path,
        score: it.score,
        evaluations: it.evaluations,
        rollouts: it.rollouts,
        curve: it.curve,
        tree: it.tree.map(tree).transpose()?,
        created_ms: it.created.map_or(Ok(now_ms), |it| time_ms("created", &it))?,
    };
    check(&plan)?;
    plan.id = identity::plan_id(&plan);
    let content = "scenario, strategy, origin, generator, judge, parameters, base, path or score";
    check_id(it.id.as_deref(), plan.id.as_str(), content)?;
    Ok(plan)
}

/// A tree is drawn by whoever reads it later: any JSON that is not nested without end.
fn tree(raw: &RawValue) -> Result<String, String> {
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(_) => Ok(raw.get().to_owned()),
        Err(it) => Err(format!("“tree”: {}", rows::plain(&it))),
    }
}

fn check(it: &Plan) -> Result<(), String> {
    check_key("strategy", &it.strategy)?;
    if it.strategy.is_empty() {
        return Err("“strategy” is empty".to_owned());
    }
    for (field, model) in [("generator", &it.generator), ("judge", &it.judge)] {
        match it.origin {
            PlanOrigin::Model => check_model(field, model)?,
            PlanOrigin::Seed if model.is_empty() => {}
            PlanOrigin::Seed => {
                return Err(format!("“{field}” is named, but no model made a seed"));
            }
        }
    }
    if it.path.len() > MAX_STEPS {
        return Err(format!("“path” has {} steps; at most {MAX_STEPS} are taken", it.path.len()));
    }
    if it.curve.len() > MAX_POINTS {
        return Err(format!(
            "“curve” has {} points; at most {MAX_POINTS} are taken",
            it.curve.len()
        ));
    }
    let scores = [it.base, it.score].into_iter().chain(it.path.iter().map(|it| it.expected));
    if scores.chain(it.curve.iter().map(|it| it.1)).any(|it| !(1.0..=5.0).contains(&it)) {
        return Err("a score lies outside 1 to 5".to_owned());
    }
    for (at, step) in it.path.iter().enumerate() {
        let key = &step.attribute;
        let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
        if key.is_empty() || key.len() > 40 || !key.bytes().all(plain) {
            return Err(format!("“{}” is no attribute", rows::short(key)));
        }
        if it.path[..at].iter().any(|earlier| earlier.attribute == *key) {
            return Err(format!("“path” asks for {key} twice"));
        }
    }
    let large = |it: u64| i64::try_from(it).is_err();
    if large(it.evaluations) || large(it.rollouts) {
        return Err("a count is too large".to_owned());
    }
    Ok(())
}
