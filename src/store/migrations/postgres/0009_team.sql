-- Programs that share a database: each publisher is polled by one of them at a time, and their configurations agree.
alter table source add column publisher bigint; -- a hash of its site, or else of its host; null for files

create table program (
    id bigint primary key,               -- what marks its leases
    machine text not null,               -- where it runs, for people
    settings text not null,              -- a hash of what all programs have to agree on
    sources text not null,               -- … and one of each source
    disturbed bigint not null default 0  -- grows whenever another takes what is overdue at one of its publishers
);
-- Above every process number of Linux, by which programs of before mark theirs.
create sequence program_id as integer minvalue 4194305;
-- What is taken now is little, and is looked for each second.
create index source_taken on source (leased_by) where leased_until > 0;
