//! Which wall a page is, by its title, its first heading, its address, what it says and what its markup loads.
//!
//! What a page loads names a wall only where ordinary pages never load it: many an ordinary page has a captcha in its
//! comment form, a login in its header and a banner about cookies at its foot.

use super::Wall;
use super::words::{
    CAPTCHAS, CHALLENGE_TITLES, CHALLENGE_WORDS, CHALLENGES, CONSENTS, LOGINS, MAINTENANCE,
    MISSING, PARKED, SUSPENDED,
};
use crate::limits;
use url::Url;

/// A page with fewer words than this is nothing but its message.
const FEW_WORDS: usize = 150;

/// A page with fewer words than this may be one offer with links around it.
const SOME_WORDS: usize = 400;

/// Title and headings together are shorter than this, in bytes.
const HEADS_BYTES_MAX: usize = 600;

/// Names the wall that a page is, given as text with the address that it came from; `None` where it could be any page.
#[must_use]
pub fn of_page(text: &str, url: Option<&str>) -> Option<Wall> {
    let page = Page::read(text, url);
    let said = |words: &[&str]| words.iter().any(|word| page.heads.contains(word));
    let told = |words: &[&str]| words.iter().any(|word| page.words.contains(word));
    let loads = |words: &[&str]| words.iter().any(|word| page.markup.contains(word));
    let is_short = page.count < FEW_WORDS;
    if loads(CHALLENGES) || is_short && (said(CHALLENGE_TITLES) || told(CHALLENGE_WORDS)) {
        return Some(Wall::Challenge);
    }
    if loads(CAPTCHAS) && (is_short || said(CAPTCHAS)) {
        return Some(Wall::Captcha);
    }
    if page.count < SOME_WORDS && (told(PARKED) || said(PARKED)) {
        return Some(Wall::Parked);
    }
    if said(SUSPENDED) || is_short && told(SUSPENDED) {
        return Some(Wall::Suspended);
    }
    let at = |parts: &[&str]| parts.iter().any(|part| page.path.iter().any(|p| p == part));
    const LOGIN_PATHS: &[&str] = &[
        "login",
        "signin",
        "sign-in",
        "sign_in",
        "sso",
        "auth",
        "wp-login.php",
        "oauth",
    ];
    if page.has_input && is_short && said(LOGINS)
        || page.has_password && (is_short || said(LOGINS) || at(LOGIN_PATHS))
        || is_short && said(LOGINS) && at(LOGIN_PATHS)
    {
        return Some(Wall::Login);
    }
    let asks_first = ["consent.", "guce.", "cmp."]
        .iter()
        .any(|start| page.host.starts_with(start));
    const CONSENT_PATHS: &[&str] = &[
        "consent",
        "cookie-consent",
        "cookiewall",
        "cookie-wall",
        "privacy-gate",
        "gdpr",
    ];
    if asks_first || at(CONSENT_PATHS) || said(CONSENTS) {
        return Some(Wall::Consent);
    }
    let is_404 = page
        .heads
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word == "404");
    if is_404 || said(MISSING) {
        return Some(Wall::Missing);
    }
    (said(MAINTENANCE) || is_short && told(MAINTENANCE)).then_some(Wall::Maintenance)
}

/// What is looked at of a page, all in lower case.
#[derive(Default)]
struct Page {
    host: String,
    /// The parts of its path.
    path: Vec<String>,
    markup: String,
    /// Its title and its first headings.
    heads: String,
    /// What a reader sees of it.
    words: String,
    /// How many words that are.
    count: usize,
    /// Whether something can be typed into it.
    has_input: bool,
    has_password: bool,
}

