//! Calls of functions that `vectorize` and `guvectorize` make: item by item over arrays, as NumPy's ufuncs are.

use crate::hir::body::{Inst, VarId};
use crate::hir::{Declared, JitKind, Signature};
use crate::table::{Refusal, RefusalKind, ufunc};
use crate::ty::{KernelRef, Ty, Why};

use super::call::Given;
use super::solve::Solver;
use super::{ProblemKind, SpecKey};

impl Solver<'_> {
    pub(super) fn call_elementwise(
        &mut self,
        inst: &Inst,
        dst: VarId,
        kernel: &KernelRef,
        declared: &Declared,
        given: &Given,
    ) {
        let result = match declared.kind {
            JitKind::Vectorize => self.vectorized(inst, kernel, declared, given),
            _ => self.generalized(inst, kernel, declared, given),
        };
        if let Some(ty) = result {
            self.add(dst, ty, inst.origin);
        }
    }

    /// With signatures the first that all items cast to safely; without, one that is compiled for the call.
    fn vectorized(
        &mut self,
        inst: &Inst,
        kernel: &KernelRef,
        declared: &Declared,
        given: &Given,
    ) -> Option<Ty> {
        let open = || Some(Ty::Hole(Why::NotModelled("a call of this vectorized function")));
        let Some(body) = self.cx.body_of(kernel) else {
            return Some(Ty::Hole(Why::Callee(kernel.qualname.clone())));
        };
        let inputs = body.params.len();
        let given_all = given.positional.len();
        let text = |ty: &Ty| matches!(ty.unliteral(), Ty::Str | Ty::None);
        if given.positional.iter().any(text) {
            return self.mismatch(inst, kernel, given);
        }
        if !given.keywords.is_empty() || given.positional.iter().any(|ty| item(ty).is_none()) {
            return open();
        }
        if given_all < inputs || given_all > inputs + 1 {
            let kind = ProblemKind::ArgumentCount { takes: inputs as u32, given: given_all as u32 };
            self.report(inst.origin, None, kind);
            return None;
        }
        let items: Vec<Ty> = given.positional[..inputs].iter().filter_map(item).collect();
        let elem = if declared.signatures.is_empty() {
            let key =
                SpecKey { kernel: kernel.clone(), args: items, options: None, ret: None, python: false };
            let typed = self.cx.infer(&key);
            self.given_back(inst, kernel, key.args, &typed)?.unliteral()
        } else {
            let Some(found) = declared.signatures.iter().find(|signature| takes(signature, &items)) else {
                return self.mismatch(inst, kernel, given);
            };
            match &found.ret {
                Some(ret) => ret.clone(),
                None => return open(),
            }
        };
        if !elem.is_number() {
            return open();
        }
        match given.positional.get(inputs) {
            Some(out) => Some(out.clone()),
            None => Some(ufunc::shaped_like(elem, &given.positional)),
        }
    }

    /// Outputs are arguments, nothing is returned. With signatures the items have to be exactly theirs.
    fn generalized(
        &mut self,
        inst: &Inst,
        kernel: &KernelRef,
        declared: &Declared,
        given: &Given,
    ) -> Option<Ty> {
        let known = given.keywords.is_empty() && given.positional.iter().all(|ty| item(ty).is_some());
        if !known || declared.signatures.is_empty() {
            return Some(Ty::Hole(Why::NotModelled("a call of this vectorized function")));
        }
        let items: Vec<Ty> = given.positional.iter().filter_map(item).collect();
        let exact = |signature: &Signature| {
            signature.args.len() == items.len()
                && signature.args.iter().zip(&items).all(|(arg, given)| item(arg).as_ref() == Some(given))
        };
        match declared.signatures.iter().any(exact) {
            true => Some(Ty::None),
            false => self.mismatch(inst, kernel, given),
        }
    }

    fn mismatch(&mut self, inst: &Inst, kernel: &KernelRef, given: &Given) -> Option<Ty> {
        let refusal = Refusal { kind: RefusalKind::NoOverload(given.positional.clone()), arg: None };
        self.refuse(inst.origin, kernel.qualname.clone(), refusal, given.positional.clone());
        None
    }
}

/// The type of one item, where the argument is a number or an array of numbers.
fn item(ty: &Ty) -> Option<Ty> {
    let item = match ty {
        Ty::Array(array) if array.ndim.is_some() => array.elem.clone(),
        ty => ty.unliteral(),
    };
    item.is_number().then_some(item)
}

fn takes(signature: &Signature, items: &[Ty]) -> bool {
    signature.args.len() == items.len()
        && items.iter().zip(&signature.args).all(|(from, to)| ufunc::casts_safely(from, to))
}
