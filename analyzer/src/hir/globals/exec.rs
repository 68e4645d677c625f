//! Calls of the project's own functions: wrappers around `njit`, factories of decorators, small helpers.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::{Expr, Parameters, Stmt};

use super::super::decorator;
use super::super::walk::locals;
use super::super::walk::{Found, is_type_checking, walk_block};
use super::eval::{Env, Eval, Frame};
use super::value::{Args, Function, Lambda, Partial, SeqKind, V, constant, unknown};
use super::{Global, arith, arrays, builtins, ctypes, extension, library};
use crate::ty::{Const, Name, Ty, Why};

/// The longest loop that is carried out.
const MOST_ROUNDS: usize = 1024;

/// How a statement ends.
enum Flow<'db> {
    Next,
    Return(V<'db>),
    Break,
    Continue,
    /// What follows cannot be told.
    Lost,
}

impl<'db> Eval<'db> {
    /// `func(*args)`
    pub(in crate::hir) fn call(&self, func: &V<'db>, args: Args<'db>) -> V<'db> {
        self.deeper(|| match func {
            V::Identity => args.positional.into_iter().next().unwrap_or_else(|| unknown("a call")),
            V::Jit(jit) => decorator::apply(self, jit, args),
            V::Partial(partial) => {
                let mut all = partial.args.clone();
                all.positional.extend(args.positional);
                all.keywords.retain(|(name, _)| !args.keywords.iter().any(|(other, _)| other == name));
                all.keywords.extend(args.keywords);
                all.open |= args.open;
                self.call(&partial.func, all)
            }
            V::Function(function) => self.run(function, args),
            V::Lambda(lambda) => self.run_lambda(lambda, args),
            // Jitted functions are called while a module is imported, to warm them up or for a constant.
            V::Jitted(..) => unknown("a result of a jitted function"),
            V::Type(ty) => library::call_type(self, ty, &args),
            V::Class(class) => self.call_class(class, &args),
            V::Method(value, name) => self.call_method(value, name, &args),
            V::Global(Global::Value(Ty::Function(path))) => library::call(self, path, args),
            V::Global(Global::Value(ty)) => library::call_value(self, ty, &args),
            V::Unknown(why) => V::Unknown(why.clone()),
            _ => unknown("a call"),
        })
    }

    pub(in crate::hir) fn partial(&self, args: Args<'db>) -> V<'db> {
        let mut args = args;
        if args.positional.is_empty() {
            return unknown("a call");
        }
        let func = args.positional.remove(0);
        V::Partial(Rc::new(Partial { func, args }))
    }

    /// Runs a function of the project.
    pub(super) fn run(&self, function: &Rc<Function<'db>>, args: Args<'db>) -> V<'db> {
        let def = function.def;
        if def.is_async || args.open && self.supposing.is_none() {
            return unknown("a call of a function of the project");
        }
        let qualname = function.kernel.qualname.clone();
        let frame = Rc::new(Frame {
            vars: RefCell::default(),
            parent: function.env.clone(),
            qualname,
            locals: locals(def),
        });
        let env = Env::Frame(frame.clone());
        if !self.bind(&def.parameters, &function.env, &frame, args) {
            return unknown("the arguments of a call");
        }
        match self.block(&env, &def.body) {
            Flow::Return(value) => value,
            Flow::Next => constant(Const::None),
            Flow::Break | Flow::Continue | Flow::Lost => unknown("a result of a function of the project"),
        }
    }

    fn run_lambda(&self, lambda: &Lambda<'db>, args: Args<'db>) -> V<'db> {
        let frame = Rc::new(Frame {
            vars: RefCell::default(),
            parent: lambda.env.clone(),
            qualname: lambda.env.qualify("<lambda>"),
            locals: Vec::new(),
        });
        let fits = match &lambda.def.parameters {
            _ if args.open => false,
            Some(params) => self.bind(params, &lambda.env, &frame, args),
            None => args.positional.is_empty() && args.keywords.is_empty(),
        };
        match fits {
            true => self.expr(&Env::Frame(frame), &lambda.def.body),
            false => unknown("the arguments of a call"),
        }
    }

    /// Binds the parameters; false where the call does not fit.
    pub(super) fn bind(
        &self,
        params: &'db Parameters,
        env: &Env<'db>,
        frame: &Frame<'db>,
        args: Args<'db>,
    ) -> bool {
        let mut vars = frame.vars.borrow_mut();
        let mut positional = args.positional.into_iter();
        let mut keywords = args.keywords;
        let plain: Vec<_> = params.posonlyargs.iter().chain(&params.args).collect();
        for (at, param) in plain.iter().chain(&params.kwonlyargs.iter().collect::<Vec<_>>()).enumerate() {
            let name: Name = param.parameter.name.as_str().into();
            let given = if at < plain.len() { positional.next() } else { None };
            let given = given.or_else(|| {
                let at = keywords.iter().position(|(keyword, _)| *keyword == name)?;
                Some(keywords.swap_remove(at).1)
            });
            let given = given.or_else(|| args.open.then(|| self.unknown_name(&name)));
            let given = given.or_else(|| param.default.as_deref().map(|default| self.expr(env, default)));
            let Some(given) = given else { return false };
            vars.push((name, given));
        }
        match &params.vararg {
            Some(vararg) if args.open => {
                vars.push((vararg.name.as_str().into(), unknown("an unpacked sequence")));
            }
            Some(vararg) => vars.push((vararg.name.as_str().into(), Self::tuple(positional.collect()))),
            None if positional.next().is_some() => return false,
            None => {}
        }
        match &params.kwarg {
            Some(kwarg) if args.open => {
                vars.push((kwarg.name.as_str().into(), unknown("an unpacked dict")));
            }
            Some(kwarg) => {
                let items =
                    keywords.into_iter().map(|(name, value)| (constant(Const::Str(name)), value)).collect();
                vars.push((kwarg.name.as_str().into(), V::Dict(Rc::new(RefCell::new(items)))));
            }
            None if !keywords.is_empty() => return false,
            None => {}
        }
        true
    }

    fn block(&self, env: &Env<'db>, stmts: &'db [Stmt]) -> Flow<'db> {
        for stmt in stmts {
            match self.stmt(env, stmt) {
                Flow::Next => {}
                end => return end,
            }
        }
        Flow::Next
    }

    fn stmt(&self, env: &Env<'db>, stmt: &'db Stmt) -> Flow<'db> {
        match stmt {
            Stmt::Return(stmt) => {
                let value = stmt.value.as_deref().map(|value| self.expr(env, value));
                Flow::Return(value.unwrap_or_else(|| constant(Const::None)))
            }
            Stmt::Assign(assign) => {
                let value = self.expr(env, &assign.value);
                for target in &assign.targets {
                    self.store(env, target, &value);
                }
                Flow::Next
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.expr(env, value);
                    self.store(env, &assign.target, &value);
                }
                Flow::Next
            }
            Stmt::AugAssign(assign) => {
                let (old, operand) = (self.expr(env, &assign.target), self.expr(env, &assign.value));
                let value = arith::binary(assign.op, &old, &operand);
                self.store(env, &assign.target, &value);
                Flow::Next
            }
            Stmt::FunctionDef(def) => {
                let function = self.function(env, def);
                let value = self.decorated(&function);
                self.made.borrow_mut().push(value.clone());
                if let Env::Frame(frame) = env {
                    frame.vars.borrow_mut().push((def.name.as_str().into(), value));
                }
                Flow::Next
            }
            Stmt::Expr(stmt) => {
                self.expr(env, &stmt.value);
                Flow::Next
            }
            Stmt::If(stmt) => self.branch(env, stmt),
            Stmt::For(stmt) => self.repeat(env, stmt),
            Stmt::With(stmt) => self.block(env, &stmt.body),
            Stmt::Try(stmt) => match self.block(env, &stmt.body) {
                Flow::Next => match self.block(env, &stmt.orelse) {
                    Flow::Next => self.block(env, &stmt.finalbody),
                    end => end,
                },
                end => end,
            },
            Stmt::Break(_) => Flow::Break,
            Stmt::Continue(_) => Flow::Continue,
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.import(env, stmt);
                Flow::Next
            }
            Stmt::Assert(_) | Stmt::Pass(_) | Stmt::Delete(_) | Stmt::Nonlocal(_) | Stmt::Global(_) => {
                Flow::Next
            }
            _ => Flow::Lost,
        }
    }

    fn store(&self, env: &Env<'db>, target: &'db Expr, value: &V<'db>) {
        if let Expr::Subscript(subscript) = target {
            if let V::Dict(items) = self.expr(env, &subscript.value) {
                let key = self.expr(env, &subscript.slice);
                items.borrow_mut().push((key, value.clone()));
            }
            return;
        }
        self.assign(env, target, value);
    }

    /// After an `if` whose condition is unknown, names are what its sides agree on. If one side returns, the rest is
    /// lost; but a function that returns the same either way is understood.
    fn branch(&self, env: &Env<'db>, stmt: &'db ruff_python_ast::StmtIf) -> Flow<'db> {
        if is_type_checking(&stmt.test) {
            return self.type_checking(env, stmt);
        }
        let mut unknown_tests = false;
        let mut returned: Vec<V<'db>> = Vec::new();
        let clauses = std::iter::once((Some(&*stmt.test), &stmt.body))
            .chain(stmt.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &clause.body)));
        let mut falls_through = true;
        let start = vars_of(env);
        let mut ends = Vec::new();
        let mut assigned: Vec<Name> = Vec::new();
        let mut changed: Vec<Name> = Vec::new();
        let mut exhaustive = false;
        for (test, body) in clauses {
            let truth = test.map_or(Some(true), |test| self.expr(env, test).truth());
            match (truth, unknown_tests) {
                (Some(false), _) => continue,
                (Some(true), false) => return self.block(env, body),
                (None, _) if self.exact => return Flow::Lost,
                (truth, _) => {
                    unknown_tests = true;
                    exhaustive = truth == Some(true);
                    set_vars(env, &start);
                    for found in walk_block(body) {
                        match found {
                            Found::Binding { name, .. } => assigned.push(name),
                            Found::Change(name) => changed.push(name),
                            Found::Function { .. } => {}
                        }
                    }
                    match self.block(env, body) {
                        Flow::Return(value) => {
                            returned.push(value);
                            falls_through &= !exhaustive;
                        }
                        // A branch that raises or cannot be read is not the one that matters.
                        Flow::Lost => falls_through &= !exhaustive,
                        Flow::Next => ends.push(vars_of(env)),
                        end => return end,
                    }
                    if exhaustive {
                        break;
                    }
                }
            }
        }
        if unknown_tests {
            if !exhaustive {
                ends.push(start.clone());
            }
            self.merge(env, &start, &ends, &assigned);
            if let Env::Frame(frame) = env {
                frame
                    .vars
                    .borrow_mut()
                    .extend(changed.into_iter().map(|name| (name, unknown("a condition"))));
            }
        }
        match (returned.is_empty(), falls_through) {
            (true, _) => Flow::Next,
            (false, false) => Flow::Return(self.either(returned).unwrap_or_else(|| unknown("a condition"))),
            (false, true) => match returned.iter().find(|value| matches!(value, V::Jitted(..) | V::Jit(_))) {
                Some(jitted) => Flow::Return(jitted.clone()),
                None => Flow::Lost,
            },
        }
    }

    /// `if TYPE_CHECKING: import numba` says what a name is that the other side computes.
    fn type_checking(&self, env: &Env<'db>, stmt: &'db ruff_python_ast::StmtIf) -> Flow<'db> {
        let start = vars_of(env);
        self.block(env, &stmt.body);
        let said = vars_of(env);
        set_vars(env, &start);
        let other = stmt.elif_else_clauses.iter().find(|clause| clause.test.is_none());
        let flow = other.map_or(Flow::Next, |clause| self.block(env, &clause.body));
        if let Env::Frame(frame) = env {
            let mut vars = frame.vars.borrow_mut();
            for (name, value) in said.into_iter().skip(start.len()) {
                match vars.iter_mut().rev().find(|(var, _)| *var == name) {
                    Some((_, known)) if matches!(known, V::Unknown(_)) => *known = value,
                    Some(_) => {}
                    None => vars.push((name, value)),
                }
            }
        }
        flow
    }

    /// Gives the names that branches assigned what these agree on.
    fn merge(&self, env: &Env<'db>, start: &Vars<'db>, ends: &[Vars<'db>], assigned: &[Name]) {
        set_vars(env, start);
        let Env::Frame(frame) = env else { return };
        for name in assigned {
            let value = |vars: &Vars<'db>| {
                let found = vars.iter().rev().find(|(var, _)| var == name);
                found.map_or_else(|| unknown("a name that may have no value"), |(_, value)| value.clone())
            };
            let mut values: Vec<V<'db>> = ends.iter().map(value).collect();
            let merged = match values.len() {
                1 => values.pop(),
                _ => self.either(values),
            };
            let merged = merged.unwrap_or_else(|| unknown("a condition"));
            frame.vars.borrow_mut().push((name.clone(), merged));
        }
    }

    /// A loop over items that are all known, unless there are too many to walk them.
    fn repeat(&self, env: &Env<'db>, stmt: &'db ruff_python_ast::StmtFor) -> Flow<'db> {
        let Some(items) = self.expr(env, &stmt.iter).items() else { return Flow::Lost };
        if items.len() > MOST_ROUNDS {
            return Flow::Lost;
        }
        for item in items {
            if !self.assign(env, &stmt.target, &item) {
                return Flow::Lost;
            }
            match self.block(env, &stmt.body) {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Flow::Next,
                end => return end,
            }
        }
        self.block(env, &stmt.orelse)
    }

    /// An import inside a function.
    fn import(&self, env: &Env<'db>, stmt: &'db Stmt) {
        let Env::Frame(frame) = env else { return };
        for found in walk_block(std::slice::from_ref(stmt)) {
            let Found::Binding { name, syntax, .. } = found else { continue };
            let value = self.bound(env, &name, syntax);
            frame.vars.borrow_mut().push((name, value));
        }
    }

    /// A method of a list, dict, tuple or string.
    fn call_method(&self, value: &V<'db>, name: &str, args: &Args<'db>) -> V<'db> {
        match (value, name) {
            (V::Global(Global::Value(array @ Ty::Array(_))), _) => arrays::method(self, array, name, args),
            (V::Type(Ty::Array(array)), "copy") => extension::copied(array, args),
            (V::Seq(SeqKind::List, items), "append") => {
                items.borrow_mut().extend(args.positional.first().cloned());
                constant(Const::None)
            }
            (V::Seq(SeqKind::List, items), "extend") => {
                match args.positional.first().and_then(V::items) {
                    Some(more) => items.borrow_mut().extend(more),
                    None => return unknown("an unpacked sequence"),
                }
                constant(Const::None)
            }
            (V::Seq(kind, items), "copy") => V::Seq(*kind, Rc::new(RefCell::new(items.borrow().clone()))),
            (V::Dict(items), "copy") => V::Dict(Rc::new(RefCell::new(items.borrow().clone()))),
            (V::Dict(items), "keys") => {
                Self::tuple(items.borrow().iter().map(|(key, _)| key.clone()).collect())
            }
            (V::Dict(items), "values") => {
                Self::tuple(items.borrow().iter().map(|(_, value)| value.clone()).collect())
            }
            (V::Dict(items), "items") => Self::tuple(
                items
                    .borrow()
                    .iter()
                    .map(|(key, value)| Self::tuple(vec![key.clone(), value.clone()]))
                    .collect(),
            ),
            (V::Dict(items), "update") => {
                if let Some(V::Dict(more)) = args.positional.first() {
                    let more = more.borrow().clone();
                    items.borrow_mut().extend(more);
                }
                let keywords = args
                    .keywords
                    .iter()
                    .map(|(name, value)| (constant(Const::Str(name.clone())), value.clone()));
                items.borrow_mut().extend(keywords);
                constant(Const::None)
            }
            (V::Dict(items), "get" | "pop" | "setdefault") => {
                let wanted = args.positional.first().map(|key| self.finish(key));
                let mut items = items.borrow_mut();
                let found = items.iter().rposition(|(key, _)| Some(self.finish(key)) == wanted);
                match found {
                    Some(at) if name == "pop" => items.remove(at).1,
                    Some(at) => items[at].1.clone(),
                    None => args.positional.get(1).cloned().unwrap_or_else(|| constant(Const::None)),
                }
            }
            (V::Global(Global::Const(Const::Str(text))), method) => string_method(text, method, args),
            (V::Signature(signature), ctypes::PROTOTYPE) => ctypes::function(signature),
            (V::Signature(_), builtins::INSTANCE) => {
                library::as_type(self, value).map_or_else(|| unknown("a signature"), super::value::value)
            }
            (V::Unknown(why), _) => V::Unknown(why.clone()),
            _ => V::Unknown(Why::NotModelled("a method")),
        }
    }
}

