//! One element of a feed to one [`Entry`]: RSS `item`, Atom `entry`, CDF `ITEM`.
//!
//! Makes no ids and no dates; what the publisher did not give is absent.

use super::names::Family;
use super::ours;
use super::parts;
use super::roles::{self, Role, Slot, Winners};
use super::scope::{Reader, Scope};
use super::strays;
use super::text::{self, Use};
use super::tree::{El, Node};
use crate::model::{Entry, Link, Part, Text};

/// Reads an entry. The scope is the one around it.
pub(super) fn read(el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) -> Entry {
    let scope = scope.enter(el);
    let atom = reader.atom;
    let mut entry = Entry::default();
    if el
        .attributes
        .iter()
        .any(|a| a.prefix == "xml" && a.name == "lang")
    {
        entry.language = scope.language();
    }
    from_attributes(&mut entry, el, &scope, reader);
    strays::take_out(el, reader.notes);
    let winners = Winners::choose(el, |child| roles::of_entry(child, atom));
    // Dublin Core names once more whom Atom has named already.
    let has_author = atom && el.child("author").is_some();
    let mut links = Vec::new();
    make_room(&mut entry, &winners);
    for (index, node) in el.children.iter_mut().enumerate() {
        let Node::El(child) = node else { continue };
        match winners.role(index) {
            Role::One(slot, _) if winners.won(slot, index) => {
                fill(&mut entry, slot, child, &scope, reader);
            }
            Role::One(slot, _) if winners.stood_in(slot, child) => {}
            Role::Link => match parts::link(child, &scope) {
                Some(link) if parts::is_enclosure(&link) => {
                    entry.order.push(Part::Enclosure);
                    entry.enclosures.push(parts::enclosure_of_link(link));
                }
                // An enclosure that leads nowhere is none, but stays.
                Some(link) if parts::is_rel(&link, "enclosure") => keep(&mut entry, child, &scope),
                Some(link) => {
                    entry.order.push(Part::Link);
                    links.push((parts::rank(child, atom), link));
                }
                None => keep(&mut entry, child, &scope),
            },
            Role::Author if has_author && child.family == Family::Dc => {
                keep(&mut entry, child, &scope);
            }
            Role::Author => {
                if parts::push_person(&mut entry.authors, child, &scope) {
                    entry.order.push(Part::Author);
                }
            }
            Role::Contributor => {
                if parts::push_person(&mut entry.contributors, child, &scope) {
                    entry.order.push(Part::Contributor);
                }
            }
            Role::Category => match parts::category(child) {
                Some(category) => {
                    entry.order.push(Part::Category);
                    entry.categories.push(category);
                    for inner in child.elements() {
                        keep(&mut entry, inner, &scope);
                    }
                }
                None => keep(&mut entry, child, &scope),
            },
            Role::Enclosure => match parts::enclosure(child, &scope) {
                Some(enclosure) => {
                    entry.order.push(Part::Enclosure);
                    entry.enclosures.push(enclosure);
                }
                None => keep(&mut entry, child, &scope),
            },
            _ => keep(&mut entry, child, &scope),
        }
    }
    let (link, others) = parts::take_alternate(parts::without_made(links));
    entry.link = link.or(entry.link.take());
    entry.links = others;
    finish(&mut entry, atom);
    entry
}

/// Makes room for what the roles promise; a list that grows makes room for four at once.
fn make_room(entry: &mut Entry, winners: &Winners) {
    let count = |wanted| winners.count(|_, role| role == wanted);
    entry.order.reserve(winners.len());
    entry.authors.reserve_exact(count(Role::Author));
    entry.categories.reserve_exact(count(Role::Category));
    entry.enclosures.reserve_exact(count(Role::Enclosure));
    entry.extensions.reserve_exact(winners.count(|index, role| {
        matches!(role, Role::Extension)
            || matches!(role, Role::One(slot, _) if !winners.won(slot, index))
    }));
}

