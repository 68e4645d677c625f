//! Loops over `prange` become functions of their own, which the runtime calls in several threads, each with a part of
//! the range. Only loops of plain arithmetic and memory: no objects are counted, nothing is raised, and what one round
//! gives the next is a sum or a product.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, FuncRef, Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode,
    Signature, StackSlotData, StackSlotKind, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::loop_analysis::Loop;
use rustc_hash::FxHashMap;

use super::counted::{self, Frame, at_end};
use super::{blocks_of, constant, home, is_next};
use crate::runtime::threads::MOST_PARTS;

/// More values than these are not handed to the parts.
const MOST_VALUES: usize = 64;
const MOST_SUMS: usize = 8;

/// How the machine code around a loop reaches what it needs.
pub(crate) struct Outside<'a> {
    /// Whether a function may be called by several threads at once.
    pub(crate) is_pure: &'a dyn Fn(&Function, FuncRef) -> bool,
    /// Declares the outlined function and the runtime's, in this function.
    pub(crate) declare: &'a mut dyn FnMut(&mut Function, Signature) -> [FuncRef; 2],
}

/// A loop that may run in parts.
struct Parallel {
    frame: Frame,
    blocks: Vec<Block>,
    /// By parameter of the header: what it is.
    params: Vec<Carried>,
    /// What the loop reads of the function around it.
    given: Vec<Value>,
    /// The number of instructions of a round, those of inner loops once.
    weight: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Carried {
    Counter,
    Same,
    Sum(Opcode),
}

/// The function that runs a part: the address of what the loop reads, the first round, the one behind the last, and
/// where the part's sums go.
fn signature(convention: CallConv) -> Signature {
    let mut signature = Signature::new(convention);
    signature.params.extend([AbiParam::new(types::I64); 4]);
    signature
}

/// Takes the loops with these headers out of a function, and gives the functions that they become.
pub(crate) fn run(context: &mut Context, headers: &[Block], outside: &mut Outside<'_>) -> Vec<Function> {
    let mut made = Vec::new();
    context.func.dfg.resolve_all_aliases();
    for header in headers {
        super::analyze(context);
        let found =
            context.loop_analysis.loops().find(|own| context.loop_analysis.loop_header(*own) == *header);
        let Some(parallel) = found.and_then(|own| find(context, own, outside.is_pure)) else { continue };
        let [part, runtime] = {
            let convention = context.func.signature.call_conv;
            (outside.declare)(&mut context.func, signature(convention))
        };
        made.push(part_of(&context.func, &parallel));
        call(&mut context.func, &parallel, part, runtime);
    }
    if !made.is_empty() {
        super::analyze(context);
    }
    made
}

fn find(context: &Context, own: Loop, is_pure: &dyn Fn(&Function, FuncRef) -> bool) -> Option<Parallel> {
    let frame = counted::frame(context, own)?;
    let func = &context.func;
    let blocks = blocks_of(context, own);
    let mut weight = 0;
    let mut given: Vec<Value> = Vec::new();
    for block in &blocks {
        let leaves = context.cfg.succ_iter(*block).any(|to| !blocks.contains(&to));
        if leaves && *block != frame.header {
            return None;
        }
        for inst in func.layout.block_insts(*block) {
            weight += 1;
            if !may_run_in_parts(func, inst, is_pure) {
                return None;
            }
            for value in func.dfg.inst_values(inst) {
                let outer = home(func, value).is_some_and(|block| !blocks.contains(&block));
                if outer && !given.contains(&value) {
                    given.push(value);
                }
            }
        }
    }
    let on_stack = |value: &Value| {
        func.dfg
            .value_def(*value)
            .inst()
            .is_some_and(|inst| func.dfg.insts[inst].opcode() == Opcode::StackAddr)
    };
    if given.len() > MOST_VALUES || given.iter().any(on_stack) {
        return None;
    }
    let header = func.dfg.block_params(frame.header).to_vec();
    let params: Option<Vec<Carried>> = header
        .iter()
        .enumerate()
        .map(|(place, param)| carried(context, &frame, &blocks, place, *param))
        .collect();
    let params = params?;
    let sums = params.iter().filter(|carried| matches!(carried, Carried::Sum(_))).count();
    let entered = super::passed(func, frame.entry, frame.header).is_some();
    let plain = func.dfg.insts[frame.entry].opcode() == Opcode::Jump;
    let parallel = Parallel { frame, blocks, params, given, weight };
    (sums <= MOST_SUMS && entered && plain && leaves_only_sums(func, &parallel)).then_some(parallel)
}

/// Whether several threads may do this at once, in another frame.
fn may_run_in_parts(func: &Function, inst: Inst, is_pure: &dyn Fn(&Function, FuncRef) -> bool) -> bool {
    match func.dfg.insts[inst] {
        InstructionData::Call { func_ref, .. } => is_pure(func, func_ref),
        data => {
            let opcode = data.opcode();
            let plain = !opcode.is_call() && !opcode.is_return() && !opcode.other_side_effects();
            let frame = matches!(opcode, Opcode::StackAddr | Opcode::SymbolValue | Opcode::GetFramePointer);
            (plain || opcode.is_branch()) && !frame && !matches!(opcode, Opcode::Trap | Opcode::BrTable)
        }
    }
}

/// What a parameter of the header is: the counter, a value that all rounds pass on, or a sum.
fn carried(
    context: &Context,
    frame: &Frame,
    blocks: &[Block],
    place: usize,
    param: Value,
) -> Option<Carried> {
    let func = &context.func;
    let backs: Option<Vec<Value>> = context
        .cfg
        .pred_iter(frame.header)
        .filter(|pred| blocks.contains(&pred.block))
        .map(|pred| super::passed(func, pred.inst, frame.header)?.get(place).copied())
        .collect();
    let backs = backs?;
    if param == frame.counter {
        let steps = backs.iter().all(|next| is_next(func, *next, param));
        return steps.then_some(Carried::Counter);
    }
    if backs.iter().all(|next| *next == param) {
        return Some(Carried::Same);
    }
    sum(func, blocks, param).map(Carried::Sum)
}

/// The operation by which all that becomes of a value is made of it: whichever way control goes, it only grows.
fn sum(func: &Function, blocks: &[Block], param: Value) -> Option<Opcode> {
    let mut grown = vec![param];
    let mut operation = None;
    let mut at = 0;
    while let Some(value) = grown.get(at).copied() {
        at += 1;
        for block in blocks {
            for inst in func.layout.block_insts(*block) {
                if func.dfg.inst_args(inst).contains(&value) {
                    let InstructionData::Binary { opcode, args } = func.dfg.insts[inst] else { return None };
                    let kind = match opcode {
                        Opcode::Iadd | Opcode::Fadd | Opcode::Imul | Opcode::Fmul => opcode,
                        Opcode::Isub if args[0] == value => Opcode::Iadd,
                        Opcode::Fsub if args[0] == value => Opcode::Fadd,
                        _ => return None,
                    };
                    let grows = args[0] != args[1] && *operation.get_or_insert(kind) == kind;
                    let result = func.dfg.first_result(inst);
                    if !grows || args.iter().all(|arg| grown.contains(arg)) {
                        return None;
                    }
                    if !grown.contains(&result) {
                        grown.push(result);
                    }
                }
                if func.dfg.insts[inst].opcode().is_branch() {
                    follow(func, inst, value, &mut grown);
                }
            }
        }
    }
    // Whatever joins a sum must be one.
    let joined = grown.iter().all(|value| match func.dfg.value_def(*value) {
        cranelift_codegen::ir::ValueDef::Param(to, place) => blocks.iter().all(|block| {
            let Some(last) = func.layout.last_inst(*block) else { return true };
            let pool = &func.dfg.value_lists;
            super::targets(func, last).iter().filter(|call| call.block(pool) == to).all(|call| {
                let arg = call.args(pool).nth(place).and_then(|arg| arg.as_value());
                arg.is_some_and(|arg| grown.contains(&arg))
            })
        }),
        _ => true,
    });
    operation.filter(|_| joined)
}

/// The parameters that a branch passes a value for.
fn follow(func: &Function, branch: Inst, value: Value, grown: &mut Vec<Value>) {
    let pool = &func.dfg.value_lists;
    for call in super::targets(func, branch) {
        let params = func.dfg.block_params(call.block(pool));
        for (arg, param) in call.args(pool).zip(params) {
            if arg.as_value() == Some(value) && !grown.contains(param) {
                grown.push(*param);
            }
        }
    }
}

/// Whether nothing of the loop is read behind it but sums and what does not change.
fn leaves_only_sums(func: &Function, parallel: &Parallel) -> bool {
    let header = func.dfg.block_params(parallel.frame.header);
    let fine = |value: Value| match home(func, value) {
        Some(block) if parallel.blocks.contains(&block) => {
            let place = header.iter().position(|param| *param == value);
            place.is_some_and(|place| parallel.params[place] != Carried::Counter)
        }
        _ => true,
    };
    let last = func.layout.last_inst(parallel.frame.header);
    let exit = last.into_iter().flat_map(|branch| {
        let pool = &func.dfg.value_lists;
        let calls = super::targets(func, branch).iter();
        let out = calls.filter(|call| !parallel.blocks.contains(&call.block(pool)));
        out.flat_map(|call| call.args(pool)).filter_map(|arg| arg.as_value()).collect::<Vec<Value>>()
    });
    let outside = func.layout.blocks().filter(|block| !parallel.blocks.contains(block));
    outside
        .flat_map(|block| func.layout.block_insts(block))
        .flat_map(|inst| func.dfg.inst_values(inst).collect::<Vec<Value>>())
        .chain(exit)
        .all(fine)
}

fn identity(cursor: &mut FuncCursor<'_>, opcode: Opcode, ty: Type) -> Value {
    let one = matches!(opcode, Opcode::Imul | Opcode::Fmul);
    match ty {
        types::F64 => cursor.ins().f64const(if one { 1.0 } else { 0.0 }),
        types::F32 => cursor.ins().f32const(if one { 1.0 } else { 0.0 }),
        ty => cursor.ins().iconst(ty, i64::from(one)),
    }
}

/// The function of a part: the one around the loop with everything else taken away.
fn part_of(around: &Function, parallel: &Parallel) -> Function {
    let mut func = around.clone();
    func.signature = signature(around.signature.call_conv);
    let frame = &parallel.frame;
    let [entry, exit] = [(); 2].map(|()| func.dfg.make_block());
    let first = func.layout.entry_block().expect("a function has a block");
    func.layout.insert_block(entry, first);
    func.layout.append_block(exit);
    let [args, start, stop, sums] = [(); 4].map(|()| func.dfg.append_block_param(entry, types::I64));

    let mut cursor = at_end(&mut func, entry);
    let mut loaded: FxHashMap<Value, Value> = FxHashMap::default();
    for (place, value) in parallel.given.iter().enumerate() {
        let made = match constant(cursor.func, *value) {
            Some(number) => {
                let ty = cursor.func.dfg.value_type(*value);
                let mask = if ty.bits() < 64 { (1 << ty.bits()) - 1 } else { -1 };
                cursor.ins().iconst(ty, number & mask)
            }
            None => {
                let ty = cursor.func.dfg.value_type(*value);
                cursor.ins().load(ty, MemFlagsData::trusted(), args, place as i32 * 8)
            }
        };
        loaded.insert(*value, made);
    }
    let params = around.dfg.block_params(frame.header).to_vec();
    let mut firsts = Vec::new();
    for (carried, param) in parallel.params.iter().zip(&params) {
        let ty = cursor.func.dfg.value_type(*param);
        firsts.push(BlockArg::Value(match carried {
            Carried::Counter => start,
            Carried::Sum(opcode) => identity(&mut cursor, *opcode, ty),
            Carried::Same => {
                let place = parallel.given.len() + same_place(parallel, &params, *param);
                cursor.ins().load(ty, MemFlagsData::trusted(), args, place as i32 * 8)
            }
        }));
    }
    cursor.ins().jump(frame.header, &firsts);

    let test = func.layout.last_inst(frame.header).expect("the header ends in a branch");
    let insts: Vec<Inst> = parallel.blocks.iter().flat_map(|block| func.layout.block_insts(*block)).collect();
    for inst in insts {
        func.dfg.map_inst_values(inst, |value| loaded.get(&value).copied().unwrap_or(value));
    }
    let counter = frame.counter;
    let mut cursor = FuncCursor::new(&mut func).at_inst(test);
    let more = cursor.ins().icmp(IntCC::SignedLessThan, counter, stop);
    cursor.ins().brif(more, frame.first, &[], exit, &[]);
    func.layout.remove_inst(test);

    let mut cursor = at_end(&mut func, exit);
    let kept = parallel.params.iter().zip(&params).filter(|(carried, _)| matches!(carried, Carried::Sum(_)));
    for (place, (_, param)) in kept.enumerate() {
        cursor.ins().store(MemFlagsData::trusted(), *param, sums, place as i32 * 8);
    }
    cursor.ins().return_(&[]);

    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        if block == entry || block == exit || parallel.blocks.contains(&block) {
            continue;
        }
        for inst in func.layout.block_insts(block).collect::<Vec<Inst>>() {
            func.layout.remove_inst(inst);
        }
        func.layout.remove_block(block);
    }
    func
}

