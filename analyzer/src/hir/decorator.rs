//! Decorators that make a function Numba's: their names, options and signatures.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::Expr;

use super::globals::eval::{Env, Eval};
use super::globals::library::as_type;
use super::globals::lookup::call_forms;
use super::globals::value::{Args, Function, V};
use super::globals::{self, Global, classes};
use super::module::{Kernel, syntax};
use super::walk::Scope;
use super::{Declared, JitKind, JitOptions, Signature};
use crate::db::{Db, ExtraDecorator, SourceFile};
use crate::ty::parse;
use crate::ty::{Const, KernelRef, Name, Ty, Why};

/// A decorator of Numba's with what it was given so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hir) struct Jit {
    pub(in crate::hir) kind: JitKind,
    signatures: Vec<Signature>,
    options: JitOptions,
    /// What `overload` and its like were called with.
    target: Option<Target>,
    /// What `overload_method` and `overload_attribute` add to a type.
    adds: Option<Adds>,
    /// It was called already: `njit(cache=True)`, not `njit`.
    configured: bool,
    /// The fields of a jitclass.
    pub(in crate::hir) spec: Vec<(Name, Ty)>,
}

/// What is given an implementation for Numba.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hir) enum Target {
    Function(KernelRef),
    /// A member of all types of a class.
    Member(TypeClass, Name, Adds),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adds {
    Method,
    Attribute,
}

/// A class whose instances are types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hir) enum TypeClass {
    /// Of `numba.types`, by its name.
    Library(Name),
    /// Of the project, by its file and name.
    Project(SourceFile, Name),
}

/// The decorator that a real path of the library names.
pub(in crate::hir) fn named(path: &str) -> Option<Jit> {
    let kind = match path {
        "numba.jit" | "numba.njit" | "numba.extending.register_jitable" => JitKind::Jit,
        "numba.vectorize" => JitKind::Vectorize,
        "numba.guvectorize" => JitKind::GuVectorize,
        "numba.stencil" => JitKind::Stencil,
        "numba.cfunc" => JitKind::CFunc,
        "numba.generated_jit" => JitKind::GeneratedJit,
        "numba.experimental.jitclass" => JitKind::JitClassMethod,
        "numba.cuda.jit" => JitKind::Extension,
        path => match path.strip_prefix("numba.extending.")? {
            "overload"
            | "overload_method"
            | "overload_attribute"
            | "overload_classmethod"
            | "type_callable"
            | "typeof_impl"
            | "lower_builtin"
            | "lower_cast"
            | "box"
            | "unbox"
            | "infer_getattr"
            | "register_model" => JitKind::Overload,
            "intrinsic" => JitKind::Intrinsic,
            _ => return None,
        },
    };
    let python_outside = path == "numba.extending.register_jitable";
    let adds = match path {
        "numba.extending.overload_method" => Some(Adds::Method),
        "numba.extending.overload_attribute" => Some(Adds::Attribute),
        _ => None,
    };
    Some(Jit {
        kind,
        adds,
        options: JitOptions { python_outside, ..JitOptions::default() },
        ..Jit::default()
    })
}

/// The decorator of the user's own that the settings call so.
pub(in crate::hir) fn extra(db: &dyn Db, path: &str) -> Option<Jit> {
    let extra = db.project().settings(db).extra_decorators.iter().find(|extra| extra.path == path)?;
    let mut jit = named(&extra.like)?;
    jit.options.parallel = extra.parallel;
    jit.options.fastmath = extra.fastmath;
    jit.options.no_nans = extra.fastmath;
    Some(jit)
}

/// The member that `overload_method(class, "name")` adds.
fn member(adds: Adds, class: &V<'_>, name: Option<&V<'_>>) -> Option<Target> {
    let class = match class {
        V::Class(class) => TypeClass::Project(class.file, class.qualname.clone()),
        V::Global(Global::Value(Ty::Function(path))) => {
            TypeClass::Library(path.strip_prefix("numba.types.")?.into())
        }
        _ => return None,
    };
    Some(Target::Member(class, name?.as_str()?.clone(), adds))
}

