//! Characters to words, strings and numbers.

use super::{ParseError, Parsed, Parser};
use crate::ty::Const;

impl<'a> Parser<'a> {
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), at: self.pos }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.pos += 1;
        }
    }

    /// Takes `token`, with spaces before and after it, if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let start = self.pos;
        self.skip_spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.pos += token.len();
            self.skip_spaces();
        } else {
            self.pos = start;
        }
        found
    }

    pub(super) fn expect(&mut self, token: &str) -> Parsed<()> {
        match self.eat(token) {
            true => Ok(()),
            false => Err(self.error(format!("expected `{token}`"))),
        }
    }

    /// The next word, without taking it.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    }

    /// A dotted path, without the package it comes from: `nb.types.float64` is `float64`.
    pub(super) fn path(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        self.pos += end;
        let mut path = &rest[..end];
        while let Some((first, tail)) = path.split_once('.')
            && matches!(first, "numba" | "nb" | "core" | "types" | "typing")
        {
            path = tail;
        }
        path
    }

    pub(super) fn at_delimiter(&self) -> bool {
        let rest = self.rest().trim_start();
        match rest.bytes().next() {
            None => true,
            Some(b',' | b')' | b']' | b'}' | b';' | b'>' | b':') => true,
            Some(b'x') => rest.starts_with("x "),
            Some(_) => rest.starts_with("->"),
        }
    }

    /// Everything up to a comma, semicolon, closing bracket or `stop` outside brackets and quotes.
    pub(super) fn balanced(&mut self, stop: &str) -> Parsed<&'a str> {
        let start = self.pos;
        let mut open: Vec<u8> = Vec::new();
        let bytes = self.text.as_bytes();
        while let Some(&b) = bytes.get(self.pos) {
            if open.is_empty() && !stop.is_empty() && bytes[self.pos..].starts_with(stop.as_bytes()) {
                break;
            }
            match b {
                b'(' | b'[' | b'{' => open.push(b),
                b'<' => open.push(b),
                b'-' if bytes.get(self.pos + 1) == Some(&b'>') => self.pos += 1,
                // A `>` that closes nothing is a comparison in some name.
                b'>' => {
                    open.pop_if(|last| *last == b'<');
                }
                b')' | b']' | b'}' => {
                    // Likewise a `<` that was never closed.
                    while open.pop_if(|last| *last == b'<').is_some() {}
                    let wanted =
                        [b'(', b'[', b'{'][[b')', b']', b'}'].iter().position(|c| *c == b).unwrap_or(0)];
                    match open.last() {
                        None => break,
                        Some(last) if *last == wanted => {
                            open.pop();
                        }
                        Some(_) => return Err(self.error("brackets do not match")),
                    }
                }
                b'\'' | b'"' => {
                    let end = self.text[self.pos + 1..].find(b as char);
                    self.pos += end.map_or(0, |end| end + 1);
                }
                b',' | b';' if open.is_empty() => break,
                _ => {}
            }
            self.pos += 1;
        }
        match open.iter().find(|b| **b != b'<') {
            Some(_) => Err(self.error("a bracket is not closed")),
            None => Ok(&self.text[start..self.pos]),
        }
    }

    pub(super) fn string(&mut self) -> Parsed<String> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else {
            return Err(self.error("expected a string"));
        };
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, c)) => out.push(c),
                    None => break,
                },
                c if c == quote as char => {
                    self.pos += at + 1;
                    return Ok(out);
                }
                c => out.push(c),
            }
        }
        Err(self.error("the string is not closed"))
    }

    pub(super) fn number(&mut self) -> Parsed<Const> {
        let rest = self.rest();
        let mut end = usize::from(rest.starts_with(['-', '+']));
        let bytes = rest.as_bytes();
        while let Some(b) = bytes.get(end) {
            let in_exponent = matches!(b, b'-' | b'+') && end > 1 && matches!(bytes[end - 1], b'e' | b'E');
            if !(b.is_ascii_alphanumeric() || *b == b'.' || *b == b'_' || in_exponent) {
                break;
            }
            end += 1;
        }
        let text = rest[..end].replace('_', "");
        let value = if let Ok(int) = text.parse::<i128>() {
            Const::int(int)
        } else if let Ok(float) = text.parse::<f64>() {
            Const::float(float)
        } else if let Some(Ok(imaginary)) = text.strip_suffix('j').map(str::parse::<f64>) {
            Const::Complex(0f64.to_bits(), imaginary.to_bits())
        } else {
            return Err(self.error("expected a number"));
        };
        self.pos += end;
        Ok(value)
    }

    pub(super) fn count(&mut self) -> Parsed<u32> {
        self.skip_spaces();
        let word = self.word();
        match word.parse() {
            Ok(count) => {
                self.pos += word.len();
                Ok(count)
            }
            Err(_) => Err(self.error("expected a number")),
        }
    }
}
