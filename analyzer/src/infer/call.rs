//! Calls: what the callee is, which argument meets which parameter, what comes back.

use std::sync::Arc;

use crate::hir::body::{Call, DefaultValue, Inst, Origin, ParamKind, VarId};
use crate::hir::{Declared, JitKind, Signature};
use crate::table::args::{Args, Callees};
use crate::table::{self, Function, Outcome, Refusal, RefusalKind, Typed, Version};
use crate::ty::convert::select;
use crate::ty::unify::{Unified, unify};
use crate::ty::{ClosureTy, Const, KernelRef, Name, NamedTupleTy, Ty, Why};

use super::context::{Context, NameValue};
use super::solve::Solver;
use super::{Callee, LibraryRef, Problem, ProblemKind, Resolved, SpecKey, TypedBody, attr};

/// The arguments of a call, each with a type.
#[derive(Default)]
pub(super) struct Given {
    pub(super) positional: Vec<Ty>,
    pub(super) keywords: Vec<(Name, Ty)>,
}

impl Given {
    fn all(&self) -> Vec<Ty> {
        self.positional.iter().cloned().chain(self.keywords.iter().map(|(_, ty)| ty.clone())).collect()
    }
}

impl Solver<'_> {
    pub(super) fn call(&mut self, inst: &Inst, dst: VarId, call: &Call) {
        let Some(func) = self.ty(call.func) else { return };
        let Some(given) = self.arguments(inst, dst, call) else {
            return;
        };
        // Numba waits until no argument is `list(undefined)`; arrays of undefined items pass.
        if given.all().iter().any(|ty| !ty.is_precise() && !matches!(ty, Ty::Array(_))) {
            return;
        }
        match &func {
            Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path) | Why::UnknownGlobal(path))
                if self.cx.is_python() && table::names::makes_objects(path) =>
            {
                let class = path.rsplit('.').next().unwrap_or(path);
                self.add(dst, Ty::python_object(&format!("a `{class}`")), inst.origin);
            }
            Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path))
                if (table::names::is_foreign(path) || is_unsupported(path)) && !self.cx.is_extended() =>
            {
                let refusal = Refusal { kind: RefusalKind::Unsupported, arg: None };
                let kind = ProblemKind::Refused { what: path.clone(), refusal, args: given.all() };
                self.report(inst.origin, None, kind);
            }
            Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => {
                let hole = if func.is_hole() {
                    func.clone()
                } else {
                    Ty::Hole(Why::NotModelled("a call of this value"))
                };
                self.add(dst, hole, inst.origin);
            }
            Ty::Function(path) => self.call_function(inst, dst, call, path, given),
            Ty::Method(method) => self.call_method(inst, dst, call, &method.0, &method.1, given),
            Ty::Dispatcher(kernel) => self.call_kernel(inst, dst, kernel, &given),
            Ty::NumberClass(ty) => {
                let outcome = cast_call(ty, &given.positional);
                self.finish_call(
                    inst,
                    dst,
                    call,
                    (&func.to_string(), Callee::Cast(Box::new((**ty).clone()))),
                    given.all(),
                    outcome,
                );
            }
            Ty::TypeRef(ty) => self.call_type(inst, dst, call, ty, given),
            Ty::ExceptionClass(name) => {
                let ret = Ty::Exception(name.clone());
                self.accept(inst, Some(dst), Callee::Other, given.all(), plain(ret));
            }
            Ty::NamedTupleClass(class) => {
                let outcome = named_tuple(class, &given);
                self.finish_call(inst, dst, call, (&class.name, Callee::Other), given.all(), outcome);
            }
            Ty::FunctionType(signature) => {
                let outcome = match select(&given.positional, &[&signature.1], true) {
                    Some(_) => Outcome::signature(signature.1.clone(), signature.0.clone()),
                    None => Outcome::refused(RefusalKind::NoOverload(given.all())),
                };
                self.finish_call(inst, dst, call, ("function", Callee::Other), given.all(), outcome);
            }
            Ty::JitClass(class) => self.call_jitclass(inst, dst, class, given),
            Ty::Closure(closure) => self.call_closure(inst, dst, closure, &given),
            Ty::Functions(members) => self.call_chosen(inst, dst, members, &given),
            Ty::DType(_) | Ty::JitClassInstance(_) => {
                self.add(
                    dst,
                    Ty::Hole(Why::NotModelled("a call of an inner function or class")),
                    inst.origin,
                );
            }
            _ => {
                let refusal = Refusal { kind: RefusalKind::NotCallable(func.clone()), arg: None };
                let kind = ProblemKind::Refused { what: func.to_string().into(), refusal, args: given.all() };
                self.report(inst.origin, None, kind);
            }
        }
    }

    /// The types of the arguments, once all are known; `*args` expanded.
    fn arguments(&mut self, inst: &Inst, dst: VarId, call: &Call) -> Option<Given> {
        let mut positional = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            positional.push(self.operand(*arg)?);
        }
        let mut keywords = Vec::with_capacity(call.kwargs.len());
        for (name, arg) in &call.kwargs {
            keywords.push((name.clone(), self.operand(*arg)?));
        }
        if let Some(star) = call.star {
            let star_ty = self.ty(star)?;
            match star_ty.tuple_items() {
                Some(items) => positional.extend(items),
                None if star_ty.is_hole() || matches!(star_ty, Ty::AnyTuple(_)) => {
                    let why = star_ty.why().unwrap_or(Why::NotModelled("`*args` of unknown length"));
                    self.add(dst, Ty::Hole(why), inst.origin);
                    return None;
                }
                None => {
                    let refusal = Refusal {
                        kind: RefusalKind::Other("`*args` of a call must be a tuple".into()),
                        arg: u32::try_from(positional.len()).ok(),
                    };
                    let kind = ProblemKind::Refused { what: "*args".into(), refusal, args: vec![star_ty] };
                    self.report(star.origin, None, kind);
                    return None;
                }
            }
        }
        Some(Given { positional, keywords })
    }

    fn call_function(&mut self, inst: &Inst, dst: VarId, call: &Call, path: &Name, given: Given) {
        if self.cx.is_python() && table::names::makes_objects(path) {
            let class = path.rsplit('.').next().unwrap_or(path);
            self.add(dst, Ty::python_object(&format!("a `{class}`")), inst.origin);
            return;
        }
        if let [recv @ Ty::JitClassInstance(_)] = &given.positional[..]
            && given.keywords.is_empty()
            && let Some(methods) = super::jitclass::builtin_methods(path)
        {
            self.special(inst, Some(dst), recv, methods, &[], path);
            return;
        }
        match table::find(path) {
            Some(row) => self.call_row(inst, dst, call, row, None, given),
            None if is_unsupported(path) && !self.cx.is_extended() => {
                let refusal = Refusal { kind: RefusalKind::Unsupported, arg: None };
                let kind = ProblemKind::Refused { what: path.clone(), refusal, args: given.all() };
                self.report(inst.origin, None, kind);
            }
            None => self.add(dst, Ty::Hole(Why::NotInTable(path.clone())), inst.origin),
        }
    }

    fn call_method(&mut self, inst: &Inst, dst: VarId, call: &Call, recv: &Ty, name: &Name, given: Given) {
        if let Ty::JitClassInstance(_) = recv {
            return self.call_instance_method(inst, dst, recv, name, given);
        }
        let row = attr::method_path(recv, name).and_then(|path| table::find(&path));
        // A method of an empty dict or typed list does not compile before the items are known; those that settle
        // their type do.
        if let (Some(row), Ty::Dict { .. } | Ty::TypedList(_), false) = (row, recv, recv.is_precise())
            && !self.refines(row, recv, &given)
        {
            return;
        }
        match row {
            Some(row) => self.call_row(inst, dst, call, row, Some(recv), given),
            None => {
                let why = Why::NotInTable(format!("{recv}.{name}").into());
                self.add(dst, Ty::Hole(why), inst.origin);
            }
        }
    }

    /// The result of a stencil: an array of what its kernel returns, shaped as the first argument. Relative indices
    /// type as ordinary ones do.
    fn stencil(&self, kernel: &KernelRef, given: &Given) -> Option<Ty> {
        let Some(Ty::Array(shaped)) = given.positional.first() else { return None };
        let ndim = shaped.ndim?;
        let body = self.cx.body_of(kernel)?;
        let args = fold(self.cx, kernel, &body.params, given).ok()?;
        let key = SpecKey { kernel: kernel.clone(), args, options: None, ret: None, python: false };
        let typed = self.cx.infer(&key);
        let elem = typed.ret.unliteral();
        let known = typed.problems.is_empty() && typed.whys.is_empty() && given.keywords.is_empty();
        (known && elem.is_number())
            .then(|| crate::ty::parse::array_of(elem, Some(ndim), shaped.layout, false, true))
    }

    /// Whether a method call tells the type of its receiver.
    fn refines(&self, row: &'static Function, recv: &Ty, given: &Given) -> bool {
        let callees = RuleCallees { cx: self.cx };
        let params = row.cached_params();
        match Args::bind(row.path, params, Some(recv), &given.positional, &given.keywords, &callees) {
            Ok(args) => !matches!((row.rule)(&args), Outcome::Known(Typed { refine: None, .. })),
            Err(_) => true,
        }
    }

    /// `typed.List()`, `typed.Dict()` and other classes that Numba knows as type references.
    fn call_type(&mut self, inst: &Inst, dst: VarId, call: &Call, ty: &Ty, given: Given) {
        let path = match ty {
            Ty::TypedList(_) => "numba.typed.List",
            Ty::Dict { .. } => "numba.typed.Dict",
            Ty::TypedSet(_) => "numba.typed.Set",
            _ => "",
        };
        match table::find(path) {
            Some(row) => self.call_row(inst, dst, call, row, None, given),
            None if ty.as_python_object().is_some() => self.add(dst, ty.clone(), inst.origin),
            None => self.add(dst, Ty::Hole(Why::NotModelled("a call of this type")), inst.origin),
        }
    }

    fn call_row(
        &mut self,
        inst: &Inst,
        dst: VarId,
        call: &Call,
        row: &'static Function,
        recv: Option<&Ty>,
        given: Given,
    ) {
        if self.cx.is_python()
            && let Some(what) = unsupported_items(row.path, &given)
        {
            self.add(dst, Ty::python_object(what), inst.origin);
            return;
        }
        let callees = RuleCallees { cx: self.cx };
        let params = row.cached_params();
        let mut given = given;
        if row.opens_optional {
            for ty in &mut given.positional {
                if let Ty::Optional(inner) = ty
                    && (matches!(**inner, Ty::Array(_)) || inner.is_number())
                {
                    *ty = (**inner).clone();
                }
            }
        }
        let outcome = match Args::bind(row.path, params, recv, &given.positional, &given.keywords, &callees) {
            Ok(args) => row.too_new(callees.numba(), &args).unwrap_or_else(|| (row.rule)(&args)),
            Err(refusal) => Outcome::Refused(refusal),
        };
        if let Outcome::Known(Typed { refine: Some(refined), .. }) = &outcome {
            self.refine_receiver(call.func, refined.clone(), inst.origin);
        }
        self.finish_call(inst, dst, call, (row.path, Callee::Library(LibraryRef(row))), given.all(), outcome);
    }

    fn finish_call(
        &mut self,
        inst: &Inst,
        dst: VarId,
        call: &Call,
        (what, callee): (&str, Callee),
        args: Vec<Ty>,
        outcome: Outcome,
    ) {
        match outcome {
            Outcome::Known(typed) => self.accept(inst, Some(dst), callee, args, typed),
            Outcome::Hole(why) => self.add(dst, Ty::Hole(why), inst.origin),
            Outcome::Refused(refusal) => {
                let place = blamed(inst.origin, call, &refusal);
                let kind = ProblemKind::Refused { what: what.into(), refusal, args };
                self.report(place, Some(inst.origin), kind);
            }
        }
    }

    fn call_kernel(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
        let declared = self.cx.declared(kernel);
        if declared.kind == JitKind::Stencil {
            let ty = self.stencil(kernel, given);
            let unknown = || Ty::Hole(Why::NotModelled("a call of this stencil"));
            self.add(dst, ty.unwrap_or_else(unknown), inst.origin);
            return;
        }
        if declared.kind == JitKind::Intrinsic {
            self.call_intrinsic(inst, dst, kernel, given);
            return;
        }
        if declared.kind == JitKind::Plain && !self.cx.is_python() && self.cx.is_overloaded(kernel) {
            match self.cx.implementation(kernel, &given.positional, &given.keywords) {
                Some(implementation) => self.compile(inst, dst, &implementation, &declared, given),
                None => {
                    let why = Why::NotModelled("a function with an overload of the project");
                    self.add(dst, Ty::Hole(why), inst.origin);
                }
            }
            return;
        }
        if matches!(declared.kind, JitKind::Vectorize | JitKind::GuVectorize) {
            self.call_elementwise(inst, dst, kernel, &declared, given);
            return;
        }
        // A C function has the one signature that it was given.
        if declared.kind == JitKind::CFunc
            && let [Signature { args, ret: Some(ret) }] = &declared.signatures[..]
            && given.keywords.is_empty()
            && !args.iter().chain([ret]).chain(&given.positional).any(Ty::has_hole)
        {
            match select(&given.positional, &[args], true) {
                Some(_) => self.accept(inst, Some(dst), Callee::Other, given.all(), plain(ret.clone())),
                None => {
                    let refusal = Refusal { kind: RefusalKind::NoOverload(given.all()), arg: None };
                    self.refuse(inst.origin, kernel.qualname.clone(), refusal, given.all());
                }
            }
            return;
        }
        // Object mode gives objects.
        if !matches!(declared.kind, JitKind::Jit | JitKind::Plain) || declared.options.forceobj {
            self.add(
                dst,
                Ty::Hole(Why::NotModelled("a call of this kind of decorated function")),
                inst.origin,
            );
            return;
        }
        self.compile(inst, dst, kernel, &declared, given);
    }

    /// The result of an intrinsic is what its function says, if the arguments convert to what it takes.
    fn call_intrinsic(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
        let signature = self.cx.intrinsic(kernel, &given.positional, &given.keywords);
        let fits = |signature: &Signature| {
            given.keywords.is_empty() && select(&given.positional, &[&signature.args], true).is_some()
        };
        let ret = signature.filter(fits).and_then(|signature| signature.ret);
        match ret.filter(|ret| !ret.has_hole()) {
            Some(ret) => self.accept(inst, Some(dst), Callee::Other, given.all(), plain(ret)),
            None => self.add(dst, Ty::Hole(Why::NotModelled("an intrinsic")), inst.origin),
        }
    }

    /// Types a function of the project for a call.
    pub(super) fn call_body(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
        let declared = self.cx.declared(kernel);
        self.compile(inst, dst, kernel, &declared, given);
    }

    /// A call of a function that Numba compiles for it.
    fn compile(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, declared: &Declared, given: &Given) {
        if let Some(ty) = self.compiled(inst, kernel, declared, given) {
            self.add(dst, ty, inst.origin);
        }
    }

    /// What a function of the project gives for a call; `None` if it is refused, or a recursion has no result yet.
    pub(super) fn result_of(&mut self, inst: &Inst, kernel: &KernelRef, given: &Given) -> Option<Ty> {
        let declared = self.cx.declared(kernel);
        self.compiled(inst, kernel, &declared, given)
    }

    fn compiled(
        &mut self,
        inst: &Inst,
        kernel: &KernelRef,
        declared: &Declared,
        given: &Given,
    ) -> Option<Ty> {
        let Some(body) = self.cx.body_of(kernel) else {
            return Some(Ty::Hole(Why::Callee(kernel.qualname.clone())));
        };
        let folded = match fold(self.cx, kernel, &body.params, given) {
            Ok(folded) => folded,
            Err(Fold::Unknown(why)) => return Some(Ty::Hole(why)),
            Err(Fold::Refused(kind)) => {
                self.report(inst.origin, None, kind);
                return None;
            }
        };
        let key = match self.choose(kernel, declared, folded) {
            Ok(key) => key,
            Err(kind) => {
                self.report(inst.origin, None, kind);
                return None;
            }
        };
        if key.args.iter().any(|ty| depth(ty) > 12) {
            return Some(Ty::Hole(Why::NotModelled("a recursion whose argument types grow")));
        }
        let typed = self.cx.infer(&key);
        let args = key.args.clone();
        self.resolved[inst.id.0 as usize] = Some(Box::new(Resolved {
            callee: Callee::Kernel(Box::new(key)),
            args: args.clone(),
            ret: typed.ret.clone(),
        }));
        self.given_back(inst, kernel, args, &typed)
    }

    /// An inner function that is a value: compiled on its own, as a jitted one.
    fn call_closure(&mut self, inst: &Inst, dst: VarId, closure: &Arc<ClosureTy>, given: &Given) {
        if let Some(ty) = self.result_of_closure(inst, closure, given) {
            self.add(dst, ty, inst.origin);
        }
    }

    fn result_of_closure(&mut self, inst: &Inst, closure: &Arc<ClosureTy>, given: &Given) -> Option<Ty> {
        match fold(self.cx, &closure.kernel, &closure.function.body.params, given) {
            Ok(args) if args.iter().any(|ty| depth(ty) > 12) => {
                Some(Ty::Hole(Why::NotModelled("a recursion whose argument types grow")))
            }
            Ok(args) => {
                let typed = self.cx.infer_closure(closure, &args);
                self.given_back(inst, &closure.kernel, args, &typed)
            }
            Err(Fold::Unknown(why)) => Some(Ty::Hole(why)),
            Err(Fold::Refused(kind)) => {
                self.report(inst.origin, None, kind);
                None
            }
        }
    }

    /// A function chosen at run time: all are compiled. Where their results differ, Numba converts to either.
    fn call_chosen(&mut self, inst: &Inst, dst: VarId, members: &[Ty], given: &Given) {
        let mut joined: Option<Ty> = None;
        for member in members {
            let result = match member {
                Ty::Dispatcher(kernel) => {
                    let declared = self.cx.declared(kernel);
                    match declared.kind == JitKind::Jit && !declared.options.forceobj {
                        true => self.result_of(inst, kernel, given),
                        false => Some(Ty::Hole(Why::NotModelled("a function chosen at run time"))),
                    }
                }
                Ty::Closure(closure) => self.result_of_closure(inst, closure, given),
                _ => Some(Ty::Hole(Why::NotModelled("a function chosen at run time"))),
            };
            let Some(result) = result.map(|ty| ty.unliteral()) else { return };
            joined = Some(match joined {
                None => result,
                Some(before) => match unify(&before, &result) {
                    Unified::Ty(ty) => ty,
                    Unified::Clash => Ty::Hole(Why::NotModelled("functions of several results")),
                },
            });
        }
        self.resolved[inst.id.0 as usize] = None;
        if let Some(ty) = joined {
            self.add(dst, ty, inst.origin);
        }
    }

    /// What comes back from a callee: its result, or its own failure.
    pub(super) fn given_back(
        &mut self,
        inst: &Inst,
        kernel: &KernelRef,
        args: Vec<Ty>,
        typed: &TypedBody,
    ) -> Option<Ty> {
        match typed.problems.first() {
            Some(_) if self.cx.is_python() => Some(Ty::Hole(Why::Callee(kernel.qualname.clone()))),
            Some(problem) => {
                let kind = match problem.through(kernel) {
                    Some(known) => known.kind.clone(),
                    None => ProblemKind::InCallee {
                        callee: kernel.clone(),
                        args,
                        problem: Box::new(problem.clone()),
                    },
                };
                self.report(inst.origin, None, kind);
                None
            }
            // The result of a recursive call is not known yet in the first round.
            None if matches!(typed.ret, Ty::Undefined) => {
                self.recursion_pending = true;
                None
            }
            None => {
                if !typed.whys.is_empty() {
                    self.callee_whys.push(Why::Callee(kernel.qualname.clone()));
                }
                Some(typed.ret.clone())
            }
        }
    }

    /// The specialization a call uses: with explicit signatures the best of them, else a new one. A callee that is
    /// always inlined is typed as a part of the caller, whatever its signatures.
    fn choose(&self, kernel: &KernelRef, declared: &Declared, args: Vec<Ty>) -> Result<SpecKey, ProblemKind> {
        let python = declared.kind == JitKind::Plain && self.cx.is_python();
        let signatures: &[Signature] = &declared.signatures;
        let readable = signatures.iter().all(|signature| !signature.args.iter().any(Ty::has_hole));
        if signatures.is_empty() || declared.options.inline_always {
            return Ok(SpecKey { kernel: kernel.clone(), args, options: None, ret: None, python });
        }
        // Which signature it will be is open, so the result is known only where all agree.
        if !readable || args.iter().any(Ty::has_hole) {
            let mut rets = signatures.iter().map(|signature| signature.ret.as_ref());
            let first = rets.next().flatten().filter(|first| rets.all(|ret| ret == Some(*first)));
            let open = || Ty::Hole(Why::NotModelled("which signature is called"));
            let ret = Some(first.cloned().unwrap_or_else(open));
            return Ok(SpecKey { kernel: kernel.clone(), args, options: None, ret, python });
        }
        let candidates: Vec<&[Ty]> = signatures.iter().map(|signature| signature.args.as_slice()).collect();
        match select(&args, &candidates, true) {
            Some(best) => Ok(SpecKey {
                kernel: kernel.clone(),
                args: signatures[best].args.clone(),
                options: None,
                ret: signatures[best].ret.clone(),
                python: false,
            }),
            None => Err(ProblemKind::Refused {
                what: kernel.qualname.clone(),
                refusal: Refusal { kind: RefusalKind::NoOverload(args.clone()), arg: None },
                args,
            }),
        }
    }
}

