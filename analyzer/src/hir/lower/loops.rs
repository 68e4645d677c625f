//! Loops, and the comprehensions that are loops.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Comprehension, Expr};
use rustc_hash::FxHashMap;

use super::builder::{Frame, Gen};
use super::code::{At, Op};
use super::scope::{Bound, Meaning};
use crate::hir::body::{RefusedKind, VarId};
use crate::ty::Name;

impl<'a> Gen<'a, '_> {
    pub(super) fn for_loop(&mut self, stmt: &'a ast::StmtFor, at: At) {
        let (start, cleanup, end) = (self.new_block(), self.new_block(), self.new_block());
        self.iterable(&stmt.iter);
        if stmt.is_async {
            self.refuse(RefusedKind::Other("async for".into()), 1, 1, at);
        }
        let iter_at = self.at(&*stmt.iter);
        self.emit(Op::Iter, At { line: at.line, ..iter_at });
        self.place(start);
        self.emit(Op::ForIter(cleanup), at);
        self.frames.push(Frame::Loop { next: start, exit: end, iterator: true });
        self.assign_to(&stmt.target);
        self.stmts(&stmt.body);
        self.emit_no_line(Op::Jump(start), at);
        self.frames.pop();
        self.place(cleanup);
        self.stmts(&stmt.orelse);
        self.place(end);
    }

    /// The condition is compiled twice: before the first turn, and after each.
    pub(super) fn while_loop(&mut self, stmt: &'a ast::StmtWhile, at: At) {
        let (head, body, anchor, end) =
            (self.new_block(), self.new_block(), self.new_block(), self.new_block());
        self.place(head);
        self.frames.push(Frame::Loop { next: head, exit: end, iterator: false });
        self.jump_if(&stmt.test, anchor, false, &mut { at });
        self.place(body);
        self.stmts(&stmt.body);
        self.jump_if(&stmt.test, body, true, &mut { at });
        self.frames.pop();
        self.place(anchor);
        self.stmts(&stmt.orelse);
        self.place(end);
    }

    pub(super) fn list_comprehension(&mut self, comprehension: &ast::ExprListComp, at: At) {
        let parts = [&*comprehension.elt];
        self.comprehension(&comprehension.generators, &parts, Op::ComprehensionList, at, |cx, depth| {
            let elt_at = cx.at(&*comprehension.elt);
            cx.expr(&comprehension.elt);
            cx.emit(Op::Append(depth), elt_at);
        });
    }

    pub(super) fn dict_comprehension(&mut self, comprehension: &ast::ExprDictComp, at: At) {
        let parts: Vec<&Expr> =
            comprehension.key.as_deref().into_iter().chain([&*comprehension.value]).collect();
        self.comprehension(&comprehension.generators, &parts, Op::Dict(0), at, |cx, depth| {
            let value_at = cx.at(&*comprehension.value);
            match &comprehension.key {
                Some(key) => {
                    cx.expr(key);
                    cx.expr(&comprehension.value);
                    cx.emit(Op::MapAdd(depth), value_at);
                }
                None => cx.broken = true,
            }
        });
    }

    /// A comprehension that Numba cannot read: only its first iterable is evaluated here.
    pub(super) fn refused_comprehension(&mut self, kind: RefusedKind, generators: &[Comprehension], at: At) {
        match generators.first() {
            Some(first) => {
                self.iterable(&first.iter);
                self.refuse(kind, 1, 1, at);
            }
            None => self.refuse(kind, 0, 1, at),
        }
    }

    /// A comprehension as loops around `element`, which is told how deep the container lies.
    fn comprehension(
        &mut self,
        generators: &[Comprehension],
        parts: &[&Expr],
        container: Op,
        at: At,
        mut element: impl FnMut(&mut Self, u32),
    ) {
        let Some((first, _)) = generators.split_first() else {
            self.broken = true;
            return self.emit(container, at);
        };
        if !self.module {
            self.needs_cells(generators, parts, at);
        }
        self.iterable(&first.iter);
        if generators.iter().any(|generator| generator.is_async) {
            self.refuse(RefusedKind::Other("async for".into()), 1, 1, at);
        }
        self.emit(Op::Iter, at);
        let function = if matches!(container, Op::ComprehensionList) { "listcomp" } else { "dictcomp" };
        // A comprehension is a function of its own: a `try` around it does not split it.
        let guard = (std::mem::take(&mut self.protect), std::mem::take(&mut self.handlers));
        self.code.inlining += 1;
        self.emit(container, at);
        self.emit(Op::Swap(2), at);
        self.comprehensions = true;
        let names = self.comprehension_variables(function, generators);
        self.scope.push_comprehension(names);
        self.generators(generators, true, 1, at, &mut element);
        self.scope.pop_comprehension();
        self.code.inlining -= 1;
        (self.protect, self.handlers) = guard;
    }

    /// The loops from this generator inwards. The outermost iterator is on the stack already.
    fn generators(
        &mut self,
        generators: &[Comprehension],
        outermost: bool,
        depth: u32,
        at: At,
        element: &mut dyn FnMut(&mut Self, u32),
    ) {
        let Some((generator, rest)) = generators.split_first() else {
            return element(self, depth);
        };
        // `for y in [f(x)]` inside another loop is an assignment.
        let single = match &generator.iter {
            Expr::List(list) => single(&list.elts),
            Expr::Tuple(tuple) => single(&tuple.elts),
            _ => None,
        };
        let (start, skip, anchor) = (self.new_block(), self.new_block(), self.new_block());
        let looped = outermost || single.is_none();
        let depth = match single {
            Some(value) if !outermost => {
                self.expr(value);
                depth
            }
            _ => {
                if !outermost {
                    self.iterable(&generator.iter);
                    self.emit(Op::Iter, at);
                }
                self.place(start);
                self.emit(Op::ForIter(anchor), at);
                depth + 1
            }
        };
        self.assign_to(&generator.target);
        for test in &generator.ifs {
            let mut test_at = self.at(test);
            self.jump_if(test, skip, false, &mut test_at);
        }
        self.generators(rest, false, depth, at, element);
        self.place(skip);
        if looped {
            self.emit_no_line(Op::Jump(start), at);
            self.place(anchor);
        }
    }

    /// Fresh variables for the names that the generators bind. They are those of a function inside this one.
    fn comprehension_variables(
        &mut self,
        function: &str,
        generators: &[Comprehension],
    ) -> FxHashMap<Name, VarId> {
        let mut names = FxHashMap::default();
        for generator in generators {
            for name in Bound::of_expression(&generator.target).names {
                let full = format!("{function}.{name}");
                names.entry(name).or_insert_with(|| self.new_var(Some(full.into())));
            }
        }
        names
    }

    /// A comprehension is a function to Numba, and what it captures must exist where it is made.
    fn needs_cells(&mut self, generators: &[Comprehension], parts: &[&Expr], at: At) {
        let mut reads = Reads::default();
        for (i, generator) in generators.iter().enumerate() {
            if i > 0 {
                reads.visit_expr(&generator.iter);
            }
            generator.ifs.iter().for_each(|test| reads.visit_expr(test));
        }
        parts.iter().for_each(|part| reads.visit_expr(part));
        let own: Vec<Name> =
            generators.iter().flat_map(|generator| Bound::of_expression(&generator.target).names).collect();
        for name in reads.names {
            if own.contains(&name) {
                continue;
            }
            if let Meaning::Local(var) = self.scope.meaning(&name) {
                self.emit(Op::NeedsCell(var), at);
            }
        }
    }
}

