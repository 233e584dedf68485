//! Which vocabulary an element belongs to, whatever prefix and spelling of the address it came with.
//!
//! Knows only the vocabularies that fields of the model are read from; every other namespace is
//! [`Family::Other`] and its elements become extensions. Addresses are compared without case,
//! scheme and trailing `/` or `#`, because feeds in the wild vary in all three.

/// The vocabularies whose elements may stand for a field of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// No namespace: RSS 0.9x and 2.0, CDF, and everything that forgot to declare its own.
    None,
    /// RSS 0.90, 1.0, 1.1 and the addresses once used for RSS 2.0.
    Rss,
    /// What we wrote of a value that the element of its name may not have: as it was given.
    Given,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// Atom 0.3 and its drafts.
    Atom03,
    /// RDF syntax.
    Rdf,
    /// `content:encoded` (RDF Site Summary 1.0 Modules: Content).
    Content,
    /// Dublin Core 1.1.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// XHTML.
    Xhtml,
    /// The `xml:` prefix.
    Xml,
    /// Anything else.
    Other,
}

impl Family {
    /// Whether its elements are those of a feed itself rather than an addition to one.
    pub(super) fn is_native(self) -> bool {
        matches!(
            self,
            Self::None | Self::Rss | Self::Given | Self::Atom | Self::Atom03
        )
    }

    /// Atom of any age.
    pub(super) fn is_atom(self) -> bool {
        matches!(self, Self::Atom | Self::Atom03)
    }
}

/// Names of elements, whatever their case. Nearly all that are asked for are none of them, and most of those differ from all in
/// their length or their first letter.
pub(super) struct Names {
    names: &'static [&'static str],
    /// A bit for each length.
    lengths: u32,
    /// A bit for each first letter.
    firsts: u32,
}

impl Names {
    /// Of these names, each of 1 to 31 letters of ASCII.
    pub(super) const fn of(names: &'static [&'static str]) -> Self {
        let (mut lengths, mut firsts, mut at) = (0, 0, 0);
        while at < names.len() {
            lengths |= 1 << names[at].len();
            firsts |= first(names[at].as_bytes());
            at += 1;
        }
        Self {
            names,
            lengths,
            firsts,
        }
    }

    /// Whether a name is one of them.
    pub(super) fn has(&self, name: &str) -> bool {
        name.len() < 32
            && self.lengths & 1 << name.len() != 0
            && self.firsts & first(name.as_bytes()) != 0
            && self
                .names
                .iter()
                .any(|known| known.len() == name.len() && known.eq_ignore_ascii_case(name))
    }
}

/// The bit of a name's first letter, the same for both of its cases.
const fn first(name: &[u8]) -> u32 {
    1 << (name[0] & 31)
}

/// Namespaces in the form that [`normalised`] gives, by family.
const FAMILIES: &[(&str, Family)] = &[
    ("www.w3.org/2005/atom", Family::Atom),
    ("purl.org/atom/ns", Family::Atom03),
    ("purl.org/pie", Family::Atom03),
    ("purl.org/echo", Family::Atom03),
    ("example.com/necho", Family::Atom03),
    ("example.com/newformat", Family::Atom03),
    ("uri/of/echo/namespace", Family::Atom03),
    ("purl.org/rss/1.0", Family::Rss),
    ("purl.org/net/rss1.1", Family::Rss),
    ("my.netscape.com/rdf/simple/0.9", Family::Rss),
    ("channel.netscape.com/rdf/simple/0.9", Family::Rss),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Family::Rss),
    ("purl.org/rss/1.0/modules/rss091", Family::Rss),
    ("blogs.law.harvard.edu/tech/rss", Family::Rss),
    ("cyber.law.harvard.edu/rss/rss.html", Family::Rss),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Family::Rdf),
    ("purl.org/rss/1.0/modules/content", Family::Content),
    ("purl.org/dc/elements/1.1", Family::Dc),
    ("purl.org/dc/elements/1.0", Family::Dc),
    ("purl.org/dc/terms", Family::DcTerms),
    ("www.w3.org/1999/xhtml", Family::Xhtml),
    ("www.w3.org/xml/1998/namespace", Family::Xml),
];

