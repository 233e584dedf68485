//! What may be published at all: an allow-list of elements, attributes and schemes, applied twice.
//!
//! It judges no content. First our own pass, which explains each removal; then `ammonia` with the same
//! list on the text, so that a mistake of ours (or a difference between parsers) is caught by a sanitiser
//! that others trust as well. Where `regular` can tell from the letters that ammonia would give back every byte, it
//! isn't asked.
//!
//! Invariant: nothing leaves [`seal`] that ammonia would not let through.

use super::links::{map_srcset, may_link, may_load};
use super::quick::QuickMap;
use super::regular::is_regular;
use super::scrub::Scrub;
use super::tree::{self, NodeId};
use ammonia::Builder;
use html5ever::ns;
use scraper::Node;
use scraper::node::Element;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Elements that readers show (HTML §4).
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "data", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "picture", "pre", "q", "rb", "rp", "rt", "rtc", "ruby",
    "s", "samp", "section", "small", "source", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "track", "tt", "u", "ul", "var", "video", "wbr",
];

/// Presentation elements of MathML Core (§3), and `semantics`, whose first child is shown.
#[rustfmt::skip]
pub(super) const MATH: &[&str] = &[
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt",
    "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "semantics",
];

/// Attributes of any element.
const GLOBAL: &[&str] = &["title", "lang", "dir", "id"];

/// Attributes by element.
#[rustfmt::skip]
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang", "type"]),
    ("abbr", &[]),
    ("audio", &["src", "controls", "preload", "loop", "muted"]),
    ("blockquote", &["cite"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("data", &["value"]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("img", &["src", "srcset", "sizes", "alt", "width", "height", "loading", "decoding"]),
    ("ins", &["cite", "datetime"]),
    ("li", &["value"]),
    ("math", &["display", "alttext"]),
    ("mo", &["fence", "separator", "stretchy", "symmetric", "form", "lspace", "rspace", "minsize", "maxsize"]),
    ("mi", &["mathvariant"]),
    ("mover", &["accent"]),
    ("mfrac", &["linethickness"]),
    ("mspace", &["width", "height", "depth"]),
    ("mstyle", &["displaystyle", "scriptlevel"]),
    ("mtd", &["columnspan", "rowspan"]),
    ("munder", &["accentunder"]),
    ("munderover", &["accent", "accentunder"]),
    ("ol", &["start", "reversed", "type"]),
    ("q", &["cite"]),
    ("source", &["src", "srcset", "sizes", "type", "media", "width", "height"]),
    ("td", &["colspan", "rowspan", "headers", "align", "valign"]),
    ("th", &["colspan", "rowspan", "headers", "scope", "abbr", "align", "valign"]),
    ("time", &["datetime"]),
    ("track", &["src", "kind", "srclang", "label"]),
    ("video", &["src", "poster", "controls", "preload", "loop", "muted", "width", "height"]),
];

/// Elements that go with all that stands in them: what they hold is no text for a reader.
#[rustfmt::skip]
const WITH_CONTENT: &[&str] = &[
    "script", "style", "template", "head", "title", "svg", "noembed", "noframes", "frame", "frameset", "iframe", "embed", "applet", "select", "datalist",
    "textarea", "input", "keygen", "base", "link", "meta", "param", "area", "image", "fencedframe", "portal", "bgsound",
];

/// The same of MathML: other forms of a formula beside the one that is shown. As names in HTML they mean nothing, and what
/// stands in such an element is text like any other.
const MATH_WITH_CONTENT: &[&str] = &[
    "annotation",
    "annotation-xml",
    "mglyph",
    "malignmark",
    "maction",
];

/// Elements that act but may hold a story: they go, and what stands in them stays.
const ACTING: &[&str] = &[
    "form", "button", "object", "canvas", "dialog", "menuitem", "slot", "map",
];

/// What becomes of an element.
#[derive(Clone, Copy)]
enum Fate {
    /// It stays, with these attributes and those of any element.
    Stays(&'static [&'static str]),
    /// It goes with all that stands in it.
    Goes,
    /// It acts, and goes; what stands in it stays.
    Opens,
}

/// Whether an element can't be published, by its name in HTML.
pub(super) fn takes(name: &str) -> bool {
    !matches!(FATES.get(&(name, false)), None | Some(Fate::Stays(_)))
}

/// Whether what stands in it can't either.
pub(super) fn takes_whole(name: &str) -> bool {
    matches!(FATES.get(&(name, false)), Some(Fate::Goes))
}

/// The lists as one, by name and by whether it is an element of MathML.
static FATES: LazyLock<QuickMap<(&'static str, bool), Fate>> = LazyLock::new(|| {
    let attributes_of = |name: &str| {
        let listed = ATTRIBUTES.iter().find(|(element, _)| *element == name);
        listed.map_or(&[][..], |(_, attributes)| attributes)
    };
    let stays = |name: &'static str, math| ((name, math), Fate::Stays(attributes_of(name)));
    let mut fates = QuickMap::default();
    fates.extend(ELEMENTS.iter().map(|name| stays(name, false)));
    fates.extend(MATH.iter().map(|name| stays(name, true)));
    fates.extend(ACTING.iter().map(|name| ((*name, false), Fate::Opens)));
    for name in WITH_CONTENT {
        fates.insert((name, false), Fate::Goes);
        fates.insert((name, true), Fate::Goes);
    }
    let goes = |name: &&'static str| ((*name, true), Fate::Goes);
    fates.extend(MATH_WITH_CONTENT.iter().map(goes));
    fates
});

