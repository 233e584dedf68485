//! Which field an element stands for, and which of several wins where only one can.
//!
//! The vocabularies share their names so far that one table reads RSS, Atom and CDF, in the purity or
//! mixture that a publisher chose. A role that only one element can have carries a rank: the
//! document's own vocabulary before the other's, both before Dublin Core. Whoever loses is kept as an
//! extension, so nothing is lost by the choice.

use super::date;
use super::names::Family;
use super::tree::{El, Node};
use crate::model::Part;

/// Roles that one element at most can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Id,
    Title,
    /// Feed: description. Entry: summary.
    Summary,
    Content,
    Language,
    Rights,
    Publisher,
    Published,
    Updated,
    Generator,
    Ttl,
    Image,
    Icon,
    SkipHours,
    SkipDays,
    Comments,
    Source,
}

impl Slot {
    /// What it is called in an order.
    pub(super) fn part(self) -> Part {
        match self {
            Self::Id => Part::Id,
            Self::Title => Part::Title,
            Self::Summary => Part::Summary,
            Self::Content => Part::Content,
            Self::Language => Part::Language,
            Self::Rights => Part::Rights,
            Self::Publisher => Part::Publisher,
            Self::Published => Part::Published,
            Self::Updated => Part::Updated,
            Self::Generator => Part::Generator,
            Self::Ttl => Part::Ttl,
            Self::Image => Part::Image,
            Self::Icon => Part::Icon,
            Self::SkipHours => Part::SkipHours,
            Self::SkipDays => Part::SkipDays,
            Self::Comments => Part::Comments,
            Self::Source => Part::Source,
        }
    }
}

/// How many slots there are.
const SLOTS: usize = Slot::Source as usize + 1;

/// What an element stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A role for one element; the smallest rank wins, and the first of equals.
    One(Slot, u8),
    Link,
    Author,
    Contributor,
    Category,
    Enclosure,
    Entry,
    /// Holds entries: RSS 1.1 `items`, a CDF channel in a channel.
    Container,
    Extension,
    /// No element at all.
    Words,
}

/// Atom's own element names, and the names RSS has for the same.
fn shared(el: &El<'_>, atom: bool, name: &str) -> Option<Role> {
    let own = u8::from(el.family.is_atom() != atom && el.family != Family::None);
    Some(match (el.family, name) {
        (Family::Dc, "title") => Role::One(Slot::Title, 3),
        (Family::Dc, "creator" | "author") => Role::Author,
        (Family::Dc, "contributor") => Role::Contributor,
        (Family::Dc, "subject") => Role::Category,
        (Family::Dc, "rights") => Role::One(Slot::Rights, 3),
        (Family::Dc, "language") => Role::One(Slot::Language, 3),
        (Family::Dc, "date") => Role::One(Slot::Published, 4),
        (Family::Dc, "description") => Role::One(Slot::Summary, 4),
        (Family::DcTerms, "issued") => Role::One(Slot::Published, 3),
        (Family::DcTerms, "created") => Role::One(Slot::Published, 5),
        (Family::DcTerms, "modified") => Role::One(Slot::Updated, 3),
        (family, _) if !family.is_native() => return None,
        (_, "title") => Role::One(Slot::Title, own),
        (_, "link") => Role::Link,
        // CDF's way to say it, in its capitals.
        (Family::None, "a")
            if el.name == "A" && el.filled("href").is_some() && el.text().trim().is_empty() =>
        {
            Role::Link
        }
        (_, "id") => Role::One(Slot::Id, own),
        (_, "author") => Role::Author,
        (_, "contributor") => Role::Contributor,
        (_, "category") => Role::Category,
        (_, "rights") => Role::One(Slot::Rights, own),
        (_, "copyright") => Role::One(Slot::Rights, own),
        (_, "language") => Role::One(Slot::Language, own),
        (_, "pubdate" | "published") => Role::One(Slot::Published, own),
        (_, "issued") => Role::One(Slot::Published, own + 1),
        (_, "updated") => Role::One(Slot::Updated, own),
        (_, "modified") => Role::One(Slot::Updated, own + 1),
        _ => return None,
    })
}

/// The role of a child of the channel or feed.
pub(super) fn of_feed(el: &El<'_>, atom: bool) -> Role {
    ranked(el, atom, role_in_feed(el, atom))
}

/// The role of a child of an entry.
pub(super) fn of_entry(el: &El<'_>, atom: bool) -> Role {
    ranked(el, atom, role_in_entry(el, atom))
}

/// A value as it was given is before all others; what was no date is behind all dates. What has a prefix of RSS's
/// beside elements that need none had lost its role when it was written, and is behind all but Dublin Core.
fn ranked(el: &El<'_>, atom: bool, role: Role) -> Role {
    let is_aside = !atom && el.family == Family::Rss && !el.prefix.is_empty();
    match role {
        Role::One(slot @ (Slot::Published | Slot::Updated), _) if el.family == Family::Given => {
            Role::One(slot, u8::MAX)
        }
        Role::One(slot, _) if el.family == Family::Given => Role::One(slot, GIVEN),
        Role::One(slot, rank) => Role::One(slot, rank + 1 + ASIDE * u8::from(is_aside)),
        role => role,
    }
}

