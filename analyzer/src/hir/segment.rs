//! Cuts a file into top-level segments, and parses each on its own.
//!
//! A segment is one statement that starts in column 0 with everything that belongs to it; what lies between
//! (blank lines, comments) is a gap, so that moving a comment touches no statement. The cut is a scan of bytes and
//! knows no grammar: it follows quotes, brackets and line continuations only.

mod cut;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Identifier, PySourceType, Stmt, StmtFunctionDef, StmtReturn};
use ruff_text_size::{Ranged, TextLen, TextRange};

use super::source_map::Span;
use crate::db::{Db, SourceFile};
pub use cut::{Cuts, Piece, cut};

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
    let pieces = db.cuts().cut(file, text);
    pieces
        .iter()
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

/// The place of a node from the start of its segment.
pub(super) fn span(node: &impl Ranged) -> Span {
    Span::new(node.range().start().into(), node.range().end().into())
}

#[cfg(test)]
mod tests {
    use super::*;

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
