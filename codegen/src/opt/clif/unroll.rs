//! Writes out the rounds of an innermost loop of which there are only a few, known in number: what the counter is in
//! each is a constant then, and what the rounds share is computed once.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstBuilder, Opcode, Value};
use cranelift_codegen::loop_analysis::Loop;
use rustc_hash::FxHashMap;

use super::counted::{self, Frame};
use super::{analyze, blocks_of, constant, home, is_next, passed, redirect, targets};

const MOST_ROUNDS: i64 = 8;
/// Written out, a loop has no more instructions than these.
const MOST_INSTS: usize = 640;

/// A loop that is written out.
struct Few {
    frame: Frame,
    blocks: Vec<Block>,
    rounds: i64,
    /// Where control goes when no round is left, and what reads the header's values there.
    exit: Block,
    readers: Vec<Inst>,
}

/// Writes out the innermost loops whose headers are not among `kept`.
pub(crate) fn run(context: &mut Context, kept: &[Block]) -> usize {
    let mut written = 0;
    context.func.dfg.resolve_all_aliases();
    analyze(context);
    counted::bring_bounds(context);
    let loops = &context.loop_analysis;
    let outer: Vec<Loop> = loops.loops().filter_map(|own| loops.loop_parent(own)).collect();
    let innermost: Vec<Block> =
        loops.loops().filter(|own| !outer.contains(own)).map(|own| loops.loop_header(own)).collect();
    for header in innermost.into_iter().filter(|header| !kept.contains(header)) {
        let own = context.loop_analysis.innermost_loop(header);
        if let Some(few) = own.and_then(|own| find(context, own)) {
            write_out(&mut context.func, &few);
            analyze(context);
            written += 1;
        }
    }
    written
}

fn find(context: &Context, own: Loop) -> Option<Few> {
    let func = &context.func;
    let frame = counted::frame(context, own)?;
    let blocks = blocks_of(context, own);
    let place = func.dfg.block_params(frame.header).iter().position(|param| *param == frame.counter)?;
    let start = constant(func, *passed(func, frame.entry, frame.header)?.get(place)?)?;
    let rounds = constant(func, frame.stop)?.checked_sub(start)?;
    let size: usize = blocks.iter().map(|block| func.layout.block_insts(*block).count()).sum();
    let small = (1..=MOST_ROUNDS).contains(&rounds) && size * rounds as usize <= MOST_INSTS;
    // A copy of such a branch would share its table.
    let tables = |block: &Block| {
        func.layout.last_inst(*block).is_some_and(|last| func.dfg.insts[last].opcode() == Opcode::BrTable)
    };
    if !small || blocks.iter().any(tables) {
        return None;
    }
    let mut backs = context.cfg.pred_iter(frame.header).filter(|pred| blocks.contains(&pred.block));
    let by_one = backs.all(|pred| {
        let next = passed(func, pred.inst, frame.header).and_then(|args| args.get(place).copied());
        next.is_some_and(|next| is_next(func, next, frame.counter))
    });
    let exit = {
        let branch = func.layout.last_inst(frame.header)?;
        targets(func, branch).get(1)?.block(&func.dfg.value_lists)
    };
    let readers = readers(context, &blocks, frame.header, exit)?;
    by_one.then_some(Few { frame, blocks, rounds, exit, readers })
}

/// What reads values of the loop behind it. `None` unless these are the header's, and are read where control comes
/// from the header alone.
fn readers(context: &Context, blocks: &[Block], header: Block, exit: Block) -> Option<Vec<Inst>> {
    let func = &context.func;
    let alone = context.cfg.pred_iter(exit).count() == 1;
    let mut readers = Vec::new();
    for block in func.layout.blocks().filter(|block| !blocks.contains(block)) {
        for inst in func.layout.block_insts(block) {
            let mut reads = false;
            for value in func.dfg.inst_values(inst) {
                match home(func, value) {
                    Some(at) if at == header => reads = true,
                    Some(at) if blocks.contains(&at) => return None,
                    _ => {}
                }
            }
            if reads && !(alone && context.domtree.block_dominates(exit, block)) {
                return None;
            }
            if reads {
                readers.push(inst);
            }
        }
    }
    Some(readers)
}

