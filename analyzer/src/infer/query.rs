//! The salsa query of inference, and the project as a body sees it.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use crate::db::Db;
use crate::hir::body::{Body, InnerFunction, Origin};
use crate::hir::globals::{self, Adds, ClassMember, Global};
use crate::hir::module::{self, AsKernel, Kernel};
use crate::hir::{Declared, JitOptions, Signature, extends, module_code};
use crate::passes;
use crate::passes::{Env, Fact};
use crate::table::{self, Refusal, RefusalKind, Version};
use crate::ty::{ClosureTy, Const, GeneratorTy, IterTy, KernelRef, Name, Ty, Why};

use super::context::{Context, NameValue};
use super::fold_types::Question;
use super::{Callee, Problem, ProblemKind, SpecKey, TypedBody, Untyped, glance};

/// A [`SpecKey`] as a salsa key.
#[salsa::interned(debug)]
pub struct Specialization<'db> {
    #[returns(ref)]
    pub key: SpecKey,
}

/// The types of one specialization. Runs again if the body, a name it uses, or a callee's result changes.
#[salsa::tracked(returns(clone), cycle_fn = recursion_step, cycle_initial = recursion_start)]
fn infer_query<'db>(db: &'db dyn Db, spec: Specialization<'db>) -> Arc<TypedBody> {
    let key = spec.key(db);
    let kernel = (&key.kernel).key(db);
    let options = key.options.as_deref().unwrap_or(&module::declared(db, kernel).options);
    let Some(body) = module::body(db, kernel) else {
        return Arc::new(unknown(Why::BrokenSource));
    };
    let view = ProjectView { python: key.python, ..ProjectView::new(db, &key.kernel) };
    let mut typed = infer_body(&view, &body, &key.args, key.ret.as_ref(), options);
    if body.is_generator {
        name_generator(&mut typed, &key.kernel, &key.args);
    }
    Arc::new(typed)
}

/// A generator's type says whose it is.
fn name_generator(typed: &mut TypedBody, kernel: &KernelRef, args: &[Ty]) {
    if let Ty::Iter(iter) = &typed.ret
        && let IterTy::Generator(yields) = &**iter
    {
        let (yields, kernel, args) = (yields.clone(), kernel.clone(), args.to_vec());
        typed.ret = Ty::Generator(Arc::new(GeneratorTy { yields, kernel, args }));
    }
}

/// Inference of one specialization.
pub(crate) fn infer(db: &dyn Db, key: &SpecKey) -> Arc<TypedBody> {
    infer_query(db, Specialization::new(db, key.clone()))
}

/// An inner function that is called as a value, and for what.
#[salsa::interned(debug)]
struct ClosureCall<'db> {
    #[returns(ref)]
    closure: Arc<ClosureTy>,
    #[returns(ref)]
    args: Vec<Ty>,
}

#[salsa::tracked(returns(clone), cycle_fn = closure_step, cycle_initial = closure_start)]
fn closure_query<'db>(db: &'db dyn Db, call: ClosureCall<'db>) -> Arc<TypedBody> {
    let closure = call.closure(db);
    let view = ProjectView { captures: &closure.captures, ..ProjectView::new(db, &closure.kernel) };
    let body = &closure.function.body;
    Arc::new(infer_body(&view, body, call.args(db), None, &JitOptions::default()))
}

fn closure_start<'db>(_: &'db dyn Db, _: salsa::Id, _: ClosureCall<'db>) -> Arc<TypedBody> {
    Arc::new(unknown(Why::NotModelled("an inner function that calls itself")))
}

fn closure_step<'db>(
    _: &'db dyn Db,
    cycle: &salsa::Cycle<'_>,
    _: &Arc<TypedBody>,
    value: Arc<TypedBody>,
    _: ClosureCall<'db>,
) -> Arc<TypedBody> {
    match cycle.iteration() > 8 {
        true => Arc::new(unknown(Why::NotModelled("an inner function that calls itself"))),
        false => value,
    }
}

/// Inference as it is answered to somebody outside: a recursion that never gets a type is an error.
pub(crate) fn infer_final(db: &dyn Db, key: &SpecKey) -> Arc<TypedBody> {
    let mut typed = infer(db, key);
    if is_endless(&typed) {
        end(Arc::make_mut(&mut typed));
    }
    typed
}

