//! 128-bit vectors for innermost counted loops over elements that lie side by side, four vectors in a round. Where
//! arrays may overlap, the loop asks first. The loop that was there takes the rest: at least one round, if something
//! that it sets is read after it.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, types,
};
use rustc_hash::FxHashMap;

use super::counted::{Affine, Counted, at_end};
use super::home;

/// Vectors in a round.
const UNROLL: i64 = 4;
/// More pairs of arrays than these are not compared before a loop.
const MOST_CHECKS: usize = 12;

/// Where an instruction loads or stores.
struct Access {
    inst: Inst,
    at: Affine,
    /// The displacement that the instruction adds.
    offset: i32,
    store: bool,
}

struct Plan {
    lane: Type,
    accesses: Vec<Access>,
    /// The instructions that become vector instructions, in order.
    steps: Vec<Inst>,
    /// By parameter: the operation and the operand added each round.
    sums: Vec<Option<(Opcode, Value)>>,
}

pub(super) fn run(func: &mut Function, counted: &Counted, reorder: bool) -> bool {
    let Some(plan) = plan(func, counted, reorder) else { return false };
    let Some(checks) = pairs(&plan) else { return false };
    emit(func, counted, &plan, &checks);
    true
}

fn plan(func: &Function, counted: &Counted, reorder: bool) -> Option<Plan> {
    let insts = counted.insts(func);
    let accesses = accesses(func, counted, &insts)?;
    let lane = func.dfg.value_type(accessed(func, accesses.first()?.inst));
    if !matches!(lane, types::F64 | types::F32 | types::I64 | types::I32) {
        return None;
    }
    let even = |access: &Access| {
        func.dfg.value_type(accessed(func, access.inst)) == lane && access.at.scale == i64::from(lane.bytes())
    };
    if !accesses.iter().all(even) {
        return None;
    }
    let mut plan = Plan { lane, accesses, steps: Vec::new(), sums: vec![None; counted.params.len()] };
    let mut vectors: Vec<Value> = Vec::new();
    let adders = find_sums(func, counted, &insts, &mut plan, reorder)?;
    for inst in insts {
        let opcode = func.dfg.insts[inst].opcode();
        if opcode.can_load() {
            vectors.push(func.dfg.first_result(inst));
            plan.steps.push(inst);
        } else if opcode.can_store() {
            let value = accessed(func, inst);
            if !vectors.contains(&value) && !is_splat(func, counted, value) {
                return None;
            }
            plan.steps.push(inst);
        } else if adders.contains(&inst) {
            plan.steps.push(inst);
        } else if func.dfg.inst_args(inst).iter().any(|arg| vectors.contains(arg)) {
            let fits = func.dfg.value_type(func.dfg.first_result(inst)) == lane && is_lanewise(opcode);
            let ready = |arg: &Value| vectors.contains(arg) || is_splat(func, counted, *arg);
            if !fits || !func.dfg.inst_args(inst).iter().all(ready) {
                return None;
            }
            vectors.push(func.dfg.first_result(inst));
            plan.steps.push(inst);
        } else if opcode.is_call() || opcode.can_trap() || opcode.other_side_effects() {
            return None;
        }
    }
    let summed = plan.sums.iter().flatten().all(|(_, operand)| vectors.contains(operand));
    summed.then_some(plan)
}

/// The value that is loaded or stored.
fn accessed(func: &Function, inst: Inst) -> Value {
    match func.dfg.insts[inst] {
        InstructionData::Store { args, .. } => args[0],
        _ => func.dfg.first_result(inst),
    }
}

fn accesses(func: &Function, counted: &Counted, insts: &[Inst]) -> Option<Vec<Access>> {
    let mut found = Vec::new();
    for inst in insts {
        let opcode = func.dfg.insts[*inst].opcode();
        if !opcode.can_load() && !opcode.can_store() {
            continue;
        }
        let (address, offset, store) = match func.dfg.insts[*inst] {
            InstructionData::Load { opcode: Opcode::Load, arg, offset, .. } => (arg, offset, false),
            InstructionData::Store { opcode: Opcode::Store, args, offset, .. } => (args[1], offset, true),
            _ => return None,
        };
        let at = counted.affine(func, address)?;
        if at.terms.is_empty() || i32::try_from(at.offset).is_err() {
            return None;
        }
        found.push(Access { inst: *inst, at, offset: offset.into(), store });
    }
    Some(found)
}