/// Whether a library has a function of this path and Numba lacks it: the table has a row for each that Numba has.
fn is_unsupported(path: &str) -> bool {
    let listed = table::names::exists(path) == Some(true) && !path.starts_with("operator.");
    listed || table::unsupported(path).is_some()
}

/// The argument to blame, or the whole call.
fn blamed(origin: Origin, call: &Call, refusal: &Refusal) -> Origin {
    let Some(arg) = refusal.arg else { return origin };
    let arg = arg as usize;
    let place = match call.args.get(arg) {
        Some(used) => Some(used.origin),
        None => call.kwargs.get(arg.wrapping_sub(call.args.len())).map(|(_, used)| used.origin),
    };
    place.filter(|place| *place != Origin::NONE).unwrap_or(origin)
}

/// What an array is that NumPy makes with items that Numba has no type for.
fn unsupported_items(path: &str, given: &Given) -> Option<&'static str> {
    let makes = matches!(
        path,
        "numpy.array"
            | "numpy.asarray"
            | "numpy.zeros"
            | "numpy.ones"
            | "numpy.empty"
            | "numpy.full"
            | "numpy.arange"
    );
    let last = given.positional.get(1..).and_then(<[Ty]>::last);
    let keyword = given.keywords.iter().find(|(name, _)| &**name == "dtype").map(|(_, ty)| ty);
    match keyword.or(last)? {
        _ if !makes => None,
        Ty::Function(dtype) | Ty::Hole(Why::NotInTable(dtype)) => match &**dtype {
            "builtins.object" => Some("an array of Python objects"),
            "numpy.longdouble" | "numpy.clongdouble" | "numpy.float128" | "numpy.complex256" => {
                Some("an array of extended precision")
            }
            _ => None,
        },
        Ty::NumberClass(dtype) | Ty::DType(dtype) if **dtype == Ty::PyObject => {
            Some("an array of Python objects")
        }
        _ => None,
    }
}

