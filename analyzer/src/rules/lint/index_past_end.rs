//! `index-past-end`: `a[i + 1]` in a loop over all indices of `a`; and `a[i - 1]` in one that starts at 0.

use crate::hir::body::{BinaryOp, CmpOp, Inst, InstKind, Terminator, Use, Value, VarId};
use crate::rules::{INDEX_PAST_END, INDEX_WRAPS, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::{Cx, Loop};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, inst) in cx.subscripts() {
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
    if let Some(text) = at_length(cx, block, target, part, axis) {
        return Some(Finding::new(inst.origin, text));
    }
    if cx.loops.is_empty() {
        return None;
    }
    let (item, shift) = shifted(cx, part.var).unwrap_or((part.var, 0));
    let item = cx.source(item);
    let around = cx.loops.iter().find(|each| each.item == Some(item))?;
    // A condition on the way may keep the last round away.
    if !around.every_round(cx, block) || cx.typed.options.boundscheck == Some(true) {
        return None;
    }
    let range = cx.range_of(around.iterable?)?;
    if range.step().is_some_and(|step| cx.int(step) != Some(1)) {
        return None;
    }
    let name = cx.name(target.var)?;
    let at = || cx.text(part.origin);
    // `range(n + 1)` goes one further.
    let (stop, beyond) = match shifted(cx, range.stop()) {
        Some((stop, beyond)) if beyond != 0 => (stop, beyond),
        _ => (range.stop(), 0),
    };
    let past = shift + beyond > 0 && (shift > 0 || beyond > 0);
    if past && is_length(cx, stop, target.var, axis) && !leaves_early(cx, around) {
        let text = Text::new(
            &INDEX_PAST_END,
            format!("{} is past the end of `{name}` in the last round of the loop", at()),
        )
        .note("compiled code does not check it: it reads or writes memory behind the array")
        .help("end the loop earlier, for example `range(n - 1)`");
        return Some(Finding::new(inst.origin, text).related(
            around.origin,
            format!("runs {} the length of `{name}`", if beyond > 0 { "past" } else { "up to" }),
        ));
    }
    let from_zero = range.start().is_none_or(|start| cx.int(start) == Some(0));
    if shift < 0 && from_zero && matches!(inst.kind, InstKind::Assign { .. }) {
        let text = Text::new(
            &INDEX_WRAPS,
            format!("{} is negative in the first round: it reads the end of `{name}`", at()),
        )
        .help("start the loop at 1, or write the index you mean");
        return Some(Finding::new(inst.origin, text).related(around.origin, "starts at 0"));
    }
    None
}

/// `a[len(a)]`, and `a[i]` in `while i <= len(a)`.
fn at_length(cx: &Cx<'_>, block: u32, target: &Use, part: &Use, axis: i128) -> Option<Text> {
    if cx.typed.options.boundscheck == Some(true) || !matches!(cx.ty(target.var), Ty::Array(_)) {
        return None;
    }
    let name = cx.name(target.var)?;
    let message = if is_length(cx, part.var, target.var, axis) {
        format!("{} is past the end of `{name}`", cx.text(part.origin))
    } else {
        // A `while` loop asks at its end whether there is another round.
        let counter = cx.source(part.var);
        let Some(Value::Phi(inputs)) = cx.value(counter) else { return None };
        let around = cx.loops.iter().find(|each| each.iterable.is_none() && each.every_round(cx, block))?;
        let next = |used: &Use| inputs.iter().any(|(_, input)| cx.source(input.var) == cx.source(used.var));
        let lets_through = |number: u32| {
            let Terminator::Branch { cond, .. } = &cx.body.blocks[number as usize].term else { return false };
            match cx.value(cx.source(cond.var)) {
                Some(Value::Compare(CmpOp::LtE, counted, limit)) => {
                    next(counted) && is_length(cx, limit.var, target.var, axis)
                }
                _ => false,
            }
        };
        if !around.natural.latches.iter().any(|latch| lets_through(*latch)) || around.exits(cx).count() > 1 {
            return None;
        }
        format!("{} is past the end of `{name}` in the last round of the loop", cx.text(part.origin))
    };
    let text = Text::new(&INDEX_PAST_END, message)
        .note("compiled code does not check it: it reads or writes memory behind the array")
        .help("the last index is the length minus one");
    Some(text)
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
