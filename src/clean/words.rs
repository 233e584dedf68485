//! Text as it is compared: folded, and laid out in known phrases.
//!
//! It knows no phrase itself; the tables stand with the passes that use them.
//!
//! Invariant: a phrase is only ever matched against a whole block, never against a part of prose.

/// Folds text for comparison: lower case, accents of Latin letters, marks and punctuation gone, words parted by one space.
///
/// Apostrophes vanish without parting (`l’article` and `l'article` fold alike).
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut rest = text;
    loop {
        while let Some(run) = rest.as_bytes().first_chunk().and_then(words_in) {
            begin(&mut out, &mut gap);
            let from = out.len();
            out.push_str(&rest[..run]);
            out[from..].make_ascii_lowercase();
            rest = &rest[run..];
        }
        let run = plain_words(rest);
        if run > 0 {
            begin(&mut out, &mut gap);
            out.push_str(&rest[..run]);
            rest = &rest[run..];
        }
        let mut chars = rest.chars();
        let Some(c) = chars.next() else {
            return out;
        };
        rest = chars.as_str();
        match c {
            '\''
            | '’'
            | '‘'
            | '`'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{feff}'
            | '\u{300}'..='\u{36f}' => {}
            'A'..='Z' => {
                begin(&mut out, &mut gap);
                out.push(c.to_ascii_lowercase());
            }
            _ if is_small(c) => {
                begin(&mut out, &mut gap);
                push_bare(&mut out, c);
            }
            _ if is_sign(c) => gap = true,
            _ if c.is_alphanumeric() => {
                begin(&mut out, &mut gap);
                c.to_lowercase().for_each(|c| push_bare(&mut out, c));
            }
            _ => gap = true,
        }
    }
}

/// Parts a word from the one before it.
fn begin(out: &mut String, gap: &mut bool) {
    if *gap && !out.is_empty() {
        out.push(' ');
    }
    *gap = false;
}

/// Whether a character is one of the most common letters that have no capital or are none: no table has to tell.
fn is_small(c: char) -> bool {
    matches!(c, 'ß'..='ö' | 'ø'..='ÿ' | 'а'..='я' | '\u{621}'..='\u{63a}' | '\u{641}'..='\u{64a}' | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}')
}

/// The same for signs that are neither letter nor number.
fn is_sign(c: char) -> bool {
    matches!(c, ' '..='/' | '\u{a0}' | '\u{2010}'..='\u{2027}')
}

/// How many bytes are looked at together: what vector instructions take at once.
const CHUNK_BYTES: usize = 16;

/// How many bytes of a chunk are words of ASCII with one space between them, where no more than the last one is not.
fn words_in(chunk: &[u8; CHUNK_BYTES]) -> Option<usize> {
    // Looking at bytes without a branch is what compilers make quick.
    let is_letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_plain = |byte: u8| is_letter(byte) | (byte.wrapping_sub(b'0') < 10) | (byte == b' ');
    let all = chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let white = chunk.map(|byte| u8::from(byte == b' '));
    let pairs = white.iter().zip(&white[1..]);
    let gaps = pairs.fold(white[0], |any, (one, next)| any | one & next);
    (all && gaps == 0).then(|| CHUNK_BYTES - usize::from(white[CHUNK_BYTES - 1]))
}

/// How many bytes of a text are words that stay as they are, with one space between them: most of most texts.
fn plain_words(text: &str) -> usize {
    let mut end = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => end = at + 1,
            b' ' if end == at && at > 0 => {}
            _ => break,
        }
    }
    end
}

