-- A database as the first version of Feedwash made it, before any upgrade. Its text stays as it is for ever.
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
);
insert into _sqlx_migrations (version, description, success, checksum, execution_time)
values (1, '', true, '\xb9738daa7cd9a7dd2b47c5be5d2bf9ef6e6df97ad2288da182bec5e916f32a86f4980df315fb31797058c50780a65f74', 1);

create table source (
    id bigint generated always as identity primary key,
    name text not null unique,
    url text not null,
    published_as text not null default '', -- settings that shape what is published
    next_poll_at bigint,            -- null: never again (410 Gone)
    next_poll_reason text not null default 'not polled yet',
    leased_until bigint not null default 0,
    retry_after_until bigint not null default 0,
    etag text,
    last_modified text,
    body_hash text,
    rules_version text not null default '', -- empty: never washed; 'mixed': some entries by other rules
    failures bigint not null default 0,
    pace text not null default '{}',  -- what the last document said about how often to come
    last_poll_at bigint,
    last_success_at bigint,
    outcome text not null default 'new',
    detail text,
    moved_to text,
    revision bigint not null default 0,  -- grows with each change of what is published
    changed_at bigint,
    head_hash text,
    raw text,                       -- the feed without its entries, as read
    clean text,                     -- the feed without its entries, as published
    warnings text not null default '[]',
    removals text not null default '[]',  -- those from the feed's own values
    removed_at bigint               -- when it left feeds.toml
);
create index source_due on source (next_poll_at) where removed_at is null;

create table entry (
    id bigint generated always as identity primary key,
    source_id bigint not null references source (id) on delete cascade,
    key text not null,
    first_seen_at bigint not null,
    left_at bigint,                 -- when it left its feed's document; null while it is in it
    changed_at bigint not null,     -- when the story last changed
    sort_at bigint not null,
    position bigint not null,       -- in the document, to order what has no date
    raw_hash text not null,
    story_hash text not null,       -- of what a reader reads: dates and counters are not in it
    updated_at bigint,              -- what is published as updated
    rules_version text not null,
    raw text not null,
    clean text not null,
    unique (source_id, key)
);
create index entry_newest on entry (source_id, sort_at desc, first_seen_at desc, position);
create index entry_left on entry (left_at) where left_at is not null;

create table removal (
    entry_id bigint not null references entry (id) on delete cascade,
    number bigint not null,
    field text not null,
    pass text not null,
    rule text not null,
    evidence text,
    before_text text not null,
    after_text text,
    primary key (entry_id, number)
);

create table poll (
    id bigint generated always as identity primary key,
    source_id bigint not null references source (id) on delete cascade,
    started_at bigint not null,
    duration_ms bigint not null,
    outcome text not null,
    detail text,
    new_entries bigint not null default 0,
    updated_entries bigint not null default 0
);
create index poll_source on poll (source_id, id);
create index poll_started on poll (started_at);
