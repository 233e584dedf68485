//! A tree written anew: only what a list allows, in a form that is right HTML wherever it stands.

use super::super::links::{candidates, may_link, may_load};
use super::super::safety::MATH;
use super::super::tree::{self, NodeId, NodeRef, escape};
use super::super::{blocks, paragraphs};
use super::atoms::medium;
use super::place::Places;
use super::{Label, Manner};
use html5ever::ns;
use scraper::node::Element;
use scraper::{Html, Node};
use std::collections::HashSet;
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

/// Pictures in `data:` of more bytes are named in an original, which has them again as they are published.
const DATA_BYTES_MAX: usize = 4096;

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

/// Text as paragraphs.
pub(super) fn plain(text: &str) -> String {
    paragraphs::to_html(text)
}

/// Writes a tree.
pub(super) struct Writer<'a> {
    html: &'a Html,
    manner: Manner<'a>,
    base: Option<Url>,
    marks: Option<(&'a Places, &'a [Label])>,
    out: String,
    open: Vec<Open>,
    /// The removals whose marks are open.
    marking: Vec<u32>,
    /// Those that have been told where they stood.
    labelled: HashSet<u32>,
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
            out: String::new(),
            open: Vec::new(),
            marking: Vec::new(),
            labelled: HashSet::new(),
            headings: Vec::new(),
            torn: torn(html),
            targets: targets(html),
            ids: HashSet::new(),
            names_pictures: false,
        }
    }

    pub(super) fn with_marks(mut self, places: &'a Places, labels: &'a [Label]) -> Self {
        self.marks = Some((places, labels));
        self
    }

    pub(super) fn write(mut self) -> String {
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
        self.out
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
        match node.value() {
            Node::Text(text) => {
                if !text.trim().is_empty() {
                    self.fit(node, "#text");
                    self.text(node.id(), text);
                } else if matches!(self.inside(), Inside::Flow | Inside::Figure) {
                    self.out.push_str(text);
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
                    blocks::is_block(name) && !self.is_phrasing(),
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

    /// Tells what was changed of an element that stayed: at its beginning, but behind a link, which can't hold another.
    fn note_changes(&mut self, id: NodeId, is_link: bool) {
        let changes = self.changes(id);
        if changes.is_empty() {
            return;
        }
        let opened = self
            .open
            .iter()
            .rposition(|open| open.node == id && open.link);
        match opened.filter(|_| is_link) {
            Some(at) => {
                let is_linked = at > 0 && self.open[at - 1].link;
                let said = self.change(&changes, is_linked);
                self.open[at].close.push_str(&said);
            }
            None => {
                let said = self.change(&changes, self.is_linked());
                self.out.push_str(&said);
            }
        }
    }

    /// Opens an element that has content.
    fn plain_element(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
        let id = node.id();
        let phrasing = self.is_phrasing();
        match element.name() {
            "br" | "wbr" => {
                let _ = write!(self.out, "<{}>", element.name());
                return true;
            }
            "a" => self.anchor(node, element),
            name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6") if !phrasing => {
                self.heading(node, name.as_bytes()[1] - b'0', element);
            }
            "ul" | "ol" | "menu" | "dir" if !phrasing => {
                let name = if element.name() == "ol" { "ol" } else { "ul" };
                let start = number(element, "start");
                self.start(name, element, &start);
                self.push(id, format!("</{name}>"), Inside::List);
            }
            "li" if self.inside() == Inside::List => {
                let value = number(element, "value");
                self.block("li", node, element, &value, Inside::Flow);
            }
            "dl" if !phrasing => self.block("dl", node, element, "", Inside::Terms),
            name @ ("dt" | "dd") if self.inside() == Inside::Terms => {
                self.block(name, node, element, "", Inside::Flow);
            }
            "figure" if !phrasing => self.block("figure", node, element, "", Inside::Figure),
            "figcaption" if self.inside() == Inside::Figure => {
                self.block("figcaption", node, element, "", Inside::Flow);
            }
            "pre" if !phrasing => {
                self.block("pre", node, element, "", Inside::Flow);
                self.set_phrasing();
            }
            "table" if !phrasing => {
                let label = escape(self.manner.words.table);
                let _ = write!(
                    self.out,
                    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{label}\">"
                );
                self.push(id, "</div>", Inside::Flow);
                self.block("table", node, element, "", Inside::Table);
            }
            name if matches!(
                name,
                "caption" | "colgroup" | "col" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th"
            ) =>
            {
                self.table_part(name.to_owned().as_str(), node, element);
            }
            name => self.common(&name.to_owned(), node, element),
        }
        true
    }

    fn table_part(&mut self, name: &str, node: NodeRef<'_>, element: &Element) {
        match (name, self.inside()) {
            ("caption", Inside::Table) => self.block("caption", node, element, "", Inside::Flow),
            ("colgroup", Inside::Table) => {
                self.block("colgroup", node, element, "", Inside::Rows);
            }
            ("tbody" | "thead" | "tfoot", Inside::Table) => {
                self.block(name, node, element, "", Inside::Rows);
            }
            ("tr", Inside::Rows | Inside::Table) => {
                self.block("tr", node, element, "", Inside::Row);
            }
            ("td" | "th", Inside::Row) => {
                let spans = number(element, "colspan") + &number(element, "rowspan");
                // A cell that heads nothing in sight is heard as one that does.
                self.block("td", node, element, &spans, Inside::Flow);
                if name == "th" {
                    self.out.push_str("<strong>");
                    if let Some(open) = self.open.last_mut() {
                        open.close.insert_str(0, "</strong>");
                        open.phrasing = true;
                    }
                }
            }
            _ => self.push(node.id(), "", Inside::Flow),
        }
    }

    /// Elements of no special kind, and those that are written as another.
    fn common(&mut self, name: &str, node: NodeRef<'_>, element: &Element) {
        let written = match name {
            "p" | "blockquote" | "div" => name,
            "strike" => "s",
            "tt" => "code",
            "font" | "big" | "time" | "data" | "rb" | "rtc" | "bdo" | "label" | "nobr" => "span",
            "summary" | "legend" => "p",
            "abbr" | "b" | "bdi" | "cite" | "code" | "del" | "dfn" | "em" | "i" | "ins" | "kbd"
            | "mark" | "q" | "ruby" | "rp" | "rt" | "s" | "samp" | "small" | "span" | "strong"
            | "sub" | "sup" | "u" | "var" => name,
            _ if blocks::is_block(name)
                || matches!(name, "main" | "nav" | "section" | "details" | "dialog") =>
            {
                "div"
            }
            // Unknown to us, and so to readers.
            _ => return self.push(node.id(), "", self.inside()),
        };
        let is_block = matches!(written, "p" | "blockquote" | "div");
        if is_block && self.is_phrasing() {
            self.block("span", node, element, "", Inside::Flow);
        } else if !is_block && self.torn.contains(&node.id()) {
            self.push(node.id(), "", self.inside());
        } else {
            self.block(written, node, element, "", Inside::Flow);
            if written == "p" || !is_block && written != "ins" && written != "del" {
                self.set_phrasing();
            }
        }
    }

    fn set_phrasing(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.phrasing = true;
        }
    }

    fn start(&mut self, name: &str, element: &Element, further: &str) {
        let _ = write!(self.out, "<{name}{further}");
        self.globals(name, element);
        self.out.push('>');
    }

    fn block(
        &mut self,
        name: &str,
        node: NodeRef<'_>,
        element: &Element,
        further: &str,
        inside: Inside,
    ) {
        self.start(name, element, further);
        self.push(node.id(), format!("</{name}>"), inside);
    }

    /// Attributes of any element.
    fn globals(&mut self, name: &str, element: &Element) {
        if let Some(language) = tree::attr(element, "lang").filter(|value| is_language(value)) {
            let _ = write!(self.out, " lang=\"{language}\"");
        }
        let direction = tree::attr(element, "dir").map(str::to_ascii_lowercase);
        if let Some(direction @ ("ltr" | "rtl" | "auto")) = direction.as_deref() {
            let _ = write!(self.out, " dir=\"{direction}\"");
        }
        if let Some(id) = tree::attr(element, "id")
            && self.targets.contains(id)
            && self.ids.insert(id.to_owned())
        {
            let _ = write!(self.out, " id=\"{}{id}\"", self.manner.prefix);
        }
        if name == "abbr"
            && let Some(title) =
                tree::attr(element, "title").filter(|title| !title.trim().is_empty())
        {
            let _ = write!(self.out, " title=\"{}\"", escape(title.trim()));
        }
    }

    fn anchor(&mut self, node: NodeRef<'_>, element: &Element) {
        let id = node.id();
        let href = tree::attr(element, "href")
            .map(str::trim)
            .unwrap_or_default();
        let has_text = node.descendants().any(|node| {
            node.value()
                .as_text()
                .is_some_and(|text| !text.trim().is_empty())
        });
        let has_picture = || {
            node.descendants()
                .any(|node| node.value().as_element().is_some_and(|e| e.name() == "img"))
        };
        let target = self.target(href).filter(|_| !self.is_linked());
        let Some(target) = target.filter(|_| has_text || has_picture()) else {
            if has_text && !self.torn.contains(&id) {
                self.block("span", node, element, "", Inside::Flow);
                self.set_phrasing();
            } else {
                self.push(id, "", self.inside());
            }
            return;
        };
        let target = escape(&target).into_owned();
        let further = format!(" href=\"{target}\" rel=\"nofollow noopener noreferrer\"");
        self.block("a", node, element, &further, Inside::Flow);
        self.names_pictures = !has_text;
        if let Some(open) = self.open.last_mut() {
            open.link = true;
        }
    }

    /// Where a link may lead on a page of ours.
    fn target(&self, href: &str) -> Option<String> {
        if let Some(id) = href.strip_prefix('#') {
            return self
                .targets
                .contains(id)
                .then(|| format!("#{}{id}", self.manner.prefix));
        }
        if !may_link(href) {
            return None;
        }
        let url = self.url(href)?;
        matches!(url.scheme(), "http" | "https" | "mailto" | "tel").then(|| url.into())
    }

    fn url(&self, value: &str) -> Option<Url> {
        match (Url::parse(value), &self.base) {
            (Ok(url), _) => Some(url),
            (Err(_), Some(base)) => base.join(value).ok(),
            (Err(_), None) => None,
        }
    }

    /// A heading below those of the page, one level below the last that is above it.
    fn heading(&mut self, node: NodeRef<'_>, level: u8, element: &Element) {
        let has_text = node.descendants().any(|node| {
            node.value()
                .as_text()
                .is_some_and(|text| !text.trim().is_empty())
        });
        if !has_text {
            return self.push(node.id(), "", Inside::Flow);
        }
        while self.headings.last().is_some_and(|last| *last >= level) {
            self.headings.pop();
        }
        self.headings.push(level);
        let depth = u8::try_from(self.headings.len()).unwrap_or(u8::MAX);
        let written = self.manner.level.saturating_add(depth).min(6);
        self.block(&format!("h{written}"), node, element, "", Inside::Flow);
        self.set_phrasing();
    }

    /// Something that shows by itself; a name in its place where it can't be shown, and was taken out. True where what stands
    /// in it is to be written.
    fn medium(&mut self, node: NodeRef<'_>, element: &Element, is_taken: bool) -> bool {
        let is_original = self.marks.is_some();
        match element.name() {
            "hr" if !self.is_phrasing() => self.out.push_str("<hr>"),
            "hr" => {}
            // What a script was to put a picture in place of is blank.
            "img" | "image" if !is_taken && !self.is_placeholder(node.id(), element) => {
                self.image(element, is_original);
            }
            "audio" | "video" if !is_taken && !self.is_linked() && !is_original => {
                return self.player(node, element);
            }
            _ if is_original => self.chip(element),
            _ => {}
        }
        false
    }

    fn is_placeholder(&self, id: NodeId, element: &Element) -> bool {
        let source = tree::attr(element, "src")
            .map(str::trim)
            .unwrap_or_default();
        source.starts_with("data:") && !self.changes(id).is_empty()
    }

    fn image(&mut self, element: &Element, is_original: bool) {
        let given = tree::attr(element, "src").map(str::trim);
        let set = tree::attr(element, "srcset").unwrap_or_default();
        let last = || candidates(set).last().map(|(address, _)| *address);
        let source = given.filter(|src| !src.is_empty()).or_else(last);
        let source = source
            .filter(|src| may_load(src, true))
            .and_then(|src| self.url(src));
        let too_large = |url: &Url| {
            is_original && url.scheme() == "data" && url.as_str().len() > DATA_BYTES_MAX
        };
        let alt = tree::attr(element, "alt")
            .map(str::trim)
            .unwrap_or_default();
        let Some(source) = source.filter(|url| !too_large(url)) else {
            let _ = write!(
                self.out,
                "<span class=\"chip\">{}</span>",
                escape(if alt.is_empty() {
                    self.manner.words.image
                } else {
                    alt
                })
            );
            return;
        };
        let alt = match alt {
            "" if self.names_pictures => self.manner.words.image,
            alt => alt,
        };
        let _ = write!(
            self.out,
            "<img src=\"{}\" alt=\"{}\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"{}{}>",
            escape(source.as_str()),
            escape(alt),
            number(element, "width"),
            number(element, "height"),
        );
    }

    fn player(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
        let name = if element.name() == "audio" {
            "audio"
        } else {
            "video"
        };
        let address = |attribute: &str| {
            let value = tree::attr(element, attribute)?.trim();
            let url = Some(value)
                .filter(|value| may_load(value, false))
                .and_then(|value| self.url(value))?;
            Some(format!(" {attribute}=\"{}\"", escape(url.as_str())))
        };
        let mut further = address("src").unwrap_or_default();
        if name == "video" {
            further.push_str(&address("poster").unwrap_or_default());
        }
        let sources = node.children().filter_map(|child| {
            let source = child
                .value()
                .as_element()
                .filter(|e| e.name() == "source")?;
            let value = tree::attr(source, "src")?.trim();
            let url = Some(value)
                .filter(|value| may_load(value, false))
                .and_then(|value| self.url(value))?;
            Some(format!("<source src=\"{}\">", escape(url.as_str())))
        });
        let sources: String = match further.contains(" src=") {
            true => String::new(),
            false => sources.collect(),
        };
        let _ = write!(
            self.out,
            "<{name}{further} controls preload=\"none\">{sources}</{name}>"
        );
        false
    }

    /// The name of what is not shown, with its address or its first words.
    fn chip(&mut self, element: &Element) {
        let words = self.manner.words;
        let (word, tells) = match element.name() {
            "img" | "image" => (words.image, "src"),
            "script" | "style" | "template" | "link" | "meta" | "base" => (words.script, "src"),
            "input" | "textarea" | "select" | "datalist" => (words.control, "placeholder"),
            "svg" | "canvas" => (words.drawing, "aria-label"),
            "object" => (words.frame, "data"),
            _ => (words.frame, "src"),
        };
        let mut said = tree::attr(element, tells)
            .map(str::trim)
            .unwrap_or_default();
        if said.is_empty() {
            said = ["value", "data-src", "href", "name"]
                .iter()
                .find_map(|name| tree::attr(element, name))
                .map(str::trim)
                .unwrap_or_default();
        }
        let cut: String = said.chars().take(CHIP_CHARS).collect();
        let dots = if cut.len() < said.len() { "…" } else { "" };
        let colon = if cut.is_empty() { "" } else { ": " };
        let _ = write!(
            self.out,
            "<span class=\"chip\">{}{colon}{}{dots}</span>",
            escape(word),
            escape(&cut)
        );
    }

    /// Formulas stand as they are.
    fn math(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
        let name = element.name();
        if !MATH.contains(&name) || name != "math" && self.inside() != Inside::Math {
            return false;
        }
        self.fit(node, name);
        let display =
            tree::attr(element, "display").filter(|value| matches!(*value, "block" | "inline"));
        let display = display
            .map(|value| format!(" display=\"{value}\""))
            .unwrap_or_default();
        let _ = write!(self.out, "<{name}{display}>");
        self.push(node.id(), format!("</{name}>"), Inside::Math);
        true
    }

    /// The removal that took all of a node, where its mark is not open yet.
    fn claim(&self, id: NodeId) -> Option<u32> {
        let (places, _) = self.marks?;
        let span = places.atoms.spans.get(&id)?;
        let claim = *places.claims.get(span.start).filter(|_| !span.is_empty())?;
        let is_whole =
            claim != 0 && !self.marking.contains(&claim) && places.run_end(span.start) >= span.end;
        is_whole.then_some(claim)
    }

    fn changes(&self, id: NodeId) -> Vec<usize> {
        let changes = self.marks.and_then(|(places, _)| places.changes.get(&id));
        changes.cloned().unwrap_or_default()
    }

    /// Opens the mark of a removal, which ends with a node.
    fn mark(&mut self, node: NodeId, claim: u32, is_block: bool) {
        self.out.push_str(if is_block {
            "<del class=\"cut block\">"
        } else {
            "<del class=\"cut\">"
        });
        self.label(claim, is_block);
        self.marking.push(claim);
        let inside = match self.inside() {
            Inside::Figure | Inside::List | Inside::Terms => Inside::Flow,
            inside => inside,
        };
        self.push(node, "</del>", inside);
        if let Some(open) = self.open.last_mut() {
            open.marks = 1;
        }
    }

    /// Says once which removal it is: in full where there is room.
    fn label(&mut self, claim: u32, is_long: bool) {
        let Some((_, labels)) = self.marks else {
            return;
        };
        let Some(label) = labels
            .get(claim as usize - 1)
            .filter(|_| self.labelled.insert(claim))
        else {
            return;
        };
        let label = if is_long {
            long(label, self.is_linked())
        } else {
            short(label, self.is_linked())
        };
        let _ = write!(self.out, "{label} ");
    }

    /// What was changed, as numbers.
    fn change(&self, changes: &[usize], is_linked: bool) -> String {
        let Some((_, labels)) = self.marks else {
            return String::new();
        };
        let labels = changes.iter().filter_map(|place| labels.get(*place));
        let all: Vec<String> = labels.map(|label| short(label, is_linked)).collect();
        format!("<sup class=\"chg\">{}</sup>", all.join(" "))
    }

    /// A text, with the marks of what was taken of it.
    fn text(&mut self, id: NodeId, text: &str) {
        let span = self
            .marks
            .and_then(|(places, _)| Some((places, places.atoms.spans.get(&id)?)));
        let Some((places, span)) = span else {
            self.out.push_str(&escape(text));
            return;
        };
        let around = self.marking.last().copied().unwrap_or_default();
        let mut atom = span.start;
        let mut current = around;
        let mut blank = String::new();
        for c in text.chars() {
            if c.is_whitespace() {
                blank.push(c);
                continue;
            }
            let claim = places.claims.get(atom).copied().unwrap_or_default();
            let claim = if claim == 0 || self.marking.contains(&claim) {
                around
            } else {
                claim
            };
            atom += c.len_utf8();
            if claim != current {
                if current != around {
                    self.out.push_str("</del>");
                }
                self.out.push_str(&std::mem::take(&mut blank));
                if claim != around {
                    self.out.push_str("<del class=\"cut\">");
                    self.label(claim, false);
                }
                current = claim;
            }
            self.out.push_str(&std::mem::take(&mut blank));
            let mut bytes = [0; 4];
            self.out.push_str(&escape(c.encode_utf8(&mut bytes)));
        }
        if current != around {
            self.out.push_str("</del>");
        }
        self.out.push_str(&blank);
    }
}

fn short(label: &Label, is_linked: bool) -> String {
    let (said, title) = (escape(&label.short), escape(&label.long));
    match is_linked {
        true => format!("<span class=\"why\">{said}</span>"),
        false => format!(
            "<a class=\"why\" href=\"{}\" title=\"{title}\">{said}</a>",
            escape(&label.href)
        ),
    }
}

fn long(label: &Label, is_linked: bool) -> String {
    let said = escape(&label.long);
    match is_linked {
        true => format!("<span class=\"why\">{said}</span>"),
        false => format!(
            "<a class=\"why\" href=\"{}\">{said}</a>",
            escape(&label.href)
        ),
    }
}

/// An attribute that holds a small number.
fn number(element: &Element, name: &str) -> String {
    let value = tree::attr(element, name).map(str::trim).unwrap_or_default();
    let is_number = !value.is_empty()
        && value.len() <= DIGITS_MAX
        && value.bytes().all(|byte| byte.is_ascii_digit());
    match is_number && value.trim_start_matches('0') != "" {
        true => format!(" {name}=\"{value}\""),
        false => String::new(),
    }
}

/// Whether a text may be a language tag: "en", "pt-BR", "zh-Hant-TW" (RFC 5646 §2.1).
fn is_language(value: &str) -> bool {
    let mut parts = value.split('-');
    let is_primary = |part: &str| {
        (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(is_primary) && parts.all(is_further)
}

/// Inline elements that hold blocks.
fn torn(html: &Html) -> HashSet<NodeId> {
    let mut torn = HashSet::new();
    for node in html.root_element().descendants() {
        let is_block = node
            .value()
            .as_element()
            .is_some_and(|element| blocks::is_block(element.name()) || element.name() == "figure");
        if !is_block {
            continue;
        }
        // What holds a block that was met before is known, and so is all around it.
        for above in node.ancestors() {
            if above
                .value()
                .as_element()
                .is_none_or(|element| blocks::is_block(element.name()))
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
