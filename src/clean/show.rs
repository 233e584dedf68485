//! Markup for pages of ours: what a field holds, safe beside what is ours, and originals with what was taken marked in place.
//!
//! It changes no tree and judges nothing; it writes anew what a list of its own allows, and what it wrote goes through
//! `ammonia` as well.
//!
//! Invariants: nothing active is written; no id, class or heading of a publisher's can be taken for one of the page; of an
//! original no picture is loaded but those of the clean field, by their clean addresses, and no player: the others are named.

mod atoms;
mod handle;
mod place;
mod write;

pub use handle::handle;

use super::paragraphs;
use super::tree;
use crate::model::{Removal, Text, TextKind};
use ammonia::Builder;
use place::places;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use url::Url;
use write::{Writer, loaded, plain};

/// What is longer is shown without marks, in bytes; what was taken is then told below it.
const MARKED_BYTES_MAX: usize = 512 * 1024;

/// How a page wants markup.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// What stands before every id, so that two fields on a page have none in common.
    pub prefix: &'a str,
    /// The level of the heading that this stands under, from 1.
    pub level: u8,
    /// The words that a page adds, in its language.
    pub words: &'a ShownWords,
    /// What relative addresses resolve against where the field itself does not say: the entry's own.
    pub base: Option<&'a str>,
}

/// Words in the place of what can't be shown.
#[derive(Debug)]
pub struct ShownWords {
    /// A table, for who hears that it can be scrolled.
    pub table: &'static str,
    /// An image.
    pub image: &'static str,
    /// A frame, player or plug-in.
    pub frame: &'static str,
    /// A script or style.
    pub script: &'static str,
    /// A field or button of a form.
    pub control: &'static str,
    /// A drawing.
    pub drawing: &'static str,
}

/// How a removal is called where it stood.
#[derive(Debug, Clone)]
pub struct Label {
    /// The address of what is told of it.
    pub href: String,
    /// Its number and the like, in a line of text.
    pub short: String,
    /// The same with its reason, for who has room.
    pub long: String,
}

/// An original with its marks.
#[derive(Debug, Clone, Default)]
pub struct Marked {
    /// The markup.
    pub html: String,
    /// Which of the removals have no mark, by their places in the list, in order: where they stood is not known any more.
    pub unplaced: Vec<usize>,
}

/// A field as a page shows it.
#[must_use]
pub fn shown(text: &Text, manner: Manner<'_>) -> String {
    let html = match text.kind {
        TextKind::Plain => return seal(&paragraphs::to_html(&text.value)),
        TextKind::Html => tree::parse(&text.value),
    };
    match html {
        Ok(html) => seal(&Writer::new(&html, manner, base(text, manner)).write()),
        // It was published as text for the same reason.
        Err(_) => seal(&plain(&tree::text_of(&text.value))),
    }
}

/// An original as a page shows it, each removal marked where it stood; `clean` is what became of it.
///
/// Nothing is loaded of it that isn't loaded of the clean one as well, by the same address.
#[must_use]
pub fn marked(
    text: &Text,
    clean: Option<&Text>,
    removals: &[&Removal],
    labels: &[Label],
    manner: Manner<'_>,
) -> Marked {
    debug_assert_eq!(removals.len(), labels.len());
    let markup = match text.kind {
        TextKind::Plain => paragraphs::to_html(&text.value),
        TextKind::Html => text.value.clone(),
    };
    let all = || (0..removals.len()).collect();
    let Ok(html) = tree::parse(&markup) else {
        return Marked {
            html: seal(&plain(&tree::text_of(&markup))),
            unplaced: all(),
        };
    };
    let writer = Writer::new(&html, manner, base(text, manner));
    if markup.len() > MARKED_BYTES_MAX {
        // Which of its pictures were taken isn't known, so none is loaded.
        return Marked {
            html: seal(&writer.of_original(HashSet::new()).write()),
            unplaced: all(),
        };
    }
    let places = places(&html, removals);
    let loads = clean.map_or_else(HashSet::new, |clean| pictures(clean, manner));
    let writer = writer.of_original(loads).with_marks(&places, labels);
    Marked {
        html: seal(&writer.write()),
        unplaced: places.unplaced,
    }
}

