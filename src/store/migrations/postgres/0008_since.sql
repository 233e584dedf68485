-- Since when polls fail, and since when redirects lead from https to http: what a person is told of has a date that stays.
alter table source add column failing_since bigint;
alter table source add column downgraded_since bigint;
-- What the clock said when the believed moment last moved on: it goes on no faster than this does.
alter table upkeep add column wall bigint not null default 0;