fn single(elts: &[Expr]) -> Option<&Expr> {
    match elts {
        [only] if !only.is_starred_expr() => Some(only),
        _ => None,
    }
}

/// The names that expressions mention, in order, except those that inner functions and comprehensions bind.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub(super) names: Vec<Name>,
    bound: Vec<Name>,
}

impl Reads {
    fn within(&mut self, bound: Vec<Name>, visit: impl FnOnce(&mut Self)) {
        let depth = self.bound.len();
        self.bound.extend(bound);
        visit(self);
        self.bound.truncate(depth);
    }

    fn comprehension(&mut self, generators: &[Comprehension], parts: &[&Expr]) {
        let bound =
            generators.iter().flat_map(|generator| Bound::of_expression(&generator.target).names).collect();
        self.within(bound, |cx| {
            for generator in generators {
                cx.visit_expr(&generator.iter);
                generator.ifs.iter().for_each(|test| cx.visit_expr(test));
            }
            parts.iter().for_each(|part| cx.visit_expr(part));
        });
    }
}

impl<'a> Visitor<'a> for Reads {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                let name: Name = name.id.as_str().into();
                if !self.bound.contains(&name) && !self.names.contains(&name) {
                    self.names.push(name);
                }
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.iter().flat_map(|parameters| parameters.iter());
                let bound = parameters.map(|parameter| Name::from(parameter.name().as_str())).collect();
                self.within(bound, |cx| cx.visit_expr(&lambda.body));
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => self.comprehension(&generator.generators, &[&generator.elt]),
            Expr::DictComp(dict) => {
                let parts: Vec<&Expr> = dict.key.as_deref().into_iter().chain([&*dict.value]).collect();
                self.comprehension(&dict.generators, &parts);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}