type Vars<'db> = Vec<(Name, V<'db>)>;

fn vars_of<'db>(env: &Env<'db>) -> Vars<'db> {
    match env {
        Env::Frame(frame) => frame.vars.borrow().clone(),
        Env::Module(_) | Env::Lazy(_) => Vec::new(),
    }
}

fn set_vars<'db>(env: &Env<'db>, vars: &Vars<'db>) {
    if let Env::Frame(frame) = env {
        *frame.vars.borrow_mut() = vars.clone();
    }
}

fn string_method<'db>(text: &str, method: &str, args: &Args<'db>) -> V<'db> {
    let string = |text: String| constant(Const::Str(text.into()));
    match (method, args.positional.first().and_then(V::as_str)) {
        ("lower", None) => string(text.to_lowercase()),
        ("upper", None) => string(text.to_uppercase()),
        ("strip", None) => string(text.trim().to_owned()),
        ("startswith", Some(prefix)) => constant(Const::Bool(text.starts_with(&**prefix))),
        ("endswith", Some(suffix)) => constant(Const::Bool(text.ends_with(&**suffix))),
        ("split", separator) => {
            let part = |part: &str| constant(Const::Str(part.into()));
            let parts = match separator {
                Some(separator) => text.split(&**separator).map(part).collect(),
                None => text.split_whitespace().map(part).collect(),
            };
            V::Seq(SeqKind::List, Rc::new(RefCell::new(parts)))
        }
        _ => unknown("a method"),
    }
}
