//! Buttons that share, like, save and print.
//!
//! Written for Jetpack's Sharedaddy, AddToAny, AddThis, tagDiv, Blogger and the icon rows of themes. A
//! network's name alone is no junk: it takes a run of them with links, a share address, or a heading that
//! asks to share.

use super::blocks::Block;
use super::names::Family;
use super::quick::QuickMap;
use super::scrub::{Cut, Scrub};
use super::structure::remove_named;
use super::tree::NodeId;
use super::words::{Kind, Lexicon};
use std::sync::LazyLock;
use url::Url;

/// A sentence that only a button says.
const STRONG: Kind = 1;
/// A heading that asks to share.
const HEADING: Kind = 2;
/// The name of a network.
const NETWORK: Kind = 3;
/// A word that stands on or beside a button.
const VERB: Kind = 4;

#[rustfmt::skip]
const STRONG_PHRASES: &[&str] = &[
    // Jetpack's labels, which name the network inside; `buttons` completes them.
    "opens in new window", "opens in a new window", "click to print", "click to email this to a friend", "click to email a link to a friend", "like loading", "be the first to like this", "like this", "email thisblogthis", "share to x", "share to twitter", "share to facebook", "share to pinterest", "blogthis",
    "wird in neuem fenster geöffnet", "klicken zum ausdrucken", "klick um dies einem freund per e mail zu senden", "klicken um dies einem freund per e mail zu senden", "klicken um dies einem freund via e mail zu senden", "klicken um einem freund einen link per e mail zu senden", "gefällt mir lade", "gefällt mir wird geladen", "liken lade", "wird geladen", "gefällt mir",
    "se abre en una ventana nueva", "haz clic para imprimir", "haz clic para enviar un enlace por correo electrónico a un amigo", "me gusta cargando", "me gusta esto", "ouvre dans une nouvelle fenêtre", "cliquer pour imprimer", "cliquer pour envoyer un lien par e mail à un ami", "cliquez pour imprimer", "cliquez pour envoyer par e mail à un ami", "jaime chargement", "jaime ça",
    "abre em nova janela", "clique para imprimir", "clique para enviar um link por e mail para um amigo", "curtir carregando", "curtir isso", "si apre in una nuova finestra", "fai clic qui per stampare", "fai clic per inviare un link a un amico via e mail", "mi piace caricamento", "wordt in een nieuw venster geopend", "klik om af te drukken", "klik om dit te e mailen naar een vriend", "vind ik leuk laden", "otwiera się w nowym oknie", "kliknij by wydrukować", "kliknij aby wydrukować", "lubię to wczytywanie", "открывается в новом окне", "нажмите чтобы послать ссылку другу по электронной почте", "нажмите для печати", "нравится загрузка", "yeni pencerede açılır", "yazdırmak için tıklayın", "membuka di jendela yang baru", "klik untuk mencetak", "新しいウィンドウで開きます", "クリックして印刷", "クリックして友達にメールでリンクを送信", "いいね 読み込み中", "在新窗口中打开", "点击以打印", "öppnas i ett nytt fönster", "åbner i et nyt vindue", "åpnes i nytt vindu", "avautuu uudessa ikkunassa", "يفتح في نافذة جديدة", "اضغط للطباعة",
];

