//! Calls: what the callee is, which argument meets which parameter, what comes back.

mod callees;
mod fold;
mod inlined;
mod kernel;

use std::sync::Arc;

use crate::hir::body::{Call, Inst, Origin, VarId};
use crate::table::args::{Args, Callees};
use crate::table::{self, Function, Outcome, Refusal, RefusalKind, Typed};
use crate::ty::convert::select;
use crate::ty::{KernelRef, Literal, Name, NamedTupleTy, Ty, Why};

use self::callees::RuleCallees;
use self::fold::fold;
use super::context::Context;
use super::promotion;
use super::solve::{Solver, is_consequence};
use super::{Callee, LibraryRef, ProblemKind, SpecKey, attr};

/// The arguments of a call, each with a type.
#[derive(Default)]
pub(super) struct Given {
    pub(super) positional: Vec<Ty>,
    pub(super) keywords: Vec<(Name, Ty)>,
}

impl Given {
    fn each(&self) -> impl Iterator<Item = &Ty> {
        self.positional.iter().chain(self.keywords.iter().map(|(_, ty)| ty))
    }

    fn all(&self) -> Vec<Ty> {
        self.each().cloned().collect()
    }
}

impl Solver<'_> {
    pub(super) fn call(&mut self, inst: &Inst, dst: VarId, call: &Call) {
        let Some(func) = self.ty(call.func) else { return };
        let Some(given) = self.arguments(inst, dst, call) else {
            return;
        };
        // Numba waits until no argument is `list(undefined)`; arrays of undefined items pass.
        if given.each().any(|ty| !ty.is_precise() && !matches!(ty, Ty::Array(_))) {
            self.fill_by_inlining(inst, call, &func, &given);
            return;
        }
        match &func {
            Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path) | Why::UnknownGlobal(path))
                if self.cx.is_python() && table::names::makes_objects(path) =>
            {
                self.add(dst, made_object(path), inst.origin);
            }
            Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path))
                if (table::modules::is_foreign(path) || is_unsupported(path)) && !self.is_extended(path) =>
            {
                let refusal = Refusal { kind: RefusalKind::Unsupported, arg: None };
                let kind = ProblemKind::Refused { what: path.clone(), refusal, args: given.all() };
                self.report(inst.origin, None, kind);
            }
            Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => {
                let hole = match &func {
                    // What a library's function returns is no part of the library.
                    Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path))
                        if table::modules::is_foreign(path) =>
                    {
                        Ty::Hole(Why::NotModelled("a function with an overload of the project"))
                    }
                    Ty::Hole(_) => func.clone(),
                    _ => Ty::Hole(Why::NotModelled("a call of this value")),
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
            Ty::StructRefClass(class) => {
                let outcome = struct_ref(class, &given);
                self.finish_call(inst, dst, call, (&class.name, Callee::Other), given.all(), outcome);
            }
            Ty::ExternalFunction(signature) => {
                let outcome = external_call(&signature.0, &signature.1, &given);
                self.finish_call(inst, dst, call, ("function of C", Callee::Other), given.all(), outcome);
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
            self.add(dst, made_object(path), inst.origin);
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
            None if is_unsupported(path) && !self.is_extended(path) => {
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
        if row.is_none() && self.cx.adds_attribute(name) {
            return self.call_added(inst, dst, recv, name, given);
        }
        // A method of an empty dict or typed list does not compile before the items are known; those that settle
        // their type do.
        if let (Some(row), Ty::Dict(_) | Ty::TypedList(_), false) = (row, recv, recv.is_precise())
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

    /// A member that `overload_method` or `overload_attribute` adds to a type.
    pub(super) fn call_added(&mut self, inst: &Inst, dst: VarId, recv: &Ty, name: &Name, given: Given) {
        let positional: Vec<Ty> = std::iter::once(recv.clone()).chain(given.positional).collect();
        let given = Given { positional, keywords: given.keywords };
        match self.cx.added_member(name, &given.positional, &given.keywords) {
            Some(implementation) => self.call_body(inst, dst, &implementation, &given),
            None => {
                let why = Why::NotModelled("an attribute that the project adds");
                self.add(dst, Ty::Hole(why), inst.origin);
            }
        }
    }

    /// Whether an installed package, or the one around, may give a function of a library a compiled form.
    fn is_extended(&self, path: &str) -> bool {
        self.cx.is_extended() || self.cx.extends(path)
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
            Ty::Dict(_) => "numba.typed.Dict",
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
        let mut given = given;
        if self.cx.is_python() && (row.path.starts_with("numpy.") || row.path.starts_with("array.")) {
            let keywords = given.keywords.iter_mut().map(|(_, ty)| ty);
            given.positional.iter_mut().chain(keywords).for_each(name_dtype);
        }
        if row.opens_optional {
            for ty in &mut given.positional {
                if let Ty::Optional(inner) = ty
                    && (matches!(**inner, Ty::Array(_)) || inner.is_number())
                {
                    *ty = (**inner).clone();
                }
            }
        }
        let mut outcome = library_outcome(self.cx, row, recv, &given.positional, &given.keywords);
        if self.cx.is_python() {
            let args: Vec<Ty> = recv.into_iter().chain(&given.positional).cloned().collect();
            outcome = promotion::call(row.path, &args, outcome);
        }
        if let Outcome::Known(typed) = &outcome
            && let Some(refined) = typed.refine.clone().or_else(|| recv.and_then(without_pairs))
        {
            self.refine_receiver(call.func, refined, inst.origin);
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
            Outcome::Refused(refusal) if is_consequence(&refusal, &args) => {
                self.add(dst, Ty::Poison, inst.origin);
            }
            Outcome::Refused(refusal) => {
                let place = blamed(inst.origin, call, &refusal);
                let kind = ProblemKind::Refused { what: what.into(), refusal, args };
                self.report(place, Some(inst.origin), kind);
            }
        }
    }
}

/// What a row says of a call.
pub(super) fn library_outcome(
    cx: &dyn Context,
    row: &'static Function,
    recv: Option<&Ty>,
    positional: &[Ty],
    keywords: &[(Name, Ty)],
) -> Outcome {
    let callees = RuleCallees { cx };
    let outcome = match Args::bind(row.path, row.cached_params(), recv, positional, keywords, &callees) {
        Ok(args) => row.too_new(callees.numba(), &args).unwrap_or_else(|| (row.rule)(&args)),
        Err(refusal) => Outcome::Refused(refusal),
    };
    match outcome {
        Outcome::Refused(_) if recv.is_none() && cx.extends(row.path) => {
            Outcome::Hole(Why::NotModelled("a function with an overload of the project"))
        }
        outcome => outcome,
    }
}

/// What calling a method makes of a dict display: the methods take a dict whose first pairs are not part of its type.
fn without_pairs(recv: &Ty) -> Option<Ty> {
    match recv {
        Ty::Dict(_) if recv.is_precise() => recv.without_iv(),
        _ => None,
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
        // One byte has no order.
        Ty::Literal(Literal::Str(dtype)) => match dtype.strip_prefix('>')? {
            "b" | "B" | "b1" | "i1" | "u1" | "?" => None,
            text if text.starts_with(['i', 'u', 'f', 'c', 'M', 'm', 'U']) => Some("a big-endian array"),
            _ => None,
        },
        _ => None,
    }
}

fn plain(ret: Ty) -> Typed {
    Typed { ret, args: None, refine: None }
}

/// A call of a function of C: its arguments are converted as those of any signature are, but for pointers.
fn external_call(ret: &Ty, params: &[Ty], given: &Given) -> Outcome {
    if !given.keywords.is_empty() {
        return Outcome::refused(RefusalKind::Other("a function of C takes no arguments by name".into()));
    }
    let is_pointer = |param: &Ty| matches!(param, Ty::Opaque(_));
    let mut args = given.positional.clone();
    let mut fits = args.len() == params.len();
    for (arg, param) in args.iter_mut().zip(params).filter(|(_, param)| is_pointer(param)) {
        fits &= fits_pointer(arg, param);
        *arg = param.clone();
    }
    match select(&args, &[params], true) {
        Some(_) if fits => Outcome::signature(params.to_vec(), ret.clone()),
        _ => Outcome::refused(RefusalKind::NoOverload(given.all())),
    }
}

/// Whether a pointer of C takes this: `a.ctypes` of an array of its items; one to `void` also an address.
fn fits_pointer(arg: &Ty, param: &Ty) -> bool {
    let Ty::Opaque(pointer) = param else { return false };
    let untyped = &**pointer == "void*";
    match arg {
        Ty::Hole(_) | Ty::Poison => true,
        // Of an array whose items or rank are not known.
        Ty::Opaque(name) if name.starts_with("ArrayCTypes(") && name.contains('?') => true,
        Ty::Int(_) | Ty::Literal(Literal::Int(_)) => untyped,
        Ty::Optional(inner) => untyped && matches!(**inner, Ty::Int(_)),
        Ty::Opaque(name) => {
            let items = name.strip_prefix("ArrayCTypes(dtype=").and_then(|rest| rest.split(", ndim=").next());
            name == pointer || items.is_some_and(|items| untyped || pointer.strip_suffix('*') == Some(items))
        }
        _ => false,
    }
}

/// NumPy itself takes `int` and `float` for dtypes, which Numba does not know as such.
fn name_dtype(ty: &mut Ty) {
    let Ty::Function(path) = ty else { return };
    let of = match &**path {
        "builtins.bool" => Ty::Bool,
        "builtins.int" => Ty::INT64,
        "builtins.float" => Ty::FLOAT64,
        "builtins.complex" => Ty::COMPLEX128,
        _ => return,
    };
    *ty = Ty::NumberClass(Arc::new(of));
}

/// What a call of a class makes whose objects Numba has no type for.
fn made_object(path: &str) -> Ty {
    if path.starts_with("numpy.ma.") {
        return Ty::python_object("a masked array");
    }
    let class = path.rsplit('.').next().unwrap_or(path);
    let article = if class.starts_with(['o', 'O']) { "an" } else { "a" };
    Ty::python_object(&format!("{article} `{class}`"))
}

/// `np.float32(x)`: numbers cast, sequences become arrays, arrays are refused (they have `astype`).
pub(super) fn cast_call(ty: &Ty, args: &[Ty]) -> Outcome {
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
        ty if ty.is_int_enum_member() => Outcome::known(ty.clone()),
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

/// A mutable struct takes all of its fields, by position or name; they have the types that are given.
fn struct_ref(class: &NamedTupleTy, given: &Given) -> Outcome {
    match named_tuple(class, given) {
        Outcome::Known(typed) => match typed.ret {
            Ty::NamedTuple(of) if of.fields.len() == class.fields.len() => {
                let mut of = (*of).clone();
                for ((_, ty), (_, declared)) in of.fields.iter_mut().zip(&class.fields) {
                    if *declared != crate::hir::globals::NO_DEFAULT {
                        *ty = declared.clone();
                    }
                }
                Outcome::known(Ty::StructRef(Arc::new(of)))
            }
            _ => Outcome::refused(RefusalKind::NoOverload(given.all())),
        },
        outcome => outcome,
    }
}

/// How many types a type is made of, itself included.
fn size(ty: &Ty) -> usize {
    let mut parts = 1;
    ty.any_part(&mut |part| {
        parts += size(part);
        false
    });
    parts
}

/// How deeply types are nested; recursion that wraps its argument each time never ends otherwise.
fn depth(ty: &Ty) -> usize {
    let mut inside = None;
    let mut look = |part: &Ty| {
        inside = inside.max(Some(depth(part)));
        false
    };
    ty.any_part(&mut look);
    match ty {
        Ty::Generator(generator) => generator.args.iter().for_each(|arg| _ = look(arg)),
        Ty::Closure(closure) => closure.captures.iter().for_each(|(_, ty)| _ = look(ty)),
        // A recursion over attributes of something unknown makes its name longer each time.
        Ty::Hole(Why::NotInTable(path) | Why::UnresolvedImport(path) | Why::UnknownGlobal(path)) => {
            return path.matches('.').count();
        }
        _ => {}
    }
    inside.map_or(0, |inside| inside + 1)
}
