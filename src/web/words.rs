//! Every word of the pages for people, in one place, so that they can be said in another language.
//!
//! What a pass, a poll or a parser says of itself is not here: the command line says it in the same words.

use super::manners::NotAsked;
use crate::clean::ShownWords;
use crate::schedule::long;
use jiff::Timestamp;
use maud::{Markup, html};
use std::borrow::Cow;
use std::time::Duration;

/// The language of all that follows (BCP 47).
pub(super) const LANGUAGE: &str = "en";

pub(super) const NAME: &str = "Feedwash";
pub(super) const ABOUT: &str =
    "Feeds without the debris: what is published here, how it fares, and what was taken out.";
pub(super) const SKIP: &str = "Skip to the content";
pub(super) const COPY: &str = "Copy";
pub(super) const COPY_ADDRESS: &str = "Copy address";
pub(super) const COPIED: &str = "Copied";
pub(super) const NAV: &str = "Site";
pub(super) const FEEDS: &str = "Feeds";
pub(super) const TRY: &str = "Try a feed";
pub(super) const OPML: &str = "All in one file (OPML)";
pub(super) const HEALTH: &str = "How things are";

pub(super) const INDEX_TITLE: &str = "Clean feeds";
pub(super) const SEARCH: &str = "Search by name";
pub(super) const SEARCH_BUTTON: &str = "Search";
pub(super) const STATES: &str = "Feeds by state";
pub(super) const NOTHING_FOUND: &str = "No feed is like that.";
pub(super) const SHOW_ALL: &str = "Show all feeds";
pub(super) const NO_ENTRIES: &str = "No entries yet.";
pub(super) const UNTITLED: &str = "Untitled";
pub(super) const IN_READER: &str = "Open in your reader";
pub(super) const PAGES: &str = "Pages";
pub(super) const NEWER: &str = "Newer";
pub(super) const OLDER: &str = "Older";
pub(super) const PREVIOUS: &str = "Previous";
pub(super) const NEXT: &str = "Next";

pub(super) const FIRST_TITLE: &str = "Nothing is washed yet";
pub(super) const FIRST_LEAD: &str = "Feedwash runs, and has no feed to wash. Give it one in any of these three ways. A running Feedwash notices within seconds, and this page will then list the clean feed with its address.";
pub(super) const FIRST_ADD: &str = "Let it find the feed of a site";
pub(super) const FIRST_WRITE: &str = "Or write it into feeds.toml yourself";
pub(super) const FIRST_IMPORT: &str = "Or import the list that your reader exports";
pub(super) const FIRST_THEN: &str =
    "Then subscribe, in the reader you already use, to the address that this page shows.";

pub(super) const ADDRESS: &str = "The address for your reader:";

/// What a source is called where it is configured, and where it is looked for.
pub(super) fn named(name: &str, polled_at: Option<&str>) -> Markup {
    html! {
        "It is called " code { (name) } " in feeds.toml, and comes from "
        @match polled_at {
            Some(url) => code dir="ltr" { (url) },
            None => "a file",
        }
        "."
    }
}

pub(super) const THIS_IS_A_FEED: &str = "You opened the address of a feed, which is for feed readers. Give yours the address below; here is what it will show.";
pub(super) const ORIGINAL_PAGE: &str = "Its site";
pub(super) const ENTRIES: &str = "Entries";
pub(super) const READ_ON: &str = "Read the whole entry";
pub(super) const ENCLOSURES: &str = "With it";
pub(super) const DISCUSS: &str = "Comments";
pub(super) const WASHED: &str = "What was washed";
pub(super) const BY_PASS: &str = "Taken out or mended, by kind";
pub(super) const PASS: &str = "Kind";
pub(super) const PIECES: &str = "Pieces";
pub(super) const IN_ENTRIES: &str = "Entries";
pub(super) const NOTHING_TAKEN: &str = "Nothing had to be taken out.";
pub(super) const NOT_READ: &str = "It has not been read yet, so nothing could be taken out.";
pub(super) const LEARNT: &str = "Lines that it repeats";
pub(super) const LEARNT_LEAD: &str =
    "This feed repeats them from entry to entry, so they are no part of any story.";