/// Inference of types that are only tried for a function: nothing is kept of it, since nobody asks again, and callees
/// are left open, which have their own tries.
pub(crate) struct Trial<'a> {
    view: ProjectView<'a>,
    body: &'a Body,
    options: &'a JitOptions,
    /// The body as it is prepared for most types.
    prepared: Option<Arc<Body>>,
}

impl<'a> Trial<'a> {
    /// `open` is what is known of the function without types.
    pub(crate) fn new(db: &'a dyn Db, kernel: Kernel<'a>, body: &'a Body, open: &TypedBody) -> Trial<'a> {
        let view = ProjectView { alone: true, ..ProjectView::new(db, kernel.of(db)) };
        let prepared = passes::asks_little(body, &view).then(|| open.body.clone());
        Trial { view, body, options: &module::declared(db, kernel).options, prepared }
    }

    /// Whether these types surely pass, as far as a glance tells. `open` is what is known without types.
    pub(crate) fn plainly_passes(&self, open: &TypedBody, args: &[Ty]) -> bool {
        let prepared = self.prepared.as_ref().filter(|body| passes::prepares_as_unknown(body, args));
        prepared.is_some() && glance::passes(&self.view, open, args, self.options)
    }

    pub(crate) fn of(&self, args: &[Ty]) -> TypedBody {
        let prepared = self.prepared.as_ref().filter(|body| passes::prepares_as_unknown(body, args));
        let mut typed = match prepared {
            Some(body) => infer_prepared(&self.view, body.clone(), args, None, self.options),
            None => infer_body(&self.view, self.body, args, None, self.options),
        };
        if self.body.is_generator {
            name_generator(&mut typed, self.view.kernel, args);
        }
        if is_endless(&typed) {
            end(&mut typed);
        }
        typed
    }
}

/// Whether nothing decides the result of a recursion.
fn is_endless(typed: &TypedBody) -> bool {
    typed.ret == Ty::Undefined && typed.problems.is_empty() && typed.whys.is_empty()
}

fn end(typed: &mut TypedBody) {
    let kind = ProblemKind::Undetermined { name: None };
    let problem = Problem { origin: recursive_call(typed), numba_origin: None, kind };
    typed.problems.push(problem);
}

/// The first call whose result nothing decides.
fn recursive_call(typed: &TypedBody) -> Origin {
    let mut insts = typed.body.blocks.iter().flat_map(|block| &block.insts);
    let call = insts.find(|inst| {
        let resolved = typed.resolved(inst.id);
        resolved.is_some_and(|resolved| {
            matches!(resolved.callee, Callee::Kernel(_)) && resolved.ret == Ty::Undefined
        })
    });
    call.map_or(Origin::NONE, |inst| inst.origin)
}

pub(crate) fn infer_body(
    view: &ProjectView<'_>,
    body: &Body,
    args: &[Ty],
    ret: Option<&Ty>,
    options: &JitOptions,
) -> TypedBody {
    if options.forceobj && !options.contradictory {
        return object_mode(body, options);
    }
    let prepared = Arc::new(passes::prepare(body, args, view));
    infer_prepared(view, prepared, args, ret, options)
}

fn infer_prepared(
    view: &ProjectView<'_>,
    prepared: Arc<Body>,
    args: &[Ty],
    ret: Option<&Ty>,
    options: &JitOptions,
) -> TypedBody {
    let mut typed = Question { cx: view, env: view, args, ret, options }.answer(prepared);
    let refused = [
        (options.contradictory, "only one of `nopython` and `forceobj` can be true"),
        (options.jitted_twice, "the function is jitted already; keep one of its decorators"),
    ];
    for (_, sentence) in refused.into_iter().filter(|(wrong, _)| *wrong) {
        let refusal = Refusal { kind: RefusalKind::Other(sentence.into()), arg: None };
        let kind = ProblemKind::Refused { what: "jit".into(), refusal, args: Vec::new() };
        typed.problems.insert(0, Problem { origin: Origin::NONE, numba_origin: None, kind });
    }
    for name in &options.unknown {
        let kind = ProblemKind::UnknownOption(name.clone());
        typed.problems.insert(0, Problem { origin: Origin::NONE, numba_origin: None, kind });
    }
    typed
}

/// In object mode everything is an object, and every operation is Python's.
fn object_mode(body: &Body, options: &JitOptions) -> TypedBody {
    TypedBody {
        types: vec![Ty::PyObject; body.vars.len()],
        resolved: vec![None; body.n_insts as usize],
        body: Arc::new(body.clone()),
        ret: Ty::PyObject,
        problems: Vec::new(),
        whys: Vec::new(),
        options: options.clone(),
    }
}

/// Before a recursion has gone round once, nothing is known of its result.
fn recursion_start<'db>(_: &'db dyn Db, _: salsa::Id, _: Specialization<'db>) -> Arc<TypedBody> {
    let mut typed = unknown(Why::NotModelled("recursion"));
    typed.ret = Ty::Undefined;
    typed.whys.clear();
    Arc::new(typed)
}