/// Finds the parameters that a sum of vectors goes into. The others must not be read in the loop.
fn find_sums(
    func: &Function,
    counted: &Counted,
    insts: &[Inst],
    plan: &mut Plan,
    reorder: bool,
) -> Option<Vec<Inst>> {
    let mut adders = Vec::new();
    for (place, param) in counted.params.iter().enumerate() {
        let readers: Vec<Inst> =
            insts.iter().copied().filter(|inst| func.dfg.inst_args(*inst).contains(param)).collect();
        if place == counted.index || (readers.is_empty() && !counted.next.contains(param)) {
            continue;
        }
        let [adder] = readers.as_slice() else { return None };
        let InstructionData::Binary { opcode, args } = func.dfg.insts[*adder] else { return None };
        let sum = func.dfg.first_result(*adder);
        let free = matches!(opcode, Opcode::Iadd) || (reorder && opcode == Opcode::Fadd);
        let inner = insts.iter().any(|inst| func.dfg.inst_args(*inst).contains(&sum));
        if !free
            || inner
            || counted.next[place] != sum
            || counted.next.contains(param)
            || func.dfg.value_type(*param) != plan.lane
            || args[0] == args[1]
        {
            return None;
        }
        plan.sums[place] = Some((opcode, if args[0] == *param { args[1] } else { args[0] }));
        adders.push(*adder);
    }
    Some(adders)
}

fn is_lanewise(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, Fadd | Fsub | Fmul | Fdiv | Fneg | Fabs | Sqrt | Iadd | Isub | Band | Bor | Bxor | Bnot)
}

/// Whether a value is the same for all lanes: invariant, or a constant.
fn is_splat(func: &Function, counted: &Counted, value: Value) -> bool {
    counted.is_invariant(func, value) || constant_inst(func, value).is_some()
}

fn constant_inst(func: &Function, value: Value) -> Option<Inst> {
    let inst = func.dfg.value_def(value).inst()?;
    matches!(func.dfg.insts[inst].opcode(), Opcode::Iconst | Opcode::F64const | Opcode::F32const)
        .then_some(inst)
}

/// The accesses that must not overlap; `None` where they are known to.
fn pairs(plan: &Plan) -> Option<Vec<(usize, usize)>> {
    let mut checks: Vec<(usize, usize)> = Vec::new();
    let displacement = |access: &Access| access.at.offset + i64::from(access.offset);
    for (a, store) in plan.accesses.iter().enumerate().filter(|(_, access)| access.store) {
        for (b, other) in plan.accesses.iter().enumerate() {
            if a == b || (other.store && b < a) {
                continue;
            }
            if store.at.terms == other.at.terms {
                if displacement(store) != displacement(other) {
                    return None;
                }
                continue;
            }
            checks.push((a, b));
        }
    }
    (checks.len() <= MOST_CHECKS).then_some(checks)
}

