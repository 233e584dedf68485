//! Text or HTML: what the string in an element is, decided once and by evidence.
//!
//! Atom says it (RFC 4287 §3.1, Atom 0.3 `mode`), and is believed unless the element itself disproves
//! it. RSS does not say it (RSS 2.0 allows "entity-encoded HTML" in `description` and is silent on
//! `title`), so there tags and references decide.

use super::entities;
use super::html::{self, Words};
use super::names::Family;
use super::scope::{Reader, Scope};
use super::tree::{self, El, Node};
use crate::absolute;
use crate::model::{Text, TextKind};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// What an element's text is for; the evidence weighs differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A title or a similar line: text, unless it is clearly marked up.
    Line,
    /// A description, summary or content.
    Body,
    /// `content:encoded` and its like, which are HTML by definition.
    Html,
}

/// Base64 with or without its padding, for mails and feeds both lose it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What an element says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Nothing,
    Text,
    Html,
    Xhtml,
    /// XML of another kind, or a media type that is no text: not for a [`Text`].
    Foreign,
}

fn declared(el: &El<'_>) -> Declared {
    let kind = el
        .attribute("type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind {
        "" => Declared::Nothing,
        "text" | "plain" | "text/plain" => Declared::Text,
        "html" | "text/html" => Declared::Html,
        "xhtml" | "application/xhtml+xml" | "text/xhtml" => Declared::Xhtml,
        _ if kind.starts_with("text/") && kind != "text/xml" => Declared::Text,
        _ if kind.contains('/') => Declared::Foreign,
        _ => Declared::Nothing,
    }
}

/// Whether an Atom `content` holds something that no text field can: an image, a foreign document.
pub(super) fn is_foreign(el: &El<'_>) -> bool {
    declared(el) == Declared::Foreign && !el.elements().any(|child| child.family == Family::Xhtml)
}

