//! Frames, embeds and the scripts of embedders, turned into links: no frame is ever published.
//!
//! It judges no frame: what is an advertisement or a counter is gone before.
//!
//! Invariant: where a frame had an address, a link to it or to its page stands in its place.

use super::kinds::is_hidden;
use super::players::{Player, player};
use super::scrub::Scrub;
use super::tree::{self, NodeId, NodeRef, attr, escape};
use scraper::node::Element;
use url::Url;

/// Elements that show a page or a file of another maker, and AMP's and others' own for players: name, the attribute
/// with what is shown, and what stands before and behind that in the address.
#[rustfmt::skip]
const EMBEDDING: &[(&str, &str, &str, &str)] = &[
    ("iframe", "src", "", ""), ("embed", "src", "", ""), ("amp-iframe", "src", "", ""), ("object", "data", "", ""),
    ("amp-youtube", "data-videoid", "https://www.youtube.com/embed/", ""), ("lite-youtube", "videoid", "https://www.youtube.com/embed/", ""),
    ("youtube-video", "src", "", ""), ("amp-vimeo", "data-videoid", "https://player.vimeo.com/video/", ""), ("lite-vimeo", "videoid", "https://player.vimeo.com/video/", ""),
    ("amp-dailymotion", "data-videoid", "https://www.dailymotion.com/embed/video/", ""), ("amp-twitter", "data-tweetid", "https://x.com/i/status/", ""),
    ("amp-instagram", "data-shortcode", "https://www.instagram.com/p/", "/"), ("amp-facebook", "data-href", "", ""),
    ("amp-gist", "data-gistid", "https://gist.github.com/", ""), ("amp-reddit", "data-src", "", ""), ("amp-imgur", "data-imgur-id", "https://imgur.com/", ""),
    ("amp-soundcloud", "data-trackid", "https://w.soundcloud.com/player/?url=https://api.soundcloud.com/tracks/", ""),
    ("amp-tiktok", "data-src", "", ""), ("script", "src", "", ""),
];

/// Scripts that write what they show into the page: host, how the path ends, and how the page's own does.
const SCRIPTS: &[(&str, &str, &str)] = &[
    ("gist.github.com", ".js", ""),
    ("asciinema.org", ".js", ""),
    ("gitlab.com", ".js", ""),
    ("secure.polldaddy.com", ".js", ""),
];

/// Turns frames, embeds and objects into links.
pub(super) fn frames(scrub: &mut Scrub<'_>) {
    let names: Vec<&str> = EMBEDDING.iter().map(|(name, ..)| *name).collect();
    for id in scrub.elements(&names) {
        let Some(source) = scrub
            .element(id)
            .and_then(|element| source(scrub, id, element))
        else {
            continue;
        };
        let told = told(scrub, id).unwrap_or_default();
        let url = scrub.url(&source).filter(|_| !source.is_empty());
        let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            match told.is_empty() {
                true => scrub.remove(id, "frame", "leads nowhere"),
                false => scrub.replace(id, &told, "frame", "leads nowhere"),
            }
            continue;
        };
        let fallback = fallback(scrub, id);
        let mut player = player(&url);
        let held = fallback.as_ref().filter(|_| player.page == url.as_str());
        if let Some((page, _)) = held {
            player.page.clone_from(page);
        }
        let label = label(scrub, id).or(fallback.map(|(_, text)| text));
        let markup = markup(&player, label);
        let evidence = format!("a player or page of {}", player.name);
        scrub.replace(id, &format!("{markup}{told}"), "frame", evidence);
    }
}

/// A shorter text inside an object asks for a plug-in or a better browser.
const TOLD_CHARS_MIN: usize = 80;

/// The prose that stands inside an object for whoever can't see it, which is every reader of feeds.
fn told(scrub: &Scrub<'_>, id: NodeId) -> Option<String> {
    const ASKING: &[&str] = &[
        "flash player",
        "adobe",
        "javascript",
        "browser",
        "plugin",
        "plug-in",
    ];
    scrub
        .element(id)
        .filter(|element| element.name() == "object")?;
    let is_shown = |node: NodeRef<'_>| {
        let mut above = node
            .ancestors()
            .filter_map(|node| node.value().as_element());
        above.all(|element| element.name() == "object" || !is_hidden(element.name()))
    };
    let mut text = String::new();
    for node in scrub.node(id).descendants() {
        if let Some(words) = node.value().as_text().filter(|_| is_shown(node)) {
            text.push_str(words);
            text.push(' ');
        }
    }
    let text = tree::collapse(&text);
    let asks = || {
        let lower = text.to_lowercase();
        ASKING.iter().any(|word| lower.contains(word))
    };
    let told = text.chars().count() >= TOLD_CHARS_MIN && !asks();
    told.then(|| format!("<p>{}</p>", escape(&text)))
}

