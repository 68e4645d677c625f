//! 128-bit vectors for innermost counted loops over elements that lie side by side, four vectors in a round. Where
//! arrays may overlap, the loop asks first. The loop that was there takes the rest: at least one round, if something
//! that it sets is read after it.

mod emit;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{FuncRef, Function, Inst, InstructionData, Opcode, Type, Value, types};
use rustc_hash::FxHashMap;

use super::counted::{Affine, Counted};
use super::{constant_inst, float_constant};
use crate::runtime::vector_math;

/// More pairs of arrays than these are not compared before a loop.
const MOST_CHECKS: usize = 12;

/// By function of a float: the one that computes several side by side, and whether it is for powers.
pub(crate) type Rows = FxHashMap<FuncRef, (FuncRef, bool)>;

/// Where an instruction loads or stores.
struct Access {
    inst: Inst,
    at: Affine,
    /// The displacement that the instruction adds.
    offset: i32,
    store: bool,
}

impl Access {
    /// Whether it is the same element in all rounds.
    fn is_fixed(&self) -> bool {
        self.at.scale == 0
    }

    fn displacement(&self) -> i64 {
        self.at.offset + i64::from(self.offset)
    }
}

/// A call of a function of floats.
#[derive(Clone, Copy)]
struct Row {
    callee: FuncRef,
    operand: Value,
    /// The base of a power, and its binary logarithm in two parts.
    base: Option<(f64, f64, f64)>,
}

/// What an instruction becomes.
#[derive(Clone, Copy)]
enum Step {
    Load,
    Store,
    /// The same operation on vectors.
    Lanes,
    /// A comparison.
    Flags,
    /// One of two vectors, by flags.
    Pick,
    Row(Row),
    /// The addition to the sum in this place among the parameters.
    Sum(usize),
}

#[derive(Clone, Copy)]
enum Sum {
    /// In any order: a vector for each of those in a round.
    Free(Opcode, Value),
    /// One lane after the other, as the loop would.
    InOrder(Value),
    /// The number of flags that are set.
    Count(Value),
}

struct Plan {
    lane: Type,
    accesses: Vec<Access>,
    /// The instructions that become vector instructions, in order.
    steps: Vec<(Inst, Step)>,
    /// By parameter.
    sums: Vec<Option<Sum>>,
}

/// What is known of the values of the body so far.
#[derive(Default)]
struct Known {
    vectors: Vec<Value>,
    flags: Vec<Value>,
    /// Flags as numbers.
    counts: FxHashMap<Value, Value>,
}

pub(super) fn run(func: &mut Function, counted: &Counted, reorder: bool, rows: &Rows) -> bool {
    let Some(plan) = plan(func, counted, reorder, rows) else { return false };
    let Some(checks) = pairs(&plan) else { return false };
    emit::emit(func, counted, &plan, &checks);
    true
}

fn plan(func: &Function, counted: &Counted, reorder: bool, rows: &Rows) -> Option<Plan> {
    let insts = counted.insts(func);
    let accesses = accesses(func, counted, &insts)?;
    let first = accesses.iter().find(|access| !access.is_fixed())?;
    let lane = func.dfg.value_type(accessed(func, first.inst));
    if !matches!(lane, types::F64 | types::F32 | types::I64 | types::I32 | types::I16 | types::I8) {
        return None;
    }
    let even = |access: &Access| {
        func.dfg.value_type(accessed(func, access.inst)) == lane
            && (access.at.scale == i64::from(lane.bytes()) || access.is_fixed() && !access.store)
    };
    if !accesses.iter().all(even) {
        return None;
    }
    let mut plan = Plan { lane, accesses, steps: Vec::new(), sums: vec![None; counted.params.len()] };
    let adders = find_adders(func, counted, &insts)?;
    let mut known = Known::default();
    for inst in insts {
        let step = match adders.iter().find(|(_, adder, _)| *adder == inst) {
            Some((place, adder, operand)) => {
                let opcode = func.dfg.insts[*adder].opcode();
                plan.sums[*place] = Some(sum(func, &known, lane, opcode, *operand, reorder)?);
                Some(Step::Sum(*place))
            }
            None => step(func, counted, &mut known, lane, inst, rows)?,
        };
        plan.steps.extend(step.map(|step| (inst, step)));
    }
    // Taking lanes one by one is only worth it if what makes them is slow.
    let slow = |(inst, step): &(Inst, Step)| {
        matches!(step, Step::Row(_)) || matches!(func.dfg.insts[*inst].opcode(), Opcode::Fdiv | Opcode::Sqrt)
    };
    let in_order = plan.sums.iter().flatten().any(|sum| matches!(sum, Sum::InOrder(_)));
    (!in_order || plan.steps.iter().any(slow)).then_some(plan)
}

