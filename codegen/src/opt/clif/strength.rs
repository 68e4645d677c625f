//! Cheaper operations with the very same results: twice a float is a sum, a division by a power of two is a
//! multiplication, and a few small multiples of an integer are addresses.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};

use super::{constant, float_constant};

pub(super) fn run(func: &mut Function) -> usize {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let insts: Vec<Inst> = blocks.into_iter().flat_map(|block| func.layout.block_insts(block)).collect();
    insts.into_iter().filter(|inst| replace(func, *inst)).count()
}

fn replace(func: &mut Function, inst: Inst) -> bool {
    let InstructionData::Binary { opcode, args: [a, b] } = func.dfg.insts[inst] else { return false };
    match func.dfg.value_type(a) {
        types::F64 => replace_float(func, inst, opcode, [a, b]),
        types::I64 => replace_int(func, inst, opcode, [a, b]),
        _ => false,
    }
}

/// Three, five and nine times an integer are what an address can be.
fn replace_int(func: &mut Function, inst: Inst, opcode: Opcode, [a, b]: [Value; 2]) -> bool {
    let (Opcode::Imul, Some(by)) = (opcode, constant(func, b)) else { return false };
    let shift = match by {
        3 => 1,
        5 => 2,
        9 => 3,
        _ => return false,
    };
    let multiple = FuncCursor::new(func).at_inst(inst).ins().ishl_imm_u(a, shift);
    func.dfg.insts[inst] = InstructionData::Binary { opcode: Opcode::Iadd, args: [a, multiple] };
    true
}

fn replace_float(func: &mut Function, inst: Inst, opcode: Opcode, [a, b]: [Value; 2]) -> bool {
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
