//! The names that a block of statements may read before it assigns them: what it takes from the code before it.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Stmt};
use rustc_hash::FxHashSet;

use super::loops::Reads;
use super::scope::Bound;
use crate::ty::Name;

/// The names in the order of their first reads.
pub(super) fn exposed(body: &[Stmt]) -> Vec<Name> {
    let mut walk = Walk::default();
    walk.block(body);
    walk.exposed
}

#[derive(Default)]
struct Walk {
    /// Assigned on every way to the statement that is looked at.
    assigned: FxHashSet<Name>,
    exposed: Vec<Name>,
}

impl Walk {
    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    /// A part that may not run, or not to its end: what it assigns counts inside of it only.
    fn inside(&mut self, work: impl FnOnce(&mut Self)) -> FxHashSet<Name> {
        let before = self.assigned.clone();
        work(self);
        std::mem::replace(&mut self.assigned, before)
    }

    fn expr(&mut self, expr: &Expr) {
        let mut reads = Reads::default();
        reads.visit_expr(expr);
        for name in reads.names {
            if !self.assigned.contains(&name) && !self.exposed.contains(&name) {
                self.exposed.push(name);
            }
        }
        self.assigned.extend(Bound::of_expression(expr).names);
    }

    /// What is assigned to: parts of it may be read, as in `a[i] = ..`.
    fn target(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                self.assigned.insert(name.id.as_str().into());
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.target(item)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.target(item)),
            Expr::Starred(starred) => self.target(&starred.value),
            other => self.expr(other),
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                self.expr(&assign.value);
                assign.targets.iter().for_each(|target| self.target(target));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expr(value);
                    self.target(&assign.target);
                }
            }
            Stmt::For(stmt) => {
                self.expr(&stmt.iter);
                self.inside(|walk| {
                    walk.target(&stmt.target);
                    walk.block(&stmt.body);
                });
                self.inside(|walk| walk.block(&stmt.orelse));
            }
            Stmt::While(stmt) => {
                self.expr(&stmt.test);
                self.inside(|walk| walk.block(&stmt.body));
                self.inside(|walk| walk.block(&stmt.orelse));
            }
            Stmt::If(stmt) => self.branches(stmt),
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    self.expr(&item.context_expr);
                    item.optional_vars.iter().for_each(|target| self.target(target));
                }
                self.block(&stmt.body);
            }
            Stmt::Try(stmt) => {
                self.inside(|walk| {
                    walk.block(&stmt.body);
                    walk.block(&stmt.orelse);
                });
                for ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
                    self.inside(|walk| {
                        handler.type_.iter().for_each(|class| walk.expr(class));
                        walk.assigned.extend(handler.name.iter().map(|name| name.as_str().into()));
                        walk.block(&handler.body);
                    });
                }
                self.block(&stmt.finalbody);
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.assigned.extend(Bound::of_function(std::slice::from_ref(stmt)).names);
            }
            // Reads and binds in one: functions, classes, `x += 1`, `match`.
            other => {
                let mut reads = Reads::default();
                reads.visit_stmt(other);
                for name in reads.names {
                    if !self.assigned.contains(&name) && !self.exposed.contains(&name) {
                        self.exposed.push(name);
                    }
                }
                if !matches!(other, Stmt::Match(_)) {
                    self.assigned.extend(Bound::of_function(std::slice::from_ref(other)).names);
                }
            }
        }
    }

    fn branches(&mut self, stmt: &ruff_python_ast::StmtIf) {
        self.expr(&stmt.test);
        let mut ends = vec![self.inside(|walk| walk.block(&stmt.body))];
        let mut complete = false;
        for clause in &stmt.elif_else_clauses {
            clause.test.iter().for_each(|test| self.expr(test));
            complete |= clause.test.is_none();
            ends.push(self.inside(|walk| walk.block(&clause.body)));
        }
        if let (true, Some(first)) = (complete, ends.pop()) {
            let everywhere = first.into_iter().filter(|name| ends.iter().all(|end| end.contains(name)));
            self.assigned.extend(everywhere);
        }
    }
}
