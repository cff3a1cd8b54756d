-- What models answered.

create table responses (
    id text primary key,
    scenario integer not null references scenarios (ordinal) on delete cascade,
    model text not null,
    condition text not null check (condition in ('context-free', 'context-rich', 'partial', 'raise-agent', 'raise')),
    -- For a partial condition: the attribute keys shown, as a JSON array.
    attributes text check (attributes is null or json_valid(attributes)),
    text text not null,
    created_ms integer not null
) strict, without rowid;

create index responses_by_scenario on responses (scenario);

-- How many answers there are, kept by the triggers below.
create table response_count (
    id integer primary key check (id = 1),
    responses integer not null
) strict;

insert into response_count (id, responses) values (1, 0);

create trigger responses_after_insert after insert on responses begin
    update response_count set responses = responses + 1;
end;

create trigger responses_after_delete after delete on responses begin
    update response_count set responses = responses - 1;
end;
