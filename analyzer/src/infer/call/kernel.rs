//! Calls of functions of the project: which specialization, and what comes back.

use std::sync::Arc;

use crate::hir::body::{Inst, VarId};
use crate::hir::{Declared, JitKind, Signature};
use crate::infer::legalize::{of_boxing, of_return};
use crate::infer::solve::Solver;
use crate::infer::{Callee, Problem, ProblemKind, Resolved, SpecKey, TypedBody};
use crate::table::{Refusal, RefusalKind};
use crate::ty::convert::select;
use crate::ty::unify::{Unified, unify};
use crate::ty::{ClosureTy, KernelRef, Ty, Why};

use super::fold::{Fold, fold};
use super::{Given, depth, plain, size};

impl Solver<'_> {
    pub(super) fn call_kernel(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
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
    pub(super) fn call_intrinsic(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
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
    pub(in crate::infer) fn call_body(&mut self, inst: &Inst, dst: VarId, kernel: &KernelRef, given: &Given) {
        let declared = self.cx.declared(kernel);
        self.compile(inst, dst, kernel, &declared, given);
    }

    /// A call of a function that Numba compiles for it.
    pub(super) fn compile(
        &mut self,
        inst: &Inst,
        dst: VarId,
        kernel: &KernelRef,
        declared: &Declared,
        given: &Given,
    ) {
        if let Some(ty) = self.compiled(inst, kernel, declared, given) {
            self.add(dst, ty, inst.origin);
        }
    }

    /// What a function of the project gives for a call; `None` if it is refused, or a recursion has no result yet.
    pub(in crate::infer) fn result_of(
        &mut self,
        inst: &Inst,
        kernel: &KernelRef,
        given: &Given,
    ) -> Option<Ty> {
        let declared = self.cx.declared(kernel);
        self.compiled(inst, kernel, &declared, given)
    }

    pub(super) fn compiled(
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
        if key.args.iter().any(|ty| depth(ty) > 12) || self.grows(kernel, &key.args) {
            return Some(Ty::Hole(Why::NotModelled("a recursion whose argument types grow")));
        }
        let mut typed = self.cx.infer(&key);
        // What is always inlined returns nothing: its value never leaves the caller's frame. Python does not call what
        // an overload gives.
        let inside: Option<fn(&TypedBody, &Problem) -> bool> = match declared.kind {
            _ if declared.options.inline_always => Some(of_return),
            JitKind::Plain => Some(of_boxing),
            _ => None,
        };
        if let Some(inside) = inside
            && typed.problems.iter().any(|problem| inside(&typed, problem))
        {
            let kept = typed.problems.iter().filter(|problem| !inside(&typed, problem)).cloned().collect();
            Arc::make_mut(&mut typed).problems = kept;
        }
        let args = key.args.clone();
        self.resolved[inst.id.0 as usize] = Some(Box::new(Resolved {
            callee: Callee::Kernel(Box::new(key)),
            args: args.clone(),
            ret: typed.ret.clone(),
        }));
        self.given_back(inst, kernel, args, &typed)
    }

    /// An inner function that is a value: compiled on its own, as a jitted one.
    pub(super) fn call_closure(&mut self, inst: &Inst, dst: VarId, closure: &Arc<ClosureTy>, given: &Given) {
        if let Some(ty) = self.result_of_closure(inst, closure, given) {
            self.add(dst, ty, inst.origin);
        }
    }

    /// Whether a function calls itself with longer tuples than it was given. With several such calls in it the
    /// specializations would double at each step, long before a type is nested deeply.
    fn grows(&self, kernel: &KernelRef, args: &[Ty]) -> bool {
        const FEW: usize = 16;
        let size = |args: &[Ty]| args.iter().map(size).sum::<usize>();
        self.cx.is_itself(kernel) && size(args) > FEW.max(size(self.args))
    }

    pub(super) fn result_of_closure(
        &mut self,
        inst: &Inst,
        closure: &Arc<ClosureTy>,
        given: &Given,
    ) -> Option<Ty> {
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
    pub(super) fn call_chosen(&mut self, inst: &Inst, dst: VarId, members: &[Ty], given: &Given) {
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
    pub(in crate::infer) fn given_back(
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
    pub(super) fn choose(
        &self,
        kernel: &KernelRef,
        declared: &Declared,
        args: Vec<Ty>,
    ) -> Result<SpecKey, ProblemKind> {
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
