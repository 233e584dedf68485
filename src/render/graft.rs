//! Puts written elements into a document that a format crate wrote, and its children into the
//! order in which the publisher had them.
//!
//! It knows no XML beyond where an element begins and ends, and needs none.
//!
//! Invariant: outside CDATA sections, a `<` in such a document is always markup and a `>` ends it,
//! because both crates escape them in text and in attributes. So a tag that is found there is one, and
//! no text can feign it.

use super::names::{GIVEN, Names};
use super::xml::write_element;
use crate::model::{Element, Order, Part};

/// An element that the format crate does not write.
#[derive(Debug)]
pub(super) struct Extra {
    /// What it stands for; `None` where it is ours.
    part: Option<Part>,
    /// The element.
    pub(super) element: Element,
}

impl Extra {
    /// An element that stands for a part of the publisher's.
    pub(super) fn of(part: Part, element: Element) -> Self {
        let part = Some(part);
        Self { part, element }
    }

    /// An element that no publisher has.
    pub(super) fn ours(element: Element) -> Self {
        let part = None;
        Self { part, element }
    }
}

/// What is put into one element of a document: attributes of its start tag, and children.
#[derive(Debug, Default)]
pub(super) struct Graft<'a> {
    /// Written attributes, each with a space before it.
    pub(super) attributes: String,
    /// Written children, each on a line of its own.
    children: String,
    /// What each child stands for, and where it ends.
    parts: Vec<(Option<Part>, usize)>,
    /// How many of the last children stand last in any order.
    last: usize,
    /// The order that the publisher had them in.
    order: Option<&'a Order>,
}

impl<'a> Graft<'a> {
    /// A graft of nothing, which puts what is there into an order.
    pub(super) fn new(order: &'a Order) -> Self {
        Self {
            order: Some(order).filter(|order| !order.is_empty()),
            ..Self::default()
        }
    }

    /// Adds a child on a line at `indent`.
    fn add(&mut self, part: Option<Part>, element: &Element, names: &Names, indent: &str) {
        self.children.push_str(indent);
        write_element(&mut self.children, element, names);
        self.parts.push((part, self.children.len()));
    }

    /// Adds what the crate does not write, and the publisher's extensions.
    pub(super) fn add_all(
        &mut self,
        extras: &[Extra],
        extensions: &[Element],
        names: &Names,
        indent: &str,
    ) {
        for extra in extras {
            self.add(extra.part, &extra.element, names, indent);
        }
        // What could not stand in its place stands last, whoever had an extension where.
        let is_given = |element: &&Element| element.namespace.as_deref() == Some(GIVEN);
        for element in extensions.iter().filter(|element| !is_given(element)) {
            self.add(Some(Part::Extension), element, names, indent);
        }
        for element in extensions.iter().filter(is_given) {
            self.add(Some(Part::Extension), element, names, indent);
            self.last += 1;
        }
    }

