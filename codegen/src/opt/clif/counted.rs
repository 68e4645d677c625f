//! Finds innermost loops that count up by one: `head(i, ..): if i < n { body; i + 1 } else exit`, with a body of
//! straight code.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use cranelift_codegen::loop_analysis::Loop;

use super::{blocks_of, constant, constant_inst, entry, home, passed};

/// A loop that counts up by one.
pub(crate) struct Counted {
    pub(crate) header: Block,
    /// All blocks, the header first, in order of control.
    pub(crate) blocks: Vec<Block>,
    /// The branch that enters the loop.
    pub(crate) entry: Inst,
    /// The header's parameters, and what the body passes for them.
    pub(crate) params: Vec<Value>,
    pub(crate) next: Vec<Value>,
    /// Which parameter counts.
    pub(crate) index: usize,
    /// Where it stops.
    pub(crate) stop: Value,
}

/// A number that is a multiple of the counter and something that the loop does not change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Affine {
    pub(crate) terms: Vec<Value>,
    pub(crate) scale: i64,
    pub(crate) offset: i64,
}

/// The test of a loop that counts up by one, whatever its body is.
pub(super) struct Frame {
    pub(super) header: Block,
    /// The body's first block.
    pub(super) first: Block,
    pub(super) entry: Inst,
    pub(super) counter: Value,
    pub(super) stop: Value,
}

/// Makes the constants that loops are tested against in front of the loops: the scalar optimiser makes constants where
/// they are read.
pub(super) fn bring_bounds(context: &mut Context) {
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    for own in loops {
        let Some(entry) = entry(context, own) else { continue };
        let (func, analysis) = (&mut context.func, &context.loop_analysis);
        let header = analysis.loop_header(own);
        let Some(branch) = func.layout.last_inst(header) else { continue };
        let InstructionData::Brif { arg: cond, .. } = func.dfg.insts[branch] else { continue };
        let Some(test) = func.dfg.value_def(cond).inst() else { continue };
        for place in 0..func.dfg.inst_args(test).len() {
            let value = func.dfg.inst_args(test)[place];
            let inside = home(func, value).is_some_and(|block| analysis.is_in_loop(block, own));
            if let Some(made) = constant_inst(func, value).filter(|_| inside) {
                let copy = func.dfg.clone_inst(made);
                func.layout.insert_inst(copy, entry);
                func.dfg.inst_args_mut(test)[place] = func.dfg.first_result(copy);
            }
        }
    }
}

pub(super) fn frame(context: &Context, own: Loop) -> Option<Frame> {
    let func = &context.func;
    let loops = &context.loop_analysis;
    let header = loops.loop_header(own);
    let entry = entry(context, own)?;
    let test = func.layout.last_inst(header)?;
    let InstructionData::Brif { arg: cond, blocks: ways, .. } = func.dfg.insts[test] else { return None };
    let pool = &func.dfg.value_lists;
    let first = ways[0].block(pool);
    if !loops.is_in_loop(first, own) || loops.is_in_loop(ways[1].block(pool), own) || ways[0].len(pool) != 0 {
        return None;
    }
    let (counter, stop) = bound(func, cond)?;
    let fixed = home(func, stop).is_some_and(|block| !loops.is_in_loop(block, own));
    (fixed && func.dfg.value_type(counter) == types::I64).then_some(Frame {
        header,
        first,
        entry,
        counter,
        stop,
    })
}

pub(super) fn find(context: &Context, own: Loop) -> Option<Counted> {
    let func = &context.func;
    let Frame { header, first, entry, counter, stop } = frame(context, own)?;
    let (blocks, latch) = chain(context, header, first)?;
    if blocks_of(context, own).len() != blocks.len() {
        return None;
    }
    let params = func.dfg.block_params(header).to_vec();
    passed(func, entry, header)?;
    let next = passed(func, latch, header)?;
    let index = params.iter().position(|param| *param == counter)?;
    let counted = Counted { header, blocks, entry, params, next, index, stop };
    let step = counted.affine(func, counted.next[index])?;
    let by_one = step == Affine { terms: Vec::new(), scale: 1, offset: 1 };
    by_one.then_some(counted)
}

/// The blocks from the body's first to the jump back.
fn chain(context: &Context, header: Block, first: Block) -> Option<(Vec<Block>, Inst)> {
    let func = &context.func;
    let mut blocks = vec![header];
    let mut at = first;
    loop {
        if blocks.contains(&at)
            || context.cfg.pred_iter(at).count() != 1
            || func.dfg.num_block_params(at) != 0
        {
            return None;
        }
        blocks.push(at);
        let last = func.layout.last_inst(at)?;
        let InstructionData::Jump { destination, .. } = func.dfg.insts[last] else { return None };
        at = destination.block(&func.dfg.value_lists);
        if at == header {
            return Some((blocks, last));
        }
    }
}

