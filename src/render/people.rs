//! Writes people in RSS, which knows e-mail addresses, Dublin Core, which knows names, and Atom, which knows all.
//!
//! It makes nobody up; who has neither name nor address nor page is left out.

use super::grammar::is_email;
use super::names::RSS;
use super::xml::{self, element};
use crate::model::{Element, Feed, FeedFormat, Node, Person};

/// The first person, if RSS's own element can hold all that is known of them. The others follow in
/// order: readers take the first or the last, so the order has to stay.
pub(super) fn lead<'a>(people: &'a [Person], feed: &Feed) -> Option<&'a Person> {
    people
        .first()
        .filter(|person| has_email(person) && !needs_atom(person, feed))
}

/// Whether a person has an e-mail address that is one, as RSS's elements for people want.
pub(super) fn has_email(person: &Person) -> bool {
    person.email.as_deref().is_some_and(is_email)
}

/// The people that are not the [`lead`], as elements; `name` is RSS's own for one with an address.
pub(super) fn rest<'a>(
    people: &'a [Person],
    name: &'a str,
    feed: &'a Feed,
) -> impl Iterator<Item = Element> + 'a {
    let skip = usize::from(lead(people, feed).is_some());
    let mut is_free = skip == 0;
    people.iter().skip(skip).filter_map(move |person| {
        if needs_atom(person, feed) {
            return Some(atom_person("author", person));
        }
        match (&person.name, &person.email) {
            (_, Some(_)) if has_email(person) => {
                // One is allowed; the others stand in the namespace that RSS once had.
                let namespace = (!std::mem::take(&mut is_free)).then_some(RSS);
                Some(element(namespace, name, &[], &address(person)))
            }
            (_, Some(_)) => Some(atom_person("author", person)),
            (Some(creator), None) => Some(element(Some(xml::DC), "creator", &[], creator)),
            (None, None) => person.uri.is_some().then(|| atom_person("author", person)),
        }
    })
}

/// Whether a person came as `atom:author` and has to go as that. From another format, the name
/// goes where readers of RSS look, and the page is left out: RSS has no place for it.
fn needs_atom(person: &Person, feed: &Feed) -> bool {
    let says_more = person.uri.is_some() || !person.extensions.is_empty();
    says_more && feed.format == FeedFormat::Rss
}

/// A person as Atom writes one, with everything that is known.
pub(super) fn atom_person(name: &str, person: &Person) -> Element {
    let mut out = element(Some(xml::ATOM), name, &[], "");
    // RFC 4287 §3.2.1 wants a name, if only an empty one.
    let parts = [
        ("name", Some(person.name.as_deref().unwrap_or_default())),
        ("email", person.email.as_deref()),
        ("uri", person.uri.as_deref()),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)));
    out.children = parts
        .map(|(name, value)| Node::Element(element(Some(xml::ATOM), name, &[], value)))
        .chain(person.extensions.iter().cloned().map(Node::Element))
        .collect();
    out
}

/// A contributor, in the smallest vocabulary that holds all that is known.
pub(super) fn contributor(person: &Person) -> Option<Element> {
    match person {
        Person {
            name: Some(name),
            email: None,
            uri: None,
            ..
        } => Some(element(Some(xml::DC), "contributor", &[], name)),
        Person {
            name: None,
            email: None,
            uri: None,
            ..
        } => None,
        person => Some(atom_person("contributor", person)),
    }
}

/// A person as RSS writes one: `mail@example.org (Name)`.
pub(super) fn address(person: &Person) -> String {
    let (name, email) = (
        person.name.as_deref().unwrap_or_default(),
        person.email.as_deref().unwrap_or_default(),
    );
    match (name.is_empty(), email.is_empty()) {
        (true, _) => xml::legal(email).into_owned(),
        (_, true) => xml::legal(name).into_owned(),
        _ => xml::legal(&format!("{email} ({name})")).into_owned(),
    }
}
