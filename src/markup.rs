//! The names of HTML, as far as whoever reads or writes text has to tell tags from words about tags.

/// Elements of HTML, the obsolete ones included (HTML standard §4 and §16.2), in the order of their bytes.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "basefont",
    "bdi",
    "bdo",
    "bgsound",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "isindex",
    "kbd",
    "keygen",
    "label",
    "legend",
    "li",
    "link",
    "listing",
    "main",
    "map",
    "mark",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "multicol",
    "nav",
    "nobr",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "plaintext",
    "pre",
    "progress",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "script",
    "search",
    "section",
    "select",
    "selectedcontent",
    "slot",
    "small",
    "source",
    "spacer",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
    "xmp",
];

/// Elements without content (HTML standard §13.1.2), with the obsolete ones.
pub(crate) const VOID: &[&str] = &[
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "link",
    "meta", "param", "source", "track", "wbr",
];

/// The tags of HTML in a string: lower-case name, and whether it is an end tag. Each must have its `>`.
pub(crate) fn tags(text: &str) -> impl Iterator<Item = (&'static str, bool)> {
    // Behind the last `>` there are no tags, however many `<` there are.
    let text = memchr::memrchr(b'>', text.as_bytes()).map_or("", |end| &text[..=end]);
    memchr::memchr_iter(b'<', text.as_bytes()).filter_map(move |at| {
        let rest = &text[at + 1..];
        let (rest, closing) = match rest.strip_prefix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let end = rest
            .bytes()
            .take(16)
            .position(|b| !b.is_ascii_alphanumeric())?;
        if !matches!(
            rest.as_bytes()[end],
            b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r'
        ) {
            return None;
        }
        let name = element(&rest[..end])?;
        Some((name, closing))
    })
}

/// The element of HTML that a name in any case means.
fn element(name: &str) -> Option<&'static str> {
    let mut lower = [0; 16];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let found = ELEMENTS.binary_search_by(|known| known.as_bytes().cmp(lower));
    found.ok().map(|at| ELEMENTS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_in_the_order_that_the_search_needs() {
        assert!(ELEMENTS.is_sorted());
        assert!(ELEMENTS.iter().all(|name| element(name) == Some(name)));
        assert_eq!((element("IMG"), element("imgs")), (Some("img"), None));
    }
}
