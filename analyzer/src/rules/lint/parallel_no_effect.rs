//! `parallel-no-effect`: `parallel=True` on a function without anything to divide among threads.

use crate::hir::JitKind;
use crate::hir::body::{Inst, InstKind, Origin, Value};
use crate::rules::{Applicability, PARALLEL_NO_EFFECT, fixes, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::{Cx, uses};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    let options = &cx.typed.options;
    if !options.parallel
        || cx.kind != JitKind::Jit
        || options.computed
        || cx.loops.iter().any(|each| each.is_prange)
    {
        return;
    }
    if !cx.body.functions.is_empty() || cx.insts().any(|(_, inst)| may_be_parallel(cx, inst)) {
        return;
    }
    let text = Text::new(
        &PARALLEL_NO_EFFECT,
        "`parallel=True` has nothing to do here: there is no `prange` and no array expression",
    )
    .note("it only makes compiling slower; Numba warns about it on every compilation")
    .help("leave it out, or write `prange` for the outer loop");
    let mut finding = Finding::new(Origin::NONE, text);
    finding.fix = fixes::without_option(cx.place, "parallel", Applicability::Safe);
    out.push(finding);
}

/// Array expressions, array functions, and all that is not known.
fn may_be_parallel(cx: &Cx<'_>, inst: &Inst) -> bool {
    let array = |ty: &Ty| ty.has_hole() || matches!(ty, Ty::Array(_));
    match &inst.kind {
        InstKind::Assign { value, dst } => match value {
            Value::Unary(..) | Value::Binary(..) | Value::InPlace(..) | Value::Compare(..) => {
                uses(inst).iter().any(|used| array(cx.ty(used.var)))
            }
            Value::Call(call) => {
                array(cx.ty(*dst))
                    || array(cx.ty(call.func.var))
                    || cx.function(call).is_some_and(|path| path.starts_with("numpy."))
                    || cx.method(call).is_some_and(|(on, _)| array(cx.ty(on.var)))
                    || matches!(cx.ty(call.func.var), Ty::Closure(_))
            }
            Value::ComprehensionList => true,
            _ => false,
        },
        InstKind::SetItem { target, index, .. } => {
            cx.ty(target.var).has_hole() || !index_is_scalar(cx.ty(index.var))
        }
        InstKind::ObjMode { .. } => true,
        _ => false,
    }
}

fn index_is_scalar(ty: &Ty) -> bool {
    match ty {
        Ty::Tuple(items) => items.iter().all(Ty::is_integer),
        ty => ty.is_integer() || matches!(ty, Ty::Str | Ty::Literal(_)),
    }
}
