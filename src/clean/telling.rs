//! Whether a block tells something or asks something of its reader.
//!
//! It knows no junk. Passes that take a block for the phrase it begins with ask here first: a story may
//! begin a sentence with the words of an appeal, and then goes on in another voice.
//!
//! Invariant: what quotes, reports speech, tells of the past or names a year is never an appeal, unless all of it is a link.

use super::ads;
use super::blocks::Block;
use super::words::Stems;
use std::sync::LazyLock;

// One line a group of languages, in the order of `notices`. Words that mean something else in a
// neighbouring language (German “war”, Turkish “var”, French “sa”) are left out.

/// Verbs of speech and of the past: a person in a story, not a publisher who asks.
#[rustfmt::skip]
const TELLING: &[&str] = &[
    "said", "says", "told", "asked", "wrote", "replied", "recalled", "explained", "thought", "was", "were", "had", "did", "went", "came", "began", "became", "he", "she", "his", "him",
    "sagte", "sagten", "sagt er", "sagt sie", "erzählte", "schrieb", "meinte", "fragte", "antwortete", "erklärte", "waren", "hatte", "hatten", "wurde", "wurden", "ging", "kam",
    "a dit", "dit il", "dit elle", "il dit", "elle dit", "écrit il", "raconte", "répondit", "demanda", "déclare", "expliquait", "était", "étaient", "avait", "avaient", "fut", "a t il", "a t elle",
    "dijo", "dice", "decía", "contó", "escribió", "preguntó", "respondió", "explicó", "era", "eran", "fue", "fueron", "había", "estaba", "tenía",
    "disse", "contou", "escreveu", "perguntou", "respondeu", "explicou", "eram", "foi", "foram", "havia", "estava", "tinha",
    "ha detto", "diceva", "scrisse", "chiese", "rispose", "spiegò", "erano", "aveva", "avevano", "stava",
    "zei", "zegt", "zeiden", "vertelde", "schreef", "vroeg", "antwoordde", "hadden", "werd", "werden", "kwam",
    "powiedział", "powiedziała", "mówi", "napisał", "napisała", "zapytał", "zapytała", "odpowiedział", "był", "była", "było", "byli", "miał", "miała",
    "сказал", "сказала", "говорит", "говорил", "говорила", "написал", "написала", "спросил", "спросила", "ответил", "рассказал", "был", "была", "было", "были", "сказав", "каже", "написав", "запитав", "відповів", "був", "була", "було", "були",
    "dedi", "diyor", "anlattı", "yazdı", "sordu", "söyledi", "idi", "vardı", "kata", "katanya", "ujar", "ujarnya", "berkata", "menulis", "ông nói", "bà nói", "anh nói", "cô nói", "kể lại",
    "と述べ", "と話し", "と語っ", "と言っ", "と書い", "他说", "她说", "他們說", "他說", "她說", "他们说", "写道", "寫道", "말했다", "밝혔다", "썼다", "물었다", "قال", "قالت", "كتب", "سأل", "कहा", "ने बताया", "लिखा", "पूछा",
    "sade", "berättade", "skrev", "frågade", "svarade", "hade", "blev", "sagde", "fortalte", "spurgte", "svarede", "havde", "hadde", "sanoi", "kertoi", "kirjoitti", "kysyi", "oli", "olivat",
    "řekl", "řekla", "napsal", "napsala", "byl", "byla", "bylo", "povedal", "povedala", "mondta", "írta", "kérdezte", "volt", "voltak", "spus", "scris", "erau", "fost", "είπε", "έγραψε", "ήταν", "είχε",
];

/// How a publisher speaks of itself and to its reader.
#[rustfmt::skip]
const ADDRESS: &[&str] = &[
    "our", "us", "we", "you", "your", "me", "here", "unser", "unsere", "unseren", "unserem", "unserer", "uns", "wir", "ihr", "ihre", "ihren", "sie", "dein", "deine", "deinen", "dich", "dir", "euch", "hier",
    "notre", "nos", "nous", "votre", "vos", "vous", "ton", "ta", "tes", "ici", "nuestro", "nuestra", "nuestros", "nuestras", "nosotros", "tu", "tus", "te", "ti", "aquí", "suscríbete", "regístrate", "inscríbete", "apóyanos", "síguenos",
    "nosso", "nossa", "nossos", "nossas", "nós", "você", "seu", "sua", "aqui", "nostro", "nostra", "nostri", "nostre", "noi", "tuo", "tua", "vostro", "vostra", "qui", "iscriviti", "abbonati", "seguici",
    "onze", "ons", "wij", "je", "jouw", "jij", "uw", "hier", "nasz", "nasza", "naszego", "naszej", "nas", "nam", "twój", "ciebie", "ci", "tutaj", "наш", "наша", "нашу", "нашей", "нашего", "нас", "нам", "ваш", "вашу", "вам", "вас", "здесь", "наші", "нашу",
    "bizi", "bizim", "bültenimize", "kanalımıza", "kami", "anda", "chúng tôi", "bạn", "我们", "我們", "您", "你", "私たち", "当サイト", "あなた", "저희", "우리", "당신", "لنا", "نشرتنا", "معنا", "بريدك", "हमारे", "हमारी", "हमें", "आप", "अपने",
    "vårt", "vår", "våra", "oss", "du", "dig", "ditt", "din", "vores", "os", "vi", "dit", "deg", "meidän", "meitä", "sinun", "náš", "naše", "našeho", "nás", "nám", "vám", "miénk", "minket", "hozzánk", "nostru", "noastră", "ne", "μας", "σας",
];

