create table restored (
    id bigint generated always as identity primary key,
    source_id bigint not null references source (id) on delete cascade,
    entry_key text not null default '',  -- empty: every entry of the source
    field text not null,
    print text not null,                 -- of what is not to be taken any more
    pass text not null,
    before_text text not null,           -- what was put back, for people
    created_at bigint not null,
    unique (source_id, entry_key, field, print)
);