/// Jetpack's labels before the name of the network.
#[rustfmt::skip]
const CLICK_TO_SHARE: &[&str] = &[
    "click to share on", "share on", "share to", "share via", "share by", "tweet about this on", "pin to", "pin it on", "post on", "post to", "save to", "add to", "send to", "send via", "email to", "print",
    "klick um auf", "klick um über", "klicken um auf", "klicken um über", "klicken um in", "klicken um bei", "klicken um via", "zu teilen", "teilen auf", "auf", "teilen über", "haz clic para compartir en", "compartir en", "compartir por", "comparte en", "cliquez pour partager sur", "cliquer pour partager sur", "partager sur", "partager par", "clique para compartilhar no", "clique para compartilhar em", "compartilhe no", "compartilhar no", "compartilhar via", "partilhar no", "partilhe no", "fai clic qui per condividere su", "fai clic per condividere su", "condividi su", "klik om te delen met", "klik om te delen op", "klik om op te delen", "te delen", "delen op", "deel op", "deel via", "kliknij by udostępnić na", "kliknij aby udostępnić na", "udostępnij na", "udostępnij w", "нажмите чтобы поделиться на", "нажмите здесь чтобы поделиться контентом на", "нажмите чтобы поделиться в", "нажмите чтобы открыть на", "поделиться в", "поделиться на", "поделиться через", "üzerinde paylaşmak için tıklayın", "ta paylaş", "klik untuk berbagi di", "klik untuk membagikan di", "bagikan ke", "bagikan di", "bấm để chia sẻ trên", "chia sẻ trên", "クリックして", "で共有", "で共有する", "でシェア", "にシェア", "点击分享到", "点击以分享到", "分享到", "分享至", "点击以在", "上共享", "klicka för att dela på", "klicka för att dela via", "dela på", "klik for at dele på", "del på", "klikk for å dele på", "jaa", "napsauta jakaaksesi", "انقر للمشاركة على", "اضغط للمشاركة على", "شارك على", "مشاركة على", "पर शेयर करें", "пошир", "sdílet na", "megosztás", "partajează pe", "κοινοποίηση στο",
];

#[rustfmt::skip]
const HEADING_PHRASES: &[&str] = &[
    "share this", "share this post", "share this article", "share this story", "share this entry", "share this page", "share this news", "share article", "share the post", "share the story", "share the article", "share story", "share post", "sharing is caring", "social share", "share with friends", "spread the word", "share the love", "please share", "please share this", "share on social media", "share it",
    "teilen mit", "teilen sie dies mit", "teile diesen beitrag", "teile diesen artikel", "beitrag teilen", "artikel teilen", "diesen beitrag teilen", "diesen artikel teilen", "seite teilen", "jetzt teilen", "bitte teilen", "compartir nota", "compartir esto", "comparte esto", "compártelo", "comparte esta noticia", "compartir esta noticia", "compartir artículo", "compartir noticia", "comparte este artículo", "partager", "partager cet article", "partager larticle", "partagez cet article", "partagez", "partagez ceci", "compartilhe isso", "compartilhar", "compartilhe", "compartilhe esta notícia", "partilhar", "partilhe", "partilhe isto", "condividi", "condividi questo articolo", "condividi larticolo", "condividi su", "deel dit", "deel dit artikel", "deel artikel", "deel dit bericht", "delen", "udostępnij", "podziel się", "udostępnij artykuł", "podziel się artykułem", "udostępnij ten artykuł", "поделиться", "поделиться ссылкой", "поделитесь", "поделиться в соцсетях", "поділитися", "поширити", "paylaş", "bunu paylaş", "haberi paylaş", "bagikan ini", "bagikan", "sebarkan", "chia sẻ", "chia sẻ bài viết", "共有", "シェア", "シェアする", "このニュースをシェア", "この記事をシェア", "この記事をシェアする", "分享", "分享文章", "分享此文", "分享這篇文章", "공유하기", "공유", "شارك", "شارك هذا الموضوع", "مشاركة", "شارك المقال", "शेयर करें", "इसे शेयर करें", "dela", "dela detta", "dela artikeln", "dela den här artikeln", "del", "del denne artikel", "del artikkelen", "jaa tämä", "jaa artikkeli", "sdílet", "sdílet článek", "megosztás", "oszd meg", "distribuie", "distribuie articolul", "partajează", "κοινοποίηση", "μοιραστείτε το",
];

