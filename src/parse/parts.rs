//! The small constructs that feeds and entries share: people, links, categories, pictures, origins.

use super::date;
use super::names::Family;
use super::ours;
use super::scope::{Reader, Scope};
use super::text::{self, Use};
use super::tree::El;
use crate::absolute;
use crate::model::{self, Category, Date, Enclosure, Generator, Image, Link, Origin, Person};

/// A person: Atom's construct (RFC 4287 §3.2), or a line of text as RSS has it.
pub(super) fn person(el: &El<'_>, scope: &Scope) -> Option<Person> {
    if !el.has_elements() {
        let line = el.trimmed().map(|line| person_of_line(&line));
        let person = ours::person_of_attributes(line.unwrap_or_default(), el, scope);
        return (person != Person::default()).then_some(person);
    }
    let scope = scope.enter(el);
    let mut person = Person::default();
    for child in el.elements() {
        let (slot, value) = match &*child.lower() {
            "name" if child.family.is_native() => (&mut person.name, child.trimmed()),
            "email" if child.family.is_native() => (&mut person.email, child.trimmed()),
            "uri" | "url" | "homepage" if child.family.is_native() => (
                &mut person.uri,
                child.trimmed().map(|uri| scope.resolve(&uri)),
            ),
            "avatar" if child.namespace.as_deref() == Some(ours::NAMESPACE) => {
                (&mut person.avatar, child.trimmed())
            }
            _ => {
                person.extensions.push(scope.extension(child));
                continue;
            }
        };
        // What stands as it was given is what another only stood in for.
        if slot.is_none() || child.family == Family::Given && value.is_some() {
            *slot = value;
        } else if value.is_some() {
            person.extensions.push(scope.extension(child));
        }
    }
    (person != Person::default()).then_some(person)
}

/// Reads a person into a list, unless it is there already: RSS names its author twice, in two vocabularies.
/// False where it adds nobody.
pub(super) fn push_person(people: &mut Vec<Person>, el: &El<'_>, scope: &Scope) -> bool {
    /// How many are compared; no real entry has more authors.
    const COMPARED_MAX: usize = 64;
    let person =
        person(el, scope).filter(|person| !people.iter().take(COMPARED_MAX).any(|p| p == person));
    let is_new = person.is_some();
    people.extend(person);
    is_new
}

/// `jo@example.org (Jo)`, `Jo <jo@example.org>`, `Jo (jo@example.org)`, `Jo`.
pub(super) fn person_of_line(line: &str) -> Person {
    let is_address = |word: &&str| {
        word.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.starts_with('.')
        })
    };
    let separators = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '"' | ',' | ';')
    };
    let mut addresses = line.split(separators).filter(is_address);
    let (Some(address), None) = (addresses.next(), addresses.next()) else {
        return Person {
            name: Some(line.to_owned()),
            ..Person::default()
        };
    };
    let name = line.replacen(address, "", 1);
    let name = name.trim_matches(|c: char| separators(c) || c == '\'');
    let balanced = if name.contains('(') && !name.contains(')') {
        format!("{name})")
    } else {
        name.to_owned()
    };
    Person {
        name: (!name.is_empty()).then_some(balanced),
        email: Some(
            address
                .strip_prefix("mailto:")
                .unwrap_or(address)
                .to_owned(),
        ),
        ..Person::default()
    }
}

/// A link of either kind: Atom's `href` (RFC 4287 §4.2.7) or the text of RSS.
pub(super) fn link(el: &El<'_>, scope: &Scope) -> Option<Link> {
    let scope = scope.enter(el);
    let attribute = ["href", "url", "uri"]
        .iter()
        .find_map(|name| el.attribute(name));
    let href = match attribute.or_else(|| el.attribute_of(Family::Rdf, "resource")) {
        Some(href) => href.trim().to_owned(),
        None => el.trimmed()?,
    };
    let rel = el.filled("rel").map(|rel| {
        match rel.strip_prefix("http://www.iana.org/assignments/relation/") {
            // RFC 4287 §4.2.7.2: the long and the short form are the same.
            Some(short) => short.to_owned(),
            None => rel,
        }
    });
    Some(Link {
        href: scope.resolve(&href),
        rel,
        media_type: el.filled("type"),
        hreflang: el.filled("hreflang"),
        title: el.filled("title"),
        length: el.filled("length"),
        attributes: foreign_attributes(el),
    })
}

