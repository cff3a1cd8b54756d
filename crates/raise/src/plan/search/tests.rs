use std::collections::{BTreeMap, HashMap};

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::plan::{Budget, Environment, Outcome, Shape, TreeSettings, simulate};

fn world(noise: f64) -> Environment {
    let text = format!(
        r#"{{"attributes": ["a", "b", "c", "d", "e", "f"], "base": 2.6, "clip": [1, 5],
            "main": {{"a": 0.1, "b": 0.4, "c": 0.05, "d": 0.3, "f": -0.2}},
            "pair": {{"a+c": 0.6, "b+d": -0.1}}, "prior": ["b", "d", "a", "c", "e", "f"],
            "noise_sd": {noise}}}"#
    );
    Environment::parse(&text).unwrap()
}

fn settings(world: &Environment, strategy: Strategy) -> Settings {
    Settings { strategy, depth: 3, ..Settings::of(world) }
}

fn names(outcome: &Outcome) -> String {
    outcome.path.join("+")
}

/// Runs to the end with so many in flight; the one that ends next is chosen by `pick`.
fn drive(
    search: &mut Search,
    world: &Environment,
    parallel: usize,
    mut pick: impl FnMut(usize) -> usize,
) {
    let mut flying: Vec<AttributeSet> = Vec::new();
    let mut repeats: HashMap<AttributeSet, u32> = HashMap::new();
    loop {
        let ask = if flying.len() < parallel { search.ask() } else { Ask::Wait };
        match ask {
            Ask::Evaluate(set) => flying.push(set),
            Ask::Rank(set) => {
                let prior = world.prior().unwrap().iter().copied();
                let ranking = prior.filter(|it| !set.has(*it)).collect();
                search.ranked(set, ranking, Spent::default()).unwrap();
            }
            Ask::Wait => {
                assert!(!flying.is_empty(), "waiting for nothing");
                let set = flying.swap_remove(pick(flying.len()));
                let repeat = repeats.entry(set).or_default();
                let spent = Spent { tokens: 10, cost_micros: 3, seconds: 0.5 };
                search.tell(set, world.observe(set, *repeat, 1), spent).unwrap();
                *repeat += 1;
            }
            Ask::Done => {
                assert!(flying.is_empty());
                return;
            }
        }
    }
}

#[test]
fn the_best_path_is_found() {
    let world = world(0.0);
    for strategy in [Strategy::Raise, Strategy::Mcts, Strategy::Bayes, Strategy::Oracle] {
        let outcome = simulate(&world, settings(&world, strategy)).unwrap();
        let mut path: Vec<&str> = outcome.path.iter().map(String::as_str).collect();
        path.sort_unstable();
        assert_eq!(path, ["a", "b", "c"], "{strategy}");
        assert!((outcome.score.unwrap() - 3.75).abs() < 1e-9, "{strategy}");
        assert_eq!(outcome.expected.len(), 3, "{strategy}");
    }
    // By marginal gain: b adds 0.4, then a 0.1, then c 0.65.
    let oracle = simulate(&world, settings(&world, Strategy::Oracle)).unwrap();
    assert_eq!(names(&oracle), "b+a+c");
    let expected: Vec<f64> = oracle.expected.iter().map(|it| (it * 100.0).round()).collect();
    assert_eq!(expected, [300.0, 310.0, 375.0]);
    assert_eq!(oracle.evaluations, 42);
}

#[test]
fn baselines_are_what_they_say() {
    let world = world(0.0);
    let alone = simulate(&world, settings(&world, Strategy::Static)).unwrap();
    assert_eq!(names(&alone), "b+d+a");
    assert_eq!(alone.evaluations, 6 + 1 + 1, "each alone, all together, one step between");
    let random = simulate(&world, settings(&world, Strategy::Random)).unwrap();
    let mut mean = (0.0, 0.0);
    for bits in 0..64 {
        let set = AttributeSet::from_bits(bits);
        if set.len() == 3 {
            mean = (mean.0 + world.score(set), mean.1 + 1.0);
        }
    }
    assert!((random.score.unwrap() - mean.0 / mean.1).abs() < 1e-9, "all were drawn");
    assert_eq!(random.path.len(), 3);
}

#[test]
fn the_json_is_what_others_read() {
    let world = world(0.0);
    let mut outcome = simulate(&world, settings(&world, Strategy::Oracle)).unwrap();
    outcome.tree = None;
    assert_eq!(
        serde_json::to_string(&outcome).unwrap(),
        r#"{"strategy":"oracle","path":["b","a","c"],"expected":[3.0,3.1,3.7500000000000004],"#
            .to_owned()
            + r#""score":3.7500000000000004,"evaluations":42,"rollouts":0,"#
            + r#""curve":[[1,2.6],[2,2.7],[3,3.1],[4,3.7500000000000004],[42,3.7500000000000004]],"seed":1}"#
    );
    let tree = simulate(&world, settings(&world, Strategy::Raise)).unwrap().tree.unwrap();
    assert_eq!(tree[0].set, AttributeSet::EMPTY);
    assert!(tree.iter().all(|it| it.visits <= tree[0].visits && it.mean <= it.best + 1e-9));
}

