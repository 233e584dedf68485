//! What the class and id of an element say that it holds: a share bar, a form for comments, a list of tags.
//!
//! Themes and scripts name parts of a page for their style sheets, mostly in English and mostly alike, so
//! a name tells in any language of the text. It decides nothing: whether a part with such a name may go
//! is for `structure` to judge by what stands in it.
//!
//! Two kinds of names are known. Whole names, which plugins and themes made up (`sharedaddy`, `td-warning-email`).
//! And names that are made of known words alone: words of a family (`share`, `tags`) among words that any
//! theme puts around them (`post`, `box`, `wrapper`), so that `article__share-box` is understood, and
//! `share-price-table` is not.

use scraper::node::Element;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a part of a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// Forms for comments, and the comments.
    Comments,
    /// Share, like, follow and print buttons.
    Share,
    /// What feed writers hang below an entry.
    Feed,
    /// Other entries of the site.
    Related,
    /// Advertising.
    Ads,
    /// Newsletters, paywalls, donations, apps.
    Appeal,
    /// Tags, topics, categories.
    Tags,
    /// Paths, pages, entries before and after.
    Navigation,
    /// The box about the author.
    Author,
    /// Counters, tools, notices of the page.
    Interface,
}

/// How sure a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// Nothing else is ever called so: prose inside is junk too, unless it is most of the field's.
    Certain,
    /// Often called so: only where no prose stands inside.
    Likely,
    /// Made of words that mean other things too: only where links show it.
    Guessed,
}

/// An element's name that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) family: Family,
    pub(super) sure: Sure,
    pub(super) token: String,
}

use Family::{Ads, Appeal, Author, Comments, Feed, Interface, Navigation, Related, Share, Tags};
use Sure::{Certain, Guessed, Likely};

