//! A tree cut into blocks: the runs of text and media that a reader sees as one line or paragraph.
//!
//! It decides nothing about them. Blocks stand in document order; an element that makes a block covers
//! a contiguous range of them, which is kept so that a pass can weigh a whole container at once.
//!
//! Invariant: every visible text node and every medium belongs to exactly one block.

use super::kinds::{is_block, is_hidden, is_item, is_medium, is_quote};
use super::quick::QuickMap;
use super::telling;
use super::tree::{NodeId, NodeRef, attr, push_collapsed};
use super::words::fold;
use scraper::{Html, Node};
use std::collections::HashSet;
use std::ops::Range;

/// Longer blocks are prose and are never compared with phrases, so they aren't folded.
const FOLDED_BYTES_MAX: usize = 1200;

/// One block.
#[derive(Debug)]
pub(super) struct Block {
    /// Its text nodes and media, in order.
    pub(super) leaves: Vec<NodeId>,
    /// Its text, white space collapsed.
    pub(super) text: String,
    /// Its text folded for comparison; empty where it is too long to be a phrase.
    pub(super) folded: String,
    /// How many characters of its text are no white space.
    pub(super) chars: usize,
    /// How long the text is; see [`Block::text_len`].
    length: usize,
    /// How many of its characters stand in links.
    pub(super) link_chars: usize,
    /// The links it shows something of.
    pub(super) links: Vec<NodeId>,
    /// Its images, players and the like.
    pub(super) media: Vec<NodeId>,
    /// Inside `pre`, `code`, `blockquote` or the like, in what a user keeps, or only told: see [`telling::mark_examples`].
    pub(super) quoted: bool,
    /// The container is a heading.
    pub(super) heading: bool,
    /// The container is an item of a list or a cell of a table.
    pub(super) item: bool,
    /// It stands in an item of a list, however deep.
    pub(super) listed: bool,
    /// The whole text stands in italics.
    pub(super) italic: bool,
    /// Already removed.
    pub(super) gone: bool,
}

impl Block {
    /// The share of the text that stands in links.
    pub(super) fn link_density(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
        let density = self.link_chars as f32 / self.chars.max(1) as f32;
        density
    }

    /// Text that tells something: of 80 characters or more with few links, where 92 to 99 in 100 are story.
    pub(super) fn is_prose(&self) -> bool {
        !self.gone && self.text_len() >= 80 && self.link_density() < 0.5
    }

    /// How long the text is, in characters of a spaced script: one of Chinese or Japanese says as much as two or three.
    pub(super) fn text_len(&self) -> usize {
        self.length
    }

    /// An item without a link: a word in a list or table is what the list is about, whatever it says.
    pub(super) fn is_loose_item(&self) -> bool {
        self.item && self.links.is_empty()
    }

    /// Whether all of it is one or more links.
    pub(super) fn is_linked(&self) -> bool {
        !self.links.is_empty() && (self.chars == 0 || self.link_density() > 0.8)
    }
}

/// All blocks of a tree.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The blocks in document order.
    pub(super) list: Vec<Block>,
    /// Which blocks lie in an element that makes a block, or in one that has a name and all of a block in it.
    pub(super) spans: QuickMap<NodeId, Range<usize>>,
    /// Which block an element with a name is a part of, where it holds less than all of it.
    pub(super) parts: QuickMap<NodeId, usize>,
    /// What stands before each block: sums, so that a container is weighed at once however many stand inside each other.
    sums: Vec<Sum>,
}

/// How much there is in some blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Characters without white space.
    pub(super) chars: usize,
    /// Those of them in links.
    pub(super) link_chars: usize,
    /// Those of them in prose.
    pub(super) prose: usize,
    /// Quoted blocks with text.
    pub(super) quoted: usize,
    /// Images, players and the like.
    pub(super) media: usize,
    /// Those of them in blocks that are one link.
    pub(super) linked_media: usize,
}

impl Blocks {
    /// How much there is in some blocks.
    pub(super) fn sum(&self, span: &Range<usize>) -> Sum {
        let (from, to) = (self.sums[span.start], self.sums[span.end]);
        Sum {
            chars: to.chars - from.chars,
            link_chars: to.link_chars - from.link_chars,
            prose: to.prose - from.prose,
            quoted: to.quoted - from.quoted,
            media: to.media - from.media,
            linked_media: to.linked_media - from.linked_media,
        }
    }

    /// How much there is in all blocks.
    pub(super) fn total(&self) -> Sum {
        self.sum(&(0..self.list.len()))
    }