/// How many characters of an address a reader is shown.
const SPELT_MAX: usize = 60;

/// A player without a title is spelt as where it leads: a bare name of a network would be taken for its button.
fn spelt(player: &Player) -> String {
    let address = player.page.split(['?', '#']).next().unwrap_or_default();
    let address = address.split_once("//").map_or(address, |(_, rest)| rest);
    let address = address.trim_start_matches("www.").trim_end_matches('/');
    let mut short: String = address.chars().take(SPELT_MAX).collect();
    if short.len() < address.len() {
        short.push('…');
    }
    match short.starts_with(&player.name) {
        true => short,
        false => format!("{}: {short}", player.name),
    }
}

fn markup(player: &Player, label: Option<String>) -> String {
    let page = escape(&player.page);
    match &player.poster {
        Some(poster) => {
            let label = label.unwrap_or_else(|| player.name.clone());
            let (poster, label) = (escape(poster), escape(&label));
            format!("<a href=\"{page}\"><img src=\"{poster}\" alt=\"{label}\"></a>")
        }
        None => {
            let label = label.unwrap_or_else(|| spelt(player));
            format!("<a href=\"{page}\">{}</a>", escape(&label))
        }
    }
}

/// The address of what an element embeds: empty where it has none, `None` where it is left to other passes.
fn source(scrub: &Scrub<'_>, id: NodeId, element: &Element) -> Option<String> {
    let name = element.name();
    let (_, attribute, before, behind) = EMBEDDING.iter().find(|(listed, ..)| *listed == name)?;
    let value = attr(element, attribute)
        .map(str::trim)
        .filter(|value| !value.is_empty());
    match name {
        "script" => embedding_script(scrub, value?),
        // An object inside which a frame stands is unwrapped by safety; the frame speaks for it.
        // One that has its own picture or player for who can't show it shows that.
        "object" if holds_media(scrub, id) => None,
        "object" => value
            .map(str::to_owned)
            .or_else(|| object_source(scrub, id)),
        "iframe" if value.is_none() => {
            attr(element, "srcdoc").map_or(Some(String::new()), srcdoc_source)
        }
        _ => Some(value.map_or_else(String::new, |value| format!("{before}{value}{behind}"))),
    }
}

/// A frame that holds its own page is a player where that page links to one thing with a picture: YouTube's lazy embed.
fn srcdoc_source(srcdoc: &str) -> Option<String> {
    let html = tree::parse(srcdoc).ok()?;
    let mut links = html.tree.nodes().filter_map(|node| {
        let element = node.value().as_element().filter(|e| e.name() == "a")?;
        attr(element, "href").map(str::to_owned)
    });
    let first = links.next().filter(|href| player_is_known(href));
    Some(first.unwrap_or_default())
}

fn player_is_known(href: &str) -> bool {
    Url::parse(href).is_ok_and(|url| player(&url).poster.is_some())
}

fn embedding_script(scrub: &Scrub<'_>, source: &str) -> Option<String> {
    let mut url = Url::clone(&*scrub.url(source)?);
    let host = url.host_str()?.to_owned();
    let (_, end, page) = SCRIPTS.iter().find(|(listed, ..)| *listed == host)?;
    let path = url.path().strip_suffix(end)?;
    let path = format!("{path}{page}");
    url.set_path(&path);
    url.set_query(None);
    Some(url.into())
}

/// The title of an embedding element.
fn label(scrub: &Scrub<'_>, id: NodeId) -> Option<String> {
    let names = ["title", "aria-label", "playlabel"];
    let found = names.iter().find_map(|name| scrub.attribute(id, name));
    let found = found.map(str::trim).filter(|title| !title.is_empty());
    found.map(str::to_owned)
}

/// The link that an embedding code holds for those who see no frame, such as Bandcamp's `<a href="…/album/x">X by Y</a>`.
fn fallback(scrub: &Scrub<'_>, id: NodeId) -> Option<(String, String)> {
    let inside = scrub
        .element(id)
        .filter(|element| element.name() == "iframe")
        .map(|_| scrub.text(id))?;
    if !inside.contains("<a ") {
        return None;
    }
    let html = tree::parse(&inside).ok()?;
    let link = html
        .tree
        .nodes()
        .find(|node| node.value().as_element().is_some_and(|e| e.name() == "a"))?;
    let page = scrub.url(attr(link.value().as_element()?, "href")?)?;
    let texts = link
        .descendants()
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()));
    let text = tree::collapse(&texts.collect::<String>());
    let fine = matches!(page.scheme(), "http" | "https") && !text.is_empty();
    fine.then(|| (page.as_str().to_owned(), text))
}

