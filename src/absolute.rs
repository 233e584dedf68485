//! Relative addresses made absolute, in a single reference and in a fragment of HTML, and not one other byte changed.
//!
//! Deliberately no URL parser: RFC 3986 §5 is an operation on strings, and one that also leaves
//! alone what a strict parser would rewrite (letters outside ASCII, `%7e`, a missing final slash).
//! Invariant: a reference that has a scheme already comes back as it was.

use std::borrow::Cow;

/// Attributes of HTML that hold one address (HTML standard, index of attributes), the obsolete ones included.
const ADDRESS_ATTRIBUTES: &[&str] = &[
    "action",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "poster",
    "src",
    "usemap",
];

/// Resolves a reference against a base (RFC 3986 §5.2). A base that is no more than a path gives no
/// more than a path; without any, the reference comes back trimmed.
#[must_use]
pub fn resolve(base: Option<&str>, reference: &str) -> String {
    let reference = reference.trim();
    let Some(base) = base.filter(|base| has_scheme(base) || base.starts_with('/')) else {
        return reference.to_owned();
    };
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let base = base.split('#').next().unwrap_or_default();
    if reference.is_empty() {
        return base.to_owned();
    }
    let scheme_end = match base.find(':') {
        Some(at) if has_scheme(base) => at + 1,
        _ => 0,
    };
    let (scheme, rest) = base.split_at(scheme_end);
    if reference.starts_with("//") {
        return format!("{scheme}{reference}");
    }
    if !rest.starts_with('/') {
        // `mailto:`, `urn:` and the like have no hierarchy to resolve in.
        return reference.to_owned();
    }
    let authority_end = rest.strip_prefix("//").map_or(0, |authority| {
        authority.find(['/', '?']).map_or(rest.len(), |at| at + 2)
    });
    let (authority, path_and_query) = rest.split_at(authority_end);
    let path = path_and_query.split('?').next().unwrap_or_default();
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    if reference.starts_with('?') {
        return format!("{scheme}{authority}{path}{reference}");
    }
    let split = reference.find(['?', '#']).unwrap_or(reference.len());
    let (reference_path, tail) = reference.split_at(split);
    let merged = if reference_path.starts_with('/') {
        reference_path.to_owned()
    } else {
        let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
        format!("{folder}{reference_path}")
    };
    format!("{scheme}{authority}{}{tail}", without_dots(&merged))
}

/// Whether a reference begins with a scheme (RFC 3986 §3.1).
#[must_use]
pub fn has_scheme(reference: &str) -> bool {
    let is_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let bytes = reference.as_bytes();
    let end = bytes.iter().position(|b| !is_scheme(b));
    end.is_some_and(|end| bytes[end] == b':') && bytes[0].is_ascii_alphabetic()
}

/// Removes `.` and `..` segments (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => out.push(""),
            "." => {}
            ".." => {
                out.pop();
                if last {
                    out.push("");
                }
            }
            _ => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

