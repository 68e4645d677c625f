//! `prange-variable`: a variable that one iteration of a parallel loop hands to the next and that is no reduction.

use crate::hir::body::{BinaryOp, InstKind, Origin, Terminator, Value, VarId};
use crate::infer::ProblemKind;
use crate::rules::{PRANGE_VARIABLE, fixes, report::Text};

use super::Finding;
use super::context::{Cx, Loop, term_uses, uses};
use super::flow::{Dependence, dependence};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for around in cx.parallel_loops().filter(|each| each.exits(cx).next().is_none()) {
        for inst in &cx.body.blocks[around.header() as usize].insts {
            let InstKind::Assign { dst, value: Value::Phi(inputs) } = &inst.kind else { continue };
            let Some(name) = cx.name(*dst) else { continue };
            if is_refused(cx, name) {
                continue;
            }
            let mut chain = Chain { cx, around, phi: *dst, members: vec![*dst] };
            let reduction = inputs
                .iter()
                .filter(|(from, _)| around.has(from.0))
                .all(|(_, input)| chain.reduces(input.var));
            // A variable that has no value before the loop is the loop's own, read after it.
            let initial = inputs.iter().any(|(from, _)| !around.has(from.0));
            if reduction && chain.first_other_use().is_none() {
                continue;
            }
            let inside =
                if reduction { chain.first_other_use() } else { first_use(cx, around, &chain.members) };
            let after = used_after(cx, around, *dst);
            let finding = match (inside, after) {
                (Some(place), _) if initial => {
                    let mut finding = carried(name, place, reduction);
                    finding.fix = fixes::reduce_branch(cx.place, cx.place.span(place), name);
                    finding
                }
                (None, Some(place)) => lost(name, assigned(cx, around, inputs).unwrap_or(place)),
                _ => continue,
            };
            out.push(finding.related(around.origin, "these iterations run at once"));
        }
    }
}

/// Whether Numba refuses how the variable is carried, which is reported already.
fn is_refused(cx: &Cx<'_>, name: &str) -> bool {
    let mut problems = cx.typed.problems.iter();
    problems.any(|problem| matches!(&problem.kind, ProblemKind::Reduction { name: of, .. } if **of == *name))
}

fn carried(name: &str, place: Origin, reduction: bool) -> Finding {
    let message = if reduction {
        format!("`{name}` is a reduction of `prange`: inside the loop it holds only a part of the total")
    } else {
        format!("`{name}` is read before this iteration of `prange` sets it: the others run at the same time")
    };
    let text = Text::new(&PRANGE_VARIABLE, message)
        .note("each thread starts with its own copy; only `+=`, `*=`, `max(..)` and the like are joined after the loop")
        .help(format!("use `range`, or a reduction such as `{name} = max({name}, value)`"));
    Finding::new(place, text)
}

fn lost(name: &str, place: Origin) -> Finding {
    let text = Text::new(
        &PRANGE_VARIABLE,
        format!("what an iteration of `prange` assigns to `{name}` is lost after the loop"),
    )
    .note("each thread has its own copy; only `+=`, `*=`, `max(..)` and the like are joined after the loop")
    .help(format!(
        "use a reduction such as `{name} = max({name}, value)`, or write to an array at the loop's index"
    ));
    Finding::new(place, text)
}

/// The values that a variable takes in one iteration.
struct Chain<'a> {
    cx: &'a Cx<'a>,
    around: &'a Loop,
    phi: VarId,
    members: Vec<VarId>,
}

impl Chain<'_> {
    /// Whether a value comes from the one before by operations that may be done in any order.
    fn reduces(&mut self, var: VarId) -> bool {
        if var == self.phi {
            return true;
        }
        let Some((block, inst)) = self.cx.def(var) else { return false };
        if !self.around.has(block) {
            return false;
        }
        if self.members.contains(&var) {
            return true;
        }
        self.members.push(var);
        let InstKind::Assign { value, .. } = &inst.kind else { return false };
        match value {
            Value::Copy(from) => self.reduces(from.var),
            Value::Phi(inputs) => inputs.iter().all(|(_, input)| self.reduces(input.var)),
            Value::InPlace(op, left, _) | Value::Binary(op, left, _)
                if joins(*op) && self.reduces_kept(left.var) =>
            {
                true
            }
            Value::Binary(op, _, right) if joins(*op) && *op != BinaryOp::Sub && *op != BinaryOp::Div => {
                self.reduces_kept(right.var)
            }
            Value::Call(call) => {
                let name = self.cx.function(call);
                let joins = name.is_some_and(|path| {
                    matches!(&*path, "builtins.max" | "builtins.min" | "numpy.maximum" | "numpy.minimum")
                });
                joins && call.args.iter().any(|arg| self.reduces_kept(arg.var))
            }
            _ => false,
        }
    }

    /// As [`Self::reduces`], but leaves no members behind where the answer is no.
    fn reduces_kept(&mut self, var: VarId) -> bool {
        let known = self.members.len();
        let reduces = self.reduces(var);
        if !reduces {
            self.members.truncate(known);
        }
        reduces
    }

    /// A use of the variable in the loop that is not part of its own update.
    fn first_other_use(&self) -> Option<Origin> {
        let own = |var: VarId| self.members.contains(&var);
        for (_, inst) in self.cx.insts().filter(|(block, _)| self.around.has(*block)) {
            if inst.kind.dst().is_some_and(own) {
                continue;
            }
            if let Some(used) = uses(inst).iter().find(|used| own(used.var)) {
                return Some(if used.origin == Origin::NONE { inst.origin } else { used.origin });
            }
        }
        None
    }
}

