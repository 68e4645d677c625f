//! Sends a jump that passes a constant condition straight to where the branch would go. What an inlined function
//! returns is such a constant: whether it raised.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Value};
use rustc_hash::FxHashMap;

use super::{analyze, constant, home, passed, redirect};

/// A block that only tests one of its parameters.
struct Test {
    block: Block,
    /// Where control goes if the condition does not hold, and if it does.
    ways: [(Block, Vec<Value>); 2],
    /// The jumps to the block, and whether they pass what holds.
    jumps: Vec<(Inst, bool)>,
}

pub(crate) fn run(context: &mut Context) -> usize {
    let mut turned = 0;
    context.func.dfg.resolve_all_aliases();
    analyze(context);
    let blocks: Vec<Block> = context.func.layout.blocks().collect();
    for block in blocks {
        if let Some(test) = find(context, block)
            && let Some(uses) = uses(context, &test)
        {
            rewrite(&mut context.func, &test, &uses);
            analyze(context);
            turned += 1;
        }
    }
    turned
}

fn find(context: &Context, block: Block) -> Option<Test> {
    let func = &context.func;
    let branch = func.layout.first_inst(block)?;
    let InstructionData::Brif { arg, blocks, .. } = func.dfg.insts[branch] else { return None };
    let place = func.dfg.block_params(block).iter().position(|param| *param == arg)?;
    let pool = &func.dfg.value_lists;
    let way = |side: usize| {
        let args: Option<Vec<Value>> = blocks[side].args(pool).map(|arg| arg.as_value()).collect();
        Some((blocks[side].block(pool), args?))
    };
    let ways = [way(1)?, way(0)?];
    let known = |pred: cranelift_codegen::flowgraph::BlockPredecessor| {
        let is_jump = matches!(func.dfg.insts[pred.inst], InstructionData::Jump { .. });
        let given = *passed(func, pred.inst, block)?.get(place)?;
        is_jump.then_some((pred.inst, constant(func, given)? != 0))
    };
    let jumps: Option<Vec<(Inst, bool)>> = context.cfg.pred_iter(block).map(known).collect();
    let jumps = jumps.filter(|jumps| !jumps.is_empty())?;
    (ways[0].0 != ways[1].0).then_some(Test { block, ways, jumps })
}

/// The instructions that read the block's parameters behind it, and whether that is on the way of what holds. `None` if
/// one is where both ways lead.
fn uses(context: &Context, test: &Test) -> Option<Vec<(Inst, bool)>> {
    let func = &context.func;
    let owns = test.ways.each_ref().map(|(to, _)| context.cfg.pred_iter(*to).count() == 1);
    let mut uses = Vec::new();
    for block in func.layout.blocks().filter(|block| *block != test.block) {
        for inst in func.layout.block_insts(block) {
            if func.dfg.inst_values(inst).any(|value| home(func, value) == Some(test.block)) {
                let behind =
                    |side: usize| owns[side] && context.domtree.block_dominates(test.ways[side].0, block);
                let holds = match [behind(0), behind(1)] {
                    [true, false] => false,
                    [false, true] => true,
                    _ => return None,
                };
                uses.push((inst, holds));
            }
        }
    }
    Some(uses)
}

/// Gives each way a block of its own in the place of the test.
fn rewrite(func: &mut Function, test: &Test, uses: &[(Inst, bool)]) {
    let params = func.dfg.block_params(test.block).to_vec();
    for (holds, (to, args)) in [false, true].into_iter().zip(&test.ways) {
        let jumps: Vec<Inst> =
            test.jumps.iter().filter(|(_, value)| *value == holds).map(|(jump, _)| *jump).collect();
        if jumps.is_empty() {
            continue;
        }
        let way = func.dfg.make_block();
        func.layout.insert_block(way, test.block);
        if func.layout.is_cold(*to) {
            func.layout.set_cold(way);
        }
        let mut own: FxHashMap<Value, Value> = FxHashMap::default();
        for param in &params {
            let ty = func.dfg.value_type(*param);
            own.insert(*param, func.dfg.append_block_param(way, ty));
        }
        let of = |value: &Value| own.get(value).copied().unwrap_or(*value);
        let args: Vec<BlockArg> = args.iter().map(of).map(BlockArg::Value).collect();
        FuncCursor::new(func).at_bottom(way).ins().jump(*to, &args);
        for jump in jumps {
            redirect(func, jump, test.block, way);
        }
        for (inst, _) in uses.iter().filter(|(_, at)| *at == holds) {
            func.dfg.map_inst_values(*inst, |value| own.get(&value).copied().unwrap_or(value));
        }
    }
    let branch = func.layout.first_inst(test.block).expect("the block has a test");
    func.layout.remove_inst(branch);
    func.layout.remove_block(test.block);
}