enum Fold {
    Unknown(Why),
    Refused(ProblemKind),
}

/// Binds arguments to a kernel's parameters; left-out defaults become `omitted(default=..)`, `*args` a tuple.
fn fold(
    cx: &dyn Context,
    kernel: &KernelRef,
    params: &[crate::hir::body::Param],
    given: &Given,
) -> Result<Vec<Ty>, Fold> {
    // Numba binds parameters that want a keyword by position only.
    let bare = params.iter().any(|param| param.kind == ParamKind::KeywordOnly);
    if bare && !params.iter().any(|param| matches!(param.kind, ParamKind::VarArgs | ParamKind::KwArgs)) {
        return by_position(kernel, params, given);
    }
    let plain = params.iter().filter(|param| param.kind == ParamKind::Positional).count();
    let var_args = params.iter().any(|param| param.kind == ParamKind::VarArgs);
    if given.positional.len() > plain && !var_args {
        let kind = ProblemKind::ArgumentCount { takes: plain as u32, given: given.positional.len() as u32 };
        return Err(Fold::Refused(kind));
    }
    let mut folded = Vec::with_capacity(params.len());
    let mut used_keywords = 0;
    let mut position = 0;
    for param in params {
        match param.kind {
            ParamKind::VarArgs => {
                let rest = given.positional.get(plain..).unwrap_or_default();
                folded.push(Ty::StarArgs(rest.to_vec().into()));
                continue;
            }
            ParamKind::KwArgs => {
                let kind = RefusalKind::Other("a function with `**kwargs` cannot be compiled".into());
                let refusal = Refusal { kind, arg: None };
                let kind = ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() };
                return Err(Fold::Refused(kind));
            }
            ParamKind::Positional | ParamKind::KeywordOnly => {}
        }
        let by_position =
            if param.kind == ParamKind::Positional { given.positional.get(position) } else { None };
        position += usize::from(param.kind == ParamKind::Positional);
        let by_keyword = given.keywords.iter().find(|(name, _)| *name == param.name).map(|(_, ty)| ty);
        used_keywords += usize::from(by_keyword.is_some());
        match (by_position, by_keyword, &param.default) {
            (Some(_), Some(_), _) => {
                return Err(Fold::Refused(unexpected_keyword(kernel, &param.name, given)));
            }
            (Some(ty), None, _) | (None, Some(ty), _) => folded.push(ty.clone()),
            (None, None, Some(DefaultValue::Const(value))) => folded.push(Ty::Omitted(value.clone())),
            (None, None, Some(DefaultValue::Global(_) | DefaultValue::Other)) => {
                match cx.default_of(kernel, &param.name) {
                    NameValue::Ty(ty) => folded.push(omitted(ty)),
                    NameValue::Refused(_) => {
                        return Err(Fold::Unknown(Why::UnknownGlobal(param.name.clone())));
                    }
                }
            }
            (None, None, None) => {
                let refusal = Refusal { kind: RefusalKind::MissingArgument(param.name.clone()), arg: None };
                let kind = ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() };
                return Err(Fold::Refused(kind));
            }
        }
    }
    if used_keywords < given.keywords.len() {
        let unknown = given.keywords.iter().find(|(name, _)| !params.iter().any(|param| param.name == *name));
        if let Some((name, _)) = unknown {
            return Err(Fold::Refused(unexpected_keyword(kernel, name, given)));
        }
    }
    Ok(folded)
}

