//! A tree read straight from markup that every parser reads alike.
//!
//! Most fields are such: what is opened is closed in its turn, and nothing stands where a parser would move, close or
//! repeat something else (`nesting`). For those the standard's algorithm (HTML §13.2) comes down to a walk from `<` to
//! `<`, in a fraction of its time. Where there is any doubt this says no, which costs nothing but the time, and the
//! parser is asked.
//!
//! Invariant: the tree is the one that html5ever makes, and no field is read that [`super::parse`] would refuse.
//! Wherever debug assertions are on, as in all tests, that is asserted.

use super::super::nesting::{self, Kind, Known, Nest};
use super::NodeId;
use crate::limits::HTML_NODES_MAX;
use ego_tree::Tree;
use html5ever::data::NAMED_ENTITIES;
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use scraper::node::{Comment, Element, Text};
use scraper::{Html, Node};
use std::borrow::Cow;

/// A tag of more attributes is left to the parser: each is compared with all before it.
const ATTRIBUTES_MAX: usize = 24;

/// Longer tags and comments are left to the parser, where it is measured what all of them cost.
const TAG_BYTES_MAX: usize = 4096;

/// What more letters follow an `&` than this is no name: the longest has 31.
const NAME_BYTES_MAX: usize = 32;

/// Longer numbers name no character.
const DIGITS_MAX: usize = 7;

/// The tree of a fragment, or nothing where the parser has to be asked; `nodes` is how many nodes it may have.
pub(super) fn read(text: &str, nodes: usize) -> Option<Html> {
    // The parser drops a mark of byte order, and has its own ways with a NUL.
    if text.starts_with('\u{feff}') || memchr::memchr(b'\0', text.as_bytes()).is_some() {
        return None;
    }
    // HTML §13.2.3.5.
    let text = match memchr::memchr(b'\r', text.as_bytes()) {
        Some(_) => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        None => Cow::Borrowed(text),
    };
    let mut reader = Reader::new(&text, nodes);
    let mut rest = &*text;
    loop {
        let end = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        reader.text(rest, end)?;
        let Some(tag) = rest[end..].strip_prefix('<') else {
            return Some(reader.html);
        };
        rest = match tag.as_bytes().first()? {
            b'/' => reader.end(&tag[1..])?,
            b'!' => reader.comment(&tag[1..])?,
            _ => reader.start(tag)?,
        };
    }
}

/// A tree that grows, and where it does. What is said to be the rest goes from a place to the end of the text.
struct Reader {
    /// The whole text; what the tree holds are mostly parts of it.
    source: StrTendril,
    html: Html,
    nest: Nest,
    /// The root, and one node for each open element.
    nodes: Vec<NodeId>,
    /// The last tag began a `pre`, which drops a line break.
    pre: bool,
    /// The last tag was passed over, so that the text before it may go on.
    goes_on: bool,
}

impl Reader {
    fn new(text: &str, nodes: usize) -> Self {
        let mut html = Html::new_fragment();
        html.tree = Tree::with_capacity(Node::Fragment, nodes);
        let root = element(&local_name!("html"), Vec::new());
        let root = html.tree.root_mut().append(root).id();
        Self {
            source: StrTendril::from_slice(text),
            html,
            nest: Nest::default(),
            nodes: vec![root],
            pre: false,
            goes_on: false,
        }
    }

    /// Adds a node where the tree grows.
    fn append(&mut self, node: Node) -> Option<NodeId> {
        let parent = *self.nodes.last()?;
        let id = self.html.tree.get_mut(parent)?.append(node).id();
        (self.html.tree.nodes().len() <= HTML_NODES_MAX).then_some(id)
    }

    fn open(&mut self, known: &'static Known, attributes: Vec<Attribute>) -> Option<()> {
        let id = self.append(element(&known.local, attributes))?;
        self.nest.open(known);
        if !known.kind.is_empty() {
            self.nodes.push(id);
        }
        Some(())
    }

