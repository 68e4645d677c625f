//! Gives a loop without calls its own copies of the floats that flow into it and out of it.
//!
//! No register of floats is kept by a call. A value that lives across one lives on the stack there, and the register
//! allocator may load and store it in every round of a loop far from the call, for it splits what is one value where
//! it is read, not where loops begin. A copy made in front of the loop has a range of its own: no call is in it.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, Value};
use cranelift_codegen::loop_analysis::Loop;
use rustc_hash::FxHashMap;

use super::{analyze, blocks_of, clobbers, constant_inst, entry, home};

/// More values than these would not stay in registers anyway.
const MOST_VALUES: usize = 24;

pub(super) fn run(context: &mut Context) -> usize {
    context.func.dfg.resolve_all_aliases();
    let calls = blocks_with_calls(&context.func);
    if calls.is_empty() {
        return 0;
    }
    let mut done: Vec<Block> = Vec::new();
    loop {
        analyze(context);
        let next = context.loop_analysis.loops().find(|own| {
            let header = context.loop_analysis.loop_header(*own);
            !done.contains(&header) && is_outermost_without(context, *own, &calls)
        });
        let Some(own) = next else { break };
        done.push(context.loop_analysis.loop_header(own));
        isolate(context, own);
    }
    done.len()
}

fn blocks_with_calls(func: &Function) -> Vec<Block> {
    let blocks = func.layout.blocks();
    blocks.filter(|block| func.layout.block_insts(*block).any(|inst| clobbers(func, inst))).collect()
}

/// Whether a loop has no calls, and the loop around it does or is none.
fn is_outermost_without(context: &Context, own: Loop, calls: &[Block]) -> bool {
    let loops = &context.loop_analysis;
    let free = |own: Loop| !calls.iter().any(|block| loops.is_in_loop(*block, own));
    free(own) && !loops.loop_parent(own).is_some_and(free)
}

fn isolate(context: &mut Context, own: Loop) {
    let Some(entry) = entry(context, own) else { return };
    let (header, blocks) = (context.loop_analysis.loop_header(own), blocks_of(context, own));
    copy_in(&mut context.func, &blocks, header, entry);
    copy_out(context, &blocks);
}

/// Copies in front of the loop what it reads from outside.
fn copy_in(func: &mut Function, blocks: &[Block], header: Block, entry: Inst) {
    let outside = |func: &Function, value: Value| {
        home(func, value).is_some_and(|block| !blocks.contains(&block)) && is_worth(func, value)
    };
    let insts: Vec<Inst> = blocks.iter().flat_map(|block| func.layout.block_insts(*block)).collect();
    let mut read: Vec<Value> = Vec::new();
    for inst in &insts {
        for value in func.dfg.inst_values(*inst) {
            if !read.contains(&value) && outside(func, value) {
                read.push(value);
            }
        }
    }
    let starts = super::passed(func, entry, header).unwrap_or_default();
    let mut given = read.clone();
    for value in starts {
        if !given.contains(&value) && outside(func, value) {
            given.push(value);
        }
    }
    if given.len() > MOST_VALUES {
        return;
    }
    let copies: FxHashMap<Value, Value> = given
        .into_iter()
        .map(|value| (value, copy(&mut FuncCursor::new(func).at_inst(entry), value)))
        .collect();
    for inst in insts {
        func.dfg.map_inst_values(inst, |value| copies.get(&value).copied().unwrap_or(value));
    }
    let dfg = &mut func.dfg;
    for call in dfg.insts[entry].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if call.block(&dfg.value_lists) == header {
            call.update_args(&mut dfg.value_lists, |arg| match arg {
                BlockArg::Value(value) => BlockArg::Value(copies.get(&value).copied().unwrap_or(value)),
                other => other,
            });
        }
    }
}

/// Copies behind the loop what is read of it there.
fn copy_out(context: &mut Context, blocks: &[Block]) {
    let mut exits: Vec<(Inst, Block)> = Vec::new();
    for block in blocks {
        let Some(branch) = context.func.layout.last_inst(*block) else { continue };
        let pool = &context.func.dfg.value_lists;
        for to in super::targets(&context.func, branch).iter().map(|call| call.block(pool)) {
            if !blocks.contains(&to) && !exits.contains(&(branch, to)) {
                exits.push((branch, to));
            }
        }
    }
    for (branch, to) in exits {
        let only_from_here = context.cfg.pred_iter(to).all(|pred| blocks.contains(&pred.block));
        let passes = super::passed(&context.func, branch, to).is_some_and(|args| !args.is_empty());
        if passes {
            copy_passed(&mut context.func, blocks, branch, to);
        } else if only_from_here {
            copy_read(context, blocks, to);
        }
    }
}

/// Puts a block on the way out that copies what is passed.
fn copy_passed(func: &mut Function, blocks: &[Block], branch: Inst, to: Block) {
    let args = super::passed(func, branch, to).unwrap_or_default();
    let worth = |value: &Value| home(func, *value).is_some_and(|block| blocks.contains(&block));
    if !args.iter().any(|value| worth(value) && is_worth(func, *value)) {
        return;
    }
    let way = func.dfg.make_block();
    let from = func.layout.inst_block(branch).expect("a branch is in a block");
    func.layout.insert_block_after(way, from);
    let bare = BlockCall::new(way, std::iter::empty(), &mut func.dfg.value_lists);
    let dfg = &mut func.dfg;
    for call in dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if call.block(&dfg.value_lists) == to {
            *call = bare;
        }
    }
    let copies: Vec<BlockArg> = args
        .into_iter()
        .map(|value| {
            let inside = home(func, value).is_some_and(|block| blocks.contains(&block));
            BlockArg::Value(match inside && is_worth(func, value) {
                true => copy(&mut FuncCursor::new(func).at_bottom(way), value),
                false => value,
            })
        })
        .collect();
    FuncCursor::new(func).at_bottom(way).ins().jump(to, &copies);
}

/// Copies at the start of a block behind the loop what is read there, and in all blocks that are reached through it.
fn copy_read(context: &mut Context, blocks: &[Block], to: Block) {
    let (func, domtree) = (&mut context.func, &context.domtree);
    let behind: Vec<Inst> = func
        .layout
        .blocks()
        .filter(|block| domtree.is_reachable(*block) && domtree.block_dominates(to, *block))
        .flat_map(|block| func.layout.block_insts(block))
        .collect();
    let Some(first) = func.layout.first_inst(to) else { return };
    let mut copies: FxHashMap<Value, Value> = FxHashMap::default();
    for inst in behind {
        let values: Vec<Value> = func.dfg.inst_values(inst).collect();
        for value in values {
            let inside = home(func, value).is_some_and(|block| blocks.contains(&block));
            if inside && is_worth(func, value) && !copies.contains_key(&value) {
                let made = copy(&mut FuncCursor::new(func).at_inst(first), value);
                copies.insert(value, made);
            }
        }
        func.dfg.map_inst_values(inst, |value| copies.get(&value).copied().unwrap_or(value));
    }
}

/// Whether a value is worth a copy. Integers have registers that calls keep; constants are made where they are needed.
fn is_worth(func: &Function, value: Value) -> bool {
    let ty = func.dfg.value_type(value);
    (ty.is_float() || ty.is_vector()) && constant_inst(func, value).is_none()
}

/// The same value by an operation that writes another register than it reads.
fn copy(cursor: &mut FuncCursor<'_>, value: Value) -> Value {
    cursor.ins().band(value, value)
}