fn by_position(
    kernel: &KernelRef,
    params: &[crate::hir::body::Param],
    given: &Given,
) -> Result<Vec<Ty>, Fold> {
    if given.keywords.is_empty() && given.positional.len() == params.len() {
        return Ok(given.positional.clone());
    }
    let missing = params.get(given.positional.len());
    let kind = match missing {
        Some(param) => {
            let refusal = Refusal { kind: RefusalKind::MissingArgument(param.name.clone()), arg: None };
            ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() }
        }
        None => {
            ProblemKind::ArgumentCount { takes: params.len() as u32, given: given.positional.len() as u32 }
        }
    };
    Err(Fold::Refused(kind))
}

fn unexpected_keyword(kernel: &KernelRef, name: &Name, given: &Given) -> ProblemKind {
    let refusal = Refusal { kind: RefusalKind::UnknownKeyword(name.clone()), arg: None };
    ProblemKind::Refused { what: kernel.qualname.clone(), refusal, args: given.all() }
}

/// A default that a global names: its constant where it has one.
fn omitted(ty: Ty) -> Ty {
    match super::finish::literal_const(&ty) {
        Some(value) => Ty::Omitted(value),
        None if ty == Ty::None => Ty::Omitted(Const::None),
        None => ty,
    }
}

fn plain(ret: Ty) -> Typed {
    Typed { ret, args: None, refine: None }
}