/// Latin letters without accents: capitals often lose them, and who types a theme's text often has none.
fn push_bare(out: &mut String, c: char) {
    out.push(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ạ' | 'ả' | 'ấ'..='ặ' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế'..='ệ' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'į' | 'ı' | 'ỉ' | 'ị' | 'ĩ' => 'i',
        'ł' | 'ľ' | 'ĺ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' | 'ơ' | 'ọ' | 'ỏ' | 'ố'..='ợ' => 'o',
        'ř' | 'ŕ' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ' | 'ủ' | 'ứ'..='ự' | 'ũ' => {
            'u'
        }
        'ý' | 'ÿ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        '\u{300}'..='\u{36f}' => return,
        'æ' => return out.push_str("ae"),
        'œ' => return out.push_str("oe"),
        'ß' => return out.push_str("ss"),
        c => c,
    });
}

/// Whether a script writes without spaces between words, so that no space marks a phrase's end.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}')
}

/// What kind of phrase a tile is; each pass gives the kinds a meaning by their order.
pub(super) type Kind = u8;

/// The kind of a tile that is a number.
pub(super) const NUMBER: Kind = 0;

/// Longer ones are names of files or the like, no counts.
const NUMBER_DIGITS_MAX: usize = 7;

/// Phrases by how they begin, those that begin alike with the longest first.
pub(super) struct Lexicon {
    phrases: Begun<Kind>,
    glued: bool,
}

impl Lexicon {
    /// A lexicon of phrases, each with its kind. `glued` phrases may follow each other without a space.
    pub(super) fn new(groups: &[(Kind, &[&str])], glued: bool) -> Self {
        let of_group = |(kind, phrases): &(Kind, &[&str])| {
            let kind = *kind;
            let folded = phrases.iter().map(move |phrase| (fold(phrase), kind));
            folded.collect::<Vec<_>>()
        };
        let mut phrases: Vec<_> = groups.iter().flat_map(of_group).collect();
        phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        Self {
            phrases: Begun::new(phrases),
            glued,
        }
    }

    /// The kinds of the phrases that make up the whole of a folded text, or nothing where something else stands between them.
    pub(super) fn tile(&self, folded: &str) -> Option<Vec<Kind>> {
        let mut kinds = Vec::new();
        // Backtracking is bounded: a text of real phrases needs none, a hostile one gives up here.
        let mut steps = 64;
        (!folded.is_empty() && self.tile_from(folded, &mut kinds, &mut steps)).then_some(kinds)
    }

    /// Whether a text may begin with a phrase or a number, from a look at its first letters.
    pub(super) fn may_begin(&self, folded: &str) -> bool {
        let begins = |c: char| c.is_numeric();
        // A word of one letter is followed by a space here, and by another letter where there are no spaces.
        folded.as_bytes().get(1) == Some(&b' ')
            || !self.phrases.like(folded).is_empty()
            || folded.starts_with(begins)
    }

    /// Whether a folded text is made of phrases alone, with at least one that is no number.
    pub(super) fn says(&self, folded: &str) -> bool {
        self.tile(folded)
            .is_some_and(|kinds| kinds.iter().any(|kind| *kind != NUMBER))
    }

    fn tile_from(&self, rest: &str, kinds: &mut Vec<Kind>, steps: &mut u32) -> bool {
        let rest = rest.trim_start();
        if rest.is_empty() {
            return true;
        }
        if *steps == 0 || kinds.len() > 40 {
            return false;
        }
        *steps -= 1;
        let digits = rest.chars().take_while(|c| c.is_numeric()).count();
        if (1..=NUMBER_DIGITS_MAX).contains(&digits) {
            let end = rest.find(|c: char| !c.is_numeric()).unwrap_or(rest.len());
            let end =
                end + usize::from(rest[end..].starts_with(['k', 'm']) && end + 1 == rest.len());
            kinds.push(NUMBER);
            if self.tile_from(&rest[end..], kinds, steps) {
                return true;
            }
            kinds.pop();
        }
        for (phrase, kind) in self.phrases.like(rest) {
            if let Some(after) = rest.strip_prefix(phrase.as_str())
                && (self.glued || ends_phrase(phrase, after))
            {
                kinds.push(*kind);
                if self.tile_from(after, kinds, steps) {
                    return true;
                }
                kinds.pop();
            }
        }
        false
    }
}

