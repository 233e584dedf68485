-- When to poll next, and why: permanent redirects and since when they hold, kinds of failures, documents that are not
-- believed yet, and publishers that asked all their visitors to wait.
alter table source drop column moved_to;                  -- the next poll learns it again, with its date
alter table source add column moved text;                 -- where permanent redirects lead, since when, as JSON
alter table source add column downgraded_to text;         -- where https leads to http
alter table source add column site text;                  -- what is registered of its host; null for private ones
alter table source add column answering_site text;        -- … of who answered last, after redirects
alter table source add column failure text;               -- the kind of the last failure, one word
alter table source add column doubt text;                 -- a document that is not believed yet, as JSON
alter table source add column trusted bigint not null default 0; -- 1: the next document is believed, whatever it is

create table hold (
    site text primary key,
    until bigint not null
) without rowid;
