//! The changes of a [`Scrub`]: each does what it says and writes it down in the same call.
//!
//! It decides nothing. Changes called `tidy_…` lose nothing that a reader could see and are not recorded.

use super::super::tree::{NodeId, NodeRef};
use super::super::{kinds, tree, undo};
use super::{Cut, Scrub};
use crate::model::Removal;
use html5ever::{LocalName, QualName, ns};
use scraper::{Html, Node, StrTendril};
use std::collections::HashSet;

impl Scrub<'_> {
    /// Removes an element and all in it; wrappers that are left empty go too.
    pub(in crate::clean) fn remove(
        &mut self,
        id: NodeId,
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        if id == self.root || self.is_kept(id) || self.node(id).parent().is_none() {
            return;
        }
        let doomed = self.doom(&[id]);
        if !self.remove_doomed(&[id], &doomed, rule.into(), evidence.into()) {
            return;
        }
        // Most of what goes is whole blocks, and the others stay as they are.
        let span = self.blocks.as_ref().and_then(|blocks| blocks.span_of(id));
        match (&mut self.blocks, span) {
            (Some(blocks), Some(span)) => blocks.forget(span),
            (blocks, _) => *blocks = None,
        }
    }

    /// Removes blocks that passes found; each cut is one [`Removal`].
    pub(in crate::clean) fn cut(&mut self, cuts: Vec<Cut>) {
        if cuts.is_empty() {
            return;
        }
        self.blocks();
        let Some(mut blocks) = self.blocks.take() else {
            return;
        };
        let mut all_went = true;
        for cut in cuts {
            let mut going = cut.blocks;
            going.retain(|index| !blocks.list[*index].gone && !blocks.list[*index].quoted);
            let leaves = going.iter().flat_map(|index| &blocks.list[*index].leaves);
            let leaves: Vec<NodeId> = leaves.copied().collect();
            let went = self.remove_leaves(&leaves, cut.rule, cut.evidence);
            all_went &= went || leaves.is_empty();
            for index in going.into_iter().filter(|_| went) {
                let block = &mut blocks.list[index];
                block.gone =
                    self.kept.is_empty() || !block.leaves.iter().any(|leaf| self.is_in_tree(*leaf));
            }
        }
        blocks.sum_up();
        // What a user keeps stands in other blocks now.
        self.blocks = all_went.then_some(blocks);
    }

    /// Removes text nodes and media as one.
    pub(in crate::clean) fn remove_nodes(
        &mut self,
        nodes: &[NodeId],
        rule: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        self.remove_leaves(nodes, rule.into(), evidence.into());
        self.blocks = None;
    }

    /// False where nothing went, because a user keeps it.
    fn remove_leaves(&mut self, leaves: &[NodeId], rule: String, evidence: String) -> bool {
        let leaves: Vec<_> = leaves
            .iter()
            .copied()
            .filter(|id| !self.is_kept(*id))
            .collect();
        if leaves.is_empty() {
            return false;
        }
        let doomed = self.doom(&leaves);
        self.remove_doomed(&leaves, &doomed, rule, evidence)
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

    /// False where nothing went, because a user had put it back.
    fn remove_doomed(
        &mut self,
        ids: &[NodeId],
        doomed: &HashSet<NodeId>,
        rule: String,
        evidence: String,
    ) -> bool {
        let mut tops: Vec<NodeId> = Vec::new();
        for &id in ids {
            let top = self
                .node(id)
                .ancestors()
                .map(|node| node.id())
                .take_while(|id| doomed.contains(id))
                .last();
            let top = top.unwrap_or(id);
            if tops.last() != Some(&top) && self.node(top).parent().is_some() {
                tops.push(top);
            }
        }
        let markup = |top: &NodeId| tree::outer(self.node(*top)).trim().to_owned();
        let before = tops.iter().map(markup).collect::<Vec<_>>().join("\n");
        if self.is_restored(&before) {
            self.live.clear();
            tops.into_iter().for_each(|top| self.keep(top));
            return false;
        }
        for top in tops {
            // One of several may have taken another along.
            if self.node(top).parent().is_none() {
                continue;
            }
            self.take_line_break(top);
            self.take_gap(top);
            self.html.tree.get_mut(top).expect("just seen").detach();
        }
        let evidence = Some(evidence).filter(|evidence| !evidence.is_empty());
        self.record(rule, evidence, before, None);
        true
    }

    /// Whether a user had put back what a pass is about to take.
    fn is_restored(&self, before: &str) -> bool {
        undo::is_restored(self.rules, self.about, self.pass, self.field, before)
    }

    /// What stood on lines of its own takes the white space before it along, so that the rest looks as if it had never been there.
    fn take_gap(&mut self, top: NodeId) {
        let node = self.node(top);
        let white = |node: &NodeRef<'_>| {
            node.value()
                .as_text()
                .is_some_and(|text| text.trim().is_empty())
        };
        let before = node.prev_sibling().filter(white);
        let alone = node.next_sibling().is_none_or(|next| white(&next));
        let laid_out = node.ancestors().any(|above| {
            above
                .value()
                .as_element()
                .is_some_and(|element| matches!(element.name(), "pre" | "textarea"))
        });
        if let Some(gap) = before.map(|gap| gap.id()).filter(|_| alone && !laid_out) {
            self.tidy_remove(gap);
        }
    }

    /// A line that goes takes one of the two breaks around it along.
    fn take_line_break(&mut self, top: NodeId) {
        let node = self.node(top);
        let is_block = node
            .value()
            .as_element()
            .is_some_and(|element| kinds::is_block(element.name()));
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
    pub(in crate::clean) fn record(
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
    pub(in crate::clean) fn unwrap(&mut self, id: NodeId, rule: impl Into<String>) {
        if let Some(element) = self.element(id) {
            let before = format!("{element:?}");
            if self.is_restored(&before) {
                return self.keep(id);
            }
            self.tidy_unwrap(id);
            self.record(rule.into(), None, before, Some(String::new()));
        }
    }

    /// [`Scrub::unwrap`] for elements that mean nothing to a reader: no record, since nothing is lost.
    pub(in crate::clean) fn tidy_unwrap(&mut self, id: NodeId) {
        let children: Vec<_> = self.node(id).children().map(|child| child.id()).collect();
        if self.node(id).parent().is_none() {
            return;
        }
        self.recount(id, &children);
        let mut node = self.html.tree.get_mut(id).expect("just seen");
        for child in children {
            node.insert_id_before(child);
        }
        node.detach();
        self.blocks = None;
    }

    /// Puts other markup in the place of an element.
    pub(in crate::clean) fn replace(
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
        if self.is_restored(&before) {
            return self.keep(id);
        }
        self.names |= super::names_in(&other);
        let fragment = self.html.tree.extend_tree(other.tree).id();
        let new: Vec<_> = self
            .node(fragment)
            .children()
            .flat_map(|html| html.children())
            .map(|node| node.id())
            .collect();
        self.recount(id, &new);
        if self.kept.contains(&id) {
            self.kept.extend(&new);
        }
        let mut node = self.html.tree.get_mut(id).expect("just seen");
        for child in new {
            node.insert_id_before(child);
        }
        node.detach();
        self.blocks = None;
        self.record(
            rule.into(),
            Some(evidence.into()),
            before,
            Some(markup.to_owned()),
        );
    }

    /// Corrects the count of a parent's children with content for a node that others replace.
    fn recount(&mut self, id: NodeId, others: &[NodeId]) {
        let Some(parent) = self.parent(id) else {
            return;
        };
        if self.live.contains_key(&parent) {
            let gone = usize::from(has_content(self.node(id)));
            let new = others
                .iter()
                .filter(|id| has_content(self.node(**id)))
                .count();
            let live = self.live.entry(parent).or_default();
            *live = (*live + new).saturating_sub(gone);
        }
        self.live.remove(&id);
    }

    /// Gives an attribute another value.
    pub(in crate::clean) fn set_attribute(
        &mut self,
        id: NodeId,
        name: &str,
        value: &str,
        rule: impl Into<String>,
    ) {
        let before = self.attribute(id, name).map(str::to_owned);
        if before.as_deref() == Some(value) || self.is_kept(id) {
            return;
        }
        let before = before.unwrap_or_default();
        if !self.is_restored(&before) {
            self.tidy_attribute(id, name, Some(value));
            self.record(rule.into(), None, before, Some(value.to_owned()));
        }
    }

    /// Takes an attribute away.
    pub(in crate::clean) fn remove_attribute(
        &mut self,
        id: NodeId,
        name: &str,
        rule: impl Into<String>,
    ) {
        if let Some(before) = self
            .attribute(id, name)
            .map(|value| format!("{name}=\"{value}\""))
            .filter(|before| !self.is_restored(before))
        {
            self.tidy_attribute(id, name, None);
            self.record(rule.into(), None, before, None);
        }
    }

    /// Sets or takes away an attribute where nothing is lost by it, so there is nothing to record.
    pub(in crate::clean) fn tidy_attribute(&mut self, id: NodeId, name: &str, value: Option<&str>) {
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
    pub(in crate::clean) fn tidy_attributes(&mut self, id: NodeId, keep: impl Fn(&str) -> bool) {
        if let Some(mut node) = self.html.tree.get_mut(id)
            && let Node::Element(element) = node.value()
        {
            element
                .attrs
                .retain(|(name, _)| name.prefix.is_none() && keep(&name.local));
        }
    }

    /// Takes away a node that shows nothing: comments, white space, processing instructions.
    pub(in crate::clean) fn tidy_remove(&mut self, id: NodeId) {
        if let Some(mut node) = self.html.tree.get_mut(id) {
            node.detach();
        }
    }

    /// Gives an element another name, where it shows the same by it.
    pub(in crate::clean) fn tidy_rename(&mut self, id: NodeId, name: &str) {
        if let Some(mut node) = self.html.tree.get_mut(id)
            && let Node::Element(element) = node.value()
        {
            self.names |= super::name_bit(name);
            element.name = QualName::new(None, ns!(html), LocalName::from(name));
        }
        self.blocks = None;
    }

    /// Gives a text node another text, where a reader reads the same.
    pub(in crate::clean) fn tidy_text(&mut self, id: NodeId, new: &str) {
        if let Some(mut node) = self.html.tree.get_mut(id)
            && let Node::Text(text) = node.value()
        {
            text.text = StrTendril::from(new);
        }
        self.blocks = None;
    }

    /// Makes the one text node of a plain field into paragraphs.
    pub(in crate::clean) fn plant(&mut self, html: Html) {
        self.root = tree::root(&html);
        self.names = super::names_in(&html);
        self.html = html;
        self.changed();
        self.mark_kept();
    }
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
            Node::Element(element) if kinds::is_hidden(element.name()) => {
                hidden_below = Some(node.id());
                false
            }
            Node::Element(element) => {
                kinds::is_medium(element.name()) && element.name() != "picture"
            }
            _ => false,
        }
    })
}
