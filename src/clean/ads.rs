//! Advertising and appeals: marks of ads, newsletters, apps, “follow us”.
//!
//! An appeal counts only as a whole short block that asks the reader for something; a story about a
//! newsletter asks for nothing. Without a link it has to speak as a publisher to its reader and to stand
//! behind the story, for there a story may begin a sentence with the same words.

use super::blocks::Block;
use super::names::Family;
use super::scrub::{Cut, Scrub};
use super::structure::remove_named;
use super::telling::{addresses, tells};
use super::tracking::is_below;
use super::words::{Lexicon, Stems};
use std::sync::LazyLock;

/// Whole blocks that mark an ad.
#[rustfmt::skip]
const AD_MARKS: &[&str] = &[
    "advertisement", "advertisements", "advertising", "advertise", "ad", "ads", "sponsored", "sponsored content", "promoted", "promoted content", "paid content", "story continues below this ad", "story continues below advertisement", "story continues below", "article continues below advertisement", "article continues after advertisement", "article continues below this ad", "continue reading below", "scroll to continue", "scroll to continue reading", "advertisement scroll to continue", "about these ads", "report this ad", "report ad", "inread invented by teads", "powered by smartasset com", "ads by google", "ads via the deck", "via the deck", "skip ad", "remove ads", "this advertisement has not loaded yet but your article continues below", "loading ad",
    "anzeige", "anzeigen", "werbung", "anzeige werbung", "weiter nach der anzeige", "artikel wird nach der anzeige fortgesetzt", "publicité", "publicités", "annonce", "annonces", "la suite après cette publicité", "larticle continue après la publicité", "publicidad", "espacio publicitario", "anuncio", "anuncios", "patrocinado", "continúa después de la publicidad", "sigue leyendo después de la publicidad", "publicidade", "continua após a publicidade", "continua depois da publicidade", "conteúdo patrocinado", "pubblicità", "annuncio pubblicitario", "la pubblicità", "larticolo continua dopo la pubblicità", "advertentie", "advertenties", "lees verder onder de advertentie", "tekst gaat verder onder de advertentie", "reklama", "reklam", "reklame", "reklamy", "dalsza część artykułu pod reklamą", "реклама", "на правах рекламы", "продолжение после рекламы", "реклама реклама", "iklan", "advertensi", "baca selanjutnya di bawah iklan", "quảng cáo", "広告", "pr", "スポンサーリンク", "スポンサードリンク", "广告", "廣告", "광고", "إعلان", "إعلانات", "विज्ञापन", "annons", "artikeln fortsätter efter annonsen", "annoncer", "artiklen fortsætter efter annoncen", "annonse", "saken fortsetter under annonsen", "mainos", "juttu jatkuu mainoksen jälkeen", "hirdetés", "publicitate", "articolul continuă după reclamă", "διαφήμιση", "oglas",
];

/// Ad servers whose frames and images are ads.
#[rustfmt::skip]
const AD_HOSTS: &[&str] = &[
    "doubleclick.net", "googlesyndication.com", "dianomi.com", "mgid.com", "taboola.com", "outbrain.com", "revcontent.com", "adnxs.com", "criteo.com",
    "teads.tv", "zergnet.com", "buysellads.com", "carbonads.com", "adform.net", "smartadserver.com", "amazon-adsystem.com", "rcm-na.amazon.com",
    "rcm-eu.amazon-adsystem.com", "sharethrough.com", "smartasset.com", "smrt.as", "media.net", "infolinks.com", "propellerads.com", "yandex.ru/ads",
    "adfox.ru", "pubmatic.com", "openx.net",
];

/// What an appeal is about.
#[rustfmt::skip]
const APPEAL_NOUNS: &[&str] = &[
    "newsletter", "newsletters", "-newsletter", "inbox", "mailing list", "email alerts", "email updates", "daily digest", "briefing", "bulletin d information", "lettre dinformation", "infolettre", "infobrief", "boletín", "boletin", "boletim", "nieuwsbrief", "biuletyn", "рассылк", "розсилк", "bülten", "nawala", "bản tin", "メルマガ", "メールマガジン", "ニュースレター", "电子报", "電子報", "뉴스레터", "النشرة البريدية", "نشرتنا", "न्यूज़लेटर", "न्यूजलेटर", "nyhetsbrev", "nyhedsbrev", "uutiskirje", "hírlevél",
];

