//! Which elements may stand in which, so that a parser moves, closes and repeats none of them.
//!
//! It reads no markup. Two readers of letters ask it: `regular`, whether a second sanitiser would change anything, and
//! `tree::direct`, whether a tree can be had without the parser. It knows the elements of everyday markup, and says no
//! to all others and wherever HTML §13.2.6 has more to say than where a tag begins and ends.
//!
//! Invariant: for elements opened and closed as this allows, the parser's stack of open elements (HTML §13.2.4.2) is
//! what is open here, and no formatting element has to be made again.

use super::quick::QuickMap;
use html5ever::LocalName;
use std::ptr;
use std::sync::LazyLock;

/// What an element is to the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stands anywhere in text and holds text.
    Phrase,
    /// A link: never in another.
    Link,
    /// Begins a line, and so ends a paragraph.
    Block,
    /// A paragraph, which a block would end.
    Paragraph,
    /// A heading, which another would end.
    Heading,
    List,
    Item,
    Terms,
    Term,
    Table,
    Caption,
    Columns,
    Column,
    Rows,
    Row,
    Cell,
    /// Has readings beside its words.
    Ruby,
    Reading,
    /// Has no content.
    Void,
    /// Has no content, and ends a paragraph.
    Rule,
    /// Holds letters in which no tag is one.
    Raw,
    /// Was opened before a fragment begins, and is passed over.
    Page,
}

impl Kind {
    /// Whether such an element has no content.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Self::Void | Self::Rule | Self::Column)
    }

    /// Whether an open paragraph would end before it.
    fn ends_paragraph(self) -> bool {
        use Kind::{Block, Heading, List, Paragraph, Rule, Table, Terms};
        matches!(
            self,
            Block | Paragraph | Heading | List | Terms | Table | Rule
        )
    }

    /// A part of a table that holds others and no text.
    fn is_frame(self) -> bool {
        matches!(self, Self::Table | Self::Columns | Self::Rows | Self::Row)
    }

    /// Which elements the end of one ends, where they stand right in it.
    fn implied(self) -> &'static [Kind] {
        use Kind::{
            Block, Caption, Cell, Heading, Item, List, Paragraph, Reading, Row, Rows, Ruby, Table,
            Term, Terms,
        };
        match self {
            Block | Heading | Item | Term | Cell | Caption => &[Paragraph],
            List => &[Item, Paragraph],
            Terms => &[Term, Paragraph],
            Table => &[Rows, Row, Cell],
            Rows => &[Row, Cell],
            Row => &[Cell],
            Ruby => &[Reading],
            _ => &[],
        }
    }
}

/// Elements that are published, and so may be in markup that the second sanitiser is asked about.
#[rustfmt::skip]
const PUBLISHED: &[(Kind, &[&str])] = &[
    (Kind::Phrase, &["abbr", "audio", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "i", "ins", "kbd", "mark", "picture", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "video"]),
    (Kind::Link, &["a"]),
    (Kind::Block, &["address", "article", "aside", "blockquote", "center", "details", "div", "figcaption", "figure", "footer", "header", "hgroup", "main", "nav", "pre", "section", "summary"]),
    (Kind::Paragraph, &["p"]),
    (Kind::Heading, &["h1", "h2", "h3", "h4", "h5", "h6"]),
    (Kind::List, &["ol", "ul"]),
    (Kind::Item, &["li"]),
    (Kind::Terms, &["dl"]),
    (Kind::Term, &["dd", "dt"]),
    (Kind::Table, &["table"]),
    (Kind::Caption, &["caption"]),
    (Kind::Columns, &["colgroup"]),
    (Kind::Column, &["col"]),
    (Kind::Rows, &["tbody", "tfoot", "thead"]),
    (Kind::Row, &["tr"]),
    (Kind::Cell, &["td", "th"]),
    (Kind::Ruby, &["ruby"]),
    (Kind::Reading, &["rp", "rt"]),
    (Kind::Void, &["br", "img", "source", "track", "wbr"]),
    (Kind::Rule, &["hr"]),
];

/// Elements that feeds have all the same.
#[rustfmt::skip]
const OTHERS: &[(Kind, &[&str])] = &[
    (Kind::Phrase, &["acronym", "font", "label", "noscript", "object"]),
    (Kind::Void, &["embed", "input", "link", "meta", "param"]),
    (Kind::Raw, &["iframe", "script", "style"]),
    (Kind::Page, &["body", "head", "html"]),
];

/// An element that is known here.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) local: LocalName,
    pub(super) kind: Kind,
    pub(super) published: bool,
}

static BY_NAME: LazyLock<QuickMap<&'static str, Known>> = LazyLock::new(|| {
    let rows = |list: &'static [(Kind, &[&str])], published| {
        let of_row = move |(kind, names): &'static (Kind, &[&'static str])| {
            names.iter().map(move |name| Known {
                name,
                local: LocalName::from(*name),
                kind: *kind,
                published,
            })
        };
        list.iter().flat_map(of_row)
    };
    let all = rows(PUBLISHED, true).chain(rows(OTHERS, false));
    all.map(|known| (known.name, known)).collect()
});

/// What is known of an element, by its name in lower case.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    BY_NAME.get(name)
}

/// All elements that are known here.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Known> {
    BY_NAME.values()
}

/// Deeper markup is left to the parser, which knows its limits.
const DEPTH_MAX: usize = 64;

/// The elements that are open, and how many of them are links and paragraphs.
#[derive(Debug, Default)]
pub(super) struct Nest {
    open: Vec<&'static Known>,
    links: usize,
    paragraphs: usize,
}