#[rustfmt::skip]
const NETWORKS: &[&str] = &[
    "facebook", "fb", "twitter", "x", "x twitter", "twitter x", "linkedin", "pinterest", "reddit", "tumblr", "whatsapp", "telegram", "messenger", "facebook messenger", "instagram", "youtube", "tiktok", "threads", "bluesky", "mastodon", "pocket", "flipboard", "skype", "viber", "line", "wechat", "weibo", "qq", "qzone", "email", "e mail", "mail", "gmail", "sms", "google", "google plus", "google bookmarks", "stumbleupon", "digg", "delicious", "vk", "vkontakte", "вконтакте", "одноклассники", "odnoklassniki", "ok", "мой мир", "livejournal", "evernote", "instapaper", "buffer", "hacker news", "hatena", "はてなブックマーク", "はてブ", "xing", "flattr", "diaspora", "nextdoor", "truth social", "gab", "parler", "signal", "koo", "mix", "fark", "slashdot", "yummly", "blogger", "微信", "微博", "新浪微博", "qq空间", "豆瓣", "朋友圈", "rss", "rss feed", "feedly", "snapchat", "discord", "naver", "kakao", "kakaotalk", "카카오톡", "페이스북", "트위터", "فيسبوك", "تويتر", "واتساب", "تلغرام", "تيليجرام", "फेसबुक", "ट्विटर", "व्हाट्सएप", "фейсбук", "твиттер", "телеграм", "wykop", "gab", "note", "google news",
];

#[rustfmt::skip]
const VERBS: &[&str] = &[
    "share", "shares", "tweet", "tweets", "pin", "pin it", "pins", "like", "likes", "send", "print", "save", "email", "e mail", "copy link", "copy url", "link copied", "copied", "more", "follow", "bookmark", "post", "mail", "download pdf", "pdf", "save to read later", "bio", "views", "total shares", "print friendly",
    "teilen", "twittern", "mitteilen", "weiterleiten", "drucken", "merken", "e mail", "mehr", "kommentieren", "artikel drucken", "per mail", "link kopieren", "compartir", "compartido", "compartidos", "tuitear", "twittear", "enviar", "imprimir", "impresión", "guardar", "comentar", "copiar enlace", "copiar link", "más", "correo", "correo electrónico", "partager", "tweeter", "twitter", "envoyer", "imprimer", "enregistrer", "épingler", "copier le lien", "plus", "envoyer par e mail", "envoyer par mail", "courriel", "compartilhar", "compartilhe", "tuitar", "tweetar", "imprimir", "salvar", "copiar link", "mais", "condividi", "stampa", "invia", "twitta", "tweetta", "salva", "altro", "copia link", "delen", "tweeten", "afdrukken", "meer", "printen", "udostępnij", "tweetnij", "drukuj", "wydrukuj", "wyślij", "więcej", "твитнуть", "поделиться", "печать", "распечатать", "еще", "ещё", "отправить", "paylaş", "tweetle", "yazdır", "bagikan", "cetak", "lainnya", "chia sẻ", "in", "ツイート", "シェア", "シェアする", "fbでシェア", "gでシェア", "ポスト", "印刷", "ブックマーク", "送る", "いいね", "その他", "転載", "分享", "打印", "收藏", "更多", "评论", "點讚", "列印", "공유", "트윗", "인쇄", "더보기", "طباعة", "مشاركة", "المزيد", "غرد", "شارك", "शेयर", "ट्वीट", "dela", "tweeta", "skriv ut", "del", "udskriv", "jaa", "twiittaa", "tulosta", "tisk", "sdílet", "nyomtatás", "imprimă", "εκτύπωση", "visto", "shares total", "edit post", "link", "url", "by", "via", "on", "this", "to", "button",
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::new(
        &[
            (STRONG, STRONG_PHRASES),
            (HEADING, HEADING_PHRASES),
            (NETWORK, NETWORKS),
            (VERB, VERBS),
            (VERB, CLICK_TO_SHARE),
        ],
        false,
    )
});

/// Rows of buttons lose their separators when they are copied: `ShareFacebookTwitter`.
static GLUED: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::new(
        &[
            (HEADING, HEADING_PHRASES),
            (NETWORK, NETWORKS),
            (VERB, VERBS),
        ],
        true,
    )
});