/// What an instruction becomes: nothing, if only the counter or addresses need it. `None` if the loop cannot be
/// vectors.
fn step(
    func: &Function,
    counted: &Counted,
    known: &mut Known,
    lane: Type,
    inst: Inst,
    rows: &Rows,
) -> Option<Option<Step>> {
    let data = func.dfg.insts[inst];
    let opcode = data.opcode();
    let args = func.dfg.inst_args(inst);
    let splat = |value: Value| counted.is_invariant(func, value) || constant_inst(func, value).is_some();
    let ready = |known: &Known, value: Value| known.vectors.contains(&value) || splat(value);
    let result = func.dfg.inst_results(inst).first().copied();
    if opcode.can_load() {
        known.vectors.extend(result);
        return Some(Some(Step::Load));
    }
    if opcode.can_store() {
        let value = accessed(func, inst);
        return ready(known, value).then_some(Some(Step::Store));
    }
    if let InstructionData::Call { func_ref, .. } = data {
        let row = row(func, known, rows, func_ref, args)?;
        known.vectors.extend(result);
        return (lane == types::F64).then_some(Some(Step::Row(row)));
    }
    let reads_vectors = args.iter().any(|arg| known.vectors.contains(arg));
    if let (Opcode::Uextend, [flag]) = (opcode, args)
        && known.flags.contains(flag)
    {
        known.counts.insert(result?, *flag);
        return Some(None);
    }
    if args.iter().any(|arg| known.flags.contains(arg)) {
        let fits = opcode == Opcode::Select && known.flags.contains(&args[0]);
        let picks = fits && ready(known, args[1]) && ready(known, args[2]);
        let same = result.is_some_and(|result| func.dfg.value_type(result) == lane);
        known.vectors.extend(result);
        return (picks && same).then_some(Some(Step::Pick));
    }
    if reads_vectors {
        if !args.iter().all(|arg| ready(known, *arg)) {
            return None;
        }
        if is_comparison(&data) {
            known.flags.extend(result);
            return Some(Some(Step::Flags));
        }
        let fits = func.dfg.value_type(result?) == lane && is_lanewise(opcode, lane);
        known.vectors.extend(result);
        return fits.then_some(Some(Step::Lanes));
    }
    let stays = opcode.is_call() || opcode.can_trap() || opcode.other_side_effects();
    (!stays).then_some(None)
}

/// A call of a function that exists for several floats at once.
fn row(func: &Function, known: &Known, rows: &Rows, callee: FuncRef, args: &[Value]) -> Option<Row> {
    let (callee, is_power) = *rows.get(&callee)?;
    match (is_power, args) {
        (false, [x]) if known.vectors.contains(x) => Some(Row { callee, operand: *x, base: None }),
        (true, [base, x]) if known.vectors.contains(x) => {
            let base = float_constant(func, *base)?;
            let (high, low) = vector_math::binary_logarithm(base)?;
            Some(Row { callee, operand: *x, base: Some((base, high, low)) })
        }
        _ => None,
    }
}

fn sum(
    func: &Function,
    known: &Known,
    lane: Type,
    opcode: Opcode,
    operand: Value,
    reorder: bool,
) -> Option<Sum> {
    if let Some(flag) = known.counts.get(&operand) {
        let wide = func.dfg.value_type(operand) == types::I64 && opcode == Opcode::Iadd;
        return wide.then_some(Sum::Count(*flag));
    }
    if !known.vectors.contains(&operand) || func.dfg.value_type(operand) != lane {
        return None;
    }
    match opcode {
        Opcode::Iadd => Some(Sum::Free(opcode, operand)),
        Opcode::Fadd if reorder => Some(Sum::Free(opcode, operand)),
        Opcode::Fadd => Some(Sum::InOrder(operand)),
        _ => None,
    }
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
        if opcode.is_call() || (!opcode.can_load() && !opcode.can_store()) {
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

/// Finds the parameters that something is added to: their places, the additions, and what is added. The others must
/// not be read in the loop.
fn find_adders(func: &Function, counted: &Counted, insts: &[Inst]) -> Option<Vec<(usize, Inst, Value)>> {
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
        let inner = insts.iter().any(|inst| func.dfg.inst_args(*inst).contains(&sum));
        let passed_on = counted.next[place] == sum && !counted.next.contains(param);
        if !matches!(opcode, Opcode::Iadd | Opcode::Fadd) || inner || !passed_on || args[0] == args[1] {
            return None;
        }
        adders.push((place, *adder, if args[0] == *param { args[1] } else { args[0] }));
    }
    Some(adders)
}

fn is_lanewise(opcode: Opcode, lane: Type) -> bool {
    use Opcode::*;
    match opcode {
        Fadd | Fsub | Fmul | Fdiv | Fneg | Fabs | Sqrt | Iadd | Isub | Band | Bor | Bxor | Bnot => true,
        Smin | Smax | Umin | Umax => lane.bits() < 64,
        _ => false,
    }
}

/// Whether every machine compares vectors so.
fn is_comparison(data: &InstructionData) -> bool {
    use IntCC::*;
    match data {
        InstructionData::FloatCompare { opcode: Opcode::Fcmp, .. } => true,
        InstructionData::IntCompare { opcode: Opcode::Icmp, cond, .. } => matches!(
            cond,
            Equal
                | NotEqual
                | SignedLessThan
                | SignedLessThanOrEqual
                | SignedGreaterThan
                | SignedGreaterThanOrEqual
        ),
        _ => false,
    }
}

/// The accesses that must not overlap; `None` where they are known to.
fn pairs(plan: &Plan) -> Option<Vec<(usize, usize)>> {
    let mut checks: Vec<(usize, usize)> = Vec::new();
    for (a, store) in plan.accesses.iter().enumerate().filter(|(_, access)| access.store) {
        for (b, other) in plan.accesses.iter().enumerate() {
            if a == b || (other.store && b < a) {
                continue;
            }
            if store.at.terms == other.at.terms && !other.is_fixed() {
                if store.displacement() != other.displacement() {
                    return None;
                }
                continue;
            }
            checks.push((a, b));
        }
    }
    (checks.len() <= MOST_CHECKS).then_some(checks)
}