/// Prefixes that feeds use without declaring them, and what they mean by them.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("admin", "http://webns.net/mvcb/"),
    ("app", "http://www.w3.org/2007/app"),
    ("atom", "http://www.w3.org/2005/Atom"),
    ("atom10", "http://www.w3.org/2005/Atom"),
    ("a10", "http://www.w3.org/2005/Atom"),
    ("cc", "http://web.resource.org/cc/"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    (
        "creativeCommons",
        "http://backend.userland.com/creativeCommonsRssModule",
    ),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("feedburner", "http://rssnamespace.org/feedburner/ext/1.0"),
    ("gd", "http://schemas.google.com/g/2005"),
    ("geo", "http://www.w3.org/2003/01/geo/wgs84_pos#"),
    ("georss", "http://www.georss.org/georss"),
    ("gml", "http://www.opengis.net/gml"),
    (
        "googleplay",
        "http://www.google.com/schemas/play-podcasts/1.0",
    ),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("openSearch", "http://a9.com/-/spec/opensearch/1.1/"),
    ("opensearch", "http://a9.com/-/spec/opensearch/1.1/"),
    ("podcast", "https://podcastindex.org/namespace/1.0"),
    ("psc", "http://podlove.org/simple-chapters"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rss", "http://purl.org/rss/1.0/"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
    (
        "trackback",
        "http://madskills.com/public/xml/rss/module/trackback/",
    ),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
    ("xhtml", XHTML),
    ("xlink", "http://www.w3.org/1999/xlink"),
    ("yt", "http://www.youtube.com/xml/schemas/2015"),
];

/// The namespace of the `xml:` prefix (Namespaces in XML 1.0 §3).
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// XHTML.
pub(super) const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The address that an undeclared prefix usually stands for.
pub(super) fn well_known(prefix: &str) -> Option<&'static str> {
    WELL_KNOWN
        .iter()
        .find(|(known, _)| *known == prefix)
        .map(|(_, uri)| *uri)
}

/// The family that a namespace address belongs to.
pub(super) fn family(uri: &str) -> Family {
    let uri = normalised(uri);
    if uri.is_empty() {
        return Family::None;
    }
    // Dave Winer's addresses for RSS 2.0 end in anything: rss2, rss2-2, RSS2/.
    if let Some(rest) = strip_start(uri, "backend.userland.com/rss") {
        return if rest == "2#as-given" {
            Family::Given
        } else {
            Family::Rss
        };
    }
    // The drafts of Atom 0.3 and 1.0 said behind the # which they were.
    let uri = match uri.split_once('#') {
        Some((atom, _)) if atom.eq_ignore_ascii_case("purl.org/atom/ns") => atom,
        _ => uri,
    };
    FAMILIES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(uri))
        .map_or(Family::Other, |(_, family)| *family)
}

/// An address without what varies at its ends. Its case, which varies too, is left to the comparison.
fn normalised(uri: &str) -> &str {
    let uri = uri.trim();
    let uri = strip_start(uri, "http://")
        .or_else(|| strip_start(uri, "https://"))
        .unwrap_or(uri);
    uri.trim_end_matches(['/', '#'])
}

fn strip_start<'u>(uri: &'u str, start: &str) -> Option<&'u str> {
    let (found, rest) = uri.split_at_checked(start.len())?;
    found.eq_ignore_ascii_case(start).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, expected: Family) {
        assert_eq!(family(uri), expected, "{uri}");
    }

    #[test]
    fn addresses_are_recognised_in_every_spelling() {
        check("http://www.w3.org/2005/Atom", Family::Atom);
        check("http://www.w3.org/2005/atom/", Family::Atom);
        check("https://www.w3.org/2005/Atom", Family::Atom);
        check("http://purl.org/atom/ns#", Family::Atom03);
        check("http://purl.org/rss/1.0/", Family::Rss);
        check("http://purl.org/rss/1.0/modules/content", Family::Content);
        check("http://backend.userland.com/rss2", Family::Rss);
        check("http://backend.userland.com/rss2#as-given", Family::Given);
        check("HTTP://PURL.ORG/DC/ELEMENTS/1.1/", Family::Dc);
        check("", Family::None);
        check("http://search.yahoo.com/mrss/", Family::Other);
    }

    #[test]
    fn every_known_address_is_written_as_it_is_compared() {
        for (uri, _) in FAMILIES {
            assert_eq!(*uri, normalised(uri).to_ascii_lowercase());
        }
    }
}