/// `counter < stop`, in either spelling.
fn bound(func: &Function, cond: Value) -> Option<(Value, Value)> {
    let test = func.dfg.value_def(cond).inst()?;
    match func.dfg.insts[test] {
        InstructionData::IntCompare { opcode: Opcode::Icmp, cond: IntCC::SignedLessThan, args } => {
            Some((args[0], args[1]))
        }
        InstructionData::IntCompare { opcode: Opcode::Icmp, cond: IntCC::SignedGreaterThan, args } => {
            Some((args[1], args[0]))
        }
        _ => None,
    }
}

impl Counted {
    pub(crate) fn counter(&self) -> Value {
        self.params[self.index]
    }

    /// Whether a value is made outside of the loop.
    pub(crate) fn is_invariant(&self, func: &Function, value: Value) -> bool {
        home(func, value).is_some_and(|block| !self.blocks.contains(&block))
    }

    /// All instructions but the branches, in order.
    pub(crate) fn insts(&self, func: &Function) -> Vec<Inst> {
        let insts = self.blocks.iter().flat_map(|block| func.layout.block_insts(*block));
        insts.filter(|inst| !func.dfg.insts[*inst].opcode().is_branch()).collect()
    }

    /// The value as a multiple of the counter plus invariant terms.
    pub(crate) fn affine(&self, func: &Function, value: Value) -> Option<Affine> {
        let value = func.dfg.resolve_aliases(value);
        if value == self.counter() {
            return Some(Affine { scale: 1, ..Affine::default() });
        }
        if let Some(offset) = constant(func, value) {
            return Some(Affine { offset, ..Affine::default() });
        }
        if self.is_invariant(func, value) {
            return Some(Affine { terms: vec![value], ..Affine::default() });
        }
        let inst = func.dfg.value_def(value).inst()?;
        let InstructionData::Binary { opcode, args } = func.dfg.insts[inst] else { return None };
        let (left, right) = (self.affine(func, args[0])?, self.affine(func, args[1])?);
        match opcode {
            Opcode::Iadd => {
                let mut terms = left.terms;
                terms.extend(right.terms);
                terms.sort_unstable();
                let offset = left.offset.checked_add(right.offset)?;
                Some(Affine { terms, scale: left.scale.checked_add(right.scale)?, offset })
            }
            Opcode::Isub if right.terms.is_empty() => Some(Affine {
                scale: left.scale.checked_sub(right.scale)?,
                offset: left.offset.checked_sub(right.offset)?,
                ..left
            }),
            Opcode::Ishl if right.is_number() && (0..32).contains(&right.offset) => {
                left.times(1 << right.offset)
            }
            Opcode::Imul if right.is_number() => left.times(right.offset),
            Opcode::Imul if left.is_number() => right.times(left.offset),
            _ => None,
        }
    }

    /// A block before the loop with the parameters of its header, which the entry goes to.
    pub(crate) fn guard(&self, func: &mut Function) -> Block {
        let guard = func.dfg.make_block();
        for param in &self.params {
            let ty = func.dfg.value_type(*param);
            func.dfg.append_block_param(guard, ty);
        }
        func.layout.insert_block(guard, self.header);
        super::redirect(func, self.entry, self.header, guard);
        guard
    }
}

impl Affine {
    pub(crate) fn is_number(&self) -> bool {
        self.terms.is_empty() && self.scale == 0
    }

    fn times(self, factor: i64) -> Option<Affine> {
        if !self.terms.is_empty() {
            return None;
        }
        let (scale, offset) = (self.scale.checked_mul(factor)?, self.offset.checked_mul(factor)?);
        Some(Affine { terms: self.terms, scale, offset })
    }

    /// The sum of the terms.
    pub(crate) fn base(&self, cursor: &mut FuncCursor<'_>) -> Option<Value> {
        let mut terms = self.terms.iter().copied();
        let first = terms.next()?;
        Some(terms.fold(first, |sum, term| cursor.ins().iadd(sum, term)))
    }
}

/// A cursor at the end of a block.
pub(crate) fn at_end(func: &mut Function, block: Block) -> FuncCursor<'_> {
    FuncCursor::new(func).at_bottom(block)
}
