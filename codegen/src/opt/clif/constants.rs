//! Where constants are made: integers in the block that reads them, for most become part of an instruction; floats in
//! front of the loops that read them, for each takes two instructions.

use cranelift_codegen::Context;
use cranelift_codegen::ir::{Block, Inst, Opcode, Value};
use cranelift_codegen::loop_analysis::Loop;
use rustc_hash::FxHashMap;

use super::{blocks_of, clobbers, entry, home};

/// More floats than these are not kept in registers.
const MOST_FLOATS: usize = 8;

pub(super) fn run(context: &mut Context) -> usize {
    context.func.dfg.resolve_all_aliases();
    super::analyze(context);
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    let moved = loops.into_iter().map(|own| hoist_floats(context, own)).sum::<usize>();
    copy_integers(context);
    moved
}

/// Gives every block its own copy of the integers that it reads.
fn copy_integers(context: &mut Context) {
    let func = &mut context.func;
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let mut own: FxHashMap<Value, Value> = FxHashMap::default();
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let args: Vec<Value> = func.dfg.inst_values(inst).collect();
            for value in args {
                let Some(def) = func.dfg.value_def(value).inst() else { continue };
                let is_int = func.dfg.insts[def].opcode() == Opcode::Iconst;
                if is_int && home(func, value) != Some(block) && !own.contains_key(&value) {
                    let copy = func.dfg.clone_inst(def);
                    func.layout.insert_inst(copy, inst);
                    own.insert(value, func.dfg.first_result(copy));
                }
            }
            func.dfg.map_inst_values(inst, |value| own.get(&value).copied().unwrap_or(value));
        }
    }
}

/// Moves the floats of an innermost loop without calls to the block in front of it.
fn hoist_floats(context: &mut Context, own: Loop) -> usize {
    let Some(before) = entry(context, own) else { return 0 };
    let blocks = blocks_of(context, own);
    if blocks.iter().any(|block| context.loop_analysis.innermost_loop(*block) != Some(own)) {
        return 0;
    }
    let func = &mut context.func;
    let insts: Vec<Inst> = blocks.iter().flat_map(|block| func.layout.block_insts(*block)).collect();
    // A call keeps no register of floats.
    if insts.iter().any(|inst| clobbers(func, *inst)) {
        return 0;
    }
    let floats: Vec<Inst> = insts
        .into_iter()
        .filter(|inst| matches!(func.dfg.insts[*inst].opcode(), Opcode::F64const | Opcode::F32const))
        .collect();
    if floats.len() > MOST_FLOATS {
        return 0;
    }
    for inst in &floats {
        func.layout.remove_inst(*inst);
        func.layout.insert_inst(*inst, before);
    }
    floats.len()
}