/// Sanitises by allow-list: every element and attribute that acts is taken out with a record.
pub(super) fn sanitize(scrub: &mut Scrub<'_>) {
    let mut targets = HashSet::new();
    let mut nodes: Vec<NodeId> = Vec::new();
    for node in scrub.nodes() {
        nodes.push(node.id());
        let target = node.value().as_element().and_then(fragment_target);
        targets.extend(target.map(str::to_owned));
    }
    let root = scrub.root();
    for id in nodes {
        if scrub.node(id).parent().is_none() {
            continue;
        }
        match scrub.node(id).value() {
            Node::Element(_) => element(scrub, id, &targets, root),
            Node::Text(_) => {}
            _ => scrub.tidy_remove(id),
        }
    }
}

fn element(scrub: &mut Scrub<'_>, id: NodeId, targets: &HashSet<String>, root: NodeId) {
    let Some(element) = scrub.element(id) else {
        return;
    };
    let math = element.name.ns == ns!(mathml);
    let foreign = element.name.ns != ns!(html) && !math;
    let fate = FATES.get(&(element.name(), math)).copied();
    let name = || element.name().to_owned();
    match fate {
        Some(Fate::Goes) => gone(scrub, id, name(), "no reader may be given it", root),
        _ if foreign => gone(scrub, id, name(), "no reader may be given it", root),
        Some(Fate::Stays(_)) if element.attrs.is_empty() && !needs_attributes(element.name()) => {}
        Some(Fate::Stays(own)) => attributes(scrub, id, &name(), own, targets),
        Some(Fate::Opens) => scrub.unwrap(id, format!("<{}>", element.name())),
        None if math => scrub.remove(
            id,
            format!("<{}>", element.name()),
            "no presentation of MathML",
        ),
        None => scrub.tidy_unwrap(id),
    }
}

/// Elements that are looked at even where they have no attribute.
fn needs_attributes(name: &str) -> bool {
    matches!(name, "audio" | "video" | "img")
}

/// What was in a removed subtree is still in the list of nodes, but no longer below the root.
fn gone(scrub: &mut Scrub<'_>, id: NodeId, name: String, evidence: &str, root: NodeId) {
    if scrub.node(id).ancestors().any(|node| node.id() == root) {
        scrub.remove(id, format!("<{name}>"), evidence);
    }
}

