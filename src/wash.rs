//! Bytes to clean feed, as one pure function: decode, parse, identify, clean, learn.
//!
//! Does no I/O and asks no clock. Its one failure is "this is not a feed".

use crate::learn::{self, Counts};
use crate::model::{Feed, Response, Rules, Sighting, Washed};
use crate::parse::ParseError;
use crate::{clean, decode, identity, parse};

/// Reads a document and takes the debris out of it.
///
/// # Errors
/// [`ParseError`] where the bytes are no feed; that heals when the publisher serves one.
pub fn wash(response: &Response, rules: &Rules) -> Result<Washed, ParseError> {
    let read = read(response)?;
    let mut washed = clean(read.raw, rules);
    washed.warnings.splice(0..0, read.warnings);
    Ok(washed)
}

/// The second half of [`wash`]: takes the debris out of a feed that was read. What its entries repeat
/// is learnt from all of them, together with what `rules` know of the outlet already.
#[must_use]
pub fn clean(raw: Feed, rules: &Rules) -> Washed {
    let (mut clean, head, mut done) = clean::feed(&raw, rules);
    let mut counts = Counts::default();
    for done in &done {
        counts.add(&done.sightings);
    }
    let news = learn::boilerplate(&counts);
    let is_news = |sighting: &Sighting| {
        news.repeats.contains_key(&sighting.print)
            && !rules.boilerplate.repeats.contains_key(&sighting.print)
    };
    let taught: Vec<usize> = (0..done.len())
        .filter(|at| done[*at].sightings.iter().any(is_news))
        .collect();
    if !taught.is_empty() {
        let mut rules = rules.clone();
        rules.boilerplate.repeats.extend(&news.repeats);
        let washer = clean::Washer::new(&raw, &rules);
        for at in taught {
            (clean.entries[at], done[at]) = washer.entry(&raw.entries[at]);
        }
    }
    let mut washed = Washed {
        clean,
        removals: head.removals,
        warnings: head.warnings,
        ..Washed::default()
    };
    for done in done {
        washed.removals.extend(done.removals);
        washed.warnings.extend(done.warnings);
        washed.sightings.push(done.sightings);
    }
    washed.raw = raw;
    washed
}

/// The first half of [`wash`]: reads a document and takes nothing out, so `clean` stays empty.
///
/// # Errors
/// As [`wash`].
pub fn read(response: &Response) -> Result<Washed, ParseError> {
    let decoded = decode::decode(response);
    let (mut raw, mut warnings) = parse::parse(&decoded.text, response.url.as_deref())?;
    warnings.splice(0..0, decoded.warnings);
    warnings.extend(identity::assign(&mut raw));
    for warning in &mut warnings {
        let entry = warning.entry_index.take().and_then(|i| raw.entries.get(i));
        warning.entry = entry
            .map(|entry| entry.key.clone())
            .or(warning.entry.take());
    }
    Ok(Washed {
        raw,
        warnings,
        ..Washed::default()
    })
}