#[test]
fn a_flat_world_still_has_a_path() {
    let world = Environment::parse(r#"{"attributes": ["a", "b", "c"], "base": 3}"#).unwrap();
    for strategy in Strategy::ALL {
        let outcome = simulate(&world, settings(&world, strategy)).unwrap();
        assert_eq!(outcome.path.len(), 3, "{strategy}");
        assert_eq!(outcome.score, Some(3.0), "{strategy}");
        let curve = &outcome.curve;
        assert!(curve.iter().all(|it| it.1.to_bits() == 3.0_f64.to_bits()), "{strategy}");
    }
    let oracle = simulate(&world, settings(&world, Strategy::Oracle)).unwrap();
    assert_eq!(names(&oracle), "a+b+c", "ties are in the schema's order");
}

#[test]
fn what_harms_is_left_out() {
    let text = r#"{"attributes": ["a", "b"], "base": 3, "main": {"a": 0.5, "b": -0.5}}"#;
    let world = Environment::parse(text).unwrap();
    for strategy in [Strategy::Raise, Strategy::Mcts, Strategy::Bayes, Strategy::Oracle] {
        let outcome = simulate(&world, settings(&world, strategy)).unwrap();
        assert_eq!(names(&outcome), "a", "{strategy}");
    }
}

#[test]
fn a_cost_is_weighed_and_not_reported() {
    let text = r#"{"attributes": ["a", "b"], "base": 3, "main": {"a": 0.5, "b": 0.4},
        "cost": {"a": 0.3}}"#;
    let world = Environment::parse(text).unwrap();
    for strategy in [Strategy::Raise, Strategy::Mcts, Strategy::Bayes, Strategy::Oracle] {
        let settings = Settings { depth: 1, ..settings(&world, strategy) };
        let outcome = simulate(&world, settings).unwrap();
        assert_eq!(names(&outcome), "b", "{strategy}");
        assert!((outcome.score.unwrap() - 3.4).abs() < 1e-12, "{strategy}");
    }
}

#[test]
fn little_budget_gives_a_small_answer() {
    let world = world(0.0);
    for strategy in Strategy::ALL {
        let with = |evaluations, depth| {
            let budget = Budget { evaluations, ..Budget::default() };
            simulate(&world, Settings { depth, budget, ..settings(&world, strategy) }).unwrap()
        };
        if strategy != Strategy::Oracle {
            let none = with(0, 3);
            assert_eq!((none.path.len(), none.score, none.evaluations), (0, None, 0), "{strategy}");
            let one = with(1, 3);
            assert_eq!((one.path.len(), one.evaluations), (3, 1), "{strategy}");
            assert_eq!(one.expected.len(), 3, "{strategy}");
        }
        let shallow = with(9, 0);
        assert_eq!((shallow.path.len(), shallow.score), (0, Some(2.6)), "{strategy}");
        let deep = with(40, 99);
        assert!(deep.path.len() <= 6, "{strategy}");
    }
}

#[test]
fn noise_is_met_by_repeating() {
    let world = world(0.3);
    let outcome = simulate(&world, settings(&world, Strategy::Bayes)).unwrap();
    let tree = outcome.tree.unwrap();
    assert!(tree.iter().any(|it| it.visits >= 9));
    assert!((outcome.score.unwrap() - 3.75).abs() < 0.3);
    let set: AttributeSet = outcome
        .path
        .iter()
        .filter_map(|it| world.attributes().iter().position(|name| name == it))
        .collect();
    assert!(world.score(set) >= 0.95 * 3.75, "{:?}", outcome.path);
}

#[test]
fn many_attributes_are_searched_by_steps() {
    let names: Vec<String> = (0..32).map(|it| format!("\"x{it}\"")).collect();
    let main: Vec<String> =
        (0..32).map(|it| format!("\"x{it}\": {}", f64::from(it) / 100.0)).collect();
    let text = format!(
        r#"{{"attributes": [{}], "base": 1, "main": {{{}}}}}"#,
        names.join(","),
        main.join(",")
    );
    let world = Environment::parse(&text).unwrap();
    for strategy in [Strategy::Bayes, Strategy::Raise, Strategy::Mcts] {
        let budget = Budget { evaluations: 60, ..Budget::default() };
        let outcome =
            simulate(&world, Settings { strategy, budget, ..Settings::of(&world) }).unwrap();
        assert_eq!(outcome.path.len(), 5);
        if strategy == Strategy::Bayes {
            assert!(outcome.score.unwrap() > 2.3, "{:?}", outcome.score);
        }
    }
    let oracle = Settings { strategy: Strategy::Oracle, depth: 9, ..Settings::of(&world) };
    assert!(matches!(simulate(&world, oracle), Err(PlanError::TooManySets(_))));
}

