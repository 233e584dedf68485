//! A tree written anew: only what a list allows, in a form that is right HTML wherever it stands.

mod elements;
mod marks;
mod media;

use super::super::kinds;
use super::super::tree::{self, NodeId, NodeRef, escape};
use super::atoms::medium;
use super::place::Places;
use super::{Manner, Marks, SHOWN_BYTES_MAX, ShownWords};
pub use elements::is_language;
use elements::resolve;
use html5ever::ns;
pub(super) use media::loaded;
use scraper::node::Element;
use scraper::{Html, Node};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use url::Url;

/// Everything that is ever written. Landmarks, forms and what is obsolete are not in it.
#[rustfmt::skip]
pub(super) const ELEMENTS: &[&str] = &[
    "a", "abbr", "audio", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em",
    "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "source", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var", "video", "wbr",
];

/// How much of an address or a text is shown of what can't be.
const CHIP_CHARS: usize = 80;

/// Pictures in `data:` of more bytes are named in an original: they stand on the page once, as they are published.
const DATA_BYTES_MAX: usize = 4096;

/// Longer addresses lead nowhere and load nothing, in bytes; servers take heads of 8,000. Pictures in `data:` are none.
const ADDRESS_BYTES_MAX: usize = 16 * 1024;

/// How much of an attribute's text is written, in bytes.
const TOLD_BYTES_MAX: usize = 4096;

/// Numbers in attributes have no more digits than this.
const DIGITS_MAX: usize = 5;

/// What an element stands in, as far as that decides what may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Flow,
    List,
    Terms,
    Table,
    Rows,
    Row,
    Figure,
    Math,
}

impl Inside {
    /// Whether text may stand there.
    fn holds_text(self) -> bool {
        matches!(self, Self::Flow | Self::Figure)
    }
}

/// An element that is open.
struct Open {
    node: NodeId,
    close: String,
    inside: Inside,
    phrasing: bool,
    link: bool,
    /// Removals whose mark ends with it.
    marks: usize,
}

/// What was written.
pub(super) struct Written {
    pub(super) html: String,
    /// The removals that are told where they stood, by their places in the list, in the order in which they are read. One
    /// that is found where nothing is shown, or beyond what is, is not among them.
    pub(super) told: Vec<usize>,
}

/// What stands behind the beginning of something that is too long.
pub(super) fn rest(words: &ShownWords) -> String {
    format!("<p><span class=\"chip\">{}</span></p>", escape(words.rest))
}

/// As much of a text as takes no more bytes when it is written.
pub(super) fn fitting(text: &str, bytes: usize) -> &str {
    let mut left = bytes;
    for (at, c) in text.char_indices() {
        let cost = match c {
            '&' => "&amp;".len(),
            '<' | '>' => "&lt;".len(),
            '"' => "&quot;".len(),
            '\u{a0}' => "&nbsp;".len(),
            // Paragraphs may begin there.
            '\n' => "</p>\n<p>".len(),
            c => c.len_utf8(),
        };
        if cost > left {
            return &text[..at];
        }
        left -= cost;
    }
    text
}

