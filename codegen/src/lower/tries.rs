//! `try` regions: what a handler sees, and what becomes of references on the way to it.
//!
//! Any instruction of a region may fail, so a handler's joins cannot take what a block has at its end. Each of them
//! has a slot: variables that hold, at every point of the region, what the join would get from a failure there. A
//! slot is set where the body checks for an exception, which is where the region begins and after each assignment,
//! and owns its references from there to the end of the region. A failure moves the slots to the handler and drops
//! whatever else is alive at that point and not alive in the handler. What the failing instruction itself had made
//! before it failed stays behind for the sweep after the call.

use analyzer::mono::{MonoBlockId, MonoFunction, MonoOp, MonoPhi, MonoTerm, ValueId};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder};
use cranelift_frontend::Variable;
use rustc_hash::{FxHashMap, FxHashSet};

use super::func::{FnLower, Vals};
use super::repr::components;
use crate::opt::uses;

/// State of the `try` regions of one function.
#[derive(Default)]
pub(super) struct Tries {
    /// Whether the function has any.
    any: bool,
    /// Handlers of the regions around the present instruction, innermost last.
    around: Vec<MonoBlockId>,
    /// The variables of each handler's joins; none for a join that nobody reads.
    slots: FxHashMap<MonoBlockId, Vec<Vec<Variable>>>,
    /// What is alive before the present instruction and has to be dropped some time.
    alive: FxHashSet<ValueId>,
    /// Where failures of the present block go on their way to a handler.
    exits: Vec<Exit>,
    /// By block: the blocks that lead to it.
    predecessors: Vec<Vec<MonoBlockId>>,
}

struct Exit {
    handler: MonoBlockId,
    /// What is dropped on the way.
    dropped: Vec<ValueId>,
    block: Block,
}

impl Tries {
    pub(super) fn of(function: &MonoFunction) -> Tries {
        let mut insts = function.blocks.iter().flat_map(|block| &block.insts);
        let any = insts.any(|inst| matches!(inst.op, MonoOp::TryBegin { .. }));
        let mut predecessors = Vec::new();
        if any {
            predecessors.resize_with(function.blocks.len(), Vec::new);
            for (at, block) in function.blocks.iter().enumerate() {
                for to in uses::successors(&block.term) {
                    predecessors[to.0 as usize].push(MonoBlockId(at as u32));
                }
            }
        }
        Tries { any, predecessors, ..Tries::default() }
    }
}

impl FnLower<'_, '_> {
    /// A block begins, with its joins set.
    pub(super) fn begin_block_of_tries(&mut self, block: MonoBlockId) {
        self.tries.around = self.liveness.handlers[block.0 as usize].clone();
        if self.tries.any {
            let phis = self.function.blocks[block.0 as usize].phis.iter().map(|phi| phi.dst);
            let owned = phis.filter(|dst| self.liveness.owns[dst.0 as usize]);
            self.tries.alive = self.liveness.live_in[block.0 as usize].iter().copied().chain(owned).collect();
        }
    }

    pub(super) fn note_alive(&mut self, value: ValueId) {
        if self.tries.any && self.liveness.owns[value.0 as usize] {
            self.tries.alive.insert(value);
        }
    }

    pub(super) fn note_dropped(&mut self, value: ValueId) {
        self.tries.alive.remove(&value);
    }

    /// A region begins: its slots hold nothing yet.
    pub(super) fn try_begin(&mut self, handler: MonoBlockId) {
        let function = self.function;
        let phis = &function.blocks[handler.0 as usize].phis;
        if !self.tries.slots.contains_key(&handler) {
            let slots = phis.iter().map(|phi| self.declare_slot(phi)).collect();
            self.tries.slots.insert(handler, slots);
        }
        for (place, phi) in phis.iter().enumerate() {
            let zero = self.zero(self.ty(phi.dst));
            self.set_slot(handler, place, &zero);
        }
        self.tries.around.push(handler);
    }

    fn declare_slot(&mut self, phi: &MonoPhi) -> Vec<Variable> {
        if self.facts.uses[phi.dst.0 as usize] == 0 {
            return Vec::new();
        }
        let components = components(self.ty(phi.dst));
        components.iter().map(|component| self.b.declare_var(component.class.clif())).collect()
    }

    fn slot(&mut self, handler: MonoBlockId, place: usize) -> Vals {
        let vars = self.tries.slots.get(&handler).and_then(|slots| slots.get(place)).cloned();
        vars.unwrap_or_default().into_iter().map(|var| self.b.use_var(var)).collect()
    }

