//! One field of one entry under the brush, and the only ways to change it.
//!
//! It knows no junk: passes decide, [`Scrub`] does and records.
//!
//! Invariants: every change of something that a reader could see or that could act writes its
//! [`Removal`] in the same call; what a user keeps is refused to every pass but `safety`; the blocks are
//! those of the tree as it stands. Unrecorded on purpose are changes that lose nothing: URLs made
//! absolute, emptied wrappers, attributes and elements without meaning to a reader (`class`, `font`).

use super::blocks::{self, Block, Blocks};
use super::tree::{self, NodeId, NodeRef};
use super::words::fold;
use crate::model::{EntryKey, Field, Removal};
use html5ever::{LocalName, QualName, ns};
use scraper::node::Element;
use scraper::{Html, Node, Selector, StrTendril};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use url::Url;

/// The rules of a source, made ready once for all its entries.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) off: Vec<String>,
    pub(super) remove: Vec<ReadyMatcher>,
    pub(super) keep: Vec<ReadyMatcher>,
}

/// A matcher with its selector parsed or its text collapsed.
#[derive(Debug)]
pub(super) enum ReadyMatcher {
    Selector(String, Box<Selector>),
    Text(String),
}

/// What the entry and its feed say of themselves.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) key: EntryKey,
    /// The title, folded.
    pub(super) title: String,
    /// The feed's title, folded.
    pub(super) feed_title: String,
    pub(super) link: Option<Url>,
    pub(super) feed_link: Option<Url>,
}

/// How much text there is, in characters without white space.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) chars: usize,
    pub(super) prose: usize,
}

/// Something that a pass found: blocks, and why they are junk.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) blocks: Vec<usize>,
    pub(super) rule: String,
    pub(super) evidence: String,
}

impl Cut {
    pub(super) fn new(
        blocks: Vec<usize>,
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Self {
        Self {
            blocks,
            rule: rule.into(),
            evidence: evidence.into(),
        }
    }
}

/// One field under the brush.
pub(crate) struct Scrub<'a> {
    pub(super) about: &'a About,
    pub(super) rules: &'a Ready,
    pub(super) base: Option<Url>,
    pub(super) field: Field,
    pub(super) pass: &'static str,
    /// The field was plain text: one text node, until `paragraphs` splits it.
    pub(super) was_plain: bool,
    html: Html,
    root: NodeId,
    blocks: Option<Blocks>,
    kept: HashSet<NodeId>,
    /// Ancestors of what is kept: they may not go either.
    holds_kept: HashSet<NodeId>,
    /// How many children with content an element still has; filled when first asked.
    live: HashMap<NodeId, usize>,
    removals: &'a mut Vec<Removal>,
    /// How many removals there were before this field.
    mark: usize,
}

impl<'a> Scrub<'a> {
    pub(super) fn new(
        html: Html,
        field: Field,
        base: Option<Url>,
        about: &'a About,
        rules: &'a Ready,
        removals: &'a mut Vec<Removal>,
    ) -> Self {
        let root = tree::root(&html);
        let mut scrub = Self {
            about,
            rules,
            base,
            field,
            pass: "",
            was_plain: false,
            html,
            root,
            blocks: None,
            kept: HashSet::new(),
            holds_kept: HashSet::new(),
            live: HashMap::new(),
            mark: removals.len(),
            removals,
        };
        scrub.mark_kept();
        scrub
    }

    /// The markup as it stands.
    pub(super) fn markup(&self) -> String {
        tree::inner(&self.html)
    }

    /// Whether anything was recorded of this field.
    pub(super) fn has_acted(&self) -> bool {
        self.removals.len() > self.mark
    }

    pub(super) fn root(&self) -> NodeId {
        self.root
    }

