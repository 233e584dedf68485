//! Appeals: to take a newsletter, to follow, to install an app, to pay.
//!
//! An appeal counts only as a whole block that asks the reader for something; a story about a newsletter
//! asks for nothing. Without a link it has to speak as a publisher to its reader and to stand behind the
//! story, for there a story may begin a sentence with the same words.

use super::blocks::Block;
use super::names::Family;
use super::scrub::{Cut, Scrub};
use super::structure::remove_named;
use super::telling::{addresses, reports, tells};
use super::words::Stems;
use std::sync::LazyLock;

/// What an appeal is about.
#[rustfmt::skip]
const APPEAL_NOUNS: &[&str] = &[
    "newsletter", "newsletters", "-newsletter", "inbox", "mailing list", "email alerts", "email updates", "daily digest", "briefing", "bulletin d information", "lettre dinformation", "infolettre", "infobrief", "boletín", "boletin", "boletim", "nieuwsbrief", "biuletyn", "рассылк", "розсилк", "bülten", "nawala", "bản tin", "メルマガ", "メールマガジン", "ニュースレター", "电子报", "電子報", "뉴스레터", "النشرة البريدية", "نشرتنا", "न्यूज़लेटर", "न्यूजलेटर", "nyhetsbrev", "nyhedsbrev", "uutiskirje", "hírlevél",
];

/// What a publisher asks money for, or the words with which it does. Each needs the reader addressed beside it.
#[rustfmt::skip]
const SUPPORT_VERBS: &[&str] = &[
    "donate", "donation", "donations", "support us", "support our", "support independent", "support local", "support this", "supporting our", "your support", "become a member", "become a subscriber", "become a supporter", "become a patron", "become a paid subscriber", "buy me a coffee", "buy us a coffee", 
    "spende", "spenden", "mitglied werden", "werde mitglied", "abonnieren", "abonniere", "dona", "apóyanos", "suscríbete", "suscríbase", "hazte socio", "hazte miembro", "faire un don", "faites un don", "votre don", "vos dons", "soutenez", "votre soutien", "abonnez vous", "adhérez", "apoie", "assine", "contribua", "seu apoio", "torne se", "sostieni", "sostienici", "il tuo sostegno", "abbonati", "doneer", "word lid", "word abonnee", "wesprzyj", "wspieraj", "twoje wsparcie", "поддержите", "ваша поддержка", "донат", "підтримайте", "ваша підтримка", "destek olun", "desteğiniz", "donasi", "dukung", "ủng hộ", "支持我们", "支持我們", "تبرع", "ادعم", "دعمك", "stöd oss", "ditt stöd", "støt os", "din støtte", "støtt oss", "tue meitä", "tukesi", "podpořte", "vaše podpora", "podporte", "támogass", "támogasson", "susține", "susțineți", "donează", "στηρίξτε",
    "your contribution", "a small contribution", "unterstützen sie uns", "unterstützen sie unsere", "unterstütze uns", "unterstütze unsere", "uns und unsere arbeit unterstützen", "tu apoyo", "apoya nuestro", "apoyo de sus lectores", "apoyo de nuestros lectores", "soutenir notre", "jouw steun", "uw steun", "steun ons", "twoje wsparcie", "поддержите", "поддержать нас", "поддержать редакцию", "підтримати нас", "пожертвуйте", "ご支援をお願い", "応援してください", "请支持", "後援", "후원해", "후원하기",
];

/// What the money is for.
#[rustfmt::skip]
const SUPPORT_NOUNS: &[&str] = &[
    "journalism", "reporting", "newsroom", "readers", "our work", "this work", "our site", "this site", "this blog", "this podcast", "this newsletter", "our coverage", "our stories", "patreon", "paypal", "kofi", "ko fi", "opencollective", "liberapay", "full story", 
    "journalismus", "berichterstattung", "leserinnen", "redaktion", "periodismo", "lectores", "journalisme", "rédaction", "lecteurs", "lectrices", "indépendance", "jornalismo", "leitores", "giornalismo", "lettori", "redazione", "journalistiek", "lezers", "dziennikarstw", "czytelnik", "redakcj", "журналист", "читател", "редакци", "журналіст", "читач", "gazetecilik", "okur", "jurnalisme", "pembaca", "báo chí", "độc giả", "ジャーナリズム", "新闻", "新聞", "저널리즘", "독자", "الصحافة", "القراء", "पत्रकारिता", "journalistik", "läsare", "læsere", "lesere", "journalismi", "lukij", "žurnalistik", "novinařin", "čtenář", "újságírás", "olvasó", "jurnalism", "cititor", "δημοσιογραφία", "αναγνώστ",
    "unsere arbeit", "leserinnen und leser", "unabhängig", "наш проект", "этот проект",
];

