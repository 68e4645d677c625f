//! `array-truth`: the truth of an array, which exists for one item only.

use crate::hir::body::Terminator;
use crate::rules::{ARRAY_TRUTH, fixes, report::Text, words};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, number) in cx.body.blocks.iter().zip(0..) {
        let Terminator::Branch { cond, .. } = &block.term else { continue };
        let (Ty::Array(array), true) = (truth_of(cx, cond.var), cx.cfg.is_reachable(number)) else {
            continue;
        };
        if array.ndim.is_none_or(|ndim| ndim == 0) {
            continue;
        }
        let ty = words::ty(truth_of(cx, cond.var));
        let text =
            Text::new(&ARRAY_TRUTH, format!("the truth of {ty} raises unless it has exactly one item"))
                .help("use `np.all(..)` or `np.any(..)`; combine masks with `&` and `|`");
        let origin =
            if cond.origin == crate::hir::body::Origin::NONE { block.term_origin } else { cond.origin };
        let mut finding = Finding::new(origin, text);
        finding.fix = fixes::wrap_truth(cx.place, cx.place.span(origin));
        out.push(finding);
    }
}

/// The value whose truth a branch asks for, behind `bool(..)` and `not`.
fn truth_of<'a>(cx: &Cx<'a>, var: crate::hir::body::VarId) -> &'a Ty {
    use crate::hir::body::{UnaryOp, Value};
    match cx.value(cx.source(var)) {
        Some(Value::Unary(UnaryOp::Not, of)) => truth_of(cx, of.var),
        Some(Value::Call(call)) if cx.function(call).is_some_and(|path| &*path == "builtins.bool") => {
            call.args.first().map_or_else(|| cx.ty(var), |arg| cx.ty(arg.var))
        }
        _ => cx.ty(var),
    }
}