    pub(super) fn node(&self, id: NodeId) -> NodeRef<'_> {
        self.html
            .tree
            .get(id)
            .expect("ids come from this tree, and nodes never leave it")
    }

    pub(super) fn element(&self, id: NodeId) -> Option<&Element> {
        self.node(id).value().as_element()
    }

    pub(super) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        self.element(id)?.attr(name)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent().map(|parent| parent.id())
    }

    /// All nodes below the root, in document order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        self.node(self.root).descendants().skip(1)
    }

    /// All elements of some names, in document order.
    pub(super) fn elements(&self, names: &[&str]) -> Vec<NodeId> {
        self.nodes()
            .filter(|node| {
                node.value()
                    .as_element()
                    .is_some_and(|element| names.contains(&element.name()))
            })
            .map(|node| node.id())
            .collect()
    }

    /// The text of a small subtree, white space collapsed.
    pub(super) fn text(&self, id: NodeId) -> String {
        let mut out = String::new();
        for node in self.node(id).descendants() {
            if let Node::Text(text) = node.value() {
                tree::push_collapsed(&mut out, text);
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// A URL found in this field, made absolute.
    pub(super) fn url(&self, value: &str) -> Option<Url> {
        let value = value.trim();
        match (Url::parse(value), &self.base) {
            (Ok(url), _) => Some(url),
            (Err(_), Some(base)) => base.join(value).ok(),
            (Err(_), None) if value.starts_with("//") => Url::parse(&format!("https:{value}")).ok(),
            (Err(_), None) => None,
        }
    }

    /// Whether a node stands in a quotation, in code, or in what a user keeps.
    pub(super) fn is_quoted(&self, id: NodeId) -> bool {
        let quoting = |node: NodeRef<'_>| {
            self.kept.contains(&node.id())
                || node
                    .value()
                    .as_element()
                    .is_some_and(|e| matches!(e.name(), "pre" | "code" | "blockquote" | "q"))
        };
        quoting(self.node(id)) || self.node(id).ancestors().any(quoting)
    }

    fn is_kept(&self, id: NodeId) -> bool {
        !self.kept.is_empty()
            && self.pass != super::SAFETY
            && (self.holds_kept.contains(&id)
                || self.kept.contains(&id)
                || self
                    .node(id)
                    .ancestors()
                    .any(|node| self.kept.contains(&node.id())))
    }

    fn mark_kept(&mut self) {
        if self.rules.keep.is_empty() {
            return;
        }
        let kept = self.matches(&self.rules.keep);
        for id in kept.into_iter().flat_map(|(ids, _)| ids) {
            let above: Vec<_> = self.node(id).ancestors().map(|node| node.id()).collect();
            self.holds_kept.extend(above);
            self.kept.insert(id);
        }
        self.blocks = None;
    }

    /// What a user's matchers match: the nodes, and the matcher as written.
    pub(super) fn matches(&self, matchers: &[ReadyMatcher]) -> Vec<(Vec<NodeId>, String)> {
        let mut found = Vec::new();
        for matcher in matchers {
            match matcher {
                ReadyMatcher::Selector(written, selector) => {
                    for element in self.html.select(selector) {
                        if element.id() != self.root
                            && element.ancestors().any(|node| node.id() == self.root)
                        {
                            found.push((vec![element.id()], written.clone()));
                        }
                    }
                }
                ReadyMatcher::Text(text) => {
                    let blocks = blocks::build(&self.html, self.root, &HashSet::new());
                    for block in blocks
                        .list
                        .into_iter()
                        .filter(|block| block.text.contains(text.as_str()))
                    {
                        found.push((block.leaves, text.clone()));
                    }
                }
            }
        }
        found
    }

    /// The blocks of the tree as it stands.
    pub(super) fn blocks(&mut self) -> &Blocks {
        let (html, root, kept) = (&self.html, self.root, &self.kept);
        self.blocks
            .get_or_insert_with(|| blocks::build(html, root, kept))
    }

    /// The blocks of an element that makes a block.
    pub(super) fn blocks_in(&mut self, id: NodeId) -> &[Block] {
        let blocks = self.blocks();
        let span = blocks
            .spans
            .get(&id)
            .cloned()
            .unwrap_or(Range { start: 0, end: 0 });
        &blocks.list[span]
    }

    /// How much there is to read.
    pub(super) fn weight(&mut self) -> Weight {
        let blocks = self.blocks().list.iter().filter(|block| !block.gone);
        blocks.fold(Weight::default(), |weight, block| Weight {
            chars: weight.chars + block.chars,
            prose: weight.prose + if block.is_prose() { block.chars } else { 0 },
        })
    }

    /// Removes an element and all in it; wrappers that are left empty go too.
    pub(super) fn remove(
        &mut self,
        id: NodeId,
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        if id == self.root || self.is_kept(id) || self.node(id).parent().is_none() {
            return;
        }
        let doomed = self.doom(&[id]);
        self.remove_doomed(&[id], &doomed, rule.into(), evidence.into());
        self.blocks = None;
    }

    /// Removes blocks that passes found; each cut is one [`Removal`].
    pub(super) fn cut(&mut self, cuts: Vec<Cut>) {
        for cut in cuts {
            let mut leaves = Vec::new();
            self.blocks();
            let Some(blocks) = &mut self.blocks else {
                return;
            };
            for index in cut.blocks {
                let block = &mut blocks.list[index];
                if !block.gone && !block.quoted {
                    block.gone = true;
                    leaves.extend(block.leaves.iter().copied());
                }
            }
            self.remove_leaves(&leaves, cut.rule, cut.evidence);
        }
    }

    /// Removes text nodes and media as one.
    pub(super) fn remove_nodes(
        &mut self,
        nodes: &[NodeId],
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        self.remove_leaves(nodes, rule.into(), evidence.into());
        self.blocks = None;
    }

    fn remove_leaves(&mut self, leaves: &[NodeId], rule: String, evidence: String) {
        let leaves: Vec<_> = leaves
            .iter()
            .copied()
            .filter(|id| !self.is_kept(*id))
            .collect();
        if leaves.is_empty() {
            return;
        }
        let doomed = self.doom(&leaves);
        self.remove_doomed(&leaves, &doomed, rule, evidence);
    }

    /// The nodes, and every wrapper that would be left without content.
    fn doom(&mut self, ids: &[NodeId]) -> HashSet<NodeId> {
        let mut doomed = HashSet::new();
        for &id in ids {
            let counted = has_content(self.node(id));
            doomed.insert(id);
            let mut current = id;
            while let Some(parent) = self.parent(current) {
                if parent == self.root
                    || self.is_kept(parent)
                    || doomed.contains(&parent)
                    || !counted && current == id
                {
                    break;
                }
                let html = &self.html;
                let live = self.live.entry(parent).or_insert_with(|| {
                    html.tree.get(parent).map_or(0, |node| {
                        node.children().filter(|child| has_content(*child)).count()
                    })
                });
                *live = live.saturating_sub(1);
                if *live > 0 {
                    break;
                }
                doomed.insert(parent);
                current = parent;
            }
        }
        doomed
    }

    fn remove_doomed(
        &mut self,
        ids: &[NodeId],
        doomed: &HashSet<NodeId>,
        rule: String,
        evidence: String,
    ) {
        let mut before = String::new();
        let mut tops: Vec<NodeId> = Vec::new();
        for &id in ids {
            let top = self
                .node(id)
                .ancestors()
                .map(|node| node.id())
                .take_while(|id| doomed.contains(id))
                .last();
            let top = top.unwrap_or(id);
            if tops.last() != Some(&top) {
                tops.push(top);
            }
        }
        for top in tops {
            if self.node(top).parent().is_none() {
                continue;
            }
            if !before.is_empty() {
                before.push('\n');
            }
            before.push_str(tree::outer(self.node(top)).trim());
            self.take_line_break(top);
            self.html.tree.get_mut(top).expect("just seen").detach();
        }
        let evidence = Some(evidence).filter(|evidence| !evidence.is_empty());
        self.record(rule, evidence, before, None);
    }

    /// A line that goes takes one of the two breaks around it along.
    fn take_line_break(&mut self, top: NodeId) {
        let node = self.node(top);
        let is_block = node
            .value()
            .as_element()
            .is_some_and(|element| blocks::is_block(element.name()));
        if is_block {
            return;
        }
        let white = |node: &NodeRef<'_>| {
            node.value()
                .as_text()
                .is_some_and(|text| text.trim().is_empty())
        };
        let is_break =
            |node: &NodeRef<'_>| node.value().as_element().is_some_and(|e| e.name() == "br");
        let before = node
            .prev_siblings()
            .find(|node| !white(node))
            .filter(is_break);
        let after = node.next_siblings().find(|node| !white(node));
        let target = match (before, after) {
            (Some(before), after) if after.is_none_or(|after| is_break(&after)) => {
                Some(before.id())
            }
            (None, Some(after))
                if is_break(&after) && node.prev_siblings().all(|node| white(&node)) =>
            {
                Some(after.id())
            }
            _ => None,
        };
        if let Some(mut line_break) = target.and_then(|id| self.html.tree.get_mut(id)) {
            line_break.detach();
        }
    }

    /// Writes down a change; the only place where removals are made.
    pub(super) fn record(
        &mut self,
        rule: String,
        evidence: Option<String>,
        before: String,
        after: Option<String>,
    ) {
        self.removals.push(Removal {
            entry: self.about.key.clone(),
            number: 0,
            field: self.field,
            pass: self.pass.to_owned(),
            rule,
            evidence,
            before,
            after,
        });
    }

    /// Takes an element away but leaves what stands in it.
    pub(super) fn unwrap(&mut self, id: NodeId, rule: impl Into<String>) {
        if let Some(element) = self.element(id) {
            let before = format!("{element:?}");
            self.tidy_unwrap(id);
            self.record(rule.into(), None, before, Some(String::new()));
        }
    }

    /// [`Scrub::unwrap`] for elements that mean nothing to a reader: no record, since nothing is lost.
    pub(super) fn tidy_unwrap(&mut self, id: NodeId) {
        let children: Vec<_> = self.node(id).children().map(|child| child.id()).collect();
        let mut node = self.html.tree.get_mut(id).expect("just seen");
        if node.parent().is_none() {
            return;
        }
        for child in children {
            node.insert_id_before(child);
        }
        node.detach();
        self.changed();
    }

    /// Puts other markup in the place of an element.
    pub(super) fn replace(
        &mut self,
        id: NodeId,
        markup: &str,
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        let Ok(other) = tree::parse(markup) else {
            return;
        };
        if self.is_kept(id) || self.node(id).parent().is_none() {
            return;
        }
        let before = tree::outer(self.node(id));
        let fragment = self.html.tree.extend_tree(other.tree).id();
        let new: Vec<_> = self
            .node(fragment)
            .children()
            .flat_map(|html| html.children())
            .map(|node| node.id())
            .collect();
        let mut node = self.html.tree.get_mut(id).expect("just seen");
        for child in new {
            node.insert_id_before(child);
        }
        node.detach();
        self.record(
            rule.into(),
            Some(evidence.into()),
            before,
            Some(markup.to_owned()),
        );
        self.changed();
    }

    /// Gives an attribute another value.
    pub(super) fn set_attribute(
        &mut self,
        id: NodeId,
        name: &str,
        value: &str,
        rule: impl Into<String>,
    ) {
        let before = self.attribute(id, name).map(str::to_owned);
        if before.as_deref() != Some(value) && !self.is_kept(id) {
            self.tidy_attribute(id, name, Some(value));
            self.record(
                rule.into(),
                None,
                before.unwrap_or_default(),
                Some(value.to_owned()),
            );
        }
    }

    /// Takes an attribute away.
    pub(super) fn remove_attribute(&mut self, id: NodeId, name: &str, rule: impl Into<String>) {
        if let Some(before) = self
            .attribute(id, name)
            .map(|value| format!("{name}=\"{value}\""))
        {
            self.tidy_attribute(id, name, None);
            self.record(rule.into(), None, before, None);
        }
    }

    /// Sets or takes away an attribute where nothing is lost by it, so there is nothing to record.
    pub(super) fn tidy_attribute(&mut self, id: NodeId, name: &str, value: Option<&str>) {
        let Some(mut node) = self.html.tree.get_mut(id) else {
            return;
        };
        let Node::Element(element) = node.value() else {
            return;
        };
        let name = QualName::new(None, ns!(), LocalName::from(name));
        // scraper keeps attributes sorted by name and finds them by binary search.
        match (
            element
                .attrs
                .binary_search_by(|(other, _)| other.cmp(&name)),
            value,
        ) {
            (Ok(at), Some(value)) => element.attrs[at].1 = StrTendril::from(value),
            (Err(at), Some(value)) => element.attrs.insert(at, (name, StrTendril::from(value))),
            (Ok(at), None) => {
                element.attrs.remove(at);
            }
            (Err(_), None) => {}
        }
    }

    /// Keeps only the attributes that `keep` accepts; for those without meaning to a reader.
    pub(super) fn tidy_attributes(&mut self, id: NodeId, keep: impl Fn(&str) -> bool) {
        if let Some(mut node) = self.html.tree.get_mut(id)
            && let Node::Element(element) = node.value()
        {
            element
                .attrs
                .retain(|(name, _)| name.prefix.is_none() && keep(&name.local));
        }
    }

    /// Takes away a node that shows nothing: comments, white space, processing instructions.
    pub(super) fn tidy_remove(&mut self, id: NodeId) {
        if let Some(mut node) = self.html.tree.get_mut(id) {
            node.detach();
        }
    }

    /// Makes the one text node of a plain field into paragraphs.
    pub(super) fn plant(&mut self, html: Html) {
        self.root = tree::root(&html);
        self.html = html;
        self.changed();
        self.mark_kept();
    }

    fn changed(&mut self) {
        self.blocks = None;
        self.live.clear();
    }

    /// Whether most of some links lead to the site that the entry is from; true where that is not known.
    pub(super) fn are_own(&self, links: &[NodeId]) -> bool {
        let about = self.about;
        let Some(own) = about
            .link
            .as_ref()
            .or(about.feed_link.as_ref())
            .and_then(site)
        else {
            return true;
        };
        let urls: Vec<_> = links
            .iter()
            .filter_map(|link| {
                self.attribute(*link, "href")
                    .and_then(|href| self.url(href))
            })
            .collect();
        urls.iter()
            .filter(|url| site(url).is_some_and(|other| other == own))
            .count()
            * 2
            >= urls.len()
    }

    /// Whether a folded text names the entry: its title, whole or cut off.
    pub(super) fn is_title(&self, folded: &str) -> bool {
        let title = &self.about.title;
        !title.is_empty()
            && (folded == title
                || folded.len() >= 16
                    && (title.starts_with(folded)
                        || folded.starts_with(title.as_str()) && title.len() >= 16))
    }

    /// The folded text of a link or the like.
    pub(super) fn folded(&self, id: NodeId) -> String {
        fold(&self.text(id))
    }
}

/// The part of a host that one owner has: two labels, three below short second levels such as `co.uk`.
fn site(url: &Url) -> Option<String> {
    let labels: Vec<&str> = url.host_str()?.rsplit('.').collect();
    let short = labels.len() > 2 && labels[0].len() == 2 && labels[1].len() <= 3;
    Some(
        labels
            .into_iter()
            .take(if short { 3 } else { 2 })
            .collect::<Vec<_>>()
            .join("."),
    )
}

/// Whether anything of a node is seen.
fn has_content(node: NodeRef<'_>) -> bool {
    let mut hidden_below: Option<NodeId> = None;
    node.descendants().any(|node| {
        if let Some(hidden) = hidden_below {
            if node.ancestors().any(|above| above.id() == hidden) {
                return false;
            }
            hidden_below = None;
        }
        match node.value() {
            Node::Text(text) => !text.trim().is_empty(),
            Node::Element(element) if blocks::is_hidden(element.name()) => {
                hidden_below = Some(node.id());
                false
            }
            Node::Element(element) => {
                blocks::is_medium(element.name()) && element.name() != "picture"
            }
            _ => false,
        }
    })
}
