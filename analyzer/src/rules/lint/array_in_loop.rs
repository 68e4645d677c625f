//! `array-in-loop`: a whole array made in every round of a loop, only to be added up.

use crate::hir::body::{InstKind, Value, VarId};
use crate::rules::{ARRAY_IN_LOOP, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::{Cx, uses};

/// Functions that make one number of an array.
const REDUCTIONS: &[&str] = &[
    "numpy.sum",
    "numpy.mean",
    "numpy.max",
    "numpy.min",
    "numpy.prod",
    "numpy.any",
    "numpy.all",
    "builtins.sum",
];

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    if cx.typed.options.parallel {
        return;
    }
    for (block, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        if !call.kwargs.is_empty() || call.args.len() > 1 {
            continue;
        }
        let reduced = match (cx.function(call), cx.method(call)) {
            (Some(path), _) if REDUCTIONS.contains(&&*path) => call.args.first().copied(),
            (_, Some((on, name)))
                if matches!(&*name, "sum" | "mean" | "max" | "min" | "prod" | "any" | "all") =>
            {
                Some(on)
            }
            _ => None,
        };
        let Some(used) = reduced else { continue };
        let array = cx.source(used.var);
        let around = cx.loops.iter().find(|each| each.has(block));
        let (Some(around), true) = (around, is_temporary(cx, array)) else { continue };
        if cx.def(array).is_none_or(|(made, _)| !around.has(made)) {
            continue;
        }
        let text = Text::new(
            &ARRAY_IN_LOOP,
            format!("{} makes an array in every round of the loop, only to reduce it", cx.text(used.origin)),
        )
        .note("memory is taken and given back each time; a loop over the items needs none")
        .help("write the inner loop out");
        out.push(Finding::new(inst.origin, text).related(around.origin, "in this loop"));
    }
}

/// An array expression whose only reader is the reduction.
fn is_temporary(cx: &Cx<'_>, var: VarId) -> bool {
    let arithmetic = matches!(cx.value(var), Some(Value::Binary(..) | Value::Unary(..)));
    let array = matches!(cx.ty(var), Ty::Array(array) if array.ndim.is_some());
    let reads = cx
        .insts()
        .filter(|(_, inst)| !matches!(&inst.kind, InstKind::Assign { value: Value::Copy(_), .. }))
        .flat_map(|(_, inst)| uses(inst))
        .filter(|used| cx.source(used.var) == var)
        .count();
    arithmetic && array && reads == 1
}
