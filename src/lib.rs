//! Feedwash takes the debris out of syndicated feeds and republishes them clean.

pub mod clean;
pub mod limits;
pub mod model;
