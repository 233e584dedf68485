//! The order in which a document named the parts of a feed or an entry.

use serde::{Deserialize, Serialize};

/// What a child element of a feed or an entry stands for, as far as its place among the others goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Part {
    /// The title.
    Title = b't',
    /// One of the links that are no enclosure.
    Link = b'l',
    /// The id.
    Id = b'i',
    /// An author.
    Author = b'a',
    /// A contributor.
    Contributor = b'o',
    /// RSS `webMaster`.
    Publisher = b'w',
    /// The date of publication.
    Published = b'p',
    /// The date of the last change.
    Updated = b'u',
    /// A feed's description, an entry's summary; RSS `description` also where it is all the content there is.
    Summary = b's',
    /// The content.
    Content = b'c',
    /// A category.
    Category = b'k',
    /// An enclosure.
    Enclosure = b'e',
    /// The page of reader comments.
    Comments = b'm',
    /// The feed that an entry came from.
    Source = b'f',
    /// The rights.
    Rights = b'r',
    /// The language.
    Language = b'n',
    /// The program that wrote the feed.
    Generator = b'g',
    /// The picture.
    Image = b'h',
    /// The icon.
    Icon = b'j',
    /// RSS `ttl`.
    Ttl = b'y',
    /// RSS `skipHours`.
    SkipHours = b'z',
    /// RSS `skipDays`.
    SkipDays = b'd',
    /// Any other element.
    Extension = b'x',
}

/// The order in which a document named things: readers that take the first or the last of several
/// titles, bodies or pictures see another one if these change places. Empty where there was none (JSON).
///
/// The *n*th [`Part::Extension`] is the *n*th of the extensions, and so for all others. It is a wish
/// for the output: a part may be missing from the order or from the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Order(String);

impl TryFrom<String> for Order {
    type Error = &'static str;

    fn try_from(letters: String) -> Result<Self, Self::Error> {
        // The letters of `Part`.
        const PARTS: &str = "tliaowpusckemfrnghjyzdx";
        if letters.chars().all(|letter| PARTS.contains(letter)) {
            Ok(Self(letters))
        } else {
            Err("an order is made of the letters of parts")
        }
    }
}

impl From<Order> for String {
    fn from(order: Order) -> Self {
        order.0
    }
}

impl Order {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes room for that many more.
    pub fn reserve(&mut self, count: usize) {
        self.0.reserve_exact(count);
    }

    /// Adds what the document named next.
    pub fn push(&mut self, part: Part) {
        self.0.push(char::from(part as u8));
    }

    /// Whether the document named a part at all.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        self.0.as_bytes().contains(&(part as u8))
    }

    /// The letters: a `char::from(part as u8)` for each naming.
    #[must_use]
    pub fn letters(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Forgets what is more than that many namings of a part.
    pub fn limit(&mut self, part: Part, count: usize) {
        let mut seen = 0;
        self.0.retain(|letter| {
            seen += usize::from(letter == char::from(part as u8));
            letter != char::from(part as u8) || seen <= count
        });
    }

    /// Forgets those namings of a part that do not stay; `stays` has a value for each, and those past its end stay.
    pub fn retain(&mut self, part: Part, stays: &[bool]) {
        let mut stays = stays.iter();
        self.0.retain(|letter| {
            letter != char::from(part as u8) || stays.next().copied().unwrap_or(true)
        });
    }
}
