-- An entry's two forms packed in one; where it is there, `raw` and `clean` are empty. Entries of before stay as they are.
alter table entry add column packed bytea;
-- It is packed already.
alter table entry alter column packed set storage external;