pub(super) const LINE: &str = "Line";
pub(super) const WHY: &str = "Why";
pub(super) const FEED_ITSELF: &str = "In what the feed says of itself";
pub(super) const FORGIVEN: &str = "Mistakes in the feed";
pub(super) const FORGIVEN_LEAD: &str =
    "What was wrong in it when it was last read, and was understood all the same.";
pub(super) const POLLS: &str = "The last checks";
pub(super) const WHEN: &str = "When";
pub(super) const OUTCOME: &str = "What came of it";
pub(super) const TOOK: &str = "Took";

pub(super) const BEFORE: &str = "Before";
pub(super) const AFTER: &str = "After";
pub(super) const BEFORE_ABOUT: &str =
    "As it came, with what was taken out or mended marked where it stood.";
pub(super) const AFTER_ABOUT: &str = "As your reader gets it.";
pub(super) const BEFORE_SOURCE: &str = "The markup as it came.";
pub(super) const AFTER_SOURCE: &str = "The markup as your reader gets it.";
pub(super) const RENDERED: &str = "As a page";
pub(super) const SOURCE: &str = "As code";
pub(super) const VIEWS: &str = "View";
pub(super) const SUMMARY: &str = "Summary";
pub(super) const CONTENT: &str = "Content";
pub(super) const NO_CONTENT: &str = "It has no content; the story is at its link.";
pub(super) const ACTIONS: &str = "What was done";
pub(super) const UNTOUCHED: &str =
    "Nothing was taken out of this entry: what came is what your reader gets.";
pub(super) const NOT_PLACED: &str = "Where it stood can’t be shown in the original.";
pub(super) const WAS: &str = "Was";
pub(super) const IS: &str = "Is now";
pub(super) const UNDO: &str = "How to undo it";
pub(super) const KEEP_ENTRY: &str = "Put it back into this entry:";
pub(super) const KEEP_SOURCE: &str = "Or into every entry of this source:";
pub(super) const KEEP_LINE: &str = "Or never take it, by a line below this source in feeds.toml:";
pub(super) const KEEP_OFF: &str = "Or switch off all that this pass does to this source (another pass may know the same piece by other signs, and take it all the same):";
pub(super) const ONLY_OFF: &str =
    "It makes right and loses nothing. To go without, switch the pass off in feeds.toml:";
pub(super) const NEVER: &str = "Safety can’t be switched off: no reader may be given what runs.";
pub(super) const YOURS: &str = "It is a rule of yours: take its line out of feeds.toml.";
pub(super) const NO_FRAME: &str = "No frame is published, whoever made it: who reads would run whatever is in it. The link in its place leads there.";
pub(super) const BACK_IN_PART: &str = "What no reader may be given stays out all the same: of a form its words come back, of a frame a link.";
pub(super) const NOTHING_BACK: &str =
    "It has no words and no picture, so nothing would come back of it.";
pub(super) const OTHERS: &str =
    "The others are put back by their letters, which this command lists:";
pub(super) const REMOVE_LINK: &str =
    "To have neither the frame nor the link, write this below this source in feeds.toml:";
pub(super) const STAYS_OUT: &str =
    "It stays as it is: it keeps readers safe, or makes something right.";
pub(super) const LETTERS: &str = "Named";
pub(super) const COMMANDS: &str = "Commands are typed in a terminal, in the folder where feeds.toml is. Lines belong into feeds.toml; where a list of that name is there already, add to it.";
pub(super) const PUT_BACK: &str = "What was put back";
pub(super) const PUT_BACK_LEAD: &str =
    "Somebody asked to have these pieces again, so they are left where they are.";
pub(super) const PUT_BACK_EVERYWHERE: &str = "In every entry of this source.";
pub(super) const PUT_BACK_UNDO: &str = "To have it taken out again:";
pub(super) const REMOVE_MORE: &str = "Something is left that should go? Select its words, and write them below this source in feeds.toml; what is stored is washed anew at once.";
pub(super) const LEFT_ITS_FEED: &str = "It has left its feed, and is kept for a while.";

pub(super) const SHOWN: ShownWords = ShownWords {
    table: "Table",
    image: "picture",
    frame: "frame",
    script: "script",
    control: "form field",
    drawing: "drawing",
    rest: "… This is only the beginning: it is too long for a page. The view as code has it whole.",
};

