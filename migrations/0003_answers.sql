-- Everything needed to make an answer again, what judges said of it, and answers that are being made.

-- Prompts, once each: the models of a comparison are asked the same words.
create table prompts (
    -- SHA-256 of the messages.
    hash blob primary key,
    -- JSON: an array of {"role", "content"}.
    messages text not null check (json_valid(messages))
) strict, without rowid;

alter table responses add column prompt blob references prompts (hash);
alter table responses add column template text not null default '';
alter table responses add column parameters text not null default '{}' check (json_valid(parameters));
alter table responses add column finish text not null default 'stop'
    check (finish in ('stop', 'length', 'filtered', 'unknown'));
alter table responses add column origin text not null default 'generated'
    check (origin in ('recorded', 'live', 'imported', 'generated'));
alter table responses add column tokens_in integer;
alter table responses add column tokens_out integer;
-- Millionths of a US dollar.
alter table responses add column cost_micros integer;
alter table responses add column took_ms integer;

-- What a comparison asks for: the newest answer of a model that was shown this much.
drop index responses_by_scenario;
create index responses_by_scenario on responses (scenario, model, condition, attributes, created_ms);

-- One row for each verdict of a judge. Scored, unscored and errored are told apart; a score is never a default.
create table scores (
    id text primary key,
    response text not null references responses (id) on delete cascade,
    judge text not null,
    readout text not null check (readout in ('structured', 'logprobs', 'given')),
    template text not null,
    parameters text not null check (json_valid(parameters)),
    repeat integer not null check (repeat >= 0),
    outcome text not null check (outcome in ('scored', 'unparseable', 'refused', 'errored', 'skipped')),
    risk_sensitivity real check (risk_sensitivity between 1 and 5),
    emotional_empathy real check (emotional_empathy between 1 and 5),
    user_specific_alignment real check (user_specific_alignment between 1 and 5),
    -- JSON: dimension key to the judge's reason.
    reasons text not null default '{}' check (json_valid(reasons)),
    -- What was said instead of scores.
    said text,
    tokens integer,
    cost_micros integer,
    created_ms integer not null,
    check ((outcome = 'scored') = (risk_sensitivity is not null)),
    check ((outcome = 'scored') = (emotional_empathy is not null)),
    check ((outcome = 'scored') = (user_specific_alignment is not null)),
    check ((outcome = 'scored') = (said is null))
) strict, without rowid;

create index scores_by_response on scores (response, created_ms);

-- Answers that are being made. The text is saved as it comes, so that a server that stops loses little and says so.
create table generations (
    id text primary key,
    scenario integer not null references scenarios (ordinal) on delete cascade,
    model text not null,
    condition text not null,
    attributes text,
    state text not null check (state in ('running', 'judging', 'done', 'stopped', 'failed', 'interrupted')),
    text text not null default '',
    -- What happened, for people, where it failed.
    trouble text,
    response text references responses (id) on delete set null,
    started_ms integer not null,
    updated_ms integer not null
) strict, without rowid;

create index generations_by_scenario on generations (scenario, updated_ms);