/// Whole names, in lower case. Each row is a family, how sure its names are, and where they come from.
#[rustfmt::skip]
const NAMES: &[(Family, Sure, &[&str])] = &[
    // WordPress core's comment_form, Disqus, Facebook, wpDiscuz, Jetpack, Akismet.
    (Comments, Certain, &["respond", "comment-respond", "commentform", "comment-form", "comment-notes", "comment-reply-title", "cancel-comment-reply-link", "akismet_comment_form_privacy_notice", "disqus_thread", "fb-comments", "wpd-form", "wpdcom", "comment-subscription-form", "jetpack_comment", "must-log-in", "comment-policy", "comment_rules", "hyvor-talk-view", "giscus", "utterances", "isso-thread", "cusdis_thread", "remark42", "spotim", "openweb-conversations", "viafoura"]),
    (Comments, Likely, &["comments", "no-comments", "nocomments", "comments-closed", "leave-comment", "commentlist", "commentbox", "comments-link", "comments-title"]),
    // Jetpack, AddToAny, AddThis, ShareThis, tagDiv, Sassy, Shariff, Monarch, Social Warfare and their like.
    (Share, Certain, &["sharedaddy", "sd-sharing", "sd-sharing-enabled", "sd-like", "sd-social", "jp-post-flair", "jetpack-likes-widget-wrapper", "td-post-sharing", "td-post-sharing-top", "td-post-sharing-bottom", "td-post-sharing-classic", "addtoany_share_save_container", "addtoany_content", "a2a_kit", "addthis_toolbox", "addthis_sharing_toolbox", "sharethis-inline-share-buttons", "heateor_sss_sharing_container", "heateorsssclear", "essb_links", "ssba", "ssbp-wrap", "shariff", "share-buttons", "social-share", "social-sharing", "social-share-buttons", "sharing-buttons", "mashsb-container", "swp_social_panel", "dpsp-networks-btns-wrapper", "simplesocialbuttons", "really_simple_share", "sfsi_widget", "crunchify-social", "tdb_single_post_share", "tptn_counter", "wp_rp_wrap", "monarch", "et_social_inline", "share-post", "post-share", "post-sharing", "entry-share", "article-share", "share-links", "share-icons", "share-bar", "sharebar", "share-tools", "share-container", "social-bar", "printfriendly", "pf-button", "wpsso", "fb-like", "fb-share-button", "twitter-share-button", "g-plusone", "fb-root", "flattrbutton", "linkedin-share-button", "hatena-bookmark-button", "line-it-button", "wp-block-jetpack-sharing-buttons", "wp-block-outermost-social-sharing", "novashare-buttons", "juiz_sps_links", "dd_post_share"]),
    (Share, Likely, &["share", "shares", "sharing", "social", "socials", "socialbuttons", "sociallinks", "social_box", "sns", "post-actions", "content-actions", "article-actions", "wl-socialcount-shortcode", "tweetbutton", "sharebox"]),
    // FeedBurner and the templates of feed writers.
    (Feed, Certain, &["feedflare", "feedburner", "wpfeedfooter", "medium-feed-footer", "feedfooter", "rss-footer", "feedburnerfeedblock"]),
    // Plugins that list related entries, and the networks that sell such lists.
    (Related, Certain, &["jp-relatedposts", "jp-relatedposts-headline", "yarpp", "yarpp-related", "yarpp-related-rss", "td_block_related_posts", "tdb_single_related", "crp_related", "wp_rp_content", "wp-block-latest-posts", "wp-block-latest-posts__list", "wp-block-latest-comments", "rpbt_shortcode", "rp4wp-related-posts", "outbrain", "taboola", "ob-widget", "trc_related_container", "zergnet-widget", "onp-sl-related", "related-posts-after-content", "swp_related", "ob_what", "outbrain_widget", "mgbox", "dianomi_context", "revcontent", "plista", "ligatus", "popin_recommend", "nrelate_related", "linkwithin_div", "addthis_recommended", "wp-block-jetpack-related-posts"]),
    (Related, Likely, &["related", "relatedposts", "relatedarticles", "recommended", "recommendations", "read-next", "readnext", "read-also", "also-read", "alsoread", "see-also-box", "more-stories", "more-news", "more-articles", "moreposts", "module-more-news", "mostread", "most-read", "most-popular", "latest-list", "recirc", "recirculation", "relatedarticlestext", "relatedarticlestextcontainer", "teaserbox", "articleteaser", "m-related", "more-from", "you-may-like", "next-article", "related_posts", "related_articles", "upnext", "up-next", "read-more-box", "inline-promo", "promo-link"]),
    // Google, WordAds, Amazon boxes, and what outlets call their slots.
    (Ads, Likely, &["adsbygoogle", "advertisement", "advertising", "adslot", "wpcnt", "wpa", "td-a-rec", "code-block-label", "ad-text", "google-auto-placed", "wordads-ad", "wp-block-jetpack-wordads", "sponsored-label", "publicidad", "publicite", "pubblicita", "reklama", "werbung", "anzeige", "amazlet-box", "kaerebalink-box", "yyi-rinker-contents", "mediavine", "adthrive-ad", "ezoic-ad", "teads-inread", "smartasset-article"]),
    // Mailchimp, Jetpack, Substack, Ghost, Patreon and paywalls.
    (Appeal, Likely, &["newsletter", "newsletters", "mc_embed_signup", "mailchimp", "mc4wp-form", "jetpack_subscription_widget", "wp-block-jetpack-subscriptions", "follow-us", "patreon-widget", "subscription-widget-wrap", "subscription-widget", "widget--sidebar-newsletter", "subscribe-blog", "blog-subscribe", "wp-block-jetpack-mailchimp", "kg-signup-card", "gh-post-upgrade-cta", "gh-subscribe", "captioned-button-wrap", "optinmonster", "kofi-button", "bmc-button", "convertkit-form", "ck_form", "sib-form", "wpforms-newsletter", "app-download", "app-promo", "email-capture", "article-email-capture", "email-signup", "email-form", "wp-block-premium-content-logged-out-view"]),
    // The story itself is called so too, where it is for subscribers.
    (Appeal, Guessed, &["paywall", "regwall", "mod-paywall", "tinypass", "leaky_paywall_message"]),
    (Tags, Likely, &["tags-links", "td-post-source-tags", "tagcloud", "tags", "cat-links", "post-categories", "entry-categories", "keywords", "taglist", "tagged", "wp-block-post-terms", "taxonomy-post_tag", "taxonomy-category", "posttags", "post_tags", "entry-tags-links"]),
    // Breadcrumb plugins (Yoast, Rank Math, NavXT), WordPress core and tagDiv.
    (Navigation, Likely, &["breadcrumb", "breadcrumbs", "td-crumb-container", "yoast-breadcrumbs", "rank-math-breadcrumb", "bread-crumb", "breadcrumbs_box", "crumbs", "td-post-next-prev", "nav-links", "nav-previous", "nav-next", "navigation", "pagination", "page-links", "pager", "wp-pagenavi", "postnav", "prevnext", "prev-next", "skip-link", "skiplink", "back-to-top", "backtotop", "sidebar", "widget-area", "entry-utility"]),
    (Author, Likely, &["tdb-author-box", "author-box", "authorbox", "about-author", "about-the-author", "author-bio", "authorbio", "post-author-box", "saboxplugin-wrap", "pp-multiple-authors-boxes-wrapper", "abh_box", "m-a-box", "td-author-name", "td-a-name", "vcard-box", "author-info", "authorinfo", "post-author-bio", "entry-author-info", "wp-block-post-author", "wp-block-post-author-biography", "author-description", "author-card", "podlove-contributor-button", "molongui-author-box", "ts-fab-wrapper", "starbox", "writer-box"]),
    (Interface, Likely, &["entry-footer", "td-post-views", "post-views", "post_meta_bottom", "reading-time", "read-time", "rt-reading-time", "screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden", "assistive-text", "print-link", "edit-link", "post-edit-link", "edit-post", "content-copyright", "popup", "modal", "cookie-notice", "cookie-banner", "feedbackbox", "no_js_message", "nojs", "no-js-message", "js-disabled", "rsbtn", "readspeaker", "beyondwords-player", "player-error", "vjs-no-js", "vjs-modal-dialog", "mejs-offscreen", "wp-block-query-pagination", "view-count", "view-counter", "post-ratings", "kk-star-ratings", "rating-widget", "gsp_post_data", "wp_ulike_general_class", "print-only-footer"]),
];

