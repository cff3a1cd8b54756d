use super::*;

#[test]
fn the_shipped_default_keeps_its_promises() {
    let comparison = Comparison { worlds: 24, most: 150, ..Comparison::default() };
    let chosen: Vec<Contestant> = contestants()
        .into_iter()
        .filter(|it| ["bayes", "raise", "mcts"].contains(&it.label))
        .collect();
    assert_eq!(chosen[0].strategy, Strategy::default());
    let contest = comparison.run(&chosen, |_, _| {}).unwrap();
    for row in contest.rows.iter().filter(|it| it.strategy == "bayes") {
        let most = if row.prior == Some(Prior::Informative) { 0.25 } else { 1.3 };
        // Under noise the deviation of a score, not the ranking, decides.
        let most = if row.world == World::Noisy { 1.3 } else { most };
        assert!(row.ratio.is_some_and(|it| it <= most), "{row:?}");
    }
    let guided = contest
        .rows
        .iter()
        .find(|it| it.strategy == "raise" && it.prior == Some(Prior::Informative))
        .unwrap();
    assert!(guided.ratio.is_some_and(|it| it <= 0.25), "{guided:?}");
    assert_eq!(contest.to_string().lines().count(), 4 + contest.rows.len());
    let again = comparison.run(&chosen, |_, _| {}).unwrap();
    assert_eq!(again, contest, "the same seed gives the same table");
}

#[test]
fn rankings_are_what_they_are_called() {
    for world in World::ALL {
        let made = world.make(10, 1, 3);
        let alone = |it: usize| made.world.score(AttributeSet::EMPTY.with(it));
        let top = |prior| made.ranking(prior)[..5].iter().map(|it| alone(*it)).sum::<f64>();
        assert!(top(Prior::Informative) > top(Prior::Adversarial), "{world:?}");
        let mut all = made.ranking(Prior::Random);
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }
}