#[test]
fn every_budget_ends_a_search() {
    let world = world(0.0);
    let free = Budget { evaluations: 30, ..Budget::default() };
    // What was kept for steps that turned out to be known is not spent.
    let check = |budget: Budget, evaluations: u64| {
        let settings = Settings { budget, ..settings(&world, Strategy::Bayes) };
        let mut search = Search::new(settings).unwrap();
        drive(&mut search, &world, 1, |_| 0);
        let kept = if budget == free { 4 } else { 0 };
        let made = search.evaluations();
        assert!(made <= evaluations && made + kept >= evaluations, "{budget:?}: {made}");
    };
    check(free, 30);
    check(Budget { tokens: Some(100), ..free }, 10);
    check(Budget { cost_micros: Some(16), ..free }, 6);
    check(Budget { seconds: Some(2.0), ..free }, 4);
    check(Budget { tokens: Some(0), ..free }, 0);
}

#[test]
fn failures_are_not_repeated() {
    let world = world(0.0);
    for strategy in Strategy::ALL {
        let budget = Budget { evaluations: 200, ..Budget::default() };
        let mut search = Search::new(Settings { budget, ..settings(&world, strategy) }).unwrap();
        let mut asked = BTreeMap::new();
        loop {
            match search.ask() {
                Ask::Evaluate(set) => {
                    *asked.entry(set).or_insert(0) += 1;
                    search.fail(set, Spent::default()).unwrap();
                }
                Ask::Rank(set) => search.ranked(set, Vec::new(), Spent::default()).unwrap(),
                Ask::Wait => panic!("{strategy} waits for nothing"),
                Ask::Done => break,
            }
        }
        assert!(asked.values().all(|it| *it == 1), "{strategy}");
        assert_eq!(search.outcome(world.attributes()).score, None, "{strategy}");
    }
}

#[test]
fn what_was_not_asked_is_refused() {
    let set = AttributeSet::EMPTY.with(1);
    let mut search = Search::new(Settings::new(4)).unwrap();
    let nothing = Spent::default();
    assert_eq!(search.tell(set, 3.0, nothing), Err(PlanError::NotAsked(set)));
    assert_eq!(search.fail(set, nothing), Err(PlanError::NotAsked(set)));
    assert_eq!(search.ask(), Ask::Rank(AttributeSet::EMPTY));
    assert_eq!(search.ask(), Ask::Wait);
    for ranking in [vec![0, 0], vec![4], vec![99]] {
        let refused = search.ranked(AttributeSet::EMPTY, ranking, nothing);
        assert_eq!(refused, Err(PlanError::NoRanking(AttributeSet::EMPTY)));
    }
    search.ranked(AttributeSet::EMPTY, vec![2], nothing).unwrap();
    let Ask::Evaluate(set) = search.ask() else { panic!("nothing asked") };
    for score in [f64::NAN, f64::INFINITY, 1e12] {
        assert_eq!(search.tell(set, score, nothing), Err(PlanError::NoScore(set)));
    }
    search.tell(set, 3.0, nothing).unwrap();
    assert_eq!(search.tell(set, 3.0, nothing), Err(PlanError::NotAsked(set)));
    let bad = Settings { noise_sd: -1.0, ..Settings::new(4) };
    assert!(matches!(Search::new(bad), Err(PlanError::Settings(_))));
    assert!(matches!(Search::new(Settings::new(33)), Err(PlanError::Settings(_))));
}

#[test]
fn cancelling_keeps_what_is_known() {
    let world = world(0.0);
    let mut search = Search::new(settings(&world, Strategy::Mcts)).unwrap();
    let Ask::Evaluate(first) = search.ask() else { panic!("nothing asked") };
    search.tell(first, world.score(first), Spent::default()).unwrap();
    let Ask::Evaluate(second) = search.ask() else { panic!("nothing asked") };
    search.cancel();
    assert_eq!(search.ask(), Ask::Done);
    search.tell(second, world.score(second), Spent::default()).unwrap();
    let kept = serde_json::to_string(&search.checkpoint()).unwrap();
    let mut resumed = Search::resume(serde_json::from_str(&kept).unwrap()).unwrap();
    assert_eq!(resumed.ask(), Ask::Done);
    assert_eq!(resumed.outcome(world.attributes()), search.outcome(world.attributes()));
    assert_eq!(resumed.evaluations(), 2);
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let world = world(0.0);
    let mut search = Search::new(settings(&world, Strategy::Raise)).unwrap();
    drive(&mut search, &world, 1, |_| 0);
    let kept = serde_json::to_string(&search.checkpoint()).unwrap();
    let other = kept.replacen("\"seed\":1", "\"seed\":2", 1);
    let resumed = Search::resume(serde_json::from_str(&other).unwrap());
    assert_eq!(resumed.unwrap_err(), PlanError::Checkpoint);
}