/// Reads a text construct. The scope is the one inside the element.
pub(super) fn read(el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>, usage: Use) -> Text {
    let declared = declared(el);
    let mut text = if let Some(wrapped) = wrapped_html(el, declared) {
        Text::html(wrapped)
    } else if el.has_elements() {
        Text {
            is_xhtml: el.family.is_atom() && declared == Declared::Xhtml,
            ..Text::html(markup(el, scope, reader))
        }
    } else {
        let string = string(el, reader);
        let el = &*el;
        match declared {
            Declared::Text => Text::plain(string),
            Declared::Html | Declared::Xhtml => Text::html(unescaped_once_more(string, el, reader)),
            Declared::Nothing | Declared::Foreign if usage == Use::Html => {
                Text::html(unescaped_once_more(string, el, reader))
            }
            Declared::Nothing if el.family.is_atom() || reader.atom => {
                undeclared(string, usage, el, reader)
            }
            Declared::Nothing | Declared::Foreign => guess(string, usage, el, reader),
        }
    };
    if text.kind == TextKind::Plain && usage == Use::Line && text.value.contains('\n') {
        // Indentation; RFC 4287 §3.1.1.1 lets a reader collapse it.
        text.value = text.value.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if text.kind == TextKind::Html {
        // A base that nobody declared must not catch `#note`, which points into the text itself.
        let needs_base = || scope.base_is_declared || absolute::has_relative(&text.value);
        let base = scope.base.as_deref().filter(|_| needs_base());
        text.base = base.map(str::to_owned);
    }
    text.language = scope.language();
    text
}

/// The string of an element without elements, out of base64 where it is in it. What the tree owns is moved out of it.
fn string(el: &mut El<'_>, reader: &mut Reader<'_>) -> String {
    let text = el.text();
    let is_declared = el
        .attribute("mode")
        .is_some_and(|mode| mode.trim().eq_ignore_ascii_case("base64"));
    // Of what is no text and no XML, RFC 4287 §4.1.3.3 says that it is base64.
    let is_foreign = declared(el) == Declared::Foreign
        && !el
            .attribute("type")
            .is_some_and(|kind| kind.trim().ends_with("xml"));
    if is_declared || is_foreign {
        let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        match BASE64.decode(packed).map(String::from_utf8) {
            Ok(Ok(decoded)) => return decoded.trim().to_owned(),
            _ => reader
                .notes
                .add("base64 cannot be decoded and was kept as text", el.at),
        }
    }
    let trimmed = tree::trim(&text);
    if trimmed.is_empty() && el.family == Family::None {
        // CDF's first version wrote `<TITLE VALUE="…"/>`.
        return el.filled("value").unwrap_or_default();
    }
    // A CDATA section that was escaped, or that stands inside another.
    let inside = trimmed
        .strip_prefix("<![CDATA[")
        .and_then(|text| text.strip_suffix("]]>"));
    if let Some(inside) = inside.filter(|inside| !inside.contains("<![CDATA[")) {
        reader
            .notes
            .add("a CDATA section that stood as text was opened", el.at);
        return inside.trim().to_owned();
    }
    let length = text.len();
    let is_trimmed = trimmed.len() == length;
    if let (true, [Node::Text(Cow::Owned(text))]) = (is_trimmed, &mut *el.children) {
        text.shrink_to_fit();
        return std::mem::take(text);
    }
    tree::trim(&el.text()).to_owned()
}

/// The markup of an element with elements. Atom 1.0's `div` is a wrapper and no part of the content (RFC 4287 §3.1.1.3).
fn markup(el: &El<'_>, scope: &Scope, reader: &mut Reader<'_>) -> String {
    if declared(el) != Declared::Xhtml
        && el.family != Family::Xhtml
        && !el.name.eq_ignore_ascii_case("body")
    {
        reader
            .notes
            .add("markup stands in an element that should hold text", el.at);
    }
    let base = scope.base.as_deref();
    if el.family == Family::Atom
        && let Some(div) = only_element(el)
        && div.name.eq_ignore_ascii_case("div")
    {
        let inner = scope.enter(div);
        return html::inner_html(div, inner.base.as_deref(), Words::Text)
            .trim()
            .to_owned();
    }
    let is_declared = declared(el) == Declared::Xhtml || el.family == Family::Xhtml;
    let words = if is_declared {
        Words::Text
    } else {
        Words::Evidence
    };
    html::inner_html(el, base, words).trim().to_owned()
}

/// The single child element, if there is no text beside it.
fn only_element<'e, 'a>(el: &'e El<'a>) -> Option<&'e El<'a>> {
    let blank = |node: &Node<'_>| matches!(node, Node::Text(text) if text.trim().is_empty());
    let mut words = el.children.iter().filter(|node| !blank(node));
    match (words.next(), words.next()) {
        (Some(Node::El(only)), None) => Some(only),
        _ => None,
    }
}

/// `<content type="html"><div>&lt;p&gt;…</div></content>`: escaped HTML that TypePad wrapped in a `div` all the same.
fn wrapped_html(el: &El<'_>, declared: Declared) -> Option<String> {
    let div = only_element(el).filter(|_| declared == Declared::Html)?;
    let text = div.text();
    (div.name.eq_ignore_ascii_case("div") && !div.has_elements() && html::has_tag(&text))
        .then(|| text.trim().to_owned())
}

/// Atom without a `type` is text (RFC 4287 §3.1.1), unless a body is plainly markup.
fn undeclared(string: String, usage: Use, el: &El<'_>, reader: &mut Reader<'_>) -> Text {
    if usage == Use::Line || !html::has_closed_tag(&string) {
        return Text::plain(string);
    }
    reader
        .notes
        .add("HTML stands in an element that says it is text", el.at);
    Text::html(string)
}

/// RSS, by the evidence.
fn guess(string: String, usage: Use, el: &El<'_>, reader: &mut Reader<'_>) -> Text {
    if usage == Use::Line {
        return line(string);
    }
    if html::looks_like_html(&string) {
        return Text::html(unescaped_once_more(string, el, reader));
    }
    Text::plain(string)
}

/// A title of RSS or JSON: text, its references resolved, unless it is marked up.
pub(super) fn line(string: String) -> Text {
    if html::has_closed_tag(&string) {
        return Text::html(string);
    }
    // A reference may have stood for space.
    match entities::unescape_html(&string) {
        Cow::Borrowed(text) if text.len() == tree::trim(text).len() => Text::plain(string),
        text => Text::plain(text.trim()),
    }
}

fn unescaped_once_more(string: String, el: &El<'_>, reader: &mut Reader<'_>) -> String {
    if !html::is_doubly_escaped(&string) {
        return string;
    }
    reader.notes.add("HTML was escaped twice", el.at);
    entities::unescape_html(&string).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::notes::Notes;
    use super::*;

    fn read_first(xml: &str, atom: bool, usage: Use) -> Text {
        let mut notes = Notes::default();
        let mut tree = tree::build(xml, &mut notes);
        let mut reader = Reader::new(&mut notes, atom);
        let el = tree.elements_mut().next().expect("the test has an element");
        read(el, &Scope::default(), &mut reader, usage)
    }

    #[track_caller]
    fn rss(usage: Use, xml: &str, expected: Text) {
        assert_eq!(read_first(xml, false, usage), expected, "{xml}");
    }

    #[track_caller]
    fn atom(xml: &str, expected: Text) {
        let xml = xml.replacen("<c", "<c xmlns='http://www.w3.org/2005/Atom'", 1);
        assert_eq!(read_first(&xml, true, Use::Body), expected, "{xml}");
    }

    #[test]
    fn titles_of_rss() {
        rss(Use::Line, "<t>A &amp; B</t>", Text::plain("A & B"));
        rss(Use::Line, "<t>A &amp;amp; B</t>", Text::plain("A & B"));
        rss(Use::Line, "<t>It&amp;#8217;s</t>", Text::plain("It’s"));
        rss(
            Use::Line,
            "<t>&lt;i&gt;A&lt;/i&gt; B</t>",
            Text::html("<i>A</i> B"),
        );
        rss(
            Use::Line,
            "<t>The &lt;video&gt; element</t>",
            Text::plain("The <video> element"),
        );
        rss(Use::Line, "<t>A\n  B</t>", Text::plain("A B"));
        rss(Use::Line, "<t>1 &lt; 2</t>", Text::plain("1 < 2"));
        rss(Use::Line, "<t><i>A</i></t>", Text::html("<i>A</i>"));
    }

    #[test]
    fn descriptions_of_rss() {
        rss(Use::Body, "<d>a\nb</d>", Text::plain("a\nb"));
        rss(Use::Body, "<d>a &amp; b</d>", Text::plain("a & b"));
        rss(Use::Body, "<d>a &amp;amp; b</d>", Text::html("a &amp; b"));
        rss(
            Use::Body,
            "<d><![CDATA[<p>a</p>]]></d>",
            Text::html("<p>a</p>"),
        );
        rss(
            Use::Body,
            "<d>&amp;lt;p&amp;gt;a&amp;lt;/p&amp;gt;</d>",
            Text::html("<p>a</p>"),
        );
        rss(Use::Html, "<d>a</d>", Text::html("a"));
    }

    fn xhtml(html: &str) -> Text {
        Text {
            is_xhtml: true,
            ..Text::html(html)
        }
    }

    #[test]
    fn constructs_of_atom() {
        atom("<c>a &lt;b&gt; b</c>", Text::plain("a <b> b"));
        atom("<c>&lt;p&gt;a&lt;/p&gt;</c>", Text::html("<p>a</p>"));
        atom(
            "<c type='text'>&lt;b&gt;a&lt;/b&gt;</c>",
            Text::plain("<b>a</b>"),
        );
        atom("<c type='html'>a &amp;amp; b</c>", Text::html("a &amp; b"));
        atom("<c type='xhtml'> <div>a<br/></div> </c>", xhtml("a<br>"));
        atom(
            "<c type='xhtml'><div>a</div><div>b</div></c>",
            xhtml("<div>a</div><div>b</div>"),
        );
        atom(
            "<c type='text/html' mode='base64'>PGI+\nYTwvYj4</c>",
            Text::html("<b>a</b>"),
        );
    }
}
