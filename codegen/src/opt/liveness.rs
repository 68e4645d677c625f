//! Where the references that values hold are dropped.
//!
//! Every value owns the references in its components from its definition to its last use. Parameters own nothing:
//! the caller holds theirs.

use analyzer::mono::{MonoBlockId, MonoFunction, MonoOp, ValueId};
use rustc_hash::FxHashSet;

use crate::lower::repr::has_objects;

use super::facts::Facts;
use super::uses::{all_successors, handlers_at_entry, operands, reverse_postorder, term_operands};

/// Sets of values, by block.
pub(crate) struct Liveness {
    pub(crate) live_in: Vec<FxHashSet<ValueId>>,
    pub(crate) live_out: Vec<FxHashSet<ValueId>>,
    /// By [`ValueId`]: holds references that must be dropped.
    pub(crate) owns: Vec<bool>,
    /// By block: the handlers around its first instruction, innermost last.
    pub(crate) handlers: Vec<Vec<MonoBlockId>>,
}

impl Liveness {
    /// Of the values that hold references.
    pub(crate) fn of(function: &MonoFunction, facts: &Facts, fused: &[bool]) -> Liveness {
        let owns = function.values.iter().map(|value| has_objects(&value.ty)).collect();
        Liveness::of_values(function, facts, fused, owns)
    }

    /// Of all values but the parameters.
    pub(crate) fn of_all(function: &MonoFunction, facts: &Facts, fused: &[bool]) -> Liveness {
        Liveness::of_values(function, facts, fused, vec![true; function.values.len()])
    }

    fn of_values(function: &MonoFunction, facts: &Facts, fused: &[bool], mut owns: Vec<bool>) -> Liveness {
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            if let Some(dst) = inst.dst {
                let borrowed = matches!(inst.op, MonoOp::Param(_)) || facts.root[dst.0 as usize] != dst;
                owns[dst.0 as usize] &= !borrowed && !fused[dst.0 as usize];
            }
        }
        function.params.iter().for_each(|param| owns[param.0 as usize] = false);
        let n = function.blocks.len();
        let handlers = handlers_at_entry(function);
        let sets = || vec![FxHashSet::default(); n];
        let mut liveness = Liveness { live_in: sets(), live_out: sets(), owns, handlers };
        liveness.solve(function, facts, fused);
        liveness
    }

    fn solve(&mut self, function: &MonoFunction, facts: &Facts, fused: &[bool]) {
        let order = reverse_postorder(function);
        let mut changed = true;
        while changed {
            changed = false;
            for &block in order.iter().rev() {
                let out = self.out_of(function, facts, block);
                let live = self.through(function, facts, fused, block, out.clone());
                let at = block.0 as usize;
                changed |= live != self.live_in[at] || out != self.live_out[at];
                self.live_in[at] = live;
                self.live_out[at] = out;
            }
        }
    }

    fn out_of(&self, function: &MonoFunction, facts: &Facts, block: MonoBlockId) -> FxHashSet<ValueId> {
        let mut out = FxHashSet::default();
        // Any instruction of a protected block may jump to the handler, so what that reads stays alive.
        for handler in &self.handlers[block.0 as usize] {
            out.extend(self.live_in[handler.0 as usize].iter().copied());
        }
        for successor in all_successors(function, block) {
            let phis = &function.blocks[successor.0 as usize].phis;
            out.extend(self.live_in[successor.0 as usize].iter().copied());
            for phi in phis {
                for (from, value) in &phi.inputs {
                    if *from == block {
                        self.add(&mut out, facts.root[value.0 as usize]);
                    }
                }
            }
        }
        out
    }

    fn through(
        &self,
        function: &MonoFunction,
        facts: &Facts,
        fused: &[bool],
        block: MonoBlockId,
        mut live: FxHashSet<ValueId>,
    ) -> FxHashSet<ValueId> {
        let body = &function.blocks[block.0 as usize];
        term_operands(&body.term, &mut |value| self.add(&mut live, facts.root[value.0 as usize]));
        for inst in body.insts.iter().rev() {
            if let Some(dst) = inst.dst {
                live.remove(&dst);
                if fused[dst.0 as usize] {
                    continue;
                }
            }
            fused_operands(function, fused, block, &inst.op, &mut |value| {
                self.add(&mut live, facts.root[value.0 as usize]);
            });
        }
        body.phis.iter().for_each(|phi| {
            live.remove(&phi.dst);
        });
        live
    }

    fn add(&self, live: &mut FxHashSet<ValueId>, value: ValueId) {
        if self.owns[value.0 as usize] {
            live.insert(value);
        }
    }
}

/// The operands of an operation, those of fused operands in their place.
pub(crate) fn fused_operands(
    function: &MonoFunction,
    fused: &[bool],
    block: MonoBlockId,
    op: &MonoOp,
    each: &mut dyn FnMut(ValueId),
) {
    let mut direct = Vec::new();
    operands(op, &mut |value| direct.push(value));
    for value in direct {
        if fused[value.0 as usize] {
            let insts = &function.blocks[block.0 as usize].insts;
            if let Some(inner) = insts.iter().find(|inst| inst.dst == Some(value)) {
                fused_operands(function, fused, block, &inner.op, each);
            }
        } else {
            each(value);
        }
    }
}
