//! The small grammars that several formats refer to.

/// An IRI (RFC 3987 §2.2): a scheme, and only characters that may stand in one.
pub(crate) fn is_iri(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    text.len() > scheme.len() + 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && text.chars().all(is_iri_character)
}

fn is_iri_character(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !r#"<>"{}|\^`"#.contains(c)
}

/// BCP 47 (RFC 5646 §2.1), without asking the registry.
pub(crate) fn is_language(text: &str) -> bool {
    let first = text.split('-').next().unwrap_or_default();
    let is_language = matches!(first.len(), 2 | 3) || matches!(first, "i" | "x") && text.len() > 2;
    is_language
        && first.chars().all(|c| c.is_ascii_alphabetic())
        && text.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// A media type (RFC 6838 §4.2), perhaps with parameters.
pub(crate) fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence.split_once('/').is_some_and(|(kind, sub)| {
        [kind, sub].iter().all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+*".contains(c))
        })
    })
}

/// An address to write to, as far as RFC 5322's `addr-spec` is used in life.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text
                .contains(|c: char| c.is_whitespace() || c.is_control() || "()<>,;\"".contains(c))
    })
}
