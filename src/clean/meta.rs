//! What a page says of an entry and of itself: when and by whom it was posted, how long it takes to read,
//! that cookies are used, where errors are reported, whose views these are.
//!
//! Each family has its table of beginnings or words, in many languages, matched on whole short blocks
//! outside the story. Bylines stay: they say who wrote it.

use super::blocks::Block;
use super::telling;
use super::words::{Lexicon, Stems};
use std::sync::LazyLock;

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Behind the last prose.
    pub(super) behind: bool,
    /// Before the first.
    pub(super) before: bool,
    /// In a body that was scraped from a page.
    pub(super) page: bool,
}

impl Place {
    /// Outside any story; for asking what a block may be.
    pub(super) const OUTSIDE: Self = Self {
        behind: true,
        before: true,
        page: false,
    };
}

/// Beginnings of lines that say when, where and by which account an entry was posted.
#[rustfmt::skip]
const POSTED: &[&str] = &[
    "posted by", "posted in", "posted on", "posted at", "posted under", "submitted by", "filed under", "filed in", "published in", "published under", "this entry was posted", "this entry was posted in", "this entry was posted on", "this post was posted in", "this entry was tagged", "categorized as", "categorised as", "categorized in", "bookmark the permalink",
    "veröffentlicht in", "veröffentlicht unter", "eingestellt von", "erstellt von", "abgelegt unter", "kategorisiert in", "dieser beitrag wurde veröffentlicht in", "dieser eintrag wurde veröffentlicht", "geschrieben in", "publié dans", "publié par", "classé dans", "posté par", "posté dans", "ce contenu a été publié dans", "cette entrée a été publiée dans", "publicado en", "publicado por", "publicada en", "archivado en", "archivado bajo", "esta entrada fue publicada en", "esta entrada se publicó en", "publicado em", "postado por", "postado em", "arquivado em", "esta entrada foi publicada em", "pubblicato in", "pubblicato da", "postato da", "archiviato in", "questo articolo è stato pubblicato in", "geplaatst in", "geplaatst door", "geplaatst op", "gepost door", "dit bericht werd geplaatst in", "opublikowano w", "opublikowany w", "opublikowane przez", "zamieszczone przez", "ten wpis został opublikowany w", "опубликовано в", "опубликовал", "размещено в", "запись опубликована в", "автор сообщения", "опубліковано в", "yayınlayan", "kategorisinde yayınlandı", "diposting oleh", "dipublikasikan di", "ditulis dalam", "được đăng trong", "người đăng", "投稿者", "投稿日", "カテゴリー", "发表于", "發表於", "发布于", "張貼者", "게시자", "작성자", "نشر في", "نُشر في", "مرسلة بواسطة", "publicerat i", "publicerad i", "upplagd av", "inlagd av", "udgivet i", "publisert i", "postet av", "lagt inn av", "julkaistu kategoriassa", "lähettänyt", "rubriky", "vystaveno v", "zveřejněno v", "bejegyezte", "közzétéve", "publicat în", "postat de", "αναρτήθηκε από", "δημοσιεύθηκε στην",
];

/// Lines about reading time, as phrases beside numbers.
#[rustfmt::skip]
const READING: &[&str] = &[
    "minute read", "minutes read", "min read", "mins read", "min to read", "minutes to read", "reading time", "read time", "estimated reading time", "time to read", "estimated read time", "approximate reading time", "lesezeit", "lesedauer", "geschätzte lesezeit", "minuten lesezeit", "min lesezeit", "minuten lesedauer", "temps de lecture", "temps de lecture estimé", "durée de lecture", "lecture", "minutes de lecture", "min de lecture", "tiempo de lectura", "tiempo estimado de lectura", "tiempo de lectura estimado", "minutos de lectura", "min de lectura", "lectura de", "tempo de leitura", "tempo estimado de leitura", "tempo médio de leitura", "minutos de leitura", "min de leitura", "tempo di lettura", "tempo di lettura stimato", "minuti di lettura", "min di lettura", "leestijd", "minuten leestijd", "min leestijd", "czas czytania", "przewidywany czas czytania", "min czytania", "minut czytania", "время чтения", "время на чтение", "мин на чтение", "минут на чтение", "мин чтения", "минут чтения", "час читання", "хв читання", "okuma süresi", "dakika okuma süresi", "dakikalık okuma", "waktu baca", "menit membaca", "menit baca", "thời gian đọc", "phút đọc", "この記事は約", "分で読めます", "で読めます", "読了時間", "读完约需", "阅读时间", "阅读时长", "閱讀時間", "預計閱讀時間", "읽는 시간", "분 읽기", "وقت القراءة", "مدة القراءة", "دقائق للقراءة", "पढ़ने का समय", "मिनट पढ़ें", "lästid", "min läsning", "minuters läsning", "læsetid", "lesetid", "min lesing", "lukuaika", "min lukuaika", "doba čtení", "čas čtení", "min čtení", "olvasási idő", "perc olvasás", "timp de citire", "timp de lectură", "χρόνος ανάγνωσης",
];

