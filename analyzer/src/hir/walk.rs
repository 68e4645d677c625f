//! A walk over the statements of a segment: every function and every binding at module level, with what guards it.

use ruff_python_ast::{ExceptHandler, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::globals::ctypes::is_signature_attribute;
use super::globals::structs;
use super::module::Guard;
use super::segment::{Lambda, ParsedSegment};
use crate::ty::Name;

/// A scope that a function is defined in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
}

/// What the walk over a segment meets.
pub(super) enum Found<'a> {
    Function {
        qualname: Name,
        def: &'a StmtFunctionDef,
        top_level: bool,
    },
    /// A binding at module level.
    Binding {
        name: Name,
        guard: Guard,
        syntax: Syntax<'a>,
        /// The conditions of the `if`s around it, and what they must be.
        tests: Vec<(&'a ruff_python_ast::Expr, bool)>,
    },
    /// A statement at module level that changes the list, set or dict of this name in place.
    Change(Name),
}

/// The syntax behind a binding.
#[derive(Clone, Copy, Debug)]
pub(super) enum Syntax<'a> {
    Def(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
    /// `name = value`
    Value(&'a ruff_python_ast::Expr),
    /// `name: type` without a value.
    Annotated,
    /// `a, name = value`: the item at this index.
    Item(&'a ruff_python_ast::Expr, u32),
    /// `import a.b as name`: the module; without `as`, its first part.
    Import(&'a str),
    /// `from .a import b as name`
    From {
        level: u32,
        module: &'a str,
        name: &'a str,
    },
    Star(&'a ruff_python_ast::StmtImportFrom),
    /// A loop variable, `name += ...`, `with ... as name`: bound, and no reader can say to what.
    Other,
}

/// One of the bindings of a name.
pub(super) struct Bound<'a> {
    pub(super) guard: Guard,
    pub(super) syntax: Syntax<'a>,
    /// The conditions of the `if`s around it, and what they must be.
    pub(super) tests: Vec<(&'a ruff_python_ast::Expr, bool)>,
}

/// Every function and every module-level binding of a segment, in the order of the source.
pub(super) fn walk(parsed: &ParsedSegment) -> Vec<(Vec<Scope<'_>>, Found<'_>)> {
    let mut walker = Walker { lambdas: &parsed.lambdas, ..Walker::default() };
    walker.block(&parsed.stmts, Guard::Always);
    walker.lambdas_of(None);
    walker.out
}

/// The n-th function of a segment, whose range is known, and the scopes around it.
pub(super) fn function_at(
    parsed: &ParsedSegment,
    index: u32,
    range: TextRange,
) -> Option<(&StmtFunctionDef, Vec<Scope<'_>>)> {
    let mut scopes = Vec::new();
    if let Some(def) = def_in(&parsed.stmts, range, &mut scopes) {
        return Some((def, scopes));
    }
    // A lambda.
    let mut functions = walk(parsed).into_iter().filter_map(|(scopes, found)| match found {
        Found::Function { def, .. } => Some((def, scopes)),
        Found::Binding { .. } | Found::Change(_) => None,
    });
    functions.nth(index as usize)
}

/// The function with this range, and the scopes around it: a walk over a class for each of its methods takes long.
fn def_in<'a>(
    stmts: &'a [Stmt],
    range: TextRange,
    scopes: &mut Vec<Scope<'a>>,
) -> Option<&'a StmtFunctionDef> {
    let at = stmts.partition_point(|stmt| stmt.end() < range.end());
    let stmt = stmts.get(at).filter(|stmt| stmt.range().contains_range(range))?;
    let mut inside = |block: &'a [Stmt]| def_in(block, range, scopes);
    match stmt {
        Stmt::FunctionDef(def) if def.range() == range => Some(def),
        Stmt::FunctionDef(def) => {
            scopes.push(Scope::Function(def));
            def_in(&def.body, range, scopes)
        }
        Stmt::ClassDef(class) => {
            scopes.push(Scope::Class(class));
            def_in(&class.body, range, scopes)
        }
        Stmt::For(stmt) => inside(&stmt.body).or_else(|| inside(&stmt.orelse)),
        Stmt::While(stmt) => inside(&stmt.body).or_else(|| inside(&stmt.orelse)),
        Stmt::With(stmt) => inside(&stmt.body),
        Stmt::Match(stmt) => stmt.cases.iter().find_map(|case| inside(&case.body)),
        Stmt::If(stmt) => inside(&stmt.body)
            .or_else(|| stmt.elif_else_clauses.iter().find_map(|clause| inside(&clause.body))),
        Stmt::Try(stmt) => inside(&stmt.body)
            .or_else(|| {
                stmt.handlers.iter().find_map(|ExceptHandler::ExceptHandler(handler)| inside(&handler.body))
            })
            .or_else(|| inside(&stmt.orelse))
            .or_else(|| inside(&stmt.finalbody)),
        _ => None,
    }
}

/// The n-th binding of a segment.
pub(super) fn binding_at(parsed: &ParsedSegment, index: u32) -> Option<Bound<'_>> {
    // Most segments are one function or class, which binds its name before anything inside of it.
    let first = match parsed.stmts.first() {
        Some(Stmt::FunctionDef(def)) => Some(Syntax::Def(def)),
        Some(Stmt::ClassDef(class)) => Some(Syntax::Class(class)),
        _ => None,
    };
    if let (0, Some(syntax)) = (index, first) {
        return Some(Bound { guard: Guard::Always, syntax, tests: Vec::new() });
    }
    let mut bindings = walk(parsed).into_iter().filter_map(|(_, found)| match found {
        Found::Binding { guard, syntax, tests, .. } => Some(Bound { guard, syntax, tests }),
        Found::Function { .. } | Found::Change(_) => None,
    });
    bindings.nth(index as usize)
}

/// The bindings of a function's own statements.
pub(super) fn walk_block(stmts: &[Stmt]) -> Vec<Found<'_>> {
    let mut walker = Walker::default();
    walker.block(stmts, Guard::Always);
    walker.out.into_iter().map(|(_, found)| found).collect()
}