    /// Whether blocks stand behind the story: prose before them, and none after.
    pub(super) fn is_behind(&self, span: &Range<usize>) -> bool {
        self.sum(&(0..span.start)).prose > 0 && self.sum(&(span.end..self.list.len())).prose == 0
    }

    /// Where the last prose stands that `counts` accepts; nothing behind it is story.
    pub(super) fn last_prose(&self, counts: impl Fn(&Block) -> bool) -> Option<usize> {
        self.list
            .iter()
            .rposition(|block| !block.gone && block.is_prose() && counts(block))
    }

    /// Takes blocks as gone, where all of them went with their element.
    pub(super) fn forget(&mut self, span: Range<usize>) {
        for block in &mut self.list[span] {
            block.gone = true;
        }
        self.sum_up();
    }

    /// The span of an element, or of the block that it is alone.
    pub(super) fn span_of(&self, id: NodeId) -> Option<Range<usize>> {
        let alone = || {
            let at = self.list.iter().position(|block| block.leaves == [id])?;
            Some(at..at + 1)
        };
        self.spans.get(&id).cloned().or_else(alone)
    }

    /// Adds up what is not gone.
    pub(super) fn sum_up(&mut self) {
        let mut sum = Sum::default();
        self.sums.clear();
        self.sums.reserve(self.list.len() + 1);
        self.sums.push(sum);
        for block in &self.list {
            if block.gone {
                self.sums.push(sum);
                continue;
            }
            sum.chars += block.chars;
            sum.link_chars += block.link_chars;
            sum.prose += if block.is_prose() { block.chars } else { 0 };
            sum.quoted += usize::from(block.quoted && block.chars > 0);
            sum.media += block.media.len();
            sum.linked_media += if block.is_linked() {
                block.media.len()
            } else {
                0
            };
            self.sums.push(sum);
        }
    }
}

/// Whether an element says by class or id what it is.
fn has_name(element: &scraper::node::Element) -> bool {
    !element.attrs.is_empty() && (attr(element, "class").is_some() || attr(element, "id").is_some())
}

/// Cuts a tree into blocks. `kept` are elements that a user wants left alone.
pub(super) fn build(html: &Html, root: NodeId, kept: &HashSet<NodeId>) -> Blocks {
    let mut builder = Builder {
        kept,
        out: Blocks::default(),
        current: None,
        containers: vec![Kind::Other],
        starts: Vec::new(),
        links: Vec::new(),
        quotes: 0,
        italics: 0,
        pre: 0,
        lists: 0,
        openers: Vec::new(),
    };
    if let Some(root) = html.tree.get(root) {
        let mut node = root;
        'walk: loop {
            let descend = node == root || builder.enter(node);
            if let Some(child) = node.first_child().filter(|_| descend) {
                node = child;
                continue;
            }
            loop {
                if node == root {
                    break 'walk;
                }
                builder.leave(node);
                if let Some(next) = node.next_sibling() {
                    node = next;
                    break;
                }
                match node.parent() {
                    Some(parent) => node = parent,
                    None => break 'walk,
                }
            }
        }
    }
    builder.flush();
    telling::mark_examples(&mut builder.out.list);
    builder.out.sum_up();
    builder.out
}

struct Builder<'a> {
    kept: &'a HashSet<NodeId>,
    out: Blocks,
    current: Option<Current>,
    containers: Vec<Kind>,
    starts: Vec<usize>,
    links: Vec<NodeId>,
    quotes: usize,
    italics: usize,
    pre: usize,
    lists: usize,
    /// Open elements with a name that make no block, and how many leaves the block had.
    openers: Vec<(NodeId, usize)>,
}

/// What an element that makes a block is to its text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Heading,
    Item,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Self::Heading,
            "li" | "td" | "th" | "dt" | "dd" => Self::Item,
            _ => Self::Other,
        }
    }
}

struct Current {
    block: Block,
    upright: bool,
    /// Elements with a name, and which of its leaves they hold.
    parts: Vec<(NodeId, Range<usize>)>,
}