/// Words of a family. A name made of these and of [`COMMON`] words alone is understood.
#[rustfmt::skip]
const WORDS: &[(Family, &[&str])] = &[
    (Comments, &["comment", "comments", "commenting", "commenter", "respond", "disqus", "discussion", "discuss", "kommentar", "kommentare", "commentaire", "commentaires", "comentario", "comentarios", "commenti", "reacties", "komentarze"]),
    (Share, &["share", "shares", "sharing", "sharer", "social", "socials", "socialmedia", "sns", "shareit", "addthis", "addtoany", "sharethis", "compartir", "redes", "sociales", "teilen", "partage", "partager", "condividi", "compartilhar", "delen", "udostepnij", "tweet"]),
    (Related, &["related", "relateds", "recommended", "recommendation", "recommendations", "recommend", "reccomend", "similar", "trending", "popular", "mostread", "latest", "recirc", "recirculation", "promo", "promos", "teaser", "teasers", "relacionadas", "relacionados", "relacionado", "relacionada", "verwandte", "similaires", "correlati", "powiazane", "podobne", "gerelateerd", "ilgili", "outbrain", "taboola", "morefrom", "suggested", "suggestions", "crosslink", "crosslinks", "seealso"]),
    (Ads, &["ad", "ads", "adv", "advert", "adverts", "advertisement", "advertising", "adslot", "adunit", "adbox", "adwrap", "adcontainer", "adsense", "dfp", "sponsored", "publicidad", "publicite", "pubblicita", "anzeige", "werbung", "reklama", "reklame"]),
    (Appeal, &["newsletter", "newsletters", "signup", "subscribe", "subscription", "subscriptions", "optin", "mailchimp", "boletin", "paywall", "regwall", "donate", "donation", "donations", "spenden", "patreon", "membership"]),
    (Tags, &["tag", "tags", "tagged", "taglist", "keyword", "keywords", "topic", "topics", "category", "categories", "etiquetas", "temas", "themen", "schlagworte", "tagi", "tematy", "stichworte", "rubriques", "term", "terms", "badges", "subcate", "sectors"]),
    (Navigation, &["breadcrumb", "breadcrumbs", "crumb", "crumbs", "pagination", "pager", "pagenav", "nav", "navi", "navigation", "prev", "previous", "next", "menu", "sitemap"]),
    (Author, &["author", "authors", "autor", "autores", "auteur", "auteurs", "autore", "autorin", "bio", "biography", "contributor", "contributors", "avatar", "writer", "vcard"]),
    (Interface, &["tooltip", "lightbox", "cookie", "cookies", "consent", "gdpr", "spinner", "viewcount", "readingtime", "readtime", "print", "printer", "feedback", "errata", "rating", "ratings"]),
];

