//! Searching a simulated world: a plain loop.

use super::{
    environment::Environment,
    outcome::Outcome,
    search::{Ask, PlanError, Search},
    set::AttributeSet,
    settings::{Settings, Spent, Strategy},
};

impl Settings {
    /// The usual settings for a world: its attributes, scale, noise and costs.
    pub fn of(world: &Environment) -> Self {
        Self {
            noise_sd: world.noise_sd(),
            range: world.range(),
            cost: world.cost().to_vec(),
            ..Self::new(world.attributes().len())
        }
    }
}

/// Searches a world. The oracle sees scores without noise.
pub fn simulate(world: &Environment, settings: Settings) -> Result<Outcome, PlanError> {
    let search = watched(world, settings, |_| {})?;
    Ok(search.outcome(world.attributes()))
}

/// Searches a world and shows the search after every evaluation.
pub(super) fn watched(
    world: &Environment,
    mut settings: Settings,
    mut watch: impl FnMut(&Search),
) -> Result<Search, PlanError> {
    let oracle = settings.strategy == Strategy::Oracle;
    if oracle {
        settings.noise_sd = 0.0;
    }
    let mut search = Search::new(settings)?;
    let mut repeats = std::collections::HashMap::new();
    loop {
        match search.ask() {
            Ask::Evaluate(set) => {
                let repeat: &mut u32 = repeats.entry(set).or_default();
                let seed = search.settings().seed;
                let score =
                    if oracle { world.score(set) } else { world.observe(set, *repeat, seed) };
                *repeat += 1;
                search.tell(set, score, Spent::default())?;
                watch(&search);
            }
            Ask::Rank(set) => search.ranked(set, ranking(world, set), Spent::default())?,
            Ask::Wait | Ask::Done => return Ok(search),
        }
    }
}

/// The world's ranking of what is not in a set.
fn ranking(world: &Environment, set: AttributeSet) -> Vec<usize> {
    let prior = world.prior().unwrap_or_default();
    prior.iter().copied().filter(|it| !set.has(*it)).collect()
}
