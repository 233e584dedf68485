//! What an element is to a reader, by its name: whether it begins a line, is unseen, shows something, quotes somebody.

/// Elements that begin and end a line of their own (HTML §15.3, "display: block" and the table and list kinds).
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "button"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "label"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "textarea"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

/// Elements whose text nobody sees.
pub(super) fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "template"
            | "head"
            | "title"
            | "svg"
            | "noembed"
            | "noframes"
            | "datalist"
    )
}

/// Elements that show something without having text.
pub(super) fn is_medium(name: &str) -> bool {
    matches!(
        name,
        "img"
            | "image"
            | "iframe"
            | "video"
            | "audio"
            | "embed"
            | "object"
            | "canvas"
            | "math"
            | "picture"
    )
}

/// Elements whose text somebody quotes: code, sources, the words of others.
pub(super) fn is_quote(name: &str) -> bool {
    matches!(
        name,
        "pre" | "code" | "samp" | "kbd" | "blockquote" | "q" | "xmp" | "listing" | "plaintext"
    )
}

/// Elements that stand in a list.
pub(super) fn is_item(name: &str) -> bool {
    matches!(name, "li" | "dd" | "dt")
}
