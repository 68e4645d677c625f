//! `float-range`: `range` of a float, which Numba truncates and Python refuses.

use crate::hir::body::{BinaryOp, Value};
use crate::rules::{FLOAT_RANGE, fixes, report::Text, words};
use crate::ty::{Const, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let Some(path) =
            cx.function(call).filter(|path| matches!(&**path, "builtins.range" | "numba.prange"))
        else {
            continue;
        };
        for arg in &call.args {
            let Ty::Float(_) = cx.ty(arg.var) else { continue };
            // A parallel loop refuses it.
            if cx.typed.problems.iter().any(|problem| problem.origin == arg.origin) {
                continue;
            }
            let name = words::callee(&path);
            let text = Text::new(&FLOAT_RANGE, format!("`{name}` gets a float here, which Numba truncates"))
                .note("Python raises TypeError for a float");
            let source = cx.source(arg.var);
            let divided = matches!(cx.value(source), Some(Value::Binary(BinaryOp::Div, ..)));
            let constant = match cx.value(source) {
                Some(Value::Const(Const::Float(bits))) => Some(f64::from_bits(*bits)),
                _ => None,
            };
            let span = cx.place.span(arg.origin);
            let mut finding = Finding::new(arg.origin, text);
            if divided {
                finding.text = finding.text.help("divide with `//`");
                finding.fix = fixes::floor_division(cx.place, span);
            } else if let Some(fix) = constant.and_then(|value| fixes::float_to_int(cx.place, span, value)) {
                finding.fix = Some(fix);
            } else {
                finding.text = finding.text.help("convert it: `int(..)`");
            }
            out.push(finding);
        }
    }
}
