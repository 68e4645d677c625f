//! Variables that a parallel loop carries from round to round. Each thread starts with its own, and Numba joins them
//! after the loop by the operation that updates them, which it finds by a search that knows few forms.
//!
//! What that search takes was observed on Numba 0.68: the first operation on the carried value must be `+`, `-`, `*`
//! or `/` with the variable on the left, or `max` or `min` of two, and its result must be what the variable holds
//! next. All in-place updates must be by one operator.

use crate::hir::body::{BinaryOp, BlockId, Inst, InstKind, Use, Value, VarId};
use crate::infer::{Problem, ProblemKind, ReductionFault};
use crate::ty::{Name, Ty};

use super::{Loop, View};

/// Reports the first fault of each variable that a loop carries.
pub(super) fn reductions(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let carried = carried(view, of);
    for (number, each) in carried.iter().enumerate() {
        let others = || carried.iter().zip(0..).filter(|(_, other)| *other != number);
        let candidates = candidates(view, of, each);
        // An operation on the way to two variables is counted to one of them, whichever is looked at last.
        if candidates.iter().any(|found| others().any(|(other, _)| other.feeding.contains(&found.dst))) {
            continue;
        }
        if let Some((inst, fault)) = fault(view, of, each, &candidates) {
            let kind = ProblemKind::Reduction { name: each.name.clone(), fault };
            // These come up when the loop is lowered, if Numba names a line at all.
            let late = matches!(fault, ReductionFault::OnTheRight | ReductionFault::UsedOtherwise);
            let numba_origin = late.then_some(of.call_inst.origin);
            problems.push(Problem { origin: inst.origin, numba_origin, kind });
        }
    }
}

/// A scalar that comes into each round from the one before.
struct Carried<'a> {
    phi: VarId,
    name: &'a Name,
    /// The variables of the loop from which the value for the next round is computed.
    feeding: Vec<VarId>,
}

fn carried<'a>(view: &View<'a>, of: &Loop<'_>) -> Vec<Carried<'a>> {
    let header = &view.body.blocks[of.header() as usize].insts;
    let phis = header.iter().filter_map(|inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Phi(inputs) } => Some((*dst, inputs)),
        _ => None,
    });
    phis.filter_map(|(phi, inputs)| {
        let name = view.name(phi)?;
        let is_defined =
            |(from, input): &(BlockId, Use)| is_defined(view, input.var, from.0, &mut Vec::new());
        let before = || inputs.iter().filter(|(from, _)| !of.has(from.0));
        // A merge has no input from where the variable has no value.
        let defined = before().next().is_some() && before().all(is_defined);
        if !defined || !is_scalar(view.typed.ty(phi)) {
            return None;
        }
        let mut feeding = Vec::new();
        let mut todo: Vec<VarId> =
            inputs.iter().filter(|(from, _)| of.has(from.0)).map(|(_, input)| input.var).collect();
        while let Some(var) = todo.pop() {
            let inside = view.def(var).filter(|(block, _)| *block != of.header() && of.has(*block));
            if let Some((_, inst)) = inside
                && var != phi
                && !feeding.contains(&var)
            {
                feeding.push(var);
                todo.extend(reads(inst));
            }
        }
        Some(Carried { phi, name, feeding })
    })
    .collect()
}

/// Whether a variable has a value at the end of a block on every path there. What a read finds that no assignment
/// reaches is a version that is assigned elsewhere.
fn is_defined(view: &View<'_>, var: VarId, end_of: u32, seen: &mut Vec<VarId>) -> bool {
    if seen.contains(&var) {
        return true;
    }
    seen.push(var);
    let Some((block, _)) = view.def(var) else { return false };
    let here = view.cfg.dominates(block, end_of);
    match view.value(var) {
        Some(Value::Undef) => false,
        Some(Value::Phi(inputs)) => {
            here && inputs.iter().all(|(from, input)| is_defined(view, input.var, from.0, seen))
        }
        Some(Value::Copy(of)) => here && is_defined(view, of.var, block, seen),
        _ => here,
    }
}

fn is_scalar(ty: &Ty) -> bool {
    ty.is_number() && !ty.has_hole()
}

fn reads(inst: &Inst) -> Vec<VarId> {
    let mut vars = Vec::new();
    inst.kind.clone().uses_mut(&mut |used| vars.push(used.var));
    vars
}

/// An operation on the carried value.
struct Candidate<'a> {
    inst: &'a Inst,
    dst: VarId,
    value: &'a Value,
    /// It surely reads the value that came in, and not what a branch before it may have made of it.
    direct: bool,
}

/// The operations that read the carried value on the way to its next one, in the order of the text.
fn candidates<'a>(view: &View<'a>, of: &Loop<'_>, carried: &Carried<'_>) -> Vec<Candidate<'a>> {
    let merged = merged(view, carried);
    let is_carried = |block: u32, var: VarId| enters(view, block, var, carried.phi) == carried.phi;
    view.insts(of)
        .filter_map(|(block, inst)| {
            let InstKind::Assign { dst, value } = &inst.kind else { return None };
            if matches!(value, Value::Copy(_) | Value::Phi(_)) || !carried.feeding.contains(dst) {
                return None;
            }
            let reads = reads(inst);
            let direct = reads.iter().any(|var| is_carried(block, *var));
            let reads_it = direct || reads.iter().any(|var| merged.contains(&view.source(*var)));
            reads_it.then_some(Candidate { inst, dst: *dst, value, direct })
        })
        .collect()
}