/// Whether the settings name a decorator below this path.
pub(in crate::hir) fn has_extra_below(db: &dyn Db, path: &str) -> bool {
    let below =
        |extra: &ExtraDecorator| extra.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    db.project().settings(db).extra_decorators.iter().any(below)
}

/// A call of a decorator: with a function it jits it, with anything else it takes options.
pub(in crate::hir) fn apply<'db>(eval: &Eval<'db>, jit: &Rc<Jit>, args: Args<'db>) -> V<'db> {
    let first = args.positional.first().or_else(|| args.keyword("signature_or_function")).cloned();
    // What `overload` is called with first is what it overloads; then it returns what it decorates.
    if jit.kind == JitKind::Overload {
        return match first {
            Some(first) if jit.configured => {
                if let (Some(target), V::Function(by)) = (&jit.target, &first) {
                    eval.registered.borrow_mut().push((target.clone(), by.kernel.clone()));
                }
                first
            }
            first => {
                let target = match (jit.adds, first) {
                    (Some(adds), Some(class)) => member(adds, &class, args.get(1, "attr")),
                    (None, Some(V::Function(target))) => Some(Target::Function(target.kernel.clone())),
                    _ => None,
                };
                V::Jit(Rc::new(Jit { configured: true, target, ..(**jit).clone() }))
            }
        };
    }
    let first = match first {
        Some(V::Lambda(lambda)) => Some(match eval.lambda_function(&lambda) {
            Some(function) => V::Function(function),
            None => V::Lambda(lambda),
        }),
        first => first,
    };
    match first {
        Some(V::Function(function)) => {
            let mut jit = (**jit).clone();
            options(eval, &mut jit, &args);
            jitted(&function, &jit)
        }
        // A function that is jitted already stays what it is.
        Some(V::Jitted(function, declared)) => V::Jitted(function, declared),
        Some(V::Class(class)) if jit.kind == JitKind::JitClassMethod => {
            let given = args.get(1, "spec").map(|spec| classes::spec(eval, spec));
            eval.jitclass(&class, given.as_deref().unwrap_or(&jit.spec))
        }
        Some(V::Unknown(why)) if jit.configured => V::Unknown(why),
        first => {
            let mut jit = (**jit).clone();
            jit.configured = true;
            if let Some(first) = first {
                match jit.kind {
                    JitKind::JitClassMethod => jit.spec = classes::spec(eval, &first),
                    JitKind::Extension | JitKind::Intrinsic | JitKind::Stencil => {}
                    _ => jit.signatures = signatures(eval, &first),
                }
            }
            if jit.kind == JitKind::JitClassMethod
                && let Some(spec) = args.keyword("spec")
            {
                jit.spec = classes::spec(eval, spec);
            }
            if jit.kind == JitKind::GuVectorize
                && let Some(layout) = args.positional.get(1).and_then(V::as_str)
            {
                jit.options.layout = Some(layout.clone());
            }
            if let Some(given) = args.keyword("signature").or_else(|| args.keyword("ftylist_or_function")) {
                jit.signatures = signatures(eval, given);
            }
            options(eval, &mut jit, &args);
            V::Jit(Rc::new(jit))
        }
    }
}

fn jitted<'db>(function: &Rc<Function<'db>>, jit: &Jit) -> V<'db> {
    let declared =
        Declared { kind: jit.kind, signatures: jit.signatures.clone(), options: jit.options.clone() };
    V::Jitted(function.clone(), Arc::new(declared))
}

