//! Cuts a file into top-level segments, and parses each on its own.
//!
//! A segment is one statement that starts in column 0 with everything that belongs to it; what lies between
//! (blank lines, comments) is a gap, so that moving a comment touches no statement. The cut is a scan of bytes and
//! knows no grammar: it follows quotes, brackets and line continuations only.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Identifier, PySourceType, Stmt, StmtFunctionDef, StmtReturn};
use ruff_text_size::{Ranged, TextLen, TextRange};

use super::source_map::Span;
use crate::db::{Db, SourceFile};

/// The text of a segment. Equal texts are one value, wherever they stand.
#[salsa::interned(debug)]
pub struct SegmentText<'db> {
    #[returns(ref)]
    pub text: Arc<str>,
}

/// A statement of the file: where it starts, and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, salsa::SalsaValue)]
pub struct Segment<'db> {
    pub start: u32,
    pub text: SegmentText<'db>,
}

/// The syntax of a segment; positions count from its start.
#[derive(Debug)]
pub struct ParsedSegment {
    pub stmts: Vec<Stmt>,
    pub errors: Vec<SyntaxError>,
    pub(super) lambdas: Vec<Lambda>,
}

/// A lambda as the function that it abbreviates: `def <lambda>(x): return ...`.
#[derive(Debug)]
pub(super) struct Lambda {
    /// The function or class around it.
    pub(super) parent: Option<TextRange>,
    pub(super) def: StmtFunctionDef,
}

/// Finds the lambdas outside other lambdas.
struct Lambdas {
    parent: Option<TextRange>,
    found: Vec<Lambda>,
}

impl Lambdas {
    fn inside(&mut self, range: TextRange, body: &[Stmt]) {
        let outer = self.parent.replace(range);
        self.visit_body(body);
        self.parent = outer;
    }
}

impl<'a> Visitor<'a> for Lambdas {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.visit_parameters(&def.parameters);
                self.inside(def.range(), &def.body);
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.inside(class.range(), &class.body);
            }
            stmt => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let Expr::Lambda(lambda) = expr else { return walk_expr(self, expr) };
        let keyword = TextRange::at(lambda.range.start(), "lambda".text_len());
        let returned = StmtReturn {
            node_index: lambda.node_index.clone(),
            range: lambda.body.range(),
            value: Some(lambda.body.clone()),
        };
        let def = StmtFunctionDef {
            node_index: lambda.node_index.clone(),
            range: lambda.range,
            is_async: false,
            decorator_list: Default::default(),
            name: Identifier::new("<lambda>", keyword),
            type_params: None,
            parameters: lambda.parameters.clone().unwrap_or_default(),
            returns: None,
            body: vec![Stmt::Return(returned)].into(),
        };
        self.found.push(Lambda { parent: self.parent, def });
    }
}

/// What does not parse, in words for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub message: String,
    pub span: Span,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// The statements of a file, without the gaps between them. Runs again on every edit of the file.
#[salsa::tracked(returns(deref))]
pub fn segments<'db>(db: &'db dyn Db, file: SourceFile) -> Vec<Segment<'db>> {
    let Some(text) = file.text(db) else { return Vec::new() };
    cut(text)
        .into_iter()
        .filter(|piece| !piece.gap)
        .map(|piece| {
            let start = u32::try_from(piece.start).unwrap_or(u32::MAX);
            Segment { start, text: SegmentText::new(db, &text[piece.start..piece.end]) }
        })
        .collect()
}

/// The text of the n-th statement of a file: unchanged by edits elsewhere, as long as no statement comes or goes.
#[salsa::tracked(returns(copy))]
pub fn segment_text<'db>(db: &'db dyn Db, file: SourceFile, index: u32) -> Option<SegmentText<'db>> {
    segments(db, file).get(index as usize).map(|segment| segment.text)
}

/// The syntax of a segment. Runs again when its text changes.
#[salsa::tracked(returns(ref), no_eq)]
pub fn parsed<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> ParsedSegment {
    let text = segment.text(db);
    parse(text)
}