fn role_in_feed(el: &El<'_>, atom: bool) -> Role {
    let name = el.lower();
    if let Some(role) = shared(el, atom, &name) {
        return role;
    }
    let own = u8::from(el.family.is_atom() != atom && el.family != Family::None);
    match (el.family, &*name) {
        (Family::Dc, "publisher") => Role::One(Slot::Publisher, 3),
        (family, _) if !family.is_native() => Role::Extension,
        (_, "item" | "entry") => Role::Entry,
        (_, "items") if el.has_elements() => Role::Container,
        (_, "channel") => Role::Container,
        (Family::Given, "guid") => Role::One(Slot::Id, own),
        (_, "description" | "subtitle") => Role::One(Slot::Summary, own),
        (_, "tagline" | "abstract") => Role::One(Slot::Summary, own + 1),
        (_, "managingeditor") => Role::Author,
        (_, "webmaster") => Role::One(Slot::Publisher, own),
        (_, "lastbuilddate") => Role::One(Slot::Updated, own),
        (_, "generator") => Role::One(Slot::Generator, own),
        (_, "ttl") => Role::One(Slot::Ttl, own),
        (_, "image") => Role::One(Slot::Image, own),
        (_, "logo") => Role::One(Slot::Image, own),
        (_, "icon") => Role::One(Slot::Icon, own),
        (_, "skiphours") => Role::One(Slot::SkipHours, own),
        (_, "skipdays") => Role::One(Slot::SkipDays, own),
        _ => Role::Extension,
    }
}

fn role_in_entry(el: &El<'_>, atom: bool) -> Role {
    let name = el.lower();
    if let Some(role) = shared(el, atom, &name) {
        return role;
    }
    let own = u8::from(el.family.is_atom() != atom && el.family != Family::None);
    match (el.family, &*name) {
        (Family::Content, "encoded") => Role::One(Slot::Content, if atom { 2 } else { 0 }),
        (Family::Xhtml, "body") => Role::One(Slot::Content, 3),
        (Family::Xhtml, "div") => Role::One(Slot::Content, 4),
        (family, _) if !family.is_native() => Role::Extension,
        (_, "guid") => Role::One(Slot::Id, own),
        (_, "description" | "summary") => Role::One(Slot::Summary, own),
        (_, "abstract") => Role::One(Slot::Summary, own + 1),
        (_, "content") => Role::One(Slot::Content, if atom { own } else { 1 }),
        (_, "body" | "fullitem") => Role::One(Slot::Content, 3),
        (_, "created") => Role::One(Slot::Published, own + 2),
        (_, "enclosure") => Role::Enclosure,
        (_, "comments") => Role::One(Slot::Comments, own),
        (_, "source") => Role::One(Slot::Source, own),
        _ => Role::Extension,
    }
}

/// The roles of an element's children, and which of them won each slot, as an index.
#[derive(Debug)]
pub(super) struct Winners {
    best: [Option<(usize, u8)>; SLOTS],
    roles: Vec<Role>,
}

/// The rank of a value as it was given.
const GIVEN: u8 = 0;
/// Added to the rank of RSS's elements with a prefix: as much as puts them behind Atom's.
const ASIDE: u8 = 2;
/// Added to the rank of a date that cannot be understood: any other is better.
const NO_DATE: u8 = 50;
/// Added to the rank of an element that says nothing.
const BLANK: u8 = 100;

impl Winners {
    /// Chooses among the children of an element.
    pub(super) fn choose(el: &El<'_>, role: impl Fn(&El<'_>) -> Role) -> Self {
        let mut best: [Option<(usize, u8)>; SLOTS] = [None; SLOTS];
        let mut roles = Vec::with_capacity(el.children.len());
        for (index, node) in el.children.iter().enumerate() {
            let Node::El(child) = node else {
                roles.push(Role::Words);
                continue;
            };
            let role = role(child);
            roles.push(role);
            let Role::One(slot, mut rank) = role else {
                continue;
            };
            if is_blank(child, slot) {
                rank += BLANK;
            }
            // Only where two dates compete is it asked whether they can be understood.
            let judged = |(index, rank): (usize, u8)| {
                let is_date = matches!(slot, Slot::Published | Slot::Updated) && rank < BLANK;
                rank + NO_DATE * u8::from(is_date && !is_understood(&el.children[index]))
            };
            let best = &mut best[slot as usize];
            if best.is_none_or(|best| judged((index, rank)) < judged(best)) {
                *best = Some((index, rank));
            }
        }
        Self { best, roles }
    }

    /// The role of a child.
    pub(super) fn role(&self, index: usize) -> Role {
        self.roles[index]
    }

    /// How many children there are.
    pub(super) fn len(&self) -> usize {
        self.roles.len()
    }

    /// How many children have a role, or lost the one they had.
    pub(super) fn count(&self, is_it: impl Fn(usize, Role) -> bool) -> usize {
        let roles = self.roles.iter().enumerate();
        roles.filter(|(index, role)| is_it(*index, **role)).count()
    }

    /// Whether a child won the slot.
    pub(super) fn won(&self, slot: Slot, index: usize) -> bool {
        self.best[slot as usize].is_some_and(|(winner, _)| winner == index)
    }

    /// Whether a child only stood in for the winner, which we had to write beside it as it was given.
    pub(super) fn stood_in(&self, slot: Slot, el: &El<'_>) -> bool {
        matches!(slot, Slot::Id | Slot::Comments)
            && matches!(el.family, Family::None | Family::Atom)
            && self.best[slot as usize].is_some_and(|(_, rank)| rank == GIVEN)
    }
}

/// Whether an element says nothing for its slot.
fn is_blank(el: &El<'_>, slot: Slot) -> bool {
    // These may say it all in an attribute: a source, a picture's address, a program's page.
    let in_attributes = match slot {
        Slot::Content => el.filled("src").is_some(),
        Slot::Source | Slot::Image | Slot::Icon | Slot::Generator => !el.attributes.is_empty(),
        _ => false,
    };
    !in_attributes && el.text().trim_start().is_empty() && !el.has_elements()
}

fn is_understood(date: &Node<'_>) -> bool {
    matches!(date, Node::El(el) if date::parse(&el.text()).is_some())
}