fn emit(func: &mut Function, counted: &Counted, plan: &Plan, checks: &[(usize, usize)]) {
    let lane_bytes = i64::from(plan.lane.bytes());
    let vector = plan.lane.by(16 / plan.lane.bytes()).expect("a lane has a vector of 16 bytes");
    let lanes = i64::from(vector.lane_count());
    let round = lanes * UNROLL;
    let guard = counted.guard(func);
    let [setup, body, after] = [(); 3].map(|()| func.dfg.make_block());
    func.layout.insert_block_after(setup, guard);
    func.layout.insert_block_after(body, setup);
    func.layout.insert_block_after(after, body);
    let given = func.dfg.block_params(guard).to_vec();
    let plain: Vec<BlockArg> = given.iter().copied().map(BlockArg::Value).collect();
    let first = given[counted.index];

    let mut cursor = at_end(func, guard);
    let trip = cursor.ins().isub(counted.stop, first);
    let some = cursor.ins().icmp(IntCC::SignedLessThan, first, counted.stop);
    let needs_last = (0..counted.params.len()).any(|place| {
        place != counted.index
            && plan.sums[place].is_none()
            && cursor.func.dfg.resolve_aliases(counted.next[place]) != counted.params[place]
    });
    let least = cursor.ins().iconst(types::I64, if needs_last { round } else { round - 1 });
    let enough = cursor.ins().icmp(IntCC::SignedGreaterThan, trip, least);
    let both = cursor.ins().band(some, enough);
    cursor.ins().brif(both, setup, &[], counted.header, &plain);

    let mut cursor = at_end(func, setup);
    let bases = bases(&mut cursor, plan);
    let apart = disjoint(&mut cursor, plan, checks, &bases, trip, lane_bytes);
    let mask = cursor.ins().iconst(types::I64, -round);
    let most = if needs_last { cursor.ins().iadd_imm_s(trip, -1) } else { trip };
    let whole = cursor.ins().band(most, mask);
    let end = cursor.ins().iadd(first, whole);
    let splats = splats(&mut cursor, counted, plan, vector);
    let mut starts = vec![BlockArg::Value(first)];
    for _ in plan.sums.iter().flatten() {
        for _ in 0..UNROLL {
            let zero = zero(&mut cursor, vector);
            starts.push(BlockArg::Value(zero));
        }
    }
    match apart {
        Some(apart) => cursor.ins().brif(apart, body, &starts, counted.header, &plain),
        None => cursor.ins().jump(body, &starts),
    };

    let sums = vector_loop(func, plan, body, after, (vector, lanes, round), end, &bases, &splats);
    let mut cursor = at_end(func, after);
    let mut args = given.clone();
    args[counted.index] = end;
    let mut sums = sums.into_iter();
    for (place, sum) in plan.sums.iter().enumerate() {
        let Some((opcode, _)) = sum else { continue };
        let parts: Vec<Value> = sums.by_ref().take(UNROLL as usize).collect();
        args[place] = fold(&mut cursor, *opcode, &parts, args[place], lanes as u8);
    }
    let args: Vec<BlockArg> = args.into_iter().map(BlockArg::Value).collect();
    cursor.ins().jump(counted.header, &args);
}

