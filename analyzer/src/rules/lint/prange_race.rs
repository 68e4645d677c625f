//! `prange-race`: iterations that run at once write to the same item of an array.

use crate::hir::body::{BinaryOp, Inst, InstKind, Use, Value, VarId};
use crate::rules::{PRANGE_RACE, fixes, report::Text};

use super::Finding;
use super::context::{Cx, Loop};
use super::flow::{Dependence, dependence, varies};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for around in cx.parallel_loops().filter(|each| each.exits(cx).next().is_none()) {
        for (block, inst) in cx.insts().filter(|(block, _)| around.has(*block)) {
            out.extend(append(cx, around, inst));
            if let InstKind::SetItem { target, index, value } = &inst.kind {
                out.extend(store(cx, around, block, inst, [target, index, value]));
            }
        }
    }
}

/// A list made outside of the loop grows in it.
fn append(cx: &Cx<'_>, around: &Loop, inst: &Inst) -> Option<Finding> {
    let (_, call) = Cx::call(inst)?;
    let (on, method) = cx.method(call)?;
    let list = match cx.ty(on.var) {
        crate::ty::Ty::TypedList(_) => true,
        // These are refused.
        crate::ty::Ty::List { .. } => matches!(&*method, "pop" | "remove"),
        _ => false,
    };
    let inside = cx.def(cx.source(on.var)).is_some_and(|(block, _)| around.has(block));
    if !list || inside || !matches!(&*method, "append" | "extend" | "insert" | "pop" | "remove") {
        return None;
    }
    let text = Text::new(
        &PRANGE_RACE,
        format!("iterations of `prange` that run at once change the same list by `.{method}`"),
    )
    .note("a list is not made for that: items get lost, memory may be corrupted, or the compiler stops")
    .help("make an array before the loop and write to it at the loop's index");
    Some(Finding::new(inst.origin, text).related(around.origin, "these iterations run at once"))
}

fn store(
    cx: &Cx<'_>,
    around: &Loop,
    block: u32,
    inst: &Inst,
    [target, index, value]: [&Use; 3],
) -> Option<Finding> {
    let array = cx.source(target.var);
    if cx.def(array).is_some_and(|(block, _)| around.has(block)) || guarded(cx, around, block) {
        return None;
    }
    let updates = reads_back(cx, value.var, array, index.var, 8);
    let index_kind = dependence(cx, around, index.var);
    let name = cx.name(target.var).map_or_else(|| "the array".to_string(), |name| format!("`{name}`"));
    let text = match (index_kind, updates) {
        (Dependence::Same | Dependence::Inner, true) => Text::new(
            &PRANGE_RACE,
            format!(
                "iterations of `prange` that run at once update the same item of {name}: updates get lost"
            ),
        )
        .note("only a variable updated with `+=` and the like is a reduction, an array item is not")
        .help("add up in a local variable and store it once, or give each iteration its own item"),
        (Dependence::Loaded, true) => Text::new(
            &PRANGE_RACE,
            format!("iterations of `prange` that meet the same index of {name} lose updates"),
        )
        .note("reading, adding and writing back is not one step; the index does not keep iterations apart")
        .help("use `range`, or one array per thread that is added up afterwards"),
        (Dependence::Same | Dependence::Inner, false)
            if around.every_round(cx, block) && varies(cx, around, value.var) =>
        {
            Text::new(
                &PRANGE_RACE,
                format!(
                    "every iteration of `prange` writes the same item of {name}: which one is last is chance"
                ),
            )
            .help("index it with the loop's variable, or make the array inside the loop")
        }
        (Dependence::Own, _) if reads_neighbour(cx, around, array, index.var) => Text::new(
            &PRANGE_RACE,
            format!(
                "an iteration of `prange` reads the item of {name} that another one writes at the same time"
            ),
        )
        .note("iterations run in any order, so the item read is the old one or the new one")
        .help("write to another array than the one that is read, or use `range`"),
        _ => return None,
    };
    let mut finding = Finding::new(inst.origin, text).related(around.origin, "these iterations run at once");
    if updates && index_kind == Dependence::Same {
        finding.fix = fixes::reduce_item(cx.place, cx.place.span(inst.origin));
    }
    Some(finding)
}

/// The loop's variable in an index, and what is added to it.
fn offset(cx: &Cx<'_>, around: &Loop, index: VarId) -> Option<i128> {
    let index = cx.source(index);
    if around.item == Some(index) {
        return Some(0);
    }
    let is_item = |used: &Use| around.item == Some(cx.source(used.var));
    match cx.value(index)? {
        Value::Binary(BinaryOp::Add, a, b) if is_item(a) => cx.int(b.var),
        Value::Binary(BinaryOp::Sub, a, b) if is_item(a) => Some(-cx.int(b.var)?),
        _ => None,
    }
}

/// Whether the loop reads `a[i + 1]` while it writes `a[i]`. The step of a `prange` is 1.
fn reads_neighbour(cx: &Cx<'_>, around: &Loop, array: VarId, written: VarId) -> bool {
    let Some(written) = offset(cx, around, written) else { return false };
    cx.insts().filter(|(block, _)| around.has(*block)).any(|(_, inst)| match &inst.kind {
        InstKind::Assign { value: Value::Item(target, index), .. } => {
            cx.source(target.var) == array
                && offset(cx, around, index.var).is_some_and(|read| read != written)
        }
        _ => false,
    })
}

/// Whether a value is computed from the item that it is stored to.
fn reads_back(cx: &Cx<'_>, value: VarId, array: VarId, index: VarId, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    match cx.value(cx.source(value)) {
        Some(Value::Binary(_, a, b) | Value::InPlace(_, a, b)) => {
            reads_back(cx, a.var, array, index, depth - 1) || reads_back(cx, b.var, array, index, depth - 1)
        }
        Some(Value::Item(target, at)) => cx.source(target.var) == array && same(cx, at.var, index),
        _ => false,
    }
}

fn same(cx: &Cx<'_>, a: VarId, b: VarId) -> bool {
    let (a, b) = (cx.source(a), cx.source(b));
    if a == b {
        return true;
    }
    match (cx.value(a), cx.value(b)) {
        (Some(Value::Const(a)), Some(Value::Const(b))) => a == b,
        (Some(Value::Tuple(a)), Some(Value::Tuple(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(cx, a.var, b.var))
        }
        (Some(Value::Item(a, i)), Some(Value::Item(b, j))) => {
            same(cx, a.var, b.var) && same(cx, i.var, j.var)
        }
        _ => false,
    }
}

/// A store that runs only where the loop's variable has one value: `if i == 0`.
fn guarded(cx: &Cx<'_>, around: &Loop, block: u32) -> bool {
    use crate::hir::body::{CmpOp, Terminator};
    let mut at = block;
    while let Some(above) = cx.cfg.idom(at) {
        if !around.has(above) {
            return false;
        }
        if let Terminator::Branch { cond, .. } = &cx.body.blocks[above as usize].term
            && let Some(Value::Compare(CmpOp::Eq | CmpOp::NotEq, a, b)) = cx.value(cx.source(cond.var))
            && [a, b].iter().any(|side| dependence(cx, around, side.var) >= Dependence::Unknown)
        {
            return true;
        }
        at = above;
    }
    false
}
