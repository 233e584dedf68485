//! Character and entity references: of XML, of HTML, and of a document's own DTD.
//!
//! Never reads an external entity. What internal entities grow a document by is limited by
//! [`XML_ENTITY_BYTES_MAX`], counted over the whole document.

use crate::decode::without_c1;
use crate::limits::XML_ENTITY_BYTES_MAX;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deeply internal entities may refer to each other. Real DTDs need two; deeper ones are attacks.
const DEPTH_MAX: usize = 8;

/// The longest reference, counted between `&` and `;`. HTML's longest name has 31 letters; own entities rarely more.
const NAME_BYTES_MAX: usize = 64;

/// How many entities a DTD may declare; the HTML sets together have 253.
const DECLARED_MAX: usize = 2_048;

/// The internal entities of a document, and what is left of the room they may take.
#[derive(Debug)]
pub(super) struct Entities<'a> {
    declared: HashMap<&'a str, &'a str>,
    bytes_left: usize,
}

impl Default for Entities<'_> {
    fn default() -> Self {
        Self {
            declared: HashMap::new(),
            bytes_left: XML_ENTITY_BYTES_MAX,
        }
    }
}

/// What was forgiven while references were resolved.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Forgiven {
    /// An `&` that begins no reference, or one to a name nobody defined.
    pub(super) bare_ampersand: bool,
    /// A name of HTML that XML does not know.
    pub(super) html_name: bool,
    /// A reference to a character that XML cannot carry.
    pub(super) bad_character: bool,
    /// Two references that are the halves of one character.
    pub(super) halves: bool,
    /// Internal entities that would outgrow the limit.
    pub(super) too_large: bool,
}

impl<'a> Entities<'a> {
    /// Notes `<!ENTITY name "value">`; the first declaration binds (XML 1.0 §4.2).
    pub(super) fn declare(&mut self, name: &'a str, value: &'a str) {
        if self.declared.len() < DECLARED_MAX {
            self.declared.entry(name).or_insert(value);
        }
    }

    /// Resolves every reference in text or in an attribute's value.
    pub(super) fn resolve<'t>(&mut self, text: &'t str, forgiven: &mut Forgiven) -> Cow<'t, str> {
        if memchr(b'&', text.as_bytes()).is_none() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut has_c1 = false;
        self.expand(text, &mut out, 0, forgiven, &mut has_c1);
        // One that stands as it is means the same whether or not a reference stands beside it.
        match without_c1(&out) {
            Cow::Owned(mended) if has_c1 => Cow::Owned(mended),
            _ => Cow::Owned(out),
        }
    }

    /// `has_c1` becomes true where a reference stands for a C1 control character.
    fn expand(
        &mut self,
        text: &str,
        out: &mut String,
        depth: usize,
        forgiven: &mut Forgiven,
        has_c1: &mut bool,
    ) {
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some((c, after)) = predefined(rest).filter(|_| self.declared.is_empty()) {
                out.push(c);
                rest = after;
                continue;
            }
            let Some((body, after)) = reference(rest) else {
                forgiven.bare_ampersand = true;
                out.push('&');
                continue;
            };
            if let Some(number) = body.strip_prefix('#') {
                if let Some((c, after)) = halves(number, after) {
                    forgiven.halves = true;
                    out.push(c);
                    rest = after;
                    continue;
                }
                match numeric(number) {
                    Some(c) if is_xml_char(c) => {
                        *has_c1 |= matches!(c, '\u{80}'..='\u{9f}');
                        out.push(c);
                    }
                    Some(_) => forgiven.bad_character = true,
                    None => {
                        forgiven.bare_ampersand = true;
                        out.push('&');
                        continue;
                    }
                }
            } else if let Some(value) = self.declared.get(body).copied() {
                // Counted by growth, and at least one each, so that entities of nothing end too.
                let cost = value
                    .len()
                    .saturating_sub(body.len() + 2)
                    .max(usize::from(depth > 0));
                if depth >= DEPTH_MAX || cost > self.bytes_left {
                    forgiven.too_large = true;
                    self.bytes_left = 0;
                } else {
                    self.bytes_left -= cost;
                    self.expand(value, out, depth + 1, forgiven, has_c1);
                }
            } else if let Some((text, html)) = named(body) {
                forgiven.html_name |= html;
                out.push_str(&text);
            } else {
                forgiven.bare_ampersand = true;
                out.push('&');
                continue;
            }
            rest = after;
        }
        out.push_str(rest);
    }
}

/// The character of a reference that XML defines itself (XML 1.0 §4.6), and what stands behind it.
fn predefined(rest: &str) -> Option<(char, &str)> {
    let (c, bytes) = match rest.as_bytes() {
        [b'l', b't', b';', ..] => ('<', 3),
        [b'g', b't', b';', ..] => ('>', 3),
        [b'a', b'm', b'p', b';', ..] => ('&', 4),
        [b'q', b'u', b'o', b't', b';', ..] => ('"', 5),
        _ => return None,
    };
    Some((c, &rest[bytes..]))
}

