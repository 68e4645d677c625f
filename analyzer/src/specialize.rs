//! Which argument types a kernel is checked for: from its signatures, from calls anywhere in the project, from what
//! it says of its own parameters, or unknown.

mod callers;
mod contradiction;
mod found;
pub(crate) mod probe;
mod values;

use std::sync::Arc;

use crate::db::{Db, SourceFile};
use crate::hir::annotation::described;
use crate::hir::body::{Body, ParamKind};
use crate::hir::globals::{self, Global};
use crate::hir::module::{self, AsKernel};
use crate::hir::{Declared, JitKind};
use crate::infer::SpecKey;
use crate::ty::{KernelRef, Name, Ty, Why};
pub(crate) use found::{Site, plain_code};

/// A kernel is checked for at most so many calls that give every type, or so many that give some.
const MOST_CALLS: usize = 6;
const MOST_PARTIAL: usize = 2;

/// One specialization to check, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) key: SpecKey,
    pub(crate) source: Source,
    /// The same without what only documentation says, where that adds types. Documentation calls a list an array,
    /// or a matrix what is a vector: it tells a reader what to expect, and refuses nothing.
    pub(crate) undocumented: Option<Box<SpecKey>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Signature,
    Call(CallSite),
    /// An example of a docstring.
    Example(CallSite),
    /// Annotations of the parameters.
    Annotations,
    /// The docstring's section on parameters.
    Docstring,
    /// Nobody said anything: the arguments are holes.
    Unknown,
    /// Nobody said anything, and every type that was tried is refused: one of them.
    Tried,
}

/// A call, and the file that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    pub(crate) file: SourceFile,
    pub(crate) site: Site,
}

impl CallSite {
    /// The line, from 1.
    pub(crate) fn line(self, db: &dyn Db) -> u32 {
        let text = self.file.text(db).as_deref().unwrap_or_default();
        crate::check::line_of(text, self.site.in_file(db, self.file).start)
    }
}

/// The specializations of a kernel that `check` reports about.
pub(crate) fn wanted<'db>(db: &'db dyn Db, kernel: impl AsKernel<'db>) -> Vec<Wanted> {
    let handle = kernel.key(db);
    let kernel = handle.of(db);
    let declared = module::declared(db, handle);
    if !is_compiled(declared) {
        return Vec::new();
    }
    let Some(body) = module::body(db, handle) else { return Vec::new() };
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
            Wanted { key: key(signature.args.clone(), ret), source: Source::Signature, undocumented: None }
        })
        .collect();
    let mut open = unknown_args(&body);
    if let (Some(this), Some(first)) = (receiver(db, kernel, declared.kind, &body), open.first_mut()) {
        *first = this;
    }
    let mut source = Source::Unknown;
    let mut annotated = open.clone();
    if wanted.is_empty() && declared.kind == JitKind::Jit {
        source = describe(db, kernel, &body, &mut open, &mut annotated);
        wanted = from_calls(db, kernel, &open, &annotated);
    }
    if wanted.is_empty() {
        let undocumented = (open != annotated).then(|| Box::new(key(annotated, None)));
        // Most functions have no other, and each is large.
        wanted.reserve_exact(1);
        wanted.push(Wanted { key: key(open, None), source, undocumented });
    }
    wanted
}

/// The calls of a kernel in the whole project, those of its own file first. Where some give every type, the others
/// add nothing; what these leave open is taken from `described`, or from `annotated` where documentation is left out.
fn from_calls(db: &dyn Db, kernel: &KernelRef, described: &[Ty], annotated: &[Ty]) -> Vec<Wanted> {
    let mut known: Vec<Wanted> = Vec::new();
    let mut partial: Vec<Wanted> = Vec::new();
    for &file in callers::files_calling(db, kernel) {
        for call in plain_code(db, file).calls_of(kernel) {
            if call.key.args.iter().all(Ty::is_hole) && !call.key.args.is_empty() {
                continue;
            }
            let holes = call.key.args.iter().any(Ty::has_hole);
            let filled = |from: &[Ty]| {
                let mut key = call.key.clone();
                if holes && key.args.len() == from.len() {
                    let args = key.args.iter_mut().zip(from);
                    args.filter(|(arg, _)| arg.is_hole()).for_each(|(arg, ty)| *arg = ty.clone());
                }
                key
            };
            let key = filled(described);
            let undocumented = match call.example {
                true => SpecKey { args: annotated.to_vec(), ..key.clone() },
                false => filled(annotated),
            };
            let (list, most) = if holes { (&mut partial, MOST_PARTIAL) } else { (&mut known, MOST_CALLS) };
            if list.len() < most && !list.iter().any(|wanted| wanted.key == key) {
                let site = CallSite { file, site: call.site };
                let source = if call.example { Source::Example(site) } else { Source::Call(site) };
                let undocumented = (undocumented != key).then(|| Box::new(undocumented));
                list.push(Wanted { key, source, undocumented });
            }
        }
    }
    if known.is_empty() { partial } else { known }
}

/// Fills in what the function says of its own parameters, and where that was; in `annotated` what its annotations say.
fn describe(db: &dyn Db, kernel: &KernelRef, body: &Body, args: &mut [Ty], annotated: &mut [Ty]) -> Source {
    let described = described(db, kernel);
    let mut source = Source::Unknown;
    let params = (0..).zip(&body.params).zip(args).zip(annotated);
    for (((number, param), arg), annotated) in params.filter(|((_, arg), _)| arg.is_hole()) {
        let Some(known) = described.iter().find(|known| known.name == param.name) else { continue };
        if let Some(ty) = &known.annotated {
            if contradiction::contradicts(db, kernel.file, body, number, ty) {
                continue;
            }
            source = Source::Annotations;
            *arg = ty.clone();
            *annotated = ty.clone();
        } else if let Some(ty) = &known.documented {
            if source == Source::Unknown {
                source = Source::Docstring;
            }
            *arg = ty.clone();
        }
    }
    source
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
