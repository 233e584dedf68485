//! Turns a [`Text`] into text as a person reads it, for places where a format has no markup.
//!
//! It does not lay out: a block's end becomes a line break, and that is all. It is linear in the
//! text, because it only splits HTML into tokens and never builds a tree.

use crate::model::{Text, TextKind};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// A text without markup: text as it is, HTML without its tags and with its references resolved.
#[must_use]
pub fn plain(text: &Text) -> Cow<'_, str> {
    match text.kind {
        TextKind::Html if text.value.contains(['<', '&']) => Cow::Owned(strip(&text.value)),
        _ => Cow::Borrowed(&text.value),
    }
}

fn strip(html: &str) -> String {
    let tokenizer = Tokenizer::new(
        Words::default(),
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
    tokenizer.sink.text.into_inner().trim().to_owned()
}

/// Keeps the characters and forgets the rest.
#[derive(Default)]
struct Words {
    text: RefCell<String>,
    /// Inside `script` or `style`, whose characters nobody reads.
    silent: Cell<bool>,
}

impl TokenSink for Words {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(characters) if !self.silent.get() => {
                let mut text = self.text.borrow_mut();
                // White space between blocks is the markup's, not the text's.
                let at_line_start = text.is_empty() || text.ends_with('\n');
                text.push_str(if at_line_start {
                    characters.trim_start()
                } else {
                    &characters
                });
            }
            Token::TagToken(tag) => {
                if matches!(&*tag.name, "script" | "style") {
                    self.silent
                        .set(tag.kind == TagKind::StartTag && !tag.self_closing);
                } else if breaks_line(&tag.name) {
                    let mut text = self.text.borrow_mut();
                    if !text.is_empty() && !text.ends_with('\n') {
                        text.push('\n');
                    }
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn breaks_line(tag: &str) -> bool {
    matches!(
        tag,
        "br" | "p"
            | "div"
            | "li"
            | "tr"
            | "blockquote"
            | "pre"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(plain(&Text::html(html)), expected);
    }

    #[test]
    fn markup_goes_and_references_are_resolved() {
        check(
            "AT&amp;T <b>bold</b> &lt;tag&gt; &eacute;",
            "AT&T bold <tag> é",
        );
    }

    #[test]
    fn blocks_are_lines() {
        check("<p>One</p>\n<p>Two<br>Three</p>", "One\nTwo\nThree");
    }

    #[test]
    fn what_nobody_reads_is_no_text() {
        check("a<script>b</script><style>c</style><!-- d -->e", "ae");
    }

    #[test]
    fn text_is_left_alone() {
        assert_eq!(plain(&Text::plain("a <b> &amp; c")), "a <b> &amp; c");
    }
}
