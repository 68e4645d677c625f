//! `integer-power`: a power of integers, which is an integer also where the exponent is negative.

use crate::hir::body::{BinaryOp, InstKind, Value, VarId};
use crate::rules::{INTEGER_POWER, fixes, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { value: Value::Binary(BinaryOp::Pow, base, exponent), .. } = &inst.kind else {
            continue;
        };
        let integer = |var: VarId| cx.ty(var).is_integer();
        if !integer(base.var) || !integer(exponent.var) {
            continue;
        }
        let text = match cx.int(exponent.var) {
            Some(value) if value < 0 => Text::new(&INTEGER_POWER, "an integer to a negative power is 0 here"),
            Some(_) => continue,
            None if cx.int(base.var).is_some() || !may_be_negative(cx, exponent.var) => continue,
            None => Text::new(
                &INTEGER_POWER,
                "a power of integers is an integer: for a negative exponent it is 0",
            ),
        };
        let text = text
            .note("Python gives a float for a negative exponent")
            .help(format!("make the base a float: `float({})`", cx.text(base.origin).trim_matches('`')));
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::float_base(cx.place, cx.place.span(base.origin));
        out.push(finding);
    }
}

/// Not a loop's variable, not unsigned, not a length.
fn may_be_negative(cx: &Cx<'_>, var: VarId) -> bool {
    if let Ty::Int(ty) = cx.ty(var)
        && !ty.signed()
    {
        return false;
    }
    matches!(
        cx.value(cx.source(var)),
        Some(Value::Param(_) | Value::Binary(BinaryOp::Sub, ..) | Value::Unary(..))
    )
}
