//! Which argument types a kernel is checked for: from its signatures, from calls found in the file's own code, or
//! unknown.

pub(crate) mod probe;

use std::sync::Arc;

use crate::db::{Db, SourceFile};
use crate::hir::body::{Body, Call, Inst, InstKind, Origin, ParamKind, Use, Value, VarId};
use crate::hir::globals::{self, Global};
use crate::hir::guarded::is_guarded;
use crate::hir::source_map::Span;
use crate::hir::{Declared, JitKind, module, module_code};
use crate::infer::query::{ProjectView, infer, infer_body};
use crate::infer::{Callee, SpecKey, TypedBody};
use crate::ty::{KernelRef, Literal, Name, Ty, Why};

/// One specialization to check, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) key: SpecKey,
    pub(crate) source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Signature,
    Call(Site),
    /// Nobody said anything: the arguments are holes.
    Unknown,
    /// Nobody said anything, and every type that was tried is refused: one of them.
    Tried,
}

/// A place in the file's own code: its statement, and the span from the statement's start. So it stays what it is
/// while other statements are edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) segment: u32,
    pub(crate) span: Span,
}

impl Site {
    /// The span in the file.
    pub(crate) fn in_file(self, db: &dyn Db, file: SourceFile) -> Span {
        self.span.offset(module::segment_start(db, file, self.segment).unwrap_or(0))
    }
}

/// A call of a kernel from plain Python, with the types that Numba's `typeof` gives its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundCall {
    pub(crate) key: SpecKey,
    pub(crate) site: Site,
    /// Arguments that are Python lists.
    pub(crate) lists: Vec<Site>,
}

/// The specializations of a kernel that `check` reports about.
pub(crate) fn wanted(db: &dyn Db, kernel: &KernelRef) -> Vec<Wanted> {
    let declared = module::declared(db, kernel.clone());
    if !is_compiled(&declared) {
        return Vec::new();
    }
    let Some(body) = module::body(db, kernel.clone()) else { return Vec::new() };
    let key = |args: Vec<Ty>, ret: Option<Ty>| SpecKey {
        kernel: kernel.clone(),
        args,
        options: None,
        ret,
        python: false,
    };
    let count = body.params.len();
    let mut wanted: Vec<Wanted> = declared
        .signatures
        .iter()
        .filter(|signature| signature.args.len() == count)
        .map(|signature| {
            let ret = match declared.kind {
                JitKind::Jit | JitKind::CFunc | JitKind::Vectorize => signature.ret.clone(),
                _ => None,
            };
            Wanted { key: key(signature.args.clone(), ret), source: Source::Signature }
        })
        .collect();
    if wanted.is_empty() && declared.kind == JitKind::Jit {
        for call in calls(db, kernel.file).iter().filter(|call| call.key.kernel == *kernel) {
            if !wanted.iter().any(|known| known.key == call.key) {
                wanted.push(Wanted { key: call.key.clone(), source: Source::Call(call.site) });
            }
        }
    }
    if wanted.is_empty() {
        let mut args = unknown_args(&body);
        if let (Some(this), Some(first)) = (receiver(db, kernel, declared.kind, &body), args.first_mut()) {
            *first = this;
        }
        wanted.push(Wanted { key: key(args, None), source: Source::Unknown });
    }
    wanted
}

/// Whether Numba ever compiles the body as it stands in nopython mode: what extends Numba is Python that makes
/// types or code, and object mode takes everything.
fn is_compiled(declared: &Declared) -> bool {
    match declared.kind {
        JitKind::Extension
        | JitKind::Overload
        | JitKind::Intrinsic
        | JitKind::GeneratedJit
        | JitKind::Plain => false,
        JitKind::Jit
        | JitKind::Vectorize
        | JitKind::GuVectorize
        | JitKind::Stencil
        | JitKind::CFunc
        | JitKind::JitClassMethod => !declared.options.forceobj,
    }
}

