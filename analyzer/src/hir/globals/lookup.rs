//! Names to bindings to values, and imports to modules.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use super::super::Declared;
use super::super::decorator;
use super::super::module::{BindingPlace, Guard, function_in, index};
use super::super::segment::{parsed, segment_text};
use super::super::walk::{Bound, Found, Syntax, binding_at, defaults_of, walk_block};
use super::eval::{Env, Eval, LazyScope};
use super::imports::{Module, is_dynamic};
use super::value::{Class, Function, Lambda, SeqKind, V, constant, unknown};
use super::{Global, arrays, classes, ctypes, extension, library};
use crate::db::{Db, SourceFile};
use crate::ty::{Const, KernelRef, Name, Ty, Why};

impl<'db> Eval<'db> {
    /// A name as code in `env` sees it.
    pub(in crate::hir) fn name(&self, env: &Env<'db>, name: &str) -> V<'db> {
        self.deeper(|| match env {
            Env::Module(file) => self.module_name(*file, name),
            Env::Lazy(scope) => self.lazy_name(scope, name).unwrap_or_else(|| self.name(&scope.parent, name)),
            Env::Frame(frame) => {
                let vars = frame.vars.borrow();
                if let Some((_, value)) = vars.iter().rev().find(|(var, _)| &**var == name) {
                    return value.clone();
                }
                drop(vars);
                match frame.locals.iter().any(|local| &**local == name) {
                    true => self.unknown_name(name),
                    false => self.name(&frame.parent, name),
                }
            }
        })
    }

    /// A name that a function around binds; `None` if it does not.
    fn lazy_name(&self, scope: &Rc<LazyScope<'db>>, name: &str) -> Option<V<'db>> {
        if scope.def.parameters.iter().any(|param| param.name().as_str() == name) {
            if let Some(supposed) = self.supposed_parameter(scope, name) {
                return Some(supposed);
            }
            // A parameter that is a jit decorator by default is hardly ever something else.
            let mut params = scope.def.parameters.iter_non_variadic_params();
            let default = params
                .find(|param| param.parameter.name.as_str() == name)
                .and_then(|param| param.default.as_deref());
            let value = default.map(|default| self.expr(&scope.parent, default));
            return Some(value.filter(V::is_jit).unwrap_or_else(|| self.unknown_name(name)));
        }
        let mut changes = false;
        let bindings: Vec<Bound<'db>> = walk_block(&scope.def.body)
            .into_iter()
            .filter_map(|found| match found {
                Found::Binding { name: bound, guard, syntax, tests } if &*bound == name => {
                    Some(Bound { guard, syntax, tests })
                }
                Found::Change(changed) => {
                    changes |= &*changed == name;
                    None
                }
                _ => None,
            })
            .collect();
        if bindings.is_empty() {
            return None;
        }
        let env = Env::Lazy(scope.clone());
        let key: Name = format!("{}.<locals>.{name}", scope.qualname).into();
        let value = self.choose(&env, &key, name, &[], bindings);
        Some(if changes { self.without_items(value) } else { value })
    }

    /// A container that statements change after its display, which nobody runs here: what is in it is not known.
    fn without_items(&self, value: V<'db>) -> V<'db> {
        match value {
            V::Seq(SeqKind::List | SeqKind::Set, _) | V::Dict(_) => V::Global(self.finish(&value)),
            value => value,
        }
    }

    /// A name at module level, or a builtin.
    pub(in crate::hir) fn module_name(&self, file: SourceFile, name: &str) -> V<'db> {
        if let Some(decorator) = self.extra_decorator(file, name) {
            return decorator;
        }
        let index = index(self.db, file);
        if let Some(places) = index.bindings.get(name) {
            let mut places = places.clone();
            let mut bindings: Vec<Bound<'db>> = Vec::with_capacity(places.len());
            places.retain(|place| self.bound_at(file, *place).map(|bound| bindings.push(bound)).is_some());
            let builtin = library::builtin(name);
            let hidden = builtin.is_none().then_some(true).or_else(|| self.hides(file, name, &bindings));
            if let (Some(false), Some(builtin)) = (hidden, &builtin) {
                return builtin.clone();
            }
            let mut value = self.choose(&Env::Module(file), &name.into(), name, &places, bindings);
            match (&value, builtin) {
                // What is given the value of an undefined name keeps its own: `range = xrange` failed before.
                (V::Global(Global::Undefined), Some(builtin)) => return builtin,
                (_, Some(_)) if hidden.is_none() => return self.unknown_name(name),
                _ => {}
            }
            if index.changed.iter().any(|changed| &**changed == name) {
                value = self.without_items(value);
            }
            if let V::Method(..) = &value {
                value = ctypes::with_types(self, &Env::Module(file), name, value);
            }
            if let V::Global(Global::Value(Ty::NamedTupleClass(class))) = &value {
                let assigned = defaults_of(name);
                if index.bindings.contains_key(assigned.as_str()) {
                    return classes::with_defaults(self, class, &self.module_name(file, &assigned));
                }
            }
            if !matches!(value, V::Unknown(Why::NotModelled("a name before its first value"))) {
                return value;
            }
            return library::builtin(name).unwrap_or_else(|| self.unknown_name(name));
        }
        for place in index.stars.iter().rev() {
            if let Some(value) = self.through_star(file, *place, name) {
                return value;
            }
        }
        if let Some(value) = library::builtin(name) {
            return value;
        }
        if name.starts_with("__") {
            return self.unknown_name(name);
        }
        match is_dynamic(self.db, file) {
            false => V::Global(Global::Undefined),
            true => self.unknown_name(name),
        }
    }

    /// How many bindings of a name a statement of the module sees that is being run; `None` if none is, or if
    /// it sees none yet and thus runs later than where it stands.
    fn seen(&self, file: SourceFile, places: &[BindingPlace]) -> Option<usize> {
        let running = self.running.borrow();
        let (_, segment, binding) = running.iter().rev().find(|(at_file, ..)| *at_file == file)?;
        let before = |place: &&BindingPlace| (place.segment, place.binding) < (*segment, *binding);
        Some(places.iter().take_while(before).count()).filter(|seen| *seen > 0)
    }

    /// The value that a name has in the end, of its bindings in order, or where a statement of the module sees it.
    /// `key` tells names of one file apart; `places` are those of a module's bindings.
    fn choose(
        &self,
        env: &Env<'db>,
        key: &Name,
        name: &str,
        places: &[BindingPlace],
        bindings: Vec<Bound<'db>>,
    ) -> V<'db> {
        let file = env.file();
        let seen = self.seen(file, places);
        // A name in its own value means an earlier binding: `f = njit(f)`.
        let limit = {
            let looking = self.looking.borrow();
            let mine = looking.iter().rev().find(|(at_file, looked, _)| *at_file == file && looked == key);
            mine.map_or(bindings.len(), |(.., limit)| *limit)
        };
        let mut candidates: Vec<usize> = (0..limit.min(seen.unwrap_or(bindings.len()))).collect();
        if candidates.is_empty() {
            return unknown("a name before its first value");
        }
        if bindings.iter().any(|binding| binding.guard == Guard::FromFunction) {
            return self.unknown_name(name);
        }
        let look = |at: usize| {
            self.looking.borrow_mut().push((file, key.clone(), at));
            let place = places.get(at);
            self.running.borrow_mut().extend(place.map(|place| (file, place.segment, place.binding)));
            let value = self.deeper(|| self.bound(env, name, bindings[at].syntax));
            if place.is_some() {
                self.running.borrow_mut().pop();
            }
            self.looking.borrow_mut().pop();
            value
        };
        let type_only = candidates.iter().rfind(|at| bindings[**at].guard == Guard::TypeOnly).copied();
        for dropped in [Guard::TypeOnly, Guard::Main, Guard::Except] {
            if candidates.iter().any(|at| bindings[*at].guard != dropped) {
                candidates.retain(|at| bindings[*at].guard != dropped);
            }
        }
        // An `if` whose condition is known has one side.
        let mut sure = Vec::with_capacity(candidates.len());
        if candidates.len() > 1 {
            candidates.retain(|at| {
                let holds = self.holds(env, key, *at, &bindings[*at].tests);
                if holds == Some(true) {
                    sure.push(*at);
                }
                holds != Some(false)
            });
        }
        let is_sure =
            |at: &usize| sure.contains(at) || matches!(bindings[*at].guard, Guard::Always | Guard::Try);
        let last = candidates.iter().rposition(is_sure).unwrap_or(0);
        let overwritten = candidates.get(..last).unwrap_or(&[]);
        let mut values: Vec<V<'db>> = candidates.iter().skip(last).map(|at| look(*at)).collect();
        let settled = match values.len() {
            1 => values.pop(),
            _ => self.either(values),
        };
        let value = match (settled, type_only) {
            (None | Some(V::Unknown(_)), Some(at)) => look(at),
            (Some(value), _) => value,
            (None, None) => return self.unknown_name(name),
        };
        // Numba reads a global when it compiles: of a number that changes nobody knows which value it sees.
        if overwritten.is_empty() || seen.is_some() || value.as_const().is_none() {
            return value;
        }
        let mut values: Vec<V<'db>> = overwritten.iter().map(|at| look(*at)).collect();
        values.insert(0, value);
        self.either(values).unwrap_or_else(|| self.unknown_name(name))
    }

    /// Whether the bindings of a builtin's name surely replace it; `None` if nobody knows.
    fn hides(&self, file: SourceFile, name: &str, bindings: &[Bound<'db>]) -> Option<bool> {
        if bindings.iter().any(|binding| matches!(binding.guard, Guard::Always | Guard::FromFunction)) {
            return Some(true);
        }
        let (env, key) = (Env::Module(file), Name::from(name));
        let mut surely_not = true;
        for (at, binding) in bindings.iter().enumerate() {
            match self.holds(&env, &key, at, &binding.tests) {
                Some(true) => return Some(true),
                holds => surely_not &= holds == Some(false),
            }
        }
        surely_not.then_some(false)
    }

    /// Whether the conditions around a binding hold.
    fn holds(&self, env: &Env<'db>, key: &Name, at: usize, tests: &[(&'db Expr, bool)]) -> Option<bool> {
        if tests.is_empty() {
            return None;
        }
        self.looking.borrow_mut().push((env.file(), key.clone(), at));
        let results: Vec<Option<bool>> =
            tests.iter().map(|(test, wanted)| Some(self.expr(env, test).truth()? == *wanted)).collect();
        self.looking.borrow_mut().pop();
        match results.contains(&Some(false)) {
            true => Some(false),
            false => results.iter().all(Option::is_some).then_some(true),
        }
    }

