-- Programs that share a database, which is PostgreSQL: a file is one program's, and needs no numbers for more.
alter table source add column publisher integer; -- a hash of its site, or else of its host; null for files

create table program (
    id integer primary key,
    machine text not null,
    settings text not null,
    sources text not null,
    disturbed integer not null default 0
);
