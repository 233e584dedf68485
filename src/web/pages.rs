//! The pages for people and machines: what is published, how it fares, and whether the program lives.

use super::feeds::address;
use super::{Problem, Shared};
use crate::absolute::has_scheme;
use crate::daemon::App;
use crate::model::{FeedFormat, Text};
use crate::opml::{self, Outline};
use crate::render;
use crate::schedule::words;
use crate::store::Status;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// A poll loop that has not come round for this long hangs.
pub(crate) const PULSE_AGE_MAX: Duration = Duration::from_secs(60);

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

fn title(status: &Status) -> &str {
    status
        .title
        .as_deref()
        .filter(|title| !title.trim().is_empty())
        .unwrap_or(&status.name)
}

/// How a source fares, in a sentence or two.
fn fares(status: &Status, now: Timestamp) -> String {
    let ago = |time: Timestamp| {
        format!(
            "{} ago",
            words(Duration::from_secs(
                (now.as_second() - time.as_second()).max(0) as u64
            ))
        )
    };
    let mut said = match (status.outcome.as_str(), status.last_poll_at) {
        (_, None) => "Not polled yet.".to_owned(),
        ("failed", Some(at)) => format!("The poll {} failed: {}.", ago(at), public_detail(status)),
        ("gone", Some(at)) => format!("The source said {} that it is gone for good.", ago(at)),
        ("changed", Some(at)) => format!("Polled {}: there was news.", ago(at)),
        (_, Some(at)) => format!("Polled {}: nothing new.", ago(at)),
    };
    if let Some(next) = status.next_poll_at {
        let wait = (next.as_second() - now.as_second()).max(0) as u64;
        let _ = write!(
            said,
            " Next poll in {} ({}).",
            words(Duration::from_secs(wait)),
            status.next_poll_reason
        );
    }
    let status = &without_secrets(status);
    for note in [status.moved(), status.downgrade()].into_iter().flatten() {
        let mut letters = note.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let _ = write!(said, " {}{}.", first.unwrap_or(' '), letters.as_str());
    }
    said
}

/// A status without the queries of addresses, where tokens live.
fn without_secrets(status: &Status) -> Status {
    let shown = status.moved_to.as_ref().map(|to| match to.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => to.clone(),
    });
    Status {
        moved_to: shown,
        ..status.clone()
    }
}

/// Why the last poll failed, without the folders of this machine.
fn public_detail(status: &Status) -> String {
    let detail = status.detail.as_deref().unwrap_or("no reason is known");
    if has_scheme(&status.url) {
        detail.to_owned()
    } else {
        detail.replace(&status.url, "its file")
    }
}

fn count(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn escape(text: &str) -> String {
    let escaped: Cow<'_, str> = render::html(&Text::plain(text)).into_owned().into();
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

/// `/style.css`.
pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("style.css")).into_response()
}

/// `/feeds.opml`: all clean feeds, for one import.
pub(super) async fn opml(State(shared): State<Shared>) -> Result<Response, Problem> {
    let statuses = shared.app.store.statuses().await?;
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
    Ok((headers, opml_of(&titled, &public_url)).into_response())
}

/// Clean feeds as OPML, given as names and the titles that are known; in Atom, since that says most.
pub(crate) fn opml_of(feeds: &[(&str, Option<&str>)], public_url: &str) -> String {
    let outline = |(name, title): &(&str, Option<&str>)| Outline {
        title: title
            .filter(|title| !title.trim().is_empty())
            .unwrap_or(name)
            .to_owned(),
        xml_url: address(public_url, name, FeedFormat::Atom),
        ..Outline::default()
    };
    let outlines: Vec<Outline> = feeds.iter().map(outline).collect();
    opml::render("Feedwash", &outlines)
}

/// `/health`: 200 while it polls, stores and serves, 503 with the reasons otherwise.
pub(super) async fn health(State(shared): State<Shared>) -> Response {
    let reasons = reasons(&shared.app).await;
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "failing")
    };
    let statuses = shared.app.store.statuses().await.unwrap_or_default();
    let failing: Vec<_> = statuses
        .iter()
        .filter(|status| status.failures > 0)
        .map(|status| {
            serde_json::json!({
                "source": status.name,
                "failures": status.failures,
                "kind": status.failure,
                "detail": public_detail(status),
            })
        })
        .collect();
    let moved: Vec<_> = statuses
        .iter()
        .filter(|status| status.moved_to.is_some() || status.downgraded_to.is_some())
        .map(without_secrets)
        .map(|status| {
            serde_json::json!({
                "source": status.name,
                "to": status.moved_to,
                "since": status.moved_since,
                "adopted_at": status.adopted_at,
                "downgraded_to": status.downgraded_to,
            })
        })
        .collect();
    let body = serde_json::json!({
        "status": status,
        "reasons": reasons,
        "version": env!("CARGO_PKG_VERSION"),
        "sources": statuses.len(),
        "failing_sources": failing,
        "moved_sources": moved,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (code, headers, format!("{body}\n")).into_response()
}

/// Why the program is not well; empty while it is. A source that fails is its publisher's trouble, not ours.
async fn reasons(app: &App) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(trouble) = app.store.trouble() {
        reasons.push(format!("the store can't be written: {trouble}"));
    }
    if let Err(error) = app.store.ping().await {
        tracing::error!(%error, "the store does not answer");
        reasons.push("the store does not answer".to_owned());
    }
    match app.pulse.age() {
        None => reasons.push("the poll loop has not started yet".to_owned()),
        Some(age) if age > PULSE_AGE_MAX => {
            reasons.push(format!(
                "the poll loop has not come round for {}",
                words(age)
            ));
        }
        Some(_) => {}
    }
    reasons
}