/// The type of `self` in a method: an object without a type in an ordinary class, a jitclass's instance.
fn receiver(db: &dyn Db, kernel: &KernelRef, kind: JitKind, body: &Body) -> Option<Ty> {
    let (class, method) = kernel.qualname.rsplit_once('.')?;
    let first = body.params.first()?;
    if class.contains('.') || &*first.name != "self" || method == "__new__" {
        return None;
    }
    match globals::global(db, kernel.file, &class.into()) {
        Global::Class(_) if kind == JitKind::Jit && globals::makes_objects(db, kernel.file, class) => {
            Some(Ty::python_object(&format!("an object of class `{class}`")))
        }
        Global::Value(Ty::JitClass(fields)) => Some(Ty::JitClassInstance(fields)),
        _ => None,
    }
}

/// A hole for each parameter.
pub(crate) fn unknown_args(body: &Body) -> Vec<Ty> {
    let hole = |name: &Name| Ty::Hole(Why::UntypedArgument(name.clone()));
    body.params
        .iter()
        .map(|param| match param.kind {
            ParamKind::VarArgs => Ty::AnyTuple(Arc::new(hole(&param.name))),
            _ => hole(&param.name),
        })
        .collect()
}

/// Every call of a kernel in the plain Python of a file: the module's own statements and the plain functions that
/// these call.
#[salsa::tracked(returns(clone))]
pub(crate) fn calls(db: &dyn Db, file: SourceFile) -> Arc<[FoundCall]> {
    let module = module_code::module_kernel(file);
    let mut found: Vec<FoundCall> = Vec::new();
    let (body, map) = module_code::module_body(db, file);
    let declared = crate::hir::JitOptions::default();
    let view = ProjectView { db, kernel: &module, python: true, alone: false, captures: &[] };
    let typed = infer_body(&view, &body, &[], None, &declared);
    let mut walk = Walk { db, file, found: &mut found, seen: Vec::new() };
    walk.body(&typed, &|origin| {
        let (segment, span) = module_code::module_segment(db, file, map.span(origin)?)?;
        Some(Site { segment, span })
    });
    Arc::from(found)
}

struct Walk<'a> {
    db: &'a dyn Db,
    file: SourceFile,
    found: &'a mut Vec<FoundCall>,
    seen: Vec<SpecKey>,
}

type SiteOf<'a> = dyn Fn(Origin) -> Option<Site> + 'a;

impl Walk<'_> {
    fn body(&mut self, typed: &TypedBody, site: &SiteOf<'_>) {
        for inst in typed.body.blocks.iter().flat_map(|block| &block.insts) {
            let Some(resolved) = typed.resolved(inst.id) else { continue };
            if let Callee::Kernel(key) = &resolved.callee {
                self.call(typed, inst, key, site);
            }
        }
    }

    fn call(&mut self, typed: &TypedBody, inst: &Inst, key: &SpecKey, site: &SiteOf<'_>) {
        if key.python {
            if self.seen.len() < 64 && !self.seen.contains(key) && key.kernel.file == self.file {
                self.seen.push(key.clone());
                let inner = infer(self.db, key);
                if let (Some(map), Some(segment)) = (
                    module::relative_source_map(self.db, key.kernel.clone()),
                    module::segment_of(self.db, key.kernel.clone()),
                ) {
                    self.body(&inner, &|origin| Some(Site { segment, span: map.span(origin)? }));
                }
            }
            return;
        }
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { return };
        let mut lists = Vec::new();
        let uses: Vec<&Use> = call.args.iter().chain(call.kwargs.iter().map(|(_, used)| used)).collect();
        let mut dicts: Vec<&Ty> = Vec::new();
        for used in uses {
            // A list of objects is refused, not deprecated.
            if matches!(typed.ty(used.var), Ty::List { elem, .. } if elem.as_python_object().is_none())
                && let Some(site) = site(used.origin)
            {
                lists.push(site);
            }
            if is_dict_display(typed, used.var) {
                dicts.push(typed.ty(used.var));
            }
        }
        let python =
            |ty: &Ty| if dicts.contains(&ty) { Ty::python_object("a dict") } else { self.type_of_value(ty) };
        let mut args: Vec<Ty> = key.args.iter().map(python).collect();
        self.refuse_defaults(&key.kernel, call, &mut args);
        let nowhere = Site { segment: 0, span: Span::new(0, 0) };
        let site = site(inst.origin).unwrap_or(nowhere);
        if is_guarded(self.db, self.file, site.segment, site.span.start) {
            return;
        }
        let key = SpecKey { kernel: key.kernel.clone(), args, options: None, ret: None, python: false };
        self.found.push(FoundCall { key, site, lists });
    }
}