    fn close(&mut self) -> Option<&'static Known> {
        self.nodes.pop();
        self.nest.close()
    }

    fn text(&mut self, rest: &str, end: usize) -> Option<()> {
        let is_dropped = self.pre && rest.starts_with('\n');
        self.pre = false;
        let (rest, end) = match is_dropped {
            true => (&rest[1..], end - 1),
            false => (rest, end),
        };
        if end == 0 {
            return Some(());
        }
        if !self.nest.takes_text(&rest[..end]) {
            return None;
        }
        let text = self.resolved(rest, end, false)?;
        if self.goes_on {
            let parent = *self.nodes.last()?;
            let mut parent = self.html.tree.get_mut(parent)?;
            if let Some(mut last) = parent.last_child()
                && let Node::Text(before) = last.value()
            {
                before.text.push_tendril(&text);
                return Some(());
            }
        }
        self.append(Node::Text(Text { text })).map(|_| ())
    }

    /// Reads what follows `<!`; gives what follows that.
    fn comment<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let rest = rest.strip_prefix("--")?;
        let end = memchr::memmem::find(rest.as_bytes(), b"-->")?;
        let comment = &rest[..end];
        // With those it ends earlier, or another seems to begin in it.
        let is_odd = comment.starts_with(['>', '-'])
            || memchr::memchr_iter(b'!', comment.as_bytes())
                .any(|at| comment[..at].ends_with(['-', '<']));
        if is_odd || end > TAG_BYTES_MAX {
            return None;
        }
        let comment = self.part(rest, end)?;
        self.append(Node::Comment(Comment { comment }))?;
        (self.pre, self.goes_on) = (false, false);
        Some(&rest[end + 3..])
    }

    /// Reads what follows `<`, up to the end of the tag; gives what follows that.
    fn start<'t>(&mut self, tag: &'t str) -> Option<&'t str> {
        let (known, rest) = named(tag)?;
        let (attributes, after) = self.attributes(rest)?;
        if tag.len() - after.len() > TAG_BYTES_MAX {
            return None;
        }
        while self.nest.ends_before(known.kind) {
            self.close();
        }
        while let Some(between) = self.nest.put_in_before(known.kind) {
            self.open(between, Vec::new())?;
        }
        if !self.nest.fits(known.kind) {
            return None;
        }
        self.goes_on = known.kind == Kind::Page;
        self.pre = known.local == local_name!("pre");
        match known.kind {
            // The root would get the attributes.
            Kind::Page => attributes.is_empty().then_some(after),
            Kind::Raw => {
                self.open(known, attributes)?;
                self.raw(known, after)
            }
            _ => self.open(known, attributes).map(|()| after),
        }
    }

    /// Reads letters up to the end of the element that holds them; gives what follows.
    fn raw<'t>(&mut self, known: &Known, rest: &'t str) -> Option<&'t str> {
        let end = memchr::memmem::find(rest.as_bytes(), b"</")?;
        let after = rest[end + 2..]
            .strip_prefix(known.name)?
            .strip_prefix('>')?;
        // In a comment, a script may go on behind its end.
        if memchr::memmem::find(&rest.as_bytes()[..end], b"<!").is_some() {
            return None;
        }
        if end > 0 {
            let text = self.part(rest, end)?;
            self.append(Node::Text(Text { text }))?;
        }
        self.close();
        Some(after)
    }

    /// Reads what follows `</`, up to the end of the tag; gives what follows that.
    fn end<'t>(&mut self, tag: &'t str) -> Option<&'t str> {
        let (known, rest) = named(tag)?;
        let after = rest.strip_prefix('>')?;
        self.pre = false;
        if known.kind == Kind::Paragraph && !self.nest.is_in_paragraph() {
            // The end of none is an empty one.
            self.goes_on = false;
            self.append(element(&known.local, Vec::new()))?;
            return (!self.nest.is_in_frame()).then_some(after);
        }
        let ended = self.nest.ended_by(known)?;
        self.goes_on = ended == 0;
        for _ in 0..ended {
            self.close();
        }
        Some(after)
    }

    /// Reads the attributes of a tag and its end; gives what follows.
    fn attributes<'t>(&self, mut rest: &'t str) -> Option<(Vec<Attribute>, &'t str)> {
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            // A slash parts them too; none of the elements closes itself by one.
            let after = rest.trim_start_matches([' ', '\n', '\t', '/']);
            if let Some(after) = after.strip_prefix('>') {
                return Some((attributes, after));
            }
            // What follows a name at once is a part of it; what follows a value is not.
            if after.len() == rest.len() && attributes.is_empty() {
                return None;
            }
            let is_name = |byte: &u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.' | b'@')
            };
            let end = after.bytes().take_while(is_name).count();
            let (name, after) = after.split_at(end);
            let (value, after) = self.value(after)?;
            let name = QualName::new(None, ns!(), local(name));
            let is_twice = attributes.iter().any(|other| other.name == name);
            if end == 0 || is_twice || attributes.len() == ATTRIBUTES_MAX {
                return None;
            }
            attributes.push(Attribute { name, value });
            rest = after;
        }
    }

    /// Reads what follows the name of an attribute: its value, or that it has none.
    fn value<'t>(&self, rest: &'t str) -> Option<(StrTendril, &'t str)> {
        let Some(value) = rest.strip_prefix('=') else {
            return rest
                .starts_with([' ', '\n', '\t', '/', '>'])
                .then(|| (StrTendril::new(), rest));
        };
        match value.as_bytes().first()? {
            quote @ (b'"' | b'\'') => {
                let value = &value[1..];
                let end = memchr::memchr(*quote, value.as_bytes())?;
                Some((self.resolved(value, end, true)?, &value[end + 1..]))
            }
            b' ' | b'\n' | b'\t' | b'>' => None,
            _ => {
                let end = value.find([' ', '\n', '\t', '>'])?;
                Some((self.resolved(value, end, true)?, &value[end..]))
            }
        }
    }

    /// A part of the source.
    fn part(&self, rest: &str, end: usize) -> Option<StrTendril> {
        let at = u32::try_from(self.source.len() - rest.len()).ok()?;
        self.source
            .try_subtendril(at, u32::try_from(end).ok()?)
            .ok()
    }

    /// The same with its references resolved (HTML §13.2.5.72).
    fn resolved(&self, rest: &str, end: usize, in_attribute: bool) -> Option<StrTendril> {
        let mut text = &rest[..end];
        let Some(mut at) = memchr::memchr(b'&', text.as_bytes()) else {
            return self.part(rest, end);
        };
        let mut out = StrTendril::with_capacity(u32::try_from(end).ok()?);
        loop {
            out.push_slice(&text[..at]);
            text = reference(&mut out, &text[at + 1..], in_attribute)?;
            match memchr::memchr(b'&', text.as_bytes()) {
                Some(next) => at = next,
                None => break,
            }
        }
        out.push_slice(text);
        Some(out)
    }
}

