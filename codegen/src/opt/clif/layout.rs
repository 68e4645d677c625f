//! Puts the body of a loop behind its test: the branch that leaves the loop is the one that is taken.

use cranelift_codegen::Context;
use cranelift_codegen::ir::InstructionData;

use super::complement;

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
        if inside == [true, false] && !back {
            let inverse = complement(&mut context.func, arg, branch);
            if let InstructionData::Brif { arg, blocks, .. } = &mut context.func.dfg.insts[branch] {
                *arg = inverse;
                blocks.swap(0, 1);
            }
            turned += 1;
        }
    }
    turned
}