/// Units and words beside the number.
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "min", "mins", "minute", "minutes", "minuten", "minutos", "minuto", "minuti", "minuta", "minut", "minuty", "мин", "минут", "минуты", "минута", "хв", "хвилин", "dakika", "dk", "menit", "phút", "分", "分钟", "分鐘", "분", "دقيقة", "دقائق", "मिनट", "minuter", "minutter", "minuuttia", "perc", "λεπτά", "sec", "seconds", "sek", "sekunden", "secondes", "segundos", "secondi", "ca", "about", "approx", "read", "less than", "moins de", "menos de", "weniger als", "words", "wörter", "mots", "palabras", "palavras", "parole", "woorden", "słów", "слов", "a", "un", "una", "eine", "一",
];

/// Notices about scripts, cookies and browsers, as beginnings of whole blocks.
#[rustfmt::skip]
const TECHNICAL: &[&str] = &[
    "please enable javascript", "enable javascript to view", "you need to enable javascript", "you must enable javascript", "javascript is disabled", "javascript is required", "javascript must be enabled", "this site requires javascript", "this page requires javascript", "sorry but your browser needs javascript", "your browser does not support", "your browser doesnt support", "your browser is not supported", "your browser is out of date", "to view this video please enable javascript", "this browser does not support", "browser not compatible", "turn on javascript", "an error occurred while loading", "loading player", "the media could not be loaded", "this video is not available", "video unavailable", "this is a modal window", "adblock detected", "please disable your ad blocker", "ad blocker detected", "we use cookies", "this site uses cookies", "this website uses cookies", "by continuing to use this site", "by using this site you agree", "by clicking accept", "accept all cookies", "cookie settings", "manage cookies", "privacy settings", "this content is blocked", "to view this content you need to accept", "please accept cookies", "click here to accept marketing cookies", "content is not available due to your privacy settings",
    "bitte aktivieren sie javascript", "bitte aktiviere javascript", "javascript ist deaktiviert", "ihr browser unterstützt", "dein browser unterstützt", "diese website verwendet cookies", "diese seite verwendet cookies", "wir verwenden cookies", "wir nutzen cookies", "mit dem laden des videos akzeptieren sie", "mit dem laden der karte", "empfohlener redaktioneller inhalt", "externer inhalt", "externen inhalt anzeigen", "an dieser stelle finden sie einen externen inhalt", "ich bin damit einverstanden dass mir externe inhalte", "zum schutz ihrer persönlichen daten", "veuillez activer javascript", "activez javascript", "votre navigateur ne supporte pas", "ce site utilise des cookies", "nous utilisons des cookies", "ce contenu est bloqué", "contenu bloqué", "por favor active javascript", "active javascript", "habilite javascript", "su navegador no soporta", "tu navegador no soporta", "este sitio utiliza cookies", "este sitio usa cookies", "utilizamos cookies", "usamos cookies", "seu navegador não suporta", "este site utiliza cookies", "este site usa cookies", "ative o javascript", "abilita javascript", "il tuo browser non supporta", "questo sito utilizza cookie", "questo sito utilizza i cookie", "utilizziamo i cookie", "schakel javascript in", "uw browser ondersteunt", "deze website gebruikt cookies", "wij gebruiken cookies", "włącz javascript", "twoja przeglądarka nie obsługuje", "ta strona używa plików cookie", "ta strona korzysta z ciasteczek", "używamy plików cookie", "включите javascript", "ваш браузер не поддерживает", "этот сайт использует cookie", "мы используем cookie", "мы используем файлы cookie", "увімкніть javascript", "ваш браузер не підтримує", "javascripti etkinleştirin", "tarayıcınız desteklemiyor", "bu site çerez kullanır", "aktifkan javascript", "situs ini menggunakan cookie", "vui lòng bật javascript", "javascriptを有効にして", "javascriptが無効", "お使いのブラウザ", "当サイトではcookieを使用", "请启用javascript", "请开启javascript", "您的浏览器不支持", "本网站使用cookie", "請啟用javascript", "您的瀏覽器不支援", "자바스크립트를 활성화", "이 사이트는 쿠키를 사용", "يرجى تفعيل جافا سكريبت", "متصفحك لا يدعم", "يستخدم هذا الموقع ملفات تعريف الارتباط", "aktivera javascript", "din webbläsare stöder inte", "vi använder cookies", "vi bruger cookies", "vi bruker informasjonskapsler", "aktiver javascript", "käytämme evästeitä", "zapněte javascript", "tento web používá cookies", "používáme cookies", "ez a weboldal sütiket használ", "acest site folosește cookie", "αυτός ο ιστότοπος χρησιμοποιεί cookies",
];

