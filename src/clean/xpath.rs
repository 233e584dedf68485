//! The XPath that public rule files use, read and matched against the tree of an entry's body.
//!
//! A subset, on purpose: paths of elements with tests on attributes and text, which mean the same in the piece of a
//! page that a feed carries. Positions (`[1]`, `last()`) count what the feed may not have, and are refused, as is
//! everything else that is not known for sure.
//!
//! Invariants: what is read is matched as XPath 1.0 has it (§2 location paths, §3 expressions, §4 functions); names are
//! compared in lower case, as HTML has them; a walk looks at each node once a step, tests nest no deeper than a
//! limit, and all that is looked at is counted as [`Effort`], which ends.

mod read;

use super::tree::{NodeId, NodeRef, attr};
use crate::limits;
use scraper::Node;
use std::cell::Cell;
use std::collections::HashSet;

/// A union of paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct XPath(Vec<Path>);

/// Steps from where one stands.
#[derive(Debug, Default, PartialEq, Eq)]
struct Path {
    /// It starts at the root, wherever one stands.
    absolute: bool,
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Eq)]
struct Step {
    axis: Axis,
    /// `None` is any element.
    name: Option<String>,
    tests: Vec<Test>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Own,
    Child,
    Descendant,
    Parent,
    Ancestor,
    Following,
    Preceding,
}

/// What may stand between brackets.
#[derive(Debug, PartialEq, Eq)]
enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Path, Leaf),
    Equal(Value, Value),
    Unequal(Value, Value),
    Contains(Value, Value),
    Starts(Value, Value),
}

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Literal(String),
    Of(Path, Leaf),
    Normal(Box<Value>),
    Concat(Vec<Value>),
}

/// What is taken of the elements at a path's end.
#[derive(Debug, PartialEq, Eq)]
enum Leaf {
    /// The text in it.
    Own,
    /// The texts directly in it.
    Text,
    Attribute(String),
}

/// How much may still be looked at in one field, in nodes. Texts are looked at once for each element around them, so a
/// deep body of long texts could ask for hours.
#[derive(Debug)]
pub(super) struct Effort(Cell<usize>);

impl Effort {
    pub(super) fn new() -> Self {
        Self(Cell::new(limits::XPATH_NODES_MAX))
    }

    /// Counts nodes that are looked at.
    pub(super) fn spend(&self, nodes: usize) {
        self.0.set(self.0.get().saturating_sub(nodes));
    }

    /// Nothing more is looked at, and what was found last is not all.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

impl XPath {
    /// The elements below the root that it names, in document order; of no use where the effort was spent.
    pub(super) fn select(&self, root: NodeRef<'_>, effort: &Effort) -> Vec<NodeId> {
        let walks = self.0.iter().flat_map(|path| path.walk(root, effort));
        let found: HashSet<NodeId> = walks.map(|node| node.id()).collect();
        if found.is_empty() {
            return Vec::new();
        }
        let below = root.descendants().skip(1).map(|node| node.id());
        below.filter(|id| found.contains(id)).collect()
    }
}

impl Path {
    fn walk<'a>(&self, from: NodeRef<'a>, effort: &Effort) -> Vec<NodeRef<'a>> {
        let mut at = vec![if self.absolute { top(from) } else { from }];
        for step in &self.steps {
            let mut seen = HashSet::new();
            let mut next = Vec::new();
            for node in at {
                step.axis.visit(node, &mut |node| {
                    effort.spend(1);
                    let fresh = !effort.is_spent() && seen.insert(node.id());
                    if fresh && step.fits(node, effort) {
                        next.push(node);
                    }
                    fresh
                });
            }
            at = next;
        }
        at
    }
}

