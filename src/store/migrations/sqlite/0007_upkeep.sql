-- What the store needs to keep itself: one row.
create table upkeep (
    id integer primary key check (id = 1),
    clock bigint not null default 0, -- the latest moment that is believed, in steps of a day at the most
    filler blob                      -- written and emptied again, to see whether a disk that was full takes it
);
insert into upkeep (id) values (1);
-- Which session took a source, where several programs share a database; 0 in a file, which is one program's.
alter table source add column leased_by bigint not null default 0;