/// Where buttons lead: host, and what the path begins with. From each network's own sharing documentation.
#[rustfmt::skip]
const ENDPOINTS: &[(&str, &str)] = &[
    ("facebook.com", "/sharer"), ("facebook.com", "/share.php"), ("facebook.com", "/dialog/"), ("facebook.com", "/plugins/like"), ("facebook.com", "/plugins/share"),
    ("twitter.com", "/intent/"), ("twitter.com", "/share"), ("twitter.com", "/home"), ("x.com", "/intent/"), ("x.com", "/share"), ("platform.twitter.com", "/widgets/"),
    ("linkedin.com", "/sharearticle"), ("linkedin.com", "/sharing/"), ("linkedin.com", "/cws/share"), ("pinterest.com", "/pin/create"), ("reddit.com", "/submit"),
    ("tumblr.com", "/share"), ("tumblr.com", "/widgets/share"), ("wa.me", "/"), ("api.whatsapp.com", "/send"), ("web.whatsapp.com", "/send"), ("t.me", "/share"),
    ("telegram.me", "/share"), ("plus.google.com", "/share"), ("getpocket.com", "/save"), ("getpocket.com", "/edit"), ("share.flipboard.com", ""),
    ("flipboard.com", "/bookmarklet"), ("vk.com", "/share"), ("vkontakte.ru", "/share"), ("connect.ok.ru", ""), ("odnoklassniki.ru", "/dk"), ("connect.mail.ru", "/share"),
    ("livejournal.com", "/update.bml"), ("service.weibo.com", "/share"), ("sns.qzone.qq.com", ""), ("xing.com", "/social"), ("xing.com", "/spi/shares"),
    ("stumbleupon.com", "/submit"), ("stumbleupon.com", "/badge"), ("digg.com", "/submit"), ("delicious.com", "/post"), ("delicious.com", "/save"), ("del.icio.us", "/post"),
    ("slashdot.org", "/slashdot-it.pl"), ("slashdot.org", "/bookmark.pl"), ("b.hatena.ne.jp", "/add"), ("b.hatena.ne.jp", "/entry"), ("b.hatena.ne.jp", "/append"),
    ("social-plugins.line.me", ""), ("line.me", "/r/msg"), ("bsky.app", "/intent/"), ("threads.net", "/intent/"), ("mastodonshare.com", ""),
    ("news.ycombinator.com", "/submitlink"), ("addtoany.com", ""), ("addthis.com", "/bookmark"), ("api.addthis.com", ""), ("sharethis.com", ""), ("flattr.com", "/submit"),
    ("instapaper.com", "/"), ("bufferapp.com", "/add"), ("buffer.com", "/add"), ("blogger.com", "/share-post"), ("blogger.com", "/blog-this"), ("blogger.com", "/email-post"),
    ("evernote.com", "/clip"), ("wykop.pl", "/dodaj"), ("printfriendly.com", "/print"), ("fark.com", "/submit"), ("yummly.com", "/urb"), ("feeds.wordpress.com", "/1.0/"),
    ("feedburner.com", "/~ff/"), ("feeds.feedburner.com", "/~ff/"), ("a.fsdn.com", "/sd/twitter_icon"), ("a.fsdn.com", "/sd/facebook_icon"),
];

/// What the paths of [`ENDPOINTS`] begin with, by host.
static BY_DOMAIN: LazyLock<QuickMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut starts: QuickMap<_, Vec<_>> = QuickMap::default();
    for (domain, start) in ENDPOINTS {
        starts.entry(*domain).or_default().push(*start);
    }
    starts
});

/// Removes share buttons by structure, by where they lead and by what they say.
pub(super) fn buttons(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Share);
    for id in scrub.elements(&["iframe"]) {
        let leads = scrub
            .attribute(id, "src")
            .and_then(|src| scrub.url(src))
            .is_some_and(|url| shares(&url));
        if leads && !scrub.is_quoted(id) {
            scrub.remove(id, "share frame", "leads to a share address");
        }
    }
    let traits = traits(scrub);
    let story_end = scrub.blocks().last_prose(|_| true);
    let page = scrub.is_page();
    let cuts = runs(&scrub.blocks().list, &traits, story_end, page);
    scrub.cut(cuts);
}

