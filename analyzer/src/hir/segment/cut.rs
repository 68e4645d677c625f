//! The cut of a text into statements: a scan of bytes that knows no grammar.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::db::SourceFile;

/// A piece of the file; the pieces follow each other without a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    /// Blank lines and comments only.
    pub gap: bool,
}

/// Bytes at which the scan has to look; everything else is skipped.
const STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let bytes = b"\n\r\\#'\"()[]{}";
    let mut i = 0;
    while i < bytes.len() {
        stops[bytes[i] as usize] = true;
        i += 1;
    }
    stops
};

/// How the long files were cut last, so that an edit cuts the statements around it only. The pieces are the same
/// as without: which text was cut before makes no difference to anybody.
#[derive(Default)]
pub struct Cuts {
    last: Mutex<FxHashMap<SourceFile, Cut>>,
}

/// A text and its pieces.
type Cut = (Arc<str>, Arc<[Piece]>);

impl Cuts {
    /// A text of fewer bytes is cut as fast as it is compared.
    const LONG: usize = 1 << 14;

    pub(super) fn cut(&self, file: SourceFile, text: &Arc<str>) -> Arc<[Piece]> {
        if text.len() < Self::LONG {
            return cut(text).into();
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).get(&file).cloned();
        let pieces: Arc<[Piece]> = match last {
            Some((before, pieces)) => recut(&before, &pieces, text).into(),
            None => cut(text).into(),
        };
        let kept = (text.clone(), pieces.clone());
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(file, kept);
        pieces
    }
}

/// Cuts a text into statements and the gaps between them.
pub fn cut(text: &str) -> Vec<Piece> {
    cut_from(text, 0, &|_| false).map_or_else(|| unclosed(text), |(pieces, _)| pieces)
}

/// A string is not closed: nothing after it can be told apart, so the file is one piece.
fn unclosed(text: &str) -> Vec<Piece> {
    vec![Piece { start: 0, end: text.len(), gap: false }]
}

/// Cuts a text by the pieces of one that differs from it in one place.
///
/// Where a statement starts, the scan knows nothing of what was before. So it can start at any statement of the old
/// text, and end at one; only whether a line starts a statement depends on the line after it, too.
fn recut(old: &str, pieces: &[Piece], new: &str) -> Vec<Piece> {
    let same = common_prefix(old.as_bytes(), new.as_bytes());
    let tail = common_suffix(&old.as_bytes()[same..], &new.as_bytes()[same..]);
    // The first piece may start with something else than a statement.
    let is_statement = |piece: &Piece| !piece.gap && piece.start > 0;
    let before = pieces.partition_point(|piece| piece.end <= same);
    let untouched = (0..before).rev().filter(|at| is_statement(&pieces[*at])).nth(1);
    let kept = untouched.unwrap_or(0);
    let from = untouched.map_or(0, |at| pieces[at].start);
    let place = |pos: usize| {
        let start = (pos + old.len()).checked_sub(new.len()).filter(|_| pos + tail >= new.len())?;
        let at = pieces.binary_search_by_key(&start, |piece| piece.start).ok()?;
        is_statement(&pieces[at]).then_some(at)
    };
    let Some((middle, end)) = cut_from(new, from, &|pos| place(pos).is_some()) else { return unclosed(new) };
    let mut cut = pieces[..kept].to_vec();
    cut.extend(middle);
    let rest = place(end).map_or(&[][..], |at| &pieces[at..]);
    let moved = |at: usize| at + new.len() - old.len();
    cut.extend(rest.iter().map(|piece| Piece { start: moved(piece.start), end: moved(piece.end), ..*piece }));
    cut
}

