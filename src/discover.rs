//! Where the feed of a page may be, by the page's address alone.
//!
//! It asks nobody: who looks for a feed does, in this order. Sites that have feeds and link none on their pages are known by
//! name; for all others there are the places where publishing systems put them.

use url::Url;

/// The feeds of a page on a site whose rule is known; none where the rule names none for such a page.
///
/// Sources: reddit.com/wiki/rss; docs.github.com, "Feeds" in its REST API; the `<link rel=alternate>` of YouTube's channel and
/// playlist pages; help.medium.com, "RSS feeds"; Mastodon's profile pages, which are known by their `/@name`.
#[must_use]
pub fn by_site(page: &Url) -> Vec<Url> {
    let host = page.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let parts: Vec<&str> = page.path().split('/').filter(|p| !p.is_empty()).collect();
    let paths: Vec<String> = match host {
        "youtube.com" | "m.youtube.com" => {
            let list = page.query_pairs().find(|(name, _)| name == "list");
            match (parts.as_slice(), list) {
                (["channel", id, ..], _) => vec![format!("/feeds/videos.xml?channel_id={id}")],
                (["playlist" | "watch"], Some((_, list))) => {
                    vec![format!("/feeds/videos.xml?playlist_id={list}")]
                }
                _ => Vec::new(),
            }
        }
        "reddit.com" | "old.reddit.com" | "np.reddit.com" => match parts.as_slice() {
            [.., last] if last.ends_with(".rss") => Vec::new(),
            [] => vec!["/.rss".to_owned()],
            parts => vec![format!("/{}/.rss", parts.join("/"))],
        },
        "github.com" => match parts.as_slice() {
            [owner] if !owner.ends_with(".atom") => vec![format!("/{owner}.atom")],
            [owner, name] => ["releases", "tags", "commits"]
                .map(|what| format!("/{owner}/{name}/{what}.atom"))
                .to_vec(),
            [owner, name, what @ ("releases" | "tags")] => {
                vec![format!("/{owner}/{name}/{what}.atom")]
            }
            [owner, name, "commits" | "tree", branch] => {
                vec![format!("/{owner}/{name}/commits/{branch}.atom")]
            }
            _ => Vec::new(),
        },
        "medium.com" => match parts.as_slice() {
            ["feed", ..] | [] => Vec::new(),
            [author, ..] => vec![format!("/feed/{author}")],
        },
        _ => match parts.as_slice() {
            [name] if name.starts_with('@') && !name.contains('.') => vec![format!("/{name}.rss")],
            _ => Vec::new(),
        },
    };
    paths.iter().filter_map(|path| at(page, path)).collect()
}

/// Where publishing systems put the feed of a whole site or of a section, the likeliest first: WordPress, Ghost and Substack;
/// Hugo and Jekyll; Tumblr and Drupal; Blogger; static sites.
#[must_use]
pub fn well_known(page: &Url) -> Vec<Url> {
    const PLACES: [&str; 7] = [
        "feed",
        "index.xml",
        "rss",
        "feed.xml",
        "atom.xml",
        "rss.xml",
        "feeds/posts/default",
    ];
    let mut found: Vec<Url> = Vec::new();
    // A section has its own, as in /blog/feed; a page with an ending is no section.
    let path = page.path().trim_end_matches('/');
    let is_section = !path.is_empty() && !path.rsplit('/').next().unwrap_or_default().contains('.');
    if is_section {
        let own = ["feed", "index.xml"].map(|place| format!("{path}/{place}"));
        found.extend(own.iter().filter_map(|path| at(page, path)));
    }
    for place in PLACES {
        found.extend(at(page, &format!("/{place}")).filter(|url| !found.contains(url)));
    }
    found
}

fn at(page: &Url, path: &str) -> Option<Url> {
    let url = page.join(path).ok()?;
    // A path that begins with two slashes would lead to somebody else.
    (url.origin() == page.origin()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &[&str]) {
        let page = Url::parse(page).expect("a URL");
        let found: Vec<String> = by_site(&page).iter().map(Url::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sites_that_link_no_feeds_are_known() {
        check(
            "https://www.youtube.com/channel/UC123/videos",
            &["https://www.youtube.com/feeds/videos.xml?channel_id=UC123"],
        );
        check(
            "https://www.youtube.com/watch?v=a&list=PL1",
            &["https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"],
        );
        check("https://www.youtube.com/@name", &[]);
        check(
            "https://www.reddit.com/r/rust/",
            &["https://www.reddit.com/r/rust/.rss"],
        );
        check("https://www.reddit.com/r/rust/.rss", &[]);
        check(
            "https://github.com/rust-lang/rust",
            &[
                "https://github.com/rust-lang/rust/releases.atom",
                "https://github.com/rust-lang/rust/tags.atom",
                "https://github.com/rust-lang/rust/commits.atom",
            ],
        );
        check(
            "https://github.com/rust-lang/rust/releases",
            &["https://github.com/rust-lang/rust/releases.atom"],
        );
        check("https://medium.com/@ada", &["https://medium.com/feed/@ada"]);
        check(
            "https://social.example/@ada",
            &["https://social.example/@ada.rss"],
        );
        check("https://social.example/@ada.rss", &[]);
        check("https://press.example/news", &[]);
    }

    #[test]
    fn a_section_is_asked_before_the_site() {
        let page = Url::parse("https://press.example/blog/").expect("a URL");
        let found: Vec<String> = well_known(&page).iter().map(Url::to_string).collect();
        assert_eq!(
            found.first().map(String::as_str),
            Some("https://press.example/blog/feed")
        );
        assert!(found.contains(&"https://press.example/atom.xml".to_owned()));
        let page = Url::parse("https://press.example//evil.example/x").expect("a URL");
        assert!(
            well_known(&page)
                .iter()
                .all(|url| url.host_str() == Some("press.example"))
        );
    }
}