/// The `movie` or `src` parameter of an old Flash object without a frame inside.
fn object_source(scrub: &Scrub<'_>, id: NodeId) -> Option<String> {
    let elements = || {
        scrub
            .node(id)
            .descendants()
            .filter_map(|node| node.value().as_element())
    };
    if elements().any(|element| matches!(element.name(), "embed" | "iframe")) {
        return None;
    }
    let is_source = |element: &&Element| {
        element.name() == "param" && matches!(attr(element, "name"), Some("movie" | "src"))
    };
    elements()
        .find(is_source)
        .and_then(|element| attr(element, "value"))
        .map(str::to_owned)
}

/// Whether something that is seen or heard stands inside an element.
fn holds_media(scrub: &Scrub<'_>, id: NodeId) -> bool {
    let inside = scrub.node(id).descendants().skip(1);
    inside
        .filter_map(|node| node.value().as_element())
        .any(|element| matches!(element.name(), "img" | "picture" | "video" | "audio"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn frames_become_links() {
        check(
            "<p>x</p><iframe src='https://maps.example/x' title='The harbour'></iframe>",
            "<p>x</p><a href=\"https://maps.example/x\">The harbour</a>",
        );
        check(
            "<p>x</p><iframe src='//www.youtube.com/embed/abcdefghijk'></iframe>",
            "<p>x</p><a href=\"https://www.youtube.com/watch?v=abcdefghijk\"><img alt=\"YouTube\" src=\"https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg\"></a>",
        );
        check("<p>x</p><iframe></iframe>", "<p>x</p>");
        check("<p>x</p><iframe src='javascript:1'></iframe>", "<p>x</p>");
    }

    #[test]
    fn what_stands_in_a_frame_says_where_it_leads() {
        check(
            "<p>x</p><iframe src='https://bandcamp.com/EmbeddedPlayer/album=1'><a href='https://ada.bandcamp.com/album/boats'>Boats by Ada</a></iframe>",
            "<p>x</p><a href=\"https://ada.bandcamp.com/album/boats\">Boats by Ada</a>",
        );
        check(
            "<p>x</p><iframe srcdoc=\"<a href=https://www.youtube.com/embed/abcdefghijk?autoplay=1><img src=x></a>\"></iframe>",
            "<p>x</p><a href=\"https://www.youtube.com/watch?v=abcdefghijk\"><img alt=\"YouTube\" src=\"https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg\"></a>",
        );
    }

    #[test]
    fn an_object_with_its_own_picture_shows_that() {
        check(
            "<p>x</p><object data='https://a.example/c.svg'><img src='https://a.example/c.png' alt='Boats'></object>",
            "<p>x</p><img alt=\"Boats\" src=\"https://a.example/c.png\">",
        );
    }

    #[test]
    fn the_prose_in_an_object_stays() {
        let prose = "The map shows the three places where the bridge might stand, and the northern is the cheapest.";
        check(
            &format!("<p>x</p><object data='https://a.example/map'><p>{prose}</p></object>"),
            &format!("<p>x</p><a href=\"https://a.example/map\">a.example/map</a><p>{prose}</p>"),
        );
        check(
            &format!(
                "<p>x</p><object data='https://a.example/map'>Without Flash Player. {prose}</object>"
            ),
            "<p>x</p><a href=\"https://a.example/map\">a.example/map</a>",
        );
    }

    #[test]
    fn other_elements_that_embed() {
        check(
            "<p>x</p><script src='https://gist.github.com/ada/1a2b.js'></script>",
            "<p>x</p><a href=\"https://gist.github.com/ada/1a2b\">GitHub: gist.github.com/ada/1a2b</a>",
        );
        check(
            "<p>x</p><amp-vimeo data-videoid='123456789'></amp-vimeo>",
            "<p>x</p><a href=\"https://vimeo.com/123456789\">Vimeo: vimeo.com/123456789</a>",
        );
        check(
            "<p>x</p><object><param name=movie value='https://www.youtube.com/v/abcdefghijk'></object>",
            "<p>x</p><a href=\"https://www.youtube.com/watch?v=abcdefghijk\"><img alt=\"YouTube\" src=\"https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg\"></a>",
        );
    }
}