/// Whether an address opens a network's form for sharing.
pub(super) fn shares(url: &Url) -> bool {
    if url.scheme() == "mailto" {
        return url.path().is_empty()
            && url
                .query()
                .is_some_and(|query| query.contains("subject=") || query.contains("body="));
    }
    let Some(host) = url.host_str() else {
        return matches!(url.scheme(), "whatsapp" | "fb-messenger" | "viber" | "tg");
    };
    let query = url.query().is_some();
    let begins = |start: &str| {
        let path = url.path().as_bytes().get(..start.len());
        path.is_some_and(|path| path.eq_ignore_ascii_case(start.as_bytes()))
    };
    let above = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
    let mut domains = std::iter::once(host).chain(above);
    let leads = |starts: &Vec<&str>| {
        let mut starts = starts.iter();
        starts.any(|start| begins(start) && (query || !matches!(*start, "/" | "/home")))
    };
    domains.any(|domain| BY_DOMAIN.get(domain).is_some_and(leads))
        || query
            && url
                .query_pairs()
                .any(|(name, _)| matches!(&*name, "share" | "nb"))
            && url.query_pairs().any(|(name, _)| name == "nb")
}

/// Phrases as short as this (`Like this:`, `Me gusta esto:`) stand in stories too.
const LATE_CHARS: usize = 16;

/// What a block is to a row of buttons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Trait {
    /// Junk by itself.
    alone: bool,
    /// Says no more than a sentence of a story may (`Like this:`): junk where no story follows.
    late: bool,
    /// Asks to share.
    heading: bool,
    /// A name, a verb, a number or an icon.
    part: bool,
    /// Says the name of a network, or leads to one.
    network: bool,
}

fn traits(scrub: &mut Scrub<'_>) -> Vec<Trait> {
    scrub.blocks();
    let blocks = scrub.built_blocks().iter();
    blocks.map(|block| judge_block(scrub, block)).collect()
}

fn leads_to_share(scrub: &Scrub<'_>, link: NodeId) -> bool {
    scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href))
        .is_some_and(|url| shares(&url))
}

fn judge_block(scrub: &Scrub<'_>, block: &Block) -> Trait {
    // A line that ends in a comma goes on in the next.
    if block.gone || block.quoted || block.chars > 260 || block.text.ends_with([',', '，', '、'])
    {
        return Trait::default();
    }
    let leads =
        || !block.links.is_empty() && block.links.iter().all(|link| leads_to_share(scrub, *link));
    if block.chars == 0 {
        let icon = block.is_linked() && leads();
        return Trait {
            alone: icon,
            part: icon,
            network: icon,
            ..Trait::default()
        };
    }
    let kinds = LEXICON.tile(&block.folded);
    let Some(kinds) = kinds.or_else(|| glued(block)) else {
        let linked = block.chars < 80 && block.is_linked() && leads();
        return Trait {
            alone: linked,
            part: linked,
            network: linked,
            ..Trait::default()
        };
    };
    let leads = leads();
    let count = |kind| kinds.iter().filter(|k| **k == kind).count();
    let networks = count(NETWORK);
    let strong = count(STRONG) > 0 && (kinds.len() > 1 || block.chars > 8);
    Trait {
        alone: strong
            || leads
            || networks >= 3 && block.link_density() > 0.5
            || networks >= 2 && count(VERB) + count(HEADING) > 0 && block.link_density() > 0.5,
        late: !leads && block.chars < LATE_CHARS && kinds.len() == 1,
        heading: count(HEADING) > 0,
        part: true,
        network: networks > 0 || leads,
    }
}

fn glued(block: &Block) -> Option<Vec<Kind>> {
    if block.chars > 120 || !GLUED.may_begin(&block.folded) {
        return None;
    }
    let squeezed = block.folded.replace(' ', "");
    GLUED
        .tile(&squeezed)
        .filter(|kinds| kinds.iter().filter(|kind| **kind == NETWORK).count() >= 2)
}

