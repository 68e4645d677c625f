//! Turns a branch that only picks integers into selections: what it would compute is cheap, and a processor cannot
//! foresee where it goes.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value,
};

use super::constant;

/// Computed on either side at most, besides constants.
const MOST_INSTS: usize = 3;
/// Values that differ at most.
const MOST_PICKED: usize = 2;

/// One way of a branch: what it computes, where it joins, and what it passes.
struct Way {
    through: Option<Block>,
    join: Block,
    args: Vec<Value>,
}

pub(super) fn run(context: &mut Context) -> usize {
    let mut turned = 0;
    let blocks: Vec<Block> = context.func.layout.blocks().collect();
    for block in blocks {
        if !context.func.layout.is_block_inserted(block) {
            continue;
        }
        context.compute_cfg();
        if let Some((branch, cond, ways)) = find(context, block) {
            convert(context, block, branch, cond, &ways);
            turned += 1;
        }
    }
    context.func.dfg.resolve_all_aliases();
    turned
}

fn find(context: &Context, block: Block) -> Option<(Inst, Value, [Way; 2])> {
    let func = &context.func;
    let branch = func.layout.last_inst(block)?;
    let InstructionData::Brif { arg, blocks, .. } = func.dfg.insts[branch] else { return None };
    let direct = blocks.map(|call| call.block(&func.dfg.value_lists));
    if direct[0] == direct[1] {
        return None;
    }
    let [then, orelse] = [0, 1].map(|side| way(context, &blocks[side], direct[1 - side]));
    let (then, orelse) = (then?, orelse?);
    if then.join != orelse.join || (then.through.is_none() && orelse.through.is_none()) || then.join == block
    {
        return None;
    }
    let differ = then.args.iter().zip(&orelse.args).filter(|(a, b)| a != b);
    let ints = differ.clone().all(|(a, _)| func.dfg.value_type(*a).is_int());
    let n = differ.count();
    (ints && (1..=MOST_PICKED).contains(&n)).then_some((branch, arg, [then, orelse]))
}

fn way(context: &Context, call: &BlockCall, other: Block) -> Option<Way> {
    let func = &context.func;
    let pool = &func.dfg.value_lists;
    let to = call.block(pool);
    let args = |call: &BlockCall| call.args(pool).map(|arg| arg.as_value()).collect::<Option<Vec<Value>>>();
    let last = func.layout.last_inst(to)?;
    let alone = context.cfg.pred_iter(to).count() == 1 && func.dfg.num_block_params(to) == 0;
    if let (true, InstructionData::Jump { destination, .. }) = (alone, func.dfg.insts[last]) {
        let join = destination.block(pool);
        let free = |inst: &Inst| func.dfg.insts[*inst].opcode() == Opcode::Iconst;
        let insts: Vec<Inst> =
            func.layout.block_insts(to).filter(|inst| *inst != last && !free(inst)).collect();
        // What jumps on to a third block may be the join of both sides.
        let joins = join == other || context.cfg.pred_iter(other).count() == 1;
        if joins && insts.len() <= MOST_INSTS && insts.iter().all(|inst| is_cheap(func, *inst)) && join != to
        {
            return Some(Way { through: Some(to), join, args: args(&destination)? });
        }
    }
    Some(Way { through: None, join: to, args: args(call)? })
}

fn is_cheap(func: &Function, inst: Inst) -> bool {
    use Opcode::*;
    let opcode = func.dfg.insts[inst].opcode();
    matches!(
        opcode,
        Iadd | Isub | Imul | Band | Bor | Bxor | Ishl | Sshr | Ushr | Icmp | Uextend | Smin | Smax
    )
}

fn convert(context: &mut Context, block: Block, branch: Inst, cond: Value, ways: &[Way; 2]) {
    let join = ways[0].join;
    let alone = context.cfg.pred_iter(join).count() == 2;
    let func = &mut context.func;
    for through in ways.iter().filter_map(|way| way.through) {
        let insts: Vec<Inst> = func.layout.block_insts(through).collect();
        for inst in insts {
            let is_jump = func.dfg.insts[inst].opcode().is_branch();
            func.layout.remove_inst(inst);
            if !is_jump {
                func.layout.insert_inst(inst, branch);
            }
        }
        func.layout.remove_block(through);
    }
    func.layout.remove_inst(branch);
    let mut picked = Vec::new();
    for (then, orelse) in ways[0].args.iter().zip(&ways[1].args) {
        picked.push(if then == orelse { *then } else { pick(func, block, cond, *then, *orelse) });
    }
    let mut args: Vec<BlockArg> = picked.iter().copied().map(BlockArg::Value).collect();
    if alone {
        let params = func.dfg.detach_block_params(join);
        let params = params.as_slice(&func.dfg.value_lists).to_vec();
        for (param, value) in params.into_iter().zip(picked) {
            func.dfg.change_to_alias(param, value);
        }
        args.clear();
    }
    FuncCursor::new(func).at_bottom(block).ins().jump(join, &args);
}

/// The flag itself is what is added where one side adds one.
fn pick(func: &mut Function, block: Block, cond: Value, then: Value, orelse: Value) -> Value {
    let adds_one = matches!(func.dfg.value_def(then).inst().map(|inst| func.dfg.insts[inst]),
        Some(InstructionData::Binary { opcode: Opcode::Iadd, args })
            if args[0] == orelse && constant(func, args[1]) == Some(1));
    let is_flag = func
        .dfg
        .value_def(cond)
        .inst()
        .is_some_and(|inst| matches!(func.dfg.insts[inst].opcode(), Opcode::Icmp | Opcode::Fcmp));
    let ty = func.dfg.value_type(orelse);
    let mut cursor = FuncCursor::new(func).at_bottom(block);
    if adds_one && ty.bits() > 8 {
        let flag = if is_flag { cond } else { cursor.ins().icmp_imm_s(IntCC::NotEqual, cond, 0) };
        let flag = cursor.ins().uextend(ty, flag);
        return cursor.ins().iadd(orelse, flag);
    }
    cursor.ins().select(cond, then, orelse)
}