/// "3 entries".
pub(super) fn count(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

pub(super) fn feeds(n: usize) -> String {
    count(n as i64, "feed", "feeds")
}

pub(super) fn entries(n: i64) -> String {
    count(n, "entry", "entries")
}

pub(super) fn pieces(n: i64) -> String {
    count(n, "piece", "pieces")
}

/// "8 pieces taken out or mended".
pub(super) fn taken(n: i64) -> String {
    format!("{} taken out or mended", pieces(n))
}

/// What the chart of a week shows.
pub(super) fn week(entries: i64, removals: i64) -> String {
    match entries {
        0 => "no entries this week".to_owned(),
        _ => format!("{}, {} this week", self::entries(entries), pieces(removals)),
    }
}

/// The way to what was done to a feed.
pub(super) fn washed(pieces: i64) -> String {
    match pieces {
        0 => WASHED.to_owned(),
        _ => format!("{WASHED}: {}", taken(pieces)),
    }
}

/// Of how many entries an account is, where there are more.
pub(super) fn newest(n: i64) -> String {
    format!("In the newest {}.", entries(n))
}

/// The way to what was done to an entry.
pub(super) fn compare(removals: i64) -> String {
    match removals {
        0 => "Before and after: untouched".to_owned(),
        _ => format!("Before and after: {}", taken(removals)),
    }
}

/// What the tallest bars of a chart stand for.
pub(super) fn chart(entries: i64, removals: i64) -> String {
    format!(
        "At most {} and {} a day",
        self::entries(entries),
        pieces(removals)
    )
}

/// What the bars of the charts mean, and the tallest of the page.
pub(super) fn charts(entries: i64, removals: i64) -> String {
    format!(
        "Each chart shows a week: entries a day upwards, pieces taken out or mended downwards. All have one scale: the tallest bar upwards is {}, the tallest downwards {}.",
        self::entries(entries),
        pieces(removals)
    )
}

/// How long ago something was, as a person says it; after a month, its date.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let said = |n: i64, one: &str, many: &str| format!("{} ago", count(n, one, many));
    match seconds {
        ..-60 => day(at),
        -60..60 => "just now".to_owned(),
        60..3600 => said(seconds / 60, "minute", "minutes"),
        3600..86_400 => said(seconds / 3600, "hour", "hours"),
        86_400..2_592_000 => said(seconds / 86_400, "day", "days"),
        _ => day(at),
    }
}

/// "3 Nov 2026".
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

/// "Next check in 12 minutes (about every 30 minutes)."
pub(super) fn next_poll(next: Option<Timestamp>, why: &str, now: Timestamp) -> String {
    let Some(next) = next else {
        return "It is not checked any more.".to_owned();
    };
    let seconds = u64::try_from(next.as_second() - now.as_second()).unwrap_or(0);
    match seconds {
        0 => "Next check: now.".to_owned(),
        _ => format!("Next check in {} ({why}).", coarse(seconds)),
    }
}

/// A length in its largest units; nobody needs the seconds of hours.
fn coarse(seconds: u64) -> String {
    let seconds = match seconds {
        0..120 => seconds,
        120..86_400 => seconds / 60 * 60,
        _ => seconds / 3600 * 3600,
    };
    long(Duration::from_secs(seconds))
}

pub(super) fn milliseconds(n: i64) -> String {
    match n {
        ..10_000 => format!("{n} ms"),
        _ => format!("{} s", n / 1000),
    }
}

/// "Page 2 of 5".
pub(super) fn page_of(page: u32, pages: u32) -> String {
    format!("Page {page} of {pages}")
}

/// "1,900 words".
pub(super) fn word_count(n: usize) -> String {
    count(n as i64, "word", "words")
}

/// The names of those who wrote an entry.
pub(super) fn by(names: &str) -> Markup {
    html! { "by " bdi { (names) } }
}