/// Rows: three or more linked parts with a network among them, or parts behind a heading that asks to share.
fn runs(blocks: &[Block], traits: &[Trait], story_end: Option<usize>, page: bool) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut at = 0;
    let last_other = blocks
        .iter()
        .zip(traits)
        .rposition(|(block, what)| block.chars > 0 && !block.gone && !what.part);
    let stands = |index: usize| {
        let late = last_other.is_none_or(|other| index > other);
        traits[index].alone && (late || !traits[index].late && !blocks[index].is_loose_item())
    };
    while at < blocks.len() {
        if !traits[at].part {
            at += 1;
            continue;
        }
        let end = (at..blocks.len())
            .find(|index| !traits[*index].part && !blocks[*index].gone && !is_icon(&blocks[*index]))
            .unwrap_or(blocks.len());
        let run: Vec<usize> = (at..end)
            .filter(|index| traits[*index].part || is_icon(&blocks[*index]))
            .collect();
        let networks = run.iter().filter(|index| traits[**index].network).count();
        let linked = run
            .iter()
            .filter(|index| blocks[**index].is_linked())
            .count();
        let heading = traits[run[0]].heading;
        let row = run.len() >= 3 && networks >= 2 && linked * 2 >= run.len();
        // A page's buttons may be no links; a list of the story stands below prose.
        let outside = page
            && !blocks[..run[0]].iter().any(Block::is_prose)
            && run.iter().all(|index| !blocks[*index].is_loose_item());
        let row = row || outside && run.len() >= 3 && networks >= 2;
        let asked = heading && run.len() >= 2 && networks >= 1;
        let lonely = heading
            && run.len() == 1
            && blocks[run[0]].chars >= 5
            && (story_end.is_none_or(|end| at > end)
                || blocks[run[0]].folded.contains(' ')
                    && blocks[run[0]].chars >= 9
                    && !blocks[run[0]].is_loose_item());
        if row || asked || lonely {
            cuts.push(Cut::new(run, "share row", "names of networks in a row"));
        } else {
            cuts.extend(run.iter().filter(|index| stands(**index)).map(|index| {
                Cut::new(
                    vec![*index],
                    "share button",
                    "says or leads where only a share button does",
                )
            }));
        }
        at = end;
    }
    cuts
}

/// An icon stands between parts: an image without text, in a link.
fn is_icon(block: &Block) -> bool {
    block.chars == 0 && !block.media.is_empty() && block.is_linked() && !block.gone
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn rows_by_class_and_by_name() {
        check(
            "<p>Story.</p><div class='sharedaddy'><h3>Share this:</h3><ul><li><a href='#'>Tweet</a></li></ul></div>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><ul><li><a href='/f'>Facebook</a></li><li><a href='/t'>Twitter</a></li><li><a href='/w'>WhatsApp</a></li></ul>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><div><a href='/x'>FacebookTwitterLinkedInWhatsApp</a></div>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn buttons_by_address_and_phrase() {
        check(
            "<p>Story.</p><p><a href='https://www.facebook.com/sharer.php?u=x'><img src='/f.png'></a></p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p><a href='/x'>Klick, um auf Facebook zu teilen (Wird in neuem Fenster geöffnet)</a></p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn networks_in_a_story_stay() {
        for html in [
            "<p>They are active on</p><ul><li>Facebook</li><li>Twitter</li><li>WhatsApp</li></ul>",
            "<p>Share prices fell.</p><p>Facebook</p>",
            "<p>Share this,<br>share that,<br>share the hat</p>",
            "<p>At last he spoke, so softly that only those in the first row could hear what he had to say to us:</p><p>“Share this article!”</p>",
            "<p>The button said:</p><p>Share this</p><p>That was all it said, and nobody in the office knew who had put it there or what for.</p>",
            "<p>Write it</p><p>Like this:</p><pre>let x = 1;</pre><p>and run it.</p>",
        ] {
            check(html, html);
        }
    }
}
