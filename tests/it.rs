//! The one integration binary: each module is a subject, each case in `tests/feeds/` is data.

/// Every case in `tests/feeds/`, and the three laws of washing.
#[path = "it/wash.rs"]
mod wash;
