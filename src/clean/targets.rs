//! What the address of a link says that it leads to: a list of tags, a form for comments, the entry itself.
//!
//! It reads addresses and the `rel` attribute, no text, so it tells in any language. It decides nothing.

use super::scrub::Scrub;
use super::tree::NodeId;
use url::Url;

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To all entries of a tag, a topic or a category.
    Tag,
    /// To the comments below the entry, or the form for them.
    Comments,
    /// To the entry itself.
    Entry,
    /// To the front page of the entry's site.
    Home,
    /// To a feed.
    Feed,
    /// To a script, the top of the page, or nowhere.
    Nowhere,
    /// To a licence.
    Licence,
    /// To a form of the site: log in, register, subscribe.
    Account,
    /// To something else.
    Other,
}

/// Parts of paths below which sites list entries by tag or category: WordPress, Ghost, Drupal, Blogger, Medium
/// and the words that outlets use in their own language.
#[rustfmt::skip]
const TAG_PATHS: &[&str] = &[
    "tag", "tags", "tagged", "topic", "topics", "category", "categories", "cat", "keyword", "keywords", "label", "labels", "hashtag", "taxonomy", "etiqueta", "etiquetas", "tema", "temas", "categoria", "categorias", "etiquette", "etiquettes", "mot-cle", "mots-cles", "theme", "themes", "categorie", "rubrique", "rubriques", "schlagwort", "schlagworte", "thema", "themen", "kategorie", "stichwort", "stichworte", "themenseite", "argomento", "argomenti", "trefwoord", "onderwerp", "onderwerpen", "tagi", "temat", "tematy", "kategoria", "teg", "tegi", "rubrika", "rubriki", "etiket", "etiketler", "kategori", "konular", "topik", "chu-de", "amne", "amnen", "emne", "emner", "aihe", "aiheet", "stitek", "tema", "cimke", "cimkek", "eticheta",
];

/// Parts of paths of forms that a site has for its readers' accounts.
#[rustfmt::skip]
const ACCOUNT_PATHS: &[&str] = &[
    "login", "log-in", "signin", "sign-in", "signup", "sign-up", "register", "registration", "subscribe", "subscription", "subscriptions", "newsletter", "newsletters", "wp-login.php", "abo", "abonnement", "abonnements", "suscripcion", "suscribete", "registro", "assine", "assinatura", "abbonamenti", "abonnieren", "anmelden", "donate", "donation", "donations", "spenden", "donar", "membership", "prenumerera",
];

/// Where a link leads.
pub(super) fn of(scrub: &Scrub<'_>, link: NodeId) -> Target {
    let rel = scrub.attribute(link, "rel").unwrap_or_default();
    let is = |word: &str| {
        rel.split_ascii_whitespace()
            .any(|rel| rel.eq_ignore_ascii_case(word))
    };
    if is("tag") {
        return Target::Tag;
    }
    if is("license") {
        return Target::Licence;
    }
    let Some(href) = scrub.attribute(link, "href").map(str::trim) else {
        return Target::Nowhere;
    };
    if href.is_empty()
        || is_script(href)
        || matches!(
            href,
            "#" | "#top" | "#content" | "#main" | "#page" | "#main-content" | "#site-content"
        )
    {
        return Target::Nowhere;
    }
    if is_comments(href.rsplit_once('#').map_or("", |(_, fragment)| fragment)) {
        return Target::Comments;
    }
    if href.starts_with('#') {
        return Target::Other;
    }
    scrub
        .url(href)
        .map_or(Target::Other, |url| judge(scrub, &url))
}

fn is_script(href: &str) -> bool {
    href.get(..11)
        .is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
}

fn is_comments(fragment: &str) -> bool {
    matches!(
        fragment,
        "respond"
            | "comments"
            | "comment"
            | "disqus_thread"
            | "commentform"
            | "reply"
            | "kommentare"
            | "comentarios"
            | "commentaires"
    ) || fragment
        .strip_prefix("comment-")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()) || rest == "form")
}

fn judge(scrub: &Scrub<'_>, url: &Url) -> Target {
    if !matches!(url.scheme(), "http" | "https") {
        return Target::Other;
    }
    let own = scrub.is_own(url);
    let path = url.path();
    if url
        .host_str()
        .is_some_and(|host| host.ends_with("creativecommons.org"))
        && path.starts_with("/licenses")
    {
        return Target::Licence;
    }
    let about = scrub.about;
    let mut names = [&about.link, &about.id].into_iter().flatten();
    if own && names.any(|entry| super::footers::is_same_page(url, entry)) {
        return Target::Entry;
    }
    let bare = path.trim_end_matches('/');
    let entry = scrub.about.link.as_ref();
    if bare.is_empty()
        && url.query().is_none()
        && entry.is_some_and(|entry| entry.path() != "/" && entry.host_str() == url.host_str())
    {
        return Target::Home;
    }
    if own
        && (bare.ends_with("/feed")
            || bare.ends_with("/rss")
            || bare.ends_with(".rss")
            || bare.ends_with("/rss.xml")
            || bare.ends_with("/feed.xml")
            || bare.ends_with("/atom.xml"))
    {
        return Target::Feed;
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    // `/tag/ferries`, `/en/topics/sea/`: something has to follow, or it is a page about tags.
    let is_tag = |part: &str| TAG_PATHS.iter().any(|tag| part.eq_ignore_ascii_case(tag));
    let count = parts.clone().count();
    if own && count >= 2 && parts.clone().take(count - 1).take(3).any(is_tag) {
        return Target::Tag;
    }
    let is_account = |part: &str| {
        ACCOUNT_PATHS
            .iter()
            .any(|name| part.eq_ignore_ascii_case(name))
    };
    if own && count <= 3 && parts.any(is_account) {
        return Target::Account;
    }
    Target::Other
}
