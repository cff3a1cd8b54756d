-- Conversations that a visitor asked to keep, and what visitors thought of answers. A conversation that nobody asked to
-- keep is in no table.

create table chats (
    -- Random: whoever knows it may read the conversation.
    id text primary key,
    -- JSON: the conversation as the engine writes it.
    record text not null check (json_valid(record)),
    -- When it is deleted.
    until_ms integer not null,
    updated_ms integer not null
) strict, without rowid;

create index chats_by_end on chats (until_ms);

-- Marks that visitors gave to answers made for them: never mixed with ratings of a study, and without any of the words.
create table chat_marks (
    -- Names the answer that was marked, and says nothing of the conversation: another mark replaces this one.
    id text primary key,
    model text not null,
    condition text not null,
    questions integer not null check (questions >= 0),
    risk_sensitivity integer not null check (risk_sensitivity between 1 and 5),
    emotional_empathy integer not null check (emotional_empathy between 1 and 5),
    user_specific_alignment integer not null check (user_specific_alignment between 1 and 5),
    created_ms integer not null
) strict, without rowid;