/// How many bytes two texts start with in common.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 256;
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    steps + a[steps..].iter().zip(&b[steps..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes two texts end with in common.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 256;
    let steps = a.rchunks_exact(STEP).zip(b.rchunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    let (a, b) = (&a[..a.len() - steps], &b[..b.len() - steps]);
    steps + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// Cuts a text from the start of a statement, or of the text, to the end or to a statement that is `known`, and says
/// where that is. `None` where a string is not closed.
fn cut_from(text: &str, from: usize, known: &dyn Fn(usize) -> bool) -> Option<(Vec<Piece>, usize)> {
    let mut scan = Scan { bytes: text.as_bytes(), depth: 0 };
    let mut cutter = Cutter { pieces: Vec::new(), start: from, gap: None, open: false, decorated: false };
    let mut pos = from;
    if from == 0 && text.starts_with('\u{feff}') {
        pos = '\u{feff}'.len_utf8();
    }
    while pos < scan.bytes.len() {
        if scan.depth == 0 || scan.recovers(pos) {
            scan.depth = 0;
            if cutter.line(scan.bytes, pos) && known(pos) {
                return Some((cutter.pieces, pos));
            }
        }
        pos = scan.logical_line(pos)?;
    }
    Some((cutter.finish(text.len()), text.len()))
}

struct Cutter {
    pieces: Vec<Piece>,
    /// Where the present piece starts.
    start: usize,
    /// Where the blank lines and comments after the present statement start.
    gap: Option<usize>,
    /// Whether the present piece has a statement.
    open: bool,
    /// Whether the last line is a decorator, which waits for its function.
    decorated: bool,
}

impl Cutter {
    /// Sees a line that is not inside brackets or a string. Whether a statement starts with it.
    fn line(&mut self, bytes: &[u8], pos: usize) -> bool {
        let mut at = pos;
        while bytes.get(at) == Some(&b'\x0c') {
            at += 1;
        }
        match bytes.get(at).copied() {
            None | Some(b'\n' | b'\r' | b'#') => {
                if self.open && !self.decorated && self.gap.is_none() {
                    self.gap = Some(pos);
                }
            }
            Some(b' ' | b'\t') => {
                let blank = bytes[at..].iter().find(|b| !matches!(b, b' ' | b'\t' | b'\x0c'));
                if matches!(blank, None | Some(b'\n' | b'\r')) {
                    if self.open && !self.decorated && self.gap.is_none() {
                        self.gap = Some(pos);
                    }
                } else {
                    self.gap = None;
                    self.open = true;
                }
            }
            Some(first) => {
                let continues = self.open && (self.decorated || is_continuation(&bytes[at..]));
                if !continues {
                    self.close(pos);
                    self.open = true;
                }
                self.gap = None;
                self.decorated = first == b'@';
                return !continues;
            }
        }
        false
    }

    /// Ends the present statement and the gap behind it before `pos`.
    fn close(&mut self, pos: usize) {
        let end = self.gap.take().unwrap_or(pos);
        self.push(end, !self.open);
        self.push(pos, true);
        self.open = false;
    }

    fn push(&mut self, end: usize, gap: bool) {
        if self.start < end {
            self.pieces.push(Piece { start: self.start, end, gap });
            self.start = end;
        }
    }

    fn finish(mut self, end: usize) -> Vec<Piece> {
        self.close(end);
        self.pieces
    }
}

/// Whether a line in column 0 goes on with the statement before it.
fn is_continuation(line: &[u8]) -> bool {
    [&b"else"[..], b"elif", b"except", b"finally"].iter().any(|word| starts_with_word(line, word))
}

fn starts_with_word(line: &[u8], word: &[u8]) -> bool {
    line.starts_with(word)
        && !line.get(word.len()).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80)
}

struct Scan<'a> {
    bytes: &'a [u8],
    depth: u32,
}

impl Scan<'_> {
    /// Whether a statement starts here although brackets are open: then one of them was never closed.
    fn recovers(&self, pos: usize) -> bool {
        let line = &self.bytes[pos..];
        let defines = |line: &[u8]| {
            [&b"def "[..], b"class ", b"async def ", b"import "].iter().any(|word| line.starts_with(word))
        };
        match line.first() {
            Some(b'd' | b'c' | b'a' | b'i') => defines(line),
            Some(b'@') => {
                let next = line.iter().position(|b| *b == b'\n').map_or(&[][..], |at| &line[at + 1..]);
                defines(next) || next.first() == Some(&b'@')
            }
            _ => false,
        }
    }

    /// The start of the line after the one at `pos`, past strings and continuations; `None` in an unclosed string.
    fn logical_line(&mut self, mut pos: usize) -> Option<usize> {
        let bytes = self.bytes;
        loop {
            let rest = &bytes[pos..];
            let Some(skipped) = rest.iter().position(|byte| STOPS[*byte as usize]) else {
                return Some(bytes.len());
            };
            let stop = rest[skipped];
            pos += skipped;
            pos += 1;
            match stop {
                b'\n' => return Some(pos),
                b'\r' => {
                    return Some(pos + usize::from(bytes.get(pos) == Some(&b'\n')));
                }
                b'\\' => pos = past_newline(bytes, pos),
                b'#' => {
                    while pos < bytes.len() && !matches!(bytes[pos], b'\n' | b'\r') {
                        pos += 1;
                    }
                }
                b'(' | b'[' | b'{' => self.depth += 1,
                b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                quote => pos = string(bytes, pos, quote)?,
            }
        }
    }
}

