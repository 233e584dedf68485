//! The whole of washing as one pure function: bytes in, raw feed, clean feed and all that lies between out.
//!
//! It fetches nothing and stores nothing. Its one failure is "this is not a feed".

use crate::model::{Response, Rules, Washed};
use crate::parse::ParseError;
use crate::{clean, decode, identity, parse};

/// Reads a document and washes it.
///
/// # Errors
///
/// When the document is no feed. It heals only by the publisher's doing.
pub fn wash(response: &Response, rules: &Rules) -> Result<Washed, ParseError> {
    let decoded = decode::decode(response);
    let (mut raw, mut warnings) = parse::parse(&decoded.text, response.url.as_deref())?;
    warnings.extend(decoded.warnings);
    warnings.extend(identity::assign(&mut raw));
    let (clean, removals, more) = clean::feed(&raw, rules);
    warnings.extend(more);
    Ok(Washed {
        raw,
        clean,
        removals,
        warnings,
    })
}
