//! Reading small pieces of source text for edits: the arguments of a call, brackets, strings.
//!
//! A scan of bytes that follows quotes and brackets; what it cannot be sure of it does not answer.

use crate::hir::source_map::Span;

/// One argument of a call, by byte offsets into the text that was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Argument<'a> {
    /// The whole argument, `name=` included.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: Option<&'a str>,
    /// Where the value starts.
    pub(super) value: usize,
}

/// Where the argument list of a call's text opens, and the arguments. The text ends with the call's `)`.
pub(super) fn arguments(text: &str) -> Option<(usize, Vec<Argument<'_>>)> {
    let marks = marks(text)?;
    let close = marks.iter().rposition(|mark| mark.byte == b')' && mark.depth == 0)?;
    if marks[close].at + 1 != text.len() {
        return None;
    }
    let open = marks[..close].iter().rposition(|mark| mark.byte == b'(' && mark.depth == 0)?;
    let mut cuts = vec![marks[open].at];
    cuts.extend(
        marks[open..close].iter().filter(|mark| mark.byte == b',' && mark.depth == 1).map(|mark| mark.at),
    );
    cuts.push(marks[close].at);
    let pieces = cuts.windows(2).filter_map(|pair| argument(text, pair[0] + 1, pair[1]));
    Some((marks[open].at, pieces.collect()))
}

fn argument(text: &str, start: usize, end: usize) -> Option<Argument<'_>> {
    let piece = &text[start..end];
    let start = start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    if start == end {
        return None;
    }
    let piece = &text[start..end];
    let equals = piece.find('=').filter(|at| {
        let name = piece[..*at].trim();
        is_name(name) && !piece[at + 1..].starts_with('=')
    });
    Some(match equals {
        Some(at) => {
            let after = &piece[at + 1..];
            let value = start + at + 1 + (after.len() - after.trim_start().len());
            Argument { start, end, name: Some(piece[..at].trim()), value }
        }
        None => Argument { start, end, name: None, value: start },
    })
}

/// What to delete to leave an argument out, with one of the commas beside it.
pub(super) fn without(text: &str, arguments: &[Argument<'_>], index: usize) -> Option<(usize, usize)> {
    let argument = arguments.get(index)?;
    match index.checked_sub(1).and_then(|before| arguments.get(before)) {
        Some(before) => Some((before.end, argument.end)),
        None => {
            let end = arguments.get(1).map_or(argument.end, |next| next.start);
            let end = if end == argument.end && text[end..].starts_with(',') { end + 1 } else { end };
            Some((argument.start, end))
        }
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|char| char.is_alphanumeric() || char == '_')
}

/// A name, or names joined by dots.
pub(super) fn is_path(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(is_name)
}

/// The names in a text, by offsets, outside of strings and comments. `None` where an f-string may hold more.
pub(super) fn names(text: &str) -> Option<Vec<(usize, usize)>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'"' | b'\'' => at = string_end(bytes, at)?,
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                let rest = &text[at..];
                let end =
                    rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
                if end == 0 {
                    at += rest.chars().next().map_or(1, char::len_utf8);
                    continue;
                }
                let quoted = matches!(bytes.get(at + end), Some(b'"' | b'\''));
                if quoted && rest[..end].eq_ignore_ascii_case("f") {
                    return None;
                }
                found.push((at, at + end));
                at += end;
            }
            byte if byte.is_ascii_digit() => {
                let rest = &text[at..];
                at += rest.find(|char: char| !char.is_alphanumeric()).unwrap_or(rest.len());
            }
            _ => at += 1,
        }
    }
    Some(found)
}

struct Mark {
    at: usize,
    byte: u8,
    /// How many brackets are open around it.
    depth: usize,
}

/// Brackets and commas outside of strings. `None` where brackets or quotes do not match, or at a comment.
fn marks(text: &str) -> Option<Vec<Mark>> {
    let bytes = text.as_bytes();
    let mut marks = Vec::new();
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => return None,
            b'"' | b'\'' => {
                at = string_end(bytes, at)?;
                continue;
            }
            byte @ (b'(' | b'[' | b'{') => {
                marks.push(Mark { at, byte, depth: open.len() });
                open.push(byte);
            }
            byte @ (b')' | b']' | b'}') => {
                let fits = matches!((open.pop()?, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
                if !fits {
                    return None;
                }
                marks.push(Mark { at, byte, depth: open.len() });
            }
            b',' => marks.push(Mark { at, byte: b',', depth: open.len() }),
            _ => {}
        }
        at += 1;
    }
    open.is_empty().then_some(marks)
}

/// The offset after a string that starts at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let triple = bytes.get(at..at + 3).is_some_and(|three| three.iter().all(|byte| *byte == quote));
    let width = if triple { 3 } else { 1 };
    let mut end = at + width;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            byte if byte == quote
                && (!triple
                    || bytes
                        .get(end..end + 3)
                        .is_some_and(|three| three.iter().all(|byte| *byte == quote))) =>
            {
                return Some(end + width);
            }
            b'\n' if !triple => return None,
            _ => end += 1,
        }
    }
    None
}

/// The bracket that closes the one at the start of the text.
pub(super) fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The part of a span of the file that these offsets into its text mean.
pub(super) fn part(span: Span, start: usize, end: usize) -> Span {
    let offset = |at: usize| span.start + u32::try_from(at).unwrap_or(0);
    Span::new(offset(start), offset(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(Option<&str>, &str)> {
        let (_, arguments) = arguments(text).unwrap();
        arguments.iter().map(|argument| (argument.name, &text[argument.value..argument.end])).collect()
    }

    #[test]
    fn the_arguments_of_the_last_call_are_found() {
        assert_eq!(texts("f(1)(a, key = [b, c])"), [(None, "a"), (Some("key"), "[b, c]")]);
        assert_eq!(texts("print('a, b)', end=\"\")"), [(None, "'a, b)'"), (Some("end"), "\"\"")]);
        assert_eq!(texts("f(a == b)"), [(None, "a == b")]);
    }

    #[test]
    fn an_argument_goes_with_one_comma() {
        let gone = |text: &str, index: usize| {
            let (_, arguments) = arguments(text).unwrap();
            let (start, end) = without(text, &arguments, index).unwrap();
            format!("{}{}", &text[..start], &text[end..])
        };
        assert_eq!(gone("print(n, end='')", 1), "print(n)");
        assert_eq!(gone("njit(nopython=True, cache=True)", 0), "njit(cache=True)");
        assert_eq!(gone("njit(nopython=True)", 0), "njit()");
    }
}
