//! What a document's labels say of its encoding: the charset of its `Content-Type`, its XML declaration.
//!
//! Believes none of them; `decode` weighs them against the bytes.

use crate::model::Warning;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How far from the start an XML declaration is looked for, in bytes; PHP warnings may stand before it.
const DECLARATION_BYTES_MAX: usize = 4 * 1024;

/// The encoding of a label, and of the misspellings that feeds have for them.
pub(super) fn known(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']);
    Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| {
        let plain: String = label
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match plain.as_str() {
            "utf8" | "utf8n" | "unicode" | "utf" => Some(UTF_8),
            "latin" | "latin1" | "ascii" | "ansi" => Some(WINDOWS_1252),
            _ => Encoding::for_label_no_replacement(plain.as_bytes()),
        }
    })
}

/// A warning for each label that names another encoding. Labels of pure ASCII text are all right.
pub(super) fn warn_of_labels(
    labels: &[Option<&str>],
    actual: &'static Encoding,
    told: bool,
    warnings: &mut Vec<Warning>,
) {
    if !told {
        return;
    }
    for (label, place) in labels
        .iter()
        .zip(["the Content-Type", "the XML declaration"])
    {
        let Some(label) = label else { continue };
        match known(label) {
            Some(encoding) if encoding == actual => {}
            // UTF-16 in the declaration of a document that is none is a leftover of a conversion.
            _ => warnings.push(Warning::new(
                format!(
                    "{place} says {label:?}, but the document is {}",
                    actual.name()
                ),
                None,
            )),
        }
    }
}

/// The charset parameter of a `Content-Type` (RFC 9110 §8.3.2), quoted or not.
pub(super) fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The encoding that the XML declaration names (XML 1.0 §4.3.3).
pub(super) fn declaration(body: &[u8]) -> Option<String> {
    let head = &body[..body.len().min(DECLARATION_BYTES_MAX)];
    let from = head.windows(5).position(|word| word == b"<?xml")?;
    let end = head[from..].iter().position(|b| *b == b'>')?;
    let declaration: String = head[from..from + end]
        .iter()
        .map(|b| char::from(*b))
        .collect();
    let value = declaration[declaration.find("encoding")? + "encoding".len()..].trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_of_a_content_type() {
        let charset = |header| charset(header).unwrap_or_default();
        assert_eq!(charset("text/xml; charset=utf-8"), "utf-8");
        assert_eq!(charset("text/xml;q=1;Charset = 'koi8-r' "), "koi8-r");
        assert_eq!(charset("text/xml; charset="), "");
        assert_eq!(charset("text/xml"), "");
    }

    #[test]
    fn encodings_that_a_declaration_names() {
        let declared = |body: &str| declaration(body.as_bytes()).unwrap_or_default();
        assert_eq!(declared("<?xml version='1.0' encoding = \"x\"?>"), "x");
        assert_eq!(declared("Warning\n<?xml encoding='x'?>"), "x");
        assert_eq!(declared("<?xml version='1.0'?><a encoding='x'/>"), "");
    }

    #[test]
    fn labels_are_known_in_their_misspellings() {
        assert_eq!(known("\"UTF_8\""), Some(UTF_8));
        assert_eq!(known("ANSI"), Some(WINDOWS_1252));
        assert_eq!(known("nonsense"), None);
    }
}
