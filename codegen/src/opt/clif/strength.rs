//! Cheaper operations with the very same results: twice a float is a sum, and a division by a power of two is a
//! multiplication.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, types};

use super::float_constant;

pub(super) fn run(func: &mut Function) -> usize {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let insts: Vec<Inst> = blocks.into_iter().flat_map(|block| func.layout.block_insts(block)).collect();
    insts.into_iter().filter(|inst| replace(func, *inst)).count()
}

fn replace(func: &mut Function, inst: Inst) -> bool {
    let InstructionData::Binary { opcode, args: [a, b] } = func.dfg.insts[inst] else { return false };
    if func.dfg.value_type(a) != types::F64 {
        return false;
    }
    let constants = [a, b].map(|value| float_constant(func, value));
    let (opcode, args) = match (opcode, constants) {
        (Opcode::Fmul, [Some(2.0), None]) => (Opcode::Fadd, [b, b]),
        (Opcode::Fmul, [None, Some(2.0)]) => (Opcode::Fadd, [a, a]),
        (Opcode::Fdiv, [None, Some(by)]) if has_exact_inverse(by) => {
            let inverse = FuncCursor::new(func).at_inst(inst).ins().f64const(1.0 / by);
            (Opcode::Fmul, [a, inverse])
        }
        _ => return false,
    };
    func.dfg.insts[inst] = InstructionData::Binary { opcode, args };
    true
}

/// Whether it is a power of two, as is its inverse.
fn has_exact_inverse(x: f64) -> bool {
    x.is_normal() && (1.0 / x).is_normal() && x.to_bits() & ((1 << 52) - 1) == 0
}