/// Which of the parameters that all rounds pass on this one is.
fn same_place(parallel: &Parallel, params: &[Value], param: Value) -> usize {
    let same = parallel.params.iter().zip(params).filter(|(carried, _)| **carried == Carried::Same);
    same.map(|(_, param)| *param).position(|own| own == param).unwrap_or(0)
}

/// Puts a call of the runtime in the place of the loop.
fn call(func: &mut Function, parallel: &Parallel, part: FuncRef, runtime: FuncRef) {
    let frame = &parallel.frame;
    let params = func.dfg.block_params(frame.header).to_vec();
    let entered = super::passed(func, frame.entry, frame.header).expect("the entry jumps to the header");
    let test = func.layout.last_inst(frame.header).expect("the header ends in a branch");
    let InstructionData::Brif { blocks: ways, .. } = func.dfg.insts[test] else { return };
    let pool = &func.dfg.value_lists;
    let exit = ways[1].block(pool);
    let leaving: Vec<Value> = ways[1].args(pool).filter_map(|arg| arg.as_value()).collect();
    let before = func.layout.inst_block(frame.entry).expect("the entry is in a block");
    func.layout.remove_inst(frame.entry);

    let same: Vec<Value> = (parallel.params.iter().zip(&entered))
        .filter(|(carried, _)| **carried == Carried::Same)
        .map(|(_, value)| *value)
        .collect();
    let slot = |func: &mut Function, words: usize| {
        let bytes = words.max(1) as u32 * 8;
        func.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3))
    };
    let sums: Vec<(usize, Opcode)> = (parallel.params.iter().enumerate())
        .filter_map(
            |(place, carried)| if let Carried::Sum(opcode) = carried { Some((place, *opcode)) } else { None },
        )
        .collect();
    let values = slot(func, parallel.given.len() + same.len());
    let parts = slot(func, sums.len() * MOST_PARTS);
    let mut cursor = at_end(func, before);
    let flags = MemFlagsData::trusted();
    let address = cursor.ins().stack_addr(types::I64, values, 0);
    for (place, value) in parallel.given.iter().chain(&same).enumerate() {
        cursor.ins().store(flags, *value, address, place as i32 * 8);
    }
    let to = cursor.ins().stack_addr(types::I64, parts, 0);
    let code = cursor.ins().func_addr(types::I64, part);
    let start = entered[params.iter().position(|param| *param == frame.counter).unwrap_or(0)];
    let [width, weight] =
        [sums.len() * 8, parallel.weight].map(|number| cursor.ins().iconst(types::I64, number as i64));
    let ran = cursor.ins().call(runtime, &[code, address, start, frame.stop, to, width, weight]);
    let count = cursor.func.dfg.first_result(ran);

    // The sums of the parts are added in the order of the parts.
    let [head, body, after] = [(); 3].map(|()| func.dfg.make_block());
    for (block, behind) in [(head, before), (body, head), (after, body)] {
        func.layout.insert_block_after(block, behind);
    }
    let at = func.dfg.append_block_param(head, types::I64);
    let totals: Vec<Value> = sums
        .iter()
        .map(|(place, _)| {
            let ty = func.dfg.value_type(params[*place]);
            func.dfg.append_block_param(head, ty)
        })
        .collect();
    let mut cursor = at_end(func, before);
    let zero = cursor.ins().iconst(types::I64, 0);
    let mut firsts = vec![BlockArg::Value(zero)];
    firsts.extend(sums.iter().map(|(place, _)| BlockArg::Value(entered[*place])));
    cursor.ins().jump(head, &firsts);
    let mut cursor = at_end(func, head);
    let more = cursor.ins().icmp(IntCC::SignedLessThan, at, count);
    cursor.ins().brif(more, body, &[], after, &[]);
    let mut cursor = at_end(func, body);
    let row = cursor.ins().imul(at, width);
    let row = cursor.ins().iadd(row, to);
    let one = cursor.ins().iconst(types::I64, 1);
    let mut nexts = vec![BlockArg::Value(cursor.ins().iadd(at, one))];
    for (index, ((_, opcode), total)) in sums.iter().zip(&totals).enumerate() {
        let ty = cursor.func.dfg.value_type(*total);
        let own = cursor.ins().load(ty, flags, row, index as i32 * 8);
        nexts.push(BlockArg::Value(match opcode {
            Opcode::Iadd => cursor.ins().iadd(*total, own),
            Opcode::Imul => cursor.ins().imul(*total, own),
            Opcode::Fadd => cursor.ins().fadd(*total, own),
            _ => cursor.ins().fmul(*total, own),
        }));
    }
    cursor.ins().jump(head, &nexts);

    let blocks = parallel.blocks.clone();
    for block in blocks {
        for inst in func.layout.block_insts(block).collect::<Vec<Inst>>() {
            func.layout.remove_inst(inst);
        }
        func.layout.remove_block(block);
    }
    func.dfg.detach_block_params(frame.header);
    let mut finals: FxHashMap<Value, Value> = FxHashMap::default();
    for (place, param) in params.iter().enumerate() {
        let sum = sums.iter().position(|(own, _)| *own == place);
        let last = sum.map_or(entered[place], |sum| totals[sum]);
        finals.insert(*param, last);
        func.dfg.change_to_alias(*param, last);
    }
    let leaving: Vec<BlockArg> =
        leaving.iter().map(|value| BlockArg::Value(finals.get(value).copied().unwrap_or(*value))).collect();
    at_end(func, after).ins().jump(exit, &leaving);
    func.dfg.resolve_all_aliases();
}