/// Writes a tree.
pub(super) struct Writer<'a> {
    html: &'a Html,
    manner: Manner<'a>,
    base: Option<Url>,
    marks: Option<(&'a Places, Marks<'a>)>,
    /// What may be loaded of an original; there is no such list for what is published.
    loads: Option<HashSet<String>>,
    out: String,
    open: Vec<Open>,
    /// The removals whose marks are open.
    marking: Vec<u32>,
    /// Those that have been told where they stood, by their places in the list, in order; and at which place of this order.
    told: Vec<usize>,
    told_at: HashMap<usize, usize>,
    /// What was changed of a list or table whose next item is not open yet.
    pending: String,
    /// There was no room for the rest.
    is_cut: bool,
    headings: Vec<u8>,
    /// Inline elements with blocks in them, which lose their tags.
    torn: HashSet<NodeId>,
    /// The ids that something links to, and those that were written.
    targets: HashSet<String>,
    ids: HashSet<String>,
    /// A link of pictures alone has to be called something.
    names_pictures: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(html: &'a Html, manner: Manner<'a>, base: Option<Url>) -> Self {
        Self {
            html,
            manner,
            base,
            marks: None,
            loads: None,
            out: String::new(),
            open: Vec::new(),
            marking: Vec::new(),
            told: Vec::new(),
            told_at: HashMap::new(),
            pending: String::new(),
            is_cut: false,
            headings: Vec::new(),
            torn: torn(html),
            targets: targets(html),
            ids: HashSet::new(),
            names_pictures: false,
        }
    }

    pub(super) fn with_marks(mut self, places: &'a Places, marks: Marks<'a>) -> Self {
        self.marks = Some((places, marks));
        self
    }

    /// What is written is an original: of it nothing is loaded but pictures at these addresses, and what isn't is named.
    pub(super) fn of_original(mut self, loads: HashSet<String>) -> Self {
        self.loads = Some(loads);
        self
    }

    pub(super) fn write(mut self) -> Written {
        let mut skipped: Option<NodeId> = None;
        let root = self.html.root_element();
        for edge in root.traverse() {
            match edge {
                ego_tree::iter::Edge::Open(node) => {
                    if skipped.is_none() && node.id() != root.id() && !self.enter(node) {
                        skipped = Some(node.id());
                    }
                }
                ego_tree::iter::Edge::Close(node) => {
                    if skipped == Some(node.id()) {
                        skipped = None;
                    }
                    self.leave(node.id());
                }
            }
        }
        self.out.push_str(&self.pending);
        if self.is_cut {
            self.out.push_str(&rest(self.manner.words));
        }
        Written {
            html: self.out,
            told: self.told,
        }
    }

    /// How much may still be written, in bytes.
    fn room(&self) -> usize {
        SHOWN_BYTES_MAX.saturating_sub(self.out.len())
    }

    fn inside(&self) -> Inside {
        self.open.last().map_or(Inside::Flow, |open| open.inside)
    }

    fn is_phrasing(&self) -> bool {
        self.open.last().is_some_and(|open| open.phrasing)
    }

    fn is_linked(&self) -> bool {
        self.open.last().is_some_and(|open| open.link)
    }

    /// Writes the beginning of a node; false where what stands in it is not written.
    fn enter(&mut self, node: NodeRef<'_>) -> bool {
        if self.room() == 0 {
            self.is_cut = true;
            return false;
        }
        match node.value() {
            Node::Text(text) => {
                if !text.trim().is_empty() {
                    self.fit(node, "#text");
                    self.text(node.id(), text);
                } else if self.inside().holds_text() {
                    self.out.push_str(fitting(text, self.room()));
                }
                true
            }
            Node::Element(element) => self.element(node, element),
            _ => false,
        }
    }

    fn leave(&mut self, id: NodeId) {
        while self.open.last().is_some_and(|open| open.node == id) {
            let Some(open) = self.open.pop() else {
                return;
            };
            self.out.push_str(&open.close);
            self.tell_pending();
            for _ in 0..open.marks {
                self.marking.pop();
            }
        }
    }

    fn push(&mut self, node: NodeId, close: impl Into<String>, inside: Inside) {
        let (phrasing, link) = (self.is_phrasing(), self.is_linked());
        self.open.push(Open {
            node,
            close: close.into(),
            inside,
            phrasing,
            link,
            marks: 0,
        });
    }

    /// Opens what a list wants around what is no item of it.
    fn fit(&mut self, node: NodeRef<'_>, name: &str) {
        let wrapper = match self.inside() {
            Inside::List if name != "li" => "li",
            Inside::Terms if !matches!(name, "dt" | "dd") => "dd",
            _ => return,
        };
        let _ = write!(self.out, "<{wrapper}>");
        self.push(node.id(), format!("</{wrapper}>"), Inside::Flow);
        self.tell_pending();
    }

    fn element(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
        let name = element.name();
        if element.name.ns == ns!(mathml) {
            return self.math(node, element);
        }
        if element.name.ns != ns!(html) && name != "svg" {
            return false;
        }
        // Items and cells are marked inside of themselves, for nothing else may stand between them and what holds them.
        let holds_mark = matches!(
            name,
            "li" | "dt" | "dd" | "td" | "th" | "caption" | "figcaption" | "summary" | "rt" | "rp"
        );
        let is_part = matches!(
            name,
            "tr" | "tbody" | "thead" | "tfoot" | "colgroup" | "col" | "source" | "track"
        );
        let claim = self.claim(node.id()).filter(|_| !is_part);
        if !holds_mark {
            self.fit(node, name);
            if let Some(claim) = claim {
                self.mark(
                    node.id(),
                    claim,
                    kinds::is_block(name) && !self.is_phrasing(),
                );
            }
        }
        let goes_in = match medium(name) {
            Some(_) => self.medium(node, element, claim.is_some()),
            None => self.plain_element(node, element),
        };
        if holds_mark && let Some(claim) = claim {
            self.mark(node.id(), claim, false);
        }
        self.note_changes(node.id(), name == "a" && goes_in);
        goes_in
    }
}

/// An attribute that holds a small number.
fn number(element: &Element, name: &str) -> String {
    let value = tree::attr(element, name).map(str::trim).unwrap_or_default();
    let is_number = !value.is_empty()
        && value.len() <= DIGITS_MAX
        && value.bytes().all(|byte| byte.is_ascii_digit());
    match is_number && !value.trim_start_matches('0').is_empty() {
        true => format!(" {name}=\"{value}\""),
        false => String::new(),
    }
}

/// Inline elements that hold blocks.
fn torn(html: &Html) -> HashSet<NodeId> {
    let mut torn = HashSet::new();
    for node in html.root_element().descendants() {
        let is_block = node
            .value()
            .as_element()
            .is_some_and(|element| kinds::is_block(element.name()) || element.name() == "figure");
        if !is_block {
            continue;
        }
        // What holds a block that was met before is known, and so is all around it.
        for above in node.ancestors() {
            if above
                .value()
                .as_element()
                .is_none_or(|element| kinds::is_block(element.name()))
                || !torn.insert(above.id())
            {
                break;
            }
        }
    }
    torn
}

/// The ids that links of the field lead to and that are there.
fn targets(html: &Html) -> HashSet<String> {
    let elements = || {
        html.root_element()
            .descendants()
            .filter_map(|node| node.value().as_element())
    };
    let wanted: HashSet<&str> = elements()
        .filter_map(|element| tree::attr(element, "href")?.trim().strip_prefix('#'))
        .collect();
    let is_plain = |id: &str| {
        !id.is_empty()
            && id.len() < DIGITS_MAX * 20
            && id.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.')
            })
    };
    let there = elements().filter_map(|element| tree::attr(element, "id"));
    there
        .filter(|id| wanted.contains(id) && is_plain(id))
        .map(str::to_owned)
        .collect()
}