/// How readers are asked to report an error or to write, as beginnings of whole blocks.
#[rustfmt::skip]
const FEEDBACK: &[&str] = &[
    "report an error", "report a typo", "report a correction", "report error", "report this post", "report this article", "error report", "mail the editor", "email the editor", "send us a tip", "got a tip", "have a tip", "send a tip", "submit a tip", "submit a correction", "suggest a correction", "request a correction", "found a mistake", "found an error", "found a typo", "spotted an error", "spotted a mistake", "see an error", "see a typo", "notice an error", "did you find this article helpful", "was this article helpful", "was this page helpful", "did you like this article", "what did you think of this story", "how did you like this article", "rate this article", "rate this post", "rate this story", "give feedback", "send feedback", "letters to the editor", "have something to say about this", "do you have a story", "contact the author", "contact the editor", "contact our newsroom", "email this author", "reprints and permissions", "request permission to reuse",
    "fehler gefunden", "fehler entdeckt", "fehler melden", "einen fehler gefunden", "sie haben einen fehler", "haben sie einen fehler", "hast du einen fehler", "korrektur melden", "schreiben sie uns eine e mail an", "schreiben sie der redaktion", "kontakt zur redaktion", "leserbrief schreiben", "war dieser artikel hilfreich", "wie hat ihnen der artikel gefallen", "wie fanden sie den artikel", "artikel bewerten", "hinweis an die redaktion", "signaler une erreur", "signaler une faute", "signaler un abus", "signaler ce contenu", "une erreur dans larticle", "une faute dans larticle", "vous avez repéré une erreur", "cet article vous a t il été utile", "écrire à la rédaction", "reportar error", "reportar un error", "reportar errata", "notificar error", "informar de un error", "encontró un error", "has encontrado un error", "ha encontrado un error", "escriba a la redacción", "te ha gustado este artículo", "califica esta nota", "encontrou um erro", "reportar erro", "informar erro", "comunicar erro", "viu algum erro", "segnala un errore", "segnala errore", "hai trovato un errore", "scrivi alla redazione", "ti è piaciuto questo articolo", "fout gezien", "taalfout gezien", "fout gevonden", "meld een fout", "mail de redactie", "heeft u een tip", "tip de redactie", "was dit artikel nuttig", "zgłoś błąd", "zauważyłeś błąd", "widzisz błąd", "znalazłeś błąd", "masz temat", "oceń artykuł", "нашли ошибку", "нашли опечатку", "заметили ошибку", "если вы заметили ошибку", "если вы нашли ошибку", "сообщить об ошибке", "выделите ее и нажмите", "выделите текст и нажмите", "увидели ошибку", "оцените статью", "оцените материал", "знайшли помилку", "якщо ви помітили помилку", "якщо ви знайшли помилку", "повідомити про помилку", "помітили помилку", "hata bildir", "hata mı gördünüz", "laporkan kesalahan", "báo lỗi", "thấy lỗi", "誤りを報告", "この記事は役に立ちましたか", "ご意見 ご感想", "この記事を評価", "纠错", "我要纠错", "新闻纠错", "报错", "檢舉", "回報錯誤", "오류 신고", "기사제보", "기사 제보", "제보하기", "أبلغ عن خطأ", "الإبلاغ عن خطأ", "rapportera fel", "hittat fel", "hittade du ett fel", "tipsa oss", "fejl i artiklen", "fundet en fejl", "rapportér en fejl", "funnet en feil", "rapporter feil", "tips oss", "ilmoita virheestä", "huomasitko virheen", "anna palautetta", "nahlásit chybu", "našli jste chybu", "našli ste chybu", "hibát talált", "hibát találtál", "raportează o eroare", "ai găsit o greșeală", "αναφορά λάθους",
];