/// "34 MB", "812 kB".
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// What the outcome of a poll was.
pub(super) fn outcome(outcome: &str, new: i64, updated: i64) -> Cow<'static, str> {
    match outcome {
        "changed" if updated == 0 && new > 0 => format!("{new} new").into(),
        "changed" if new == 0 && updated > 0 => format!("{updated} changed").into(),
        "changed" if new > 0 => format!("{new} new, {updated} changed").into(),
        "changed" => "changed".into(),
        "unchanged" => "nothing new".into(),
        "failed" => "failed".into(),
        "gone" => "gone for good".into(),
        _ => "not checked".into(),
    }
}

/// The warning's place in the document.
pub(super) fn line(n: u32) -> String {
    format!("line {n}")
}

/// A search for something, as the heading of what was found.
pub(super) fn found(n: usize, query: &str, among: Option<super::fares::State>) -> Markup {
    html! {
        (feeds(n)) " like “" bdi { (query) } "”"
        @if let Some(among) = among { " among those that are “" (state(among)) "”" }
    }
}

/// A configuration that was not taken.
pub(super) fn rejected(why: &str) -> String {
    format!("feeds.toml as it is now could not be taken, and the one before it is in force: {why}")
}

/// The feed that tells of troubles.
pub(super) const HEALTH_FEED: &str = "A feed about the feeds: your reader tells you which are failing, behind a wall, gone, moved or silent.";
pub(super) const HEALTH_FEED_TITLE: &str = "Feedwash: what needs a look";

/// How all feeds fare, given how many there are in which state, and whether the program itself is well.
pub(super) fn health(is_well: bool, in_trouble: usize, states: &[(usize, &str)]) -> String {
    let states: Vec<String> = states
        .iter()
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let verdict = match (is_well, in_trouble) {
        (false, _) => "Feedwash itself is not well, as the top of this page says".to_owned(),
        (true, 0) => "All is well".to_owned(),
        (true, 1) => "One feed has trouble".to_owned(),
        (true, n) => format!("{n} feeds have trouble"),
    };
    match states.is_empty() {
        true => format!("{verdict}."),
        false => format!("{verdict}: {}.", states.join(", ")),
    }
}

/// What is the matter with the program itself.
pub(super) fn unwell(reasons: &[String]) -> String {
    format!("{NAME} itself is not well: {}.", reasons.join("; "))
}

/// A poll that failed.
pub(super) fn failed(ago: &str, times: i64, why: &str) -> Markup {
    html! {
        "The last check (" (ago) ") failed"
        @match times {
            ..2 => {},
            2 => ", as did the one before it",
            _ => { ", as did the " (times - 1) " before it" },
        }
        // What was cut off has its sign at the end already.
        ": " bdi { (why) } @if !why.ends_with('…') { "." }
    }
}

/// A source that said that it is gone.
pub(super) fn gone(ago: &str) -> String {
    format!("Its server said ({ago}) that it is gone for good.")
}

/// A permanent redirect that is believed.
pub(super) fn adopted(to: &str, at: Timestamp) -> String {
    format!(
        "It moved for good to {to}, and is checked there since {}.",
        day(at)
    )
}

/// A permanent redirect that is not believed yet.
pub(super) fn moved(to: &str, since: Timestamp) -> String {
    format!(
        "Its server says that it moved to {to}, since {}.",
        day(since)
    )
}

/// A redirect from https to http.
pub(super) fn downgraded(to: &str) -> String {
    format!(
        "Its address is https, but leads to {to}, where anybody on the way can change it; such an address is never taken over."
    )
}

/// The way out of a page that says what went wrong.
pub(super) const TO_FEEDS: &str = "To the list of feeds";
pub(super) const NO_SENSE: &str = "this address makes no sense here";

/// What went wrong, as a heading, by the code of the answer.
pub(super) fn problem(code: u16) -> &'static str {
    match code {
        400 => "This address makes no sense",
        401 => "These feeds are private",
        403 => "That is not allowed",
        404 => "There is nothing here",
        405 => "That can’t be done here",
        410 => "This feed was taken away",
        413 => "That is too long",
        429 => "Too many at once",
        503 => "Not just now",
        _ => "That failed",
    }
}