/// How an appeal begins, or what it asks the reader to do with it.
#[rustfmt::skip]
const APPEAL_VERBS: &[&str] = &[
    "sign up", "signup", "subscribe", "join our", "join the", "get our", "get the", "register for", "want more", "enter your email", "delivered to your", "straight to your", "right to your", "in your inbox", "to your inbox", "missing out", "would like to receive", "would like to subscribe", "stay informed", "stay up to date", "anmelden", "-anmeldung", "abonnieren", "abonniere", "abonnieren sie", "jetzt anmelden", "melde dich", "melden sie sich", "suscríbete", "suscribete", "suscríbase", "inscríbete", "recibe", "regístrate", "inscrivez", "abonnez", "recevez", "assine", "inscreva", "receba", "cadastre", "subscreva", "iscriviti", "ricevi", "abbonati", "schrijf je in", "schrijf u in", "meld je aan", "abonneer", "ontvang", "zapisz się", "subskrybuj", "подпишитесь", "подписаться", "підпишіться", "kayıt ol", "abone ol", "daftar", "berlangganan", "đăng ký", "登録", "購読", "订阅", "訂閱", "구독", "اشترك", "सब्सक्राइब", "prenumerera", "anmäl dig", "tilmeld", "meld deg på", "tilaa", "iratkozz", "odebírejte", "abonează", "εγγραφ",
];

/// What one is asked to follow, like or download, as beginnings of whole blocks.
#[rustfmt::skip]
const FOLLOW_STARTS: &[&str] = &[
    "follow us on", "follow us at", "like us on", "find us on", "join us on", "connect with us", "subscribe on youtube", "subscribe to our youtube", "subscribe to our channel", "subscribe to our telegram", "follow our whatsapp", "join our whatsapp", "join our telegram", "download our app", "download the app", "get our app", "for the latest stories and breaking news", "for the latest news and updates follow", "for all the latest news follow", "for more news and updates follow", "click on the link to get all the latest updates", "get the latest updates on", "folge uns auf", "folgen sie uns auf", "folgt uns auf", "síguenos en", "siguenos en", "síganos en", "sigue nuestro canal", "únete a nuestro canal", "suivez nous sur", "retrouvez nous sur", "rejoignez nous sur", "siga nos", "siga o", "siga a nossa", "curta nossa página", "entre no nosso canal", "seguici su", "segui i nostri", "volg ons op", "obserwuj nas", "polub nas", "śledź nas", "подписывайтесь на", "подпишитесь на наш", "следите за нами", "присоединяйтесь к нам", "читайте нас в", "підписуйтесь на", "bizi takip edin", "ikuti kami di", "ikuti berita", "theo dõi chúng tôi", "关注我们", "关注新华网", "追蹤我們", "フォローする", "تابعونا على", "تابعنا على", "हमें फॉलो करें", "följ oss på", "følg os på", "følg oss på", "seuraa meitä", "sledujte nás", "kövess minket", "urmărește ne", "urmăriți ne", "ακολουθήστε μας",
];

/// Beginnings of appeals for money, subscriptions or apps that publishers put below a story.
#[rustfmt::skip]
const SUPPORT_STARTS: &[&str] = &[
    "subscribe now to", "subscribe to read", "already a subscriber", "to continue reading", "this article is for subscribers", "support our journalism", "support independent journalism", "become a member today", "donate now", "make a donation", "buy me a coffee", "support us on patreon", "download the times", "get up to the minute updates", "mit ihrer spende", "unterstützen sie unsere arbeit mit", "jetzt spenden", "el periodismo independiente necesita", "apoya a", "apóyanos", "soutenez nous", "faites un don", "apoie o jornalismo", "sostieni il giornale", "abbonati a", "steun ons", "wesprzyj nas", "поддержите нас", "поддержать проект",
];

