//! Keeps in a register what one round of a loop stores and the next one loads: `row[j + 1] = f(row[j])`. A minimum or
//! maximum of several values then takes the one that the last round made at the end, so that only it is waited for.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    BlockArg, Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode, StackSlotData,
    StackSlotKind, Value, ValueDef, types,
};

use super::counted::{Affine, Counted, at_end};

/// The only store of a loop, and a load of what it stored one round before.
struct Pair {
    load: Inst,
    at: Affine,
    stored: Value,
}

pub(super) fn run(func: &mut Function, counted: &Counted) -> bool {
    let Some(pair) = find(func, counted) else { return false };
    let carried = carry(func, counted, &pair);
    reassociate(func, counted, carried, pair.stored);
    true
}

fn find(func: &Function, counted: &Counted) -> Option<Pair> {
    let mut loads = Vec::new();
    let mut store = None;
    for inst in counted.insts(func) {
        match func.dfg.insts[inst] {
            InstructionData::Load { opcode: Opcode::Load, arg, offset, .. } => {
                loads.push((inst, arg, i64::from(offset), store.is_some()));
            }
            InstructionData::Store { opcode: Opcode::Store, args, offset, .. } if store.is_none() => {
                store = Some((args[0], args[1], i64::from(offset)));
            }
            _ => {
                let opcode = func.dfg.insts[inst].opcode();
                if opcode.is_call() || opcode.can_store() || opcode.other_side_effects() {
                    return None;
                }
            }
        }
    }
    let (stored, address, displacement) = store?;
    let ty = func.dfg.value_type(stored);
    let to = counted.affine(func, address)?;
    if to.terms.is_empty() || to.scale < i64::from(ty.bytes()) || counted.is_invariant(func, stored) {
        return None;
    }
    loads.into_iter().find_map(|(load, address, own, late)| {
        let at = counted.affine(func, address)?;
        let same = at.terms == to.terms
            && at.scale == to.scale
            && at.offset + own + at.scale == to.offset + displacement
            && func.dfg.value_type(func.dfg.first_result(load)) == ty
            && !late;
        let at = Affine { offset: at.offset + own, ..at };
        same.then_some(Pair { load, at, stored })
    })
}

/// Makes the loaded value a parameter of the loop. The first one is loaded in front of it, if there is a first round.
fn carry(func: &mut Function, counted: &Counted, pair: &Pair) -> Value {
    let loaded = func.dfg.first_result(pair.load);
    let ty = func.dfg.value_type(loaded);
    let slot = func.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 16, 4));
    let guard = counted.guard(func);
    let given = func.dfg.block_params(guard).to_vec();
    let first = given[counted.index];
    let mut cursor = at_end(func, guard);
    let base = pair.at.base(&mut cursor).expect("an address has a base");
    let scale = cursor.ins().iconst(types::I64, pair.at.scale);
    let offset = cursor.ins().iconst(types::I64, pair.at.offset);
    let scaled = cursor.ins().imul(first, scale);
    let address = cursor.ins().iadd(base, scaled);
    let address = cursor.ins().iadd(address, offset);
    let nowhere = cursor.ins().stack_addr(types::I64, slot, 0);
    let some = cursor.ins().icmp(IntCC::SignedLessThan, first, counted.stop);
    let address = cursor.ins().select(some, address, nowhere);
    let start = cursor.ins().load(ty, MemFlagsData::new().with_notrap(), address, 0);
    let mut args: Vec<BlockArg> = given.into_iter().map(BlockArg::Value).collect();
    args.push(BlockArg::Value(start));
    cursor.ins().jump(counted.header, &args);
    func.layout.remove_inst(pair.load);
    func.dfg.clear_results(pair.load);
    let carried = func.dfg.append_block_param(counted.header, ty);
    func.dfg.change_to_alias(loaded, carried);
    if let Some(last) = counted.blocks.last().and_then(|block| func.layout.last_inst(*block)) {
        let dfg = &mut func.dfg;
        if let InstructionData::Jump { destination, .. } = &mut dfg.insts[last] {
            destination.append_argument(pair.stored, &mut dfg.value_lists);
        }
    }
    carried
}

/// `min(x, min(carried, y))` becomes `min(carried, min(x, y))`.
fn reassociate(func: &mut Function, counted: &Counted, carried: Value, stored: Value) {
    let Some((outer, opcode, args)) = extremum(func, stored) else { return };
    for (inner, rest) in [(args[0], args[1]), (args[1], args[0])] {
        let Some((_, own, parts)) = extremum(func, inner) else { continue };
        if own != opcode || depends(func, counted, rest, carried, 16) || uses(func, counted, inner) != 1 {
            continue;
        }
        for (late, early) in [(parts[0], parts[1]), (parts[1], parts[0])] {
            if depends(func, counted, late, carried, 16) && !depends(func, counted, early, carried, 16) {
                let mut cursor = FuncCursor::new(func).at_inst(outer);
                let first = match opcode {
                    Opcode::Smin => cursor.ins().smin(rest, early),
                    Opcode::Smax => cursor.ins().smax(rest, early),
                    Opcode::Umin => cursor.ins().umin(rest, early),
                    _ => cursor.ins().umax(rest, early),
                };
                if let InstructionData::Binary { args, .. } = &mut func.dfg.insts[outer] {
                    *args = [late, first];
                }
                return;
            }
        }
    }
}

fn extremum(func: &Function, value: Value) -> Option<(Inst, Opcode, [Value; 2])> {
    let inst = func.dfg.value_def(func.dfg.resolve_aliases(value)).inst()?;
    match func.dfg.insts[inst] {
        InstructionData::Binary { opcode, args }
            if matches!(opcode, Opcode::Smin | Opcode::Smax | Opcode::Umin | Opcode::Umax) =>
        {
            Some((inst, opcode, args))
        }
        _ => None,
    }
}

fn uses(func: &Function, counted: &Counted, value: Value) -> usize {
    let value = func.dfg.resolve_aliases(value);
    let args = |inst: &Inst| func.dfg.inst_args(*inst).to_vec();
    let all = counted.insts(func).iter().flat_map(args).collect::<Vec<_>>();
    all.into_iter().filter(|arg| func.dfg.resolve_aliases(*arg) == value).count()
}

/// Whether a value is made from the carried one within the round; beyond a depth it is taken to be.
fn depends(func: &Function, counted: &Counted, value: Value, carried: Value, depth: u32) -> bool {
    let value = func.dfg.resolve_aliases(value);
    if value == carried {
        return true;
    }
    match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) if !counted.is_invariant(func, value) => {
            depth == 0
                || func
                    .dfg
                    .inst_args(inst)
                    .to_vec()
                    .iter()
                    .any(|arg| depends(func, counted, *arg, carried, depth - 1))
        }
        _ => false,
    }
}