fn top(node: NodeRef<'_>) -> NodeRef<'_> {
    let elements = node.ancestors().filter(|node| node.value().is_element());
    // The outermost element is the root that `tree` parses a body into.
    elements.last().unwrap_or(node)
}

impl Axis {
    /// Shows the nodes of an axis, nearest first, until one was seen before: what follows on the axis was seen with it.
    fn visit<'a>(self, from: NodeRef<'a>, see: &mut dyn FnMut(NodeRef<'a>) -> bool) {
        match self {
            Self::Own => {
                see(from);
            }
            Self::Child => from.children().for_each(|node| {
                see(node);
            }),
            Self::Descendant => {
                let mut next = from.first_child();
                while let Some(node) = next {
                    // A subtree that was seen is stepped over.
                    let inner = see(node).then(|| node.first_child()).flatten();
                    next = inner.or_else(|| after(node, from));
                }
            }
            Self::Parent => {
                if let Some(node) = from.parent() {
                    see(node);
                }
            }
            Self::Ancestor => {
                let _ = from.ancestors().all(see);
            }
            Self::Following => {
                let _ = from.next_siblings().all(see);
            }
            Self::Preceding => {
                let _ = from.prev_siblings().all(see);
            }
        }
    }
}

/// The node after a subtree, in document order, within another.
fn after<'a>(node: NodeRef<'a>, within: NodeRef<'a>) -> Option<NodeRef<'a>> {
    let mut node = node;
    loop {
        if node.id() == within.id() {
            return None;
        }
        if let Some(next) = node.next_sibling() {
            return Some(next);
        }
        node = node.parent()?;
    }
}

impl Step {
    fn fits(&self, node: NodeRef<'_>, effort: &Effort) -> bool {
        let Some(element) = node.value().as_element() else {
            return false;
        };
        self.name
            .as_deref()
            .is_none_or(|name| element.name() == name)
            && self.tests.iter().all(|test| test.holds(node, effort))
    }
}

impl Test {
    fn holds(&self, node: NodeRef<'_>, effort: &Effort) -> bool {
        let any = |a: &Value, b: &Value, fits: fn(&str, &str) -> bool| {
            let others = b.strings(node, effort);
            let mut pairs = a.strings(node, effort).into_iter();
            pairs.any(|a| others.iter().any(|b| fits(&a, b)))
        };
        match self {
            Self::Any(tests) => tests.iter().any(|test| test.holds(node, effort)),
            Self::All(tests) => tests.iter().all(|test| test.holds(node, effort)),
            Self::Not(test) => !test.holds(node, effort),
            Self::Exists(path, leaf) => path
                .walk(node, effort)
                .into_iter()
                .any(|node| leaf.is_of(node)),
            Self::Equal(a, b) => any(a, b, |a, b| a == b),
            Self::Unequal(a, b) => any(a, b, |a, b| a != b),
            Self::Contains(a, b) => a.first(node, effort).contains(&b.first(node, effort)),
            Self::Starts(a, b) => a.first(node, effort).starts_with(&b.first(node, effort)),
        }
    }
}

impl Value {
    /// What it is at a node: one string, or as many as there are nodes at a path's end.
    fn strings(&self, node: NodeRef<'_>, effort: &Effort) -> Vec<String> {
        match self {
            Self::Literal(text) => vec![text.clone()],
            Self::Of(path, leaf) => {
                let ends = path.walk(node, effort);
                ends.into_iter()
                    .flat_map(|node| leaf.strings(node, effort))
                    .collect()
            }
            Self::Normal(value) => {
                let text = value.first(node, effort);
                vec![text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")]
            }
            Self::Concat(values) => vec![
                values
                    .iter()
                    .map(|value| value.first(node, effort))
                    .collect(),
            ],
        }
    }

    /// A set of nodes as a string is its first node (XPath 1.0 §4.2).
    fn first(&self, node: NodeRef<'_>, effort: &Effort) -> String {
        self.strings(node, effort)
            .into_iter()
            .next()
            .unwrap_or_default()
    }
}

impl Leaf {
    fn is_of(&self, node: NodeRef<'_>) -> bool {
        match self {
            Self::Own => true,
            Self::Text => node.children().any(|child| child.value().is_text()),
            Self::Attribute(name) => {
                let element = node.value().as_element();
                element.is_some_and(|element| attr(element, name).is_some())
            }
        }
    }

    fn strings(&self, node: NodeRef<'_>, effort: &Effort) -> Vec<String> {
        let text = |node: NodeRef<'_>| match node.value() {
            _ if effort.is_spent() => None,
            Node::Text(text) => {
                // Copying so many bytes takes as long as looking at a node.
                effort.spend(1 + text.len() / 32);
                Some(text.to_string())
            }
            _ => {
                effort.spend(1);
                None
            }
        };
        match self {
            Self::Own => vec![node.descendants().filter_map(text).collect()],
            Self::Text => node.children().filter_map(text).collect(),
            Self::Attribute(name) => {
                let element = node.value().as_element();
                let value = element.and_then(|element| attr(element, name));
                value.map(str::to_owned).into_iter().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::{Effort, XPath};

    /// Selects in a body, and compares the ids of what is found.
    #[track_caller]
    fn check(xpath: &str, html: &str, expected: &[&str]) {
        let html = tree::parse(html).unwrap();
        let xpath = XPath::read(xpath).unwrap();
        let root = html.tree.get(tree::root(&html)).unwrap();
        let found = xpath.select(root, &Effort::new()).into_iter().map(|id| {
            let element = html.tree.get(id).unwrap().value().as_element().unwrap();
            tree::attr(element, "id").unwrap_or_default().to_owned()
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    const BODY: &str = "<h2 id=h>Read on</h2><div id=a class='box promo'><p id=b>One <b id=c>two</b></p>\
        <a id=d href='https://x.example/share?u=1'>Tell a friend</a></div>\
        <ul id=e class=box><li id=f><a id=g rel=nofollow href='/tag/x'>x</a></li></ul>";

    #[test]
    fn elements_and_attributes() {
        check("//p", BODY, &["b"]);
        check("//DIV/a", BODY, &["d"]);
        check("//*[@class='box']", BODY, &["e"]);
        check("//*[@class = \"box promo\"]", BODY, &["a"]);
        check("//div[contains(@class, 'promo')]", BODY, &["a"]);
        check("//div[@id='a'][@class]", BODY, &["a"]);
        check("//a[@rel]", BODY, &["g"]);
        check("//a[not(@rel)]", BODY, &["d"]);
        check("//a[starts-with(@href, '/tag/')]", BODY, &["g"]);
        check("//*[@class != 'box']", BODY, &["a"]);
        check(
            "//*[contains(concat(' ',normalize-space(@class),' '),' box ')]",
            BODY,
            &["a", "e"],
        );
    }

    #[test]
    fn paths() {
        check("//div//b", BODY, &["c"]);
        check("//div/b", BODY, &[]);
        check("//ul/li/a | //h2", BODY, &["h", "g"]);
        check("//b/..", BODY, &["b"]);
        check("//b/ancestor::div", BODY, &["a"]);
        check("//h2/following-sibling::*", BODY, &["a", "e"]);
        check("//ul/preceding-sibling::div/child::p", BODY, &["b"]);
        check("//li/parent::ul", BODY, &["e"]);
        check("/h2", BODY, &["h"]);
        check("/html/body/h2", BODY, &[]);
        check("//div/descendant::b/self::b", BODY, &["c"]);
    }

    #[test]
    fn texts_and_nested_tests() {
        check("//p[contains(., 'two')]", BODY, &["b"]);
        check("//p[contains(text(), 'two')]", BODY, &[]);
        check("//b[.='two']", BODY, &["c"]);
        check("//h2[text()='Read on']", BODY, &["h"]);
        check("//li[a[contains(@href, 'tag')]]", BODY, &["f"]);
        check("//div[.//b and a/@href]", BODY, &["a"]);
        check(
            "//*[self::h2 or @id='e' or (@id='f' and a)]",
            BODY,
            &["h", "e", "f"],
        );
        check("//*[contains(a/@href, 'share')]", BODY, &["a"]);
        check("//a[//h2]", BODY, &["d", "g"]);
        check(
            "//p[contains(., 'ü') or contains(., \"it's\")]",
            "<p id=a>Tür</p><p id=b>it's</p>",
            &["a", "b"],
        );
    }

    #[test]
    fn the_root_is_nobodys() {
        check("//h2/..", BODY, &[]);
        check("//h2/ancestor::*", BODY, &[]);
    }

    #[test]
    fn a_deep_body_of_long_texts_ends_the_effort() {
        let deep = format!("{}{}", "<div>".repeat(200), "<p>x</p>".repeat(20_000));
        let html = tree::parse(&deep).unwrap();
        let root = html.tree.get(tree::root(&html)).unwrap();
        let spent = |xpath: &str| {
            let effort = Effort::new();
            XPath::read(xpath).unwrap().select(root, &effort);
            effort.is_spent()
        };
        assert!(spent(
            "//div[contains(., 'y') or contains(., 'z') or contains(., 'w')]"
        ));
        assert!(!spent("//div[p[contains(., 'y') or contains(., 'z')]]"));
    }
}
