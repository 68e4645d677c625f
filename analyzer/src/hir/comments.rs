//! The comments of a text, for tools that read instructions in them.

use std::ops::Range;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

/// Where the comments are, `#` included, in order. What only looks like a comment inside a string is none.
pub fn comments(text: &str, notebook: bool) -> Vec<Range<usize>> {
    let kind = if notebook { PySourceType::Ipynb } else { PySourceType::Python };
    let parsed = parse_unchecked(text, ParseOptions::from(kind));
    let comments = parsed.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
    comments.map(|token| token.start().to_usize()..token.end().to_usize()).collect()
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn a_hash_in_a_string_is_no_comment() {
        let text = "x = '# no'  # yes\n";
        assert_eq!(comments(text, false).into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["# yes"]);
    }
}