/// A recursive call sees the partial result without its literals, as Numba's does.
fn recursion_step<'db>(
    _: &'db dyn Db,
    cycle: &salsa::Cycle<'_>,
    _: &Arc<TypedBody>,
    value: Arc<TypedBody>,
    _: Specialization<'db>,
) -> Arc<TypedBody> {
    let mut value = value;
    if value.ret.unliteral() != value.ret {
        let typed = Arc::make_mut(&mut value);
        typed.ret = typed.ret.unliteral();
    }
    if cycle.iteration() > 32 {
        return Arc::new(unknown(Why::NotModelled("a recursion whose types do not settle")));
    }
    value
}

fn unknown(why: Why) -> TypedBody {
    TypedBody {
        body: Arc::default(),
        types: Vec::new(),
        resolved: Vec::new(),
        ret: Ty::Hole(why.clone()),
        problems: Vec::new(),
        whys: vec![why],
        options: JitOptions::default(),
    }
}

/// The names around one function.
pub(crate) struct ProjectView<'a> {
    pub(crate) db: &'a dyn Db,
    pub(crate) kernel: &'a KernelRef,
    /// Plain Python is followed, to find the calls of kernels in it; plain functions can be called.
    pub(crate) python: bool,
    /// The functions that it calls are left open.
    pub(crate) alone: bool,
    /// The constants that an inner function took from the one around it.
    pub(crate) captures: &'a [(Name, Ty)],
    /// The globals that were asked about, and what they are to the passes: each of these asks about every name.
    globals: RefCell<Vec<(Name, Global, Option<Fact>)>>,
    /// The version of Numba, which most instructions ask for.
    numba: OnceCell<Version>,
}

impl<'a> ProjectView<'a> {
    pub(crate) fn new(db: &'a dyn Db, kernel: &'a KernelRef) -> ProjectView<'a> {
        let (globals, numba) = (RefCell::default(), OnceCell::new());
        ProjectView { db, kernel, python: false, alone: false, captures: &[], globals, numba }
    }

    fn with_global<T>(&self, name: &Name, ask: impl FnOnce(&Global, &mut Option<Fact>) -> T) -> T {
        let known = self.globals.borrow().iter().position(|(known, ..)| known == name);
        let place = known.unwrap_or_else(|| {
            let global = globals::global(self.db, self.kernel.file, name);
            let mut globals = self.globals.borrow_mut();
            globals.push((name.clone(), global, None));
            globals.len() - 1
        });
        let (_, global, fact) = &mut self.globals.borrow_mut()[place];
        ask(global, fact)
    }

    /// Around plain Python.
    pub(crate) fn of_python(db: &'a dyn Db, kernel: &'a KernelRef) -> ProjectView<'a> {
        ProjectView { python: true, ..ProjectView::new(db, kernel) }
    }

    /// What a resolved name is to the solver.
    fn value(&self, name: &Name, global: Global) -> NameValue {
        let untyped = |what| NameValue::Refused(ProblemKind::UntypedGlobal { name: name.clone(), what });
        if let Some(ty) = global.ty() {
            return NameValue::Ty(match ty {
                // A value or function of a library that nobody has described yet.
                Ty::Function(path) if table::find(&path).is_none() && table::unsupported(&path).is_none() => {
                    Ty::Hole(Why::NotInTable(path))
                }
                ty => ty,
            });
        }
        if self.python {
            return match global {
                Global::Plain(kernel) => NameValue::Ty(Ty::dispatcher(kernel)),
                Global::Container(ty) => NameValue::Ty(ty),
                Global::Class(class) if globals::makes_objects(self.db, self.kernel.file, name) => {
                    let object = Ty::python_object(&format!("an object of class `{class}`"));
                    NameValue::Ty(Ty::TypeRef(Arc::new(object)))
                }
                _ => NameValue::Ty(Ty::Hole(Why::UnknownGlobal(name.clone()))),
            };
        }
        match global {
            Global::Plain(kernel) if self.is_overloaded(&kernel) => NameValue::Ty(Ty::dispatcher(kernel)),
            Global::Plain(kernel) => NameValue::Refused(ProblemKind::UndecoratedCallee(kernel)),
            Global::Class(class) | Global::Instance(class)
                if extends::extends(self.db, self.kernel.file, &class) || self.extends(&class) =>
            {
                NameValue::Ty(Ty::Hole(Why::NotModelled("a class that the project gives a type")))
            }
            Global::Class(_) => untyped(Untyped::Class),
            Global::Instance(class) => untyped(Untyped::Object(class)),
            Global::Container(Ty::Dict(_)) => untyped(Untyped::Dict),
            Global::Container(Ty::Set { .. }) => untyped(Untyped::Set),
            Global::Container(_) => untyped(Untyped::List),
            _ => NameValue::Refused(ProblemKind::UndefinedGlobal(name.clone())),
        }
    }
}

