//! What the evaluator found, as a kernel sees it: the type or the constant of a global.

use std::sync::Arc;

use super::Global;
use super::eval::{Env, Eval};
use super::value::{Function, SeqKind, V};
use crate::hir::module::{self, body};
use crate::hir::{Declared, JitKind};
use crate::ty::{Captured, Const, KernelRef, Name, Ty, Why};

impl<'db> Eval<'db> {
    /// The value as the rest of the analyzer sees it.
    pub(in crate::hir) fn finish(&self, value: &V<'db>) -> Global {
        match value {
            V::Global(global) => global.clone(),
            V::Type(Ty::None) => Global::Const(Const::None),
            V::Type(ty @ (Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_))) => {
                Global::Value(Ty::NumberClass(Arc::new(ty.clone())))
            }
            V::Type(ty) => Global::Value(Ty::TypeRef(Arc::new(ty.clone()))),
            V::Seq(SeqKind::Tuple, items) => self.finish_tuple(&items.borrow()),
            V::Seq(kind, items) => {
                let elem = match items.borrow().first() {
                    Some(first) => match self.finish(first).ty() {
                        Some(ty) => ty.unliteral(),
                        None => Ty::Hole(Why::NotModelled("the items of a list")),
                    },
                    None => Ty::Undefined,
                };
                Global::Container(match kind {
                    SeqKind::Set => Ty::Set { elem: Arc::new(elem), reflected: true },
                    _ => Ty::reflected_list(elem),
                })
            }
            V::Dict(items) => {
                let ty = |value: &V<'db>| {
                    let ty = self.finish(value).ty().map(|ty| ty.unliteral());
                    ty.unwrap_or(Ty::Hole(Why::NotModelled("the items of a dict")))
                };
                let items = items.borrow();
                let (key, value) = match items.first() {
                    Some((key, value)) => (ty(key), ty(value)),
                    None => (Ty::Undefined, Ty::Undefined),
                };
                Global::Container(Ty::dict(key, value))
            }
            V::Module(module) => Global::Value(Ty::Module(self.module_name_of(module))),
            V::Function(function) => Global::Plain(self.finish_function(function, None)),
            V::Jitted(function, declared) => {
                Global::Jitted(self.finish_function(function, Some(declared)), declared.clone())
            }
            V::Class(class) => self.finish_class(class),
            V::Lambda(lambda) => match self.lambda_function(lambda) {
                Some(function) => Global::Plain(self.finish_function(&function, None)),
                None => Global::Unknown(Why::NotModelled("a lambda")),
            },
            V::Partial(_) => Global::Instance("partial".into()),
            V::Jit(_) | V::Identity => Global::Unknown(Why::NotModelled("a decorator as a value")),
            V::Signature(_) | V::Method(..) | V::Slice { .. } => {
                Global::Unknown(Why::NotModelled("a value of this kind"))
            }
            V::Unknown(why) => Global::Unknown(why.clone()),
        }
    }

    /// A reference to a function; one that a known call made takes along what it sees of that call.
    fn finish_function(&self, function: &Function<'db>, declared: Option<&Arc<Declared>>) -> KernelRef {
        let bare = function.kernel.clone();
        let inside = self.finishing.borrow().contains(&bare);
        if inside || bare.captured.is_some() {
            return bare;
        }
        if !matches!(function.env, Env::Frame(_)) {
            // `f = intrinsic(g)` inside a function is found by nobody who asks for `g`.
            let own = declared.filter(|declared| declared.kind != JitKind::Jit);
            let Some(own) = own.filter(|own| module::declared(self.db, bare.clone()).kind != own.kind) else {
                return bare;
            };
            let captured = Captured { names: Vec::new(), declared: Some(own.clone()) };
            return KernelRef { captured: Some(Arc::new(captured)), ..bare };
        }
        let Some(body) = body(self.db, bare.clone()) else { return bare };
        self.finishing.borrow_mut().push(bare.clone());
        let mut names: Vec<(Name, Global)> = Vec::new();
        for name in body.free_names() {
            let value = self.name(&function.env, &name);
            // A function that calls itself is found by its own name.
            let own = matches!(&value, V::Jitted(of, _) | V::Function(of) if of.kernel == bare);
            if !own {
                names.push((name, self.finish(&value)));
            }
        }
        self.finishing.borrow_mut().pop();
        let captured = Captured { names, declared: declared.cloned() };
        KernelRef { captured: Some(Arc::new(captured)), ..bare }
    }

    fn finish_tuple(&self, items: &[V<'db>]) -> Global {
        let finished: Vec<Global> = items.iter().map(|item| self.finish(item)).collect();
        let constants: Option<Vec<Const>> = finished
            .iter()
            .map(|item| match item {
                Global::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        if let Some(constants) = constants {
            return Global::Const(Const::Tuple(constants.into()));
        }
        let types: Option<Vec<Ty>> = finished.iter().map(Global::ty).collect();
        match types {
            Some(types) => Global::Value(Ty::tuple(types.iter().map(Ty::unliteral))),
            None => Global::Unknown(Why::NotModelled("a tuple of objects")),
        }
    }
}

/// What two possible values have in common, if Numba would compile the same for both.
pub(super) fn agree(a: Global, b: Global) -> Option<Global> {
    if a == b {
        return Some(a);
    }
    // A float has no literal type, so its value does not matter.
    let float =
        |global: &Global| matches!(global, Global::Const(Const::Float(_)) | Global::Value(Ty::FLOAT64));
    if float(&a) && float(&b) {
        return Some(Global::Value(Ty::FLOAT64));
    }
    match (a, b) {
        (Global::Scalar(a, _) | Global::Value(a), Global::Scalar(b, _) | Global::Value(b)) if a == b => {
            Some(Global::Value(a))
        }
        _ => None,
    }
}
