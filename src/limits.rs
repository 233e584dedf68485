//! Every limit, with its unit and its reason, so that nothing from outside is without one.
//!
//! A limit that a user may set has its default here and its key in `feeds.toml`.

use std::time::Duration;

/// The largest body that is read, in bytes after content decoding. The largest feeds in public
/// corpora are podcasts of 5 to 15 MB; 32 MiB leaves them room and keeps 64 polls within 2 GiB.
pub const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How many redirects are followed. The Fetch standard allows 20, curl's default is 50; feeds that move need two or three.
pub const REDIRECTS_MAX: usize = 10;

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a server may take until the head of its answer is complete, the connection included: busy ones take seconds.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a server may send nothing of a body.
pub const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a body may come at any pace.
pub const BODY_GRACE: Duration = Duration::from_secs(10);

/// Then it comes at so many bytes a second on average, or not at all. A modem of 1998 has 4,000.
pub const BODY_RATE_MIN: u64 = 2_000;

/// How long a fetch may take in all.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(60);

/// A body of more bytes is a medium one. Nine of ten feeds in public corpora are shorter; 64 of them take 16 MiB.
pub const BODY_SMALL_BYTES: usize = 256 * 1024;

/// A body of more bytes is a large one: a podcast with hundreds of episodes.
pub const BODY_MEDIUM_BYTES: usize = 2 * 1024 * 1024;

/// How many medium and large bodies are read and washed at once, in the program. A wash takes about four times the body.
pub const BODIES_MEDIUM: usize = 4;

/// How many of them may be large ones.
pub const BODIES_LARGE: usize = 1;

/// How many elements may stand inside each other in XML. Real feeds stay below 30 (OPML-like
/// extensions and XHTML bodies included); deeper elements are flattened with a warning.
pub const XML_DEPTH_MAX: usize = 128;

/// How many attributes of one element are kept; real ones have below 20.
pub const XML_ATTRIBUTES_MAX: usize = 256;

/// How large all internal entities of one document may grow together, in bytes. "Billion laughs" documents ask for gigabytes.
pub const XML_ENTITY_BYTES_MAX: usize = 64 * 1024;

/// The longest name of a namespace, in bytes; the longest of a known vocabulary has about 100. Every element and
/// attribute in it has a copy. A longer one is not declared.
pub const XML_NAMESPACE_BYTES_MAX: usize = 256;

/// The longest base address (`xml:base`, or the document's own), in bytes.
///
/// Texts and extensions each have a copy, and
/// so has every address that it makes absolute; a permalink of 200 percent-encoded bytes of slug stays below 400.
/// A longer one resolves nothing.
pub const BASE_BYTES_MAX: usize = 1024;

/// The longest `xml:lang`, in bytes; every text in its scope has a copy. Tags of 35 characters are the longest that
/// software has to take (RFC 5646 §4.4.1). A longer one is no language.
pub const LANGUAGE_BYTES_MAX: usize = 64;

/// How many bytes that an element shares with others make it count as one more towards [`XML_ELEMENTS_MAX`].
///
/// Namespace, base and language are copied; those of most real elements together stay below.
pub const XML_SHARED_BYTES: usize = 128;

/// The longest prefix that is kept for a namespace, in bytes: it is written at each of its elements. Real ones have below 20.
pub const XML_PREFIX_BYTES_MAX: usize = 64;

/// How deeply HTML may nest before an entry is published as plain text: parsing is quadratic in depth.
pub const HTML_DEPTH_MAX: usize = 256;

/// The largest HTML of one field that is parsed, in bytes; longer fields are published as plain text.
pub const HTML_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many pairs of attributes the tags of one field may have together, each tag by itself.
///
/// The tokenizer compares them all: this many take a tenth of a second. 4 MiB of real markup have below two
/// million; a script of ten thousand words in what looks like a tag of it stays below the limit too.
pub const HTML_ATTRIBUTE_PAIRS_MAX: u64 = 60_000_000;