impl ProjectView<'_> {
    fn captured(&self, name: &str) -> Option<&(Name, Ty)> {
        self.captures.iter().find(|(captured, _)| **captured == *name)
    }

    /// Whether the project's NumPy still has a name that the newest has dropped.
    fn numpy_has(&self, path: &str) -> bool {
        table::names::dropped(path).is_some_and(|version| self.db.project().settings(self.db).numpy < version)
    }

    /// Whether `@overload(function)` gives a plain function a compiled form.
    fn is_overloaded(&self, kernel: &KernelRef) -> bool {
        let in_file = |file| extends::extends(self.db, file, &kernel.qualname);
        in_file(kernel.file)
            || in_file(self.kernel.file)
            || globals::overloads_itself(self.db, kernel)
            || self.extends(&kernel.qualname)
    }
}

fn fact(global: Global) -> Fact {
    match global {
        Global::Const(value) => Fact::Const(value),
        Global::Scalar(_, value) => Fact::Object(Some(value.truth())),
        Global::Value(Ty::Function(path) | Ty::Module(path) | Ty::ExceptionClass(path)) => {
            Fact::Library(path)
        }
        Global::Value(Ty::None) => Fact::Const(Const::None),
        Global::Value(Ty::Tuple(items)) => Fact::Tuple(items.len()),
        Global::Value(_) | Global::Container(_) | Global::Instance(_) => Fact::Object(None),
        Global::Jitted(..) | Global::Plain(_) | Global::Class(_) => Fact::Object(Some(true)),
        Global::Undefined | Global::Unknown(_) => Fact::Unknown,
    }
}

impl Env for ProjectView<'_> {
    fn loses_keywords(&self) -> bool {
        !self.python && self.db.project().settings(self.db).python < (3, 13)
    }

    fn global(&self, name: &Name) -> Fact {
        if module_code::pinned(self.kernel.file, name).is_some() {
            return Fact::Object(Some(true));
        }
        self.with_global(name, |global, known| known.get_or_insert_with(|| fact(global.clone())).clone())
    }

    fn free(&self, name: &Name) -> Fact {
        if let Some((_, ty)) = self.captured(name) {
            return match super::finish::literal_const(ty) {
                Some(value) => Fact::Const(value),
                None if *ty == Ty::None => Fact::Const(Const::None),
                None => Fact::Unknown,
            };
        }
        fact(globals::free(self.db, self.kernel.clone(), name))
    }
}