/// `np.float32(x)`: numbers cast, sequences become arrays, arrays are refused (they have `astype`).
fn cast_call(ty: &Ty, args: &[Ty]) -> Outcome {
    let [value] = args else {
        return Outcome::refused(RefusalKind::TooManyArguments { takes: 1, given: args.len() as u32 });
    };
    match value {
        Ty::Hole(_) | Ty::Poison => Outcome::Hole(value.why().unwrap_or(Why::NotModelled("a cast"))),
        // Typed, but there is no code that drops an imaginary part.
        Ty::Complex(_) if matches!(ty, Ty::Int(_) | Ty::Float(_)) => {
            Outcome::refused_arg(0, RefusalKind::UnsafeCast { from: value.clone(), to: ty.clone() })
        }
        value if value.is_number() => Outcome::known(ty.clone()),
        Ty::EnumMember { int: true, .. } => Outcome::known(ty.clone()),
        Ty::DateTime(_) | Ty::TimeDelta(_) if matches!(ty, Ty::Int(int) if int.bits() == 64) => {
            Outcome::known(ty.clone())
        }
        Ty::Tuple(_) | Ty::List { .. } | Ty::StarArgs(_) => match table::find("numpy.array") {
            Some(row) => {
                let keywords = [("dtype".into(), Ty::DType(Arc::new(ty.clone())))];
                match Args::bind(
                    row.path,
                    row.cached_params(),
                    None,
                    args,
                    &keywords,
                    &table::args::NoCallees,
                ) {
                    Ok(bound) => (row.rule)(&bound),
                    Err(refusal) => Outcome::Refused(refusal),
                }
            }
            None => Outcome::Hole(Why::NotInTable("numpy.array".into())),
        },
        Ty::Array(array) if array.ndim == Some(0) && array.elem == *ty => Outcome::known(ty.clone()),
        Ty::Array(array) if array.ndim.is_none() || array.elem.is_hole() => {
            Outcome::Hole(Why::NotModelled("a cast of an array of unknown rank"))
        }
        other => Outcome::refused_arg(0, RefusalKind::ArgumentType { param: "x".into(), got: other.clone() }),
    }
}

