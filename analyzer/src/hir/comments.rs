//! The comments of a text, for tools that read instructions in them, and the commands that notebooks allow in it.

use std::borrow::Cow;
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

/// A notebook's code without its `%magic` and `!shell` commands: `...` stands for each, and every byte keeps its place.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '!', '?']) {
        return Cow::Borrowed(text);
    }
    let parsed = parse_unchecked(text, ParseOptions::from(PySourceType::Ipynb));
    let mut bytes = text.as_bytes().to_vec();
    for token in parsed.tokens().iter() {
        let range = match token.kind() {
            TokenKind::IpyEscapeCommand => token.start().to_usize()..token.end().to_usize(),
            // `x?` asks for help: the whole line is the command.
            TokenKind::Question => line_around(text, token.start().to_usize()),
            _ => continue,
        };
        let command = &mut bytes[range];
        let stand_in: &[u8] = if command.len() < 3 { b"0" } else { b"..." };
        for at in 0..command.len() {
            // A command may go on after a backslash at the end of its line.
            let continues = command[at] == b'\\' && matches!(command.get(at + 1), Some(b'\n' | b'\r'));
            if !continues && !matches!(command[at], b'\n' | b'\r') {
                command[at] = stand_in.get(at).copied().unwrap_or(b' ');
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length);
    start..end
}

#[cfg(test)]
mod tests {
    use super::{comments, without_commands};

    #[test]
    fn commands_of_notebooks_give_way_to_python() {
        let text = "%matplotlib inline\nx = !ls é\ny = 7 % 2\nx?\n";
        assert_eq!(without_commands(text), "...               \nx = ...   \ny = 7 % 2\n0 \n");
        assert_eq!(without_commands("a = b % c\n"), "a = b % c\n");
    }

    #[test]
    fn a_hash_in_a_string_is_no_comment() {
        let text = "x = '# no'  # yes\n";
        assert_eq!(
            comments(text, false).into_iter().map(|range| &text[range]).collect::<Vec<_>>(),
            ["# yes"]
        );
    }
}