#[derive(Default)]
struct Walker<'a> {
    lambdas: &'a [Lambda],
    out: Vec<(Vec<Scope<'a>>, Found<'a>)>,
    scopes: Vec<Scope<'a>>,
    tests: Vec<(&'a ruff_python_ast::Expr, bool)>,
}

impl<'a> Walker<'a> {
    fn block(&mut self, stmts: &'a [Stmt], guard: Guard) {
        for stmt in stmts {
            self.stmt(stmt, guard);
        }
    }

    /// The lambdas right inside a function or class.
    fn lambdas_of(&mut self, parent: Option<TextRange>) {
        for lambda in self.lambdas.iter().filter(|lambda| lambda.parent == parent) {
            let qualname = qualname(&self.scopes, &lambda.def.name);
            let found = Found::Function { qualname, def: &lambda.def, top_level: false };
            self.out.push((self.scopes.clone(), found));
        }
    }

    fn bind(&mut self, name: &str, guard: Guard, syntax: Syntax<'a>) {
        if self.scopes.is_empty() {
            let tests = self.tests.clone();
            self.out.push((Vec::new(), Found::Binding { name: name.into(), guard, syntax, tests }));
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt, guard: Guard) {
        if self.scopes.is_empty()
            && let Some(name) = changed(stmt)
        {
            self.out.push((Vec::new(), Found::Change(name)));
        }
        let inner = if guard == Guard::Always { Guard::Branch } else { guard };
        match stmt {
            Stmt::FunctionDef(def) => {
                let found = Found::Function {
                    qualname: qualname(&self.scopes, &def.name),
                    def,
                    top_level: self.scopes.is_empty(),
                };
                self.out.push((self.scopes.clone(), found));
                self.bind(&def.name, guard, Syntax::Def(def));
                self.scopes.push(Scope::Function(def));
                self.block(&def.body, Guard::Always);
                self.lambdas_of(Some(def.range()));
                self.scopes.pop();
            }
            Stmt::ClassDef(class) => {
                self.bind(&class.name, guard, Syntax::Class(class));
                self.scopes.push(Scope::Class(class));
                self.block(&class.body, Guard::Always);
                self.lambdas_of(Some(class.range()));
                self.scopes.pop();
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.target(target, Syntax::Value(&assign.value), guard);
                }
            }
            Stmt::AnnAssign(assign) => {
                let syntax = match &assign.value {
                    Some(value) => Syntax::Value(value),
                    None => Syntax::Annotated,
                };
                self.target(&assign.target, syntax, guard);
            }
            Stmt::AugAssign(assign) => self.target(&assign.target, Syntax::Other, guard),
            Stmt::For(stmt) => {
                self.target(&stmt.target, Syntax::Other, guard);
                self.block(&stmt.body, inner);
                self.block(&stmt.orelse, inner);
            }
            Stmt::While(stmt) => {
                self.block(&stmt.body, inner);
                self.block(&stmt.orelse, inner);
            }
            Stmt::If(stmt) => self.branch(stmt, guard, inner),
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    if let Some(target) = &item.optional_vars {
                        self.target(target, Syntax::Other, guard);
                    }
                }
                // A `with` runs its body once.
                self.block(&stmt.body, guard);
            }
            Stmt::Match(stmt) => {
                for case in &stmt.cases {
                    self.block(&case.body, inner);
                }
            }
            Stmt::Try(stmt) => {
                let body = if guard == Guard::Always { Guard::Try } else { guard };
                self.block(&stmt.body, body);
                for handler in &stmt.handlers {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    self.block(&handler.body, Guard::Except);
                }
                self.block(&stmt.orelse, body);
                self.block(&stmt.finalbody, guard);
            }
            Stmt::Expr(stmt) => {
                if let ruff_python_ast::Expr::Call(call) = &*stmt.value
                    && let Some(class) = structs::defines(call)
                {
                    self.bind(&structs::definition_of(class), guard, Syntax::Value(&stmt.value));
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    match &alias.asname {
                        Some(name) => self.bind(name, guard, Syntax::Import(module)),
                        None => {
                            let first = module.split('.').next().unwrap_or(module);
                            self.bind(first, guard, Syntax::Import(first));
                        }
                    }
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if name == "*" {
                        self.bind("*", guard, Syntax::Star(import));
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    self.bind(bound, guard, Syntax::From { level: import.level, module, name });
                }
            }
            Stmt::Global(global) => {
                if matches!(self.scopes.last(), Some(Scope::Function(_))) {
                    for name in &global.names {
                        let found = Found::Binding {
                            name: name.as_str().into(),
                            guard: Guard::FromFunction,
                            syntax: Syntax::Other,
                            tests: Vec::new(),
                        };
                        self.out.push((Vec::new(), found));
                    }
                }
            }
            _ => {}
        }
    }

    fn branch(&mut self, stmt: &'a ruff_python_ast::StmtIf, guard: Guard, inner: Guard) {
        let outer = self.tests.len();
        // What only a type checker sees is set apart, and then the rest always runs.
        let mut rest = inner;
        match known_test(&stmt.test) {
            Some(Test::TypeChecking) => {
                self.block(&stmt.body, Guard::TypeOnly);
                rest = guard;
            }
            Some(Test::Main) => self.block(&stmt.body, Guard::Main),
            None => {
                self.tests.push((&stmt.test, true));
                self.block(&stmt.body, inner);
                self.tests.truncate(outer);
                self.tests.push((&stmt.test, false));
            }
        }
        for clause in &stmt.elif_else_clauses {
            let before = self.tests.len();
            if let Some(test) = &clause.test {
                self.tests.push((test, true));
            }
            self.block(&clause.body, rest);
            self.tests.truncate(before);
            if let Some(test) = &clause.test {
                self.tests.push((test, false));
            }
        }
        self.tests.truncate(outer);
    }

    fn target(&mut self, target: &'a ruff_python_ast::Expr, syntax: Syntax<'a>, guard: Guard) {
        use ruff_python_ast::Expr;
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), guard, syntax),
            Expr::Tuple(_) | Expr::List(_) => {
                let elts = match target {
                    Expr::Tuple(tuple) => &tuple.elts,
                    Expr::List(list) => &list.elts,
                    _ => return,
                };
                let starred = elts.iter().any(|item| matches!(item, Expr::Starred(_)));
                for (at, item) in (0u32..).zip(elts) {
                    let syntax = match syntax {
                        Syntax::Value(value) if !starred => Syntax::Item(value, at),
                        _ => Syntax::Other,
                    };
                    self.target(item, syntax, guard);
                }
            }
            Expr::Starred(starred) => self.target(&starred.value, Syntax::Other, guard),
            // The types of a function of C: `sin.argtypes = [c_double]`.
            Expr::Attribute(attribute) if is_signature_attribute(&attribute.attr) => {
                if let Some(path) = dotted(target) {
                    self.bind(&path, guard, syntax);
                }
            }
            // Named tuples get their defaults so: `P.__new__.__defaults__ = (0, None)`.
            Expr::Attribute(attribute) if attribute.attr.as_str() == "__defaults__" => {
                if let Expr::Attribute(inner) = &*attribute.value
                    && let Expr::Name(class) = &*inner.value
                {
                    self.bind(&defaults_of(class.id.as_str()), guard, syntax);
                }
            }
            _ => {}
        }
    }
}

