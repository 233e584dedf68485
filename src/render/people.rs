//! Writes people in RSS, which knows e-mail addresses, Dublin Core, which knows names, and Atom, which knows all.
//!
//! It makes nobody up; who has neither name nor address nor page is left out.

use super::grammar::is_email;
use super::names::RSS;
use super::xml::{self, element};
use super::{NAMESPACE, own_attributes};
use crate::model::{Attribute, Element, Feed, FeedFormat, Node, Person};

/// The first person, if RSS's own element can hold all that is known of them. The others follow in
/// order: readers take the first or the last, so the order has to stay.
pub(super) fn lead<'a>(people: &'a [Person], feed: &Feed) -> Option<&'a Person> {
    people
        .first()
        .filter(|person| is_line(person) && !needs_atom(person, feed))
}

/// Whether RSS's elements for people hold all that is known of a person.
pub(super) fn is_line(person: &Person) -> bool {
    has_email(person) && further(person).is_empty()
}

/// What a line has no room for, as attributes of ours.
fn further(person: &Person) -> Vec<Attribute> {
    let xml: String = person.extensions.iter().map(xml::standalone).collect();
    let unclear = |value: &'_ Option<String>| value.clone().filter(|_| is_misread(person));
    let (name, email) = (unclear(&person.name), unclear(&person.email));
    let parts = [
        ("name", name.as_deref()),
        ("email", email.as_deref()),
        ("uri", person.uri.as_deref()),
        ("avatar", person.avatar.as_deref()),
        ("xml", Some(xml.as_str()).filter(|xml| !xml.is_empty())),
    ];
    own_attributes(parts)
}

/// A person as an element that holds a line, and the rest in attributes of ours.
pub(super) fn line(namespace: Option<&str>, name: &str, person: &Person) -> Element {
    let mut out = element(namespace, name, &[], &address(person));
    out.attributes = further(person);
    out
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
                Some(line(namespace, name, person))
            }
            (_, Some(_)) => Some(atom_person("author", person)),
            (Some(_), None) => Some(line(Some(xml::DC), "creator", person)),
            (None, None) => {
                let is_known = !further(person).is_empty();
                is_known.then(|| atom_person("author", person))
            }
        }
    })
}

/// Whether a person came as `atom:author` and has to go as that. From another format, the name
/// goes where readers of RSS look.
fn needs_atom(person: &Person, feed: &Feed) -> bool {
    let says_more = person.uri.is_some() || !person.extensions.is_empty();
    says_more && feed.format == FeedFormat::Rss || is_misread(person)
}

/// Whether readers would take a person apart wrongly in one line: an address that is none, a name that holds one.
fn is_misread(person: &Person) -> bool {
    let name = person.name.as_deref().unwrap_or_default();
    let separators = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '"' | ',' | ';')
    };
    let holds_address = name
        .split(separators)
        .filter(|word| is_address(word))
        .count()
        == 1;
    match &person.email {
        None => holds_address,
        Some(email) => {
            let is_set_apart = |c: char| separators(c) && !matches!(c, '(' | ')') || c == '\'';
            !is_address(email)
                || email.starts_with("mailto:")
                || email.contains(|c: char| separators(c) || c.is_control())
                || name.contains('@')
                || name.matches('(').count() != name.matches(')').count()
                || name.starts_with(|c| is_set_apart(c) || matches!(c, '(' | ')'))
                || name.ends_with(is_set_apart)
        }
    }
}

/// Whether a word is an e-mail address as readers know one.
fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !domain.starts_with('.')
    })
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
    let avatar = person.avatar.as_deref();
    let avatar = avatar.map(|url| element(Some(NAMESPACE), "avatar", &[], url));
    out.children = parts
        .map(|(name, value)| Node::Element(element(Some(xml::ATOM), name, &[], value)))
        .chain(avatar.map(Node::Element))
        .chain(person.extensions.iter().cloned().map(Node::Element))
        .collect();
    out
}

/// A contributor, in the smallest vocabulary that holds all that is known.
pub(super) fn contributor(person: &Person) -> Option<Element> {
    let is_named_only = person.email.is_none() && further(person).is_empty() && !is_misread(person);
    match &person.name {
        Some(name) if is_named_only => Some(element(Some(xml::DC), "contributor", &[], name)),
        None if is_named_only => None,
        _ => Some(atom_person("contributor", person)),
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