    /// A binding of a file.
    fn bound_at(&self, file: SourceFile, place: BindingPlace) -> Option<Bound<'db>> {
        let segment = segment_text(self.db, file, place.segment)?;
        binding_at(parsed(self.db, segment), place.binding)
    }

    pub(in crate::hir) fn binding_syntax(
        &self,
        file: SourceFile,
        place: BindingPlace,
    ) -> Option<Syntax<'db>> {
        self.bound_at(file, place).map(|bound| bound.syntax)
    }

    /// The name of the C function that a module-level name is a pointer to: the text in the call that made it, in a
    /// module that takes such pointers from `scipy.special`.
    pub(in crate::hir) fn c_function(&self, file: SourceFile, name: &str) -> Option<Name> {
        let (mut file, mut name) = (file, Name::from(name));
        for _ in 0..8 {
            let place = *index(self.db, file).bindings.get(&*name)?.last()?;
            match self.binding_syntax(file, place)? {
                Syntax::From { level, module, name: original } => {
                    let found = match level {
                        0 => self.resolve_module(file, module)?,
                        level => self.resolve_relative(file, level, module)?,
                    };
                    let Module::Project(next) = found else { return None };
                    (file, name) = (next, original.into());
                }
                Syntax::Value(Expr::Call(call)) => {
                    if !file.text(self.db).as_ref()?.contains("scipy.special.cython_special") {
                        return None;
                    }
                    return self.named_in_call(file, call, 0);
                }
                _ => return None,
            }
        }
        None
    }

    /// The function that a call which makes a pointer names: in its own text, or in the call that its address is from.
    fn named_in_call(&self, file: SourceFile, call: &'db ExprCall, depth: u32) -> Option<Name> {
        let texts: Vec<&str> = call
            .arguments
            .args
            .iter()
            .filter_map(|arg| arg.as_string_literal_expr().map(|text| text.value.to_str()))
            .collect();
        match texts[..] {
            // Fused functions have one name for each type.
            [_, name] => {
                let plain =
                    name.strip_prefix("__pyx_fuse_").map(|rest| rest.trim_start_matches(char::is_numeric));
                return Some(plain.unwrap_or(name).into());
            }
            [name] => return Some(name.into()),
            _ if depth > 4 => return None,
            _ => {}
        }
        call.arguments.args.iter().find_map(|arg| {
            let inner = match arg {
                Expr::Call(inner) => inner,
                Expr::Name(name) => {
                    let place = *index(self.db, file).bindings.get(name.id.as_str())?.last()?;
                    match self.binding_syntax(file, place)? {
                        Syntax::Value(Expr::Call(inner)) => inner,
                        _ => return None,
                    }
                }
                _ => return None,
            };
            self.named_in_call(file, inner, depth + 1)
        })
    }

    /// The value that a binding gives its name in `env`.
    pub(in crate::hir) fn bound(&self, env: &Env<'db>, name: &str, syntax: Syntax<'db>) -> V<'db> {
        let file = env.file();
        match syntax {
            Syntax::Def(def) => {
                let function = self.function(env, def);
                self.decorated(&function)
            }
            Syntax::Class(def) => {
                let class = Rc::new(Class { file, qualname: env.qualify(&def.name), def, env: env.clone() });
                self.decorated_class(&class)
            }
            Syntax::Value(value) => self.expr(env, value),
            Syntax::Item(value, at) => {
                if let Expr::Tuple(tuple) = value
                    && !tuple.elts.iter().any(Expr::is_starred_expr)
                {
                    return tuple
                        .elts
                        .get(at as usize)
                        .map_or_else(|| self.unknown_name(name), |elt| self.expr(env, elt));
                }
                let items = self.expr(env, value).items();
                items
                    .and_then(|items| items.get(at as usize).cloned())
                    .unwrap_or_else(|| self.unknown_name(name))
            }
            Syntax::Annotated | Syntax::Other | Syntax::Star(_) => self.unknown_name(name),
            Syntax::Import(module) => match self.resolve_module(file, module) {
                Some(module) => V::Module(module),
                None => V::Unknown(Why::UnresolvedImport(module.into())),
            },
            Syntax::From { level, module, name } => self.import_from(file, level, module, name),
        }
    }

    /// A function defined in `env`, before its decorators.
    pub(in crate::hir) fn function(&self, env: &Env<'db>, def: &'db StmtFunctionDef) -> Rc<Function<'db>> {
        let qualname = env.qualify(&def.name);
        let kernel = self.kernel_of(env.file(), qualname, def);
        Rc::new(Function { kernel, def, env: env.clone() })
    }

    /// The reference to a function by its syntax: of several with one name it is the one that this is.
    pub(in crate::hir) fn kernel_of(
        &self,
        file: SourceFile,
        qualname: Name,
        def: &'db StmtFunctionDef,
    ) -> KernelRef {
        let index = index(self.db, file);
        let same: Vec<_> = index.named(&qualname).collect();
        let mut ordinal = 0;
        if same.len() > 1 {
            let is_this = |(_, segment, function): &&&(Name, u32, u32)| {
                let Some(text) = segment_text(self.db, file, *segment) else { return false };
                let found = function_in(self.db, text, *function);
                found.is_some_and(|(other, _)| std::ptr::eq(other, def))
            };
            ordinal = same.iter().position(|candidate| is_this(&candidate)).unwrap_or(0);
        }
        KernelRef::new(file, qualname, u32::try_from(ordinal).unwrap_or(0))
    }

    /// A lambda as the function that it abbreviates. Of two that read the same at the same place, either will do.
    pub(in crate::hir) fn lambda_function(&self, lambda: &Lambda<'db>) -> Option<Rc<Function<'db>>> {
        let file = lambda.env.file();
        let qualname = lambda.env.qualify("<lambda>");
        let same = index(self.db, file).named(&qualname);
        for (ordinal, (_, segment, function)) in (0u32..).zip(same) {
            let text = segment_text(self.db, file, *segment)?;
            let (def, _) = function_in(self.db, text, *function)?;
            let body = def.body.first().and_then(Stmt::as_return_stmt).and_then(|stmt| stmt.value.as_deref());
            if def.range == lambda.def.range && body == Some(&*lambda.def.body) {
                let kernel = KernelRef::new(file, qualname.clone(), ordinal);
                return Some(Rc::new(Function { kernel, def, env: lambda.env.clone() }));
            }
        }
        None
    }

    /// A name of a module that is not at hand.
    pub(in crate::hir) fn outside(&self, path: &str) -> V<'db> {
        match decorator::extra(self.db, path) {
            Some(jit) => V::Jit(Rc::new(jit)),
            None => V::Unknown(Why::UnresolvedImport(path.into())),
        }
    }

    /// The decorator that the settings make of a name of the project.
    fn extra_decorator(&self, file: SourceFile, name: &str) -> Option<V<'db>> {
        if self.db.project().settings(self.db).extra_decorators.is_empty() {
            return None;
        }
        let module = self.module_name_of(&Module::Project(file));
        let jit = decorator::extra(self.db, &format!("{module}.{name}"))?;
        Some(V::Jit(Rc::new(jit)))
    }

    /// `value.attr`
    pub(in crate::hir) fn attribute(&self, of: &V<'db>, attr: &str) -> V<'db> {
        match of {
            V::Module(module) => match self.member(module, attr) {
                V::Global(Global::Undefined) => self.unknown_name(attr),
                value => value,
            },
            V::Type(ty @ Ty::StructRef(_)) => self.struct_attribute(ty, attr),
            V::Type(ty) => extension::type_attribute(ty, attr),
            V::Global(Global::Value(Ty::Module(path))) => library::member(path, attr),
            V::Global(Global::Value(ty @ Ty::Array(_))) if arrays::has_method(ty, attr) => {
                V::Method(Rc::new(of.clone()), attr.into())
            }
            V::Global(Global::Value(ty)) => library::value_attribute(ty, attr),
            of if ctypes::is_library(of) => V::Method(Rc::new(of.clone()), attr.into()),
            V::Global(Global::Const(Const::Complex(re, im))) => match attr {
                "real" => constant(Const::Float(*re)),
                "imag" => constant(Const::Float(*im)),
                _ => unknown("an attribute"),
            },
            V::Seq(..) | V::Dict(_) => V::Method(Rc::new(of.clone()), attr.into()),
            V::Global(Global::Const(_)) => V::Method(Rc::new(of.clone()), attr.into()),
            V::Jitted(function, _) if attr == "py_func" => V::Function(function.clone()),
            V::Class(class) => self.class_attribute(class, attr),
            V::Unknown(Why::UnresolvedImport(path)) if decorator::has_extra_below(self.db, path) => {
                self.outside(&format!("{path}.{attr}"))
            }
            V::Unknown(why) => V::Unknown(why.clone()),
            _ => unknown("an attribute"),
        }
    }

    /// Assigns to a name or to a tuple of names; false if the target is something else or the items are unknown.
    pub(in crate::hir) fn assign(&self, env: &Env<'db>, target: &'db Expr, value: &V<'db>) -> bool {
        let Env::Frame(frame) = env else { return false };
        match target {
            Expr::Name(name) => {
                let mut vars = frame.vars.borrow_mut();
                match vars.iter_mut().rev().find(|(var, _)| &**var == name.id.as_str()) {
                    Some((_, old)) => *old = value.clone(),
                    None => vars.push((name.id.as_str().into(), value.clone())),
                }
                true
            }
            Expr::Tuple(tuple) => {
                let items = value.items();
                tuple.elts.iter().enumerate().all(|(at, elt)| {
                    let item = items.as_ref().and_then(|items| items.get(at).cloned());
                    self.assign(env, elt, &item.unwrap_or_else(|| unknown("an unpacked value")))
                })
            }
            _ => false,
        }
    }

    /// A function of the file with its decorators applied, innermost first.
    pub(in crate::hir) fn decorated(&self, function: &Rc<Function<'db>>) -> V<'db> {
        let mut value = V::Function(function.clone());
        let mut kept = false;
        let registered = self.registered.borrow().len();
        for decorator in function.def.decorator_list.iter().rev() {
            let decorator = self.expr(&function.env, &decorator.expression);
            kept |= keeps_its_argument(&decorator);
            value = self.call(&decorator, super::value::Args::of(vec![value]));
        }
        match &value {
            V::Function(same)
                if kept && Rc::ptr_eq(same, function) && self.registered.borrow().len() == registered =>
            {
                unknown("a function that its decorator may keep")
            }
            _ => value,
        }
    }

    pub(in crate::hir) fn tuple(items: Vec<V<'db>>) -> V<'db> {
        V::Seq(SeqKind::Tuple, Rc::new(RefCell::new(items)))
    }
}

/// Whether a decorator of the project does more with what it decorates than return it and read its attributes: it may
/// hold on to it, and have it compiled later.
fn keeps_its_argument(decorator: &V<'_>) -> bool {
    let V::Function(function) = decorator else { return false };
    let mut params = function.def.parameters.posonlyargs.iter().chain(&function.def.parameters.args);
    let Some(first) = params.next() else { return false };
    let mut uses = Uses { name: first.parameter.name.as_str(), kept: false };
    uses.visit_body(&function.def.body);
    uses.kept
}

struct Uses<'a> {
    name: &'a str,
    kept: bool,
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Return(only) if only.value.as_deref().is_some_and(Expr::is_name_expr) => {}
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(attribute) if attribute.value.is_name_expr() => {}
            Expr::Name(name) => self.kept |= name.id.as_str() == self.name,
            other => walk_expr(self, other),
        }
    }
}