/// Emits the loop and gives the final accumulators.
#[expect(clippy::too_many_arguments, reason = "the values that the parts of one loop share")]
fn vector_loop(
    func: &mut Function,
    plan: &Plan,
    body: Block,
    after: Block,
    (vector, lanes, round): (Type, i64, i64),
    end: Value,
    bases: &[Value],
    splats: &FxHashMap<Value, Value>,
) -> Vec<Value> {
    let at = func.dfg.append_block_param(body, types::I64);
    let n_sums = plan.sums.iter().flatten().count() * UNROLL as usize;
    let mut sums: Vec<Value> = (0..n_sums).map(|_| func.dfg.append_block_param(body, vector)).collect();
    let data: Vec<InstructionData> = plan.steps.iter().map(|inst| func.dfg.insts[*inst]).collect();
    let results: Vec<Option<Value>> =
        plan.steps.iter().map(|inst| func.dfg.inst_results(*inst).first().copied()).collect();
    let mut cursor = at_end(func, body);
    let shift = cursor.ins().iconst(types::I64, i64::from(plan.lane.bytes().trailing_zeros()));
    let offset = cursor.ins().ishl(at, shift);
    let mut addresses: FxHashMap<Value, Value> = FxHashMap::default();
    for base in bases {
        if !addresses.contains_key(base) {
            let address = cursor.ins().iadd(*base, offset);
            addresses.insert(*base, address);
        }
    }
    let flags = MemFlagsData::new().with_notrap();
    for copy in 0..UNROLL {
        let mut values = splats.clone();
        let shifted = (copy * lanes * i64::from(plan.lane.bytes())) as i32;
        for (step, (data, result)) in data.iter().zip(&results).enumerate() {
            let inst = plan.steps[step];
            if let Some(access) = plan.accesses.iter().position(|access| access.inst == inst) {
                let address = addresses[&bases[access]];
                let own = &plan.accesses[access];
                let at = own.at.offset as i32 + own.offset + shifted;
                match (own.store, data, result) {
                    (true, InstructionData::Store { args, .. }, _) => {
                        cursor.ins().store(flags, values[&args[0]], address, at);
                    }
                    (_, _, Some(result)) => {
                        let loaded = cursor.ins().load(vector, flags, address, at);
                        values.insert(*result, loaded);
                    }
                    _ => {}
                }
                continue;
            }
            let Some(result) = result else { continue };
            let sum = plan.sums.iter().flatten().position(|(_, operand)| is_sum(data, *operand, &values));
            let made = match (data, sum) {
                (InstructionData::Binary { opcode, args }, Some(sum)) if !known(args, &values) => {
                    let (opcode, operand) = (*opcode, plan.sums.iter().flatten().nth(sum).map(|sum| sum.1));
                    let slot = sum * UNROLL as usize + copy as usize;
                    let operand = operand.map_or(sums[slot], |operand| values[&operand]);
                    sums[slot] = binary(&mut cursor, opcode, sums[slot], operand);
                    continue;
                }
                (InstructionData::Binary { opcode, args }, _) => {
                    binary(&mut cursor, *opcode, values[&args[0]], values[&args[1]])
                }
                (InstructionData::Unary { opcode, arg }, _) => unary(&mut cursor, *opcode, values[arg]),
                _ => continue,
            };
            values.insert(*result, made);
        }
    }
    let step = cursor.ins().iconst(types::I64, round);
    let next = cursor.ins().iadd(at, step);
    let more = cursor.ins().icmp(IntCC::SignedLessThan, next, end);
    let mut args = vec![BlockArg::Value(next)];
    args.extend(sums.iter().copied().map(BlockArg::Value));
    cursor.ins().brif(more, body, &args, after, &[]);
    sums
}

fn known(args: &[Value; 2], values: &FxHashMap<Value, Value>) -> bool {
    args.iter().all(|arg| values.contains_key(arg))
}

/// Whether an addition is that of an accumulator, which has no vector of its own, and this operand.
fn is_sum(data: &InstructionData, operand: Value, values: &FxHashMap<Value, Value>) -> bool {
    matches!(data, InstructionData::Binary { args, .. } if args.contains(&operand) && !known(args, values))
}

/// The machine reads the right operand of a vector instruction from memory, not the left one.
fn binary(cursor: &mut FuncCursor<'_>, opcode: Opcode, a: Value, b: Value) -> Value {
    let loaded = |value| {
        let inst = cursor.func.dfg.value_def(value).inst();
        inst.is_some_and(|inst| cursor.func.dfg.insts[inst].opcode().can_load())
    };
    let swaps = matches!(opcode, Opcode::Fadd | Opcode::Fmul | Opcode::Iadd) && loaded(a) && !loaded(b);
    let (a, b) = if swaps { (b, a) } else { (a, b) };
    match opcode {
        Opcode::Fadd => cursor.ins().fadd(a, b),
        Opcode::Fsub => cursor.ins().fsub(a, b),
        Opcode::Fmul => cursor.ins().fmul(a, b),
        Opcode::Fdiv => cursor.ins().fdiv(a, b),
        Opcode::Isub => cursor.ins().isub(a, b),
        Opcode::Band => cursor.ins().band(a, b),
        Opcode::Bor => cursor.ins().bor(a, b),
        Opcode::Bxor => cursor.ins().bxor(a, b),
        _ => cursor.ins().iadd(a, b),
    }
}

fn unary(cursor: &mut FuncCursor<'_>, opcode: Opcode, a: Value) -> Value {
    match opcode {
        Opcode::Fneg => cursor.ins().fneg(a),
        Opcode::Fabs => cursor.ins().fabs(a),
        Opcode::Sqrt => cursor.ins().sqrt(a),
        _ => cursor.ins().bnot(a),
    }
}

