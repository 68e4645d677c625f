//! What the calls in a project suppose of a function that nobody calls at module level: the values of its parameters,
//! call by call, and so the inner functions that it makes.
//!
//! A question is answered by running it several times: where several values are possible, each run supposes another
//! combination of them, until all have been tried.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};
use rustc_hash::FxHashMap;

use super::super::module::{segment_count, syntax};
use super::super::segment::{parsed, segment_text};
use super::super::walk::Scope;
use super::eval::{Env, Eval, Frame, LazyScope};
use super::value::{Args, Function, V, unknown};
use super::{Global, package_folder};
use crate::db::{Db, SourceFile};
use crate::ty::{KernelRef, Name};

/// At most so many combinations are tried, calls followed outwards, calls of one function supposed, and files read for
/// one name.
const MOST_RUNS: u32 = 64;
const MOST_OUTWARDS: u32 = 4;
const MOST_SITES: usize = 16;
const MOST_FILES: usize = 40;

/// Which of several possible values a run supposes, in the order in which it meets them.
#[derive(Default)]
pub(in crate::hir) struct Script {
    next: usize,
    /// The value supposed, and of how many.
    choices: Vec<(usize, usize)>,
}

impl Script {
    fn choose(&mut self, of: usize) -> usize {
        let at = self.next;
        self.next += 1;
        if at == self.choices.len() {
            self.choices.push((0, of));
        }
        self.choices[at].0.min(of.saturating_sub(1))
    }

    /// Turns to the next combination; false after the last.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((chosen, of)) = self.choices.pop() {
            if chosen + 1 < of {
                self.choices.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// What an evaluator needs that supposes values.
pub(in crate::hir) struct Supposing<'db> {
    script: RefCell<Script>,
    package: Rc<Package<'db>>,
}

/// How the parameters of a function are supposed when they are asked for.
#[derive(Default)]
pub(in crate::hir) struct Supposed<'db> {
    /// It stands in a class.
    method: bool,
    /// How many calls are followed outwards from here.
    outwards: u32,
    /// The call that is supposed.
    given: OnceCell<Option<Given<'db>>>,
    known: RefCell<Vec<(Name, V<'db>)>>,
}

impl<'db> Eval<'db> {
    /// A parameter of a function as a call in the project gives it, in a run that supposes.
    pub(super) fn supposed_parameter(&self, scope: &LazyScope<'db>, name: &str) -> Option<V<'db>> {
        let supposing = self.supposing.as_ref()?;
        let Supposed { method, outwards, given, known } = &scope.supposed;
        let found = known.borrow().iter().find(|(param, _)| &**param == name).map(|(_, value)| value.clone());
        if found.is_some() {
            return found;
        }
        let kernel = self.kernel_of(scope.parent.file(), scope.qualname.clone(), scope.def);
        let function = Function { kernel, def: scope.def, env: scope.parent.clone() };
        let given = given.get_or_init(|| supposing.package.given(self, &function, *method, *outwards));
        let value = given.as_ref()?.parameter(self, &function, name)?;
        known.borrow_mut().push((name.into(), value.clone()));
        Some(value)
    }

    /// One of several possible values in a run that supposes; else they must agree.
    pub(in crate::hir) fn suppose(&self, values: Vec<V<'db>>, what: &'static str) -> V<'db> {
        let Some(supposing) = &self.supposing else { return unknown(what) };
        let mut seen: Vec<Global> = Vec::new();
        let mut distinct: Vec<V<'db>> = Vec::new();
        for value in values {
            let finished = self.finish(&value);
            if !seen.contains(&finished) {
                seen.push(finished);
                distinct.push(value);
            }
        }
        match distinct.len() {
            0 => unknown(what),
            len => distinct.swap_remove(supposing.script.borrow_mut().choose(len)),
        }
    }
}

/// A call by name, with the functions and classes around it.
struct Site<'db> {
    file: SourceFile,
    scopes: Vec<Scope<'db>>,
    call: &'db ExprCall,
}

struct Sites<'n, 'a> {
    name: &'n str,
    file: SourceFile,
    scopes: Vec<Scope<'a>>,
    found: Vec<Site<'a>>,
}