/// The attributes of an element that belong to another vocabulary than itself.
fn foreign_attributes(el: &El<'_>) -> Vec<model::Attribute> {
    el.attributes
        .iter()
        .filter(|attribute| !matches!(attribute.prefix, "" | "xml" | "rdf"))
        .filter(|attribute| !attribute.is_given())
        .map(super::tree::Attribute::to_model)
        .collect()
}

/// Whether an attribute that did not come as one could stand on a link and belong to another vocabulary.
pub(super) fn is_foreign(attribute: &model::Attribute) -> bool {
    let namespace = attribute.namespace.as_deref().unwrap_or_default();
    let family = super::names::family(namespace);
    !matches!(
        family,
        Family::None | Family::Given | Family::Xml | Family::Rdf
    ) && namespace != "http://www.w3.org/2000/xmlns/"
}

/// Whether a link leads to the thing itself: no relation, or `alternate`.
pub(super) fn is_alternate(link: &Link) -> bool {
    link.rel
        .as_deref()
        .is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"))
}

/// Whether a link's relation is the given one.
pub(super) fn is_rel(link: &Link, rel: &str) -> bool {
    link.rel
        .as_deref()
        .is_some_and(|own| own.eq_ignore_ascii_case(rel))
}

/// Whether a link leads to a page for people, as far as it says.
pub(super) fn is_page(link: &Link) -> bool {
    link.media_type.as_deref().is_none_or(|kind| {
        let kind = kind.to_ascii_lowercase();
        // What is no media type says nothing.
        kind.starts_with("text/html")
            || kind.starts_with("application/xhtml")
            || !kind.contains('/')
    })
}

/// How far a link is from being the document's own way to lead to the thing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// As it was given, where the document's own way could not say it.
    Given,
    /// A line of RSS.
    Line,
    /// Atom's, in Atom.
    Own,
    /// The other's.
    Strange,
}

/// The rank of a link's element.
pub(super) fn rank(el: &El<'_>, atom: bool) -> Rank {
    let has_address = el.attribute("href").is_some();
    match (el.family, atom) {
        (Family::Given, _) if !has_address => Rank::Given,
        (Family::Given, _) => Rank::Strange,
        (_, false) if !has_address => Rank::Line,
        (_, true) if has_address => Rank::Own,
        _ => Rank::Strange,
    }
}

/// Leaves out the line that RSS had to have, where it stood in for what was given.
pub(super) fn without_made(mut links: Vec<(Rank, Link)>) -> Vec<(Rank, Link)> {
    if links.iter().any(|(rank, _)| *rank == Rank::Given) {
        let stand_in = links.iter().position(|(rank, _)| *rank == Rank::Line);
        stand_in.map(|at| links.remove(at));
    }
    links
}

/// Takes the link to the thing itself out of its links: the first of the best rank that leads to a
/// page. The others keep their order.
pub(super) fn take_alternate(links: Vec<(Rank, Link)>) -> (Option<String>, Vec<Link>) {
    let rank = |(rank, link): &(Rank, Link)| {
        (!link.href.is_empty() && is_alternate(link)).then(|| (!is_page(link), *rank))
    };
    let ranked = links
        .iter()
        .enumerate()
        .filter_map(|(index, link)| rank(link).map(|rank| (rank, index)));
    let best = ranked.min().map(|(_, index)| index);
    let link = best.map(|index| links[index].1.href.clone());
    let mut others = Vec::new();
    for (index, (_, other)) in links.into_iter().enumerate() {
        if Some(index) != best {
            // Whoever says the same once more says nothing.
            if !is_twin(&other, link.as_deref()) {
                others.push(other);
            }
            continue;
        }
        // A field holds an address alone; a link that says more stays whole among the others too.
        if other.media_type.is_some()
            || other.title.is_some()
            || other.hreflang.is_some()
            || other.length.is_some()
            || !other.attributes.is_empty()
        {
            others.push(other);
        }
    }
    (link, others)
}

