-- In which order to ask about a person: plans, what they rest on, and what finds them.

create table plans (
    id text primary key,
    scenario integer not null references scenarios (ordinal) on delete cascade,
    -- Which half of an evaluation the scenario belongs to, and what that hangs on: the crisis label in lower case, or
    -- the profile's id where there is none.
    split text not null check (split in ('train', 'test')),
    leaf text not null check (leaf <> ''),
    strategy text not null,
    -- Keys of the models that answered and judged. A seed plan rests on published figures and has neither.
    generator text not null,
    judge text not null,
    origin text not null check (origin in ('seed', 'model')),
    parameters text not null check (json_valid(parameters)),
    base real not null check (base between 1 and 5),
    -- JSON: an array of {"attribute", "expected", "visits"}.
    path text not null check (json_valid(path)),
    score real not null check (score between 1 and 5),
    evaluations integer not null,
    rollouts integer not null,
    -- JSON: an array of [evaluations, best score].
    curve text not null check (json_valid(curve)),
    -- JSON: the whole search, for drawing.
    tree text check (tree is null or json_valid(tree)),
    created_ms integer not null,
    check ((origin = 'model') = (generator <> '' and judge <> ''))
) strict;

create index plans_by_scenario on plans (scenario, origin, created_ms);

-- The plan that stands for a scenario: one from a model before a seed, the newest before the others.
create view plans_current as
select * from (
    select plans.*, row_number() over (partition by scenario order by origin = 'model' desc, created_ms desc, id) as place
    from plans
) where place = 1;

-- What a text embedder made of a scenario's query. The embedder is named by its key: vectors of different ones do not
-- compare.
create table query_embeddings (
    scenario integer not null references scenarios (ordinal) on delete cascade,
    embedder text not null,
    -- 32-bit floating-point numbers, little-endian, of length 1.
    vector blob not null,
    primary key (scenario, embedder)
) strict, without rowid;

-- One row names the state of plans and embeddings, so that readers, also in other processes, know when what they hold
-- in memory is stale.
create table plan_state (
    id integer primary key check (id = 1),
    version integer not null
) strict;

insert into plan_state (id, version) values (1, 0);

create trigger plans_after_insert after insert on plans begin
    update plan_state set version = version + 1;
end;

create trigger plans_after_delete after delete on plans begin
    update plan_state set version = version + 1;
end;

create trigger query_embeddings_after_insert after insert on query_embeddings begin
    update plan_state set version = version + 1;
end;

-- What a set of attributes was worth, once for each: a search that is run again asks no model twice.
create table plan_evaluations (
    scenario integer not null references scenarios (ordinal) on delete cascade,
    -- JSON: the attribute keys that were shown, sorted.
    attributes text not null check (json_valid(attributes)),
    generator text not null,
    judge text not null,
    -- JSON: everything else that the score hangs on: templates, parameters, the judge's readout, the seed.
    setting text not null check (json_valid(setting)),
    -- Which time the set was evaluated: where scores are noisy, a search asks again.
    repeat integer not null check (repeat >= 0),
    -- Null where the judge gave no score that could be read; `said` tells why. Never a default.
    score real check (score between 1 and 5),
    said text,
    tokens integer not null,
    cost_micros integer not null,
    created_ms integer not null,
    primary key (scenario, attributes, generator, judge, setting, repeat),
    check ((score is null) = (said is not null))
) strict, without rowid;

-- A scenario keeps its row when an import changes it; what rested on the old words goes.
create trigger plans_after_scenario_update after update on scenarios
when old.query is not new.query or old.label is not new.label or old.profile is not new.profile begin
    delete from plans where scenario = new.ordinal;
    delete from query_embeddings where scenario = new.ordinal;
    delete from plan_evaluations where scenario = new.ordinal;
end;