impl<'a> Visitor<'a> for Sites<'_, 'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let scope = match stmt {
            Stmt::FunctionDef(def) => Some(Scope::Function(def)),
            Stmt::ClassDef(def) => Some(Scope::Class(def)),
            _ => None,
        };
        self.scopes.extend(scope);
        walk_stmt(self, stmt);
        if scope.is_some() {
            self.scopes.pop();
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            let named = match &*call.func {
                Expr::Name(name) => name.id.as_str() == self.name,
                Expr::Attribute(attribute) => attribute.attr.as_str() == self.name,
                _ => false,
            };
            if named {
                self.found.push(Site { file: self.file, scopes: self.scopes.clone(), call });
            }
        }
        walk_expr(self, expr);
    }
}

/// The calls in the package of a file, by the name that is called.
pub(in crate::hir) struct Package<'db> {
    db: &'db dyn Db,
    files: Vec<SourceFile>,
    sites: RefCell<FxHashMap<Name, Rc<Vec<Site<'db>>>>>,
}

impl<'db> Package<'db> {
    fn of(db: &'db dyn Db, file: SourceFile) -> Package<'db> {
        let mut files = vec![file];
        for path in db.python_files(&package_folder(db, file)) {
            let other = db.source(&path);
            if other != file {
                files.push(other);
            }
        }
        Package { db, files, sites: RefCell::default() }
    }

    fn sites(&self, name: &str) -> Rc<Vec<Site<'db>>> {
        if let Some(known) = self.sites.borrow().get(name) {
            return known.clone();
        }
        let text = format!("{name}(");
        let with_name =
            |file: &&SourceFile| file.text(self.db).as_deref().is_some_and(|source| source.contains(&text));
        let files: Vec<SourceFile> = self.files.iter().filter(with_name).copied().collect();
        let mut found = Vec::new();
        // A name that stands everywhere says nothing about one function.
        if files.len() <= MOST_FILES {
            for file in files {
                for number in 0..segment_count(self.db, file) {
                    let Some(segment) = segment_text(self.db, file, number) else { continue };
                    let mut sites = Sites { name, file, scopes: Vec::new(), found: Vec::new() };
                    sites.visit_body(&parsed(self.db, segment).stmts);
                    found.append(&mut sites.found);
                }
            }
        }
        let found = Rc::new(found);
        self.sites.borrow_mut().insert(name.into(), found.clone());
        found
    }

    /// Where code inside these functions and classes is evaluated, the parameters of the outermost function being
    /// what a call gives them.
    fn env(file: SourceFile, scopes: &[Scope<'db>], outwards: u32) -> Env<'db> {
        let env = Env::of_scopes(file, scopes);
        let outermost = scopes.iter().position(|scope| matches!(scope, Scope::Function(_)));
        let (Some(at), true) = (outermost, outwards > 0) else { return env };
        let method = at > 0;
        let supposed = Supposed { method, outwards, ..Supposed::default() };
        let Env::Lazy(scope) = Env::of_scopes(file, &scopes[..=at]) else { return env };
        let LazyScope { def, parent, qualname, .. } = &*scope;
        let outer = LazyScope { def, parent: parent.clone(), qualname: qualname.clone(), supposed };
        Env::inside(Env::Lazy(Rc::new(outer)), &scopes[at + 1..])
    }

    /// One of the calls of a function of a module or class; `None` where none is found, or too many.
    fn given(
        &self,
        eval: &Eval<'db>,
        function: &Function<'db>,
        method: bool,
        outwards: u32,
    ) -> Option<Given<'db>> {
        let script = &eval.supposing.as_ref()?.script;
        if outwards == 0 {
            return None;
        }
        let sites = self.sites(&function.def.name);
        // A call of something else of the name is no call of this function.
        let may_be = |site: &&Site<'db>| {
            if function.kernel.file == site.file && inside(site, function.def) {
                return false;
            }
            if method {
                return site.call.func.is_attribute_expr();
            }
            match Eval::new(self.db).expr(&Env::of_scopes(site.file, &site.scopes), &site.call.func) {
                V::Function(called) | V::Jitted(called, _) => called.kernel.bare() == function.kernel,
                V::Unknown(_) => true,
                _ => false,
            }
        };
        let sites: Vec<&Site<'db>> = sites.iter().filter(may_be).collect();
        if sites.is_empty() || sites.len() > MOST_SITES {
            return None;
        }
        let site = sites[script.borrow_mut().choose(sites.len())];
        let is_static = function.def.decorator_list.iter().any(
            |decorator| matches!(&decorator.expression, Expr::Name(name) if name.id.as_str() == "staticmethod"),
        );
        let env = Package::env(site.file, &site.scopes, outwards - 1);
        Some(Given { call: site.call, env, bound: method && !is_static })
    }
}