fn attributes(
    scrub: &mut Scrub<'_>,
    id: NodeId,
    name: &str,
    own: &[&str],
    targets: &HashSet<String>,
) {
    let Some(element) = scrub.element(id) else {
        return;
    };
    let mut dangerous: Vec<String> = Vec::new();
    let mut rewritten: Vec<(&'static str, String)> = Vec::new();
    for (attribute, value) in element.attrs() {
        let acts = attribute.starts_with("on")
            || matches!(
                attribute,
                "srcdoc" | "formaction" | "action" | "ping" | "attributionsrc" | "background"
            )
            || attribute == "style" && acts_in_style(value);
        match permit(name, attribute, value) {
            None => dangerous.push(attribute.to_owned()),
            Some(Cow::Owned(new)) if attribute == "srcset" => rewritten.push(("srcset", new)),
            Some(_) if acts => dangerous.push(attribute.to_owned()),
            Some(_) => {}
        }
    }
    for attribute in dangerous {
        scrub.remove_attribute(
            id,
            &attribute,
            format!("{name} {}", attribute.to_ascii_lowercase()),
        );
    }
    for (attribute, value) in rewritten {
        scrub.set_attribute(id, attribute, &value, "address of an unsafe scheme");
    }
    let kept_id = scrub
        .attribute(id, "id")
        .is_some_and(|id| targets.contains(id));
    scrub.tidy_attributes(id, |attribute| match attribute {
        "id" => kept_id,
        _ => GLOBAL.contains(&attribute) || own.contains(&attribute),
    });
    if matches!(name, "audio" | "video") {
        // Without controls nobody can play it, and nothing is loaded before somebody does.
        scrub.tidy_attribute(id, "controls", Some(""));
        scrub.tidy_attribute(id, "preload", Some("none"));
    }
    if name == "img"
        && scrub.attribute(id, "src").is_none()
        && scrub.attribute(id, "srcset").is_none()
    {
        let in_picture = scrub
            .parent(id)
            .and_then(|parent| scrub.element(parent))
            .is_some_and(|e| e.name() == "picture");
        if !in_picture {
            scrub.remove(id, "img without source", "shows nothing");
        }
    }
}

/// Whether a style loads or runs something; escapes could hide that, so any backslash counts.
fn acts_in_style(style: &str) -> bool {
    let lower = style.to_ascii_lowercase();
    [
        "url(",
        "image(",
        "image-set(",
        "src(",
        "expression",
        "@import",
        "behavior",
        "binding",
        "\\",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// What an attribute may say: as it is, with unsafe addresses taken out, or (`None`) nothing.
fn permit<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let is_image = matches!(element, "img" | "source" | "video");
    let fine = match attribute {
        "href" | "cite" => may_link(value),
        "src" | "poster" => may_load(value, is_image),
        "srcset" => {
            let kept = map_srcset(value, |address| {
                may_load(address, true).then(|| address.to_owned())
            });
            return match kept.is_empty() {
                true => None,
                false
                    if super::links::candidates(value).len()
                        == super::links::candidates(&kept).len() =>
                {
                    Some(Cow::Borrowed(value))
                }
                false => Some(Cow::Owned(kept)),
            };
        }
        // Lengths are no addresses, whatever somebody makes of them.
        "width" | "height" => !value.contains(':'),
        _ => true,
    };
    fine.then_some(Cow::Borrowed(value))
}

/// The ids that links of this field lead to: footnotes and their way back. All other ids go, for they could
/// name things in the page of a reader.
pub(super) fn fragment_targets(scrub: &Scrub<'_>) -> HashSet<String> {
    let elements = scrub.nodes().filter_map(|node| node.value().as_element());
    let targets = elements.filter_map(fragment_target);
    targets.map(str::to_owned).collect()
}

/// The id in its own field that an element leads to.
fn fragment_target(element: &Element) -> Option<&str> {
    let target = tree::attr(element, "href")?.trim().strip_prefix('#')?;
    let is_name = target.len() < 80
        && target.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | ':'));
    is_name.then_some(target)
}

static AMMONIA: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.iter().chain(MATH).copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(GLOBAL.iter().copied().collect())
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(name, list)| (*name, list.iter().copied().collect()))
                .collect::<HashMap<_, _>>(),
        )
        .url_schemes(
            [
                "http", "https", "mailto", "tel", "sms", "ftp", "sftp", "magnet", "xmpp", "irc",
                "ircs", "geo", "gopher", "gemini", "news", "nntp", "webcal", "bitcoin", "acct",
                "doi", "urn", "tag", "data",
            ]
            .into_iter()
            .collect(),
        )
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(permit);
    builder
});

