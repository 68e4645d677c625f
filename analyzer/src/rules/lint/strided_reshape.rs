//! `strided-reshape`: `reshape` of an array that is not contiguous, which raises when it runs.

use crate::hir::body::Use;
use crate::rules::{STRIDED_RESHAPE, fixes, report::Text, words};
use crate::ty::{Layout, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let (on, name): (Use, &str) = match (cx.function(call).as_deref(), cx.method(call)) {
            (Some("numpy.reshape"), _) if !call.args.is_empty() => (call.args[0], "np.reshape"),
            (None, Some((on, method))) if &*method == "reshape" => (on, ".reshape"),
            _ => continue,
        };
        let Ty::Array(array) = cx.ty(on.var) else { continue };
        // Of any other layout the compiler refuses it.
        if array.layout != Layout::F || array.ndim.is_none_or(|ndim| ndim < 2) {
            continue;
        }
        let text = Text::new(
            &STRIDED_RESHAPE,
            format!(
                "`{name}` raises if {} is not contiguous, and {} may not be",
                cx.text(on.origin),
                words::ty(cx.ty(on.var))
            ),
        )
        .note("NumPy copies in that case, Numba raises NotImplementedError");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::contiguous(cx.place, cx.place.span(on.origin));
        out.push(finding);
    }
}
