//! Feedwash takes the debris out of syndicated feeds and republishes them clean.
//!
//! In one line it is [`wash::wash`]: a response and a user's rules in; the feed as read, the feed as
//! published, and every removal in between out. It is pure, and its one failure is "this is not a feed".
//! Everything else brings bytes to that function or keeps what it returns; the daemon, the command line
//! and the tests call the same one.
//!
//! # The map, in reading order
//!
//! Four layers. A module imports from the layers above it, and from the listed friends in its own.
//! `tests/it/layers.rs` is the fence.
//!
//! 1. Words, which do nothing: [`model`] holds the nouns, [`limits`] every limit with its reason; `markup` tells
//!    tags from words by the names of HTML.
//! 2. Pure functions. [`decode`] turns bytes into text and [`parse`] text into a feed, leniently;
//!    [`absolute`] resolves addresses for both reading and writing; [`identity`] gives each entry its key and its
//!    id; [`clean`] is the table of passes and the passes; [`wash`] is these in a row. [`schedule`] says
//!    when to poll next, [`walls`] names what stands in place of a feed, [`render`] writes feeds and [`opml`] lists of feeds, [`discover`] says where the feed of a page may be, [`config`] reads `feeds.toml`.
//! 3. Effects: [`fetch`] is the only outgoing HTTP, [`store`] the only SQL. They do not know each other.
//! 4. The program: [`poll`] is one poll, [`metrics`] what is counted, [`daemon`] which polls run, [`web`] what is served, [`service`]
//!    what systemd is told, [`cli`] the commands.
//!
//! # What holds everywhere
//!
//! - Nothing but [`clean`]'s scrub changes a tree of HTML, and it records what it does: an unexplained removal can't be written.
//! - Raw is the truth and clean is derived: the store keeps both, and a change of rules is a wash of what is stored.
//! - Nothing outside layer 4 asks the clock; moments come in as arguments. Nothing draws a random number.
//! - Every poll ends in one `store.finish`, whatever happened before.
//! - Whatever comes from outside has a limit, checked before the work and not by a timeout during it.
//!
//! # A poll
//!
//! 1. [`daemon::run`] takes due sources from the store; each is leased, so that no one else polls it. [`daemon::Rota`] puts
//!    off those that have to wait for others of their publisher. Programs that share a PostgreSQL share the publishers, each of which
//!    is one program's at a time.
//! 2. [`poll::poll`] asks [`fetch::Client::fetch`], conditionally and behind the fence against private addresses.
//! 3. A 304, or a body with the hash of the last one, ends here. Else [`wash::wash`] runs on a blocking thread. Where the
//!    rules have changed since, what is stored is washed anew in any case.
//!    A page in place of a feed, and a feed that is hardly the one it was, are named by [`walls`] and go no further.
//! 4. [`schedule::next`] decides when to come again, from headers, the feed's own hints and failures;
//!    [`schedule::Move`] from when on a permanent redirect is believed.
//! 5. [`store::Store::finish`] writes it all in one transaction: entries that differ, each packed with its removals by what its source's
//!    entries have in common, validators, the next time.
//!    Polls that found nothing new share one, and have let their turn at the publisher go before.
//!
//! # A request
//!
//! 1. A feed that is kept, while nothing was written since, is answered at once. For all else [`web::router`] finds the feed's
//!    name and format, and the store says which revision is the newest.
//! 2. A rendered copy of that revision is at hand, or [`store::Store::feed`] gives the page's entries and
//!    [`render::render`] writes them.
//! 3. The answer is a 304, or the bytes, compressed once a change in the coding that the reader likes best.

pub mod absolute;
pub mod clean;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decode;
pub mod discover;
pub mod fetch;
pub mod fingerprint;
pub mod identity;
pub mod learn;
pub mod limits;
mod markup;
pub mod metrics;
pub mod model;
pub mod opml;
pub mod parse;
pub mod poll;
pub mod render;
pub mod schedule;
pub mod service;
pub mod store;
pub mod walls;
pub mod wash;
pub mod web;