fn ends_phrase(phrase: &str, after: &str) -> bool {
    after.is_empty()
        || after.starts_with(|c: char| c == ' ' || c.is_numeric())
        || phrase.ends_with(is_unspaced)
}

/// A list of stems, folded once, and laid out so that a text is read once whatever their number.
pub(super) struct Stems {
    /// Those that begin a word.
    words: Index,
    /// Those that are found inside words too.
    inside: Index,
}

impl Stems {
    /// Stems as written. One with a leading `-` is found inside words too.
    pub(super) fn new(stems: &[&str]) -> Self {
        let is_inside = |stem: &&str| stem.starts_with('-') || stem.starts_with(is_joined);
        let (inside, words): (Vec<&str>, Vec<&str>) = stems.iter().partition(|s| is_inside(s));
        Self {
            words: Index::new(&words),
            inside: Index::new(&inside),
        }
    }

    /// Whether a folded text holds one of the stems at the start of a word.
    pub(super) fn any(&self, folded: &str) -> bool {
        self.words.any_start(folded, false) || self.inside.any_place(folded)
    }

    /// Whether a folded text holds one of them as a whole word.
    pub(super) fn any_word(&self, folded: &str) -> bool {
        self.words.any_start(folded, true) || self.inside.any_place(folded)
    }

    /// Where the first of the stems that is found begins.
    pub(super) fn first_at(&self, folded: &str) -> Option<usize> {
        let places = folded.char_indices().map(|(at, _)| at);
        let begins = |index: &Index, at: usize| index.starts(&folded[at..], |_, _| true);
        let mut hits = places.filter(|at| begins(&self.words, *at) || begins(&self.inside, *at));
        hits.next()
    }

    /// Whether a folded text begins with one of them.
    pub(super) fn begin(&self, folded: &str) -> bool {
        let ends = |stem: &str, rest: &str| ends_word(rest) || stem.ends_with(is_unspaced);
        self.words.starts(folded, ends) || self.inside.starts(folded, ends)
    }
}

/// Stems, of which one that begins a place of a text is as good as another.
struct Index {
    stems: Begun<()>,
    /// No stem begins with an ASCII letter, so a text of those alone holds none.
    joined: bool,
}

impl Index {
    fn new(stems: &[&str]) -> Self {
        let stems: Vec<_> = stems.iter().map(|stem| (fold(stem), ())).collect();
        Self {
            joined: !stems
                .iter()
                .any(|(stem, ())| stem.starts_with(|c: char| c.is_ascii())),
            stems: Begun::new(stems),
        }
    }

    /// Whether a text begins with a stem behind which `fits` accepts the rest.
    #[inline]
    fn starts(&self, text: &str, fits: impl Fn(&str, &str) -> bool) -> bool {
        self.stems.like(text).iter().any(|(stem, ())| {
            text.strip_prefix(stem.as_str())
                .is_some_and(|rest| fits(stem, rest))
        })
    }

    fn any_start(&self, folded: &str, whole: bool) -> bool {
        let fits = |_: &str, rest: &str| !whole || ends_word(rest);
        let spaces = memchr::memchr_iter(b' ', folded.as_bytes());
        let mut starts = std::iter::once(0).chain(spaces.map(|at| at + 1));
        starts.any(|at| self.starts(&folded[at..], fits))
    }

    fn any_place(&self, folded: &str) -> bool {
        // What is found inside words is mostly of scripts that join them.
        if self.stems.is_empty() || self.joined && folded.is_ascii() {
            return false;
        }
        let mut places = folded.char_indices();
        places.any(|(at, _)| self.starts(&folded[at..], |_, _| true))
    }
}

/// Strings by their first two bytes. Most places of most texts begin none, and cost one look at a table.
struct Begun<T> {
    /// In order of their pairs, and where those are the same, as they were given.
    strings: Vec<(String, T)>,
    /// Where those of each pair begin; in the last place, where all end.
    starts: Vec<u16>,
}

