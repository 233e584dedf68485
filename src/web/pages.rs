//! The pages for people: what is published, and how it fares.

use super::access::Key;
use super::fares::{fares, title};
use super::feeds::address;
use super::{Problem, Shared};
use crate::model::{FeedFormat, Text};
use crate::opml::{self, Outline};
use crate::render;
use crate::store::Status;
use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use std::borrow::Cow;
use std::fmt::Write as _;

/// `/`: the feeds, their links, and how they fare.
pub(super) async fn index(State(shared): State<Shared>) -> Result<Html<String>, Problem> {
    let statuses = shared.app.store.statuses().await?;
    let public_url = shared.app.live.borrow().config.server.public_url.clone();
    Ok(Html(index_page(&statuses, &public_url, Timestamp::now())))
}

fn index_page(statuses: &[Status], public_url: &str, now: Timestamp) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Feedwash</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n",
    );
    for status in statuses {
        for (format, media_type, _) in FORMATS {
            let url = address(public_url, &status.name, format);
            let title = title(status);
            // Writing to a string can't fail, here and below.
            let _ = writeln!(
                page,
                "<link rel=\"alternate\" type=\"{media_type}\" title=\"{}\" href=\"{}\">",
                escape(title),
                escape(&url)
            );
        }
    }
    page.push_str("</head>\n<body>\n<main>\n<h1>Feedwash</h1>\n");
    if statuses.is_empty() {
        page.push_str("<p>No source is configured yet. Write one into <code>feeds.toml</code>:</p>\n<pre>[[source]]\nname = \"example\"\nurl = \"https://example.org/feed\"</pre>\n");
    } else {
        let _ = writeln!(
            page,
            "<p>Clean copies of {}. Subscribe to a link below in your feed reader, or import <a href=\"feeds.opml\">all of them</a> at once.</p>",
            count(statuses.len() as i64, "feed", "feeds")
        );
        page.push_str("<ul class=\"feeds\">\n");
        for status in statuses {
            push_feed(&mut page, status, public_url, now);
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The published formats: media type and name.
const FORMATS: [(FeedFormat, &str, &str); 3] = [
    (FeedFormat::Rss, "application/rss+xml", "RSS"),
    (FeedFormat::Atom, "application/atom+xml", "Atom"),
    (FeedFormat::Json, "application/feed+json", "JSON Feed"),
];

fn push_feed(page: &mut String, status: &Status, public_url: &str, now: Timestamp) {
    let _ = write!(
        page,
        "<li class=\"{}\">\n<h2>{}</h2>\n<p class=\"links\">",
        escape(&status.outcome),
        escape(title(status))
    );
    for (format, media_type, name) in FORMATS {
        let url = address(public_url, &status.name, format);
        let _ = write!(
            page,
            "<a type=\"{media_type}\" href=\"{}\">{name}</a> ",
            escape(&url)
        );
    }
    let _ = write!(
        page,
        "</p>\n<p>{}, {} taken out or mended.",
        count(status.entries, "entry", "entries"),
        count(status.removals, "piece", "pieces")
    );
    let _ = write!(
        page,
        "</p>\n<p class=\"fares\"><code>{}</code>. ",
        escape(&status.name)
    );
    page.push_str(&escape(&fares(status, now)));
    page.push_str("</p>\n</li>\n");
}

fn count(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn escape(text: &str) -> String {
    let escaped: Cow<'_, str> = render::html(&Text::plain(text)).into_owned().into();
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

/// Where the style sheet is.
pub(crate) const STYLE_PATH: &str = "/style.css";

/// [`STYLE_PATH`].
pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("style.css")).into_response()
}

/// `/feeds.opml`: all clean feeds, for one import.
pub(super) async fn opml(
    State(shared): State<Shared>,
    Extension(key): Extension<Key>,
) -> Result<Response, Problem> {
    let store = &shared.app.store;
    let statuses = shared.titles.get(store.titled()).await?;
    let public_url = shared.app.live.borrow().config.server.public_url.clone();
    let headers = [
        (header::CONTENT_TYPE, "text/x-opml; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"feedwash.opml\"",
        ),
    ];
    let titled: Vec<_> = statuses
        .iter()
        .map(|status| (status.name.as_str(), status.title.as_deref()))
        .collect();
    Ok((headers, opml_of(&titled, &public_url, &key)).into_response())
}

/// Clean feeds as OPML, given as names and the titles that are known; in Atom, since that says most.
pub(crate) fn opml_of(feeds: &[(&str, Option<&str>)], public_url: &str, key: &Key) -> String {
    let outline = |(name, title): &(&str, Option<&str>)| Outline {
        title: title
            .filter(|title| !title.trim().is_empty())
            .unwrap_or(name)
            .to_owned(),
        xml_url: key.onto(address(public_url, name, FeedFormat::Atom)),
        ..Outline::default()
    };
    let outlines: Vec<Outline> = feeds.iter().map(outline).collect();
    opml::render("Feedwash", &outlines)
}
