//! The tolerant tokeniser: text to tags and text, borrowed from the input wherever nothing had to be resolved.
//!
//! Our own instead of `quick-xml`'s, because nearly everything that it reports as an error (an `&`
//! alone, a `<` in text, an attribute without quotes, a document that breaks off) is an ordinary
//! Tuesday in feeds, and working around an error event costs more than forty lines of scanning.
//! Knows nothing of namespaces or nesting; `tree` does.
//!
//! Well-formed input is the fast path: from one `<`, quote or `]` to the next with `memchr`, and nothing
//! is copied where there is no `&`. What is forgiven costs a look at the bytes around it.
//!
//! Invariants: never fails and never panics; linear in the input, since a terminator that was once
//! searched to the end of the document and not found is not searched again.

mod doctype;
mod unclosed;

use super::entities::{Entities, Forgiven};
use super::notes::Notes;
use crate::limits::XML_ATTRIBUTES_MAX;
use memchr::memchr;
use std::borrow::Cow;

/// A start tag's attribute, its references resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawAttribute<'a> {
    /// The name as written, with its prefix.
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

/// One piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A start tag; its attributes are [`Tokens::attributes`].
    Start {
        name: &'a str,
        empty: bool,
        at: usize,
    },
    End {
        name: &'a str,
        at: usize,
    },
    Text(Cow<'a, str>),
}

/// The terminators whose absence is remembered.
#[derive(Debug, Clone, Copy)]
enum Terminator {
    Comment,
    Cdata,
    Instruction,
    DoubleQuote,
    SingleQuote,
}

impl Terminator {
    fn text(self) -> &'static str {
        match self {
            Self::Comment => "-->",
            Self::Cdata => "]]>",
            Self::Instruction => "?>",
            Self::DoubleQuote => "\"",
            Self::SingleQuote => "'",
        }
    }
}

/// Reads a document from front to back.
#[derive(Debug)]
pub(super) struct Tokens<'a, 'n> {
    text: &'a str,
    at: usize,
    absent: [bool; 5],
    doctype_seen: bool,
    /// The element that was begun last, until one ends.
    inside: Option<&'a str>,
    /// Where the next comment ends, as far as it was looked for.
    comment_end: Option<usize>,
    /// Where the next CDATA section ends, as far as it was looked for.
    cdata_end: Option<usize>,
    /// Whether some comment is never closed, once that was asked.
    open_comments: Option<bool>,
    entities: Entities<'a>,
    notes: &'n mut Notes,
    /// The attributes of the start tag that was read last, in a list that is used again and again.
    pub(super) attributes: Vec<RawAttribute<'a>>,
    /// Whether the document ended inside a tag, a comment or a CDATA section.
    pub(super) truncated: bool,
}

impl<'a, 'n> Tokens<'a, 'n> {
    pub(super) fn new(text: &'a str, notes: &'n mut Notes) -> Self {
        Self {
            text,
            at: 0,
            absent: [false; 5],
            doctype_seen: false,
            inside: None,
            comment_end: None,
            cdata_end: None,
            open_comments: None,
            entities: Entities::default(),
            notes,
            attributes: Vec::new(),
            truncated: false,
        }
    }

    /// The place that is read next, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the things that were forgiven are noted.
    pub(super) fn notes(&mut self) -> &mut Notes {
        self.notes
    }

