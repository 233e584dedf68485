//! Public rule files, one a site (the `ftr-site-config` form): read, and applied to the entries of their hosts.
//!
//! The form is made for extracting pages. Applied is what takes something out of a body: `strip`,
//! `strip_id_or_class`, `strip_image_src`. `prune` asks an extractor to judge what it found; a feed's body was never
//! extracted by us, so it is read and changes nothing. Commands about finding the body in a page are known and passed
//! over. What is unknown is told to whoever reads the files, and never guessed at.
//!
//! Invariants: no rule takes everything that a body has (it was written for another body then); a file belongs to the
//! host of an entry's link, never to its feed's; the same files give the same rules, in whatever order they are read.

use super::about::{Ready, ReadySite};
use super::scrub::Scrub;
use super::tree::{NodeId, NodeRef, attr};
use super::xpath::{Effort, XPath};
use crate::fingerprint;
use crate::limits;
use crate::model::{SiteRule, SiteRuleKind, SiteRules};
use scraper::Node;
use std::rc::Rc;
use url::Url;

/// The commands that concern fetching and extracting pages, or trying the file out.
#[rustfmt::skip]
const NOT_OURS: &[&str] = &[
    "title", "body", "author", "date", "test_url", "test_urls", "test_contains", "test_content", "find_string", "replace_string", "next_page_link", "single_page_link",
    "single_page_link_in_feed", "tidy", "parser", "autodetect_on_failure", "autodetect_next_page", "http_header", "strip_attr", "post_strip_attr", "strip_comments", "dissolve",
    "convert_double_br_tags", "native_ad_clue", "if_page_contains", "insert_detected_image", "src_lazy_load_attr", "skip_json_ld", "skip_id_or_class", "footnotes", "requires_login",
    "login_uri", "login_username_field", "login_password_field", "login_extra_fields", "not_logged_in_xpath", "wrap_in", "move_into",
];

/// A line of a rule file that can't be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotUnderstood {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it, as a lower-case fragment.
    pub message: String,
}

/// Whether a file of that name has rules for a host, or for all hosts below one: `example.org.txt`, `.example.org.txt`.
#[must_use]
pub fn is_site_file(name: &str) -> bool {
    host_of(name).is_some()
}

fn host_of(name: &str) -> Option<String> {
    let host = name.strip_suffix(".txt")?;
    let labels = host.strip_prefix('.').unwrap_or(host);
    // A whole top-level domain is no site.
    let is_host = labels.contains('.') && labels.split('.').all(|label| !label.is_empty());
    is_host.then(|| host.to_lowercase())
}

/// Reads rule files, given as name and text, and says what was not understood in them.
#[must_use]
pub fn site_rules(files: &[(String, String)]) -> (SiteRules, Vec<NotUnderstood>) {
    let mut rules = SiteRules::default();
    let mut not_understood = Vec::new();
    let mut files: Vec<_> = files.iter().collect();
    files.sort_unstable();
    let mut all = String::new();
    for (file, text) in files {
        let Some(host) = host_of(file) else { continue };
        let read = read(text, &mut |line, message| {
            not_understood.push(NotUnderstood {
                file: file.clone(),
                line,
                message,
            });
        });
        all.push_str(&format!("{host} {read:?}\n"));
        rules.hosts.insert(host, read);
    }
    rules.print = fingerprint::exact(&all);
    (rules, not_understood)
}

fn read(text: &str, complain: &mut dyn FnMut(usize, String)) -> Vec<SiteRule> {
    let mut rules = Vec::new();
    let text = text.trim_start_matches('\u{feff}');
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match rule(line) {
            Ok(Some(_)) if rules.len() == limits::SITE_RULES_MAX => {
                let most = limits::SITE_RULES_MAX;
                complain(
                    number,
                    format!("a file may have {most} rules; the others are left out"),
                );
                break;
            }
            Ok(rule) => rules.extend(rule),
            Err(message) => complain(number, message),
        }
    }
    rules
}

/// The rule of a line, if it has one that concerns us.
fn rule(line: &str) -> Result<Option<SiteRule>, String> {
    // `http_header(user-agent): …` has an argument, which may hold a colon.
    let end = line.find([':', '(']);
    let name = line[..end.unwrap_or(line.len())]
        .trim()
        .to_ascii_lowercase();
    let Some(end) = end else {
        return Err(format!(
            "not understood: {line:?} is no command with a colon"
        ));
    };
    let value = line[end + 1..].trim();
    let kind = match name.as_str() {
        "strip" => SiteRuleKind::Strip,
        "strip_id_or_class" => SiteRuleKind::StripIdOrClass,
        "strip_image_src" => SiteRuleKind::StripImageSrc,
        "prune" if matches!(value, "yes" | "no") => return Ok(None),
        "prune" => return Err("not understood: prune is yes or no".to_owned()),
        // Some write `test-url`.
        _ if NOT_OURS.contains(&name.replace('-', "_").as_str()) => return Ok(None),
        _ => return Err(format!("not understood: no command is called {name:?}")),
    };
    let what = match kind {
        SiteRuleKind::Strip => value.to_owned(),
        // As in Full-Text RSS, which takes quotes out.
        _ => value.replace(['"', '\''], ""),
    };
    if what.trim().is_empty() {
        return Err(format!("not understood: {name} says nothing"));
    }
    if kind == SiteRuleKind::Strip {
        XPath::read(&what).map_err(|why| format!("not understood: {what}: {why}"))?;
    }
    Ok(Some(SiteRule { kind, what }))
}

