-- What is learnt of each source: how many of its entries have which line.
alter table source add column counted bigint not null default 0; -- entries that were counted

create table line (
    source_id bigint not null references source (id) on delete cascade,
    print bigint not null,          -- the fingerprint's bits
    entries bigint not null,
    primary key (source_id, print)
);
