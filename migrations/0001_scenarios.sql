-- Scenarios, and what is needed to find them.

-- One row names the state of the corpus. `version` grows with every change of a scenario, so that readers,
-- also in other processes, know when what they hold in memory is stale.
create table corpus_state (
    id integer primary key check (id = 1),
    version integer not null
) strict;

insert into corpus_state (id, version) values (1, 0);

-- `ordinal` is the order of import and the key of the search index and the facet bitmaps. It is never reused.
create table scenarios (
    ordinal integer primary key autoincrement,
    id text not null unique,
    profile_id text not null,
    source text not null check (source in ('real', 'synthetic', 'sample', 'generated')),
    domain text not null,
    label text,
    query text not null check (query <> ''),
    -- JSON: attribute key to {"text", "value"?}. Attributes are data, so they are not columns.
    profile text not null check (json_valid(profile)),
    severity text not null check (severity in ('standard', 'sensitive', 'severe')),
    -- JSON: an array of tag keys.
    tags text not null check (json_valid(tags)),
    -- The first 80 bits of a digest of the whole row: tells a changed row from one already present.
    content_hash blob not null
) strict;

-- The text that search reads: the query, the label, and the profile as one line.
create view scenario_texts as
select ordinal, query, label,
       (select group_concat(json_extract(each.value, '$.text'), ' · ') from json_each(scenarios.profile) as each)
           as profile_text
from scenarios;

create virtual table scenario_fts using fts5 (
    query, label, profile_text,
    content = 'scenario_texts',
    content_rowid = 'ordinal',
    tokenize = 'porter unicode61 remove_diacritics 2'
);

create trigger scenarios_after_insert after insert on scenarios begin
    insert into scenario_fts (rowid, query, label, profile_text)
    select ordinal, query, label, profile_text from scenario_texts where ordinal = new.ordinal;
end;

create trigger scenarios_before_delete before delete on scenarios begin
    insert into scenario_fts (scenario_fts, rowid, query, label, profile_text)
    select 'delete', ordinal, query, label, profile_text from scenario_texts where ordinal = old.ordinal;
end;

create trigger scenarios_before_update before update on scenarios begin
    insert into scenario_fts (scenario_fts, rowid, query, label, profile_text)
    select 'delete', ordinal, query, label, profile_text from scenario_texts where ordinal = old.ordinal;
end;

create trigger scenarios_after_update after update on scenarios begin
    insert into scenario_fts (rowid, query, label, profile_text)
    select ordinal, query, label, profile_text from scenario_texts where ordinal = new.ordinal;
end;

-- Which scenarios have which value of which facet: a roaring bitmap of ordinals for each block of 65,536
-- ordinals, and how many there are. Written with the scenarios, in the same transaction.
create table facet_bitmaps (
    facet text not null,
    value text not null,
    block integer not null,
    count integer not null check (count > 0),
    bitmap blob not null,
    primary key (facet, value, block)
) strict, without rowid;

-- Every import, so that one that stopped half-way is seen. `finished_ms` is null until it ended.
create table imports (
    id integer primary key,
    name text not null,
    started_ms integer not null,
    finished_ms integer,
    read integer not null default 0,
    added integer not null default 0,
    already_present integer not null default 0,
    updated integer not null default 0,
    rejected integer not null default 0
) strict;