fn write_out(func: &mut Function, few: &Few) {
    let Frame { header, first, entry, .. } = few.frame;
    let heads: Vec<Block> = (0..=few.rounds).map(|_| copy_block(func, header, header)).collect();
    redirect(func, entry, header, heads[0]);
    for pair in heads.windows(2) {
        let mut blocks: FxHashMap<Block, Block> = FxHashMap::default();
        let mut values = fill_head(func, header, pair[0]);
        for block in few.blocks.iter().filter(|block| **block != header) {
            let copy = copy_block(func, *block, header);
            let (old, new) = (func.dfg.block_params(*block).to_vec(), func.dfg.block_params(copy).to_vec());
            values.extend(old.into_iter().zip(new));
            blocks.insert(*block, copy);
        }
        FuncCursor::new(func).at_bottom(pair[0]).ins().jump(blocks[&first], &[]);
        blocks.insert(header, pair[1]);
        for block in few.blocks.iter().filter(|block| **block != header) {
            copy_insts(func, *block, blocks[block], &mut values);
        }
        for block in few.blocks.iter().filter(|block| **block != header) {
            settle(func, blocks[block], &blocks, &values);
        }
    }
    let last = heads[few.rounds as usize];
    let values = fill_head(func, header, last);
    let branch = func.layout.last_inst(header).expect("the header has a test");
    let args: Vec<BlockArg> = passed(func, branch, few.exit)
        .unwrap_or_default()
        .into_iter()
        .map(|value| BlockArg::Value(values.get(&value).copied().unwrap_or(value)))
        .collect();
    FuncCursor::new(func).at_bottom(last).ins().jump(few.exit, &args);
    for inst in &few.readers {
        func.dfg.map_inst_values(*inst, |value| values.get(&value).copied().unwrap_or(value));
    }
    for block in &few.blocks {
        let insts: Vec<Inst> = func.layout.block_insts(*block).collect();
        insts.into_iter().for_each(|inst| func.layout.remove_inst(inst));
        func.layout.remove_block(*block);
    }
}

/// A new block with the parameters of another, in front of a third.
fn copy_block(func: &mut Function, block: Block, before: Block) -> Block {
    let copy = func.dfg.make_block();
    func.layout.insert_block(copy, before);
    if func.layout.is_cold(block) {
        func.layout.set_cold(copy);
    }
    for param in func.dfg.block_params(block).to_vec() {
        let ty = func.dfg.value_type(param);
        func.dfg.append_block_param(copy, ty);
    }
    copy
}

/// Copies what the header computes, but for its branch. Gives what its values have become.
fn fill_head(func: &mut Function, header: Block, head: Block) -> FxHashMap<Value, Value> {
    let (old, new) = (func.dfg.block_params(header).to_vec(), func.dfg.block_params(head).to_vec());
    let mut values: FxHashMap<Value, Value> = old.into_iter().zip(new).collect();
    copy_insts(func, header, head, &mut values);
    let branch = func.layout.last_inst(head).expect("the header has a test");
    func.layout.remove_inst(branch);
    settle(func, head, &FxHashMap::default(), &values);
    values
}

/// Copies instructions as they are, and notes what their results have become.
fn copy_insts(func: &mut Function, from: Block, to: Block, values: &mut FxHashMap<Value, Value>) {
    let insts: Vec<Inst> = func.layout.block_insts(from).collect();
    for inst in insts {
        let copy = func.dfg.clone_inst(inst);
        func.layout.append_inst(copy, to);
        let (old, new) = (func.dfg.inst_results(inst).to_vec(), func.dfg.inst_results(copy).to_vec());
        values.extend(old.into_iter().zip(new));
    }
}

/// Makes copied instructions read the copies, and go to them.
fn settle(
    func: &mut Function,
    block: Block,
    blocks: &FxHashMap<Block, Block>,
    values: &FxHashMap<Value, Value>,
) {
    let insts: Vec<Inst> = func.layout.block_insts(block).collect();
    for inst in insts {
        func.dfg.map_inst_values(inst, |value| values.get(&value).copied().unwrap_or(value));
        let dfg = &mut func.dfg;
        for call in dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
            let to = call.block(&dfg.value_lists);
            if let Some(copy) = blocks.get(&to) {
                call.set_block(*copy, &mut dfg.value_lists);
            }
        }
    }
}