/// The addresses of the pictures of a clean field.
fn pictures(clean: &Text, manner: Manner<'_>) -> HashSet<String> {
    let markup = Some(clean.value.as_str()).filter(|_| clean.kind == TextKind::Html);
    let html = markup.and_then(|markup| tree::parse(markup).ok());
    html.map_or_else(HashSet::new, |html| {
        loaded(&html, base(clean, manner).as_ref())
    })
}

/// The beginning of what [`shown`] gave: whole blocks, at least one, of about so many bytes.
#[must_use]
pub fn lead(shown: &str, bytes: usize) -> String {
    let Ok(html) = tree::parse(shown) else {
        return String::new();
    };
    // Many bodies are one wrapper around everything.
    let mut around = *html.root_element();
    while let Some(only) = only_child(around) {
        around = only;
    }
    let mut lead = String::new();
    for node in around.children() {
        let markup = tree::outer(node);
        if !lead.is_empty() && lead.len() + markup.len() > bytes {
            break;
        }
        lead.push_str(&markup);
    }
    if lead.len() <= bytes.saturating_mul(4) {
        return lead;
    }
    let text = tree::collapse(&tree::text_of(&lead));
    let end = text.floor_char_boundary(bytes);
    seal(&plain(&format!("{}…", text[..end].trim_end())))
}

/// The one block that a node holds, where it holds nothing else.
fn only_child(node: tree::NodeRef<'_>) -> Option<tree::NodeRef<'_>> {
    let is_blank = |node: &tree::NodeRef<'_>| {
        node.value()
            .as_text()
            .is_some_and(|text| text.trim().is_empty())
    };
    let mut children = node.children().filter(|node| !is_blank(node));
    let only = children.next().filter(|_| children.next().is_none())?;
    let element = only.value().as_element()?;
    matches!(element.name(), "div" | "blockquote").then_some(only)
}

fn base(text: &Text, manner: Manner<'_>) -> Option<Url> {
    let mut bases = [text.base.as_deref(), manner.base].into_iter().flatten();
    bases.find_map(|base| Url::parse(base).ok())
}

/// Classes of ours, which nothing of a publisher's has.
const CLASSES: &[&str] = &["scroll", "cut", "block", "why", "chip", "chg"];

/// The second net under what was written.
static NET: LazyLock<Builder<'static>> = LazyLock::new(|| {
    const ANY: &[&str] = &["lang", "dir", "id"];
    let own: &[(&str, &[&str])] = &[
        ("a", &["href", "title", "rel"]),
        ("abbr", &["title"]),
        ("audio", &["src", "controls", "preload"]),
        ("col", &["span"]),
        ("colgroup", &["span"]),
        ("div", &["tabindex", "role", "aria-label"]),
        (
            "img",
            &[
                "src",
                "alt",
                "width",
                "height",
                "loading",
                "decoding",
                "referrerpolicy",
            ],
        ),
        ("li", &["value"]),
        ("math", &["display", "alttext"]),
        ("ol", &["start", "reversed"]),
        ("source", &["src"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan", "scope"]),
        ("video", &["src", "poster", "controls", "preload"]),
    ];
    let classed = ["a", "del", "div", "span", "sup"];
    let mut builder = Builder::empty();
    builder
        .tags(
            write::ELEMENTS
                .iter()
                .chain(super::safety::MATH)
                .copied()
                .collect(),
        )
        .generic_attributes(ANY.iter().copied().collect())
        .tag_attributes(
            own.iter()
                .map(|(name, list)| (*name, list.iter().copied().collect()))
                .collect(),
        )
        .allowed_classes(
            classed
                .iter()
                .map(|name| (*name, CLASSES.iter().copied().collect()))
                .collect::<HashMap<_, HashSet<_>>>(),
        )
        .url_schemes(
            ["http", "https", "mailto", "tel", "data"]
                .into_iter()
                .collect(),
        )
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(|element, name, value| {
            // Addresses in `data:` are for pictures alone.
            let is_data = value
                .trim_start()
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case("data:"));
            let is_fine =
                !is_data || element == "img" && name == "src" || name == "alt" || name == "title";
            is_fine.then(|| value.into())
        });
    builder
});

