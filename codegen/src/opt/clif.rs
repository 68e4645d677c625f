//! Passes over Cranelift's IR, which has no loop optimiser of its own. [`run`] runs most of them, after the scalar
//! optimiser; [`thread`] cleans up behind inlining, and [`unroll`] comes between two runs of the optimiser.

mod constants;
mod counted;
mod dead;
mod forward;
mod induction_sum;
mod invariant;
mod isolate;
mod jam;
mod layout;
pub(crate) mod outline;
mod rotate;
mod select;
mod strength;
pub(crate) mod thread;
pub(crate) mod unroll;
mod vectorize;

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{
    Block, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::loop_analysis::Loop;

pub(crate) use vectorize::Rows;

/// The names of the passes, as `bench` shows them, with how often each fired.
pub(crate) type Fired = Vec<(&'static str, usize)>;

/// Optimises the loops of a function. `reorder` says that sums of floats may be taken in any order; `rows` has the
/// functions of floats that can be called for several at once.
pub(crate) fn run(context: &mut Context, reorder: bool, rows: &Rows) -> Fired {
    let mut fired = Fired::new();
    let mut note = |name, times| {
        if times > 0 {
            fired.push((name, times));
        }
    };
    note("dead-values", dead::run(&mut context.func));
    note("strength", strength::run(&mut context.func));
    analyze(context);
    note("select", select::run(context));
    // What a selection took the place of must not look like one more reader.
    dead::run(&mut context.func);
    analyze(context);
    counted::bring_bounds(context);
    note("invariant", invariant::run(context));
    note("induction-sum", each_counted(context, &mut |func, counted| induction_sum::run(func, counted)));
    note("jam", jam::run(context, reorder));
    note(
        "vectorize",
        each_counted(context, &mut |func, counted| vectorize::run(func, counted, reorder, rows)),
    );
    note("forward-stores", each_counted(context, &mut forward::run));
    note("rotate", rotate::run(context));
    note("constants", constants::run(context));
    note("isolate", isolate::run(context));
    analyze(context);
    note("loop-layout", layout::run(context));
    context.domtree.clear();
    context.cfg.clear();
    context.loop_analysis.clear();
    fired
}

fn analyze(context: &mut Context) {
    context.compute_cfg();
    context.compute_domtree();
    context.compute_loop_analysis();
}

/// Runs a pass on each innermost counted loop. What it changes leaves the other loops as they were.
fn each_counted(
    context: &mut Context,
    pass: &mut dyn FnMut(&mut Function, &counted::Counted) -> bool,
) -> usize {
    analyze(context);
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    let found: Vec<counted::Counted> =
        loops.into_iter().filter_map(|own| counted::find(context, own)).collect();
    found.iter().filter(|counted| pass(&mut context.func, counted)).count()
}

/// The branch that enters a loop, if it is one.
fn entry(context: &Context, own: Loop) -> Option<Inst> {
    let loops = &context.loop_analysis;
    let mut before =
        context.cfg.pred_iter(loops.loop_header(own)).filter(|pred| !loops.is_in_loop(pred.block, own));
    let entry = before.next()?.inst;
    before.next().is_none().then_some(entry)
}

/// The blocks of a loop, those of inner loops included, as they are laid out.
fn blocks_of(context: &Context, own: Loop) -> Vec<Block> {
    let blocks = context.func.layout.blocks();
    blocks.filter(|block| context.loop_analysis.is_in_loop(*block, own)).collect()
}

/// Whether a value is another one and one more.
fn is_next(func: &Function, value: Value, counter: Value) -> bool {
    let inst = func.dfg.value_def(value).inst().map(|inst| func.dfg.insts[inst]);
    let Some(InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] }) = inst else { return false };
    (a == counter && constant(func, b) == Some(1)) || (b == counter && constant(func, a) == Some(1))
}

/// Where a branch may go.
fn targets(func: &Function, inst: Inst) -> &[BlockCall] {
    let dfg = &func.dfg;
    dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
}

/// The values that a branch passes to a block, if it goes there once.
fn passed(func: &Function, inst: Inst, to: Block) -> Option<Vec<Value>> {
    let pool = &func.dfg.value_lists;
    let mut calls = targets(func, inst).iter().filter(|call| call.block(pool) == to);
    let call = calls.next()?;
    if calls.next().is_some() {
        return None;
    }
    call.args(pool).map(|arg| arg.as_value()).collect()
}

/// Sends a branch that goes to `from` to another block with the same parameters.
fn redirect(func: &mut Function, inst: Inst, from: Block, to: Block) {
    let dfg = &mut func.dfg;
    for call in dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if call.block(&dfg.value_lists) == from {
            call.set_block(to, &mut dfg.value_lists);
        }
    }
}

/// A condition that holds where another one does not; NaN counts.
fn complement(func: &mut Function, cond: Value, before: Inst) -> Value {
    let test = func.dfg.value_def(cond).inst().map(|test| func.dfg.insts[test]);
    let mut cursor = FuncCursor::new(func).at_inst(before);
    match test {
        Some(InstructionData::IntCompare { opcode: Opcode::Icmp, cond: cc, args }) => {
            cursor.ins().icmp(cc.complement(), args[0], args[1])
        }
        Some(InstructionData::FloatCompare { opcode: Opcode::Fcmp, cond: cc, args }) => {
            cursor.ins().fcmp(cc.complement(), args[0], args[1])
        }
        _ => cursor.ins().icmp_imm_s(IntCC::Equal, cond, 0),
    }
}

/// Whether an instruction calls what keeps only the registers of the platform's convention.
fn clobbers(func: &Function, inst: Inst) -> bool {
    let data = &func.dfg.insts[inst];
    let keeps_all = match data {
        InstructionData::Call { func_ref, .. } => {
            let signature = func.dfg.ext_funcs[*func_ref].signature;
            func.dfg.signatures[signature].call_conv == CallConv::PreserveAll
        }
        _ => false,
    };
    data.opcode().is_call() && !keeps_all
}

/// The block in which a value is made.
fn home(func: &Function, value: Value) -> Option<Block> {
    match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) => func.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => None,
    }
}

/// A constant integer.
fn constant(func: &Function, value: Value) -> Option<i64> {
    let inst = func.dfg.value_def(value).inst()?;
    match func.dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
            let bits = func.dfg.value_type(value).bits();
            let raw = imm.bits();
            Some(if bits < 64 { raw << (64 - bits) >> (64 - bits) } else { raw })
        }
        _ => None,
    }
}

/// The instruction that makes a constant.
fn constant_inst(func: &Function, value: Value) -> Option<Inst> {
    let inst = func.dfg.value_def(value).inst()?;
    matches!(func.dfg.insts[inst].opcode(), Opcode::Iconst | Opcode::F64const | Opcode::F32const)
        .then_some(inst)
}

/// A constant float of 64 bits.
fn float_constant(func: &Function, value: Value) -> Option<f64> {
    match func.dfg.insts[func.dfg.value_def(value).inst()?] {
        InstructionData::UnaryIeee64 { imm, .. } => Some(f64::from_bits(imm.bits())),
        _ => None,
    }
}