/// One signature or several, as text or as types. Of several, one that cannot be read is left open.
fn signatures<'db>(eval: &Eval<'db>, given: &V<'db>) -> Vec<Signature> {
    match given {
        V::Signature(signature) => vec![(**signature).clone()],
        V::Global(Global::Const(Const::Str(text))) => parse::signature(text).into_iter().collect(),
        V::Global(Global::Const(Const::Tuple(items))) if items.is_empty() => {
            vec![Signature { args: Vec::new(), ret: None }]
        }
        V::Seq(_, items) => {
            let items = items.borrow();
            // A tuple of types is one signature without a result.
            let types: Option<Vec<Ty>> = items
                .iter()
                .map(|item| match item {
                    V::Signature(_) | V::Unknown(_) => None,
                    item => as_type(eval, item),
                })
                .collect();
            match types {
                Some(args) if matches!(given, V::Seq(super::globals::value::SeqKind::Tuple, _)) => {
                    vec![Signature { args, ret: None }]
                }
                _ => {
                    let read: Vec<Vec<Signature>> = items.iter().map(|item| signatures(eval, item)).collect();
                    let open = read.iter().any(Vec::is_empty);
                    let mut read: Vec<Signature> = read.into_iter().flatten().collect();
                    if open && !read.is_empty() {
                        let any = Ty::Hole(Why::NotModelled("a signature"));
                        read.push(Signature { args: vec![any], ret: None });
                    }
                    read
                }
            }
        }
        V::Global(Global::Const(Const::Tuple(items))) => items
            .iter()
            .filter_map(|item| match item {
                Const::Str(text) => parse::signature(text).ok(),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn options<'db>(eval: &Eval<'db>, jit: &mut Jit, args: &Args<'db>) {
    jit.options.forceobj |=
        args.within.iter().any(|(name, given)| &**name == "forceobj" && given.truth() == Some(true));
    for (name, given) in &args.keywords {
        let truth = given.truth();
        let flag = truth.unwrap_or(false);
        let options = &mut jit.options;
        options.computed |= truth.is_none();
        match &**name {
            "parallel" => options.parallel = flag,
            "fastmath" => {
                options.fastmath = flag;
                options.no_nans = no_nans(given);
            }
            "cache" => options.cache = flag,
            "nogil" => options.nogil = flag,
            "boundscheck" => {
                options.boundscheck = match given.as_const() {
                    Some(Const::Bool(value)) => Some(*value),
                    _ => None,
                };
            }
            "inline" => options.inline_always = given.as_str().is_some_and(|mode| &**mode == "always"),
            "forceobj" => {
                options.forceobj = flag;
                options.contradictory = flag
                    && args
                        .keywords
                        .iter()
                        .any(|(name, given)| &**name == "nopython" && given.truth() == Some(true));
            }
            "error_model" => options.numpy_errors = given.as_str().is_some_and(|model| &**model == "numpy"),
            "locals" => {
                if let V::Dict(items) = given {
                    for (name, ty) in items.borrow().iter() {
                        if let (Some(name), Some(ty)) = (name.as_str(), local_type(eval, ty)) {
                            options.locals.push((name.clone(), ty));
                        }
                    }
                }
            }
            name if jit.kind == JitKind::Jit && !is_option(name) => options.unknown.push(name.into()),
            _ => {}
        }
    }
}

/// Whether a value of `fastmath` contains the flags `nnan` or `ninf`: `True`, or a set with one of them.
fn no_nans(given: &V<'_>) -> bool {
    match given {
        V::Seq(_, flags) => flags
            .borrow()
            .iter()
            .any(|flag| flag.as_str().is_some_and(|flag| matches!(&**flag, "nnan" | "ninf" | "fast"))),
        V::Global(Global::Const(Const::Tuple(flags))) => {
            let flag = |flag: &Const| matches!(flag, Const::Str(flag) if matches!(&**flag, "nnan" | "ninf" | "fast"));
            flags.iter().any(flag)
        }
        given => given.truth() == Some(true),
    }
}

fn local_type<'db>(eval: &Eval<'db>, ty: &V<'db>) -> Option<Ty> {
    match ty {
        V::Global(Global::Const(Const::Str(text))) => text.parse().ok(),
        V::Unknown(_) => None,
        ty => as_type(eval, ty),
    }
}

/// The options of `jit` that change nothing here.
fn is_option(name: &str) -> bool {
    matches!(
        name,
        "nopython"
            | "debug"
            | "looplift"
            | "error_model"
            | "target"
            | "_target"
            | "pipeline_class"
            | "no_cpython_wrapper"
            | "no_cfunc_wrapper"
            | "no_rewrites"
            | "forceinline"
            | "signature_or_function"
            | "signature"
            | "strict"
            | "_nrt"
            | "_dbg_extend_lifetime"
            | "_dbg_optnone"
            | "writable_args"
            | "device"
            | "abi"
            | "abi_info"
    )
}

/// The value of a decorator. The names of decorators are looked up once for each file.
fn decorator_of<'db>(eval: &Eval<'db>, env: &Env<'db>, expr: &'db Expr) -> V<'db> {
    let named = |expr: &Expr| match (env, expr) {
        (Env::Module(file), Expr::Name(name)) => {
            globals::decorator(eval.db, *file, name.id.as_str()).map(|jit| V::Jit(Rc::new(jit.clone())))
        }
        _ => None,
    };
    let found = match expr {
        Expr::Call(call) => {
            named(&call.func).map(|jit| eval.call(&jit, eval.arguments(env, &call.arguments)))
        }
        expr => named(expr),
    };
    found.unwrap_or_else(|| eval.expr(env, expr))
}

