-- What was two forms is now all that an entry consists of. An older program that still runs finds nothing by the old name, and stops; it
-- would take each entry for edited, and count nothing.
alter table entry rename column packed to parts;
-- How many removals were made in an entry. What they were is packed with it; `removal` holds those that older versions wrote.
alter table entry add column taken bigint not null default 0;
update entry set taken = (select count(*) from removal where entry_id = entry.id)
    where exists (select 1 from removal where entry_id = entry.id);
-- … for the charts, which then look at no row.
drop index entry_newest;
create index entry_newest on entry (source_id, sort_at desc, first_seen_at desc, position, taken);
-- What is counted as entries come and go, so that no page counts them one by one.
alter table source add column entries bigint not null default 0;
alter table source add column taken bigint not null default 0; -- removals in them
update source set
    entries = (select count(*) from entry where source_id = source.id),
    taken = (select coalesce(sum(entry.taken), 0) from entry where source_id = source.id);
-- What the entries of a source have in common, which they are packed by. It stays as it is for as long as they do.
create table dictionary (
    source_id bigint primary key references source (id) on delete cascade,
    packed bytea not null
);
-- It is packed already.
alter table dictionary alter column packed set storage external;
