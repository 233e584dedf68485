//! One field of one entry under the brush, and the only ways to change it.
//!
//! It knows no junk: passes decide, [`Scrub`] does and records.
//!
//! Invariants: every change of something that a reader could see or that could act writes its
//! [`Removal`] in the same call; what a user keeps is refused to every pass but `safety` and those that repair; the blocks are
//! those of the tree as it stands. Unrecorded on purpose are changes that lose nothing: URLs made
//! absolute, emptied wrappers, attributes and elements without meaning to a reader (`class`, `font`).

mod edit;

use super::about::{About, Ready, ReadyMatcher, site};
use super::blocks::{self, Block, Blocks, Sum};
use super::names::{self, Named};
use super::parts::Survey;
use super::targets::{self, Target};
use super::tree::{self, NodeId, NodeRef};
use super::words::fold;
use crate::model::{Field, Removal, Sighting};

use scraper::node::Element;
use scraper::{Html, Node};
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use url::Url;

/// How much there is, texts in characters without white space.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) chars: usize,
    pub(super) prose: usize,
}

/// What a text that is hardly more than a caption may be about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Subjects {
    pub(super) pictures: usize,
    /// Links to other sites that are no share buttons.
    pub(super) links: usize,
}

/// Something that a pass found: blocks, and why they are junk.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) blocks: Vec<usize>,
    pub(super) rule: String,
    pub(super) evidence: String,
}

