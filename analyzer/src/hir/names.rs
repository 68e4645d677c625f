//! Every name in a statement, and the scope it belongs to by Python's rules.
//!
//! This is syntax only: it also answers for code that is no kernel, or that has errors elsewhere.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Pattern, Stmt};
use rustc_hash::FxHashSet;

use super::segment::{SegmentText, parsed, segments, span};
use super::source_map::Span;
use crate::db::{Db, SourceFile};
use crate::ty::Name;

/// One use or definition of a name. The span counts from the start of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) name: Name,
    pub(crate) span: Span,
    pub(crate) of: Owner,
    pub(crate) role: Role,
}

/// What a name belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The module, or the builtins.
    Module,
    /// A function, lambda, class or comprehension of the statement, by its number.
    Scope { number: u32, parameter: bool },
    /// What stands before the dot, if that is a dotted name: `np.linalg` in `np.linalg.inv`.
    Attribute(Option<Name>),
    /// Another module: the name behind `from module import`. `bound` is what it is called here.
    Import { bound: Name },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `def`, `class`, an import or a parameter.
    Definition,
    Write,
    Read,
}

/// The names of a statement, in no particular order. Runs again when its text changes.
#[salsa::tracked(returns(deref))]
pub(crate) fn of_segment<'db>(db: &'db dyn Db, segment: SegmentText<'db>) -> Vec<Occurrence> {
    let mut walk = Walk { scopes: vec![Scope::default()], current: 0, found: Vec::new() };
    walk.visit_body(&parsed(db, segment).stmts);
    walk.resolve()
}

/// The names of the statement around an offset, and where it starts in the file.
pub(crate) fn around(db: &dyn Db, file: SourceFile, offset: u32) -> Option<(u32, &[Occurrence])> {
    let (start, text) = segment_at(db, file, offset)?;
    Some((start, of_segment(db, text)))
}

/// The text of the statement around an offset, and where it starts in the file.
pub(crate) fn statement(db: &dyn Db, file: SourceFile, offset: u32) -> Option<(u32, &str)> {
    let (start, text) = segment_at(db, file, offset)?;
    Some((start, text.text(db)))
}

fn segment_at(db: &dyn Db, file: SourceFile, offset: u32) -> Option<(u32, SegmentText<'_>)> {
    let segments = segments(db, file);
    let number = segments.partition_point(|segment| segment.start <= offset).checked_sub(1)?;
    segments.get(number).map(|segment| (segment.start, segment.text))
}

/// The names of the statements of a file that hold a word, and where they start.
pub(crate) fn with_word<'db>(
    db: &'db dyn Db,
    file: SourceFile,
    word: &str,
) -> impl Iterator<Item = (u32, &'db [Occurrence])> {
    segments(db, file)
        .iter()
        .filter(move |segment| segment.text.text(db).contains(word))
        .map(|segment| (segment.start, of_segment(db, segment.text)))
}

#[derive(Default)]
struct Scope {
    parent: u32,
    kind: Kind,
    bound: FxHashSet<Name>,
    parameters: FxHashSet<Name>,
    globals: FxHashSet<Name>,
    nonlocals: FxHashSet<Name>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Module,
    Function,
    Class,
    Comprehension,
}

struct Walk {
    scopes: Vec<Scope>,
    current: u32,
    found: Vec<(u32, Occurrence)>,
}

impl Walk {
    fn scope(&mut self, number: u32) -> &mut Scope {
        &mut self.scopes[number as usize]
    }

    fn add(&mut self, scope: u32, name: &str, span: Span, role: Role) {
        let occurrence = Occurrence { name: name.into(), span, of: Owner::Module, role };
        self.found.push((scope, occurrence));
    }

    fn bind(&mut self, scope: u32, name: &str, span: Span, role: Role) {
        self.scope(scope).bound.insert(name.into());
        self.add(scope, name, span, role);
    }

    fn within(&mut self, kind: Kind, inside: impl FnOnce(&mut Walk)) {
        let outer = self.current;
        self.current = u32::try_from(self.scopes.len()).unwrap_or(u32::MAX);
        self.scopes.push(Scope { parent: outer, kind, ..Scope::default() });
        inside(self);
        self.current = outer;
    }

    fn parameters(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter() {
            let name = parameter.name();
            self.bind(self.current, name, span(name), Role::Definition);
            self.scope(self.current).parameters.insert(name.as_str().into());
        }
    }

    fn defaults(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
        for annotation in parameters.iter().filter_map(|parameter| parameter.annotation()) {
            self.visit_expr(annotation);
        }
    }

    /// The first iterable belongs to the scope around, the rest to the comprehension.
    fn comprehension<'a>(&mut self, generators: &'a [ast::Comprehension], parts: &[&'a Expr]) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.within(Kind::Comprehension, |walk| {
            for (at, generator) in generators.iter().enumerate() {
                if at > 0 {
                    walk.visit_expr(&generator.iter);
                }
                walk.visit_expr(&generator.target);
                generator.ifs.iter().for_each(|test| walk.visit_expr(test));
            }
            parts.iter().for_each(|part| walk.visit_expr(part));
        });
    }

    /// An assignment expression binds in the function around the comprehension.
    fn walrus_scope(&self) -> u32 {
        let mut scope = self.current;
        while self.scopes[scope as usize].kind == Kind::Comprehension {
            scope = self.scopes[scope as usize].parent;
        }
        scope
    }

    fn resolve(self) -> Vec<Occurrence> {
        let Walk { scopes, found, .. } = self;
        let resolved = found.into_iter().map(|(scope, occurrence)| match occurrence.of {
            Owner::Module => Occurrence { of: owner(&scopes, scope, &occurrence.name), ..occurrence },
            _ => occurrence,
        });
        resolved.collect()
    }
}