/// For each access, the part of its address that the loop does not change; equal ones are one value.
fn bases(cursor: &mut FuncCursor<'_>, plan: &Plan) -> Vec<Value> {
    let mut made: Vec<(Vec<Value>, Value)> = Vec::new();
    let mut bases = Vec::new();
    for access in &plan.accesses {
        let seen = made.iter().find(|(terms, _)| *terms == access.at.terms).map(|(_, base)| *base);
        let base = seen.or_else(|| access.at.base(cursor)).expect("an address has a base");
        made.push((access.at.terms.clone(), base));
        bases.push(base);
    }
    bases
}

/// Whether what is stored is either the same memory, element for element, or none of what else is touched.
fn disjoint(
    cursor: &mut FuncCursor<'_>,
    plan: &Plan,
    checks: &[(usize, usize)],
    bases: &[Value],
    trip: Value,
    lane_bytes: i64,
) -> Option<Value> {
    let bytes = cursor.ins().iconst(types::I64, lane_bytes);
    let span = cursor.ins().imul(trip, bytes);
    let mut all: Option<Value> = None;
    for (a, b) in checks {
        let displacement = |access: &Access| access.at.offset + i64::from(access.offset);
        let apart = displacement(&plan.accesses[*a]) - displacement(&plan.accesses[*b]);
        let diff = cursor.ins().isub(bases[*a], bases[*b]);
        let more = cursor.ins().iconst(types::I64, apart);
        let diff = cursor.ins().iadd(diff, more);
        let far = cursor.ins().iabs(diff);
        let far = cursor.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, far, span);
        let zero = cursor.ins().iconst(types::I64, 0);
        let same = cursor.ins().icmp(IntCC::Equal, diff, zero);
        let fine = cursor.ins().bor(far, same);
        all = Some(match all {
            Some(all) => cursor.ins().band(all, fine),
            None => fine,
        });
    }
    all
}

/// Vectors of the scalars that the loop reads but does not make.
fn splats(
    cursor: &mut FuncCursor<'_>,
    counted: &Counted,
    plan: &Plan,
    vector: Type,
) -> FxHashMap<Value, Value> {
    let mut splats = FxHashMap::default();
    for inst in &plan.steps {
        let data = cursor.func.dfg.insts[*inst];
        let read = match data {
            InstructionData::Store { args, .. } => vec![args[0]],
            InstructionData::Binary { args, .. } => args.to_vec(),
            InstructionData::Unary { arg, .. } => vec![arg],
            _ => Vec::new(),
        };
        for value in read {
            if splats.contains_key(&value) {
                continue;
            }
            let inside = home(cursor.func, value).is_none_or(|block| counted.blocks.contains(&block));
            let scalar = match constant_inst(cursor.func, value) {
                Some(def) => {
                    let copy = cursor.func.dfg.clone_inst(def);
                    cursor.insert_inst(copy);
                    cursor.func.dfg.first_result(copy)
                }
                None if inside => continue,
                None => value,
            };
            let wide = cursor.ins().splat(vector, scalar);
            splats.insert(value, wide);
        }
    }
    splats
}

fn zero(cursor: &mut FuncCursor<'_>, vector: Type) -> Value {
    let scalar = match vector.lane_type() {
        types::F64 => cursor.ins().f64const(0.0),
        types::F32 => cursor.ins().f32const(0.0),
        lane => cursor.ins().iconst(lane, 0),
    };
    cursor.ins().splat(vector, scalar)
}

/// Adds all lanes of all accumulators to a scalar.
fn fold(cursor: &mut FuncCursor<'_>, opcode: Opcode, parts: &[Value], start: Value, lanes: u8) -> Value {
    let mut total = parts[0];
    for part in &parts[1..] {
        total = binary(cursor, opcode, total, *part);
    }
    let mut sum = start;
    for lane in 0..lanes {
        let part = cursor.ins().extractlane(total, lane);
        sum = binary(cursor, opcode, sum, part);
    }
    sum
}