static MARKS: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(&[(1, AD_MARKS)], false));

static FOLLOW_STARTS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(FOLLOW_STARTS));
static SUPPORT_STARTS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(SUPPORT_STARTS));
static APPEAL_NOUNS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(APPEAL_NOUNS));
static APPEAL_VERBS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(APPEAL_VERBS));

/// Removes marks of ads, and frames and images of ad servers.
pub(super) fn ads(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Ads);
    for id in scrub.elements(&["iframe", "img", "embed"]) {
        let ad = scrub
            .attribute(id, "src")
            .and_then(|src| scrub.url(src))
            .is_some_and(|url| {
                url.host_str()
                    .is_some_and(|host| AD_HOSTS.iter().any(|ad| is_below(host, ad)))
                    || url.path().ends_with("/advertisement.gif")
            });
        let empty = scrub.element(id).is_some_and(|e| {
            e.name() == "iframe" && matches!(e.attr("src").map(str::trim), Some("about:blank"))
        });
        if (ad || empty) && !scrub.is_quoted(id) {
            scrub.remove(id, "ad server", "address of an ad server, or of nothing");
        }
    }
    let blocks = &scrub.blocks().list;
    let is_mark = |index: usize| {
        let block = &blocks[index];
        !block.gone
            && !block.quoted
            && block.chars > 0
            && block.chars < 90
            && !titles(blocks, index)
            && !block.is_loose_item()
            && MARKS.says(&block.folded)
    };
    let cuts = (0..blocks.len())
        .filter(|index| is_mark(*index))
        .map(|index| Cut::new(vec![index], "mark of an ad", "a block that says only so"))
        .collect();
    scrub.cut(cuts);
}

/// `Advertising` may be the heading of a text about it: one of a word or two right above prose is.
fn titles(blocks: &[Block], index: usize) -> bool {
    let below = blocks.iter().skip(index + 1).find(|block| !block.gone);
    blocks[index].heading
        && blocks[index].folded.split(' ').count() < 3
        && below.is_some_and(Block::is_prose)
}

/// Removes appeals to subscribe, follow, download or pay.
pub(super) fn appeals(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Appeal);
    let blocks = scrub.blocks();
    let story_end = blocks.last_prose(|_| true);
    let story_start = blocks.list.iter().position(|block| block.chars > 0);
    let cuts = blocks.list.iter().enumerate().filter_map(|(index, block)| {
        let inside = story_end.is_some_and(|end| index < end);
        let evidence = appeal(block, inside).filter(|_| story_start < Some(index));
        evidence.map(|evidence| Cut::new(vec![index], "appeal", evidence))
    });
    let cuts = cuts.collect();
    scrub.cut(cuts);
}

/// Names of what one is asked to follow or install; an appeal without a link has to say one.
#[rustfmt::skip]
const PLACES: &[&str] = &[
    "facebook", "twitter", "x", "instagram", "youtube", "telegram", "whatsapp", "linkedin", "tiktok", "google", "threads", "mastodon", "bluesky", "pinterest", "vk", "line", "app", "apps", "app store", "google play", "news", "channel", "kanal", "canal", "canale", "kanał", "канал", "телеграм", "вконтакте", "дзен", "微信", "微博", "公众号", "فيسبوك", "تويتر", "تلغرام", "फेसबुक", "ट्विटर",
];

static PLACES_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(PLACES));

