-- An entry's two forms packed in one; where it is there, `raw` and `clean` are empty. Entries of before stay as they are.
alter table entry add column packed bytea
    check (packed is null or raw = '' and clean = ''); -- so that an older program, which knows of none, leaves none behind that is wrong
-- It is packed already.
alter table entry alter column packed set storage external;
-- What is in its feed's document: a poll looks for what has left it, and not through all that ever was in it.
create index entry_there on entry (source_id, key) where left_at is null;
