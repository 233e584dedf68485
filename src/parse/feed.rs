//! A document's tree to a [`Feed`]: RSS of every version, CDF and Atom.

use super::early::{self, Early};
use super::entry;
use super::made;
use super::names::Family;
use super::ours;
use super::parts;
use super::roles::{self, Role, Slot, Winners};
use super::scope::{Reader, Scope};
use super::strays;
use super::text::{self, Use};
use super::tree::{El, Node};
use crate::limits::ENTRIES_MAX;
use crate::model::{Element, Feed, FeedFormat, Part, Text};

/// Reads a feed from its root element. What has been read is taken out of it, so that the tree of an
/// entry and the entry do not take memory both; most entries were read `early`.
pub(super) fn read(
    root: &mut El<'_>,
    url: Option<&str>,
    early: Early,
    reader: &mut Reader<'_>,
) -> Feed {
    let scope = early::root_scope(&Scope::of_document(url), root);
    let mut feed = Feed {
        format: if reader.atom {
            FeedFormat::Atom
        } else {
            FeedFormat::Rss
        },
        language: scope.language(),
        entries: early.entries,
        ..Feed::default()
    };
    reader.early = early.starts.len();
    reader.starts = early.starts;
    let first = reader.notes.entries_at.len();
    // CDF and RSS 1.1 begin with the channel, and a CDF channel may hold others.
    let has_channel = !reader.atom && !root.name.eq_ignore_ascii_case("channel");
    let channel = if has_channel {
        root.take_child("channel")
    } else {
        None
    };
    match channel {
        Some(mut channel) => {
            let inside = scope.enter(&channel);
            read_head(&mut feed, &mut channel, &inside, reader);
            read_around(&mut feed, root, &scope, reader);
        }
        None => read_head(&mut feed, root, &scope, reader),
    }
    early::put_in_order(
        &mut feed.entries,
        &reader.starts,
        &reader.notes.entries_at[first..],
    );
    // Of too many entries the last are left out, and the broken one with them.
    feed.breaks_off = reader.notes.broke_entry && (1..=ENTRIES_MAX).contains(&feed.entries.len());
    feed.is_cut = reader.notes.is_cut;
    if feed.entries.len() > ENTRIES_MAX {
        reader.notes.add(
            "the document has too many entries; the first are kept",
            root.at,
        );
        feed.entries.truncate(ENTRIES_MAX);
    }
    feed
}

/// What stands beside the channel: the entries and the image of RSS 0.90 and 1.0.
fn read_around(feed: &mut Feed, root: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    strays::take_out(root, reader.notes);
    for node in &mut root.children {
        let Node::El(el) = node else { continue };
        match roles::of_feed(el, reader.atom) {
            Role::Entry => push_entry(feed, node.take(), scope, reader),
            Role::Container => read_entries(feed, el, scope, reader),
            Role::One(Slot::Image, _) if feed.image.is_none() => {
                feed.order.push(Part::Image);
                feed.image = parts::image(el, scope);
            }
            _ => {
                forget_pointer(feed, el);
                keep(feed, el, scope);
            }
        }
    }
}

/// Forgets the element of the channel that only points to the one beside it (RSS 1.0 §5.3.7).
fn forget_pointer(feed: &mut Feed, el: &El<'_>) {
    let Some(about) = el.attribute_of(Family::Rdf, "about") else {
        return;
    };
    let is_pointer = |other: &Element| {
        other.name == el.name
            && other.namespace.is_none()
            && other.children.is_empty()
            && matches!(other.attributes.as_slice(), [a] if a.name == "resource" && a.value == about)
    };
    let Some(at) = feed.extensions.iter().position(is_pointer) else {
        return;
    };
    feed.extensions.remove(at);
    let mut stays = vec![true; at];
    stays.push(false);
    feed.order.retain(Part::Extension, &stays);
}

fn read_head(feed: &mut Feed, head: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let atom = reader.atom;
    feed.link = head.filled("href").map(|href| scope.resolve(&href));
    feed.updated = head
        .filled("lastmod")
        .map(|raw| parts::date_of(raw, head.at, reader));
    strays::take_out(head, reader.notes);
    let winners = Winners::choose(head, |child| roles::of_feed(child, atom));
    // Dublin Core names once more whom Atom has named already.
    let has_author = atom && head.child("author").is_some();
    let mut links = Vec::new();
    let mut is_link_made = head.elements().any(|child| made::is_mark_of(child, "link"));
    for (index, node) in head.children.iter_mut().enumerate() {
        let Node::El(child) = node else { continue };
        match winners.role(index) {
            Role::One(slot, _) if winners.won(slot, index) => {
                fill(feed, slot, child, scope, reader);
            }
            Role::One(slot, _) if winners.stood_in(slot, child) => {}
            Role::Link => match parts::link(child, scope) {
                // The line that RSS requires, where we had to make it.
                Some(_) if is_link_made && parts::rank(child, atom) == parts::Rank::Line => {
                    is_link_made = false;
                }
                Some(link) => {
                    feed.order.push(Part::Link);
                    links.push((parts::rank(child, atom), link));
                }
                None => keep(feed, child, scope),
            },
            Role::Author if has_author && child.family == Family::Dc => keep(feed, child, scope),
            Role::Author => {
                if parts::push_person(&mut feed.authors, child, scope) {
                    feed.order.push(Part::Author);
                }
            }
            Role::Contributor => {
                if parts::push_person(&mut feed.contributors, child, scope) {
                    feed.order.push(Part::Contributor);
                }
            }
            Role::Category => match parts::category(child) {
                Some(category) => {
                    feed.order.push(Part::Category);
                    feed.categories.push(category);
                    // Outside the category, an entry would be one.
                    for inner in child.elements().filter(|inner| !is_entry(inner, atom)) {
                        keep(feed, inner, scope);
                    }
                }
                None => keep(feed, child, scope),
            },
            Role::Entry => push_entry(feed, node.take(), scope, reader),
            Role::Container => read_entries(feed, child, scope, reader),
            _ => keep(feed, child, scope),
        }
    }
    let (link, others) = parts::take_alternate(parts::without_made(links));
    feed.link = link.or(feed.link.take());
    for link in others {
        if feed.self_link.is_none() && parts::is_rel(&link, "self") && !link.href.is_empty() {
            feed.self_link = Some(link.href);
        } else {
            feed.links.push(link);
        }
    }
}