/// The name under which the defaults that are assigned to a class are bound.
pub(super) fn defaults_of(class: &str) -> String {
    format!("{class}.__new__.__defaults__")
}

/// A name with attributes, as text.
fn dotted(expr: &ruff_python_ast::Expr) -> Option<String> {
    match expr {
        ruff_python_ast::Expr::Name(name) => Some(name.id.to_string()),
        ruff_python_ast::Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr))
        }
        _ => None,
    }
}

enum Test {
    TypeChecking,
    Main,
}

/// Whether a condition is `TYPE_CHECKING`.
pub(super) fn is_type_checking(test: &ruff_python_ast::Expr) -> bool {
    matches!(known_test(test), Some(Test::TypeChecking))
}

fn known_test(test: &ruff_python_ast::Expr) -> Option<Test> {
    use ruff_python_ast::Expr;
    match test {
        Expr::Name(name) if name.id.as_str() == "TYPE_CHECKING" => Some(Test::TypeChecking),
        Expr::Attribute(attribute) if attribute.attr.as_str() == "TYPE_CHECKING" => Some(Test::TypeChecking),
        Expr::Compare(compare) => match &*compare.left {
            Expr::Name(name) if name.id.as_str() == "__name__" => Some(Test::Main),
            _ => None,
        },
        _ => None,
    }
}