    /// Writes the children of an element, its own and the new ones.
    fn write(&self, out: &mut String, own: &[Child<'_>]) {
        let Some(order) = self.order else {
            own.iter().for_each(|child| push_child(out, child.text));
            out.push_str(&self.children);
            return;
        };
        let mut from = 0;
        let ordered = self.parts.len() - self.last;
        let new = self.parts[..ordered].iter().map(|&(part, end)| {
            let text = &self.children[from..end];
            from = end;
            Child { part, text }
        });
        let mut places = Places::of(order);
        let mut place = 0;
        // The last place of each part, before which no more of it may stand: the first file is the one that readers take.
        let mut last_of = [0; LETTERS];
        let mut placed: Vec<(usize, &str)> = own
            .iter()
            .copied()
            .chain(new)
            .map(|child| {
                // What the publisher did not have stands behind what it would stand behind anyway; an extension
                // that was made of another part stands behind that part too, so last.
                let made = match child.part {
                    Some(Part::Extension) => NONE,
                    Some(part) => place.max(last_of[index(part as u8)]),
                    None => place,
                };
                place = child
                    .part
                    .and_then(|part| places.next(part))
                    .unwrap_or(made);
                if let Some(part) = child.part {
                    last_of[index(part as u8)] = place;
                }
                (place, child.text)
            })
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.iter().for_each(|(_, text)| push_child(out, text));
        let last = ordered.checked_sub(1).map_or(0, |at| self.parts[at].1);
        out.push_str(&self.children[last..]);
    }
}

/// Writes a child. `Z` for `+00:00` is what nearly everyone writes, and what a time of UTC looked like
/// before the crate read it.
fn push_child(out: &mut String, text: &str) {
    const TIMES: [(&str, &str); 2] = [
        ("updated", "+00:00</updated>"),
        ("published", "+00:00</published>"),
    ];
    let time = TIMES.iter().find_map(|(name, end)| {
        let time = text.strip_suffix(end)?;
        (name_of(time.trim_start()) == *name).then(|| (time, &end["+00:00".len()..]))
    });
    match time {
        Some((time, end)) => {
            out.push_str(time);
            out.push('Z');
            out.push_str(end);
        }
        None => out.push_str(text),
    }
}

/// The places of an order, taken one after the other for each part.
struct Places {
    first: [usize; LETTERS],
    following: Vec<usize>,
}

/// Parts are written as letters of ASCII.
const LETTERS: usize = 128;

fn index(letter: u8) -> usize {
    usize::from(letter) % LETTERS
}

/// No place.
const NONE: usize = usize::MAX;

impl Places {
    fn of(order: &Order) -> Self {
        let letters = order.letters();
        let mut places = Self {
            first: [NONE; LETTERS],
            following: vec![NONE; letters.len()],
        };
        for (place, letter) in letters.iter().enumerate().rev() {
            let first = &mut places.first[index(*letter)];
            places.following[place] = *first;
            *first = place;
        }
        places
    }

    fn next(&mut self, part: Part) -> Option<usize> {
        let first = &mut self.first[index(part as u8)];
        let place = *first;
        *first = *self.following.get(place)?;
        Some(place)
    }
}

/// A child element as it was written, with the line break and indentation before it.
#[derive(Debug, Clone, Copy)]
struct Child<'a> {
    part: Option<Part>,
    text: &'a str,
}

/// Puts `grafts`, one for each element called `name`, into `document`, and `head` into their
/// `container` before the first of them. `part` says what a written child stands for.
pub(super) fn graft(
    document: &str,
    name: &str,
    container: &str,
    head: &Graft<'_>,
    grafts: &[Graft<'_>],
    part: impl Fn(&str) -> Option<Part>,
) -> String {
    let added = |graft: &Graft<'_>| graft.attributes.len() + graft.children.len();
    let added: usize = added(head) + grafts.iter().map(added).sum::<usize>();
    let mut out = String::with_capacity(document.len() + added);
    let begin = start_tag_end(document, container);
    out.push_str(&document[..begin]);
    let mut own_head = Vec::new();
    let mut head_is_written = false;
    let mut grafts = grafts.iter();
    let mut rest = &document[begin..];
    while let Some((child, behind)) = next_child(rest, &part) {
        rest = behind;
        let tag = child.text.trim_start();
        let Some(inner) = tag
            .strip_prefix('<')
            .and_then(|tag| tag.strip_prefix(name))
            .and_then(|tag| tag.strip_prefix('>'))
        else {
            if head_is_written {
                push_child(&mut out, child.text);
            } else {
                own_head.push(child);
            }
            continue;
        };
        if !std::mem::replace(&mut head_is_written, true) {
            head.write(&mut out, &own_head);
        }
        let none = Graft::default();
        let graft = grafts.next().unwrap_or(&none);
        out.push_str(&child.text[..child.text.len() - inner.len() - 1]);
        out.push_str(&graft.attributes);
        out.push('>');
        let mut own = Vec::new();
        let mut inside = inner;
        while let Some((child, behind)) = next_child(inside, &part) {
            own.push(child);
            inside = behind;
        }
        graft.write(&mut out, &own);
        out.push_str(inside);
    }
    if !head_is_written {
        head.write(&mut out, &own_head);
    }
    out.push_str(rest);
    out
}

/// Where the children of the first element called `name` begin.
fn start_tag_end(document: &str, name: &str) -> usize {
    let tag = format!("<{name}");
    let begins = document.match_indices(&tag).map(|(at, _)| at);
    begins
        .map(|at| at + tag.len())
        .find(|at| document[*at..].starts_with(['>', ' ']))
        .and_then(|at| document[at..].find('>').map(|end| at + end + 1))
        .unwrap_or(document.len())
}

/// The next child of an element, and what follows it; `None` where the element ends.
fn next_child<'a>(
    rest: &'a str,
    part: impl Fn(&str) -> Option<Part>,
) -> Option<(Child<'a>, &'a str)> {
    let start = rest.find('<')?;
    let (mut depth, mut at) = (0_usize, start);
    loop {
        let markup = &rest[at..];
        let length = if markup.starts_with("<![CDATA[") {
            markup.find("]]>").map(|end| end + 3)
        } else {
            markup.find('>').map(|end| end + 1)
        }?;
        let tag = &markup[..length];
        if tag.starts_with("</") {
            depth = depth.checked_sub(1)?;
        } else if !tag.starts_with("<!") && !tag.ends_with("/>") {
            depth += 1;
        }
        at += length;
        if depth == 0 {
            break;
        }
        at += rest[at..].find('<')?;
    }
    let (text, behind) = rest.split_at(at);
    let part = part(&text[start..]);
    Some((Child { part, text }, behind))
}

