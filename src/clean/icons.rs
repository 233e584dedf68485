//! Images that belong to a page and not to a story: those of its theme, icons, banners, portraits of commenters.
//!
//! It goes by folders, file names and hosts, and takes an image only where it is a block of its own.

use super::parts::hides;
use super::scrub::Scrub;
use super::targets::{self, Target};
use super::tree::{NodeId, NodeRef};

/// Folders in which themes, plugins and extensions keep the images of the page.
#[rustfmt::skip]
const THEME_PATHS: &[&str] = &[
    "/wp-content/plugins/", "/wp-content/themes/", "/sites/all/themes/", "/sites/all/modules/", "/sites/default/themes/", "/typo3conf/ext/", "/bundles/", "/modules/mod_", "/skins/", "/skin/frontend/", "/images/icons/", "/img/icons/", "/assets/icons/", "/icons/social", "/social-icons/", "/socialicons/", "/images/social/", "/img/social/", "/avatar/", "/avatars/",
];

/// Folders of banners, for images that are a link.
const BANNER_PATHS: &[&str] = &[
    "/banner/",
    "/banners/",
    "/ads/",
    "/adserver/",
    "/werbung/",
    "/publicidad/",
    "/sponsors/",
];

/// Words of the file names of an interface's images; all of a name's words have to be among them.
#[rustfmt::skip]
const ICON_WORDS: &[&str] = &[
    "icon", "icons", "button", "btn", "badge", "banner", "share", "print", "printer", "email", "mail", "rss", "feed", "arrow", "arrows", "bullet", "spacer", "blank", "pixel", "px", "clear", "transparent", "dot", "avatar", "gravatar", "subscribe", "newsletter", "advertisement", "advert", "ad", "ads", "loading", "loader", "spinner", "facebook", "twitter", "linkedin", "pinterest", "whatsapp", "telegram", "instagram", "youtube", "reddit", "tumblr", "flattr", "paypal", "patreon", "donate", "like", "tweet", "gplus", "google", "plus", "large", "small", "big", "mini", "round", "square", "black", "white", "color", "logo", "footer", "header", "by", "nc", "sa", "nd", "cc",
];

/// Images that belong to the page: from the folders of its theme, or named as icons and linked.
pub(super) fn images(scrub: &mut Scrub<'_>, images: Vec<NodeId>, page: bool) {
    let found: Vec<(NodeId, &'static str)> = images
        .into_iter()
        .filter(|id| scrub.is_in_tree(*id))
        .filter_map(|id| is_icon(scrub, id, page).map(|why| (id, why)))
        .collect();
    for (id, why) in found {
        let blocks = scrub.blocks();
        let mut list = blocks.list.iter();
        let at = list.position(|block| block.chars == 0 && block.media.contains(&id));
        // A slide show hides all but the first of the story's images.
        let alone = at.is_some_and(|at| why != NOT_SHOWN || blocks.is_behind(&(at..at + 1)));
        if alone && !scrub.is_quoted(id) {
            scrub.remove(id, "interface image", why);
        }
    }
}

const NOT_SHOWN: &str = "an image behind the story that is not shown";

/// Whether one of some folders, each written from its first slash on, stands in a path.
fn has_folder(path: &str, folders: &[&str]) -> bool {
    let mut slashes = memchr::memchr_iter(b'/', path.as_bytes());
    slashes.any(|at| {
        let rest = &path[at..];
        folders.iter().any(|folder| rest.starts_with(folder))
    })
}

fn is_icon(scrub: &Scrub<'_>, id: NodeId, page: bool) -> Option<&'static str> {
    let waits = scrub.attribute(id, "data-src").is_some();
    if !waits && scrub.attribute(id, "style").is_some_and(hides) {
        return Some(NOT_SHOWN);
    }
    let src = scrub
        .attribute(id, "src")
        .or_else(|| scrub.attribute(id, "data-src"))?;
    let url = scrub.url(src)?;
    let (host, path) = (
        url.host_str().unwrap_or_default(),
        url.path().to_ascii_lowercase(),
    );
    if host.ends_with("gravatar.com") {
        return Some("a portrait that stands beside comments and authors");
    }
    // Smileys and formulas stand in the story.
    if path.contains("smil") || path.contains("emoji") || path.contains("latex") {
        return None;
    }
    if has_folder(&path, THEME_PATHS) && (page || scrub.is_own(&url)) {
        return Some("from the folder of a theme or a plugin");
    }
    let is_link = |node: &NodeRef<'_>| node.value().as_element().is_some_and(|e| e.name() == "a");
    let link = scrub.node(id).ancestors().find(is_link);
    let linked = link.is_some();
    if link.is_some_and(|link| targets::of(scrub, link.id()) == Target::Licence) {
        return Some("the mark of a licence");
    }
    if linked && has_folder(&path, BANNER_PATHS) {
        return Some("from a folder of banners, and a link");
    }
    let stem = path.rsplit('/').next().unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let words: Vec<_> = stem
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let named =
        !words.is_empty() && words.len() <= 6 && words.iter().all(|word| ICON_WORDS.contains(word));
    let small = ["width", "height"].iter().any(|side| {
        scrub
            .attribute(id, side)
            .and_then(|size| size.trim_end_matches("px").parse::<u32>().ok())
            .is_some_and(|size| size <= 48)
    });
    (named && (linked || page || small)).then_some("named as an icon")
}