/// Functions and classes that calls at module level hand to Numba.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hir) struct CallForms {
    /// `fast = njit(slow)`
    pub(in crate::hir) functions: Vec<(KernelRef, Arc<Declared>)>,
    /// `Fast = jitclass(Slow, spec)`
    pub(in crate::hir) classes: Vec<Name>,
}

/// The calls of a file that make functions and classes Numba's. Runs again when one of these changes, or a name
/// comes or goes.
#[salsa::tracked(returns(ref))]
pub(in crate::hir) fn call_forms(db: &dyn Db, file: SourceFile) -> CallForms {
    let eval = Eval::new(db);
    let mut found = CallForms::default();
    let index = index(db, file);
    for name in &index.names {
        for place in index.bindings.get(name).into_iter().flatten() {
            // Cheap before dear: most bindings are no calls with a function.
            if index.calls_with_names.binary_search(&place.segment).is_err() {
                continue;
            }
            let Some(Syntax::Value(value @ Expr::Call(call))) = eval.binding_syntax(file, *place) else {
                continue;
            };
            let names = call.arguments.args.iter().filter_map(Expr::as_name_expr);
            let known: Vec<&str> = names
                .map(|name| name.id.as_str())
                .filter(|name| index.bindings.contains_key(*name))
                .collect();
            if known.is_empty() && !call.arguments.args.iter().any(Expr::is_lambda_expr) {
                continue;
            }
            match Eval::new(db).expr(&Env::Module(file), value) {
                // One function may be jitted several times; the first counts where one has to.
                V::Jitted(function, declared) => found.functions.push((function.kernel.clone(), declared)),
                V::Global(Global::Value(Ty::JitClass(class))) => {
                    let class = class.0.rsplit(':').next().unwrap_or_default();
                    found.classes.push(class.into());
                }
                _ => {}
            }
        }
    }
    found
}
