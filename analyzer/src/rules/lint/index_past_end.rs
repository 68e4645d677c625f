//! `index-past-end`: `a[i + 1]` in a loop over all indices of `a`; and `a[i - 1]` in one that starts at 0.

use crate::hir::body::{BinaryOp, Inst, InstKind, Use, Value, VarId};
use crate::rules::{INDEX_PAST_END, INDEX_WRAPS, report::Text};

use super::Finding;
use super::context::{Cx, Loop};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, inst) in cx.insts() {
        let (target, index) = match &inst.kind {
            InstKind::Assign { value: Value::Item(target, index), .. } => (target, index),
            InstKind::SetItem { target, index, .. } => (target, index),
            _ => continue,
        };
        let parts: &[Use] = match cx.value(cx.source(index.var)) {
            Some(Value::Tuple(parts)) => parts,
            _ => std::slice::from_ref(index),
        };
        for (part, axis) in parts.iter().zip(0..) {
            out.extend(index_part(cx, block, inst, target, part, axis));
        }
    }
}

fn index_part(cx: &Cx<'_>, block: u32, inst: &Inst, target: &Use, part: &Use, axis: i128) -> Option<Finding> {
    let (item, shift) = shifted(cx, part.var)?;
    let around = cx.loops.iter().find(|each| each.item.is_some_and(|var| cx.source(item) == var))?;
    // A condition on the way may keep the last round away.
    if !around.every_round(cx, block) || cx.typed.options.boundscheck == Some(true) {
        return None;
    }
    let range = cx.range_of(around.iterable?)?;
    if range.step().is_some_and(|step| cx.int(step) != Some(1)) {
        return None;
    }
    let name = cx.name(target.var)?;
    let at = cx.text(part.origin);
    if shift > 0 && is_length(cx, range.stop(), target.var, axis) && !leaves_early(cx, around) {
        let text = Text::new(
            &INDEX_PAST_END,
            format!("{at} is past the end of `{name}` in the last round of the loop"),
        )
        .note("compiled code does not check it: it reads or writes memory behind the array")
        .help("end the loop earlier, for example `range(n - 1)`");
        return Some(
            Finding::new(inst.origin, text)
                .related(around.origin, format!("runs up to the length of `{name}`")),
        );
    }
    let from_zero = range.start().is_none_or(|start| cx.int(start) == Some(0));
    if shift < 0 && from_zero && matches!(inst.kind, InstKind::Assign { .. }) {
        let text = Text::new(
            &INDEX_WRAPS,
            format!("{at} is negative in the first round: it reads the end of `{name}`"),
        )
        .help("start the loop at 1, or write the index you mean");
        return Some(Finding::new(inst.origin, text).related(around.origin, "starts at 0"));
    }
    None
}

fn leaves_early(cx: &Cx<'_>, around: &Loop) -> bool {
    around.exits(cx).next().is_some()
}

/// `i + 1`: the variable and the constant.
fn shifted(cx: &Cx<'_>, var: VarId) -> Option<(VarId, i128)> {
    match cx.value(cx.source(var))? {
        Value::Binary(BinaryOp::Add, a, b) => match (cx.int(a.var), cx.int(b.var)) {
            (None, Some(shift)) => Some((a.var, shift)),
            (Some(shift), None) => Some((b.var, shift)),
            _ => None,
        },
        Value::Binary(BinaryOp::Sub, a, b) => Some((a.var, -cx.int(b.var)?)),
        _ => None,
    }
}

/// Whether a value is `len(a)`, `a.size` or `a.shape[axis]` of this very array.
fn is_length(cx: &Cx<'_>, var: VarId, array: VarId, axis: i128) -> bool {
    let of = |used: &Use| cx.source(used.var) == cx.source(array);
    match cx.value(cx.source(var)) {
        Some(Value::Call(call)) => {
            axis == 0
                && cx.function(call).is_some_and(|path| &*path == "builtins.len")
                && call.args.first().is_some_and(of)
        }
        Some(Value::Attr(on, name)) => &**name == "size" && axis == 0 && of(on) && one_dimensional(cx, array),
        Some(Value::Item(shape, index)) => match cx.value(cx.source(shape.var)) {
            Some(Value::Attr(on, name)) => &**name == "shape" && of(on) && cx.int(index.var) == Some(axis),
            _ => false,
        },
        _ => false,
    }
}

fn one_dimensional(cx: &Cx<'_>, array: VarId) -> bool {
    cx.ty(array).as_array().is_some_and(|array| array.ndim == Some(1))
}