fn push_entry(feed: &mut Feed, node: Node<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let Node::El(mut el) = node else { return };
    if reader.starts[..reader.early].binary_search(&el.at).is_ok() {
        reader.notes.entries_at.push(el.at);
    } else if feed.entries.len() <= ENTRIES_MAX {
        // One more than the limit is enough to know that there are too many.
        reader.notes.entries_at.push(el.at);
        reader.starts.push(el.at);
        feed.entries.push(entry::read(&mut el, scope, reader));
    }
}

/// RSS 1.1 `items` and a channel in a channel hold entries; RSS 1.0 `items` is a table of contents,
/// which is kept as it is.
fn read_entries(feed: &mut Feed, el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let is_table = el.family == Family::Rss
        && el
            .elements()
            .all(|child| child.family == Family::Rdf && child.name == "Seq");
    if is_table {
        let mut table = scope.extension(el);
        table.namespace = el.namespace.as_deref().map(str::to_owned);
        feed.order.push(Part::Extension);
        feed.extensions.push(table);
    } else {
        read_container(feed, el, scope, reader);
    }
}

fn read_container(feed: &mut Feed, el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let scope = scope.enter(el);
    for node in &mut el.children {
        let Node::El(child) = node else { continue };
        match roles::of_feed(child, reader.atom) {
            Role::Entry => push_entry(feed, node.take(), &scope, reader),
            Role::Container => read_container(feed, child, &scope, reader),
            _ if child.family == Family::Rdf => {}
            _ => keep(feed, child, &scope),
        }
    }
}

/// Whether an element of the channel or feed is an entry or holds some.
pub(super) fn is_entry(el: &El<'_>, atom: bool) -> bool {
    matches!(roles::of_feed(el, atom), Role::Entry | Role::Container)
}

/// An element that no field stands for, or whose field is taken.
fn keep(feed: &mut Feed, el: &El<'_>, scope: &Scope) {
    if let Some(members) = ours::members(el) {
        feed.json_extensions.extend(members);
    } else if !el.is_blank() || !el.family.is_native() {
        feed.order.push(Part::Extension);
        feed.extensions.push(scope.extension(el));
    }
}

fn fill(feed: &mut Feed, slot: Slot, el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let inner = scope.enter(el);
    feed.order.push(slot.part());
    match slot {
        Slot::Id => feed.id = el.trimmed().map(|id| ours::id(inner.resolve(&id))),
        Slot::Title => feed.title = some(text::read(el, &inner, reader, Use::Line)),
        Slot::Summary => feed.description = some(text::read(el, &inner, reader, Use::Body)),
        Slot::Language => feed.language = el.trimmed().or(feed.language.take()),
        Slot::Rights => feed.rights = some(text::read(el, &inner, reader, Use::Line)),
        Slot::Publisher => feed.publisher = parts::person(el, scope),
        Slot::Published => feed.published = parts::date(el, reader),
        Slot::Updated => feed.updated = parts::date(el, reader),
        Slot::Generator => feed.generator = parts::generator(el, scope),
        Slot::Ttl => match el.text().trim().parse() {
            Ok(minutes) => feed.ttl_minutes = Some(minutes),
            Err(_) => keep(feed, el, scope),
        },
        Slot::Image => match parts::image(el, scope) {
            Some(image) => feed.image = Some(image),
            // `<image rdf:resource="…"/>` points to the image beside the channel.
            None if el.has_elements() => keep(feed, el, scope),
            None => {}
        },
        Slot::Icon => feed.icon = el.trimmed().map(|url| inner.resolve(&url)),
        Slot::SkipHours => skip_hours(feed, el),
        Slot::SkipDays => feed.skip_days = el.elements().filter_map(El::trimmed).collect(),
        _ => keep(feed, el, scope),
    }
    if matches!(el.family, Family::Dc | Family::DcTerms)
        && matches!(slot, Slot::Published | Slot::Updated)
    {
        // Which of its dates a publisher meant is said by the element's name alone, so it stays too.
        keep(feed, el, scope);
    }
}

/// RSS 2.0 `skipHours`: 0 to 23; RSS 0.91 counted to 24, which is midnight too.
fn skip_hours(feed: &mut Feed, el: &El<'_>) {
    feed.skip_hours = el
        .elements()
        .filter_map(|hour| hour.text().trim().parse::<u8>().ok())
        .filter(|hour| *hour <= 24)
        .map(|hour| hour % 24)
        .collect();
}

fn some(text: Text) -> Option<Text> {
    (!text.value.is_empty()).then_some(text)
}