/// Words that any theme puts around the one that tells.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "a", "the", "of", "in", "on", "to", "for", "and", "with", "by", "at", "from", "this", "us", "our", "your", "all",
    "wrapper", "wrap", "wrapped", "container", "cont", "box", "boxes", "block", "blocks", "module", "mod", "widget", "widgets", "section", "sections", "sec", "area", "region", "zone", "panel", "pane", "bar", "strip", "row", "rows", "col", "column", "columns", "grid", "list", "lists", "items", "item", "element", "el", "inner", "outer", "holder", "group", "set", "component", "comp", "cmp", "part", "unit", "slot", "placeholder", "card", "cards", "stack", "layout", "layer", "view", "space", "frame",
    "links", "link", "button", "buttons", "btn", "btns", "icon", "icons", "tools", "toolbar", "tool", "actions", "action", "options", "controls", "ui", "toggle", "form", "input", "field", "fields", "submit", "icn", "ico",
    "title", "titles", "heading", "headline", "head", "header", "footer", "foot", "label", "labels", "name", "names", "text", "txt", "content", "contents", "body", "main", "info", "data", "count", "counter", "counts", "number", "num", "total", "meta", "metadata", "details", "desc", "description", "photo", "image", "img", "bild", "foto", "thumb", "message", "messages", "msg", "thumbnail", "blurb", "capture", "email", "signature", "reply", "closed", "open", "loop", "swiper", "slider", "carousel", "slide", "feed", "feeds",
    "top", "bottom", "left", "right", "center", "centre", "middle", "side", "sidebar", "above", "below", "before", "after", "inline", "inside", "end", "start", "first", "last", "floating", "floated", "sticky", "fixed", "vertical", "horizontal", "mobile", "desktop", "tablet", "sm", "md", "lg", "xs", "xl", "small", "large", "mini", "big", "full", "default", "standard", "classic", "custom", "new", "simple", "basic", "primary", "secondary", "style", "type", "bg",
    "post", "posts", "article", "articles", "artikel", "articulo", "nota", "noticia", "noticias", "entry", "entries", "story", "stories", "news", "single", "singular", "page", "pages", "blog", "node", "detail", "media", "site", "web", "general", "global", "common", "read", "more", "see", "also", "most", "show", "hide",
    "wp", "td", "tdb", "tdi", "tie", "js", "c", "o", "l", "m", "u", "b", "g", "p", "s", "t", "et", "pb", "vc", "elementor", "sp", "jl", "mh", "cs", "penci", "jeg", "bs", "mvp", "mnmd", "rb", "cm", "hf",
];

/// What a word is to a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Common,
    Of(Family),
}

static WHOLE: LazyLock<HashMap<&'static str, (Family, Sure)>> = LazyLock::new(|| {
    let rows = NAMES
        .iter()
        .flat_map(|(family, sure, names)| names.iter().map(|name| (*name, (*family, *sure))));
    rows.collect()
});

static PARTS: LazyLock<HashMap<&'static str, Word>> = LazyLock::new(|| {
    let common = COMMON.iter().map(|word| (*word, Word::Common));
    let told = WORDS
        .iter()
        .flat_map(|(family, words)| words.iter().map(|word| (*word, Word::Of(*family))));
    common.chain(told).collect()
});

/// Longer names are made by machines and tell nothing.
const TOKEN_BYTES_MAX: usize = 64;

/// Attributes that name an element as a class does.
const ATTRIBUTES: &[&str] = &[
    "id",
    "class",
    "data-testid",
    "data-component",
    "data-component-name",
    "data-module",
    "data-widget",
    "data-qa",
];

/// What an element's names say, the surest of them.
pub(super) fn of(element: &Element) -> Option<Named> {
    let mut best: Option<Named> = None;
    for (name, value) in element.attrs() {
        if !ATTRIBUTES.contains(&name) {
            continue;
        }
        for token in value.split_ascii_whitespace() {
            let rank = best.as_ref().map_or(3, |named| named.sure as u8);
            if let Some((family, sure)) = judge(token)
                && (sure as u8) < rank
            {
                best = Some(Named {
                    family,
                    sure,
                    token: token.to_ascii_lowercase(),
                });
            }
        }
    }
    best
}

/// What one name says.
fn judge(token: &str) -> Option<(Family, Sure)> {
    if token.len() > TOKEN_BYTES_MAX || token.len() < 2 {
        return None;
    }
    let lower = token.to_ascii_lowercase();
    if let Some(known) = WHOLE.get(lower.as_str()) {
        return Some(*known);
    }
    begun(&lower).or_else(|| made_of(token))
}