fn seal(markup: &str) -> String {
    NET.clean(markup).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, washed};
    use super::*;
    use crate::model::Rules;

    pub(super) const WORDS: ShownWords = ShownWords {
        table: "Table",
        image: "picture",
        frame: "frame",
        script: "script",
        control: "field",
        drawing: "drawing",
    };

    const MANNER: Manner<'static> = Manner {
        prefix: "e1-",
        level: 2,
        words: &WORDS,
        base: None,
    };

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(shown(&Text::html(html), MANNER), expected);
    }

    /// Washes a body, and shows its original with the number of each removal where it stood.
    #[track_caller]
    fn check_marks(html: &str, expected: &str) {
        let marked = original(html);
        assert_eq!(marked.html, expected);
        assert_eq!(marked.unplaced, [] as [usize; 0]);
    }

    /// Washes a body, and marks its original.
    fn original(html: &str) -> Marked {
        let (clean, removals, _) = washed(&body(html), &Rules::default());
        let removals: Vec<&Removal> = removals.iter().collect();
        let labels: Vec<Label> = removals
            .iter()
            .map(|removal| Label {
                href: format!("#r{}", removal.number),
                short: removal.number.to_string(),
                long: format!("{} {}", removal.number, removal.pass),
            })
            .collect();
        let clean = clean.entries[0].content.as_ref();
        marked(&Text::html(html), clean, &removals, &labels, MANNER)
    }

    #[test]
    fn nothing_active_is_shown() {
        check("<p onclick=x()>a<script>x()</script></p>", "<p>a</p>");
        check("<a href='javascript:x()'>a</a>", "<span>a</span>");
        check("<svg onload=x()><text>a</text></svg>", "");
        check(
            "<form action=/x><input><p>a</p></form>",
            "<div><p>a</p></div>",
        );
        check("<iframe src=https://x.example></iframe>a", "a");
        check("<p style='position:fixed'>a</p>", "<p>a</p>");
    }

    #[test]
    fn names_of_the_page_are_the_pages() {
        check("<p id=main class=cut>a</p>", "<p>a</p>");
        check(
            "<a href='#fn-1'>1</a><p id=fn-1>a</p>",
            "<a href=\"#e1-fn-1\" rel=\"nofollow noopener noreferrer\">1</a><p id=\"e1-fn-1\">a</p>",
        );
        check("<main><nav>a</nav></main>", "<div><div>a</div></div>");
    }

    #[test]
    fn headings_stand_under_the_pages() {
        check(
            "<h1>a</h1><h4>b</h4><h2>c</h2>",
            "<h3>a</h3><h4>b</h4><h4>c</h4>",
        );
        check("<h2> </h2><p>a</p>", " <p>a</p>");
    }

    #[test]
    fn markup_is_made_right() {
        check(
            "<ul><p>a</p><li>b</ul>",
            "<ul><li><p>a</p></li><li>b</li></ul>",
        );
        check("<li>a</li>", "<div>a</div>");
        check("<span><div>a</div></span>", "<div>a</div>");
        check("<h2><div>a</div></h2>", "<h3><span>a</span></h3>");
        check(
            "<a href=https://a.example><img src=https://a.example/b.png></a>",
            "<a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\"><img src=\"https://a.example/b.png\" alt=\"picture\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"></a>",
        );
        check("<a href=https://a.example></a>b", "b");
    }

    #[test]
    fn removals_are_marked_where_they_stood() {
        check_marks(
            "<p>The story.</p><p class=x>(This story has not been edited by <b>our staff</b> and is auto-generated from a syndicated feed.)</p>",
            "<p>The story.</p><del class=\"cut block\"><a class=\"why\" href=\"#r1\">1 syndication-notices</a> <p>(This story has not been edited by <b>our staff</b> and is auto-generated from a syndicated feed.)</p></del>",
        );
    }

    #[test]
    fn what_can_not_be_shown_is_named() {
        check_marks(
            "<p>a<script>evil()</script></p>",
            "<p>a<del class=\"cut\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a> <span class=\"chip\">script</span></del></p>",
        );
        check_marks(
            "<p>a</p><img src=\"https://pixel.wp.com/b.gif?x=1\" width=1 height=1>",
            "<p>a</p><del class=\"cut\"><a class=\"why\" href=\"#r1\" title=\"1 tracking-pixels\">1</a> <span class=\"chip\">picture: https://pixel.wp.com/b.gif?x=1</span></del>",
        );
    }

    const PIXEL: &str = "<img src=\"https://pixel.wp.com/b.gif?host=x\" width=1 height=1>";

    /// What a page would load of an original.
    #[track_caller]
    fn check_loads(html: &str, expected: &[&str]) {
        let shown = original(html).html;
        let pieces = shown.split("<img src=\"").skip(1);
        let loaded: Vec<&str> = pieces.filter_map(|piece| piece.split('"').next()).collect();
        assert_eq!(loaded, expected, "{shown}");
        assert!(
            !shown.contains("<video") && !shown.contains("<audio"),
            "{shown}"
        );
    }

    #[test]
    fn originals_load_only_what_is_published() {
        check_loads(
            &format!("<p>a</p>{PIXEL}<img src=https://a.example/b.jpg>"),
            &["https://a.example/b.jpg"],
        );
        check_loads(
            "<p>a</p><img src=\"https://a.example/b.jpg?utm_source=x\">",
            &["https://a.example/b.jpg"],
        );
        check_loads(
            "<p>a</p><img data-src=\"https://a.example/b.jpg\">",
            &["https://a.example/b.jpg"],
        );
        check_loads("<p>a</p><video src=https://a.example/b.mp4></video>", &[]);
        // There are more than can be told from each other.
        check_loads(&format!("<p>a</p>{}", PIXEL.repeat(200)), &[]);
    }

    #[test]
    fn originals_without_marks_load_nothing() {
        let story =
            "<p>The story of the day, told in many words.</p>".repeat(MARKED_BYTES_MAX / 48);
        let junk = format!(
            "{PIXEL}<img src=https://a.example/b.jpg?utm_source=x><video src=https://a.example/b.mp4></video>"
        );
        check_loads(
            &format!("{story}<p>And its end, which is long enough.</p>{junk}"),
            &[],
        );
        assert!(
            original(&format!("{story}{story}{junk}"))
                .html
                .contains("class=\"chip\">picture")
        );
    }

    #[test]
    fn attributes_are_marked_at_their_own_elements() {
        check_marks(
            "<p>a <i title=x>b</i> <b onclick=y>c</b> <i onclick=y>d</i> <b onclick=y>e</b></p>",
            "<p>a <i>b</i> <b><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup>c</b> \
             <i><sup class=\"chg\"><a class=\"why\" href=\"#r2\" title=\"2 safety\">2</a></sup>d</i> \
             <b><sup class=\"chg\"><a class=\"why\" href=\"#r3\" title=\"3 safety\">3</a></sup>e</b></p>",
        );
        check_marks(
            "<form id=a><p>b</p></form><form id=c><p>d</p></form>",
            "<div><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 safety\">1</a></sup><p>b</p></div>\
             <div><sup class=\"chg\"><a class=\"why\" href=\"#r2\" title=\"2 safety\">2</a></sup><p>d</p></div>",
        );
    }

    #[test]
    fn changes_are_marked_at_what_was_changed() {
        check_marks(
            "<p>a <a href=\"https://b.example/?utm_source=x\">b</a></p>",
            "<p>a <a href=\"https://b.example/?utm_source=x\" rel=\"nofollow noopener noreferrer\">b</a><sup class=\"chg\"><a class=\"why\" href=\"#r1\" title=\"1 tracker-parameters\">1</a></sup></p>",
        );
    }
}
