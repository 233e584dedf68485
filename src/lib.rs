//! Feedwash takes the debris out of syndicated feeds and republishes them clean.

pub mod absolute;
pub mod decode;
pub mod identity;
pub mod limits;
pub mod model;
pub mod opml;
pub mod parse;
pub mod render;