/// Python's `__qualname__`.
fn qualname(scopes: &[Scope<'_>], name: &str) -> Name {
    let mut out = String::new();
    for scope in scopes {
        match scope {
            Scope::Function(def) => {
                out.push_str(&def.name);
                out.push_str(".<locals>.");
            }
            Scope::Class(class) => {
                out.push_str(&class.name);
                out.push('.');
            }
        }
    }
    out.push_str(name);
    out.into()
}

/// The name whose list, set or dict a statement changes: by a method, or by an item.
fn changed(stmt: &Stmt) -> Option<Name> {
    use ruff_python_ast::Expr;
    let item_of = |target: &Expr| match target {
        Expr::Subscript(subscript) => subscript.value.as_name_expr().map(|name| name.id.as_str().into()),
        _ => None,
    };
    match stmt {
        Stmt::Expr(stmt) => {
            let method = stmt.value.as_call_expr()?.func.as_attribute_expr()?;
            let changes = matches!(
                method.attr.as_str(),
                "add"
                    | "append"
                    | "clear"
                    | "discard"
                    | "extend"
                    | "insert"
                    | "pop"
                    | "popitem"
                    | "remove"
                    | "reverse"
                    | "setdefault"
                    | "sort"
                    | "update"
            );
            let name = method.value.as_name_expr()?;
            changes.then(|| name.id.as_str().into())
        }
        Stmt::Assign(assign) => assign.targets.iter().find_map(item_of),
        Stmt::AugAssign(assign) => item_of(&assign.target),
        Stmt::Delete(delete) => delete.targets.iter().find_map(item_of),
        _ => None,
    }
}

/// The names that a function binds: its parameters and whatever its statements assign.
pub(super) fn locals(def: &StmtFunctionDef) -> Vec<Name> {
    let mut names: Vec<Name> = def.parameters.iter().map(|param| param.name().as_str().into()).collect();
    let mut walker = Walker::default();
    walker.block(&def.body, Guard::Always);
    for (_, found) in walker.out {
        if let Found::Binding { name, guard, .. } = found
            && guard != Guard::FromFunction
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::segment::parse;
    use super::*;

    #[test]
    fn a_function_is_found_by_its_range_as_the_walk_finds_it() {
        let parsed = parse(concat!(
            "class A:\n    def f(self): pass\n    if x:\n        @d\n        def g(self):\n            def h(): pass\n",
            "    elif y:\n        def g(self): pass\n    else:\n        def g(self): pass\n",
            "    try:\n        def i(self): pass\n    except E:\n        def i(self): pass\n",
            "    else:\n        def j(self): pass\n    finally:\n        def k(self): pass\n",
            "    for x in y:\n        def l(self): return lambda: 1\n    else:\n        def l(self): pass\n",
            "    while x:\n        with y:\n            def m(self): pass\n",
            "    match x:\n        case 1:\n            class B:\n                def n(self): pass\n",
        ));
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        let mut count = 0;
        for (scopes, found) in walk(&parsed) {
            let Found::Function { def, .. } = found else { continue };
            let (same, around) = function_at(&parsed, count, def.range()).expect("the walk found it");
            assert!(std::ptr::eq(same, def), "{}", def.name);
            assert_eq!(around.len(), scopes.len(), "{}", def.name);
            count += 1;
        }
        assert_eq!(count, 14);
    }
}