/// Sorts links that did not come as elements, as if they had: the link to the thing itself out of them, if it is not known.
pub(super) fn settle(main: &mut Option<String>, links: Vec<Link>) -> Vec<Link> {
    if main.is_none() {
        let (link, others) =
            take_alternate(links.into_iter().map(|link| (Rank::Own, link)).collect());
        *main = link;
        return others;
    }
    let main = main.as_deref();
    links
        .into_iter()
        .filter(|link| !is_twin(link, main))
        .collect()
}

/// Whether a link says no more than that the thing itself is where the main link says.
fn is_twin(link: &Link, main: Option<&str>) -> bool {
    let says_nothing_more = || {
        let twin = Link {
            href: link.href.clone(),
            rel: link.rel.clone(),
            ..Link::default()
        };
        *link == twin
    };
    main == Some(&link.href) && is_alternate(link) && says_nothing_more()
}

/// Whether a link is an enclosure and leads anywhere.
pub(super) fn is_enclosure(link: &Link) -> bool {
    is_rel(link, "enclosure") && !link.href.is_empty()
}

/// A link that is an enclosure (RFC 4287 §4.2.7.2).
pub(super) fn enclosure_of_link(mut link: Link) -> Enclosure {
    Enclosure {
        url: link.href,
        media_type: link.media_type,
        length_bytes: link.length.as_deref().and_then(length),
        duration_seconds: ours::take_duration(&mut link.attributes),
        title: link.title,
    }
}

/// RSS `enclosure`.
pub(super) fn enclosure(el: &El<'_>, scope: &Scope) -> Option<Enclosure> {
    let scope = scope.enter(el);
    let url = el.filled("url").or_else(|| el.filled("href")).or_else(|| {
        el.attribute_of(Family::Rdf, "resource")
            .map(|url| url.trim().to_owned())
    });
    Some(Enclosure {
        url: scope.resolve(&url.or_else(|| el.trimmed())?),
        media_type: el.filled("type"),
        // "The size should be 0 when it is unknown" (RSS Advisory Board, RSS Profile, `enclosure`).
        length_bytes: el
            .filled("length")
            .as_deref()
            .and_then(length)
            .filter(|bytes| *bytes > 0),
        duration_seconds: ours::attribute(el, "duration").and_then(|seconds| seconds.parse().ok()),
        title: el.filled("title").or_else(|| ours::attribute(el, "title")),
    })
}

/// A length in bytes; thousands may be set apart.
fn length(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    digits.parse().ok()
}

/// A category of either kind.
pub(super) fn category(el: &El<'_>) -> Option<Category> {
    let own: String = el
        .children
        .iter()
        .filter_map(|node| match node {
            super::tree::Node::Text(text) => Some(&**text),
            super::tree::Node::El(_) => None,
        })
        .collect();
    let own = own.trim();
    let term = match el.filled("term") {
        Some(term) => term,
        None if own.is_empty() => el.filled("label")?,
        None => own.to_owned(),
    };
    Some(Category {
        term,
        scheme: el
            .filled("scheme")
            .or_else(|| el.filled("domain"))
            // Where Atom could not hold it, we wrote RSS's.
            .or_else(|| el.attribute_of(Family::Rss, "domain").map(str::to_owned)),
        label: el.filled("label").or_else(|| ours::attribute(el, "label")),
    })
}

/// `generator` of RSS and Atom.
pub(super) fn generator(el: &El<'_>, scope: &Scope) -> Option<Generator> {
    let scope = scope.enter(el);
    let uri = ["uri", "url", "href"]
        .iter()
        .find_map(|name| el.filled(name))
        .or_else(|| ours::attribute(el, "uri"))
        .map(|uri| scope.resolve(&uri));
    let name = el.trimmed().or_else(|| uri.clone())?;
    Some(Generator {
        name,
        uri,
        version: el
            .filled("version")
            .or_else(|| ours::attribute(el, "version")),
    })
}