/// The end of a line break that starts at `pos`, or `pos`.
fn past_newline(bytes: &[u8], pos: usize) -> usize {
    match bytes.get(pos) {
        Some(b'\r') if bytes.get(pos + 1) == Some(&b'\n') => pos + 2,
        Some(b'\r' | b'\n') => pos + 1,
        _ => pos,
    }
}

/// The end of a string whose opening quote ends at `pos`. One that a line break cuts off ends before it.
fn string(bytes: &[u8], mut pos: usize, quote: u8) -> Option<usize> {
    let triple = bytes.get(pos) == Some(&quote) && bytes.get(pos + 1) == Some(&quote);
    if triple {
        pos += 2;
    }
    loop {
        match *bytes.get(pos)? {
            b'\\' => {
                pos = if bytes.get(pos + 1) == Some(&b'\r') { past_newline(bytes, pos + 1) } else { pos + 2 }
            }
            b'\n' | b'\r' if !triple => return Some(pos),
            b if b == quote => {
                pos += 1;
                if !triple {
                    return Some(pos);
                }
                if bytes.get(pos) == Some(&quote) && bytes.get(pos + 1) == Some(&quote) {
                    return Some(pos + 2);
                }
            }
            _ => pos += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let pieces = cut(text);
        assert_eq!(pieces.iter().map(|piece| &text[piece.start..piece.end]).collect::<String>(), text);
        pieces.iter().filter(|piece| !piece.gap).map(|piece| &text[piece.start..piece.end]).collect()
    }

    #[test]
    fn a_statement_takes_what_belongs_to_it_and_leaves_comments_out() {
        let text = "import a\n\n# about f\n@njit(\n  cache=True)\n# inside\n\n@other\ndef f(x):\n\n# odd\n    return (\nx\n)\n\n\nx = 1\n";
        assert_eq!(
            pieces(text),
            [
                "import a\n",
                "@njit(\n  cache=True)\n# inside\n\n@other\ndef f(x):\n\n# odd\n    return (\nx\n)\n",
                "x = 1\n"
            ]
        );
    }

    #[test]
    fn branches_in_column_zero_belong_to_what_precedes_them() {
        let text = "try:\n    import a\n# why\nexcept ImportError:\n    a = None\nelse:\n    b = 1\nfinally: pass\nelsewhere = 1\n";
        assert_eq!(pieces(text).len(), 2);
    }

    #[test]
    fn strings_and_continuations_hide_what_looks_like_a_statement() {
        assert_eq!(pieces("x = '''\ndef f():\n'''\ny = 1\n").len(), 2);
        assert_eq!(pieces("x = 'a\\\ndef'\ny = \\\n1\n").len(), 2);
        assert_eq!(pieces("# it's\nx = \"#'\"\r\ny = 1\rz = r'\\'\n").len(), 3);
        assert_eq!(pieces("x = f\"{d[\"a\"]}\"\ny = 1").len(), 2);
    }

    #[test]
    fn a_bracket_that_is_still_open_does_not_swallow_the_next_function() {
        assert_eq!(pieces("x = foo(\n\n@njit\ndef f():\n    pass\n").len(), 2);
        assert_eq!(pieces("x = '''\ndef f():\n    pass\n").len(), 1);
    }

    #[test]
    fn an_edited_text_is_cut_as_if_it_was_new() {
        let text = "\u{feff}# a\nimport a\n\n@njit(\n  x)\n@other\ndef f(x):\n    return (\nx)\n\nif x:\n    '''a\nb'''\n\
                    else:\n    y\n# c\nx = [\ndef g(): pass\n\n\nx = 'ä\\\nb'\n@f\nclass C:\n  a\n\nlast = 1";
        let starts: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let mut texts = vec![text.to_owned()];
        for (number, &at) in starts.iter().enumerate() {
            for put in ["q", "\n", "(", ")", "'''", "@", "def h", "\n@x\n", " ", "#", "else", "\n\nz = 1\n"] {
                texts.push(format!("{}{put}{}", &text[..at], &text[at..]));
            }
            for end in starts[number..].iter().step_by(7) {
                texts.push(format!("{}{}", &text[..at], &text[*end..]));
            }
        }
        let whole = cut(text);
        for edited in &texts {
            let expected = cut(edited);
            assert_eq!(recut(text, &whole, edited), expected, "{edited:?}");
            assert_eq!(recut(edited, &expected, text), whole, "{edited:?}");
        }
    }
}
