//! HTML written as XHTML, for Atom's `type="xhtml"` (RFC 4287 §3.1.1.3).
//!
//! Only what came as XHTML goes out as it, and that is balanced already, so this splits HTML into
//! tags and never builds a tree. What does not fit (tags that do not pair, names that are none, SVG
//! and MathML, whose names HTML's tokenizer folds) is `None`, and the writer says `html` instead.
//!
//! Invariant: what comes out is one well-formed `div`; time is linear in the text.

use super::{names, xml};
use crate::markup::VOID;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// A fragment of HTML in the `div` that Atom wants around it.
pub(super) fn div(html: &str) -> Option<String> {
    let mut out = String::with_capacity(html.len() + 64);
    out.push_str("<div");
    xml::push_attribute(&mut out, "xmlns", names::XHTML);
    out.push('>');
    let writer = Writer(RefCell::new(State {
        out,
        open: Vec::new(),
        fits: true,
    }));
    let tokenizer = Tokenizer::new(
        writer,
        TokenizerOpts {
            // A field is no document: what is a mark there is a character here.
            discard_bom: false,
            ..TokenizerOpts::default()
        },
    );
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.out.push_str("</div>");
    (state.fits && state.open.is_empty()).then_some(state.out)
}

struct Writer(RefCell<State>);

struct State {
    out: String,
    open: Vec<String>,
    fits: bool,
}

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => xml::push_text(&mut state.out, &text),
            Token::TagToken(tag) => return state.tag(&tag),
            // A comment, a DOCTYPE: nothing that a reader would see.
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_plain || matches!(name, "svg" | "math" | "plaintext") {
            self.fits = false;
        }
        let is_void = VOID.contains(&name);
        match tag.kind {
            TagKind::EndTag if is_void => {}
            TagKind::EndTag => {
                self.fits &= self.open.pop().is_some_and(|open| open == name);
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
            TagKind::StartTag => {
                self.out.push('<');
                self.out.push_str(name);
                self.attributes(tag);
                if is_void {
                    self.out.push_str("/>");
                } else {
                    self.out.push('>');
                    self.open.push(name.to_owned());
                    return text_of(name);
                }
            }
        }
        TokenSinkResult::Continue
    }

    fn attributes(&mut self, tag: &Tag) {
        for attribute in &tag.attrs {
            let name = &*attribute.name.local;
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
                && name != "xmlns";
            self.fits &= is_name;
            xml::push_attribute(&mut self.out, name, &attribute.value);
        }
    }
}

/// How the text inside an element is read (HTML standard §13.2.6.4, the tokenizer's states).
fn text_of(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: Option<&str>) {
        let expected = expected
            .map(|inner| format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>"));
        assert_eq!(div(html), expected);
    }

    #[test]
    fn html_becomes_xml() {
        check(
            "<p title=\"a&amp;b\">a<br>b &lt; &eacute;</p>",
            Some("<p title=\"a&amp;b\">a<br/>b &lt; é</p>"),
        );
        check("<IMG src=x hidden>", Some("<img src=\"x\" hidden=\"\"/>"));
        check(
            "<script>a < b</script><!-- c -->",
            Some("<script>a &lt; b</script>"),
        );
        check("a\0\u{1}b", Some("ab"));
    }

    #[test]
    fn what_is_not_balanced_does_not_fit() {
        check("<p>a", None);
        check("a</p>", None);
        check("<b><i>a</b></i>", None);
    }

    #[test]
    fn what_xml_would_not_take_does_not_fit() {
        check("<p a:b=c>a</p>", None);
        check("<p \"=c>a</p>", None);
        check("<svg viewBox=\"0\"></svg>", None);
        check("<o:p></o:p>", None);
    }
}
