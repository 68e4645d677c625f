//! `float32-sum`: sums of float32 arrays that Numba adds up one by one in float32.

use crate::rules::{FLOAT32_SUM, fixes, report::Text};
use crate::ty::{FloatTy, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let array = match (cx.function(call), cx.method(call)) {
            (Some(path), _) if matches!(&*path, "numpy.sum" | "numpy.cumsum") => call.args.first().copied(),
            (None, Some((on, name))) if matches!(&*name, "sum" | "cumsum") => Some(on),
            _ => None,
        };
        let Some(Ty::Array(array)) = array.map(|array| cx.ty(array.var)) else { continue };
        if array.elem != Ty::Float(FloatTy::F32) {
            continue;
        }
        let text = Text::new(
            &FLOAT32_SUM,
            "this sum of a float32 array is added up in float32, one item after the other",
        )
        .note("NumPy adds pairwise, which keeps more digits; from 2**24 on small items are lost here")
        .help("add up in a loop with a float64 variable that starts at `0.0`");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::wide_sum(cx.place, cx.place.span(inst.origin));
        out.push(finding);
    }
}