/// RSS `image`, Atom `logo`.
pub(super) fn image(el: &El<'_>, scope: &Scope) -> Option<Image> {
    let scope = scope.enter(el);
    if !el.has_elements() {
        let url = el
            .trimmed()
            .or_else(|| el.filled("href"))
            .or_else(|| el.filled("url"))?;
        return Some(Image {
            url: scope.resolve(&url),
            ..Image::default()
        });
    }
    let value = |name| el.child(name).and_then(El::trimmed);
    Some(Image {
        url: scope.resolve(&value("url").or_else(|| value("href"))?),
        title: value("title"),
        link: el
            .child("link")
            .and_then(|el| link(el, &scope))
            .map(|link| link.href),
        description: value("description"),
        width: value("width"),
        height: value("height"),
    })
}

/// RSS `source`, `atom:source`.
pub(super) fn origin(el: &El<'_>, scope: &Scope, reader: &mut Reader<'_>) -> Option<Origin> {
    let scope = scope.enter(el);
    if !el.has_elements() {
        let origin = Origin {
            title: Some(text::read(&mut el.clone(), &scope, reader, Use::Line))
                .filter(|title| !title.value.is_empty()),
            url: el.filled("url").map(|url| scope.resolve(&url)),
            element: None,
        };
        return (origin != Origin::default()).then_some(origin);
    }
    let links: Vec<Link> = el
        .elements()
        .filter(|child| child.family.is_native() && child.name.eq_ignore_ascii_case("link"))
        .filter_map(|child| link(child, &scope))
        .collect();
    Some(Origin {
        title: el
            .child("title")
            // The source stays whole, so its title is read from a copy.
            .map(|title| text::read(&mut title.clone(), &scope.enter(title), reader, Use::Line))
            .filter(|title| !title.value.is_empty()),
        url: links
            .iter()
            .find(|link| is_rel(link, "self"))
            .map(|link| link.href.clone()),
        element: Some(scope.extension(el)),
    })
}

/// A date, and a note where it is none.
pub(super) fn date(el: &El<'_>, reader: &mut Reader<'_>) -> Option<Date> {
    let raw = el.trimmed()?;
    Some(date_of(raw, el.at, reader))
}

/// A date of a string.
pub(super) fn date_of(raw: String, at: usize, reader: &mut Reader<'_>) -> Date {
    let time = date::parse(&raw);
    if time.is_none() {
        reader
            .notes
            .add_with("a date cannot be understood and is not published", at, &raw);
    }
    Date { raw, time }
}

/// Whether a string is an address of the web.
pub(super) fn is_web_address(text: &str) -> bool {
    absolute::has_scheme(text)
        && text
            .get(..4)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
        && text.contains("://")
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, name: &str, email: &str) {
        let person = person_of_line(line);
        assert_eq!(
            (
                person.name.as_deref().unwrap_or_default(),
                person.email.as_deref().unwrap_or_default()
            ),
            (name, email),
            "{line}"
        );
    }

    #[test]
    fn people_in_one_line() {
        check("Jo Doe", "Jo Doe", "");
        check("jo@example.org", "", "jo@example.org");
        check("jo@example.org (Jo Doe)", "Jo Doe", "jo@example.org");
        check("Jo Doe (jo@example.org)", "Jo Doe", "jo@example.org");
        check("Jo Doe <jo@example.org>", "Jo Doe", "jo@example.org");
        check("\"Doe, Jo\" <jo@example.org>", "Doe, Jo", "jo@example.org");
        check(
            "jo@example.org, al@example.org",
            "jo@example.org, al@example.org",
            "",
        );
        check("@jo", "@jo", "");
        check(
            "jo@example.org (Jo (Admin))",
            "Jo (Admin)",
            "jo@example.org",
        );
    }

    #[test]
    fn lengths_as_people_write_them() {
        assert_eq!(length("1,234,567"), Some(1_234_567));
        assert_eq!(length("12 MB"), None);
    }
}