    /// Finds a terminator at or behind `from`.
    fn find(&mut self, terminator: Terminator, from: usize) -> Option<usize> {
        if self.absent[terminator as usize] {
            return None;
        }
        let text = self.text.as_bytes();
        let end = terminator.text().as_bytes();
        let mut at = from;
        let found = loop {
            match memchr(end[0], text.get(at..)?) {
                Some(offset) if end.len() == 1 || text[at + offset..].starts_with(end) => {
                    break Some(at + offset);
                }
                Some(offset) => at += offset + 1,
                None => break None,
            }
        };
        self.absent[terminator as usize] = found.is_none();
        found
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn resolve(&mut self, text: &'a str, at: usize) -> Cow<'a, str> {
        let mut forgiven = Forgiven::default();
        let resolved = self.entities.resolve(text, &mut forgiven);
        if forgiven != Forgiven::default() {
            self.note_references(forgiven, at);
        }
        resolved
    }

    fn note_references(&mut self, forgiven: Forgiven, at: usize) {
        if forgiven.bare_ampersand {
            self.notes
                .add("an & that begins no reference was kept as text", at);
        }
        if forgiven.html_name {
            self.notes.add(
                "a named character of HTML was read without being declared",
                at,
            );
        }
        if forgiven.bad_character {
            self.notes.add(
                "a reference to a character that XML cannot carry was dropped",
                at,
            );
        }
        if forgiven.halves {
            self.notes
                .add("two references to halves of a character were joined", at);
        }
        if forgiven.too_large {
            self.notes
                .add("internal entities grow too large and were cut", at);
        }
    }

    /// Text up to the next markup; a `<` that begins no markup is text.
    fn text_run(&mut self) -> Token<'a> {
        let start = self.at;
        let mut from = start;
        loop {
            match memchr(b'<', &self.text.as_bytes()[from..]) {
                None => {
                    self.at = self.text.len();
                    break;
                }
                Some(offset) => {
                    let lt = from + offset;
                    if self.begins_markup(lt) {
                        self.at = lt;
                        break;
                    }
                    self.notes
                        .add("a < that begins no tag was kept as text", lt);
                    from = lt + 1;
                }
            }
        }
        let text = &self.text[start..self.at];
        Token::Text(self.resolve(text, start))
    }

    fn begins_markup(&self, lt: usize) -> bool {
        match self.byte(lt + 1) {
            Some(b'/') => self
                .byte(lt + 2)
                .is_some_and(|b| is_name_start(b) || b == b'>'),
            Some(b'!' | b'?') => true,
            Some(b) => is_name_start(b),
            None => false,
        }
    }

    /// `<!…` and `<?…`; gives the text of a CDATA section.
    fn declaration(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.starts_with("<!--") {
            self.comment();
        } else if rest.starts_with("<![CDATA[") {
            return Some(self.cdata());
        } else if rest.starts_with("<?") {
            self.skip_to(Terminator::Instruction, start + 2);
        } else if !self.doctype_seen
            && rest
                .get(..9)
                .is_some_and(|r| r.eq_ignore_ascii_case("<!doctype"))
        {
            self.doctype_seen = true;
            self.doctype();
        } else {
            self.at = rest
                .find('>')
                .map_or(self.text.len(), |end| start + end + 1);
        }
        None
    }

    /// Moves behind a terminator, or where there is none behind the next `>`.
    fn skip_to(&mut self, terminator: Terminator, from: usize) {
        if let Some(end) = self.find(terminator, from) {
            self.at = end + terminator.text().len();
            return;
        }
        self.notes.add("a processing instruction has no end", from);
        self.at = match self.text[from..].find('>') {
            Some(end) => from + end + 1,
            None => {
                self.truncated = true;
                self.text.len()
            }
        };
    }

    fn end_tag(&mut self) -> Token<'a> {
        let at = self.at;
        self.inside = None;
        let name = self.name(at + 2);
        let from = at + 2 + name.len();
        // `</title <link>`: the next tag begins before this one ends.
        let rest = &self.text.as_bytes()[from..];
        self.at = match rest.iter().position(|b| matches!(b, b'>' | b'<')) {
            Some(end) if rest[end] == b'>' => from + end + 1,
            Some(end) => from + end,
            None => {
                self.truncated = true;
                self.text.len()
            }
        };
        Token::End { name, at }
    }

    fn name(&self, from: usize) -> &'a str {
        let rest = &self.text[from..];
        let end = rest.bytes().position(|b| ENDS_NAME[usize::from(b)]);
        &rest[..end.unwrap_or(rest.len())]
    }

    fn start_tag(&mut self) -> Option<Token<'a>> {
        let at = self.at;
        let name = self.name(at + 1);
        self.at = at + 1 + name.len();
        self.attributes.clear();
        let mut empty = false;
        loop {
            match self.byte(self.at) {
                None => {
                    self.truncated = true;
                    return None;
                }
                Some(b'>') => {
                    self.at += 1;
                    break;
                }
                Some(b'<') => {
                    self.notes.add("a tag has no end", at);
                    break;
                }
                Some(b'/') => {
                    empty = self.byte(self.at + 1) == Some(b'>');
                    self.at += 1;
                }
                Some(b'"' | b'\'' | b'=') => self.at += 1,
                Some(b) if b.is_ascii_whitespace() => self.at += 1,
                Some(_) => self.attribute(),
            }
        }
        self.inside = Some(name).filter(|_| !empty);
        Some(Token::Start { name, empty, at })
    }

    fn attribute(&mut self) {
        let start = self.at;
        let name = self.name(start);
        self.at += name.len();
        let equals = trim_start(&self.text[self.at..]);
        let value = if let Some(value) = equals.strip_prefix('=') {
            self.at = self.text.len() - trim_start(value).len();
            self.attribute_value()
        } else {
            self.notes.add("an attribute has no value", start);
            ""
        };
        if self.attributes.len() >= XML_ATTRIBUTES_MAX {
            self.notes.add(
                "an element has too many attributes; the first are kept",
                start,
            );
        } else if self.attributes.iter().any(|a| a.name == name) {
            self.notes
                .add("an attribute stands twice; the first is kept", start);
        } else {
            let value = self.resolve(value, start);
            self.attributes.push(RawAttribute { name, value });
        }
    }

    fn attribute_value(&mut self) -> &'a str {
        let start = self.at;
        let quote = match self.byte(start) {
            Some(b'"') => Some(Terminator::DoubleQuote),
            Some(b'\'') => Some(Terminator::SingleQuote),
            _ => None,
        };
        if let Some(end) = quote.and_then(|quote| self.find(quote, start + 1)) {
            self.at = end + 1;
            return &self.text[start + 1..end];
        }
        self.notes.add("an attribute's value is not quoted", start);
        let from = start + usize::from(quote.is_some());
        let rest = &self.text[from..];
        let end = rest
            .bytes()
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'<'))
            .unwrap_or(rest.len());
        // `<a href=http://x/>`: the slash belongs to the address, the way HTML reads it.
        self.at = from + end;
        &rest[..end]
    }
}