/// Names of which only the beginning is fixed.
fn begun(lower: &str) -> Option<(Family, Sure)> {
    /// What follows `share-` in Jetpack's classes.
    const SHARES: &[&str] = &[
        "twitter",
        "facebook",
        "x",
        "email",
        "print",
        "linkedin",
        "pinterest",
        "reddit",
        "tumblr",
        "telegram",
        "pocket",
        "jetpack-whatsapp",
        "skype",
        "more",
        "end",
    ];
    if lower.starts_with("td-warning-") || lower.starts_with("comment-form-") {
        return Some((Comments, Certain));
    }
    if lower.starts_with("addtoany_")
        || lower
            .strip_prefix("share-")
            .is_some_and(|rest| SHARES.contains(&rest))
    {
        return Some((Share, Certain));
    }
    // Google's slots are numbered: `div-gpt-ad-1463-0`.
    if lower.starts_with("div-gpt-ad") {
        return Some((Ads, Likely));
    }
    let slot = ["ad-", "ads-", "ad_", "ads_"]
        .iter()
        .any(|start| lower.starts_with(start))
        || ["-ad", "-ads", "_ad", "_ads"]
            .iter()
            .any(|end| lower.ends_with(end));
    slot.then_some((Ads, Guessed))
}

/// A name that is made of known words alone.
fn made_of(token: &str) -> Option<(Family, Sure)> {
    // WordPress writes an entry's own tags and categories into its classes: `tag-news`, `category-blog`.
    let lower = token.get(..9).unwrap_or(token);
    let own = |start: &str| {
        lower.len() >= start.len()
            && lower.is_char_boundary(start.len())
            && lower[..start.len()].eq_ignore_ascii_case(start)
    };
    if own("tag-") || own("category-") || own("author-") && token.len() > 14 {
        return None;
    }
    let mut family = None;
    let mut known = true;
    words(token, |word| {
        match PARTS.get(word).copied().or_else(|| joined(word)) {
            Some(Word::Of(told)) => family = Some(told),
            Some(Word::Common) => {}
            None => known = false,
        }
        known
    });
    family.filter(|_| known).map(|family| (family, Guessed))
}

/// Two words written as one: `sharefooter`, `commentbox`.
fn joined(word: &str) -> Option<Word> {
    const TELLING_LETTERS_MIN: usize = 4;
    const BESIDE_LETTERS_MIN: usize = 3;
    if word.starts_with("shareholder") || !word.is_ascii() {
        return None;
    }
    (BESIDE_LETTERS_MIN..=word.len().saturating_sub(BESIDE_LETTERS_MIN)).find_map(|at| {
        let (start, end) = word.split_at(at);
        match (PARTS.get(start)?, PARTS.get(end)?) {
            (Word::Of(family), Word::Common) if start.len() >= TELLING_LETTERS_MIN => {
                Some(Word::Of(*family))
            }
            (Word::Common, Word::Of(family)) if end.len() >= TELLING_LETTERS_MIN => {
                Some(Word::Of(*family))
            }
            _ => None,
        }
    })
}

/// The words of a name, in lower case, split at signs, digits and humps, for as long as `see` wants more.
fn words(token: &str, mut see: impl FnMut(&str) -> bool) {
    let mut word = String::new();
    let mut lower = false;
    for c in token.chars() {
        let hump = c.is_ascii_uppercase() && lower;
        if (!c.is_alphabetic() || hump) && !word.is_empty() {
            if !see(&word) {
                return;
            }
            word.clear();
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        lower = c.is_lowercase();
    }
    if !word.is_empty() {
        see(&word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(token: &str, expected: Option<Family>) {
        assert_eq!(judge(token).map(|(family, _)| family), expected, "{token}");
    }

    #[test]
    fn names_of_plugins_and_themes() {
        check("sharedaddy", Some(Share));
        check("TD-Warning-Email-Error", Some(Comments));
        check("addtoany_button", Some(Share));
        check("jp-relatedposts", Some(Related));
        check("div-gpt-ad-1463-0", Some(Ads));
    }

    #[test]
    fn names_made_of_known_words() {
        check("article__share-box", Some(Share));
        check("content-related-stories", Some(Related));
        check("relatedArticlesList", Some(Related));
        check("term-badges", Some(Tags));
        check("entry-categories-inner", Some(Tags));
        check("tdb-next-post", Some(Navigation));
        check("inline_ad_2", Some(Ads));
        check("authorInfo", Some(Author));
        check("sharefooter", Some(Share));
        check("gabfire-ad", Some(Ads));
    }

    #[test]
    fn names_with_another_word_tell_nothing() {
        for token in [
            "share-price-table",
            "category-blog",
            "tag-news",
            "author-jane-austen",
            "advance",
            "shared-values",
            "story-image",
            "social-science",
            "wp-block-group",
            "entry-content",
            "post-title",
            "comment-on-the-budget-speech",
        ] {
            check(token, None);
        }
    }
}