/// Verbs that announce what somebody or something says, in the languages of [`TELLING`] that end such a clause in a colon.
#[rustfmt::skip]
const SAYING: &[&str] = &[
    "said", "says", "read", "reads", "wrote", "writes", "asked", "asks", "ended", "began", "showed", "shows", "sagte", "sagt", "stand", "steht", "schrieb", "schreibt", "fragte", "fragt",
    "dit", "disait", "lisait", "écrit", "demande", "dijo", "decía", "dice", "ponía", "escribió", "disse", "dizia", "diz", "diceva", "scrisse", "zei", "zegt", "stond", "staat", "schreef",
];

static TELLING_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(TELLING));
static ADDRESS_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(ADDRESS));

/// Whether a block tells: it quotes, reports speech, speaks of the past or names a year.
pub(super) fn tells(block: &Block) -> bool {
    !block.is_linked() && (quotes(&block.text) || names_year(&block.text) || reports(block))
}

/// Whether a block reports speech or speaks of the past.
pub(super) fn reports(block: &Block) -> bool {
    TELLING_STEMS.any_word(&block.folded)
}

/// Whether a block speaks as the publisher does, to the reader.
pub(super) fn addresses(block: &Block) -> bool {
    ADDRESS_STEMS.any_word(&block.folded)
}

/// Whether a text holds quotation marks.
pub(super) fn quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_mark = |at: usize| {
        let marks = ["“", "”", "„", "«", "»", "「", "『"];
        let begins = |mark: &&str| bytes[at..].starts_with(mark.as_bytes());
        marks.iter().any(begins)
    };
    memchr::memchr(b'"', bytes).is_some()
        || memchr::memchr3_iter(0xc2, 0xe2, 0xe3, bytes).any(is_mark)
}

/// Whether a text holds four digits that are a year of the last centuries.
pub(super) fn names_year(text: &str) -> bool {
    let mut numbers = text.as_bytes().split(|c| !c.is_ascii_digit());
    numbers.any(|digits| matches!(digits, [b'1', b'7'..=b'9', _, _] | [b'2', b'0', _, _]))
}

/// A sentence of so many characters goes on with the story.
const SENTENCE_CHARS_MIN: usize = 40;

/// How many lines are still told as examples.
const EXAMPLES_MAX: usize = 8;

/// Marks what a story only tells as quoted: a line in quotation marks, and lines between two paragraphs of which the first
/// ends in a colon (`the page asks:`), whatever they say. A line with a link or a picture is no example, for nobody
/// quotes a button as one; nor is the lone mark of an advertisement, which is put just there.
pub(super) fn mark_examples(list: &mut [Block]) {
    for block in &mut *list {
        block.quoted |= block.links.is_empty() && is_in_quotes(&block.text);
    }
    let announces = |block: &Block| {
        block.text.ends_with([':', '：']) && (block.is_prose() || speaks(&block.text))
    };
    let mut at = 0;
    while let Some(next) = list[at..].iter().position(announces) {
        let first = at + next + 1;
        let goes_on = |block: &Block| {
            let is_sentence = block.text.ends_with(['.', '!', '?', '。']);
            block.is_prose() || is_sentence && block.chars >= SENTENCE_CHARS_MIN
        };
        let is_line = |block: &Block| {
            !goes_on(block) && !block.heading && block.links.is_empty() && block.media.is_empty()
        };
        let lines = list[first..].iter().take(EXAMPLES_MAX);
        let behind = first + lines.take_while(|block| is_line(block)).count();
        let is_lone_mark = behind == first + 1 && ads::is_mark(&list[first].folded);
        if !is_lone_mark && list.get(behind).is_some_and(goes_on) {
            for line in &mut list[first..behind] {
                line.quoted = true;
            }
        }
        at = first;
    }
}

/// Whether a short line that ends in a colon is a clause of a story, and no label (`Share this:`, `Related articles:`).
fn speaks(text: &str) -> bool {
    const WORDS_MIN: usize = 3;
    let words = || {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
    };
    words().count() >= WORDS_MIN
        && words().any(|word| {
            SAYING
                .iter()
                .any(|saying| word.eq_ignore_ascii_case(saying))
        })
}

/// Whether all of a line stands in one pair of quotation marks.
fn is_in_quotes(text: &str) -> bool {
    const PAIRS: &[(char, char)] = &[
        ('“', '”'),
        ('„', '“'),
        ('„', '”'),
        ('«', '»'),
        ('»', '«'),
        ('"', '"'),
        ('‘', '’'),
        ('「', '」'),
        ('『', '』'),
    ];
    let inner = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    PAIRS.iter().any(|(open, close)| {
        inner(*open, *close).is_some_and(|inner| !inner.contains([*open, *close]))
    })
}