/// How many entries of one document are read; the largest real feeds have about 5,000. A body of
/// [`BODY_BYTES_MAX`] bytes holds about 10,000 of the usual size; a hundred thousand empty ones take 120 MB.
pub const ENTRIES_MAX: usize = 100_000;

/// The longest interval that can be configured or asked for by a feed: a year, a sanity bound only.
pub const INTERVAL_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// The longest wait that a feed's own hints and rhythm lead to; a source is looked at once a day at least.
pub const HINT_MAX: Duration = Duration::from_secs(24 * 3600);

/// How many entries the first page of a published feed holds unless configured. Readers that sync
/// daily see all that a busy site posts in a day.
pub const PAGE_ENTRIES: u32 = 50;

/// How many entries a page may be configured to hold: what a reader can digest in one document.
pub const PAGE_ENTRIES_MAX: u32 = 1_000;

/// How long an idle connection is kept to a host that more than one source is at: the next source, and HTTP/2, profit.
pub const CONNECTION_IDLE: Duration = Duration::from_secs(5);

/// How long one is kept to any other host: a redirect to the same host comes at once.
///
/// After that nobody asks again before minutes have passed. An idle connection holds some 33 kB, and those of ten thousand hosts 330 MB.
pub const CONNECTION_IDLE_ALONE: Duration = Duration::from_millis(100);

/// How many nodes the HTML of one field may make. Formatting elements that are never closed are made again
/// in every block, so a few bytes can ask for millions; 4 MiB of real markup stay below 300,000.
pub const HTML_NODES_MAX: usize = 500_000;
/// How many elements of one XML document are read. A podcast of 5,000 entries has 200,000; two million take about 200 MB while they are read.
pub const XML_ELEMENTS_MAX: usize = 2_000_000;

/// How many folders of a list of feeds may lie inside each other; readers offer one level, some any
/// number. What lies deeper is put into the last.
pub const OPML_DEPTH_MAX: usize = 16;

/// How long a reader may take to send the head of a request, and to send nothing between two: a slow phone takes seconds.
pub const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a reader may take nothing of its answer: what it does not take has to be kept for it.
pub const ANSWER_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How large the buffer of a request's head grows, in bytes, which takes heads of some 40,000; readers send below 2,000.
pub const REQUEST_HEAD_BYTES_MAX: usize = 32 * 1024;

/// How many connections from readers may be open at once; for the next, whoever has asked for nothing for the longest is sent
/// away. Each takes a file descriptor and some kilobytes.
pub const CONNECTIONS_MAX: usize = 2_048;

/// How long deltas are asked for on end: a day after the first, the document is wanted whole, so that what has left it is
/// noticed.
pub const DELTAS_FOR: Duration = Duration::from_secs(24 * 3600);

/// The largest file that holds a secret, in bytes: a token or cookie is far smaller, and HTTP servers take headers of at most
/// some 8,000.
pub const SECRET_BYTES_MAX: u64 = 65_536;

/// How many files of rules for sites are read from a folder; the public collection has about 2,200.
pub const SITE_FILES_MAX: usize = 10_000;

/// The largest file of rules for a site, in bytes; the largest public ones have below 10,000.
pub const SITE_FILE_BYTES_MAX: u64 = 64 * 1024;

/// How many rules of one file for a site are obeyed: each is looked for in every entry. Public files have below 150.
pub const SITE_RULES_MAX: usize = 500;

/// The longest XPath that is read, in bytes; those of the public collection stay below 600.
pub const XPATH_BYTES_MAX: usize = 1_000;

/// How deeply tests of an XPath may nest; real ones need three, and each may look at the same text again.
pub const XPATH_DEPTH_MAX: usize = 5;

/// How many nodes the rules for a site may look at in one field, all together, each as often as it is looked at.
///
/// Ten million take some tenths of a second; a hundred rules and a page of 5,000 nodes come to a million.
pub const XPATH_NODES_MAX: usize = 10_000_000;