impl Context for ProjectView<'_> {
    fn global(&self, name: &Name) -> NameValue {
        if let Some(kernel) = module_code::pinned(self.kernel.file, name) {
            return NameValue::Ty(Ty::dispatcher(kernel));
        }
        let global = self.with_global(name, |global, _| global.clone());
        if matches!(global, Global::Jitted(..) | Global::Plain(_))
            && module_code::is_between_definitions(self.db, self.kernel, name)
        {
            return NameValue::Ty(Ty::Hole(Why::UnknownGlobal(name.clone())));
        }
        self.value(name, global)
    }

    fn free(&self, name: &Name) -> NameValue {
        if let Some((_, ty)) = self.captured(name) {
            return NameValue::Ty(ty.clone());
        }
        self.value(name, globals::free(self.db, self.kernel.clone(), name))
    }

    fn member(&self, module: &Name, attr: &Name) -> NameValue {
        match globals::member(self.db, self.kernel.file, module, attr) {
            // A module of the project may get attributes in ways that nobody can read.
            Global::Undefined if !table::names::is_library(module) => {
                NameValue::Ty(Ty::Hole(Why::UnknownGlobal(format!("{module}.{attr}").into())))
            }
            Global::Undefined if self.numpy_has(&format!("{module}.{attr}")) => {
                NameValue::Ty(Ty::Hole(Why::NotInTable(format!("{module}.{attr}").into())))
            }
            Global::Undefined => NameValue::Refused(ProblemKind::Refused {
                what: format!("{module}.{attr}").into(),
                refusal: Refusal { kind: RefusalKind::NoAttribute(attr.clone()), arg: None },
                args: vec![Ty::Module(module.clone())],
            }),
            global => match self.value(&format!("{module}.{attr}").into(), global) {
                // An attribute of a module is a value like any other, not a constant.
                NameValue::Ty(ty @ (Ty::Literal(_) | Ty::Tuple(_))) => NameValue::Ty(ty.unliteral()),
                other => other,
            },
        }
    }

    fn member_constant(&self, module: &Name, attr: &Name) -> Option<Const> {
        match globals::member(self.db, self.kernel.file, module, attr) {
            Global::Const(value) => Some(value),
            _ => None,
        }
    }

    fn body_of(&self, kernel: &KernelRef) -> Option<Arc<Body>> {
        module::body(self.db, kernel.clone())
    }

    fn declared(&self, kernel: &KernelRef) -> Declared {
        module::declared(self.db, kernel.clone()).clone()
    }

    fn default_of(&self, kernel: &KernelRef, param: &Name) -> NameValue {
        self.value(param, globals::default(self.db, kernel.clone(), param))
    }

    fn infer(&self, key: &SpecKey) -> Arc<TypedBody> {
        if self.alone {
            return Arc::new(unknown(Why::NotModelled("what a function calls that is only tried")));
        }
        infer(self.db, key)
    }

    fn type_expression(&self, spelling: &Name) -> Ty {
        spelling.parse().unwrap_or(Ty::Hole(Why::UnknownType(spelling.clone())))
    }

    fn closure(&self, function: Arc<InnerFunction>, captures: Vec<(Name, Ty)>) -> Ty {
        Ty::Closure(Arc::new(ClosureTy { kernel: self.kernel.clone(), function, captures }))
    }

    fn infer_closure(&self, closure: &Arc<ClosureTy>, args: &[Ty]) -> Arc<TypedBody> {
        closure_query(self.db, ClosureCall::new(self.db, closure.clone(), args.to_vec()))
    }

    fn enum_has(&self, class: &Name, member: &Name) -> Option<bool> {
        globals::enum_has(self.db, self.kernel.file, class, member)
    }

    fn class_member(&self, class: &Name, name: &Name) -> ClassMember {
        globals::class_member(self.db, self.kernel.file, class, name)
    }

    fn adds_attribute(&self, name: &str) -> bool {
        extends::extended_attributes(self.db, self.kernel.file).iter().any(|added| **added == *name)
            || extends::package_adds_attribute(self.db, self.kernel.file, name)
    }

    fn added(&self, on: &Ty, name: &Name) -> Option<Adds> {
        globals::added(self.db, self.kernel.file, on, name)
    }

    fn added_member(&self, name: &Name, args: &[Ty], keywords: &[(Name, Ty)]) -> Option<KernelRef> {
        globals::added_member(self.db, self.kernel.file, name, args, keywords)
    }

    fn is_overloaded(&self, kernel: &KernelRef) -> bool {
        ProjectView::is_overloaded(self, kernel)
    }

    fn implementation(&self, kernel: &KernelRef, args: &[Ty], keywords: &[(Name, Ty)]) -> Option<KernelRef> {
        globals::implementation(self.db, self.kernel.file, kernel, args, keywords)
    }

    fn intrinsic(&self, kernel: &KernelRef, args: &[Ty], keywords: &[(Name, Ty)]) -> Option<Signature> {
        globals::intrinsic(self.db, kernel, args, keywords)
    }

    fn is_itself(&self, kernel: &KernelRef) -> bool {
        let own = self.kernel;
        (own.file, own.ordinal, &own.qualname) == (kernel.file, kernel.ordinal, &kernel.qualname)
    }

    fn is_python(&self) -> bool {
        self.python
    }

    fn is_extended(&self) -> bool {
        self.db.project().settings(self.db).extended
    }

    fn extends(&self, path: &str) -> bool {
        extends::package_extends(self.db, self.kernel.file, path)
    }

    fn numba(&self) -> Version {
        *self.numba.get_or_init(|| self.db.project().settings(self.db).numba)
    }

    fn check_cancelled(&self) {
        self.db.unwind_if_revision_cancelled();
    }
}