/// Resolves the references of HTML in a text that has been taken out of its XML already.
///
/// Only complete references (with `;`) count: `&copy=1` in an address is no copyright sign.
pub(super) fn unescape_html(text: &str) -> Cow<'_, str> {
    Entities::default().resolve(text, &mut Forgiven::default())
}

/// Whether a text contains at least one complete reference that HTML knows.
pub(super) fn has_reference(text: &str) -> bool {
    memchr_iter(b'&', text.as_bytes()).any(|at| {
        reference(&text[at + 1..]).is_some_and(|(body, _)| match body.strip_prefix('#') {
            Some(number) => numeric(number).is_some(),
            None => named(body).is_some(),
        })
    })
}

/// Splits what follows an `&` at the `;` that ends the reference.
fn reference(rest: &str) -> Option<(&str, &str)> {
    let end = rest.bytes().take(NAME_BYTES_MAX).position(|b| {
        !(b.is_ascii_alphanumeric() || matches!(b, b'#' | b'_' | b'-' | b'.' | b':'))
    })?;
    (end > 0 && rest.as_bytes()[end] == b';').then(|| (&rest[..end], &rest[end + 1..]))
}

/// The character of a numeric reference's digits. What HTML reads as windows-1252 (128 to 159, HTML
/// standard §13.2.5.80) is told from UTF-8 that was escaped byte by byte once the whole text is known.
fn numeric(digits: &str) -> Option<char> {
    Some(char::from_u32(code(digits)?).unwrap_or('\u{fffd}'))
}

fn code(digits: &str) -> Option<u32> {
    match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

/// A character that JavaScript wrote as its two surrogates (`&#55357;&#56832;`), and what follows.
fn halves<'t>(high: &str, after: &'t str) -> Option<(char, &'t str)> {
    let high = code(high).filter(|high| (0xd800..0xdc00).contains(high))?;
    let (low, after) = reference(after.strip_prefix('&')?)?;
    let low = code(low.strip_prefix('#')?).filter(|low| (0xdc00..0xe000).contains(low))?;
    let c = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
    Some((c, after))
}

/// A name of XML or HTML, and whether it is one that only HTML knows.
fn named(name: &str) -> Option<(Cow<'static, str>, bool)> {
    Some(match name {
        "amp" => ("&".into(), false),
        "lt" => ("<".into(), false),
        "gt" => (">".into(), false),
        "quot" => ("\"".into(), false),
        "apos" => ("'".into(), false),
        _ => {
            let key = format!("{name};");
            let (first, second) = html5ever::data::NAMED_ENTITIES.get(key.as_str()).copied()?;
            let first = char::from_u32(first).filter(|c| *c != '\0')?;
            let second = char::from_u32(second).filter(|c| *c != '\0');
            (
                String::from_iter(std::iter::once(first).chain(second)).into(),
                true,
            )
        }
    })
}

/// Whether XML 1.0 can carry a character (§2.2).
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut entities = Entities::default();
        entities.declare("me", "Jo &amp; &last;");
        entities.declare("last", "Doe");
        assert_eq!(entities.resolve(text, &mut Forgiven::default()), expected);
    }

    #[test]
    fn references_of_xml_html_and_the_dtd() {
        check(
            "a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;",
            "a & b <c> \"d\" 'e'",
        );
        check("&#65;&#x42;&#X43;", "ABC");
        check("&nbsp;&eacute;&hellip;", "\u{a0}é…");
        check("&me;", "Jo & Doe");
        check("&#146;&#x96;", "’–");
        check("&#0;&#8;x", "x");
        check("&#xdd;&#x90; &#195;&#169;", "\u{750} Ã©");
    }

    #[test]
    fn a_control_character_that_is_no_reference_stays_whatever_stands_beside_it() {
        check("Ý\u{90}", "Ý\u{90}");
        check("Ý\u{90} &amp; &#233;", "Ý\u{90} & é");
    }

    #[test]
    fn what_is_no_reference_stays() {
        check("AT&T & co", "AT&T & co");
        check("?a=1&b=2&copy=3", "?a=1&b=2&copy=3");
        check("&nonsense; &#; &#xzz; &", "&nonsense; &#; &#xzz; &");
        check("&é;", "&é;");
    }

    #[test]
    fn entities_do_not_grow_without_end() {
        let bomb: Vec<(String, String)> = (0..9)
            .map(|n| (format!("e{n}"), format!("&e{};", n + 1).repeat(10)))
            .collect();
        let mut entities = Entities::default();
        for (name, value) in &bomb {
            entities.declare(name, value);
        }
        let empty = String::new();
        entities.declare("e9", &empty);
        let mut forgiven = Forgiven::default();
        let grown = entities.resolve("&e0;", &mut forgiven);
        assert!(grown.len() <= XML_ENTITY_BYTES_MAX);
        assert!(forgiven.too_large);
    }

    #[test]
    fn references_are_found_only_where_they_are() {
        assert!(has_reference("Foo &#8217;s"));
        assert!(has_reference("a &amp; b"));
        assert!(!has_reference("AT&T; a & b &x;"));
    }
}
