//! `truncating-store`: a float stored into an array of integers.

use crate::hir::body::{InstKind, Value};
use crate::rules::{TRUNCATING_STORE, report::Text, words};
use crate::ty::{Const, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.subscripts() {
        let InstKind::SetItem { target, value, .. } = &inst.kind else { continue };
        let (Ty::Array(array), Ty::Float(_)) = (cx.ty(target.var), cx.ty(value.var)) else { continue };
        if !matches!(array.elem, Ty::Int(_)) || is_whole(cx, value.var) {
            continue;
        }
        let name = cx.name(target.var).map_or_else(|| "the array".to_string(), |name| format!("`{name}`"));
        let text = Text::new(
            &TRUNCATING_STORE,
            format!(
                "the {} loses its fraction in {name}, an array of {}",
                words::ty(cx.ty(value.var)),
                words::ty(&array.elem)
            ),
        )
        .help(format!("make {name} an array of float64, or say it: `int(..)`"));
        out.push(Finding::new(inst.origin, text));
    }
}

/// A float that is an integer by construction: `floor`, `round`, `5.0`, `x // y`.
fn is_whole(cx: &Cx<'_>, var: crate::hir::body::VarId) -> bool {
    use crate::hir::body::BinaryOp;
    match cx.value(cx.source(var)) {
        Some(Value::Const(Const::Float(bits))) => f64::from_bits(*bits).fract() == 0.0,
        Some(Value::Binary(BinaryOp::FloorDiv, ..)) => true,
        Some(Value::Call(call)) => cx.function(call).is_some_and(|path| {
            let name = path.rsplit('.').next().unwrap_or_default();
            matches!(name, "floor" | "ceil" | "trunc" | "round" | "rint" | "around" | "round_" | "fix")
        }),
        _ => false,
    }
}
