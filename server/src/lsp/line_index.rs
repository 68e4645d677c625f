//! Byte offsets of a text to the protocol's lines and columns, and back.
//!
//! A line ends with `\n`, `\r\n` or `\r`, for the protocol as for Python. Positions that a text does not have are
//! moved to the nearest that it has, because the protocol asks for that and clients do send them.

use tower_lsp::lsp_types::{Position, PositionEncodingKind, Range};

/// The unit that columns are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    Utf8,
    /// What a client that announces nothing uses.
    #[default]
    Utf16,
}

impl Encoding {
    /// Bytes if the client can count them, since that is what the analyzer counts.
    pub(crate) fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
            _ => Encoding::Utf16,
        }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, c: char) -> u32 {
        match self {
            Encoding::Utf8 => c.len_utf8() as u32,
            Encoding::Utf16 => c.len_utf16() as u32,
        }
    }
}

/// Where the lines of one text start.
#[derive(Clone, Debug)]
pub(crate) struct LineIndex {
    /// Never empty: the first line starts at 0.
    starts: Vec<u32>,
    ascii: bool,
}

impl LineIndex {
    pub(crate) fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        // Made again at every keystroke, and nearly no text has the other kind of line break.
        if !text.contains('\r') {
            starts.extend(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
            return LineIndex { starts, ascii: text.is_ascii() };
        }
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => starts.push(at as u32 + 1),
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => starts.push(at as u32 + 1),
                _ => {}
            }
        }
        LineIndex { starts, ascii: text.is_ascii() }
    }

    pub(crate) fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let offset = floor_char_boundary(text, offset);
        let line = self.line(offset);
        let start = self.starts[line];
        let character = if self.ascii || encoding == Encoding::Utf8 {
            offset - start
        } else {
            text[start as usize..offset as usize].chars().map(|c| encoding.width(c)).sum()
        };
        Position { line: line as u32, character }
    }

    pub(crate) fn range(&self, text: &str, start: u32, end: u32, encoding: Encoding) -> Range {
        Range {
            start: self.position(text, start, encoding),
            end: self.position(text, end.max(start), encoding),
        }
    }

    pub(crate) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        let Some(&start) = self.starts.get(position.line as usize) else {
            return text.len() as u32;
        };
        let line = &text[start as usize..self.line_end(text, position.line as usize) as usize];
        if self.ascii || encoding == Encoding::Utf8 {
            let within = floor_char_boundary(line, position.character);
            return start + within;
        }
        let mut column = 0;
        for (at, c) in line.char_indices() {
            column += encoding.width(c);
            if column > position.character {
                return start + at as u32;
            }
        }
        start + line.len() as u32
    }

    /// The line, from 0, that holds a byte.
    pub(crate) fn line(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    pub(crate) fn line_start(&self, line: usize) -> u32 {
        self.starts[line]
    }

    /// Where the line's content ends, its line break not counted.
    pub(crate) fn line_end(&self, text: &str, line: usize) -> u32 {
        let start = self.starts[line] as usize;
        let end = self.starts.get(line + 1).map_or(text.len(), |&next| next as usize);
        start as u32 + text[start..end].trim_end_matches(['\n', '\r']).len() as u32
    }
}

fn floor_char_boundary(text: &str, offset: u32) -> u32 {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\r\nπ = '𝛼'\rb\n";

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_count_bytes_or_utf16_units() {
        let index = LineIndex::new(TEXT);
        let quote = TEXT.find("𝛼").map_or(0, |at| at as u32 + 4);
        assert_eq!(index.position(TEXT, quote, Encoding::Utf16), at(1, 7));
        assert_eq!(index.position(TEXT, quote, Encoding::Utf8), at(1, 10));
        assert_eq!(index.offset(TEXT, at(1, 7), Encoding::Utf16), quote);
        assert_eq!(index.offset(TEXT, at(1, 10), Encoding::Utf8), quote);
    }

    #[test]
    fn every_offset_survives_the_way_there_and_back() {
        let index = LineIndex::new(TEXT);
        let breaks = |at: usize| {
            matches!(TEXT.as_bytes()[at - 1..].first(), Some(b'\r')) && TEXT[at..].starts_with('\n')
        };
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for at in (0..=TEXT.len()).filter(|&at| TEXT.is_char_boundary(at) && !(at > 0 && breaks(at))) {
                let position = index.position(TEXT, at as u32, encoding);
                assert_eq!(index.offset(TEXT, position, encoding), at as u32, "{encoding:?} {at}");
            }
        }
    }

    #[test]
    fn positions_outside_the_text_are_moved_into_it() {
        let index = LineIndex::new(TEXT);
        assert_eq!(index.offset(TEXT, at(0, 99), Encoding::Utf16), 5);
        assert_eq!(index.offset(TEXT, at(99, 0), Encoding::Utf16), TEXT.len() as u32);
        assert_eq!(
            index.offset(TEXT, at(1, 6), Encoding::Utf16),
            index.offset(TEXT, at(1, 5), Encoding::Utf16)
        );
        assert_eq!(index.position(TEXT, 999, Encoding::Utf8), at(3, 0));
    }

    #[test]
    fn an_empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.position("", 0, Encoding::Utf16), at(0, 0));
        assert_eq!(index.offset("", at(0, 3), Encoding::Utf8), 0);
    }
}