fn joins(op: BinaryOp) -> bool {
    use BinaryOp::{Add, BitAnd, BitOr, BitXor, Div, Mult, Sub};
    matches!(op, Add | Sub | Mult | Div | BitAnd | BitOr | BitXor)
}

/// The first read in the loop of what the iteration before left.
fn first_use(cx: &Cx<'_>, around: &Loop, members: &[VarId]) -> Option<Origin> {
    // Merges within one iteration hand the value on; reading it is what counts.
    let mut carried: Vec<VarId> = vec![*members.first()?];
    loop {
        let known = carried.len();
        for (block, inst) in cx.insts().filter(|(block, _)| around.has(*block)) {
            if let InstKind::Assign { dst, value: Value::Phi(inputs) } = &inst.kind
                && block != around.header()
                && !decided_outside(cx, around, block)
                && !carried.contains(dst)
                && inputs.iter().any(|(_, input)| carried.contains(&input.var))
            {
                carried.push(*dst);
            }
        }
        if carried.len() == known {
            break;
        }
    }
    for (_, inst) in cx.insts().filter(|(block, _)| around.has(*block)) {
        let phi = matches!(&inst.kind, InstKind::Assign { value: Value::Phi(_), .. });
        if !phi && uses(inst).iter().any(|used| carried.contains(&used.var)) {
            return Some(inst.origin);
        }
    }
    cx.body.blocks.iter().zip(0..).filter(|(_, block)| around.has(*block)).find_map(|(block, _)| {
        term_uses(&block.term).iter().any(|used| carried.contains(&used.var)).then_some(block.term_origin)
    })
}

/// Whether the paths that meet in a block part by a condition that is the same in every iteration: then a variable
/// is set in all of them or in none.
fn decided_outside(cx: &Cx<'_>, around: &Loop, block: u32) -> bool {
    cx.cfg.idom(block).is_some_and(|above| match &cx.body.blocks[above as usize].term {
        Terminator::Branch { cond, .. } => dependence(cx, around, cond.var) == Dependence::Same,
        _ => false,
    })
}

/// A use after the loop.
fn used_after(cx: &Cx<'_>, around: &Loop, var: VarId) -> Option<Origin> {
    for (_, inst) in cx.insts().filter(|(block, _)| !around.has(*block)) {
        if uses(inst).iter().any(|used| used.var == var) {
            return Some(inst.origin);
        }
    }
    let blocks = cx.body.blocks.iter().zip(0..);
    blocks.filter(|(_, block)| !around.has(*block)).find_map(|(block, _)| {
        term_uses(&block.term).iter().any(|used| used.var == var).then_some(block.term_origin)
    })
}

/// The first assignment in the loop.
fn assigned(
    cx: &Cx<'_>,
    around: &Loop,
    inputs: &[(crate::hir::body::BlockId, crate::hir::body::Use)],
) -> Option<Origin> {
    let mut todo: Vec<VarId> =
        inputs.iter().filter(|(from, _)| around.has(from.0)).map(|(_, input)| input.var).collect();
    let mut seen = Vec::new();
    let mut found: Option<Origin> = None;
    while let Some(var) = todo.pop() {
        if seen.contains(&var) {
            continue;
        }
        seen.push(var);
        let Some((block, inst)) = cx.def(var) else { continue };
        match &inst.kind {
            _ if !around.has(block) || block == around.header() => {}
            InstKind::Assign { value: Value::Phi(inputs), .. } => {
                todo.extend(inputs.iter().map(|(_, input)| input.var));
            }
            _ => found = Some(found.map_or(inst.origin, |known| known.min(inst.origin))),
        }
    }
    found
}