/// Asks at each block in turn for a cut that starts there, and goes on behind it.
pub(super) fn sweep(blocks: &[Block], find: impl Fn(usize) -> Option<Cut>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < blocks.len() {
        let cut = find(at);
        at = cut
            .as_ref()
            .and_then(|cut| cut.blocks.last().copied())
            .unwrap_or(at)
            + 1;
        cuts.extend(cut);
    }
    cuts
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
    /// The pass makes right what is there, so what a user keeps is open to it.
    pub(super) repairs: bool,
    /// The field was plain text: one text node, until `paragraphs` splits it.
    pub(super) was_plain: bool,
    /// The lines that were met, for those who learn from them.
    pub(super) sightings: Vec<Sighting>,
    /// What a pass held back, and why, for those who are told of it.
    pub(super) notes: Vec<&'static str>,
    html: Html,
    root: NodeId,
    blocks: Option<Blocks>,
    named: Option<Vec<(NodeId, Named)>>,
    sites: OnceCell<Vec<String>>,
    survey: OnceCell<Survey>,
    urls: RefCell<HashMap<String, Option<Rc<Url>>>>,
    kept: HashSet<NodeId>,
    /// Ancestors of what is kept: they may not go either.
    holds_kept: HashSet<NodeId>,
    /// Which names of elements there may be, as bits; a search for others looks at no node.
    names: u64,
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
        let names = names_in(&html);
        let mut scrub = Self {
            about,
            rules,
            base,
            field,
            pass: "",
            repairs: false,
            was_plain: false,
            sightings: Vec::new(),
            notes: Vec::new(),
            html,
            root,
            blocks: None,
            named: None,
            sites: OnceCell::new(),
            survey: OnceCell::new(),
            urls: RefCell::default(),
            kept: HashSet::new(),
            holds_kept: HashSet::new(),
            names,
            live: HashMap::new(),
            mark: removals.len(),
            removals,
        };
        scrub.mark_kept();
        scrub
    }

    /// The markup as it stands, which is mostly no longer than its source was.
    pub(super) fn markup(&self, source: &str) -> String {
        tree::inner(&self.html, source.len())
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
        tree::attr(self.element(id)?, name)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent().map(|parent| parent.id())
    }

    /// All nodes below the root, in document order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeRef<'_>> {
        tree::below(self.node(self.root))
    }

    /// All elements of some names, in document order.
    pub(super) fn elements(&self, names: &[&str]) -> Vec<NodeId> {
        if names.iter().all(|name| self.names & name_bit(name) == 0) {
            return Vec::new();
        }
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

    /// A URL found in this field, made absolute. Each is parsed once, whatever number of passes asks.
    pub(super) fn url(&self, value: &str) -> Option<Rc<Url>> {
        if let Some(known) = self.urls.borrow().get(value) {
            return known.clone();
        }
        let url = self.parse_url(value.trim()).map(Rc::new);
        self.urls.borrow_mut().insert(value.to_owned(), url.clone());
        url
    }

    fn parse_url(&self, value: &str) -> Option<Url> {
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
            && !self.repairs
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
        kept.into_iter()
            .flat_map(|(ids, _)| ids)
            .for_each(|id| self.keep(id));
    }

    /// Marks a node as one that no pass may take.
    fn keep(&mut self, id: NodeId) {
        let above: Vec<_> = self.node(id).ancestors().map(|node| node.id()).collect();
        self.holds_kept.extend(above);
        self.kept.insert(id);
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

    /// The blocks, where they were cut just before.
    pub(super) fn built_blocks(&self) -> &[Block] {
        self.blocks.as_ref().map_or(&[], |blocks| &blocks.list)
    }

    /// The elements whose class or id was understood, in document order. Names don't change while passes act.
    pub(super) fn named(&mut self) -> &[(NodeId, Named)] {
        let (html, root) = (&self.html, self.root);
        self.named.get_or_insert_with(|| {
            let nodes = html
                .tree
                .get(root)
                .into_iter()
                .flat_map(|root| root.descendants());
            let named =
                nodes.filter_map(|node| Some((node.id(), names::of(node.value().as_element()?)?)));
            named.collect()
        })
    }

    /// Whether a node still hangs in the tree.
    pub(super) fn is_in_tree(&self, id: NodeId) -> bool {
        id == self.root || self.node(id).ancestors().any(|node| node.id() == self.root)
    }

    /// How much there is to read.
    pub(super) fn weight(&mut self) -> Weight {
        let Sum { chars, prose, .. } = self.blocks().total();
        Weight { chars, prose }
    }

    /// Where the first prose begins.
    pub(super) fn lead(&mut self) -> Option<NodeId> {
        let first = self.blocks().list.iter().find(|block| block.is_prose())?;
        first.leaves.first().copied()
    }

    /// What a short text may be about: its pictures, and its links to other sites.
    pub(super) fn subjects(&mut self) -> Subjects {
        self.blocks();
        let mut subjects = Subjects::default();
        for block in self.built_blocks().iter().filter(|block| !block.gone) {
            let urls = block
                .links
                .iter()
                .filter_map(|link| self.url(self.attribute(*link, "href")?));
            let away = urls
                .filter(|url| !self.is_own(url) && !super::share::shares(url))
                .count();
            if block.chars > 0 {
                subjects.links += away;
            }
            // A picture may link to itself or to its entry; one that links elsewhere is a button or a teaser.
            let is_self =
                |link: &NodeId| targets::of(self, *link) == Target::Entry || self.is_image(*link);
            if block.links.iter().all(is_self) {
                subjects.pictures += block.media.len();
            }
        }
        subjects
    }

    fn is_image(&self, link: NodeId) -> bool {
        let path = self.attribute(link, "href").unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let end = path
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        matches!(
            end.as_str(),
            "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" | "svg"
        )
    }

    fn changed(&mut self) {
        self.blocks = None;
        self.named = None;
        self.live.clear();
    }

    /// Whether most of some links lead to the site that the entry is from; true where that is not known.
    pub(super) fn are_own(&self, links: &[NodeId]) -> bool {
        if self.sites().is_empty() {
            return true;
        }
        let urls = links
            .iter()
            .filter_map(|link| self.url(self.attribute(*link, "href")?));
        let (mut all, mut own) = (0, 0);
        for url in urls {
            all += 1;
            own += usize::from(self.is_own(&url));
        }
        own * 2 >= all
    }

    /// The sites that the entry may be from: where it, its id and its feed say (a counter or another's page, for one
    /// that links to what it is about), and where most of a page's own links lead. Empty where that is not known.
    pub(super) fn sites(&self) -> &[String] {
        let find = || {
            let about = self.about;
            let told = [&about.link, &about.id, &about.feed_link];
            let told = told.into_iter().flatten().filter_map(site);
            let mut sites: Vec<String> = told.map(str::to_owned).collect();
            sites.extend(self.usual_site());
            sites.sort_unstable();
            sites.dedup();
            sites
        };
        self.sites.get_or_init(find)
    }

    /// The site to which most links of a scraped page lead, where few lead to the one that was told: feeds link
    /// through counters and mirrors.
    fn usual_site(&self) -> Option<String> {
        const LINKS_MIN: usize = 4;
        if !self.is_page() {
            return None;
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut all = 0;
        for node in self.nodes() {
            let link = node.value().as_element().filter(|e| e.name() == "a");
            let url = link.and_then(|link| Url::parse(tree::attr(link, "href")?.trim()).ok());
            let Some(to) = url.as_ref().and_then(site) else {
                continue;
            };
            all += 1;
            *counts.entry(to.to_owned()).or_default() += 1;
        }
        let order = |a: &(String, usize), b: &(String, usize)| a.1.cmp(&b.1).then(b.0.cmp(&a.0));
        let (most, count) = counts.into_iter().max_by(order)?;
        (count >= LINKS_MIN && count * 2 > all).then_some(most)
    }

    /// What the body may have of a page; looked at once, since passes take the signs away.
    pub(super) fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| Survey::of(self))
    }

    /// Whether the body was scraped from a page.
    pub(super) fn is_page(&self) -> bool {
        self.survey().page
    }

    /// Whether an address is of the site that the entry is from; true where that is not known.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let own = self.sites();
        own.is_empty() || site(url).is_some_and(|site| own.iter().any(|own| own == site))
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

/// The bit of a name: others may have the same.
fn name_bit(name: &str) -> u64 {
    let [first, last] =
        [name.bytes().next(), name.bytes().next_back()].map(Option::unwrap_or_default);
    1 << ((usize::from(first) * 5 + usize::from(last) * 3 + name.len() * 11) % 64)
}

fn names_in(html: &Html) -> u64 {
    let elements = html.tree.values().filter_map(Node::as_element);
    elements.fold(0, |names, element| names | name_bit(element.name()))
}
