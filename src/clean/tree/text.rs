//! The text of markup without a tree, for what is too long or too deep for one.
//!
//! Invariant: it takes linear time, whatever it is given.

use super::super::kinds::is_block;
use super::carried;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
    states::RawKind,
};
use std::cell::RefCell;

/// All text of a fragment, in linear time and without a tree; blocks end lines. The text of scripts and styles is none.
pub(in crate::clean) fn text_of(html: &str) -> String {
    if html.len() > TOKENIZED_BYTES_MAX {
        return text_between_tags(html);
    }
    tokenized(html)
}

/// What is longer is read by a plain scan, since a tokenizer is quadratic in the attributes of a tag.
const TOKENIZED_BYTES_MAX: usize = 64 * 1024;

/// The text between tags, each piece with its references resolved. A `>` inside an attribute ends the tag too
/// early, which shows too much rather than too little.
fn text_between_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        resolve_into(&mut out, text);
        let end = match tag.as_bytes().get(1) {
            Some(b'!' | b'?' | b'/') => tag.find('>'),
            Some(c) if c.is_ascii_alphabetic() => tag.find('>'),
            _ => Some(0),
        };
        let end = end.map_or(tag.len(), |end| end + 1);
        out.push_str(if end == 1 { "<" } else { "\n" });
        let name = tag.get(1..7).unwrap_or_default().to_ascii_lowercase();
        rest = &tag[end..];
        let close = if name == "script" {
            "</script"
        } else if name.starts_with("style") {
            "</style"
        } else {
            ""
        };
        if !close.is_empty() {
            rest = rest.find(close).map_or("", |at| &rest[at..]);
        }
    }
    resolve_into(&mut out, rest);
    carried(&out).into_owned()
}

fn resolve_into(out: &mut String, text: &str) {
    if text.contains('&') {
        out.push_str(&tokenized(text));
    } else {
        out.push_str(text);
    }
}

fn tokenized(html: &str) -> String {
    let sink = TextSink::default();
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // It only pauses for scripts, which this sink never reports.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let text = tokenizer.sink.text.into_inner();
    carried(&text).into_owned()
}

#[derive(Default)]
struct TextSink {
    text: RefCell<String>,
    hidden: RefCell<bool>,
}

impl TokenSink for TextSink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) if !*self.hidden.borrow() => {
                self.text.borrow_mut().push_str(&text);
            }
            Token::TagToken(tag) => return self.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl TextSink {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if name == "br" || is_block(name) {
            self.text.borrow_mut().push('\n');
        }
        *self.hidden.borrow_mut() = false;
        if tag.kind == TagKind::StartTag && matches!(name, "script" | "style") {
            *self.hidden.borrow_mut() = true;
            return TokenSinkResult::RawData(RawKind::Rawtext);
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::super::collapse;
    use super::*;

    #[test]
    fn text_without_a_tree() {
        let html = "<p>One &amp; two</p><script>var x = '<p>no</p>';</script><p>three";
        assert_eq!(collapse(&text_of(html)), "One & two three");
    }
}
