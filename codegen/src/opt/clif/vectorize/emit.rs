//! The loop of vectors: a guard that asks whether it may run, its body, and the end that hands over to the loop that
//! was there.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Endianness, Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode,
    StackSlot, StackSlotData, StackSlotKind, Type, Value, types,
};
use rustc_hash::FxHashMap;

use super::super::counted::{Counted, at_end};
use super::super::{constant_inst, home};
use super::{Plan, Row, Step, Sum};

/// Vectors in a round.
const UNROLL: usize = 4;

/// By scalar: its vector.
type Vectors = FxHashMap<Value, Value>;

pub(super) fn emit(func: &mut Function, counted: &Counted, plan: &Plan, checks: &[(usize, usize)]) {
    let vector = plan.lane.by(16 / plan.lane.bytes()).expect("a lane has a vector of 16 bytes");
    let round = i64::from(vector.lane_count()) * UNROLL as i64;
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
    let apart = disjoint(&mut cursor, plan, checks, &bases, [first, trip]);
    let mask = cursor.ins().iconst(types::I64, -round);
    let most = if needs_last { cursor.ins().iadd_imm_s(trip, -1) } else { trip };
    let whole = cursor.ins().band(most, mask);
    let end = cursor.ins().iadd(first, whole);
    let mut splats = splats(&mut cursor, counted, plan, vector);
    fixed(&mut cursor, plan, &bases, vector, &mut splats);
    let mut starts = vec![BlockArg::Value(first)];
    let mut accumulators = Vec::new();
    for (place, sum) in plan.sums.iter().enumerate() {
        let Some(sum) = sum else { continue };
        let (count, ty, start) = match sum {
            Sum::Free(..) => (UNROLL, vector, zero(&mut cursor, vector)),
            Sum::InOrder(_) => (1, plan.lane, given[place]),
            Sum::Count(_) => (1, types::I64, given[place]),
        };
        starts.extend(std::iter::repeat_n(BlockArg::Value(start), count));
        accumulators.push((place, ty, count));
    }
    match apart {
        Some(apart) => cursor.ins().brif(apart, body, &starts, counted.header, &plain),
        None => cursor.ins().jump(body, &starts),
    };

    let at = func.dfg.append_block_param(body, types::I64);
    let mut sums: FxHashMap<usize, Vec<Value>> = FxHashMap::default();
    for (place, ty, count) in &accumulators {
        let params = (0..*count).map(|_| func.dfg.append_block_param(body, *ty)).collect();
        sums.insert(*place, params);
    }
    let values = vec![splats; UNROLL];
    let addresses = FxHashMap::default();
    let slots = None;
    let mut rounds = Rounds { func, plan, body, vector, bases, values, addresses, sums, slots };
    rounds.fill(at);
    let sums = rounds.sums;

    let mut cursor = at_end(func, body);
    let step = cursor.ins().iconst(types::I64, round);
    let next = cursor.ins().iadd(at, step);
    let more = cursor.ins().icmp(IntCC::SignedLessThan, next, end);
    let mut nexts = vec![BlockArg::Value(next)];
    nexts
        .extend(accumulators.iter().flat_map(|(place, ..)| sums[place].iter().copied()).map(BlockArg::Value));
    cursor.ins().brif(more, body, &nexts, after, &[]);

    let mut cursor = at_end(func, after);
    let mut args = given.clone();
    args[counted.index] = end;
    for (place, ..) in &accumulators {
        let parts = &sums[place];
        args[*place] = match plan.sums[*place] {
            Some(Sum::Free(opcode, _)) => fold(&mut cursor, opcode, parts, args[*place], vector),
            _ => parts[0],
        };
    }
    let args: Vec<BlockArg> = args.into_iter().map(BlockArg::Value).collect();
    cursor.ins().jump(counted.header, &args);
}

/// The body while it is filled.
struct Rounds<'a> {
    func: &'a mut Function,
    plan: &'a Plan,
    body: Block,
    vector: Type,
    bases: Vec<Value>,
    /// By vector of the round.
    values: Vec<Vectors>,
    /// By base: where this round is.
    addresses: FxHashMap<Value, Value>,
    sums: FxHashMap<usize, Vec<Value>>,
    /// Where functions of floats find their arguments and leave their results.
    slots: Option<[StackSlot; 2]>,
}