impl<'a> Iterator for Tokens<'a, '_> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while self.at < self.text.len() {
            if self.byte(self.at) != Some(b'<') || !self.begins_markup(self.at) {
                if self.byte(self.at) == Some(b'<') && self.at + 1 == self.text.len() {
                    self.truncated = true;
                    return None;
                }
                return Some(self.text_run());
            }
            match self.byte(self.at + 1) {
                Some(b'!' | b'?') => {
                    if let Some(text) = self.declaration() {
                        return Some(text);
                    }
                }
                Some(b'/') => return Some(self.end_tag()),
                _ => return self.start_tag(),
            }
        }
        None
    }
}

/// As [`str::trim_start`], which looks for white space in all of Unicode even where the first byte says that there is none.
fn trim_start(text: &str) -> &str {
    match text.as_bytes() {
        [first, ..] if first.is_ascii_graphic() => text,
        _ => text.trim_start(),
    }
}

/// The bytes that no name of a tag or an attribute holds.
const ENDS_NAME: [bool; 256] = {
    let mut ends = [false; 256];
    let (bytes, mut at) = (b"\t\n\x0c\r /><=\"'", 0);
    while at < bytes.len() {
        ends[bytes[at] as usize] = true;
        at += 1;
    }
    ends
};

/// Whether a tag's name may begin with a byte; everything outside ASCII may.
fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || b >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens in a shorthand: `+name a=v`, `-name`, and text in quotes.
    fn shown(text: &str) -> String {
        let mut notes = Notes::default();
        let mut tokens = Tokens::new(text, &mut notes);
        let mut shown = Vec::new();
        while let Some(token) = tokens.next() {
            shown.push(match token {
                Token::Start { name, empty, .. } => {
                    let attributes: String = tokens
                        .attributes
                        .iter()
                        .map(|a| format!(" {}={}", a.name, a.value))
                        .collect();
                    format!("+{name}{attributes}{}", if empty { "/" } else { "" })
                }
                Token::End { name, .. } => format!("-{name}"),
                Token::Text(text) => format!("{text:?}"),
            });
        }
        shown.join(" ")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn well_formed_documents() {
        check(
            "<?xml version='1.0'?><a b=\"c\" d='e'>x &amp; y</a>",
            "+a b=c d=e \"x & y\" -a",
        );
        check("<a/><b />", "+a/ +b/");
        check(
            "<!-- <no> --><a><![CDATA[<b>&amp;]]></a>",
            "+a \"<b>&amp;\" -a",
        );
        check("<x:é y:z='1'/>", "+x:é y:z=1/");
    }

    #[test]
    fn attributes_of_every_kind() {
        check("<a b=c d/>", "+a b=c d=/");
        check("<a b=1 b=2>", "+a b=1");
        check("<a b = 'c'>", "+a b=c");
        check("<a href=http://x/>", "+a href=http://x/");
        check("<a b='c>", "+a b=c");
        check("<a b='x < y > z'>", "+a b=x < y > z");
    }

    #[test]
    fn what_is_no_markup_is_text() {
        check("1 < 2 <3 <a>", "\"1 < 2 <3 \" +a");
        check("<>", "\"<>\"");
        check("a <", "\"a <\"");
    }

    #[test]
    fn broken_ends() {
        check("<a <b>x</b", "+a +b \"x\" -b");
        check("<a>x<b c='", "+a \"x\"");
        check("<a><![CDATA[x", "+a \"x\"");
        check("<a><!-- x <b>y", "+a +b \"y\"");
        check("</a <b>", "-a +b");
    }

    #[test]
    fn doctypes_and_their_entities() {
        check("<!DOCTYPE rss SYSTEM 'x.dtd'><a/>", "+a/");
        check(
            "<!DOCTYPE a [<!ENTITY e 'E &amp; e'> <!-- ]> -->]><a>&e;</a>",
            "+a \"E & e\" -a",
        );
        check(
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///x'>]><a>&x;</a>",
            "+a \"&x;\" -a",
        );
        check("<!DOCTYPE a [ <a>x</a>", "+a \"x\" -a");
    }
}
