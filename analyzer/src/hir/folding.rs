//! The parts of a file that can be folded away: blocks, brackets and texts over several lines, imports, comments.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::segment::{SegmentText, cut, parsed, segments, span};
use crate::db::{Db, SourceFile};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    Code,
    Comment,
    Imports,
}

/// From somewhere in the line that stays visible to somewhere in the last line that is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    pub start: u32,
    pub end: u32,
    pub kind: FoldKind,
}

pub(crate) fn folds(db: &dyn Db, file: SourceFile) -> Vec<Fold> {
    let Some(text) = file.text(db).as_deref() else { return Vec::new() };
    let mut folds = comments(text);
    let mut imports: Option<(u32, u32)> = None;
    for segment in segments(db, file) {
        let source = segment.text.text(db);
        let end = segment.start + u32::try_from(source.trim_end().len()).unwrap_or(0);
        if is_import(source) {
            imports = Some((imports.map_or(segment.start, |(start, _)| start), end));
        } else if let Some((start, end)) = imports.take() {
            folds.push(Fold { start, end, kind: FoldKind::Imports });
        }
        let moved = segment_folds(db, segment.text).iter().map(|fold| Fold {
            start: fold.start + segment.start,
            end: fold.end + segment.start,
            ..*fold
        });
        folds.extend(moved);
    }
    if let Some((start, end)) = imports {
        folds.push(Fold { start, end, kind: FoldKind::Imports });
    }
    // What stands in one line hides nothing.
    folds.retain(|fold| {
        text.get(fold.start as usize..fold.end as usize).is_some_and(|inside| inside.contains('\n'))
    });
    folds.sort_by_key(|fold| (fold.start, fold.end));
    folds
}

fn is_import(source: &str) -> bool {
    source.starts_with("import ") || source.starts_with("from ")
}

/// Lines in a row that are nothing but comments.
fn comments(text: &str) -> Vec<Fold> {
    let mut folds = Vec::new();
    for piece in cut(text).iter().filter(|piece| piece.gap) {
        let mut block: Option<(usize, usize)> = None;
        let mut at = piece.start;
        for line in text[piece.start..piece.end].split_inclusive('\n').chain([""]) {
            if line.trim_start().starts_with('#') {
                block = Some((block.map_or(at, |(start, _)| start), at + line.trim_end().len()));
            } else if let Some((start, end)) = block.take() {
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                folds.push(Fold { start: offset(start), end: offset(end), kind: FoldKind::Comment });
            }
            at += line.len();
        }
    }
    folds
}

#[salsa::tracked(returns(deref))]
fn segment_folds<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Fold> {
    let mut walk = Walk { text: segment.text(db), folds: Vec::new() };
    walk.visit_body(&parsed(db, segment).stmts);
    walk.folds
}

struct Walk<'a> {
    text: &'a str,
    folds: Vec<Fold>,
}

impl Walk<'_> {
    fn fold(&mut self, start: u32, end: u32) {
        if start < end {
            self.folds.push(Fold { start, end, kind: FoldKind::Code });
        }
    }

    /// A block, with the line above it that says what it is.
    fn block(&mut self, start: u32, body: &[Stmt]) {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            // The head may go over several lines; the last of them stays visible.
            let head = self.text.get(start as usize..span(first).start as usize).unwrap_or_default();
            let mut head = head.trim_end();
            while let Some((above, line)) = head.rsplit_once('\n')
                && line.trim_start().starts_with('#')
            {
                head = above.trim_end();
            }
            let colon = u32::try_from(head.len()).unwrap_or(0).saturating_sub(1);
            self.fold(start + colon, span(last).end);
        }
    }

    /// The block behind `else` or `finally`, which has no node of its own.
    fn keyword_block(&mut self, word: &str, after: u32, body: &[Stmt]) {
        let Some(first) = body.first() else { return };
        let between = self.text.get(after as usize..span(first).start as usize).unwrap_or_default();
        if let Some(at) = between.rfind(word) {
            self.block(after + u32::try_from(at).unwrap_or(0), body);
        }
    }
}

fn end_of(body: &[Stmt]) -> u32 {
    body.last().map_or(0, |last| span(last).end)
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.block(span(&def.name).start, &def.body),
            Stmt::ClassDef(class) => self.block(span(&class.name).start, &class.body),
            Stmt::For(stmt) => {
                self.block(span(stmt).start, &stmt.body);
                self.keyword_block("else", end_of(&stmt.body), &stmt.orelse);
            }
            Stmt::While(stmt) => {
                self.block(span(stmt).start, &stmt.body);
                self.keyword_block("else", end_of(&stmt.body), &stmt.orelse);
            }
            Stmt::If(stmt) => {
                self.block(span(stmt).start, &stmt.body);
                for clause in &stmt.elif_else_clauses {
                    self.block(span(clause).start, &clause.body);
                }
            }
            Stmt::With(stmt) => self.block(span(stmt).start, &stmt.body),
            Stmt::Match(stmt) => {
                for case in &stmt.cases {
                    self.block(span(case).start, &case.body);
                }
                if let Some(last) = stmt.cases.last() {
                    self.fold(span(&*stmt.subject).end, span(last).end);
                }
            }
            Stmt::Try(stmt) => {
                self.block(span(stmt).start, &stmt.body);
                let mut end = end_of(&stmt.body);
                for handler in &stmt.handlers {
                    let ast::ExceptHandler::ExceptHandler(inner) = handler;
                    self.block(span(handler).start, &inner.body);
                    end = span(handler).end;
                }
                self.keyword_block("else", end, &stmt.orelse);
                self.keyword_block("finally", end.max(end_of(&stmt.orelse)), &stmt.finalbody);
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Dict(_)
            | Expr::Set(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::StringLiteral(_)
            | Expr::FString(_) => self.fold(span(expr).start, span(expr).end),
            Expr::Call(call) => {
                self.fold(call.arguments.range().start().into(), call.arguments.range().end().into());
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// Folds as their first and last lines, from 0. For tests.
#[cfg(test)]
fn lines(text: &str) -> Vec<(usize, usize)> {
    use std::path::Path;
    use std::sync::Arc;

    use crate::db::{Host, NoFiles, Settings};
    let mut host = Host::new(Arc::new(NoFiles), Settings::default());
    host.set_text(Path::new("/m.py"), Some(text));
    let db = host.database();
    let line = |offset: u32| text[..offset as usize].matches('\n').count();
    folds(db, db.source(Path::new("/m.py"))).iter().map(|fold| (line(fold.start), line(fold.end))).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn blocks_fold_below_their_heads() {
        assert_eq!(lines("@njit\ndef f(\n    x,\n):\n    # why\n    return x\n"), [(3, 5)]);
        assert_eq!(
            lines("for i in x:\n    a\nelse:\n    b\nif x:\n    a\nelif y:\n    b\nelse:\n    c\n"),
            [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
        );
        assert_eq!(
            lines("try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d\n"),
            [(0, 1), (2, 3), (4, 5), (6, 7)]
        );
        assert_eq!(lines("if x: pass\n"), []);
    }

    #[test]
    fn imports_comments_and_brackets_fold() {
        assert_eq!(
            lines("import a\nimport b\n\n# one\n# two\nx = [\n    1,\n]\ny = '''a\nb'''\n"),
            [(0, 1), (3, 4), (5, 7), (8, 9)]
        );
    }
}
