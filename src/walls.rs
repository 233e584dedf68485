//! What stands in place of a feed: pages that want something of a visitor first, and feeds that are not the one they were.
//!
//! It names them and decides nothing: the poll does. No page is ever proof that a feed is gone, and no name is given
//! where a page could be anything; then it is a page and no more.

mod feeds;
mod page;
mod words;

pub use feeds::{Doubt, Held, Known, doubt};
pub use page::of_page;

use std::fmt;

/// A page that a server answers in place of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// It lets a browser prove that it is one.
    Challenge,
    /// It lets a person prove to be one.
    Captcha,
    /// It wants a name and a password.
    Login,
    /// It wants consent: cookies, age, terms.
    Consent,
    /// It says that there is nothing here, though its status says otherwise.
    Missing,
    /// It is the site's home page, where redirects led in place of the feed.
    Home,
    /// The domain is for sale.
    Parked,
    /// The host has shut the site.
    Suspended,
    /// The site is being worked on.
    Maintenance,
}

impl Wall {
    /// One word, for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Captcha => "captcha",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::Missing => "soft-404",
            Self::Home => "home-page",
            Self::Parked => "parked",
            Self::Suspended => "suspended",
            Self::Maintenance => "maintenance",
        }
    }
}

/// Whether a kind of failure is a wall that wants something of its visitors first, by its [`word`](Wall::word).
#[must_use]
pub fn shuts_out(kind: &str) -> bool {
    let walls = [Wall::Challenge, Wall::Captcha, Wall::Login, Wall::Consent];
    walls.iter().any(|wall| wall.word() == kind)
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Challenge => "a check whether a browser asks",
            Self::Captcha => "a captcha",
            Self::Login => "a login page",
            Self::Consent => "a page that asks for consent",
            Self::Missing => "a page that says it is not found",
            Self::Home => "its site's home page",
            Self::Parked => "a page that offers the domain for sale",
            Self::Suspended => "a page that says the site is suspended",
            Self::Maintenance => "a page that says the site is being worked on",
        })
    }
}
