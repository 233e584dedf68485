//! Feedwash takes the debris out of syndicated feeds and republishes them clean.

pub mod absolute;
pub mod clean;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decode;
pub mod fetch;
pub mod identity;
pub mod limits;
pub mod model;
pub mod opml;
pub mod parse;
pub mod poll;
pub mod render;
pub mod schedule;
pub mod service;
pub mod store;
pub mod wash;
pub mod web;
