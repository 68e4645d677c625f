//! `integer-power`: a power of integers, which is an integer also where the exponent is negative.

use crate::hir::body::{BinaryOp, InstKind, Terminator, Value, VarId};
use crate::rules::{INTEGER_POWER, fixes, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, inst) in cx.insts() {
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
            None if is_tested(cx, block, exponent.var) => continue,
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

/// Whether the way to a block asks about the exponent, or about what it is computed from.
fn is_tested(cx: &Cx<'_>, block: u32, exponent: VarId) -> bool {
    let mut parts = vec![cx.source(exponent)];
    match cx.value(parts[0]) {
        Some(Value::Binary(_, a, b)) => parts.extend([cx.source(a.var), cx.source(b.var)]),
        Some(Value::Unary(_, a)) => parts.push(cx.source(a.var)),
        _ => {}
    }
    parts.retain(|part| cx.int(*part).is_none());
    let mut at = block;
    while let Some(above) = cx.cfg.idom(at) {
        if let Terminator::Branch { cond, .. } = &cx.body.blocks[above as usize].term
            && let Some(Value::Compare(_, a, b)) = cx.value(cx.source(cond.var))
            && [a, b].iter().any(|side| parts.contains(&cx.source(side.var)))
        {
            return true;
        }
        at = above;
    }
    false
}
