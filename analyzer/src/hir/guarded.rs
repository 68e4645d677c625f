//! Code whose failure is expected: what `pytest.raises` and the like watch, and what a `try` catches.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtTry};
use ruff_text_size::Ranged;

use super::segment::{SegmentText, parsed, segment_text};
use crate::db::{Db, SourceFile};

/// Whether a call may be there to fail: by the statement of the file it is in, and its place in that.
pub(crate) fn is_guarded(db: &dyn Db, file: SourceFile, segment: u32, at: u32) -> bool {
    let Some(text) = segment_text(db, file, segment) else { return false };
    let guarded = guarded(db, text);
    let inside = |ranges: &[(u32, u32)]| ranges.iter().any(|(start, end)| (*start..*end).contains(&at));
    inside(&guarded.ranges)
        || inside(&guarded.lambdas) && file.text(db).as_deref().is_some_and(|text| text.contains("aises("))
}

/// The ranges of a statement in which a call may be there to fail.
#[salsa::tracked(returns(ref))]
fn guarded<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Guarded {
    let mut found = Guarded::default();
    found.visit_body(&parsed(db, segment).stmts);
    found
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Guarded {
    ranges: Vec<(u32, u32)>,
    /// Lambdas: in a file that watches for exceptions they may be handed to what does so.
    lambdas: Vec<(u32, u32)>,
}

impl Guarded {
    fn add(&mut self, body: &[Stmt]) {
        if let (Some(first), Some(last)) = (body.first(), body.last()) {
            self.ranges.push((first.start().to_u32(), last.end().to_u32()));
        }
    }
}

impl<'a> Visitor<'a> for Guarded {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::With(with) if with.items.iter().any(|item| watches(&item.context_expr)) => {
                self.add(&with.body)
            }
            Stmt::Try(attempt) if catches_types(attempt) => self.add(&attempt.body),
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(lambda) => self.lambdas.push((lambda.start().to_u32(), lambda.end().to_u32())),
            other => walk_expr(self, other),
        }
    }
}

/// `pytest.raises(..)`, `self.assertRaises(..)`, `suppress(..)`.
fn watches(context: &Expr) -> bool {
    let Expr::Call(call) = context else { return false };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    let name = name.to_ascii_lowercase();
    name.contains("raises") || name.contains("suppress")
}

/// Whether a `try` catches what Numba raises for types.
fn catches_types(attempt: &StmtTry) -> bool {
    attempt.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        match handler.type_.as_deref() {
            None => true,
            Some(Expr::Tuple(classes)) => classes.elts.iter().any(catches_type),
            Some(class) => catches_type(class),
        }
    })
}

fn catches_type(class: &Expr) -> bool {
    let name = match class {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return true,
    };
    matches!(name, "Exception" | "BaseException" | "TypeError")
        || ["Typing", "Numba", "Lowering"].iter().any(|word| name.contains(word))
}