fn named_tuple(class: &NamedTupleTy, given: &Given) -> Outcome {
    let mut fields: Vec<(Name, Ty)> = Vec::with_capacity(class.fields.len());
    if given.positional.len() > class.fields.len() {
        return Outcome::refused(RefusalKind::TooManyArguments {
            takes: class.fields.len() as u32,
            given: given.positional.len() as u32,
        });
    }
    for (index, (name, _)) in class.fields.iter().enumerate() {
        let keyword = given.keywords.iter().find(|(keyword, _)| keyword == name).map(|(_, ty)| ty);
        match given.positional.get(index).or(keyword) {
            Some(ty) => fields.push((name.clone(), ty.unliteral())),
            // Numba drops the fields that have a default, and fails later if they are used.
            None if class.fields[index].1 == crate::hir::globals::NO_DEFAULT => {
                return Outcome::refused(RefusalKind::MissingArgument(name.clone()));
            }
            None => break,
        }
    }
    Outcome::known(Ty::NamedTuple(Arc::new(NamedTupleTy { name: class.name.clone(), fields })))
}

/// How deeply types are nested; recursion that wraps its argument each time never ends otherwise.
fn depth(ty: &Ty) -> usize {
    match ty {
        Ty::Tuple(items) | Ty::StarArgs(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Ty::List { elem, .. } | Ty::Optional(elem) | Ty::TypedList(elem) => 1 + depth(elem),
        Ty::Array(array) => 1 + depth(&array.elem),
        Ty::Dict { key, value, .. } => 1 + depth(key).max(depth(value)),
        Ty::NamedTuple(tuple) => 1 + tuple.fields.iter().map(|(_, ty)| depth(ty)).max().unwrap_or(0),
        Ty::Closure(closure) => 1 + closure.captures.iter().map(|(_, ty)| depth(ty)).max().unwrap_or(0),
        // A recursion over attributes of something unknown makes its name longer each time.
        Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path) | Why::UnknownGlobal(path)) => {
            path.matches('.').count()
        }
        _ => 0,
    }
}

