//! The one integration binary: each module is a subject, each case in `tests/feeds/` is data.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says aloud what it skips"
)]

/// Every case in `tests/feeds/`, and the three laws of washing.
#[path = "it/wash.rs"]
mod wash;

/// The laws of reading and writing: what is written is read again as it was, and nothing panics.
#[path = "it/laws.rs"]
mod laws;

/// What several subjects share.
#[path = "it/support.rs"]
mod support;

/// What reading and writing leave as it was.
#[path = "it/transparency.rs"]
mod transparency;

/// What a turn through other formats leaves as it was.
#[path = "it/turns.rs"]
mod turns;

/// The store, on SQLite and on PostgreSQL.
#[path = "it/store.rs"]
mod store;

/// What is kept through upgrades, copies and full disks.
#[path = "it/keep.rs"]
mod keep;

/// A poll, against a server that answers by a script.
#[path = "it/poll.rs"]
mod poll;

/// What is published, asked for over HTTP.
#[path = "it/web.rs"]
mod web;

/// The rules of the architecture, read from the source text.
#[path = "it/layers.rs"]
mod layers;

/// What is learnt of outlets that nobody knows.
#[path = "it/learning.rs"]
mod learning;

/// What was removed, put back.
#[path = "it/undo.rs"]
mod undo;

/// The program as a user starts it.
#[path = "it/cli.rs"]
mod cli;

/// A real feed reader, subscribed to what is served.
#[path = "it/readers.rs"]
mod readers;

/// What is published, judged by the specifications.
#[path = "it/valid.rs"]
mod valid;

/// How output grows with input.
#[path = "it/growth.rs"]
mod growth;

/// A week of polls in virtual time.
#[path = "it/week.rs"]
mod week;

/// The units of systemd, by its own judgement.
#[path = "it/units.rs"]
mod units;

/// Programs that share a database.
#[path = "it/team.rs"]
mod team;

/// The pages for people.
#[path = "it/pages.rs"]
mod pages;
