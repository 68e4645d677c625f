//! `try`, `with` and the unwinding that leaving them takes.

use ruff_python_ast::{self as ast, ExceptHandler, Expr, Stmt};
use ruff_text_size::Ranged;

use super::builder::{Frame, Gen};
use super::code::{At, Op};
use super::scope::Meaning;
use crate::hir::body::RefusedKind;
use crate::ty::Name;

impl<'a> Gen<'a, '_> {
    /// Leaves everything around a `return`. A value to be returned lies on the stack if `value`.
    pub(super) fn unwind_all(&mut self, value: bool, at: At) {
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Loop { iterator: true, .. } => {
                    if value {
                        self.emit(Op::Swap(2), at);
                    }
                    self.emit(Op::Pop, at);
                }
                Frame::Loop { .. } => {}
                Frame::Try { .. } | Frame::Finally { .. } => self.leave(frame, at),
            }
        }
    }

    /// Leaves everything up to the innermost loop, which is returned.
    pub(super) fn unwind_to_loop(&mut self, at: At) -> Option<Frame<'a>> {
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Loop { .. } => return Some(frame),
                Frame::Try { .. } | Frame::Finally { .. } => self.leave(frame, at),
            }
        }
        None
    }

    fn leave(&mut self, frame: Frame<'a>, at: At) {
        match frame {
            Frame::Try { outer } => {
                self.emit(Op::TryEnd, at);
                self.protect = outer;
            }
            Frame::Finally { body, outer } => {
                self.emit(Op::TryEnd, at);
                self.protect = outer;
                self.stmts(body);
            }
            Frame::Loop { .. } => {}
        }
    }

    pub(super) fn try_statement(&mut self, stmt: &'a ast::StmtTry, at: At) {
        if stmt.is_star {
            self.refuse(RefusedKind::Other("except*".into()), 0, 0, at);
        }
        if stmt.finalbody.is_empty() {
            return self.try_except(stmt, at);
        }
        let (handler, exit) = (self.new_block(), self.new_block());
        let outer = self.protect;
        self.emit(Op::TryBegin(handler), at);
        self.protect = Some(handler);
        let left = std::mem::take(&mut self.left);
        self.frames.push(Frame::Finally { body: &stmt.finalbody, outer });
        if stmt.handlers.is_empty() {
            self.stmts(&stmt.body);
        } else {
            self.try_except(stmt, at);
        }
        self.frames.pop();
        self.emit_no_line(Op::TryEnd, at);
        self.protect = outer;
        self.stmts(&stmt.finalbody);
        self.emit_no_line(Op::Jump(exit), at);
        // The same statements once more, for the way out by an exception.
        self.place(handler);
        self.handling = true;
        self.left = false;
        self.handlers += 1;
        self.stmts(&stmt.finalbody);
        self.handling = false;
        self.handlers -= 1;
        self.emit(Op::Reraise, at);
        self.place(exit);
        self.left = left;
    }

    fn try_except(&mut self, stmt: &'a ast::StmtTry, at: At) {
        // Python leaves out the handlers of what cannot raise.
        if runs_nothing(&stmt.body) {
            self.stmts(&stmt.body);
            return self.stmts(&stmt.orelse);
        }
        let (handler, end) = (self.new_block(), self.new_block());
        let outer = self.protect;
        self.emit(Op::TryBegin(handler), at);
        self.protect = Some(handler);
        let left = std::mem::take(&mut self.left);
        self.frames.push(Frame::Try { outer });
        self.stmts(&stmt.body);
        self.frames.pop();
        self.emit_no_line(Op::TryEnd, at);
        self.protect = outer;
        self.stmts(&stmt.orelse);
        self.emit_no_line(Op::Jump(end), at);
        self.place(handler);
        for ExceptHandler::ExceptHandler(clause) in &stmt.handlers {
            let next = self.new_block();
            let at = self.at_statement(ruff_text_size::TextRange::new(
                clause.range.start(),
                clause.type_.as_ref().map_or(clause.range.start(), |class| class.range().end()),
            ));
            if let Some(class) = &clause.type_ {
                self.except_class(class, at);
                self.emit(Op::ExceptionMatch, at);
                self.emit(Op::JumpIf { when: false, keep: false, to: next }, at);
            }
            if let Some(name) = &clause.name {
                let name_at = self.at(name);
                self.refuse(RefusedKind::ExceptAs(name.as_str().into()), 0, 1, name_at);
                self.store(name, name_at);
            }
            self.handling = true;
            self.left = false;
            self.handlers += 1;
            self.stmts(&clause.body);
            self.handling = false;
            self.handlers -= 1;
            self.emit_no_line(Op::Jump(end), at);
            self.place(next);
        }
        self.emit_no_line(Op::Reraise, at);
        self.place(end);
        self.left = left;
    }

    /// The class of an `except` clause. Only `Exception` will do; a name of the module may stand for it.
    fn except_class(&mut self, class: &Expr, at: At) {
        match class {
            Expr::Name(name)
                if self.scope.meaning(&name.id) == Meaning::Global
                    && name.id.as_str() != "Exception"
                    && BUILTIN_EXCEPTIONS.contains(&name.id.as_str()) =>
            {
                self.refuse(RefusedKind::ExceptClass(name.id.as_str().into()), 0, 0, at);
            }
            Expr::Tuple(_) => self.refuse(RefusedKind::ExceptClass("a tuple".into()), 0, 0, at),
            _ => {
                self.expr(class);
                self.emit(Op::Pop, at);
            }
        }
    }

    pub(super) fn with_statement(&mut self, stmt: &'a ast::StmtWith, at: At) {
        if stmt.is_async {
            self.refuse(RefusedKind::Other("async with".into()), 0, 0, at);
        }
        for item in &stmt.items {
            let name = context_name(&item.context_expr);
            let item_at = self.at(item);
            if let Some(target) = &item.optional_vars {
                self.refuse(RefusedKind::With(name), 0, 1, item_at);
                self.assign_to(target);
                continue;
            }
            match last_part(&name) {
                "objmode" | "objmode_context" => {
                    if self.protect.is_some() || self.handlers > 0 {
                        let kind = RefusedKind::Other("`with objmode` cannot stand inside of `try`".into());
                        self.refuse(kind, 0, 0, item_at);
                    }
                    return self.objmode(&item.context_expr, &stmt.body, item_at);
                }
                "parallel_chunksize" => {
                    if let Expr::Call(call) = &item.context_expr {
                        for argument in &call.arguments.args {
                            self.expr(argument);
                            self.emit(Op::Pop, item_at);
                        }
                    }
                }
                // Numba's own, which only divide a function into several.
                "bypass_context" | "call_context" => {}
                _ => self.refuse(RefusedKind::With(name), 0, 0, item_at),
            }
        }
        self.stmts(&stmt.body);
    }
}