impl Rounds<'_> {
    fn ins(&mut self) -> FuncCursor<'_> {
        at_end(self.func, self.body)
    }

    fn fill(&mut self, at: Value) {
        let shift = i64::from(self.plan.lane.bytes().trailing_zeros());
        let offset = if shift == 0 {
            at
        } else {
            let shift = self.ins().ins().iconst(types::I64, shift);
            self.ins().ins().ishl(at, shift)
        };
        for (base, access) in self.bases.clone().into_iter().zip(&self.plan.accesses) {
            if !access.is_fixed() && !self.addresses.contains_key(&base) {
                let address = self.ins().ins().iadd(base, offset);
                self.addresses.insert(base, address);
            }
        }
        // Between calls, which take all vectors at once, each vector goes through all steps: few live at a time.
        let is_row = |(_, step): &(Inst, Step)| matches!(step, Step::Row(_));
        for part in self.plan.steps.split_inclusive(is_row) {
            for copy in 0..UNROLL {
                for (inst, step) in part {
                    self.step(copy, *inst, *step);
                }
            }
            if let Some((inst, Step::Row(row))) = part.last() {
                self.row(*inst, row);
            }
        }
    }

    fn step(&mut self, copy: usize, inst: Inst, step: Step) {
        let data = self.func.dfg.insts[inst];
        let args: Vec<Value> = self.func.dfg.inst_args(inst).to_vec();
        let given: Vec<Option<Value>> = args.iter().map(|arg| self.values[copy].get(arg).copied()).collect();
        let given = |place: usize| given[place].expect("operands come before what reads them");
        let made = match step {
            Step::Load => match self.load(copy, inst) {
                Some(loaded) => loaded,
                None => return,
            },
            Step::Store => return self.store(copy, inst, given(0)),
            Step::Sum(place) => return self.sum(copy, place),
            Step::Row(_) => return,
            Step::Flags => match data {
                InstructionData::FloatCompare { cond, .. } => self.ins().ins().fcmp(cond, given(0), given(1)),
                InstructionData::IntCompare { cond, .. } => self.ins().ins().icmp(cond, given(0), given(1)),
                _ => return,
            },
            Step::Pick => {
                let vector = self.vector;
                let mask = self.values[copy][&args[0]];
                let mut cursor = self.ins();
                let mask = match cursor.func.dfg.value_type(mask) == vector {
                    true => mask,
                    false => {
                        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
                        cursor.ins().bitcast(vector, flags, mask)
                    }
                };
                cursor.ins().bitselect(mask, given(1), given(2))
            }
            Step::Lanes => match data {
                InstructionData::Binary { opcode, .. } => binary(&mut self.ins(), opcode, given(0), given(1)),
                InstructionData::Unary { opcode, .. } => unary(&mut self.ins(), opcode, given(0)),
                _ => return,
            },
        };
        let result = self.func.dfg.first_result(inst);
        self.values[copy].insert(result, made);
    }

    /// Where an access of this vector is. `None` where it is the same for all.
    fn place(&self, copy: usize, inst: Inst) -> Option<(Value, i32)> {
        let index = self.plan.accesses.iter().position(|access| access.inst == inst)?;
        let access = &self.plan.accesses[index];
        let address = *self.addresses.get(&self.bases[index]).filter(|_| !access.is_fixed())?;
        Some((address, access.displacement() as i32 + copy as i32 * 16))
    }

    fn load(&mut self, copy: usize, inst: Inst) -> Option<Value> {
        let (address, offset) = self.place(copy, inst)?;
        let vector = self.vector;
        Some(self.ins().ins().load(vector, MemFlagsData::new().with_notrap(), address, offset))
    }

    fn store(&mut self, copy: usize, inst: Inst, value: Value) {
        if let Some((address, offset)) = self.place(copy, inst) {
            self.ins().ins().store(MemFlagsData::new().with_notrap(), value, address, offset);
        }
    }

    fn sum(&mut self, copy: usize, place: usize) {
        let Some(sum) = self.plan.sums[place] else { return };
        let (slot, operand) = match sum {
            Sum::Free(_, operand) => (copy, operand),
            Sum::InOrder(operand) | Sum::Count(operand) => (0, operand),
        };
        let operand = self.values[copy][&operand];
        let mut total = self.sums[&place][slot];
        let lanes = self.vector.lane_count() as u8;
        let mut cursor = self.ins();
        total = match sum {
            Sum::Free(opcode, _) => binary(&mut cursor, opcode, total, operand),
            Sum::InOrder(_) => (0..lanes).fold(total, |total, lane| {
                let part = cursor.ins().extractlane(operand, lane);
                cursor.ins().fadd(total, part)
            }),
            Sum::Count(_) => {
                let bits = cursor.ins().vhigh_bits(types::I32, operand);
                let bits = cursor.ins().uextend(types::I64, bits);
                let count = cursor.ins().popcnt(bits);
                cursor.ins().iadd(total, count)
            }
        };
        if let Some(slots) = self.sums.get_mut(&place) {
            slots[slot] = total;
        }
    }

    /// Calls a function of floats once for all vectors of the round.
    fn row(&mut self, inst: Inst, row: &Row) {
        let vector = self.vector;
        let bytes = UNROLL as u32 * 16;
        let [from, to] = *self.slots.get_or_insert_with(|| {
            [(); 2].map(|()| {
                self.func.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 6))
            })
        });
        let operands: Vec<Value> = self.values.iter().map(|values| values[&row.operand]).collect();
        let result = self.func.dfg.first_result(inst);
        let mut cursor = self.ins();
        let flags = MemFlagsData::new().with_notrap();
        let [from, to] = [from, to].map(|slot| cursor.ins().stack_addr(types::I64, slot, 0));
        for (copy, operand) in operands.into_iter().enumerate() {
            cursor.ins().store(flags, operand, from, copy as i32 * 16);
        }
        let mut args =
            vec![from, to, cursor.ins().iconst(types::I64, i64::from(vector.lane_count()) * UNROLL as i64)];
        if let Some((base, high, low)) = row.base {
            args.extend([base, high, low].map(|float| cursor.ins().f64const(float)));
        }
        cursor.ins().call(row.callee, &args);
        for copy in 0..UNROLL {
            let made = self.ins().ins().load(vector, flags, to, copy as i32 * 16);
            self.values[copy].insert(result, made);
        }
    }
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
        Opcode::Smin => cursor.ins().smin(a, b),
        Opcode::Smax => cursor.ins().smax(a, b),
        Opcode::Umin => cursor.ins().umin(a, b),
        Opcode::Umax => cursor.ins().umax(a, b),
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
    [first, trip]: [Value; 2],
) -> Option<Value> {
    let bytes = cursor.ins().iconst(types::I64, i64::from(plan.lane.bytes()));
    let span = cursor.ins().imul(trip, bytes);
    let mut all: Option<Value> = None;
    for (a, b) in checks {
        let (store, other) = (&plan.accesses[*a], &plan.accesses[*b]);
        let mut diff = cursor.ins().isub(bases[*a], bases[*b]);
        let apart = store.displacement() - other.displacement();
        if apart != 0 {
            let more = cursor.ins().iconst(types::I64, apart);
            diff = cursor.ins().iadd(diff, more);
        }
        if other.is_fixed() {
            let skipped = cursor.ins().imul(first, bytes);
            diff = cursor.ins().iadd(diff, skipped);
        }
        let far = cursor.ins().iabs(diff);
        let mut fine = cursor.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, far, span);
        if !other.is_fixed() {
            let zero = cursor.ins().iconst(types::I64, 0);
            let same = cursor.ins().icmp(IntCC::Equal, diff, zero);
            fine = cursor.ins().bor(fine, same);
        }
        all = Some(match all {
            Some(all) => cursor.ins().band(all, fine),
            None => fine,
        });
    }
    all
}