/// What one is asked to do at one of [`PLACES`].
#[rustfmt::skip]
const FOLLOW_VERBS: &[&str] = &[
    "follow", "subscribe", "subscribe on", "like us", "join", "download", "find us", "find me", "connect", "check out our", "get the app", "watch us", "listen on", "tune in", "catch up", "stay connected", "keep up", "folge", "folgen", "folgt", "abonnieren", "abonniere", "besuche uns", "herunterladen", "lade dir", "síguenos", "siguenos", "síganos", "sigue", "suscríbete", "únete", "descarga", "descárgate", "suivez", "retrouvez", "rejoignez", "abonnez vous", "téléchargez", "siga", "sigam", "acompanhe", "inscreva se", "curta", "baixe", "entre no", "receba", "seguici", "segui", "iscriviti", "unisciti", "scarica", "volg", "abonneer", "download onze", "obserwuj", "polub", "śledź", "subskrybuj", "dołącz", "pobierz", "подписывайтесь", "подпишитесь", "следите", "присоединяйтесь", "читайте нас", "скачайте", "підписуйтесь", "підписуйтеся", "стежте", "читайте нас", "приєднуйтесь", "takip edin", "abone olun", "katılın", "indirin", "ikuti", "bergabung", "unduh", "theo dõi", "đăng ký", "tải", "フォロー", "登録", "友だち追加", "ダウンロード", "关注", "關注", "追蹤", "下载", "下載", "订阅", "訂閱", "팔로우", "구독", "تابعونا", "تابعنا", "اشترك", "انضم", "حمل", "फॉलो", "सब्सक्राइब", "जुड़ें", "डाउनलोड", "följ", "prenumerera", "ladda ner", "følg", "abonner", "seuraa", "tilaa", "lataa", "sledujte", "odebírejte", "stáhněte", "kövess", "kövesse", "iratkozz", "töltsd", "urmărește", "urmăriți", "abonează", "abonați", "descarcă", "ακολουθήστε", "εγγραφείτε", "κατεβάστε",
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

/// Networks on which an outlet has an account.
#[rustfmt::skip]
const NETWORKS: &[&str] = &[
    "facebook", "twitter", "instagram", "youtube", "telegram", "whatsapp", "linkedin", "tiktok", "threads", "mastodon", "bluesky", "pinterest", "вконтакте", "телеграм", "дзен", "微信", "微博", "公众号", "فيسبوك", "تويتر", "تلغرام", "फेसबुक", "ट्विटर",
];

static NETWORKS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(NETWORKS));
static FOLLOW_VERBS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(FOLLOW_VERBS));
static SUPPORT_VERBS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(SUPPORT_VERBS));
static SUPPORT_NOUNS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(SUPPORT_NOUNS));
static FOLLOW_STARTS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(FOLLOW_STARTS));
static SUPPORT_STARTS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(SUPPORT_STARTS));
static APPEAL_NOUNS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(APPEAL_NOUNS));
static APPEAL_VERBS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(APPEAL_VERBS));