/// A call that is supposed, and where its arguments are evaluated.
struct Given<'db> {
    call: &'db ExprCall,
    env: Env<'db>,
    /// The first parameter is the object.
    bound: bool,
}

impl<'db> Given<'db> {
    fn arguments(&self, eval: &Eval<'db>) -> Args<'db> {
        let mut args = eval.arguments(&self.env, &self.call.arguments);
        if self.bound {
            args.positional.insert(0, unknown("an object"));
        }
        args
    }

    /// What the call gives a parameter. Only the argument that it needs is evaluated, unless some are unpacked.
    fn parameter(&self, eval: &Eval<'db>, function: &Function<'db>, name: &str) -> Option<V<'db>> {
        let params = &function.def.parameters;
        let arguments = &self.call.arguments;
        let unpacks = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let mut plain = params.posonlyargs.iter().chain(&params.args);
        let at = plain.position(|param| param.parameter.name.as_str() == name);
        let positional = at.filter(|_| !unpacks).and_then(|at| match (at, self.bound) {
            (0, true) => None,
            (at, bound) => arguments.args.get(at - usize::from(bound)),
        });
        let keyword = arguments.keywords.iter().find(|keyword| keyword.arg.as_deref() == Some(name));
        if let Some(given) = positional.or(keyword.map(|keyword| &keyword.value)) {
            return Some(eval.expr(&self.env, given));
        }
        let frame = Frame {
            vars: RefCell::default(),
            parent: function.env.clone(),
            qualname: function.kernel.qualname.clone(),
            locals: Vec::new(),
        };
        let fits = eval.bind(params, &function.env, &frame, self.arguments(eval));
        let vars = frame.vars.into_inner();
        fits.then(|| vars.into_iter().find(|(param, _)| &**param == name).map(|(_, value)| value))?
    }
}

/// Whether a call stands in the function itself.
fn inside(site: &Site<'_>, def: &StmtFunctionDef) -> bool {
    site.scopes.iter().any(|scope| matches!(scope, Scope::Function(outer) if std::ptr::eq(*outer, def)))
}

/// Every function that the calls in the package make of an inner function, following the values of arguments through
/// the functions that the calls stand in; empty if there are too many to try. What a call does not tell stays
/// unknown in it. No query may ask, since files come and go unnoticed.
pub(super) fn made_by_calls(db: &dyn Db, kernel: &KernelRef) -> Vec<KernelRef> {
    let Some((factory, _)) = kernel.qualname.split_once(".<locals>.") else { return Vec::new() };
    let factory = super::super::module::find_functions(db, kernel.file, factory).pop();
    let Some((def, scopes)) = factory.as_ref().and_then(|factory| syntax(db, factory.clone())) else {
        return Vec::new();
    };
    let Some(factory) = factory else { return Vec::new() };
    let package = Rc::new(Package::of(db, kernel.file));
    let method = matches!(scopes.last(), Some(Scope::Class(_)));
    let mut made: Vec<KernelRef> = Vec::new();
    let mut script = Script::default();
    for _ in 0..MOST_RUNS {
        let eval = Eval::supposing(db, Supposing { script: RefCell::new(script), package: package.clone() });
        let function = Function { kernel: factory.clone(), def, env: Env::Module(kernel.file) };
        let Some(given) = package.given(&eval, &function, method, MOST_OUTWARDS) else {
            return Vec::new();
        };
        let args = given.arguments(&eval);
        let result = eval.run(&Rc::new(function), args);
        let values = eval.made.take();
        let is_made = |value: &V<'_>| matches!(value, V::Jitted(function, _) if function.kernel == *kernel);
        // A run that was not understood to its end may have made another one.
        if matches!(result, V::Unknown(_)) && !values.iter().any(is_made) {
            return Vec::new();
        }
        for value in &values {
            if is_made(value)
                && let Global::Jitted(instance, _) = eval.finish(value)
                && !made.contains(&instance)
            {
                made.push(instance);
            }
        }
        script = eval.supposing.map(|supposing| supposing.script.into_inner()).unwrap_or_default();
        if !script.advance() {
            return made;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_goes_through_every_combination() {
        let mut script = Script::default();
        let mut seen = Vec::new();
        loop {
            let first = script.choose(2);
            let second = if first == 0 { script.choose(3) } else { 9 };
            seen.push((first, second));
            if !script.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }
}
