//! `with objmode(..)`: a block of Python in a function, of which only what it declares comes back.
//!
//! Numba reads the block with the rest of the function before it hands it to Python, so not all of Python can stand in
//! it.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::builder::Gen;
use super::code::{At, Op};
use super::exposed::exposed;
use super::fold;
use super::protect::dotted;
use super::scope::{Bound, Meaning};
use crate::hir::body::{RefusedKind, VarId};
use crate::ty::{Const, Name};

impl<'a> Gen<'a, '_> {
    /// `with objmode(y="float64[:]")`: the body is Python's, and only its outputs come back, with declared types.
    pub(super) fn objmode(&mut self, context: &Expr, body: &'a [Stmt], at: At) {
        let mut declared: Vec<(Name, Name)> = Vec::new();
        if let Expr::Call(call) = context {
            for keyword in &call.arguments.keywords {
                if let Some(name) = &keyword.arg {
                    declared.push((name.as_str().into(), type_spelling(&keyword.value)));
                }
            }
        }
        // As the last statement this only says where the function goes on behind the block.
        let (body, onward) = match body.split_last() {
            Some((last, rest)) if !rest.is_empty() && (last.is_break_stmt() || last.is_continue_stmt()) => {
                (rest, Some(last))
            }
            _ => (body, None),
        };
        let bound = Bound::of_function(body);
        let mut inputs = Vec::new();
        for name in exposed(body) {
            if let Meaning::Local(var) = self.scope.meaning(&name) {
                inputs.push(var);
            }
        }
        for (what, range) in refused_in(body) {
            let part = self.at(&range);
            self.refuse(RefusedKind::InObjMode(what), 0, 0, part);
        }
        let mut outputs = Vec::new();
        for (name, ty) in declared {
            match self.scope.meaning(&name) {
                Meaning::Local(var) if bound.names.contains(&name) => outputs.push((var, ty)),
                _ => self.refuse(RefusedKind::ObjModeUnused(name), 0, 0, at),
            }
        }
        let declared: Vec<VarId> = outputs.iter().map(|(output, _)| *output).collect();
        self.emit(Op::ObjMode { outputs, inputs }, at);
        for name in &bound.names {
            match self.scope.meaning(name) {
                Meaning::Local(var) if !declared.contains(&var) => self.emit(Op::Undeclared(var), at),
                Meaning::Global => self.refuse(RefusedKind::GlobalStore(name.clone()), 0, 0, at),
                _ => {}
            }
        }
        if let Some(onward) = onward {
            self.stmts(std::slice::from_ref(onward));
        }
    }
}

fn type_spelling(expr: &Expr) -> Name {
    match fold::constant(expr) {
        Some(Const::Str(text)) => text,
        _ => dotted(expr),
    }
}

/// What of Python Numba cannot read, even where Python runs it.
fn refused_in(body: &[Stmt]) -> Vec<(Name, TextRange)> {
    let mut walk = Walk { found: Vec::new(), loops: 0, inner: 0 };
    walk.visit_body(body);
    walk.found
}

struct Walk {
    found: Vec<(Name, TextRange)>,
    /// How many loops of the block are around.
    loops: u32,
    /// How many inner functions are around: they are compiled by themselves.
    inner: u32,
}

impl Walk {
    fn refuse(&mut self, what: &str, node: &impl Ranged) {
        if self.inner == 0 {
            self.found.push((what.into(), node.range()));
        }
    }

    fn target(&mut self, target: &Expr) {
        match target {
            Expr::Starred(starred) => self.refuse("a starred target", starred),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.target(item)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.target(item)),
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.refuse("an import", stmt),
            Stmt::ClassDef(_) => return self.refuse("a class", stmt),
            Stmt::With(with) => {
                let context = with.items.first().map_or(stmt.range(), Ranged::range);
                self.refuse("another `with`", &context);
            }
            Stmt::Raise(_) => self.refuse("`raise`", stmt),
            Stmt::Assert(_) => self.refuse("`assert`", stmt),
            Stmt::Delete(delete) => {
                for target in delete.targets.iter().filter(|target| target.is_name_expr()) {
                    self.refuse("`del` of a variable", target);
                }
            }
            Stmt::Break(_) | Stmt::Continue(_) if self.loops == 0 => {
                let word = if stmt.is_break_stmt() { "`break`" } else { "`continue`" };
                self.refuse(&format!("{word} of a loop around the block"), stmt);
            }
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| self.target(target)),
            Stmt::For(stmt) => self.target(&stmt.target),
            _ => {}
        }
        let (is_loop, is_function) =
            (matches!(stmt, Stmt::For(_) | Stmt::While(_)), matches!(stmt, Stmt::FunctionDef(_)));
        self.loops += u32::from(is_loop);
        self.inner += u32::from(is_function);
        walk_stmt(self, stmt);
        self.loops -= u32::from(is_loop);
        self.inner -= u32::from(is_function);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Generator(_) => self.refuse("a generator expression", expr),
            Expr::Named(named) if !named.value.is_name_expr() => self.refuse("`:=`", expr),
            Expr::Call(call) if call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none()) => {
                self.refuse("`**` in a call", expr);
            }
            Expr::Await(_) => self.refuse("`await`", expr),
            Expr::FString(string) => {
                let parts = string.value.iter().filter_map(ast::FStringPart::as_f_string);
                let formatted = parts.flat_map(|part| part.elements.interpolations());
                for put in formatted {
                    if put.format_spec.is_some() || put.conversion != ast::ConversionFlag::None {
                        self.refuse("a format in an f-string", put);
                    }
                }
            }
            _ => {}
        }
        let is_lambda = expr.is_lambda_expr();
        self.inner += u32::from(is_lambda);
        walk_expr(self, expr);
        self.inner -= u32::from(is_lambda);
    }
}
