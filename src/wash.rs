//! Bytes to clean feed, as one pure function: decode, parse, identify, clean.
//!
//! Does no I/O and asks no clock. Its one failure is "this is not a feed".

use crate::model::{Feed, Response, Rules, Washed};
use crate::parse::ParseError;
use crate::{clean, decode, identity, parse};

/// Reads a document and takes the debris out of it.
///
/// # Errors
/// [`ParseError`] where the bytes are no feed; that heals when the publisher serves one.
pub fn wash(response: &Response, rules: &Rules) -> Result<Washed, ParseError> {
    let mut washed = read(response)?;
    let (clean, removals, warnings) = clean::feed(&washed.raw, rules);
    washed.clean = clean;
    washed.removals = removals;
    washed.warnings.extend(warnings);
    Ok(washed)
}

/// Reads a document as its publisher gave it: no id is made, and none is told from its double.
///
/// # Errors
/// As [`wash`].
pub fn as_given(response: &Response) -> Result<Feed, ParseError> {
    let decoded = decode::decode(response);
    let (feed, _) = parse::parse(&decoded.text, response.url.as_deref())?;
    Ok(feed)
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
