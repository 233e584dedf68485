//! Feedwash takes the debris out of syndicated feeds and republishes them clean.

pub mod limits;
pub mod model;
