//! How months begin, in the languages that feeds are written in, and the weekdays that begin alike.
//!
//! Only the beginnings are listed, so that a row stands for every case and abbreviation of a name.
//! Where two languages disagree the one with more writers wins: `listopad` is Polish and Czech for
//! November, not Croatian for October.

use super::calendar::Calendar;

/// A month of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    /// From 1.
    pub(super) number: i8,
    pub(super) calendar: Calendar,
}

/// Months by how they begin in lower case; the longest fit counts. Each row: English and its
/// borrowers, then Germanic, Romance, Slavic, Baltic, Finno-Ugric, Turkic and Celtic languages and
/// Albanian; Greek; Cyrillic; Hebrew; Arabic and Persian; Indian languages; Georgian and Armenian.
const GREGORIAN: [&str; 12] = [
    "jan jän jaan gen ene sty led sij saus tammi ian oca yan ion janar ιαν янв јан ян січ студ ינו \
     ينا جانف ژانو كانون2 जन জান იან հունվ",
    "feb fév fev veebr lut úno vel vas helmi şub sub fubr chwe shk φεβ фев феб лют פבר \
     فبر فيف فور شباط फ़र फर ফেব თებ փետ",
    "mar mär maart mrt mac már bře brez ožu kov maalis maw μαρ μάρ мар бер сак מרץ מרס \
     مار آذار मार মার მარ մար",
    "apr avr abr kwi ápr dub tra bal huhti nis ebr pri απρ апр кві крас אפר \
     أبر ابر إبر أفر آور نيس अप এপ აპრ ապր",
    "may mai maj mag mei maí máj kvě svi geg touko μαι μάι μαϊ μαΐ мая май мај тра מאי \
     ماي مايو أيار مه مه\u{654} मई মে მაი մայ",
    "jun juin juu giu cze čer jún jūn iun iyun haz kesä lipnj lipanj birž meh qer ιουν ιούν июн \
     юн јун чер чэр יונ يون جوان حزي ژوئن जून জুন ივნ հունի",
    "jul juil juul lug lip červenec července čvc júl jūl iul iyul tem heinä srpnj srpanj liep gor \
     kor ιουλ ιούλ июл юл јул лип ліп יול يول جوي جول تمو ژوئی जुल জুল ივლ հուլ",
    "aug aoû aou ago sie srp ağu agu avg avq aŭg ágú ogos elo kolo rugp aws gus αυγ αύγ авг сер \
     жні אוג أغس اغس أوت آب اوت آگو अग আগ აგვ օգս",
    "sep set wrz zář szept ruj rugs eyl syys medi sht σεπ сен сеп вер ספט \
     سبت أيلول سپت सित সেপ სექ սեպ",
    "oct okt out ott paź paz říj eki oks loka spa hyd tet οκτ окт жов кас אוק \
     أكت اكت تشرين اکت अक অক ოქტ հոկ",
    "nov nóv nop lis kas lap marras noi noy noe stud tach nën νοε νοέ ноя ное лис ліс נוב \
     نوف نوا नव নভ ნოე նոյ",
    "dec dez déc des dis dets dic gru pro ara joulu dek rhag dhj δεκ дек гру сне דצמ \
     ديس دجم كانون دسا दिस ডিস დეკ դեկ",
];

/// Thai months, short and long.
const THAI: [&str; 12] = [
    "มกรา ม.ค",
    "กุมภา ก.พ",
    "มีนา มี.ค",
    "เมษา เม.ย",
    "พฤษภา พ.ค",
    "มิถุนา มิ.ย",
    "กรกฎา ก.ค",
    "สิงหา ส.ค",
    "กันยา ก.ย",
    "ตุลา ต.ค",
    "พฤศจิกา พ.ย",
    "ธันวา ธ.ค",
];

/// Months of Iran's solar calendar.
const JALALI: [&str; 12] = [
    "فروردین فروردين",
    "اردیبهشت ارديبهشت",
    "خرداد",
    "تیر تير",
    "مرداد امرداد",
    "شهریور شهريور",
    "مهر",
    "آبان",
    "آذر\u{200c} آذر",
    "دی دي",
    "بهمن",
    "اسفند",
];

/// The month that a word in lower case begins like.
pub(super) fn month(word: &str) -> Option<Month> {
    // What nine of ten words are.
    if let Some(number) = english(word) {
        return Some(Month {
            number,
            calendar: Calendar::Gregorian,
        });
    }
    // A whole name of Iran's calendar counts before the beginning of an Arabic one.
    let exact = |names: &str| names.split(' ').any(|name| name == word);
    if let Some(number) = (1_i8..).zip(JALALI).find(|(_, names)| exact(names)) {
        return Some(Month {
            number: number.0,
            calendar: Calendar::Jalali,
        });
    }
    longest(&GREGORIAN, word)
        .map(|number| (number, Calendar::Gregorian))
        .or_else(|| longest(&THAI, word).map(|number| (number, Calendar::Thai)))
        // Hebrew writes “in” onto the name: בינואר.
        .or_else(|| {
            let bare = word.strip_prefix('ב')?;
            longest(&GREGORIAN, bare).map(|number| (number, Calendar::Gregorian))
        })
        .map(|(number, calendar)| Month { number, calendar })
}

fn english(word: &str) -> Option<i8> {
    Some(match word {
        "jan" => 1,
        "feb" => 2,
        "mar" => 3,
        "apr" => 4,
        "may" => 5,
        "jun" => 6,
        "jul" => 7,
        "aug" => 8,
        "sep" | "sept" => 9,
        "oct" => 10,
        "nov" => 11,
        "dec" => 12,
        _ => return None,
    })
}

fn longest(table: &[&str; 12], word: &str) -> Option<i8> {
    let fits = (1_i8..).zip(table).flat_map(|(number, stems)| {
        stems
            .split(' ')
            .filter(|stem| word.starts_with(*stem))
            .map(move |stem| (stem.len(), number))
    });
    fits.max_by_key(|(length, _)| *length)
        .map(|(_, number)| number)
}

/// Whether a word is a weekday that a month's name in some language begins like: `martes`, `mardi`,
/// `pazar`, `середа`, `subota`.
pub(super) fn is_weekday(word: &str) -> bool {
    const BEGIN: &[&str] = &[
        "martes",
        "marted",
        "mardi",
        "marț",
        "marţ",
        "marti",
        "martë",
        "pazar",
        "серед",
        "субот",
        "subot",
        "mercoled",
        "miercuri",
        "thứ",
    ];
    matches!(word, "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")
        || BEGIN.iter().any(|begin| word.starts_with(begin))
}