/// How many pairs are told apart.
const PAIRS: usize = 64 * 64;

impl<T: Copy> Begun<T> {
    fn new(given: Vec<(String, T)>) -> Self {
        let mut by_pair: Vec<Vec<(String, T)>> = (0..PAIRS).map(|_| Vec::new()).collect();
        for (string, value) in given {
            let pairs = match string.as_bytes() {
                [] => continue,
                // Anything may follow it.
                [first] => pair(*first, 0)..pair(*first, 63) + 1,
                [first, second, ..] => pair(*first, *second)..pair(*first, *second) + 1,
            };
            for list in &mut by_pair[pairs] {
                list.push((string.clone(), value));
            }
        }
        let mut starts = Vec::with_capacity(PAIRS + 1);
        let mut strings = Vec::new();
        let place = |strings: &Vec<_>| {
            u16::try_from(strings.len())
                .expect("tables have hundreds of rows, not tens of thousands")
        };
        for list in by_pair {
            starts.push(place(&strings));
            strings.extend(list);
        }
        starts.push(place(&strings));
        Self { strings, starts }
    }

    fn is_empty(&self) -> bool {
        self.strings.is_empty()
    }

    /// Those that begin as a text does, or nearly so.
    #[inline]
    fn like(&self, text: &str) -> &[(String, T)] {
        let pair = match text.as_bytes() {
            [] => return &[],
            [first] => pair(*first, 0),
            [first, second, ..] => pair(*first, *second),
        };
        &self.strings[usize::from(self.starts[pair])..usize::from(self.starts[pair + 1])]
    }
}

/// A place for two bytes, by the lower six bits of each: enough to tell letters apart.
fn pair(first: u8, second: u8) -> usize {
    usize::from(first & 63) << 6 | usize::from(second & 63)
}

fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}

/// Whether a script joins particles to words, or has no spaces at all: Arabic, Devanagari, Hangul, Chinese, Japanese.
fn is_joined(c: char) -> bool {
    is_unspaced(c)
        || matches!(c, '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{97f}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        assert_eq!(fold("  L’Article — « Été »!* "), "larticle ete");
        assert_eq!(fold("LEAVE A REPLY\u{a0}Cancel"), "leave a reply cancel");
        assert_eq!(fold("a  b c\u{2013}d, e. "), "a b c d e");
        assert_eq!(
            fold("The Keeper of the Light LIT  the lamp on Sunday, and the boats "),
            "the keeper of the light lit the lamp on sunday and the boats"
        );
        assert_eq!(fold("Straße ÷ Œuvre Ø5 ²"), "strasse oeuvre o5 ²");
        assert_eq!(
            fold("Ещё ЁЖ й 中文（한국） عربـي"),
            "еще еж й 中文 한국 عربـي"
        );
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&[Kind]>) {
        let lexicon = Lexicon::new(
            &[
                (1, &["Leave a reply", "コメントを残す"]),
                (2, &["Leave", "Reply", "Cancel reply"]),
            ],
            false,
        );
        assert_eq!(lexicon.tile(&fold(text)).as_deref(), expected);
    }

    #[test]
    fn tiling() {
        check("LEAVE A REPLY Cancel reply", Some(&[1, 2]));
        check("Leave a reply 93", Some(&[1, NUMBER]));
        check("Leave reply", Some(&[2, 2]));
        check("Leave a replying machine", None);
        check("コメントを残すコメントを残す", Some(&[1, 1]));
        check("", None);
    }

    #[test]
    fn glued_tiling() {
        let lexicon = Lexicon::new(&[(1, &["facebook", "twitter"])], true);
        assert_eq!(lexicon.tile("facebooktwitter"), Some(vec![1, 1]));
    }

    #[test]
    fn words_start_words() {
        let stems = Stems::new(&["édit", "-feed"]);
        assert!(stems.any("this was not edited"));
        assert!(!stems.any("a credited writer"));
        assert!(stems.any("agenturfeed") && !stems.any_word("edited"));
    }
}
