//! The one integration binary: each module is a subject, each case in `tests/feeds/` is data.

/// Every case in `tests/feeds/`, and the three laws of washing.
#[path = "it/wash.rs"]
mod wash;

/// What several subjects share.
#[path = "it/support.rs"]
mod support;

/// The store, on SQLite and on PostgreSQL.
#[path = "it/store.rs"]
mod store;