/// The longest wait that repeated 404, 401, 403 and their like lead to: a feed that its publisher took away or shut may
/// come back, but who asks daily for years for what is not there is a nuisance.
pub const CLOSED_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long apart the polls of one publisher's sources start at the most: many sources share half of their
/// interval. A small shared host takes seconds to build a feed.
pub const SITE_GAP: Duration = Duration::from_secs(10);

/// How long a source's turn at its publisher is kept for it.
///
/// Who was sent away until its turn comes back within seconds of it. Whoever was held up for longer gets another, or all that were held up together would start together.
pub const SITE_TURN_KEPT: Duration = Duration::from_secs(20);

/// How long one answer (`Retry-After`) may hold back the other sources of its publisher.
///
/// Beyond a day it would be a
/// stranger's page on a shared domain that silences its neighbours; the source itself waits as long as it was asked to.
pub const HOLD_MAX: Duration = Duration::from_secs(24 * 3600);

/// How far apart sources start that are overdue together, after a sleep or a clock's jump, at the most.
pub const OVERDUE_GAP: Duration = Duration::from_millis(100);

/// How long a permanent redirect has to hold before the new address is polled in place of the old.
///
/// A redirect that a
/// captive network, a mistake or a burglar made is mended within days; a week includes a weekend.
pub const MOVE_HELD: Duration = Duration::from_secs(7 * 24 * 3600);

/// … and at how many polls it has to have been seen, so that no clock's jump is a week.
pub const MOVE_POLLS: u32 = 5;

/// How many polls in a row may fail at an adopted address before the configured one is asked again.
pub const MOVE_FAILURES: u32 = 3;

/// How long a feed that had entries has to be empty before it is believed; publishers mend a broken database within days.
pub const EMPTY_HELD: Duration = Duration::from_secs(3 * 24 * 3600);

/// … and at how many polls.
pub const EMPTY_POLLS: u32 = 4;

/// How much of a page is looked at to say what kind of page it is, in bytes. Walls are short; titles stand at the beginning.
pub const WALL_BYTES_MAX: usize = 256 * 1024;

/// How much of a failure's message is stored, in characters; it may quote addresses of any length.
pub const DETAIL_CHARS_MAX: usize = 2_000;

/// The longest validator that is kept, in bytes: it is sent back each time, and servers take heads of 8,000 bytes.
pub const VALIDATOR_BYTES_MAX: usize = 4_096;

/// How long a network is known to be there after somebody answered.
pub const NETWORK_KNOWN: Duration = Duration::from_secs(60);

/// How long the page of an error is waited for. It is short, and nobody needs it but to be told what it says.
pub const ERROR_PAGE_TIMEOUT: Duration = Duration::from_secs(3);

/// How much of an answer of our own server is read: `/health` names every source that fails, ten thousand of them at the most.
pub const PROBE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How many visitors may have a feed fetched and washed to look at it, at once: each takes as much as a poll.
pub const TRIALS_AT_ONCE: usize = 2;

/// … and how many times a minute, all of them together. A person reads what came for longer than that.
pub const TRIALS_A_MINUTE: usize = 12;

/// How long one trial may take, all its fetches together; an answer to a browser is given up a little later.
pub const TRIAL_TIMEOUT: Duration = Duration::from_secs(25);

/// The largest form that a visitor may send, in bytes: it holds one address.
pub const FORM_BYTES_MAX: usize = 8 * 1024;
/// The shortest token to private feeds, in characters: 16 hexadecimal digits are 64 bits, which nobody guesses over a network.
pub const TOKEN_CHARS_MIN: usize = 16;

/// The largest icon of a site that is kept, in bytes; those of most have below 20,000.
pub const ICON_BYTES_MAX: usize = 128 * 1024;

/// How much all icons together take in memory, in bytes: those of some thousand sites.
pub const ICONS_BYTES_MAX: usize = 16 * 1024 * 1024;