/// The host whose file holds for an entry: its own, else the nearest above it that speaks for all below.
fn file_for<'r>(rules: &'r SiteRules, link: &Url) -> Option<(&'r String, &'r Vec<SiteRule>)> {
    let host = link.host_str()?.trim_end_matches('.');
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let exact = [host, bare]
        .into_iter()
        .find_map(|host| rules.hosts.get_key_value(host));
    let above = || {
        let dots = host.match_indices('.').map(|(dot, _)| &host[dot..]);
        dots.into_iter()
            .find_map(|above| rules.hosts.get_key_value(above))
    };
    exact.or_else(above)
}

/// A rule made ready, and the line that it was.
#[derive(Debug)]
pub(super) struct ReadyRule {
    line: String,
    what: What,
}

#[derive(Debug)]
enum What {
    XPath(XPath),
    IdOrClass(String),
    ImageSrc(String),
}

fn ready(rules: &[SiteRule]) -> Vec<ReadyRule> {
    let ready = rules.iter().filter_map(|rule| {
        let (name, what) = match rule.kind {
            SiteRuleKind::Strip => ("strip", What::XPath(XPath::read(&rule.what).ok()?)),
            SiteRuleKind::StripIdOrClass => {
                ("strip_id_or_class", What::IdOrClass(rule.what.clone()))
            }
            SiteRuleKind::StripImageSrc => ("strip_image_src", What::ImageSrc(rule.what.clone())),
        };
        let line = format!("{name}: {}", rule.what);
        Some(ReadyRule { line, what })
    });
    ready.collect()
}

/// The rules for an entry, and the name of their file. Those of the last host are kept: a feed has mostly one.
fn rules_for(ready_rules: &Ready, link: &Url) -> Option<Rc<ReadySite>> {
    let (host, rules) = file_for(&ready_rules.site, link)?;
    let file = format!("{host}.txt");
    let mut last = ready_rules.last_site.borrow_mut();
    if last.as_ref().is_none_or(|last| last.file != file) {
        let rules = ready(rules);
        *last = Some(Rc::new(ReadySite { file, rules }));
    }
    last.clone()
}

/// Takes out what the file of the entry's host says.
pub(super) fn strip(scrub: &mut Scrub<'_>) {
    let link = scrub.about.link.as_ref();
    let site = link.and_then(|link| rules_for(scrub.rules, link));
    let effort = Effort::new();
    for rule in site.iter().flat_map(|site| &site.rules) {
        let found = rule.what.find(scrub.node(scrub.root()), &effort);
        if effort.is_spent() {
            scrub.notes.push(
                "was not searched for all that the rules for its site take: it would take too long",
            );
            return;
        }
        let found = outermost(scrub, found);
        if found.is_empty() {
            continue;
        }
        let goes: usize = found
            .iter()
            .map(|id| content(scrub.node(*id), &effort))
            .sum();
        let all = content(scrub.node(scrub.root()), &effort);
        if all > 0 && goes == all {
            if scrub.notes.is_empty() {
                scrub.notes.push("keeps all that a rule for its site would have taken: nothing would have been left");
            }
            continue;
        }
        let file = site.as_ref().map_or("", |site| &site.file);
        for id in found {
            scrub.remove(id, rule.line.as_str(), file);
        }
    }
}

impl What {
    fn find(&self, root: NodeRef<'_>, effort: &Effort) -> Vec<NodeId> {
        let elements = |fits: &dyn Fn(&scraper::node::Element) -> bool| {
            let below = root.descendants().skip(1);
            let fit = below.filter(|node| {
                effort.spend(1);
                node.value().as_element().is_some_and(fits)
            });
            fit.map(|node| node.id()).collect()
        };
        match self {
            Self::XPath(xpath) => xpath.select(root, effort),
            Self::IdOrClass(text) => elements(&|element| {
                ["id", "class"].iter().any(|name| {
                    attr(element, name).is_some_and(|value| value.contains(text.as_str()))
                })
            }),
            Self::ImageSrc(text) => elements(&|element| {
                element.name() == "img"
                    && attr(element, "src").is_some_and(|src| src.contains(text.as_str()))
            }),
        }
    }
}