    fn set_slot(&mut self, handler: MonoBlockId, place: usize, vals: &[cranelift_codegen::ir::Value]) {
        let vars = self.tries.slots.get(&handler).and_then(|slots| slots.get(place)).cloned();
        for (var, val) in vars.unwrap_or_default().into_iter().zip(vals) {
            self.b.def_var(var, *val);
        }
    }

    /// The innermost region ends without an exception.
    pub(super) fn try_end(&mut self) {
        let Some(handler) = self.tries.around.pop() else { return };
        let function = self.function;
        for (place, phi) in function.blocks[handler.0 as usize].phis.iter().enumerate() {
            let held = self.slot(handler, place);
            self.release(&held, self.ty(phi.dst));
        }
    }

    /// Whether a branch asks, inside of a region, if control goes to its handler.
    pub(super) fn is_region_check(&self, cond: ValueId, then: MonoBlockId) -> bool {
        self.tries.around.contains(&then)
            && matches!(self.defs[cond.0 as usize], Some(MonoOp::ExceptionCheck))
    }

    /// The end of a block that checks for an exception: from here on, the handler sees what its joins have for this
    /// block. Failures jump to the handler by themselves; control that gets here has none.
    pub(super) fn region_check(&mut self, from: MonoBlockId, handler: MonoBlockId) {
        let function = self.function;
        let input = |phi: &MonoPhi, from| {
            phi.inputs.iter().find(|(block, _)| *block == from).map(|(_, input)| *input)
        };
        let before = self.check_before(from, handler);
        for (place, phi) in function.blocks[handler.0 as usize].phis.iter().enumerate() {
            let own = input(phi, from);
            if self.facts.uses[phi.dst.0 as usize] == 0
                || before.is_some_and(|before| input(phi, before) == own)
            {
                continue;
            }
            let ty = self.ty(phi.dst);
            let vals = match own {
                Some(own) => self.owned_as(own, ty),
                None => self.zero(ty),
            };
            let held = self.slot(handler, place);
            self.set_slot(handler, place, &vals);
            self.release(&held, ty);
        }
    }

    /// The one block from which control comes to `block`, if it ends with a check of the same region, so that the
    /// slots are those of its inputs.
    fn check_before(&self, block: MonoBlockId, handler: MonoBlockId) -> Option<MonoBlockId> {
        let [before] = *self.tries.predecessors[block.0 as usize].as_slice() else { return None };
        let MonoTerm::Branch { cond, then, orelse } = self.function.blocks[before.0 as usize].term else {
            return None;
        };
        let checks = then == handler
            && orelse == block
            && matches!(self.defs[cond.0 as usize], Some(MonoOp::ExceptionCheck))
            && self.liveness.handlers[block.0 as usize].contains(&handler);
        let insts = &self.function.blocks[block.0 as usize].insts;
        let restarts = insts
            .iter()
            .any(|inst| matches!(inst.op, MonoOp::TryBegin { handler: begun } if begun == handler));
        (checks && !restarts).then_some(before)
    }

    /// Where a failure of the present instruction goes; `None` outside of every region.
    pub(super) fn exit_to_handler(&mut self) -> Option<Block> {
        let handler = *self.tries.around.last()?;
        let kept = &self.liveness.live_in[handler.0 as usize];
        let mut dropped: Vec<ValueId> =
            self.tries.alive.iter().copied().filter(|value| !kept.contains(value)).collect();
        dropped.sort_unstable();
        let mut exits = self.tries.exits.iter();
        if let Some(exit) = exits.find(|exit| exit.handler == handler && exit.dropped == dropped) {
            return Some(exit.block);
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.tries.exits.push(Exit { handler, dropped, block });
        Some(block)
    }

    /// Writes the ways from a block's failures to the handlers.
    pub(super) fn finish_exits(&mut self) {
        let function = self.function;
        for exit in std::mem::take(&mut self.tries.exits) {
            self.b.switch_to_block(exit.block);
            let mut args = Vec::new();
            for (place, phi) in function.blocks[exit.handler.0 as usize].phis.iter().enumerate() {
                let vals = match self.facts.uses[phi.dst.0 as usize] {
                    0 => self.zero(self.ty(phi.dst)),
                    _ => self.slot(exit.handler, place),
                };
                args.extend(vals.into_iter().map(BlockArg::Value));
            }
            for value in exit.dropped {
                self.drop_value(value);
            }
            self.b.ins().jump(self.blocks[exit.handler.0 as usize], &args);
        }
    }
}