/// Why a block asks its reader for something, if it does. `inside` says that the story goes on below it.
fn appeal(block: &Block, inside: bool) -> Option<&'static str> {
    if block.gone
        || block.quoted
        || block.chars == 0
        || block.text_len() > 200
        || block.folded.is_empty()
        || tells(block)
    {
        return None;
    }
    let linked = !block.links.is_empty();
    if !linked && (inside || block.is_loose_item()) {
        return None;
    }
    let text = block.folded.as_str();
    let words = text.split(' ').count();
    let verb_at = APPEAL_VERBS_STEMS.first_at(text);
    let spoken = linked || addresses(block);
    match () {
        () if APPEAL_NOUNS_STEMS.any(text)
            && APPEAL_VERBS_STEMS.any(text)
            && verb_at.is_some_and(|at| at < 40)
            && (spoken || (words <= 7 && verb_at == Some(0)))
            && words <= 28
            && block.text_len() < 150 =>
        {
            Some("asks to subscribe to a newsletter")
        }
        () if FOLLOW_STARTS_STEMS.begin(text)
            && (linked || words <= 3 || PLACES_STEMS.any_word(text))
            && words <= 32 =>
        {
            Some("asks to follow or download")
        }
        () if SUPPORT_STARTS_STEMS.begin(text) && (spoken || words <= 2) && words <= 32 => {
            Some("asks to pay or subscribe")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn marks_and_appeals() {
        check(
            "<p>Story.</p><p>- Advertisement -</p><p>More.</p>",
            "<p>Story.</p><p>More.</p>",
        );
        check(
            "<p>Story.</p><p><a href='/n'>Sign up for our daily newsletter</a></p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>Obserwuj nas na <a href='/g'>Google News</a></p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn appeals_without_a_link_stand_behind_the_story() {
        for text in [
            "Sign up for our daily newsletter!",
            "Abonnieren Sie unseren Newsletter",
            "Inscrivez-vous à notre newsletter",
            "Follow us on Twitter",
            "关注我们",
        ] {
            check(&format!("<p>Story.</p><p>{text}</p>"), "<p>Story.</p>");
        }
    }

    #[test]
    fn sentences_that_begin_alike_stay() {
        for text in [
            "Subscribe to our newsletter if you like letters, he said to me in 1990, and I did.",
            "Subscribe to the newsletter of the local museum: it is worth every minute.",
            "The library lets readers subscribe to its newsletter by post.",
            "Abonnieren Sie unseren Newsletter, sagte die Verkäuferin und gab mir eine Karte.",
            "Inscrivez-vous à notre newsletter, répondit le libraire.",
            "Suscríbete a nuestro boletín, decía el cartel.",
            "Подпишитесь на нашу рассылку, сказала она и ушла.",
            "「ニュースレターに登録して」と彼は言った。",
            "Follow us on our way through the mountains of Peru.",
            "Folgt uns auf Schritt und Tritt, dachte ich.",
            "To continue reading the will, the notary puts on a second pair of glasses.",
            "Donate now, Ines told the crowd.",
            "Apoya a la madre de Juan desde la infancia.",
        ] {
            let html = format!("<p>Story.</p><p>{text}</p><p>More.</p>");
            check(&html, &html);
            let html = format!("<p>Story.</p><p>{text}</p>");
            check(&html, &html);
        }
    }

    #[test]
    fn between_paragraphs_an_appeal_needs_a_link() {
        let prose = "<p>Ferry service between the two islands resumed on Sunday after a storm of three days, the port authority said.</p>";
        let html = format!("{prose}<p>Subscribe to our newsletter.</p>{prose}");
        check(&html, &html);
        check(
            &format!("{prose}<p><a href='/n'>Subscribe to our newsletter.</a></p>{prose}"),
            &format!("{prose}{prose}"),
        );
    }

    #[test]
    fn stories_about_them_stay() {
        for html in [
            "<p>Where the money goes:</p><ul><li>Sales</li><li>Advertising</li><li>PR</li></ul>",
            "<table><tbody><tr><td>Advertising</td><td>43 %</td></tr></tbody></table>",
            "<h2>Advertising</h2><p>The city earns two million a year with posters at its stops, more than ever before, and wants more.</p>",
            "<p>Story.</p><p>The advertisement was withdrawn.</p>",
            "<p>Story.</p><p>The company said on Monday that its newsletter had reached a million readers.</p>",
        ] {
            check(html, html);
        }
    }
}