/// A line of text as a sentence. That the feeds are listed somewhere is said by a link.
pub(super) fn sentence(line: &str) -> String {
    let line = line
        .strip_suffix("; the feeds are listed at /")
        .unwrap_or(line);
    let mut chars = line.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

/// Where a page stands.
pub(super) const CRUMBS: &str = "You are here";

/// The state of a source.
pub(super) fn state(state: super::fares::State) -> &'static str {
    use super::fares::State;
    match state {
        State::Fresh => "fresh",
        State::Quiet => "quiet",
        State::New => "not checked yet",
        State::Failing => "failing",
        State::Walled => "behind a wall",
        State::Gone => "gone",
    }
}

/// Where a feed of another name is now.
pub(super) fn renamed(location: &str) -> String {
    format!("this feed was renamed; it is at {location} now\n")
}

/// What a list leaves out.
pub(super) fn more(n: usize) -> String {
    format!("and {n} more")
}

/// What was done by a removal, where there is room for it.
pub(super) fn reason(pass: &str, rule: &str, evidence: Option<&str>) -> String {
    match evidence {
        Some(evidence) => format!("{pass}: {rule} ({evidence})"),
        None => format!("{pass}: {rule}"),
    }
}

/// The rule of a removal, why it acted, and where.
pub(super) fn rule(rule: &str, evidence: Option<&str>, field: &str) -> String {
    match evidence {
        Some(evidence) => format!("Rule: {rule}. Because: {evidence}. In the {field}."),
        None => format!("Rule: {rule}. In the {field}."),
    }
}

/// What was done to an entry, in short.
pub(super) fn done(pieces: i64, passes: usize) -> String {
    match pieces {
        0 => UNTOUCHED.to_owned(),
        _ => format!(
            "{} by {}.",
            taken(pieces),
            count(passes as i64, "kind of cleaning", "kinds of cleaning")
        ),
    }
}

/// When an entry was first seen.
pub(super) fn first_seen(ago: &str) -> String {
    format!("first seen {ago}")
}

pub(super) const ITS_PAGE: &str = "Its page";
pub(super) const REMOVE_MORE_NAME: &str = "a line that removes";

pub(super) const TRY_TITLE: &str = "Try a feed";
pub(super) const TRY_LEAD: &str = "Give the address of a feed, a page or a site, and see it washed before you subscribe. Nothing is stored.";
pub(super) const TRY_LABEL: &str = "Address of a feed, a page or a site";
pub(super) const TRY_BUTTON: &str = "Wash it";
pub(super) const TRY_LINES: &str = "To have it, add this to feeds.toml";
pub(super) const TRY_OR: &str = "Or let the program do it:";
pub(super) const TRY_PIECES: &str = "Some of what would be taken out";
pub(super) const SEVERAL: &str = "This page has several feeds. Which one?";
pub(super) const NO_ADDRESS: &str =
    "Give an address of the web: https://example.org/ or example.org.";
pub(super) const NO_FEED: &str = "No feed was found there: the page links none, and there is none where sites usually have one. Give the feed’s own address.";
pub(super) const TOO_SLOW: &str = "The server took too long to answer.";
pub(super) const FORBIDDEN: &str = "This address lies in a private network, or may not be fetched for another reason. Who runs this Feedwash can open a network of their own, by allow_private below [polling] in feeds.toml; here that counts only where an access_token keeps strangers out.";
pub(super) const HAD_ALREADY: &str = "You have this feed already, as";
pub(super) const OURS: &str = "That failed, and it is no fault of the feed. Try again later.";
pub(super) const BUSY: &str = "feeds were tried often in the last minute; try again in a minute";

/// Why a trial came to nothing.
pub(super) fn trial_failed(why: &str) -> Markup {
    html! { "That did not work: " bdi { (why) } "." }
}

/// Why a host was not asked.
pub(super) fn not_asked(why: NotAsked) -> Markup {
    let NotAsked::Held(until) = why else {
        return html! { "Others of its feeds are being asked for just now. Try again in a minute." };
    };
    let until = until.strftime("%-d %b %Y, %H:%M UTC");
    html! { "Its publisher asked to be left alone until " (until) ", so it was not asked. Try again after that." }
}

/// How much was forgiven.
pub(super) fn forgiven(n: i64) -> String {
    format!(
        "It has {}, and was understood all the same.",
        count(n, "mistake", "mistakes")
    )
}
