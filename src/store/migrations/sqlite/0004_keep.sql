-- How often what was put back has changed, so that who washes knows whether it still washes by the rules of now.
alter table source add column restored_revision bigint not null default 0;

-- Since when every document was cut off; null where the last was whole.
alter table source add column cut_since bigint;

-- Fingerprints are kept as their bits here too: sixteen hexadecimal digits become a number.
create table restored_anew (
    id integer primary key autoincrement,
    source_id bigint not null references source (id) on delete cascade,
    entry_key text not null default '',  -- empty: every entry of the source
    field text not null,
    print bigint not null,               -- of what is not to be taken any more
    pass text not null,
    before_text text not null,           -- what was put back, for people
    created_at bigint not null,
    unique (source_id, entry_key, field, print)
);
insert into restored_anew (id, source_id, entry_key, field, print, pass, before_text, created_at)
with recursive digits (id, bits, place) as (
    select id, 0, 1 from restored
    union all
    select restored.id, bits << 4 | (instr('0123456789abcdef', substr(print, place, 1)) - 1), place + 1
    from digits join restored on restored.id = digits.id where place <= 16
)
select restored.id, source_id, entry_key, field, bits, pass, before_text, created_at
from restored join digits on digits.id = restored.id where place = 17;
drop table restored;
alter table restored_anew rename to restored;