/// Lets rules type calls of function values: `sorted(key=f)`.
struct RuleCallees<'a> {
    cx: &'a dyn Context,
}

impl Callees for RuleCallees<'_> {
    fn numba(&self) -> Version {
        self.cx.numba()
    }

    fn call(&self, func: &Ty, args: &[Ty]) -> Outcome {
        match func {
            Ty::Dispatcher(kernel) => {
                let Some(body) = self.cx.body_of(kernel) else {
                    return Outcome::Hole(Why::Callee(kernel.qualname.clone()));
                };
                let given = Given { positional: args.to_vec(), keywords: Vec::new() };
                match fold(self.cx, kernel, &body.params, &given) {
                    Ok(args) => {
                        let key =
                            SpecKey { kernel: kernel.clone(), args, options: None, ret: None, python: false };
                        called(&self.cx.infer(&key), key.args)
                    }
                    Err(Fold::Unknown(why)) => Outcome::Hole(why),
                    Err(Fold::Refused(_)) => Outcome::refused(RefusalKind::NoOverload(args.to_vec())),
                }
            }
            Ty::Closure(closure) => {
                let given = Given { positional: args.to_vec(), keywords: Vec::new() };
                match fold(self.cx, &closure.kernel, &closure.function.body.params, &given) {
                    Ok(args) => called(&self.cx.infer_closure(closure, &args), args),
                    Err(Fold::Unknown(why)) => Outcome::Hole(why),
                    Err(Fold::Refused(_)) => Outcome::refused(RefusalKind::NoOverload(given.all())),
                }
            }
            Ty::Function(path) => match table::find(path) {
                Some(row) => match Args::bind(row.path, row.cached_params(), None, args, &[], self) {
                    Ok(bound) => (row.rule)(&bound),
                    Err(refusal) => Outcome::Refused(refusal),
                },
                None => Outcome::Hole(Why::NotInTable(path.clone())),
            },
            _ => Outcome::Hole(Why::NotModelled("a call inside a library function")),
        }
    }
}

/// What a function gives to a rule that calls it.
fn called(typed: &TypedBody, args: Vec<Ty>) -> Outcome {
    match typed.problems.first() {
        Some(Problem { .. }) => Outcome::refused(RefusalKind::NoOverload(args)),
        None if typed.ret == Ty::Undefined => {
            Outcome::Hole(Why::NotModelled("a recursive function passed on"))
        }
        None => match typed.whys.first() {
            Some(why) if !typed.ret.has_hole() => Outcome::Hole(why.clone()),
            _ => Outcome::known(typed.ret.clone()),
        },
    }
}