pub fn parse(text: &str) -> ParsedSegment {
    let parsed = ruff_python_parser::parse_unchecked_source(text, PySourceType::Python);
    let mut errors: Vec<SyntaxError> = Vec::new();
    let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
    for error in parsed.errors() {
        let range = error.location;
        let span = Span::new(range.start().into(), range.end().into());
        // One mistake makes the parser stumble several times; the first place is the one to look at. Prose that lost its
        // quotes has thousands of mistakes, so lines are looked up, not walked.
        let at = range.start().to_usize();
        if lines.range(..=at).next_back().is_some_and(|(_, end)| at <= *end) {
            continue;
        }
        let line = line_at(text, at);
        lines.insert(line.start, line.end);
        let (message, help) = match named(&text[line]) {
            Some((message, help)) => (message, help.map(str::to_owned)),
            None => (plain(&error.error.to_string()), None),
        };
        errors.push(SyntaxError { message, span, help });
    }
    let stmts: Vec<Stmt> = parsed.into_suite().into_iter().collect();
    let mut lambdas = Lambdas { parent: None, found: Vec::new() };
    if text.contains("lambda") {
        lambdas.visit_body(&stmts);
    }
    ParsedSegment { stmts, errors, lambdas: lambdas.found }
}

/// The line around an offset.
fn line_at(text: &str, offset: usize) -> Range<usize> {
    let offset = text.floor_char_boundary(offset);
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let end = text[offset..].find(['\n', '\r']).map_or(text.len(), |at| offset + at);
    start..end
}

/// Code of another language is called by its name, with what to write instead.
fn named(line: &str) -> Option<(String, Option<&'static str>)> {
    let code = line.trim_start();
    let word = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    let rest = code[word.len()..].trim_start();
    let follows = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | '`'));
    let (message, help) = match word {
        "cdef" | "cpdef" | "ctypedef" | "cimport" if follows => {
            (format!("`{word}` is Cython, not Python"), "drop the declaration: Numba infers the types")
        }
        "from" if code.contains(" cimport ") => {
            ("`cimport` is Cython, not Python".into(), "import the Python module")
        }
        "print" if follows || rest.starts_with(">>") => {
            ("`print` without parentheses is Python 2".into(), "write `print(...)`")
        }
        "exec" if follows => ("`exec` without parentheses is Python 2".into(), "write `exec(...)`"),
        "raise" if rest.contains(", ") && !rest.contains('(') => {
            ("`raise` with a comma is Python 2".into(), "write `raise Class(message)`")
        }
        _ if code.contains("<>") => ("`<>` is Python 2".into(), "write `!=`"),
        _ if code.starts_with(['%', '!']) => return Some(("a notebook command is not Python".into(), None)),
        _ => return None,
    };
    Some((message, Some(help)))
}

/// The parser's words, as a sentence starts in our messages.
fn plain(message: &str) -> String {
    let message = message.strip_prefix("SyntaxError: ").unwrap_or(message);
    let mut chars = message.chars();
    match chars.next() {
        Some(first) if !message.starts_with("f-string") => first.to_lowercase().chain(chars).collect(),
        _ => message.to_owned(),
    }
}

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

/// Cuts a text into statements and the gaps between them.
pub fn cut(text: &str) -> Vec<Piece> {
    let mut scan = Scan { bytes: text.as_bytes(), depth: 0 };
    let mut cutter = Cutter { pieces: Vec::new(), start: 0, gap: None, open: false, decorated: false };
    let mut pos = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while pos < scan.bytes.len() {
        if scan.depth == 0 || scan.recovers(pos) {
            scan.depth = 0;
            cutter.line(scan.bytes, pos);
        }
        match scan.logical_line(pos) {
            Some(next) => pos = next,
            // A string is not closed: nothing after it can be told apart, so the file is one piece.
            None => return vec![Piece { start: 0, end: text.len(), gap: false }],
        }
    }
    cutter.finish(text.len())
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
    /// Sees a line that is not inside brackets or a string.
    fn line(&mut self, bytes: &[u8], pos: usize) {
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
            }
        }
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

/// Every syntax error of a file with its place in the file. Runs again on every edit of the file.
#[salsa::tracked(returns(clone))]
pub fn syntax_errors(db: &dyn Db, file: SourceFile) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    for segment in segments(db, file) {
        for error in &parsed(db, segment.text).errors {
            errors.push(SyntaxError { span: error.span.offset(segment.start), ..error.clone() });
        }
    }
    errors
}

/// The place of a node from the start of its segment.
pub(super) fn span(node: &impl Ranged) -> Span {
    Span::new(node.range().start().into(), node.range().end().into())
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
    fn code_of_other_languages_is_called_by_its_name() {
        let message =
            |text: &str| parse(text).errors.first().map(|error| error.message.clone()).unwrap_or_default();
        assert!(message("def f():\n    cdef int i\n").contains("Cython"));
        assert!(message("print x\n").contains("Python 2"));
        assert_eq!(message("print(1)\n"), "");
        assert_eq!(parse("x = = 1\n").errors.len(), 1);
    }
}