impl Builder<'_> {
    fn enter(&mut self, node: NodeRef<'_>) -> bool {
        match node.value() {
            Node::Text(text) => {
                self.text(node.id(), text);
                false
            }
            Node::Element(element) => {
                let name = element.name();
                if is_hidden(name) {
                    return false;
                }
                if name == "br" && self.pre == 0 || name == "pre" || is_block(name) {
                    self.flush();
                }
                if is_block(name) {
                    self.containers.push(Kind::of(name));
                    self.starts.push(self.out.list.len());
                }
                self.pre += usize::from(name == "pre");
                self.lists += usize::from(is_item(name));
                self.quotes +=
                    usize::from(is_quote(name)) + usize::from(self.kept.contains(&node.id()));
                self.italics += usize::from(matches!(name, "em" | "i"));
                if name == "a" {
                    self.links.push(node.id());
                }
                if !is_block(name) && has_name(element) {
                    let leaves = self.current.as_ref();
                    let leaves = leaves.map_or(0, |current| current.block.leaves.len());
                    self.openers.push((node.id(), leaves));
                }
                if is_medium(name) && name != "picture" {
                    let block = self.current();
                    block.block.leaves.push(node.id());
                    block.block.media.push(node.id());
                    self.link();
                    // What stands inside is a fallback for browsers that can't show it.
                    return false;
                }
                true
            }
            _ => true,
        }
    }

    fn leave(&mut self, node: NodeRef<'_>) {
        let Some(element) = node.value().as_element() else {
            return;
        };
        let name = element.name();
        if is_hidden(name) {
            return;
        }
        if is_block(name) {
            self.flush();
            self.containers.pop();
            let start = self.starts.pop().unwrap_or_default();
            self.out.spans.insert(node.id(), start..self.out.list.len());
        }
        self.pre -= usize::from(name == "pre");
        self.lists -= usize::from(is_item(name));
        self.quotes -= usize::from(is_quote(name)) + usize::from(self.kept.contains(&node.id()));
        self.italics -= usize::from(matches!(name, "em" | "i"));
        if name == "a" {
            self.links.pop();
        }
        if let Some((id, from)) = self.openers.pop_if(|(id, _)| *id == node.id())
            && let Some(current) = &mut self.current
        {
            let to = current.block.leaves.len();
            current.parts.push((id, from.min(to)..to));
        }
    }

    fn current(&mut self) -> &mut Current {
        let kind = *self.containers.last().expect("the root is never popped");
        let quoted = self.quotes > 0;
        let listed = self.lists > 0;
        let current = self.current.get_or_insert_with(|| Current {
            block: Block {
                leaves: Vec::new(),
                text: String::new(),
                folded: String::new(),
                chars: 0,
                length: 0,
                link_chars: 0,
                links: Vec::new(),
                media: Vec::new(),
                quoted,
                heading: kind == Kind::Heading,
                item: kind == Kind::Item,
                listed,
                italic: false,
                gone: false,
            },
            upright: false,
            parts: Vec::new(),
        });
        current.block.quoted |= quoted;
        current
    }

    fn text(&mut self, id: NodeId, text: &str) {
        if text.trim_start().is_empty() {
            if let Some(current) = &mut self.current {
                push_collapsed(&mut current.block.text, text);
            }
            return;
        }
        let linked = !self.links.is_empty();
        let upright = self.italics == 0;
        let current = self.current();
        current.upright |= upright;
        let block = &mut current.block;
        block.leaves.push(id);
        let visible = push_collapsed(&mut block.text, text);
        block.chars += visible;
        block.link_chars += if linked { visible } else { 0 };
        self.link();
    }

    fn link(&mut self) {
        if let (Some(current), Some(&link)) = (&mut self.current, self.links.last())
            && current.block.links.last() != Some(&link)
        {
            current.block.links.push(link);
        }
    }

    fn flush(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        let Current {
            mut block,
            upright,
            parts,
        } = current;
        let at = self.out.list.len();
        for (id, leaves) in parts {
            if leaves == (0..block.leaves.len()) {
                self.out.spans.insert(id, at..at + 1);
            } else if !leaves.is_empty() {
                self.out.parts.insert(id, at);
            }
        }
        block.text.truncate(block.text.trim_end().len());
        block.italic = !upright && block.chars > 0;
        let wide = |c: &char| super::words::is_unspaced(*c);
        // All of those take three bytes, and begin with one of these; quotation marks and dashes begin with `E2`.
        let may_begin = |byte| matches!(byte, 0xe0 | 0xe3..=0xe9 | 0xef);
        let may_be_wide = block
            .text
            .bytes()
            .fold(false, |any, byte| any | may_begin(byte));
        block.length = block.chars;
        if may_be_wide {
            block.length += block.text.chars().filter(wide).count();
        }
        if block.text.len() <= FOLDED_BYTES_MAX {
            block.folded = fold(&block.text);
        }
        self.out.list.push(block);
    }
}
