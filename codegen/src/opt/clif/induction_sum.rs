//! Sums that a formula gives: of the counter, or of what the loop does not change. All rounds but the last are
//! skipped; the last sets what the loop leaves behind.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, Function, InstBuilder, InstructionData, Opcode, Value, types};

use super::counted::{Affine, Counted, at_end};

pub(super) fn run(func: &mut Function, counted: &Counted) -> bool {
    let effects = counted.insts(func).into_iter().any(|inst| {
        let opcode = func.dfg.insts[inst].opcode();
        opcode.can_load()
            || opcode.can_store()
            || opcode.is_call()
            || opcode.can_trap()
            || opcode.other_side_effects()
    });
    if effects {
        return false;
    }
    let mut sums = Vec::new();
    for (place, param) in counted.params.iter().enumerate() {
        if place == counted.index {
            sums.push(None);
            continue;
        }
        let Some(sum) = summand(func, counted, *param, counted.next[place]) else { return false };
        sums.push(sum);
    }
    rewrite(func, counted, &sums);
    true
}

/// What is added to a parameter each round; `Some(None)` where it is replaced by what does not depend on it.
fn summand(func: &Function, counted: &Counted, param: Value, next: Value) -> Option<Option<Affine>> {
    if !is_read(func, counted, param) {
        return Some(None);
    }
    let inst = func.dfg.value_def(next).inst()?;
    let InstructionData::Binary { opcode: Opcode::Iadd, args } = func.dfg.insts[inst] else { return None };
    let other = if args[0] == param { args[1] } else { args[0] };
    let readers = counted.insts(func).into_iter().filter(|inst| func.dfg.inst_args(*inst).contains(&param));
    let passed = counted.next.iter().filter(|value| **value == param).count();
    if !args.contains(&param)
        || other == param
        || func.dfg.value_type(param) != types::I64
        || readers.count() != 1
        || passed != 0
    {
        return None;
    }
    counted.affine(func, other).map(Some)
}

/// Whether the loop reads a parameter other than to pass it on.
fn is_read(func: &Function, counted: &Counted, param: Value) -> bool {
    counted.next.contains(&param)
        || counted.insts(func).into_iter().any(|inst| func.dfg.inst_args(inst).contains(&param))
}

fn rewrite(func: &mut Function, counted: &Counted, sums: &[Option<Affine>]) {
    let guard = counted.guard(func);
    let skip = func.dfg.make_block();
    func.layout.insert_block_after(skip, guard);
    let given = func.dfg.block_params(guard).to_vec();
    let first = given[counted.index];
    let plain: Vec<BlockArg> = given.iter().copied().map(BlockArg::Value).collect();
    let mut cursor = at_end(func, guard);
    let trip = cursor.ins().isub(counted.stop, first);
    let some = cursor.ins().icmp(IntCC::SignedLessThan, first, counted.stop);
    let zero = cursor.ins().iconst(types::I64, 0);
    let fits = cursor.ins().icmp(IntCC::SignedGreaterThan, trip, zero);
    let both = cursor.ins().band(some, fits);
    cursor.ins().brif(both, skip, &[], counted.header, &plain);
    let mut cursor = at_end(func, skip);
    let one = cursor.ins().iconst(types::I64, 1);
    let rounds = cursor.ins().isub(trip, one);
    let last = cursor.ins().iadd(first, rounds);
    // 0 + 1 + .. + (rounds - 1): the even factor is halved, so that wrapping around is exact.
    let less = cursor.ins().isub(rounds, one);
    let odd = cursor.ins().band(rounds, one);
    let even_half = cursor.ins().ushr(rounds, one);
    let odd_half = cursor.ins().ushr(less, one);
    let (even, uneven) = (cursor.ins().imul(even_half, less), cursor.ins().imul(rounds, odd_half));
    let triangle = cursor.ins().select(odd, uneven, even);
    let firsts = cursor.ins().imul(first, rounds);
    let counters = cursor.ins().iadd(firsts, triangle);
    let mut args = Vec::new();
    for (place, value) in given.iter().enumerate() {
        let value = match &sums[place] {
            _ if place == counted.index => last,
            None => *value,
            Some(sum) => {
                let scale = cursor.ins().iconst(types::I64, sum.scale);
                let offset = cursor.ins().iconst(types::I64, sum.offset);
                let scaled = cursor.ins().imul(counters, scale);
                let each = match sum.base(&mut cursor) {
                    Some(base) => cursor.ins().iadd(base, offset),
                    None => offset,
                };
                let flat = cursor.ins().imul(each, rounds);
                let total = cursor.ins().iadd(scaled, flat);
                cursor.ins().iadd(*value, total)
            }
        };
        args.push(BlockArg::Value(value));
    }
    cursor.ins().jump(counted.header, &args);
}
