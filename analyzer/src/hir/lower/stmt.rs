//! Statements.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::builder::{Frame, Gen};
use super::code::{At, Op};
use super::expr::{binary_op, is_no_name};
use super::fold;
use super::scope::Meaning;
use crate::hir::body::RefusedKind;
use crate::hir::source_map::Syntax;
use crate::ty::Const;

impl<'a> Gen<'a, '_> {
    /// A function's statements, and the `None` it returns when they come to their end.
    pub(super) fn function_body(&mut self, body: &'a [Stmt]) {
        let docstring = body.first().is_some_and(
            |stmt| matches!(stmt, Stmt::Expr(stmt) if matches!(*stmt.value, Expr::StringLiteral(_))),
        );
        self.stmts(&body[usize::from(docstring)..]);
        let at = match body.last() {
            Some(last) => self.at_statement(first_line(last)),
            None => At { origin: crate::hir::body::Origin::NONE, line: 0 },
        };
        self.emit_no_line(Op::Const(Const::None), at);
        self.emit_no_line(Op::Return, at);
    }

    pub(super) fn stmts(&mut self, stmts: &'a [Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let at = self.at_statement(first_line(stmt));
        match stmt {
            Stmt::Expr(expr) => self.expression_statement(&expr.value, at),
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AugAssign(assign) => self.augmented(assign, at),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expr(value);
                    self.assign_to(&assign.target);
                }
            }
            Stmt::If(stmt) => self.if_statement(&stmt.test, &stmt.body, &stmt.elif_else_clauses, at),
            Stmt::For(stmt) => self.for_loop(stmt, at),
            Stmt::While(stmt) => self.while_loop(stmt, at),
            Stmt::Return(stmt) => self.return_statement(stmt, at),
            Stmt::Break(_) => self.break_statement(at),
            Stmt::Continue(_) => self.continue_statement(at),
            Stmt::Pass(_) => self.emit(Op::Nop, at),
            Stmt::Assert(stmt) => self.assert_statement(stmt, at),
            Stmt::Raise(stmt) => self.raise_statement(stmt, at),
            Stmt::Try(stmt) => self.try_statement(stmt, at),
            Stmt::With(stmt) => self.with_statement(stmt, at),
            Stmt::Match(stmt) => self.match_statement(stmt, at),
            Stmt::Delete(stmt) => stmt.targets.iter().for_each(|target| self.delete(target)),
            Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_)
                if self.module => {}
            Stmt::FunctionDef(def) => self.inner_def(def),
            Stmt::ClassDef(class) => {
                self.refuse(RefusedKind::Class, 0, 1, at);
                self.store(&class.name, at);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let dotted = alias.name.as_str();
                    let first = dotted.split('.').next().unwrap_or(dotted);
                    let bound = alias.asname.as_ref().map_or(first, |name| name.as_str());
                    self.import(dotted, bound, at);
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.import(module, bound, at);
                }
            }
            Stmt::TypeAlias(_) => self.refuse(RefusedKind::Other("a type alias".into()), 0, 0, at),
            Stmt::IpyEscapeCommand(_) => self.broken = true,
        }
    }

    fn import(&mut self, module: &str, bound: &str, at: At) {
        self.refuse(RefusedKind::Import(module.into()), 0, 1, at);
        self.store(bound, at);
    }

    fn expression_statement(&mut self, value: &Expr, at: At) {
        // A bare constant (a docstring, `...`) leaves only its line.
        if fold::constant(value).is_some() {
            return self.emit(Op::Nop, at);
        }
        self.expr(value);
        self.emit_no_line(Op::Pop, at);
    }

    fn assign(&mut self, assign: &ast::StmtAssign) {
        self.expr(&assign.value);
        let Some((last, rest)) = assign.targets.split_last() else {
            return;
        };
        for target in rest {
            let at = self.at(target);
            self.emit(Op::Copy(1), at);
            self.assign_to(target);
        }
        self.assign_to(last);
    }

    /// Stores the top of the stack.
    pub(super) fn assign_to(&mut self, target: &Expr) {
        let syntax = if target.is_name_expr() { Syntax::Name } else { Syntax::Expression };
        let at = self.source.at(target.range(), syntax);
        match target {
            Expr::Name(name) if !is_no_name(&name.id) => self.store(&name.id, at),
            Expr::Attribute(attribute) if !is_no_name(&attribute.attr) => {
                self.expr(&attribute.value);
                self.emit(Op::SetAttr(attribute.attr.as_str().into()), at);
            }
            Expr::Subscript(subscript) if !self.source.is_broken(subscript.range) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.emit(Op::SetItem, at);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, at),
            Expr::List(list) => self.unpack(&list.elts, at),
            Expr::Starred(starred) => {
                self.refuse(RefusedKind::StarredTarget, 1, 1, at);
                self.assign_to(&starred.value);
            }
            _ => {
                self.broken = true;
                self.emit(Op::Pop, at);
            }
        }
    }

    fn unpack(&mut self, targets: &[Expr], at: At) {
        let n = targets.len() as u32;
        if targets.iter().any(Expr::is_starred_expr) {
            self.refuse(RefusedKind::StarredTarget, 1, n, at);
            for target in targets {
                match target {
                    Expr::Starred(starred) => self.assign_to(&starred.value),
                    target => self.assign_to(target),
                }
            }
            return;
        }
        self.emit(Op::Unpack(n), at);
        targets.iter().for_each(|target| self.assign_to(target));
    }

    fn augmented(&mut self, assign: &ast::StmtAugAssign, at: At) {
        let op = Op::InPlace(binary_op(assign.op));
        let target = &*assign.target;
        match target {
            Expr::Name(name) => {
                let name_at = self.source.at(target.range(), Syntax::Name);
                self.load(&name.id, name_at);
                self.expr(&assign.value);
                self.emit(op, at);
                self.store(&name.id, at);
            }
            Expr::Attribute(attribute) => {
                let target_at = self.at(target);
                self.expr(&attribute.value);
                self.emit(Op::Copy(1), target_at);
                self.emit(Op::Attr(attribute.attr.as_str().into()), target_at);
                self.expr(&assign.value);
                self.emit(op, at);
                self.emit(Op::Swap(2), at);
                self.emit(Op::SetAttr(attribute.attr.as_str().into()), at);
            }
            Expr::Subscript(subscript) => {
                let target_at = self.at(target);
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.emit(Op::Copy(2), target_at);
                self.emit(Op::Copy(2), target_at);
                self.emit(Op::Item, target_at);
                self.expr(&assign.value);
                self.emit(op, at);
                self.emit(Op::Swap(3), at);
                self.emit(Op::Swap(2), at);
                self.emit(Op::SetItem, at);
            }
            _ => self.broken = true,
        }
    }

    fn if_statement(&mut self, test: &Expr, body: &'a [Stmt], rest: &'a [ast::ElifElseClause], mut at: At) {
        let end = self.new_block();
        let next = if rest.is_empty() { end } else { self.new_block() };
        self.jump_if(test, next, false, &mut at);
        self.stmts(body);
        if let Some((clause, rest)) = rest.split_first() {
            self.emit_no_line(Op::Jump(end), at);
            self.place(next);
            match &clause.test {
                Some(test) => {
                    let at = self.at_statement(TextRange::new(clause.range.start(), test.range().end()));
                    self.if_statement(test, &clause.body, rest, at);
                }
                None => self.stmts(&clause.body),
            }
        }
        self.place(end);
    }

    fn return_statement(&mut self, stmt: &'a ast::StmtReturn, at: At) {
        let constant = match &stmt.value {
            None => Some((Const::None, at)),
            Some(value) => {
                let value_at = self.at(&**value);
                fold::constant(value).map(|constant| (constant, value_at))
            }
        };
        match (&constant, &stmt.value) {
            (None, Some(value)) => self.expr(value),
            (Some(_), Some(_)) => self.emit(Op::Nop, at),
            _ => {}
        }
        let saved = (self.frames.clone(), self.protect);
        self.unwind_all(constant.is_none(), at);
        if let Some((constant, at)) = constant {
            self.emit_const(constant, at);
        }
        self.emit(Op::Return, at);
        (self.frames, self.protect) = saved;
        self.left = true;
    }

    fn break_statement(&mut self, at: At) {
        self.emit(Op::Nop, at);
        let saved = (self.frames.clone(), self.protect);
        match self.unwind_to_loop(at) {
            Some(Frame::Loop { exit, iterator, .. }) => {
                if iterator {
                    self.emit(Op::Pop, at);
                }
                self.emit(Op::Jump(exit), at);
            }
            _ => self.broken = true,
        }
        (self.frames, self.protect) = saved;
        self.left = true;
    }

    fn continue_statement(&mut self, at: At) {
        self.emit(Op::Nop, at);
        let saved = (self.frames.clone(), self.protect);
        match self.unwind_to_loop(at) {
            Some(Frame::Loop { next, .. }) => self.emit(Op::Jump(next), at),
            _ => self.broken = true,
        }
        (self.frames, self.protect) = saved;
        self.left = true;
    }

    fn assert_statement(&mut self, stmt: &ast::StmtAssert, mut at: At) {
        let end = self.new_block();
        self.jump_if(&stmt.test, end, true, &mut at);
        self.emit(Op::Global("AssertionError".into()), at);
        if let Some(message) = &stmt.msg {
            self.expr(message);
            self.emit(Op::Call { args: 1, names: Vec::new(), guarded: false }, at);
        }
        self.emit(Op::Raise, at);
        self.place(end);
    }

    fn raise_statement(&mut self, stmt: &ast::StmtRaise, at: At) {
        match (&stmt.exc, &stmt.cause) {
            (Some(exception), None) => {
                self.expr(exception);
                self.emit(Op::Raise, at);
            }
            (Some(exception), Some(cause)) => {
                self.expr(exception);
                self.expr(cause);
                self.refuse(RefusedKind::RaiseFrom, 2, 0, at);
                self.emit(Op::Reraise, at);
            }
            (None, _) => {
                let protected = self.frames.iter().any(|frame| !matches!(frame, Frame::Loop { .. }));
                if (protected || self.handling) && !self.left {
                    self.refuse(RefusedKind::BareReraise, 0, 0, at);
                }
                self.emit(Op::Reraise, at);
            }
        }
    }

    fn delete(&mut self, target: &Expr) {
        let at = self.at(target);
        match target {
            Expr::Name(name) => match self.scope.meaning(&name.id) {
                Meaning::Global => self.refuse(RefusedKind::GlobalStore(name.id.as_str().into()), 0, 0, at),
                _ => self.refuse(RefusedKind::DeleteVariable(name.id.as_str().into()), 0, 0, at),
            },
            Expr::Subscript(subscript) if self.source.is_broken(subscript.range) => {
                self.broken = true;
                self.emit(Op::Pop, at);
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                self.emit(Op::DelItem, at);
            }
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value);
                self.refuse(RefusedKind::Other("del of an attribute".into()), 1, 0, at);
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.delete(target)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.delete(target)),
            _ => self.broken = true,
        }
    }
}

/// The part of a statement that stands before its block, or all of it.
fn first_line(stmt: &Stmt) -> TextRange {
    let start = stmt.range().start();
    let end = match stmt {
        Stmt::If(stmt) => stmt.test.range().end(),
        Stmt::While(stmt) => stmt.test.range().end(),
        Stmt::For(stmt) => stmt.iter.range().end(),
        Stmt::With(stmt) => stmt.items.last().map_or(start, |item| item.range().end()),
        Stmt::Match(stmt) => stmt.subject.range().end(),
        Stmt::FunctionDef(def) => def.name.range.end(),
        Stmt::ClassDef(class) => class.name.range.end(),
        Stmt::Try(_) => start,
        _ => stmt.range().end(),
    };
    TextRange::new(start, end.max(start))
}