/// Removes appeals to subscribe, follow, download or pay.
pub(super) fn appeals(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Appeal);
    let blocks = scrub.blocks();
    // A plea is as long as prose, but the story is over before it.
    let story_end = blocks.last_prose(|block| !pleads(block));
    let story_start = blocks
        .list
        .iter()
        .position(|block| !block.gone && block.chars > 0);
    let cuts = blocks.list.iter().enumerate().filter_map(|(index, block)| {
        let place = Place {
            inside: story_end.is_some_and(|end| index < end),
            behind: story_end.is_some_and(|end| index > end),
        };
        let evidence = appeal(block, place).filter(|_| story_start < Some(index));
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

/// The longest appeal to pay, which explains itself in a few sentences.
const PLEA_CHARS_MAX: usize = 600;

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The story goes on below it.
    inside: bool,
    /// The story is over: there was prose, and none follows but appeals.
    behind: bool,
}

/// Why a block asks its reader for something, if it does.
fn appeal(block: &Block, place: Place) -> Option<&'static str> {
    if block.gone || block.quoted || block.chars == 0 || block.folded.is_empty() {
        return None;
    }
    if place.behind && !block.heading && pleads(block) {
        return Some("asks for support or a subscription");
    }
    if block.text_len() > 200 {
        return None;
    }
    let linked = !block.links.is_empty();
    if !linked && (place.inside || block.is_loose_item()) {
        return None;
    }
    let text = block.folded.as_str();
    let words = memchr::memchr_iter(b' ', text.as_bytes()).count() + 1;
    let spoken = || linked || addresses(block);
    let asks = || {
        let verb_at = APPEAL_VERBS_STEMS.first_at(text);
        verb_at.is_some_and(|at| at < 40 || place.behind)
            && (spoken() || (words <= 7 && verb_at == Some(0)))
    };
    let evidence = match () {
        () if words <= 40
            && (block.text_len() < 150 || place.behind)
            && APPEAL_NOUNS_STEMS.any(text)
            && APPEAL_VERBS_STEMS.any(text)
            && asks() =>
        {
            Some("asks to subscribe to a newsletter")
        }
        () if FOLLOW_STARTS_STEMS.begin(text)
            && (linked || words <= 3 || words <= 9 && PLACES_STEMS.any_word(text))
            && words <= 32 =>
        {
            Some("asks to follow or download")
        }
        () if place.behind
            && (linked || block.text.ends_with('!'))
            && FOLLOW_VERBS_STEMS.any_word(text)
            && NETWORKS_STEMS.any_word(text)
            && addresses(block)
            && words <= 40 =>
        {
            Some("asks to follow or download")
        }
        () if SUPPORT_STARTS_STEMS.begin(text) && (spoken() || words <= 2) && words <= 32 => {
            Some("asks to pay or subscribe")
        }
        () if words <= 4
            && place.behind
            && APPEAL_NOUNS_STEMS.any_word(text)
            && (linked || block.heading)
            && text.chars().count() < 30 =>
        {
            Some("heads or links a newsletter")
        }
        () => None,
    };
    evidence.filter(|_| !tells(block))
}

/// Whether a block behind the story asks for money: it says so, says what for, and speaks to the reader.
fn pleads(block: &Block) -> bool {
    let text = block.folded.as_str();
    block.text_len() >= 20
        && block.text_len() <= PLEA_CHARS_MAX
        && SUPPORT_VERBS_STEMS.any(text)
        && SUPPORT_NOUNS_STEMS.any(text)
        && addresses(block)
        && !super::telling::quotes(&block.text)
        && !reports(block)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn appeals() {
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
    fn pleas_behind_the_story() {
        const STORY: &str = "<p>Ferry service between the two islands resumed on Sunday after a storm of three days, the port authority said.</p>\
            <p>More than two hundred people had waited on the smaller of them since Thursday, most in the school and some in the church.</p>\
            <p>The first boat took the sick and those who had missed a funeral; the baker, who had fed everybody, went home with the last.</p>\
            <p>Another storm is expected for the weekend, and nobody wants to say whether the old boat will sail before the new one comes.</p>";
        for plea in [
            "Our journalism depends on readers like you. If you can, please support us with a small contribution each month, so that everybody can go on reading.",
            "Unsere Arbeit kostet Geld: Mit Ihrer Spende können Sie uns und unsere Arbeit unterstützen. Vielen Dank!",
            "Votre soutien permet à notre rédaction de rester libre : faites un don, même petit.",
            "Ваша поддержка помогает нашей редакции работать дальше.",
        ] {
            check(&format!("{STORY}<p>{plea}</p>"), STORY);
        }
        for text in [
            "Donations for the victims are collected by the parish of our town, which opened an account on Monday, the priest said.",
            "The readers of the paper were asked to support us all in the search.",
            "Sie fordern mehr Unterstützung für ihre Arbeit am Deich, und die Leser der Zeitung geben ihnen recht.",
            "Депутаты решили поддержать проект, и нам остаётся ждать, что скажет читатель.",
            "You can download the new version for both islands here, and the old one works on.",
        ] {
            let html = format!("{STORY}<p>{text}</p>");
            check(&html, &html);
        }
    }
}