/// A fragment of HTML with every relative address made absolute.
///
/// Changes the values of address attributes and `srcset`, and no other byte; a fragment without
/// relative addresses is borrowed. Fragment-only references (`#note`) stay, since they point into the
/// entry itself.
#[must_use]
pub fn absolute_html<'h>(html: &'h str, base: &str) -> Cow<'h, str> {
    if !has_scheme(base) {
        return Cow::Borrowed(html);
    }
    let mut out = String::new();
    let mut copied = 0;
    let mut scanner = Scanner {
        html,
        at: 0,
        no_comment_end: false,
    };
    while let Some(attribute) = scanner.next_attribute() {
        let Some(value) = absolute_value(attribute.name, attribute.value, base) else {
            continue;
        };
        out.push_str(&html[copied..attribute.from]);
        if attribute.quoted {
            out.push_str(&value);
        } else {
            out.push('"');
            out.push_str(&value);
            out.push('"');
        }
        copied = attribute.from + attribute.value.len();
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

/// Whether a fragment of HTML holds an address that a base would change: `//host/path`, which lacks
/// its scheme alone, is one too.
#[must_use]
pub fn has_relative(html: &str) -> bool {
    /// Any base will do to ask.
    const BASE: &str = "http://example.org/";
    let mut scanner = Scanner {
        html,
        at: 0,
        no_comment_end: false,
    };
    std::iter::from_fn(|| scanner.next_attribute())
        .any(|a| absolute_value(a.name, a.value, BASE).is_some())
}

/// The new value of an attribute, escaped as the old one was, if it changes.
pub(crate) fn absolute_value(name: &str, value: &str, base: &str) -> Option<String> {
    let is = |known: &&str| name.len() == known.len() && name.eq_ignore_ascii_case(known);
    // Nearly every address is absolute already; that is seen before anything is copied.
    if is_settled(value) && !is_srcset(name) {
        return None;
    }
    let new = if is_srcset(name) {
        absolute_srcset(value, base)
    } else if ADDRESS_ATTRIBUTES.iter().any(is) {
        absolute_reference(value, base)
    } else {
        return None;
    };
    (new != value).then_some(new)
}

/// Whether an attribute holds several addresses.
fn is_srcset(name: &str) -> bool {
    name.eq_ignore_ascii_case("srcset") || name.eq_ignore_ascii_case("imagesrcset")
}

/// Whether no base changes a reference.
fn is_settled(reference: &str) -> bool {
    let reference = reference.trim();
    reference.is_empty() || reference.starts_with('#') || has_scheme(reference)
}

fn absolute_reference(value: &str, base: &str) -> String {
    if is_settled(value) {
        return value.to_owned();
    }
    let trimmed = value.trim();
    // The base enters an attribute's value, whatever quotes stand around it.
    let base = base
        .replace('&', "&amp;")
        .replace('"', "%22")
        .replace('\'', "%27");
    resolve(Some(&base), trimmed)
}

/// Each candidate of a `srcset` (HTML standard §4.8.4.2.1): an address and perhaps a width or density.
fn absolute_srcset(value: &str, base: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    loop {
        let address_at = rest
            .find(|c: char| !c.is_ascii_whitespace() && c != ',')
            .unwrap_or(rest.len());
        out.push_str(&rest[..address_at]);
        rest = &rest[address_at..];
        if rest.is_empty() {
            return out;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches(',');
        out.push_str(&absolute_reference(address, base));
        let descriptor_end = if address.len() < end {
            address.len()
        } else {
            rest[end..].find(',').map_or(rest.len(), |at| end + at)
        };
        out.push_str(&rest[address.len()..descriptor_end]);
        rest = &rest[descriptor_end..];
    }
}

/// One attribute of a start tag, as it stands in the HTML.
struct Found<'h> {
    name: &'h str,
    value: &'h str,
    from: usize,
    quoted: bool,
}

/// Walks through the attributes of all start tags, in the manner of the HTML tokeniser.
struct Scanner<'h> {
    html: &'h str,
    at: usize,
    no_comment_end: bool,
}

