//! Who a publisher is: what somebody registered of a host's name, by the public suffix list. Asks nobody; the list is
//! compiled in, and one that has grown old knows a publisher's newest suffix as one publisher too many.

use psl::{List, Psl as _};
use url::{Host, Url};

/// The registrable domain of an address (`example.co.uk` of `feeds.example.co.uk`): whose visitors we are there.
///
/// `None` for IP addresses and names below no public suffix (`localhost`, `nas.lan`): nobody registered those, and two
/// of them may be two publishers.
#[must_use]
pub fn site(url: &Url) -> Option<String> {
    let Some(Host::Domain(host)) = url.host() else {
        return None;
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // A name under a suffix that nobody knows is a private one.
    if !List.suffix(host.as_bytes())?.is_known() {
        return None;
    }
    let domain = List.domain(host.as_bytes())?;
    String::from_utf8(domain.as_bytes().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        let url = Url::parse(url).expect("a URL");
        assert_eq!(site(&url).as_deref(), expected, "{url}");
    }

    #[test]
    fn a_publisher_is_what_somebody_registered() {
        check("https://example.org/feed", Some("example.org"));
        check("https://a.b.Example.org./feed", Some("example.org"));
        check("https://news.bbc.co.uk/", Some("bbc.co.uk"));
        check("https://xn--bcher-kva.de/", Some("xn--bcher-kva.de"));
        check("https://x.example.xn--p1ai/", Some("example.xn--p1ai"));
    }

    #[test]
    fn hosts_of_many_publishers_are_many() {
        check("https://alice.github.io/feed", Some("alice.github.io"));
        check("https://bob.blogspot.com/feed", Some("bob.blogspot.com"));
    }

    #[test]
    fn private_names_belong_to_nobody() {
        for url in [
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://localhost/",
            "http://nas.lan/feed",
            "http://www.nas.internal/",
            "https://co.uk/",
        ] {
            check(url, None);
        }
    }
}