/// Whether no instruction of a block can raise, so that Python protects nothing: it ends at once, or passes.
fn runs_nothing(body: &[Stmt]) -> bool {
    idles(body).is_some()
}

/// For a block of which no instruction can raise: whether it is left for good.
fn idles(body: &[Stmt]) -> Option<bool> {
    for stmt in body {
        match stmt {
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            Stmt::Expr(stmt) if stmt.value.is_literal_expr() => {}
            Stmt::Assert(stmt) if matches!(&*stmt.test, Expr::BooleanLiteral(test) if test.value) => {}
            Stmt::Break(_) | Stmt::Continue(_) => return Some(true),
            Stmt::Return(stmt) => {
                return stmt.value.as_deref().is_none_or(Expr::is_literal_expr).then_some(true);
            }
            Stmt::Try(stmt) if stmt.finalbody.is_empty() => {
                if idles(&stmt.body)? || idles(&stmt.orelse)? {
                    return Some(true);
                }
            }
            _ => return None,
        }
    }
    Some(false)
}

/// The dotted name of a context manager, without its call.
fn context_name(expr: &Expr) -> Name {
    match expr {
        Expr::Call(call) => dotted(&call.func),
        other => dotted(other),
    }
}

pub(super) fn dotted(expr: &Expr) -> Name {
    match expr {
        Expr::Name(name) => name.id.as_str().into(),
        Expr::Attribute(attribute) => format!("{}.{}", dotted(&attribute.value), attribute.attr).into(),
        _ => "".into(),
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The classes that a module rarely gives another meaning.
const BUILTIN_EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BufferError",
    "EOFError",
    "FloatingPointError",
    "IOError",
    "ImportError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RecursionError",
    "ReferenceError",
    "RuntimeError",
    "StopIteration",
    "SystemError",
    "SystemExit",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
];