impl<'h> Scanner<'h> {
    /// The next attribute that has a value. `at` is inside a tag while its attributes are being read.
    fn next_attribute(&mut self) -> Option<Found<'h>> {
        let bytes = self.html.as_bytes();
        loop {
            if !self.inside_tag() && !self.enter_tag() {
                return None;
            }
            while self.at < bytes.len()
                && (bytes[self.at].is_ascii_whitespace()
                    || matches!(bytes[self.at], b'/' | b'=' | b'"' | b'\''))
            {
                self.at += 1;
            }
            if self.at >= bytes.len() || bytes[self.at] == b'>' {
                continue;
            }
            let start = self.at;
            self.skip_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'='));
            let name = &self.html[start..self.at];
            // Nearly always there is no space around it.
            if let [b'=', b'"' | b'\'', ..] = &bytes[self.at..] {
                self.at += 1;
                return Some(self.value(name));
            }
            let equals = self.html[self.at..].trim_start();
            let Some(value) = equals.strip_prefix('=') else {
                continue;
            };
            self.at = self.html.len() - value.trim_start().len();
            return Some(self.value(name));
        }
    }

    fn value(&mut self, name: &'h str) -> Found<'h> {
        let bytes = self.html.as_bytes();
        let quote = bytes
            .get(self.at)
            .copied()
            .filter(|b| matches!(b, b'"' | b'\''));
        let from = self.at + usize::from(quote.is_some());
        self.at = from;
        match quote {
            Some(quote) => {
                self.at += memchr::memchr(quote, &bytes[from..]).unwrap_or(bytes.len() - from);
            }
            None => self.skip_while(|b| !b.is_ascii_whitespace() && b != b'>'),
        }
        let value = &self.html[from..self.at];
        if quote.is_some() && self.at < bytes.len() {
            self.at += 1;
        }
        Found {
            name,
            value,
            from,
            quoted: quote.is_some(),
        }
    }

    /// Whether the place is behind a tag's name and not at its end.
    fn inside_tag(&self) -> bool {
        self.at > 0
            && self
                .html
                .as_bytes()
                .get(self.at)
                .is_some_and(|b| *b != b'>')
    }

    /// Moves behind the name of the next start tag.
    fn enter_tag(&mut self) -> bool {
        let bytes = self.html.as_bytes();
        while let Some(offset) = bytes
            .get(self.at..)
            .and_then(|rest| memchr::memchr(b'<', rest))
        {
            let lt = self.at + offset;
            self.at = lt + 1;
            if bytes.get(lt + 1) == Some(&b'!')
                && self.html[lt..].starts_with("<!--")
                && !self.no_comment_end
            {
                match self.html[lt + 4..].find("-->") {
                    Some(end) => self.at = lt + 4 + end + 3,
                    None => self.no_comment_end = true,
                }
            } else if bytes.get(lt + 1).is_some_and(u8::is_ascii_alphabetic) {
                self.skip_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>'));
                return true;
            }
        }
        self.at = bytes.len();
        false
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        let rest = &self.html.as_bytes()[self.at..];
        self.at += rest.iter().position(|b| !keep(*b)).unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, reference: &str, expected: &str) {
        assert_eq!(
            resolve(Some(base), reference),
            expected,
            "{reference} on {base}"
        );
    }

    #[test]
    fn the_examples_of_rfc_3986() {
        const BASE: &str = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("g/../h", "http://a/b/c/h"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            check(BASE, reference, expected);
        }
    }

    #[test]
    fn bases_of_every_kind() {
        check("http://example.com", "x", "http://example.com/x");
        check("http://example.com?q", "x", "http://example.com/x");
        check(
            "http://www.詹姆斯.com/feed",
            "",
            "http://www.詹姆斯.com/feed",
        );
        check("urn:isbn:1", "x", "x");
        check("no-base", " x ", "x");
        check("http://a/", "x:y/z", "x:y/z");
        check("http://a/", "1:2", "http://a/1:2");
    }

    #[track_caller]
    fn html(html: &str, expected: &str) {
        assert_eq!(absolute_html(html, "http://h/d/e"), expected);
    }

    #[test]
    fn only_relative_addresses_of_html_change() {
        html(
            "<a href=\"x\">x href=\"x\"</a>",
            "<a href=\"http://h/d/x\">x href=\"x\"</a>",
        );
        html(
            "<img alt='a>b' src=/i.png/>",
            "<img alt='a>b' src=\"http://h/i.png/\">",
        );
        html(
            "<IMG SRC='i'><img src=\"http://o/\">",
            "<IMG SRC='http://h/d/i'><img src=\"http://o/\">",
        );
        html(
            "<a href='#n'>1 < 2</a><!-- <a href='x'> -->",
            "<a href='#n'>1 < 2</a><!-- <a href='x'> -->",
        );
        html("<a href=", "<a href=");
        html(
            "<a href=\"?a=1&amp;b\">",
            "<a href=\"http://h/d/e?a=1&amp;b\">",
        );
        html(
            "<p href>x<a title=href href=y>",
            "<p href>x<a title=href href=\"http://h/d/y\">",
        );
    }

    #[test]
    fn html_that_a_base_would_change() {
        assert!(has_relative("<p>x<img src=x.png>"));
        assert!(has_relative("<img src=//o/x.png>"));
        assert!(!has_relative(
            "<a href='#n'>x</a> <a href='http://o/'>src=x</a>"
        ));
    }

    #[test]
    fn every_candidate_of_a_srcset() {
        html(
            "<img srcset=\"a.png 1x, /b.png 2x,http://o/c 3x\">",
            "<img srcset=\"http://h/d/a.png 1x, http://h/b.png 2x,http://o/c 3x\">",
        );
        html(
            "<img srcset='a, b 100w'>",
            "<img srcset='http://h/d/a, http://h/d/b 100w'>",
        );
    }

    #[test]
    fn a_base_cannot_break_out_of_its_attribute() {
        let out = absolute_html("<a href='x'>", "http://h/'onclick='y/");
        assert_eq!(out, "<a href='http://h/%27onclick=%27y/x'>");
    }
}