/// An element that no field stands for, or whose field is taken.
fn keep(entry: &mut Entry, el: &El<'_>, scope: &Scope) {
    if let Some(members) = ours::members(el) {
        entry.json_extensions.extend(members);
    } else if !el.is_blank() || !el.family.is_native() {
        entry.order.push(Part::Extension);
        entry.extensions.push(scope.extension(el));
    }
}

/// RSS 1.0 `rdf:about`, CDF `HREF` and `LASTMOD`.
fn from_attributes(entry: &mut Entry, el: &El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    entry.id = el
        .attribute_of(Family::Rdf, "about")
        .map(|about| about.trim().to_owned())
        .filter(|about| !about.is_empty());
    entry.link = el.filled("href").map(|href| scope.resolve(&href));
    entry.updated = el
        .filled("lastmod")
        .map(|raw| parts::date_of(raw, el.at, reader));
}

fn fill(entry: &mut Entry, slot: Slot, el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let inner = scope.enter(el);
    entry.order.push(slot.part());
    match slot {
        Slot::Id => {
            if let Some(id) = el.trimmed() {
                entry.id_is_permalink = el.name.eq_ignore_ascii_case("guid")
                    && !el
                        .attribute("isPermaLink")
                        .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
                    && parts::is_web_address(&id);
                entry.id = Some(ours::id(id));
            }
        }
        Slot::Title => entry.title = some(text::read(el, &inner, reader, Use::Line)),
        Slot::Summary => entry.summary = some(text::read(el, &inner, reader, Use::Body)),
        Slot::Content => content(entry, el, scope, reader),
        Slot::Language => entry.language = el.trimmed(),
        Slot::Rights => entry.rights = some(text::read(el, &inner, reader, Use::Line)),
        Slot::Published => entry.published = parts::date(el, reader),
        Slot::Updated => entry.updated = parts::date(el, reader),
        Slot::Comments => entry.comments = el.trimmed().map(|url| inner.resolve(&url)),
        Slot::Source => entry.source = parts::origin(el, scope, reader),
        _ => keep(entry, el, scope),
    }
    if matches!(el.family, Family::Dc | Family::DcTerms)
        && matches!(slot, Slot::Published | Slot::Updated)
    {
        // Which of its dates a publisher meant is said by the element's name alone, so it stays too.
        keep(entry, el, scope);
    }
}

fn content(entry: &mut Entry, el: &mut El<'_>, scope: &Scope, reader: &mut Reader<'_>) {
    let inner = scope.enter(el);
    if let Some(src) = el.filled("src") {
        entry.content_link = Some(Link {
            href: inner.resolve(&src),
            media_type: el.filled("type"),
            ..Link::default()
        });
        return;
    }
    if el.family.is_native() && text::is_foreign(el) {
        keep(entry, el, scope);
        return;
    }
    let usage = match el.family {
        Family::Content | Family::Xhtml => Use::Html,
        _ if matches!(&*el.lower(), "fullitem" | "body") => Use::Html,
        _ => Use::Body,
    };
    entry.content = some(text::read(el, &inner, reader, usage));
    // Where all words were but a wrapping of text (an escaped CDATA section), nothing was said.
    let was_wrapping = || el.family.is_native() && !el.has_elements() && el.trimmed().is_some();
    if entry.content.is_none() && !was_wrapping() {
        keep(entry, el, scope);
    }
}

/// The text, unless there is none.
fn some(text: Text) -> Option<Text> {
    (!text.value.is_empty()).then_some(text)
}

/// What follows from the fields together.
fn finish(entry: &mut Entry, atom: bool) {
    if entry.link.is_none() && entry.id_is_permalink {
        entry.link.clone_from(&entry.id);
    }
    if !atom && entry.content.is_none() && entry.content_link.is_none() {
        entry.content = entry.summary.take();
        entry.content_is_description = entry.content.is_some();
    }
    fit(entry);
}

/// Gives back what the lists have to spare: one author would take the memory of four.
fn fit(entry: &mut Entry) {
    entry.links.shrink_to_fit();
    entry.authors.shrink_to_fit();
    entry.contributors.shrink_to_fit();
    entry.categories.shrink_to_fit();
    entry.enclosures.shrink_to_fit();
    entry.extensions.shrink_to_fit();
}