/// Whether a decorator puts a dispatcher in the place of the function.
fn jits(kind: JitKind, options: &JitOptions) -> bool {
    kind == JitKind::Jit && !options.python_outside
}

/// What makes a function Numba's: its decorators, those of its class, or a call at module level.
pub(super) fn declared<'db>(db: &'db dyn Db, key: Kernel<'db>) -> Declared {
    let kernel = key.of(db);
    let plain = Declared { kind: JitKind::Plain, signatures: Vec::new(), options: JitOptions::default() };
    if let Some(declared) = kernel.captured.as_deref().and_then(|captured| captured.declared.as_deref()) {
        return declared.clone();
    }
    let Some((def, scopes)) = syntax(db, key) else { return plain };
    let eval = Eval::at_definition(db, key, &scopes);
    let env = Env::of_scopes(kernel.file, &scopes);
    if !def.decorator_list.is_empty() {
        let function = Rc::new(Function { kernel: kernel.clone(), def, env: env.clone() });
        let mut value = V::Function(function);
        let mut decorators = def.decorator_list.iter().rev();
        while let Some(decorator) = decorators.next() {
            let decorator = decorator_of(&eval, &env, &decorator.expression);
            if let V::Jit(jit) = &decorator
                && matches!(jit.kind, JitKind::Extension | JitKind::Overload)
            {
                return Declared { kind: jit.kind, ..plain };
            }
            value = eval.call(&decorator, Args::of(vec![value]));
            // What is wrapped around a jitted function later does not make it less one.
            if let V::Jitted(function, declared) = &value
                && function.kernel == *kernel
            {
                let mut declared = (**declared).clone();
                let mut above = decorators.map(|above| decorator_of(&eval, &env, &above.expression));
                declared.options.jitted_twice = jits(declared.kind, &declared.options)
                    && above.any(|above| matches!(above, V::Jit(jit) if jits(jit.kind, &jit.options)));
                return declared;
            }
        }
    }
    if let Some(Scope::Class(class)) = scopes.last()
        && def.name.as_str() != "<lambda>"
    {
        let jits = class.decorator_list.iter().any(|decorator| {
            let decorator = eval.expr(&env, &decorator.expression);
            matches!(decorator, V::Jit(jit) if jit.kind == JitKind::JitClassMethod)
        });
        let called = || {
            let (class, _) = kernel.qualname.rsplit_once('.').unwrap_or_default();
            call_forms(db, kernel.file).classes.iter().any(|called| &**called == class)
        };
        if jits || called() {
            return Declared { kind: JitKind::JitClassMethod, ..plain };
        }
    }
    let forms = call_forms(db, kernel.file);
    let mut called = forms.functions.iter().filter(|(called, _)| *called == kernel.bare());
    let Some((_, declared)) = called.next() else { return plain };
    let mut declared = (**declared).clone();
    // Jitted again with other options, it is none of them for certain.
    declared.options.computed |= called.any(|(_, other)| other.options != declared.options);
    declared
}