/// Strategy, depth, evaluations, seed, noisy or not, sequences or sets.
type Drawn = (usize, usize, u64, u64, bool, bool);

fn any_settings() -> impl proptest::strategy::Strategy<Value = Drawn> {
    (0..6_usize, 0..8_usize, 0..60_u64, any::<u64>(), any::<bool>(), any::<bool>())
}

fn made((strategy, depth, evaluations, seed, noisy, sequences): Drawn) -> (Environment, Settings) {
    let world = world(if noisy { 0.3 } else { 0.0 });
    let shape = if sequences { Shape::Sequences } else { Shape::Sets };
    let settings = Settings {
        strategy: Strategy::ALL[strategy],
        depth,
        seed,
        budget: Budget { evaluations, ..Budget::default() },
        tree: TreeSettings { shape, ..TreeSettings::default() },
        ..Settings::of(&world)
    };
    (world, settings)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_search_keeps_its_word(
        drawn in any_settings(),
        parallel in 1..9_usize,
        picks in any::<u64>(),
    ) {
        let (world, settings) = made(drawn);
        let (noisy, budget, depth) =
            (settings.noise_sd > 0.0, settings.budget.evaluations, settings.depth);
        let oracle = settings.strategy == Strategy::Oracle;
        let mut search = Search::new(settings).unwrap();
        let mut state = picks;
        drive(&mut search, &world, parallel, |count| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % count
        });
        prop_assert!(oracle || search.evaluations() <= budget);
        let outcome = search.outcome(world.attributes());
        prop_assert!(outcome.path.len() <= depth.min(6));
        prop_assert_eq!(outcome.path.len(), outcome.expected.len());
        let mut unique = outcome.path.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), outcome.path.len());
        prop_assert_eq!(outcome.score.is_some(), outcome.evaluations > 0);
        if !noisy {
            let asked = search.checkpoint().events.into_iter().filter_map(|it| match it {
                Event::Asked(Ask::Evaluate(set)) => Some(set),
                _ => None,
            });
            let asked: Vec<AttributeSet> = asked.collect();
            let once: std::collections::HashSet<_> = asked.iter().collect();
            prop_assert_eq!(once.len(), asked.len(), "a set was evaluated twice");
            prop_assert!(outcome.curve.is_sorted_by(|one, other| one.0 < other.0 && one.1 <= other.1));
        }
    }

    #[test]
    fn a_resumed_search_is_the_same(drawn in any_settings(), cut in 0..80_usize) {
        let (world, settings) = made(drawn);
        let mut whole = Search::new(settings.clone()).unwrap();
        drive(&mut whole, &world, 1, |_| 0);
        let mut begun = Search::new(settings).unwrap();
        let mut repeats: HashMap<AttributeSet, u32> = HashMap::new();
        for turn in 0.. {
            if turn == cut {
                // Whatever was asked for last is under way now, or nothing is.
                let kept = serde_json::to_string(&begun.checkpoint()).unwrap();
                begun = Search::resume(serde_json::from_str(&kept).unwrap()).unwrap();
            }
            let ask = begun.ask();
            if turn + 1 == cut {
                continue;
            }
            match ask {
                Ask::Evaluate(set) => {
                    let repeat = repeats.entry(set).or_default();
                    let spent = Spent { tokens: 10, cost_micros: 3, seconds: 0.5 };
                    begun.tell(set, world.observe(set, *repeat, 1), spent).unwrap();
                    *repeat += 1;
                }
                Ask::Rank(set) => {
                    let prior = world.prior().unwrap().iter().copied();
                    let ranking = prior.filter(|it| !set.has(*it)).collect();
                    begun.ranked(set, ranking, Spent::default()).unwrap();
                }
                Ask::Wait => prop_assert!(false, "waiting for nothing"),
                Ask::Done => break,
            }
        }
        prop_assert_eq!(begun.outcome(world.attributes()), whole.outcome(world.attributes()));
        prop_assert_eq!(begun.spent(), whole.spent());
    }
}
