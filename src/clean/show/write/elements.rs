//! Elements with content, each in a form that may stand where it stands.

use super::super::super::kinds;
use super::super::super::links::may_link;
use super::super::super::safety::MATH;
use super::super::super::tree::{self, NodeRef, escape};
use super::{ADDRESS_BYTES_MAX, Inside, TOLD_BYTES_MAX, Writer, fitting, number};
use scraper::node::Element;
use std::fmt::Write as _;
use url::Url;

impl Writer<'_> {
    /// Opens an element that has content.
    pub(super) fn plain_element(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
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
                self.table_part(name, node, element);
            }
            name => self.common(name, node, element),
        }
        true
    }

    pub(super) fn table_part(&mut self, name: &str, node: NodeRef<'_>, element: &Element) {
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
    pub(super) fn common(&mut self, name: &str, node: NodeRef<'_>, element: &Element) {
        let written = match name {
            "p" | "blockquote" | "div" => name,
            "strike" => "s",
            "tt" => "code",
            "font" | "big" | "time" | "data" | "rb" | "rtc" | "bdo" | "label" | "nobr" => "span",
            "summary" | "legend" => "p",
            "abbr" | "b" | "bdi" | "cite" | "code" | "del" | "dfn" | "em" | "i" | "ins" | "kbd"
            | "mark" | "q" | "ruby" | "rp" | "rt" | "s" | "samp" | "small" | "span" | "strong"
            | "sub" | "sup" | "u" | "var" => name,
            _ if kinds::is_block(name)
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

    pub(super) fn start(&mut self, name: &str, element: &Element, further: &str) {
        let _ = write!(self.out, "<{name}{further}");
        self.globals(name, element);
        self.out.push('>');
    }

    pub(super) fn block(
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
    pub(super) fn globals(&mut self, name: &str, element: &Element) {
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
            let _ = write!(
                self.out,
                " title=\"{}\"",
                escape(fitting(title.trim(), TOLD_BYTES_MAX))
            );
        }
    }

    pub(super) fn anchor(&mut self, node: NodeRef<'_>, element: &Element) {
        let id = node.id();
        let href = tree::attr(element, "href")
            .map(str::trim)
            .unwrap_or_default();
        let has_text = has_text(node);
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
    pub(super) fn target(&self, href: &str) -> Option<String> {
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

    pub(super) fn url(&self, value: &str) -> Option<Url> {
        resolve(value, self.base.as_ref()).filter(|url| url.as_str().len() <= ADDRESS_BYTES_MAX)
    }

    /// A heading below those of the page, one level below the last that is above it.
    pub(super) fn heading(&mut self, node: NodeRef<'_>, level: u8, element: &Element) {
        if !has_text(node) {
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

    /// Formulas stand as they are.
    pub(super) fn math(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
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

    pub(super) fn set_phrasing(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.phrasing = true;
        }
    }
}

/// Whether there is something to read in a node.
fn has_text(node: NodeRef<'_>) -> bool {
    node.descendants().any(|node| {
        node.value()
            .as_text()
            .is_some_and(|text| !text.trim().is_empty())
    })
}

/// An address made absolute.
pub(super) fn resolve(value: &str, base: Option<&Url>) -> Option<Url> {
    match (Url::parse(value), base) {
        (Ok(url), _) => Some(url),
        (Err(_), Some(base)) => base.join(value).ok(),
        (Err(_), None) => None,
    }
}

/// Whether a text may be a language tag: "en", "pt-BR", "zh-Hant-TW" (RFC 5646 §2.1).
#[must_use]
pub fn is_language(value: &str) -> bool {
    let mut parts = value.split('-');
    let is_primary = |part: &str| {
        (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(is_primary) && parts.all(is_further)
}