fn element(name: &LocalName, attributes: Vec<Attribute>) -> Node {
    let name = QualName::new(None, ns!(html), name.clone());
    Node::Element(Element::new(name, attributes))
}

/// Reads the name of a tag.
fn named(tag: &str) -> Option<(&'static Known, &str)> {
    let end = tag.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, rest) = tag.split_at(end);
    let known = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => nesting::known(&name.to_ascii_lowercase()),
        false => nesting::known(name),
    };
    Some((known?, rest))
}

/// The name of an attribute.
fn local(name: &str) -> LocalName {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => LocalName::from(name.to_ascii_lowercase()),
        false => LocalName::from(name),
    }
}

/// Resolves a reference, of which `rest` is what follows the `&`; gives what follows it.
fn reference<'t>(out: &mut StrTendril, rest: &'t str, in_attribute: bool) -> Option<&'t str> {
    if let Some(number) = rest.strip_prefix('#') {
        return numbered(out, number);
    }
    let bytes = rest.as_bytes();
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric();
    let run = bytes
        .iter()
        .take(NAME_BYTES_MAX)
        .take_while(is_letter)
        .count();
    let full = run + usize::from(bytes.get(run) == Some(&b';'));
    let name = |end: usize| {
        let codes = NAMED_ENTITIES.get(&rest[..end])?;
        // Beginnings of names stand in the table too, for nothing.
        (codes.0 != 0).then_some((end, *codes))
    };
    // Some old names need no `;`, but in the query of an address they do.
    let is_told = |end: usize| {
        let goes_on = |byte: &u8| *byte == b'=' || byte.is_ascii_alphanumeric();
        !in_attribute || rest[..end].ends_with(';') || !bytes.get(end).is_some_and(goes_on)
    };
    let found = (1..=full)
        .rev()
        .find_map(name)
        .filter(|(end, _)| is_told(*end));
    let Some((end, (first, second))) = found else {
        out.push_char('&');
        return Some(rest);
    };
    for code in [first, second].into_iter().filter(|code| *code != 0) {
        out.push_char(char::from_u32(code)?);
    }
    Some(&rest[end..])
}

/// The same for a number, of which `rest` is what follows the `#`.
fn numbered<'t>(out: &mut StrTendril, rest: &'t str) -> Option<&'t str> {
    let (digits, radix) = match rest.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (rest, 10),
    };
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let end = digits.bytes().take_while(is_digit).count();
    if end > DIGITS_MAX {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(&digits[..end], radix).ok()?)?;
    // Controls are read as something else or purified away, and so is what is no character.
    let is_plain = matches!(c, ' '..='~' | '\u{a0}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{1fffd}');
    if !is_plain {
        return None;
    }
    out.push_char(c);
    let after = &digits[end..];
    Some(after.strip_prefix(';').unwrap_or(after))
}

#[cfg(test)]
mod tests;