/// Vectors of the scalars that the loop reads but does not make.
fn splats(cursor: &mut FuncCursor<'_>, counted: &Counted, plan: &Plan, vector: Type) -> Vectors {
    let mut splats = FxHashMap::default();
    for (inst, step) in &plan.steps {
        let read: Vec<Value> = match (cursor.func.dfg.insts[*inst], step) {
            (InstructionData::Store { args, .. }, _) => vec![args[0]],
            (_, Step::Load | Step::Row(_) | Step::Sum(_)) => Vec::new(),
            _ => cursor.func.dfg.inst_args(*inst).to_vec(),
        };
        for value in read {
            if splats.contains_key(&value) || cursor.func.dfg.value_type(value) != plan.lane {
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

/// Loads what is the same element in every round.
fn fixed(cursor: &mut FuncCursor<'_>, plan: &Plan, bases: &[Value], vector: Type, splats: &mut Vectors) {
    for (access, base) in plan.accesses.iter().zip(bases).filter(|(access, _)| access.is_fixed()) {
        let flags = MemFlagsData::new().with_notrap();
        let loaded = cursor.ins().load(plan.lane, flags, *base, access.displacement() as i32);
        let wide = cursor.ins().splat(vector, loaded);
        let result = cursor.func.dfg.first_result(access.inst);
        splats.insert(result, wide);
    }
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
fn fold(cursor: &mut FuncCursor<'_>, opcode: Opcode, parts: &[Value], start: Value, vector: Type) -> Value {
    let mut total = parts[0];
    for part in &parts[1..] {
        total = binary(cursor, opcode, total, *part);
    }
    (0..vector.lane_count() as u8).fold(start, |sum, lane| {
        let part = cursor.ins().extractlane(total, lane);
        binary(cursor, opcode, sum, part)
    })
}