/// The name in the start tag that a written element begins with.
pub(super) fn name_of(element: &str) -> &str {
    let name = element.strip_prefix('<').unwrap_or(element);
    let end = name.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'));
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::super::xml::element;
    use super::*;

    fn part(element: &str) -> Option<Part> {
        match name_of(element) {
            "t" => Some(Part::Title),
            "a" => Some(Part::Author),
            _ => None,
        }
    }

    #[track_caller]
    fn check(order: &[Part], document: &str, expected: &str) {
        let names = Names::new("", &[], []);
        let mut known = Order::default();
        order.iter().for_each(|part| known.push(*part));
        let graft_of = |n: &str| {
            let mut graft = Graft::new(&known);
            graft.attributes = format!(" n=\"{n}\"");
            let new = element(None, &format!("x{n}"), &[], "");
            graft.add(Some(Part::Extension), &new, &names, "\n");
            graft
        };
        let grafts = [graft_of("1"), graft_of("2")];
        assert_eq!(
            graft(document, "e", "c", &graft_of("0"), &grafts, part),
            expected
        );
    }

    #[test]
    fn each_element_gets_its_own() {
        check(
            &[],
            "<?xml?>\n<c>\n<a>b</a>\n <e>\n  <t>u</t>\n </e>\n <e>\n </e>\n</c>",
            "<?xml?>\n<c>\n<a>b</a>\n<x0/>\n <e n=\"1\">\n  <t>u</t>\n<x1/>\n </e>\n <e n=\"2\">\n<x2/>\n </e>\n</c>",
        );
    }

    #[test]
    fn children_stand_as_the_publisher_had_them() {
        check(
            &[Part::Extension, Part::Title],
            "<c><e>\n<t>u</t></e></c>",
            "<c>\n<x0/><e n=\"1\">\n<x1/>\n<t>u</t></e></c>",
        );
    }

    #[test]
    fn what_the_publisher_did_not_have_stands_where_it_would_anyway() {
        check(
            &[Part::Extension, Part::Title],
            "<c><e><a/><t/><b/></e></c>",
            "<c>\n<x0/><e n=\"1\"><a/>\n<x1/><t/><b/></e></c>",
        );
    }

    #[test]
    fn the_head_stands_last_where_there_are_none() {
        check(
            &[],
            "<c d=\"1\">\n<a/>\n</c>",
            "<c d=\"1\">\n<a/>\n<x0/>\n</c>",
        );
    }

    #[test]
    fn a_section_or_a_child_holds_no_elements_of_ours() {
        check(
            &[],
            "<c><e><t><e>v</e></t><![CDATA[</e><e>]]]]><![CDATA[></c>]]></e></c>",
            "<c>\n<x0/><e n=\"1\"><t><e>v</e></t><![CDATA[</e><e>]]]]><![CDATA[></c>]]>\n<x1/></e></c>",
        );
    }
}