impl Walk<'_> {
    /// Numba cannot take a list, dict or set from the default of a parameter that a call leaves out.
    fn refuse_defaults(&self, kernel: &KernelRef, call: &Call, args: &mut [Ty]) {
        let Some(body) = module::body(self.db, kernel.clone()) else { return };
        for ((param, index), arg) in body.params.iter().zip(0..).zip(args) {
            let given = index < call.args.len() || call.kwargs.iter().any(|(name, _)| *name == param.name);
            let what = match arg {
                Ty::List { .. } => "a list",
                Ty::Dict { .. } => "a dict",
                Ty::Set { .. } => "a set",
                _ => continue,
            };
            if !given && call.star.is_none() {
                *arg = Ty::python_object(&format!("{what} by default"));
            }
        }
    }
}

/// Whether a variable holds what a dict display made.
fn is_dict_display(typed: &TypedBody, mut var: VarId) -> bool {
    let insts = || typed.body.blocks.iter().flat_map(|block| &block.insts);
    for _ in 0..8 {
        match insts().find(|inst| inst.kind.dst() == Some(var)).map(|inst| &inst.kind) {
            Some(InstKind::Assign { value: Value::Copy(from), .. }) => var = from.var,
            Some(InstKind::Assign { value: Value::Dict(_), .. }) => return true,
            _ => return false,
        }
    }
    false
}

impl Walk<'_> {
    /// Numba's `typeof` of a Python value whose type in compiled code would be this.
    fn type_of_value(&self, ty: &Ty) -> Ty {
        let type_of_value = |ty: &Ty| self.type_of_value(ty);
        let unknown = || Ty::Hole(Why::NotModelled("an argument of this Python type"));
        match ty {
            Ty::Omitted(_) => ty.clone(),
            Ty::Literal(Literal::Slice(..)) => ty.unliteral(),
            Ty::Literal(_) => ty.unliteral(),
            Ty::Opaque(_) if ty.as_python_object().is_some() => ty.clone(),
            Ty::LiteralStrKeyDict(_) => Ty::python_object("a dict"),
            Ty::List { elem, .. } if elem.as_python_object().is_some() => {
                Ty::python_object("a list of objects")
            }
            Ty::Dispatcher(kernel) if module::declared(self.db, kernel.clone()).kind == JitKind::Plain => {
                Ty::python_object(&format!("the plain Python function `{}`", kernel.qualname))
            }
            Ty::Tuple(items) => Ty::tuple(items.iter().map(type_of_value)),
            Ty::StarArgs(items) => Ty::StarArgs(items.iter().map(type_of_value).collect()),
            Ty::List { elem, .. } => {
                Ty::List { elem: Arc::new(type_of_value(elem)), reflected: true, iv: None }
            }
            Ty::Set { elem, .. } => Ty::Set { elem: Arc::new(type_of_value(elem)), reflected: true },
            Ty::None
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float(_)
            | Ty::Complex(_)
            | Ty::Str
            | Ty::Array(_)
            | Ty::NamedTuple(_)
            | Ty::TypedList(_)
            | Ty::Slice2
            | Ty::Slice3
            | Ty::NumberClass(_)
            | Ty::DType(_)
            | Ty::Dispatcher(_)
            | Ty::Record(_)
            | Ty::DateTime(_)
            | Ty::TimeDelta(_)
            | Ty::Hole(_) => ty.clone(),
            _ => unknown(),
        }
    }
}