/// The variable behind copies and behind the heads of the inner loops around a block: Numba sees there what came before
/// the loop, and behind the loop what came out of it.
fn enters(view: &View<'_>, at: u32, var: VarId, carried: VarId) -> VarId {
    let mut var = view.source(var);
    for _ in 0..16 {
        if var == carried {
            break;
        }
        let Some((block, _)) = view.def(var) else { break };
        let Some(Value::Phi(inputs)) = view.value(var) else { break };
        let (again, mut before): (Vec<_>, Vec<_>) =
            inputs.iter().partition(|(from, _)| view.cfg.dominates(block, from.0));
        match before.pop() {
            Some((_, input))
                if !again.is_empty()
                    && before.is_empty()
                    && block != at
                    && view.cfg.natural_loop(block).is_some_and(|inner| inner.has(at)) =>
            {
                var = view.source(input.var);
            }
            _ => break,
        }
    }
    var
}

/// The carried variable and its versions at merges that it reaches unchanged on some path.
fn merged(view: &View<'_>, carried: &Carried<'_>) -> Vec<VarId> {
    let mut merged = vec![carried.phi];
    let mut known = 0;
    while known != merged.len() {
        known = merged.len();
        for var in &carried.feeding {
            if let Some(Value::Phi(inputs)) = view.value(*var)
                && !merged.contains(var)
                && inputs.iter().any(|(_, input)| merged.contains(&view.source(input.var)))
            {
                merged.push(*var);
            }
        }
    }
    merged
}

/// What is wrong with the first operation, or with one after it.
fn fault<'a>(
    view: &View<'_>,
    of: &Loop<'_>,
    carried: &Carried<'_>,
    candidates: &[Candidate<'a>],
) -> Option<(&'a Inst, ReductionFault)> {
    let first = candidates.first()?;
    // Behind a branch Numba may see what the branch made.
    if !first.direct {
        return None;
    }
    if let Some(fault) = judge(view, of, carried, first) {
        return Some((first.inst, fault));
    }
    let mut in_place = candidates.iter().filter_map(|found| match found.value {
        Value::InPlace(op, ..) => Some((found, *op)),
        _ => None,
    });
    let (_, op) = in_place.next()?;
    let (other, _) = in_place.find(|(_, other)| *other != op)?;
    Some((other.inst, ReductionFault::TwoOperators))
}

fn judge(
    view: &View<'_>,
    of: &Loop<'_>,
    carried: &Carried<'_>,
    found: &Candidate<'_>,
) -> Option<ReductionFault> {
    let merged = merged(view, carried);
    let is_it = |var: VarId| merged.contains(&view.source(var));
    match found.value {
        Value::Binary(op, a, b) | Value::InPlace(op, a, b) => {
            if !is_scalar(view.typed.ty(a.var)) || !is_scalar(view.typed.ty(b.var)) {
                return None;
            }
            match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mult | BinaryOp::Div => {}
                BinaryOp::FloorDiv => return Some(ReductionFault::FloorDivision),
                _ => return Some(ReductionFault::Operation),
            }
            match (is_it(a.var), is_it(b.var)) {
                (true, true) => Some(ReductionFault::Itself),
                (false, _) => Some(ReductionFault::OnTheRight),
                _ => (!becomes_next(view, of, carried, found.dst)).then_some(ReductionFault::UsedOtherwise),
            }
        }
        Value::Unary(..) | Value::Compare(..) => Some(ReductionFault::Operation),
        Value::Call(call) => {
            let scalars = call.args.iter().all(|arg| is_scalar(view.typed.ty(arg.var)));
            if !scalars || call.star.is_some() || !call.kwargs.is_empty() {
                return None;
            }
            match view.typed.ty(call.func.var) {
                Ty::Function(path) if matches!(&**path, "builtins.max" | "builtins.min") => {
                    match call.args.as_slice() {
                        [a, b] if is_it(a.var) && is_it(b.var) => Some(ReductionFault::Itself),
                        [_, _] => {
                            let kept = is_named(view, found.dst, carried.name)
                                || becomes_next(view, of, carried, found.dst);
                            (!kept).then_some(ReductionFault::UsedOtherwise)
                        }
                        _ => Some(ReductionFault::Operation),
                    }
                }
                Ty::Function(_) => Some(ReductionFault::Operation),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a variable, or a copy of it, goes by a name.
fn is_named(view: &View<'_>, var: VarId, name: &Name) -> bool {
    let all = (0_u32..).zip(&view.body.vars);
    let mut named = all.filter(|(_, other)| other.name.as_ref() == Some(name)).map(|(id, _)| VarId(id));
    named.any(|other| view.source(other) == var)
}

/// Whether a value is what the variable holds at the next merge, be that the head of the loop.
fn becomes_next(view: &View<'_>, of: &Loop<'_>, carried: &Carried<'_>, value: VarId) -> bool {
    let insts =
        (0..).zip(&view.body.blocks).filter(|(block, _)| of.has(*block)).flat_map(|(_, block)| &block.insts);
    insts.into_iter().any(|inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Phi(inputs) } => {
            view.name(*dst) == Some(carried.name)
                && inputs.iter().any(|(_, input)| view.source(input.var) == value)
        }
        _ => false,
    })
}
