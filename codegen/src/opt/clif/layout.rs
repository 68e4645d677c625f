//! Puts the body of a loop behind its test: the branch that leaves the loop is the one that is taken.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::CondCode;
use cranelift_codegen::ir::{Inst, InstBuilder, InstructionData, Opcode};

pub(super) fn run(context: &mut Context) -> usize {
    let mut turned = 0;
    let blocks: Vec<_> = context.func.layout.blocks().collect();
    for block in blocks {
        let Some(own) = context.loop_analysis.innermost_loop(block) else { continue };
        let Some(branch) = context.func.layout.last_inst(block) else { continue };
        let InstructionData::Brif { arg, blocks: ways, .. } = context.func.dfg.insts[branch] else {
            continue;
        };
        let pool = &context.func.dfg.value_lists;
        let inside = ways.map(|way| context.loop_analysis.is_in_loop(way.block(pool), own));
        // A test at the bottom already falls out of the loop.
        let back = ways[0].block(pool) == context.loop_analysis.loop_header(own);
        if inside == [true, false] && !back && turn(context, branch, arg) {
            turned += 1;
        }
    }
    turned
}

/// Inverts a branch on a comparison of integers. That of floats has no inverse that treats NaN alike.
fn turn(context: &mut Context, branch: Inst, cond: cranelift_codegen::ir::Value) -> bool {
    let func = &mut context.func;
    let Some(test) = func.dfg.value_def(cond).inst() else { return false };
    let InstructionData::IntCompare { opcode: Opcode::Icmp, cond: cc, args } = func.dfg.insts[test] else {
        return false;
    };
    let mut cursor = FuncCursor::new(func).at_inst(branch);
    let inverse = cursor.ins().icmp(cc.complement(), args[0], args[1]);
    if let InstructionData::Brif { arg, blocks, .. } = &mut func.dfg.insts[branch] {
        *arg = inverse;
        blocks.swap(0, 1);
    }
    true
}
