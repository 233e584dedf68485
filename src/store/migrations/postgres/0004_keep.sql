-- How often what was put back has changed, so that who washes knows whether it still washes by the rules of now.
alter table source add column restored_revision bigint not null default 0;

-- Since when every document was cut off; null where the last was whole.
alter table source add column cut_since bigint;

-- Fingerprints are kept as their bits here too: sixteen hexadecimal digits become a number.
alter table restored alter column print type bigint using ('x' || print)::bit(64)::bigint;