/// The attributes that an element of HTML may have: its own, and those of any.
pub(super) fn allowed(element: &str) -> [&'static [&'static str]; 2] {
    match FATES.get(&(element, false)) {
        Some(Fate::Stays(own)) => [own, GLOBAL],
        _ => [&[], &[]],
    }
}

/// What the second sanitiser makes of some markup.
pub(super) fn cleaned(markup: &str) -> String {
    AMMONIA.clean(markup).to_string()
}

/// The second net: the field's final markup. Where ammonia takes out more than our pass did, that is one more removal,
/// given as what stood there before and after.
pub(super) fn seal(markup: String) -> (String, Option<(String, String)>) {
    if !markup.contains('<') {
        return (markup, None);
    }
    if is_regular(&markup) {
        debug_assert_eq!(cleaned(&markup), markup);
        return (markup, None);
    }
    let sealed = cleaned(&markup);
    if sealed == markup {
        return (sealed, None);
    }
    // Our list and ammonia's are the same, so this is a flaw of ours (or two parsers that read the markup differently).
    let (before, after) = difference(&markup, &sealed);
    let lost =
        tree::text_of(before).trim() != tree::text_of(after).trim() || after.len() < before.len();
    tracing::warn!(
        before,
        after,
        "the second sanitiser changed what the first had let through"
    );
    let removal = lost.then(|| (before.to_owned(), after.to_owned()));
    (sealed, removal)
}

/// The parts in which two strings differ, cut at tags so that they can be read.
fn difference<'s>(a: &'s str, b: &'s str) -> (&'s str, &'s str) {
    let start = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let start = a.as_bytes()[..start]
        .iter()
        .rposition(|c| *c == b'<')
        .unwrap_or(0);
    let rest = (a.len() - start).min(b.len() - start);
    let end = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let end = (0..=end)
        .rev()
        .find(|end| a.is_char_boundary(a.len() - end) && b.is_char_boundary(b.len() - end))
        .unwrap_or(0);
    (&a[start..a.len() - end], &b[start..b.len() - end])
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn what_acts_goes() {
        check("<p>x</p><script>alert(1)</script>", "<p>x</p>");
        check("<p onclick=alert(1)>x</p>", "<p>x</p>");
        check("<a href=\"java\tscript:alert(1)\">x</a>", "<a>x</a>");
        check("<a href='&#1;javascript:alert(1)'>x</a>", "<a>x</a>");
        check(
            "<svg><a xlink:href='javascript:x'>t</a></svg><p>x</p>",
            "<p>x</p>",
        );
        check("<p>x</p><img src=\"data:image/svg+xml,x\">", "<p>x</p>");
        check("<div style='background:u\\72l(x)'>x</div>", "<div>x</div>");
    }

    #[test]
    fn what_holds_a_story_is_opened() {
        check("<form action=/x><p>x</p></form>", "<p>x</p>");
        check("<font color=red>x</font>", "x");
        // In HTML these names of MathML mean nothing.
        check(
            "<p><mglyph>x</mglyph> <maction>y</maction></p>",
            "<p>x y</p>",
        );
    }

    #[test]
    fn what_readers_show_stays() {
        for html in [
            "<figure><picture><source srcset=\"https://a.example/b.webp\" type=\"image/webp\"><img alt=\"x\" src=\"https://a.example/b.jpg\"></picture><figcaption>c</figcaption></figure>",
            "<table><tbody><tr><td colspan=\"2\">x</td></tr></tbody></table>",
            "<math><mfrac><mn>1</mn><mi>x</mi></mfrac></math>",
            "<p>x<a href=\"#fn1\">1</a></p><p id=\"fn1\">y</p>",
            "<ruby>漢<rt>kan</rt></ruby>",
            "<p dir=\"rtl\" lang=\"ar\">x</p>",
        ] {
            check(html, html);
        }
    }

    #[test]
    fn other_ids_go() {
        check("<p id=\"x\">y</p>", "<p>y</p>");
    }
}