/// What stands in none of the others; they come in document order, so it is enough to look back at the last.
fn outermost(scrub: &Scrub<'_>, found: Vec<NodeId>) -> Vec<NodeId> {
    let mut tops: Vec<NodeId> = Vec::new();
    for id in found {
        let inside = |top: &NodeId| scrub.node(id).ancestors().any(|node| node.id() == *top);
        if !tops.last().is_some_and(inside) {
            tops.push(id);
        }
    }
    tops
}

/// How much a reader would miss: characters, and pictures and players.
fn content(node: NodeRef<'_>, effort: &Effort) -> usize {
    let nodes = node.descendants().inspect(|_| effort.spend(1));
    let here = nodes.map(|node| match node.value() {
        Node::Text(text) => text.chars().filter(|c| !c.is_whitespace()).count(),
        Node::Element(element) => usize::from(matches!(
            element.name(),
            "img" | "picture" | "video" | "audio" | "iframe" | "embed" | "object" | "svg" | "math"
        )),
        _ => 0,
    });
    here.sum()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, washed};
    use super::*;
    use crate::model::{Feed, Matcher, Rules};
    use std::sync::Arc;

    fn rules(files: &[(&str, &str)]) -> Rules {
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let (site, not_understood) = site_rules(&files);
        assert_eq!(not_understood, []);
        Rules {
            site: Arc::new(site),
            ..Rules::default()
        }
    }

    fn text(feed: &Feed, rules: &Rules) -> String {
        let (clean, _, _) = washed(feed, rules);
        clean.entries[0].content.as_ref().unwrap().value.clone()
    }

    const STORY: &str = "<p>The ferry sails again.</p>";

    /// Washes a story and a piece by the rules of its site; says whether the story alone is left.
    #[track_caller]
    fn check(file: &str, piece: &str, goes: bool) {
        let html = format!("{STORY}{piece}");
        let cleaned = text(&body(&html), &rules(&[("site.example.txt", file)]));
        assert_eq!(cleaned == STORY, goes, "{cleaned}");
    }

    #[test]
    fn what_the_lines_take() {
        let piece =
            "<div class=\"x-box wide\" id=\"low7\"><p>Words by the harbour office.</p></div>";
        check("strip: //div[contains(@class, 'wide')]", piece, true);
        check("# a note\n\nSTRIP://div\nprune: no", piece, true);
        check("strip: //div[@class='wide']", piece, false);
        check("strip_id_or_class: x-b", piece, true);
        check("strip_id_or_class: 'low7'", piece, true);
        check("strip_id_or_class: box.wide", piece, false);
        check(
            "strip_image_src: /deco/",
            "<p><img src=\"https://i.example/deco/1.jpg\"></p>",
            true,
        );
        check(
            "strip_image_src: /deco/",
            "<p><img src=\"https://i.example/d/1.jpg\"></p>",
            false,
        );
        check("body: //p\ntitle: //h1\nprune: yes", piece, false);
    }

    #[test]
    fn each_removal_names_its_line_and_its_file() {
        let rules = rules(&[("site.example.txt", "strip: //div | //div/p")]);
        let html = format!("{STORY}<div class=\"x\"><p>One.</p><p>Two.</p></div>");
        let (_, removals, _) = washed(&body(&html), &rules);
        let [removal] = removals.as_slice() else {
            panic!("one removal, not {removals:?}");
        };
        assert_eq!(removal.pass, "site-rules");
        assert_eq!(removal.rule, "strip: //div | //div/p");
        assert_eq!(removal.evidence.as_deref(), Some("site.example.txt"));
        assert!(removal.before.contains("One."));
    }

    #[test]
    fn a_rule_does_not_take_everything() {
        let rules = rules(&[("site.example.txt", "strip: //p\nstrip_id_or_class: a")]);
        let (clean, removals, warnings) = washed(&body(STORY), &rules);
        assert_eq!(clean.entries[0].content.as_ref().unwrap().value, STORY);
        assert!(removals.is_empty());
        assert_eq!(
            warnings[0].message,
            "content keeps all that a rule for its site would have taken: nothing would have been left"
        );
    }

    #[test]
    fn keep_and_off_win() {
        let html = format!("{STORY}<div class=\"x\"><p>Words.</p></div>");
        let mut rules = rules(&[("site.example.txt", "strip: //div")]);
        assert_eq!(text(&body(&html), &rules), STORY);
        rules.keep = vec![Matcher::Selector(".x".to_owned())];
        assert!(text(&body(&html), &rules).contains("Words."));
        rules.keep.clear();
        rules.off = vec!["site-rules".to_owned()];
        assert!(text(&body(&html), &rules).contains("Words."));
    }

    #[test]
    fn what_a_user_put_back_stays() {
        let html = format!("{STORY}<div class=\"x\"><p>Words.</p></div>");
        let feed = body(&html);
        let mut rules = rules(&[("site.example.txt", "strip: //div")]);
        let (_, removals, _) = washed(&feed, &rules);
        let back = super::super::restored(&removals[0], &feed.entries[0], &feed, true);
        rules.restored.extend(back);
        assert!(text(&feed, &rules).contains("Words."));
    }

    /// Which of these files holds for a link.
    #[track_caller]
    fn check_host(link: &str, expected: Option<&str>) {
        let names = [
            "a.example.org",
            "example.org",
            ".example.org",
            ".b.example.org",
            "www.example.net",
            ".example.com",
        ];
        let files = names.map(|name| (format!("{name}.txt"), "strip: //p".to_owned()));
        let (rules, _) = site_rules(&files);
        let link = Url::parse(link).unwrap();
        let found = file_for(&rules, &link).map(|(host, _)| host.as_str());
        assert_eq!(found, expected);
    }

    #[test]
    fn the_file_is_that_of_the_host() {
        check_host("https://example.org/1", Some("example.org"));
        check_host("https://WWW.Example.org/1", Some("example.org"));
        check_host("https://a.example.org/1", Some("a.example.org"));
        check_host("https://c.example.org/1", Some(".example.org"));
        check_host("https://c.b.example.org/1", Some(".b.example.org"));
        check_host("https://www.example.net/1", Some("www.example.net"));
        check_host("https://example.net/1", None);
        check_host("https://example.com/1", None);
        check_host("https://notexample.org/1", None);
        check_host("mailto:someone@example.org", None);
    }

    #[test]
    fn names_that_are_no_hosts() {
        for name in [
            "LICENSE.txt",
            "README.md",
            ".com.txt",
            "..txt",
            "a..b.txt",
            ".txt",
            "example.org",
        ] {
            assert!(!is_site_file(name), "{name}");
        }
        assert!(is_site_file(".example.org.txt") && is_site_file("example.org.txt"));
    }

    #[track_caller]
    fn complains(line: &str, expected: &str) {
        let files = [(
            "a.example.txt".to_owned(),
            format!("# first\n{line}\nstrip: //h1"),
        )];
        let (rules, told) = site_rules(&files);
        assert_eq!(rules.hosts["a.example"].len(), 1);
        let told: Vec<_> = told
            .iter()
            .map(|told| format!("{}:{}: {}", told.file, told.line, told.message))
            .collect();
        assert_eq!(
            told,
            [format!("a.example.txt:2: not understood: {expected}")]
        );
    }

    #[test]
    fn what_is_not_understood_is_told() {
        complains("stripe: //p", "no command is called \"stripe\"");
        complains("Just words", "\"Just words\" is no command with a colon");
        complains(
            "test https://a.example/",
            "no command is called \"test https\"",
        );
        complains(
            "strip: //p[1]",
            "//p[1]: positions and numbers mean the whole page",
        );
        complains("strip_id_or_class: ''", "strip_id_or_class says nothing");
        complains("prune: maybe", "prune is yes or no");
    }

    #[test]
    fn what_concerns_pages_is_passed_over() {
        let text = "test-url: https://a.example/\ntitle: //h1\nreplace_string(<a href=\"x:): <b>\nhttp_header(user-agent): me\nsingle_page_link: //a[1]\ntidy: no";
        let (rules, told) = site_rules(&[("a.example.txt".to_owned(), text.to_owned())]);
        assert_eq!((rules.hosts["a.example"].len(), told.len()), (0, 0));
    }

    #[test]
    fn the_print_is_that_of_the_rules() {
        let print = |files: &[(&str, &str)]| rules(files).site.print;
        let (a, b) = (
            ("a.example.txt", "strip: //p"),
            ("b.example.txt", "strip: //i"),
        );
        assert_eq!(print(&[a, b]), print(&[b, a]));
        assert_ne!(print(&[a, b]), print(&[a]));
        assert_eq!(
            print(&[a]),
            print(&[("a.example.txt", "# note\nstrip: //p\ntidy: no")])
        );
    }

    #[test]
    fn a_file_has_so_many_rules() {
        let text = "strip: //i\n".repeat(limits::SITE_RULES_MAX + 2);
        let (rules, told) = site_rules(&[("a.example.txt".to_owned(), text)]);
        assert_eq!(rules.hosts["a.example"].len(), limits::SITE_RULES_MAX);
        assert_eq!((told.len(), told[0].line), (1, limits::SITE_RULES_MAX + 1));
    }
}
