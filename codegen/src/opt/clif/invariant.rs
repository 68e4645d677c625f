//! Moves what does not change inside of a loop in front of it: addresses of rows, products of strides. Loads stay,
//! for the loop may not run at all.

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value};
use cranelift_codegen::loop_analysis::Loop;

use super::{constant, constant_inst, entry, home};

pub(super) fn run(context: &mut Context) -> usize {
    let mut loops: Vec<Loop> = context.loop_analysis.loops().collect();
    let depth = |own: &Loop| {
        let mut depth = 0;
        let mut at = *own;
        while let Some(parent) = context.loop_analysis.loop_parent(at) {
            depth += 1;
            at = parent;
        }
        depth
    };
    loops.sort_by_key(|own| std::cmp::Reverse(depth(own)));
    loops.into_iter().map(|own| hoist(context, own)).sum()
}

fn hoist(context: &mut Context, own: Loop) -> usize {
    let Some(before) = entry(context, own) else { return 0 };
    if context.func.dfg.insts[before].opcode() != Opcode::Jump {
        return 0;
    }
    let analysis = &context.loop_analysis;
    let blocks: Vec<Block> =
        context.domtree.cfg_rpo().copied().filter(|block| analysis.is_in_loop(*block, own)).collect();
    let mut moved = 0;
    for block in &blocks {
        let insts: Vec<Inst> = context.func.layout.block_insts(*block).collect();
        for inst in insts {
            if (is_movable(&context.func, inst) || divides_safely(&context.func, inst))
                && has_no_operand_in(&context.func, inst, &blocks)
            {
                context.func.layout.remove_inst(inst);
                bring_constants(&mut context.func, inst, &blocks, before);
                context.func.layout.insert_inst(inst, before);
                moved += 1;
            }
        }
    }
    moved
}

fn is_movable(func: &Function, inst: Inst) -> bool {
    matches!(
        func.dfg.insts[inst].opcode(),
        Opcode::Iadd
            | Opcode::Isub
            | Opcode::Imul
            | Opcode::Ishl
            | Opcode::Sshr
            | Opcode::Ushr
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Ineg
            | Opcode::Fadd
            | Opcode::Fsub
            | Opcode::Fmul
            | Opcode::Fdiv
            | Opcode::Sqrt
            | Opcode::Fneg
            | Opcode::Fabs
            | Opcode::FcvtFromSint
            | Opcode::FcvtFromUint
            | Opcode::Sextend
            | Opcode::Uextend
            | Opcode::Ireduce
            | Opcode::Smax
            | Opcode::Smin
            | Opcode::Umax
            | Opcode::Umin
            | Opcode::Icmp
            | Opcode::Fcmp
            | Opcode::Select
            | Opcode::Iabs
            | Opcode::Fpromote
            | Opcode::Fdemote
    )
}

/// Whether it is a division by what is 1 instead of 0 and -1, which cannot trap.
fn divides_safely(func: &Function, inst: Inst) -> bool {
    let InstructionData::Binary { opcode: Opcode::Sdiv, args: [_, divisor] } = func.dfg.insts[inst] else {
        return false;
    };
    let made = |value: Value| Some(func.dfg.insts[func.dfg.value_def(value).inst()?]);
    let Some(InstructionData::Ternary { opcode: Opcode::Select, args: [traps, one, by] }) = made(divisor)
    else {
        return false;
    };
    let Some(InstructionData::IntCompare { cond: IntCC::UnsignedLessThan, args: [above, two], .. }) =
        made(traps)
    else {
        return false;
    };
    let Some(InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] }) = made(above) else {
        return false;
    };
    constant(func, one) == Some(1)
        && constant(func, two) == Some(2)
        && (a == by && constant(func, b) == Some(1) || b == by && constant(func, a) == Some(1))
}

/// Constants do not count: they are made again wherever they are needed.
fn has_no_operand_in(func: &Function, inst: Inst, blocks: &[Block]) -> bool {
    func.dfg.inst_args(inst).iter().all(|value| {
        constant_inst(func, *value).is_some()
            || home(func, *value).is_some_and(|block| !blocks.contains(&block))
    })
}

/// Copies the constants that an instruction reads to the place it moves to.
fn bring_constants(func: &mut Function, inst: Inst, blocks: &[Block], before: Inst) {
    let args = func.dfg.inst_args(inst).to_vec();
    for (place, value) in args.into_iter().enumerate() {
        let is_inside = home(func, value).is_some_and(|block| blocks.contains(&block));
        if let Some(made) = constant_inst(func, value).filter(|_| is_inside) {
            let copy = func.dfg.clone_inst(made);
            func.layout.insert_inst(copy, before);
            let result = func.dfg.first_result(copy);
            func.dfg.inst_args_mut(inst)[place] = result;
        }
    }
}