/// The scope that a name belongs to, seen from one. The names of a class are not seen from the functions in it.
fn owner(scopes: &[Scope], from: u32, name: &Name) -> Owner {
    let mut number = from;
    while number != 0 {
        let scope = &scopes[number as usize];
        if scope.globals.contains(name) {
            return Owner::Module;
        }
        let visible = scope.kind != Kind::Class || number == from;
        if visible && scope.bound.contains(name) && !scope.nonlocals.contains(name) {
            return Owner::Scope { number, parameter: scope.parameters.contains(name) };
        }
        number = scope.parent;
    }
    Owner::Module
}

/// `a.b.c`, if an expression is that.
fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr)),
        _ => None,
    }
}

impl<'a> Visitor<'a> for Walk {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.bind(self.current, &def.name, span(&def.name), Role::Definition);
                self.defaults(&def.parameters);
                def.returns.iter().for_each(|returns| self.visit_expr(returns));
                self.within(Kind::Function, |walk| {
                    walk.parameters(&def.parameters);
                    walk.visit_body(&def.body);
                });
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.bind(self.current, &class.name, span(&class.name), Role::Definition);
                class.arguments.iter().for_each(|arguments| self.visit_arguments(arguments));
                self.within(Kind::Class, |walk| walk.visit_body(&class.body));
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let (bound, at) = match &alias.asname {
                        Some(name) => (name.as_str(), span(name)),
                        None => {
                            let first = alias.name.split('.').next().unwrap_or_default();
                            let start = span(&alias.name).start;
                            let length = u32::try_from(first.len()).unwrap_or(0);
                            (first, Span::new(start, start + length))
                        }
                    };
                    self.bind(self.current, bound, at, Role::Definition);
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in import.names.iter().filter(|alias| alias.name.as_str() != "*") {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    if alias.asname.is_some() {
                        let occurrence = Occurrence {
                            name: alias.name.as_str().into(),
                            span: span(&alias.name),
                            of: Owner::Import { bound: bound.as_str().into() },
                            role: Role::Read,
                        };
                        self.found.push((self.current, occurrence));
                    }
                    self.bind(self.current, bound, span(bound), Role::Definition);
                }
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.scope(self.current).globals.insert(name.as_str().into());
                    self.add(self.current, name, span(name), Role::Read);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    self.scope(self.current).nonlocals.insert(name.as_str().into());
                    self.add(self.current, name, span(name), Role::Read);
                }
            }
            stmt => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store | ExprContext::Del => {
                    self.bind(self.current, &name.id, span(name), Role::Write);
                }
                _ => self.add(self.current, &name.id, span(name), Role::Read),
            },
            Expr::Attribute(attribute) => {
                self.visit_expr(&attribute.value);
                let occurrence = Occurrence {
                    name: attribute.attr.as_str().into(),
                    span: span(&attribute.attr),
                    of: Owner::Attribute(dotted(&attribute.value).map(Name::from)),
                    role: if attribute.ctx == ExprContext::Load { Role::Read } else { Role::Write },
                };
                self.found.push((self.current, occurrence));
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.bind(self.walrus_scope(), &name.id, span(name), Role::Write);
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                self.within(Kind::Function, |walk| {
                    if let Some(parameters) = &lambda.parameters {
                        walk.parameters(parameters);
                    }
                    walk.visit_expr(&lambda.body);
                });
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => {
                let key = comp.key.as_deref();
                let parts: Vec<&Expr> = key.into_iter().chain([&*comp.value]).collect();
                self.comprehension(&comp.generators, &parts);
            }
            expr => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(self.current, name, span(name), Role::Write);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(self.current, name, span(name), Role::Write);
        }
        visitor::walk_pattern(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::db::{Host, NoFiles, Settings};

    /// The texts around which a name belongs to the same thing as at its first place.
    fn same_as_first(code: &str, name: &str) -> Vec<u32> {
        let mut host = Host::new(Arc::new(NoFiles), Settings::default());
        host.set_text(Path::new("/m.py"), Some(code));
        let db = host.database();
        let file = db.source(Path::new("/m.py"));
        let (_, names) = around(db, file, 0).expect("a statement");
        let mut all: Vec<&Occurrence> = names.iter().filter(|it| &*it.name == name).collect();
        all.sort_by_key(|it| it.span);
        all.iter().filter(|it| it.of == all[0].of).map(|it| it.span.start).collect()
    }

    #[test]
    fn a_function_hides_the_names_of_the_module_that_it_binds() {
        let code = "def f(x):\n    y = x\n    g = lambda x: x\n    return [x for y in x]\n";
        assert_eq!(same_as_first(code, "x"), [6, 18, 52, 63]);
        assert_eq!(same_as_first(code, "y"), [14]);
    }

    #[test]
    fn global_and_nonlocal_names_belong_to_the_scopes_around() {
        let code =
            "def f():\n    n = 1\n    def g():\n        nonlocal n\n        global m\n        n = m = 2\n";
        assert_eq!(same_as_first(code, "n").len(), 3);
        assert_eq!(same_as_first(code, "m").len(), 2);
    }

    #[test]
    fn the_functions_of_a_class_do_not_see_its_names() {
        let code = "class C:\n    n = 1\n    def f(self):\n        return n\n    m = n\n";
        assert_eq!(same_as_first(code, "n").len(), 2);
    }
}
