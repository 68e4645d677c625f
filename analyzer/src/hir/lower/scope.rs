//! Which names a function binds, and what a name in it means.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hir::body::VarId;
use crate::ty::Name;

/// What a name means where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Local(VarId),
    /// A variable of an enclosing function.
    Free,
    /// A name of the module or of the builtins.
    Global,
}

/// The names that a function's own statements bind, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) names: Vec<Name>,
    /// The same names, to look up.
    seen: FxHashSet<Name>,
    pub(super) globals: Vec<Name>,
    pub(super) nonlocals: Vec<Name>,
    pub(super) yields: bool,
    /// In a module, definitions and imports are not variables of its body.
    module: bool,
    /// Inside comprehensions only a walrus binds a name of the function.
    comprehensions: u32,
}

impl Bound {
    pub(super) fn of_function(body: &[Stmt]) -> Bound {
        let mut bound = Bound::default();
        bound.visit_body(body);
        bound
    }

    pub(super) fn of_module(body: &[Stmt]) -> Bound {
        let mut bound = Bound { module: true, ..Bound::default() };
        bound.visit_body(body);
        bound
    }

    pub(super) fn of_expression(expr: &Expr) -> Bound {
        let mut bound = Bound::default();
        bound.visit_expr(expr);
        bound
    }

    fn bind(&mut self, name: &str) {
        if !self.seen.contains(name) {
            let name = Name::from(name);
            self.seen.insert(name.clone());
            self.names.push(name);
        }
    }

    fn imported(&mut self, names: &[ast::Alias], dotted: bool) {
        if self.module {
            return;
        }
        for alias in names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            let first =
                if dotted && alias.asname.is_none() { name.split('.').next().unwrap_or(name) } else { name };
            self.bind(first);
        }
    }

    fn defined(&mut self, name: &str) {
        if !self.module {
            self.bind(name);
        }
    }

    fn defaults(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn comprehension(&mut self, generators: &[ast::Comprehension], parts: &[&Expr]) {
        self.comprehensions += 1;
        for generator in generators {
            self.visit_expr(&generator.iter);
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        parts.iter().for_each(|part| self.visit_expr(part));
        self.comprehensions -= 1;
    }
}

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                self.defaults(&def.parameters);
                self.defined(&def.name);
            }
            Stmt::ClassDef(class) => self.defined(&class.name),
            Stmt::Import(import) => self.imported(&import.names, true),
            Stmt::ImportFrom(import) => self.imported(&import.names, false),
            Stmt::Global(global) => {
                self.globals.extend(global.names.iter().map(|name| Name::from(name.as_str())))
            }
            Stmt::Nonlocal(nonlocal) => {
                self.nonlocals.extend(nonlocal.names.iter().map(|name| Name::from(name.as_str())));
            }
            Stmt::AnnAssign(assign) => {
                assign.value.iter().for_each(|value| self.visit_expr(value));
                self.visit_expr(&assign.target);
            }
            // The target is bound after the value, and names are listed in that order.
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                assign.targets.iter().for_each(|target| self.visit_expr(target));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if !name.ctx.is_load() && self.comprehensions == 0 {
                    self.bind(&name.id);
                }
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.bind(&name.id);
                }
            }
            Expr::Lambda(lambda) => lambda.parameters.iter().for_each(|parameters| self.defaults(parameters)),
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => self.comprehension(&generator.generators, &[&generator.elt]),
            Expr::DictComp(dict) => {
                let parts: Vec<&Expr> = dict.key.as_deref().into_iter().chain([&*dict.value]).collect();
                self.comprehension(&dict.generators, &parts);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.yields = true;
                visitor::walk_expr(self, expr);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(clause) = handler;
        if let Some(name) = &clause.name {
            self.bind(name);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(capture) => capture.name.as_ref(),
            ast::Pattern::MatchStar(star) => star.name.as_ref(),
            ast::Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name);
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// The names of one function while it is compiled.
#[derive(Debug, Default)]
pub(super) struct Scope {
    locals: FxHashMap<Name, VarId>,
    globals: Vec<Name>,
    /// Names of enclosing functions.
    pub(super) enclosing: Vec<Name>,
    /// Variables of the comprehensions being compiled, innermost last.
    comprehensions: Vec<FxHashMap<Name, VarId>>,
    /// Names of enclosing functions that are read, in order of first use.
    pub(super) free: Vec<Name>,
}

impl Scope {
    pub(super) fn new(bound: &Bound, enclosing: Vec<Name>) -> Scope {
        Scope { globals: bound.globals.clone(), enclosing, ..Scope::default() }
    }

    pub(super) fn add_local(&mut self, name: Name, var: VarId) {
        self.locals.insert(name, var);
    }

    pub(super) fn push_comprehension(&mut self, names: FxHashMap<Name, VarId>) {
        self.comprehensions.push(names);
    }

    pub(super) fn pop_comprehension(&mut self) {
        self.comprehensions.pop();
    }

    pub(super) fn is_global(&self, name: &str) -> bool {
        self.globals.iter().any(|global| &**global == name)
    }

    /// What `name` means when it is read. Reading a name of an enclosing function is noted.
    pub(super) fn read(&mut self, name: &str) -> Meaning {
        let meaning = self.meaning(name);
        if meaning == Meaning::Free && !self.free.iter().any(|free| &**free == name) {
            self.free.push(name.into());
        }
        meaning
    }

    pub(super) fn meaning(&self, name: &str) -> Meaning {
        if let Some(var) = self.comprehensions.iter().rev().find_map(|names| names.get(name)) {
            return Meaning::Local(*var);
        }
        self.function_meaning(name)
    }

    /// What `name` means to the function itself, outside its comprehensions: where a walrus binds.
    pub(super) fn function_meaning(&self, name: &str) -> Meaning {
        if self.is_global(name) {
            return Meaning::Global;
        }
        match self.locals.get(name) {
            Some(var) => Meaning::Local(*var),
            None if self.enclosing.iter().any(|outer| &**outer == name) => Meaning::Free,
            None => Meaning::Global,
        }
    }

    /// Every name that an inner function can reach here.
    pub(super) fn visible(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.enclosing.clone();
        let mut locals: Vec<Name> = self.locals.keys().cloned().collect();
        locals.extend(self.comprehensions.iter().flat_map(|names| names.keys().cloned()));
        locals.sort();
        names.retain(|name| !self.is_global(name));
        names.extend(locals);
        names
    }
}