impl Page {
    fn read(text: &str, url: Option<&str>) -> Self {
        let url = url.and_then(|url| Url::parse(url).ok());
        let parts = url.iter().flat_map(|url| url.path_segments()).flatten();
        let mut end = text.len().min(limits::WALL_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // Typographic apostrophes are as good.
        let markup = text[..end]
            .to_lowercase()
            .replace('’', "'")
            .replace("&#39;", "'");
        let mut page = Self {
            host: url
                .as_ref()
                .and_then(Url::host_str)
                .unwrap_or_default()
                .to_owned(),
            path: parts.map(str::to_lowercase).collect(),
            ..Self::default()
        };
        page.look(&markup);
        page.count = page.words.split_whitespace().count();
        page.markup = markup;
        page
    }

    /// Walks over the tags, once. Broken markup only makes it see less.
    fn look(&mut self, markup: &str) {
        let mut rest = markup;
        let mut heading: Option<&str> = None;
        while !rest.is_empty() {
            let (text, tag, after) = match rest.split_once('<') {
                Some((text, after)) => match after.split_once('>') {
                    Some((tag, after)) => (text, tag, after),
                    None => (text, "", ""),
                },
                None => (rest, "", ""),
            };
            let is_title = heading == Some("title");
            // A heading that is never closed is no heading for long.
            if heading.is_some() && self.heads.len() < HEADS_BYTES_MAX {
                self.heads.push_str(text);
                self.heads.push(' ');
            }
            if !is_title {
                self.words.push_str(text);
                self.words.push(' ');
            }
            rest = after;
            let name = tag
                .split(|c: char| c.is_whitespace() || c == '/' && !tag.starts_with('/'))
                .next();
            match name.unwrap_or_default() {
                name @ ("script" | "style" | "template" | "svg") => {
                    rest = past_end(name, rest);
                }
                name @ ("title" | "h1" | "h2") => heading = Some(name),
                "/title" | "/h1" | "/h2" => heading = None,
                "input" => {
                    let plain = tag.replace(['"', '\''], "");
                    self.has_input |= !plain.contains("type=hidden");
                    self.has_password |= plain.contains("type=password");
                }
                _ => {}
            }
        }
    }
}

/// What follows the end of an element whose text is no words.
fn past_end<'t>(name: &str, rest: &'t str) -> &'t str {
    let end = format!("</{name}");
    match rest.find(&end) {
        Some(at) => &rest[at..],
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, page: &str, expected: Option<Wall>) {
        assert_eq!(of_page(page, Some(url)), expected, "{page}");
    }

    const HERE: &str = "https://press.example/feed";

    fn long(start: &str, end: &str) -> String {
        let story =
            "The ferry to the northern island leaves at dawn and takes whoever waits. ".repeat(60);
        format!("<!doctype html>{start}<p>{story}</p>{end}")
    }

    #[test]
    fn checks_of_browsers_are_challenges() {
        check(
            HERE,
            "<title>Just a moment...</title><p>Enable JavaScript",
            Some(Wall::Challenge),
        );
        check(
            HERE,
            "<title>Press</title><script>window._cf_chl_opt={}</script>",
            Some(Wall::Challenge),
        );
        check(
            HERE,
            "<h1>Making sure you’re not a bot!</h1>",
            Some(Wall::Challenge),
        );
    }

    #[test]
    fn a_captcha_alone_is_a_captcha() {
        let form = "<form><div class=\"g-recaptcha\"></div></form>";
        check(HERE, form, Some(Wall::Captcha));
        check(HERE, &long("<title>The ferry</title>", form), None);
    }

    #[test]
    fn a_password_is_asked_for_by_login_pages() {
        let form = "<form><input name=u><input type='password'></form>";
        check(
            HERE,
            &format!("<title>Willkommen</title>{form}"),
            Some(Wall::Login),
        );
        check(
            HERE,
            "<title>Sign in – Accounts</title><input type=email name=who>",
            Some(Wall::Login),
        );
        check(
            HERE,
            &long("<title>Sign in – Press</title>", form),
            Some(Wall::Login),
        );
        check(
            "https://press.example/wp-login.php?x",
            &long("", form),
            Some(Wall::Login),
        );
        check(HERE, &long("<title>The ferry</title>", form), None);
    }

    #[test]
    fn consent_is_asked_for_by_address_or_title() {
        check(
            "https://consent.press.example/m",
            "<title>Press</title>",
            Some(Wall::Consent),
        );
        check(
            HERE,
            &long("<title>Before you continue to Press</title>", ""),
            Some(Wall::Consent),
        );
        check(
            HERE,
            &long(
                "<title>Press</title>",
                "<div class=cookie>We use cookies</div>",
            ),
            None,
        );
    }

    #[test]
    fn what_says_not_found_is_a_soft_404() {
        check(
            HERE,
            &long("<title>404 | Press</title>", ""),
            Some(Wall::Missing),
        );
        check(
            HERE,
            &long("<h1>Seite nicht gefunden</h1>", ""),
            Some(Wall::Missing),
        );
        check(
            HERE,
            &long("<title>ページが見つかりません</title>", ""),
            Some(Wall::Missing),
        );
        check(HERE, &long("<title>4040 ferries</title>", ""), None);
    }

    #[test]
    fn domains_for_sale_and_shut_sites_are_named() {
        check(
            HERE,
            "<title>press.example</title><p>This domain is for sale!",
            Some(Wall::Parked),
        );
        check(
            HERE,
            "<title>Account Suspended</title>",
            Some(Wall::Suspended),
        );
        check(
            HERE,
            "<p>Briefly unavailable for scheduled maintenance.",
            Some(Wall::Maintenance),
        );
        check(HERE, &long("", "<p>Buy this domain"), None);
    }

    #[test]
    fn an_ordinary_page_is_no_wall() {
        check(HERE, &long("<title>Press</title><h1>News</h1>", ""), None);
        check(HERE, "", None);
        check(HERE, "<title>News", None);
        check(HERE, "<script>login not found", None);
    }
}