/// Whose views these are, as words of a whole block.
#[rustfmt::skip]
const VIEWS: &[&str] = &[
    "views expressed", "opinions expressed", "views and opinions", "views are personal", "opinions are those of", "views are those of", "the views of the author", "views of the writer", "author's own", "authors own", "opinion of the author", "disclaimer the views", "this is a contributed post", "die meinung des autors", "die meinung der autorin", "meinung des verfassers", "nicht die meinung der redaktion", "gibt nicht die meinung", "gastbeiträge geben", "les opinions exprimées", "les propos exprimés", "nengagent que leur auteur", "nengage que son auteur", "las opiniones expresadas", "opiniones vertidas", "no representa la opinión", "as opiniões expressas", "não representa a opinião", "opinião do autor", "le opinioni espresse", "le opinioni riportate", "de mening van de auteur", "opinie wyrażone", "wyłącznie opinie autorów", "мнение автора может", "мнение редакции может", "мнение авторов может", "думка автора може", "sorumluluğu yazara aittir", "pandangan penulis", "quan điểm của tác giả", "見解を示すものではありません", "個人の見解", "筆者個人", "仅代表作者", "不代表本", "필자의 견해", "입장과 다를 수", "الآراء الواردة", "لا تعبر عن رأي", "لا تعبر بالضرورة", "تعبر عن رأي كاتبها", "लेखक के निजी", "åsikter som uttrycks", "skribentens egen", "er udtryk for skribentens", "er skribentens egne", "názory autora", "a szerző véleménye", "opiniile exprimate",
    "opinions do not necessarily reflect", "disclaimer the views", "las opiniones no reflejan necesariamente", "僅代表作者", "不代表本網", "不代表本站",
];

/// How a publisher owns up to paid links, as beginnings of whole blocks.
#[rustfmt::skip]
const DISCLOSURES: &[&str] = &[
    "advertising disclosure", "advertiser disclosure", "affiliate disclosure", "affiliate links", "disclosure some of the links", "disclosure as an amazon", "disclaimer this post contains", "this post contains affiliate", "this article contains affiliate", "this page contains affiliate", "this post may contain affiliate", "this article may contain affiliate", "this story may contain affiliate", "we may earn a commission", "we may earn commission", "we earn a commission", "we may receive a commission", "we may receive compensation", "we may get a commission", "when you buy through links", "when you purchase through links", "if you buy something through", "if you purchase an item", "if you click on a link and make a purchase", "as an amazon associate", "some of the links in this", "all products featured", "products are independently selected", "our editors independently", "editors note the disclaimer below refers to advertising",
    "dieser artikel enthält affiliate", "dieser beitrag enthält affiliate", "enthält affiliate links", "dieser artikel enthält werbung", "transparenzhinweis", "hinweis zu affiliate", "mit gekennzeichnete links", "wenn sie über diese links", "wenn du über diese links", "als amazon partner", "hinweis dieser artikel enthält", "cet article contient des liens", "cet article peut contenir des liens affiliés", "certains liens de cet article", "liens affiliés", "en tant que partenaire amazon", "este artículo contiene enlaces de afiliados", "este artículo contiene enlaces", "como afiliado de amazon", "en calidad de afiliado de amazon", "este artigo contém links", "este post contém links", "podemos receber uma comissão", "como associado da amazon", "questo articolo contiene link", "questo articolo potrebbe contenere link", "in qualità di affiliato amazon", "dit artikel bevat affiliate", "sommige links in dit artikel", "artykuł zawiera linki", "w artykule znajdują się linki", "artykuł sponsorowany", "реклама ооо", "реклама рекламодатель", "на правах реклами", "bu yazı ortaklık bağlantıları", "本記事はアフィリエイト", "当サイトはアフィリエイト", "アフィリエイト広告を利用", "本ページはプロモーション", "この記事にはアフィリエイト", "記事内に広告", "記事内に商品プロモーション", "本文含有推广链接", "이 포스팅은 쿠팡", "파트너스 활동", "inlägget innehåller reklamlänkar", "inlägget innehåller annonslänkar", "indlægget indeholder affiliate", "indlægget indeholder reklame", "innlegget inneholder reklame", "sisältää mainoslinkkejä", "článek obsahuje affiliate", "a cikk affiliate", "articolul conține linkuri afiliate",
    "die mit sternchen gekennzeichneten", "die mit einem stern gekennzeichneten", "bei den mit einem stern", "disclosure we may receive", "disclosure this post contains", "disclosure this article contains",
];

