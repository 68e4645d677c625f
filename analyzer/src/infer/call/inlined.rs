//! Empty containers that a call takes: a function that Numba puts in the place of the call may fill them.

use std::sync::Arc;

use crate::hir::body::{Call, Inst, Use};
use crate::infer::solve::Solver;
use crate::ty::{KernelRef, Ty, Why};

use super::Given;
use super::fold::fold;

impl Solver<'_> {
    /// Numba waits with a call until it knows what its arguments contain. But of a function that is always inlined
    /// there is no call: what it puts into a container is put there by the caller. So may a function that nobody knows.
    pub(super) fn fill_by_inlining(&mut self, inst: &Inst, call: &Call, func: &Ty, given: &Given) {
        match func {
            Ty::Hole(_) | Ty::Opaque(_) => {
                let keywords = call.kwargs.iter().map(|(_, used)| used);
                let used: Vec<Use> = call.args.iter().chain(keywords).copied().collect();
                for (used, ty) in used.into_iter().zip(given.all()).filter(|(_, ty)| !ty.is_precise()) {
                    self.add_refining(used.var, filled(&ty), inst.origin);
                }
            }
            Ty::Dispatcher(kernel) if self.cx.declared(kernel).options.inline_always => {
                self.fill_by(inst, call, kernel, given);
            }
            _ => {}
        }
    }

    fn fill_by(&mut self, inst: &Inst, call: &Call, kernel: &KernelRef, given: &Given) {
        let Some(body) = self.cx.body_of(kernel) else { return };
        let Ok(args) = fold(self.cx, kernel, &body.params, given) else { return };
        let Ok(key) = self.choose(kernel, &self.cx.declared(kernel), args) else { return };
        let typed = self.cx.infer(&key);
        for ((at, param), ty) in typed.body.params.iter().enumerate().zip(&key.args) {
            let by_name = || call.kwargs.iter().find(|(name, _)| *name == param.name).map(|(_, used)| used);
            let Some(used) = call.args.get(at).or_else(by_name).filter(|_| !ty.is_precise()) else {
                continue;
            };
            let after = typed.ty(param.var);
            if after.is_precise() && !matches!(after, Ty::Poison) {
                self.add_refining(used.var, after.clone(), inst.origin);
            } else if !typed.whys.is_empty() {
                self.add_refining(used.var, filled(ty), inst.origin);
            }
        }
    }
}

/// A container of nobody knows what.
fn filled(ty: &Ty) -> Ty {
    let hole = || Ty::Hole(Why::NotModelled("what an inlined function puts into a container"));
    match ty {
        Ty::List { source, .. } => Ty::List { elem: Arc::new(hole()), source: source.without_iv() },
        Ty::TypedList(_) => Ty::TypedList(Arc::new(hole())),
        Ty::Set { reflected, .. } => Ty::Set { elem: Arc::new(hole()), reflected: *reflected },
        Ty::Dict(_) => Ty::dict(hole(), hole()),
        ty => ty.clone(),
    }
}