impl Nest {
    /// The innermost element.
    pub(super) fn inner(&self) -> Option<Kind> {
        self.open.last().map(|known| known.kind)
    }

    /// Whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the parser moves text and most elements out of where it stands now.
    pub(super) fn is_in_frame(&self) -> bool {
        self.inner().is_some_and(Kind::is_frame)
    }

    /// Whether a paragraph is open.
    pub(super) fn is_in_paragraph(&self) -> bool {
        self.paragraphs > 0
    }

    /// Whether a text stays where it stands.
    pub(super) fn takes_text(&self, text: &str) -> bool {
        !self.is_in_frame()
            || text
                .bytes()
                .all(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
    }

    /// Whether an element may begin here, with nothing ended or put in between.
    pub(super) fn fits(&self, kind: Kind) -> bool {
        let inner = self.inner();
        let fits = match kind {
            Kind::Item => inner == Some(Kind::List),
            Kind::Term => inner == Some(Kind::Terms),
            Kind::Caption | Kind::Columns | Kind::Rows => inner == Some(Kind::Table),
            Kind::Column => inner == Some(Kind::Columns),
            Kind::Row => inner == Some(Kind::Rows),
            Kind::Cell => inner == Some(Kind::Row),
            Kind::Reading => inner == Some(Kind::Ruby),
            // Whatever else stands between the parts of a table is moved out of it.
            _ if self.is_in_frame() => false,
            Kind::Phrase | Kind::Ruby | Kind::Void | Kind::Raw | Kind::Page => true,
            Kind::Link => self.links == 0,
            Kind::Heading if inner == Some(Kind::Heading) => false,
            Kind::Heading
            | Kind::Block
            | Kind::Paragraph
            | Kind::List
            | Kind::Terms
            | Kind::Table
            | Kind::Rule => self.paragraphs == 0,
        };
        fits && self.open.len() < DEPTH_MAX
    }

    /// Notes that an element begins.
    pub(super) fn open(&mut self, known: &'static Known) {
        if !known.kind.is_empty() {
            self.links += usize::from(known.kind == Kind::Link);
            self.paragraphs += usize::from(known.kind == Kind::Paragraph);
            self.open.push(known);
        }
    }

    /// Notes that the innermost element ends, and says which.
    pub(super) fn close(&mut self) -> Option<&'static Known> {
        let known = self.open.pop()?;
        self.links -= usize::from(known.kind == Kind::Link);
        self.paragraphs -= usize::from(known.kind == Kind::Paragraph);
        Some(known)
    }

    /// Whether the innermost element ends where another begins.
    pub(super) fn ends_before(&self, kind: Kind) -> bool {
        use Kind::{Cell, Columns, Item, Paragraph, Reading, Row, Rows, Term};
        match self.inner() {
            Some(Paragraph) => kind.ends_paragraph() && self.paragraphs == 1,
            Some(Item) => kind == Item,
            Some(Term) => kind == Term,
            Some(Reading) => kind == Reading,
            Some(Cell) => matches!(kind, Cell | Row | Rows),
            Some(Row) => matches!(kind, Row | Rows),
            Some(Rows | Columns) => kind == Rows,
            _ => false,
        }
    }

    /// The part of a table that is put in before another where it was left out.
    pub(super) fn put_in_before(&self, kind: Kind) -> Option<&'static Known> {
        match (self.inner()?, kind) {
            (Kind::Table, Kind::Row | Kind::Cell) => known("tbody"),
            (Kind::Rows, Kind::Cell) => known("tr"),
            _ => None,
        }
    }

    /// How many elements an end tag ends: none where nothing of the name is open; `None` where a parser does more.
    pub(super) fn ended_by(&self, known: &'static Known) -> Option<usize> {
        let is_open = |other: &&'static Known| ptr::eq(*other, known);
        let Some(at) = self.open.iter().rposition(is_open) else {
            let is_passed_over = match known.kind {
                Kind::Void => known.name != "br",
                Kind::Paragraph | Kind::Heading | Kind::Caption | Kind::Cell | Kind::Raw => false,
                kind => !kind.is_frame() && kind != Kind::Column,
            };
            return (is_passed_over && !self.is_in_frame()).then_some(0);
        };
        let implied = known.kind.implied();
        let mut inside = self.open[at + 1..].iter();
        inside
            .all(|inner| implied.contains(&inner.kind))
            .then_some(self.open.len() - at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens elements, and says whether another fits.
    #[track_caller]
    fn check(open: &[&str], name: &str, expected: bool) {
        let mut nest = Nest::default();
        for name in open {
            nest.open(known(name).unwrap());
        }
        assert_eq!(nest.fits(known(name).unwrap().kind), expected);
    }

    #[test]
    fn what_fits() {
        check(&["ul", "li", "p", "b"], "i", true);
        check(&["p", "b"], "p", false);
        check(&["a", "b"], "a", false);
        check(&["table", "tbody"], "tr", true);
        check(&["table"], "p", false);
        check(&["div"], "li", false);
        check(&["div"; DEPTH_MAX], "b", false);
    }

    #[track_caller]
    fn check_end(open: &[&str], name: &str, expected: Option<usize>) {
        let mut nest = Nest::default();
        for name in open {
            nest.open(known(name).unwrap());
        }
        assert_eq!(nest.ended_by(known(name).unwrap()), expected);
    }

    #[test]
    fn what_ends() {
        check_end(&["ul", "li", "p"], "ul", Some(3));
        check_end(&["p", "b"], "p", None);
        check_end(&["p", "b"], "div", Some(0));
        check_end(&["table"], "div", None);
        check_end(&["p"], "br", None);
    }
}