/// Labels above an author's box.
#[rustfmt::skip]
const AUTHOR_LABELS: &[&str] = &[
    "about the author", "about the authors", "about author", "the author", "author", "authors", "written by", "author bio", "meet the author", "more about the author", "about the writer", "about the contributor", "contributor", "über den autor", "über die autorin", "über den verfasser", "zum autor", "zur autorin", "zur person", "autor", "autorin", "autoren", "à propos de lauteur", "a propos de lauteur", "lauteur", "auteur", "auteurs", "sobre el autor", "sobre la autora", "acerca del autor", "autor del artículo", "autora", "autores", "sobre o autor", "sobre a autora", "sullautore", "lautore", "autore", "informazioni sullautore", "over de auteur", "auteur van dit artikel", "o autorze", "o autorce", "об авторе", "автор", "авторы", "про автора", "yazar hakkında", "yazar", "tentang penulis", "penulis", "về tác giả", "tác giả", "著者について", "この記事を書いた人", "この記事の著者", "著者プロフィール", "执笔者", "執筆者", "ライター", "关于作者", "作者简介", "關於作者", "글쓴이", "저자 소개", "عن الكاتب", "الكاتب", "लेखक के बारे में", "om författaren", "om forfatteren", "kirjoittajasta", "o autorovi", "a szerzőről", "despre autor", "σχετικά με τον συγγραφέα",
];

const READS: u8 = 1;
const UNIT: u8 = 2;

static READING_LINES: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::new(&[(READS, READING), (UNIT, UNITS)], true));
static POSTED_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(POSTED));
static TECHNICAL_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(TECHNICAL));
static FEEDBACK_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(FEEDBACK));
static VIEWS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(VIEWS));
static DISCLOSURE_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(DISCLOSURES));
static AUTHOR_LINES: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::new(&[(1, AUTHOR_LABELS)], false));

/// What a block says of the page, if that is all it says.
pub(super) fn says(block: &Block, place: Place) -> Option<&'static str> {
    if block.gone
        || block.quoted
        || block.chars == 0
        || block.folded.is_empty()
        || block.is_loose_item()
    {
        return None;
    }
    let text = block.folded.as_str();
    let len = block.text_len();
    let outside = place.behind || place.before;
    let quoting = || telling::quotes(&block.text) && !block.is_linked();
    match () {
        () if len < 70 && !block.heading && reads(text) => Some("says how long it takes to read"),
        () if len < 300
            && outside
            && TECHNICAL_STEMS.begin(text)
            && !telling::reports(block)
            && !quoting() =>
        {
            Some("a notice about scripts, cookies or the browser")
        }
        () if len < 320 && place.behind && FEEDBACK_STEMS.begin(text) && !quoting() => {
            Some("asks the reader to report or rate")
        }
        () if len < 160 && outside && !block.heading && posted(block) => {
            Some("says where it was posted")
        }
        () if len < 420 && place.behind && VIEWS_STEMS.any(text) && !quoting() => {
            Some("says whose views these are")
        }
        () if len < 500
            && outside
            && DISCLOSURE_STEMS.begin(text)
            && !telling::reports(block)
            && !quoting() =>
        {
            Some("owns up to paid links")
        }
        () if len < 60 && is_size(block) => Some("the size of a file or an image"),
        () if len <= 6
            && outside
            && place.page
            && !block.heading
            && block.media.is_empty()
            && is_bare_number(&block.text) =>
        {
            Some("a number and nothing else")
        }
        () if len < 40 && place.behind && AUTHOR_LINES.says(text) => {
            Some("heads the box of the author")
        }
        () => None,
    }
}

fn reads(text: &str) -> bool {
    if !text.contains(char::is_numeric) {
        return false;
    }
    READING_LINES.tile(text).is_some_and(|kinds| {
        kinds.contains(&READS) && (kinds.contains(&super::words::NUMBER) || kinds.contains(&UNIT))
    })
}

/// `640 x 360 (61,07 kB)`, as forums write below an attached image.
fn is_size(block: &Block) -> bool {
    let text = block.text.as_str();
    let unit = block.folded.rsplit(' ').next().unwrap_or_default();
    let known = matches!(
        unit,
        "kb" | "kib"
            | "mb"
            | "mib"
            | "bytes"
            | "byte"
            | "килобайт"
            | "кб"
            | "мб"
            | "ko"
            | "mo"
            | "px"
            | "pixels"
            | "pixel"
    );
    let sides = text.contains(['x', '×', 'х'])
        && block
            .folded
            .split(' ')
            .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
            .count()
            >= 2;
    let words = block
        .folded
        .split(' ')
        .filter(|word| word.chars().any(char::is_alphabetic))
        .count();
    known && sides && words <= 2 && block.links.is_empty()
}

fn is_bare_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // Four are a year.
    (1..4).contains(&digits)
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '.' | ',' | 'k' | 'K' | 'M' | ' ')
        })
}

/// A date, a link to an account or a list of entries stands behind the words.
fn posted(block: &Block) -> bool {
    POSTED_STEMS.begin(&block.folded)
        && (!block.links.is_empty() || block.text.contains(|c: char| c.is_ascii_digit()))
        && !telling::reports(block)
        && !block.text.ends_with(['!', '?'])
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    const STORY: &str = "<p>The ferry is back on its old line after three days of storm, and the first cars rolled on board at six.</p>";

    #[track_caller]
    fn gone(line: &str) {
        check(&format!("{STORY}<p>{line}</p>"), STORY);
    }

    #[track_caller]
    fn stays(line: &str) {
        let html = format!("{STORY}<p>{line}</p>");
        check(&html, &html);
    }

    #[test]
    fn reading_times_go() {
        for line in [
            "3 min read",
            "Estimated reading time: 4 minutes",
            "Lesezeit: 5 Minuten",
            "Tempo di lettura: 3 minuti",
            "Время чтения: 2 мин",
            "この記事は約3分で読めます",
            "阅读时间：5分钟",
        ] {
            gone(line);
        }
    }

    #[test]
    fn lines_of_the_page_go() {
        for line in [
            "Posted by Ines Dorn at 5:11 AM",
            "Eingestellt von Ines Dorn um 12:30",
            "Please enable JavaScript to see this player.",
            "Diese Website verwendet Cookies, damit alles klappt.",
            "Если вы заметили ошибку, выделите её и нажмите Ctrl+Enter",
            "Found a mistake? Tell us.",
            "The views expressed are personal",
            "Las opiniones expresadas en este artículo son de su autor.",
        ] {
            gone(line);
        }
    }

    #[test]
    fn what_a_story_says_alike_stays() {
        for line in [
            "It took me three minutes to read.",
            "Posted by the door was a guard with a dog.",
            "“Please enable JavaScript,” it said.",
            "We use cookies of oat and honey, she said.",
            "They found a mistake in the plan.",
            "It is the mayor's duty, and es responsabilidad de todos, to see that the pier is mended before the winter storms.",
            "Die mit einem Preis geehrte Fähre liegt wieder am Kai und nimmt am Montag ihren Dienst nach Norden auf.",
        ] {
            stays(line);
        }
    }
}
