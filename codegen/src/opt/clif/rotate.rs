//! Tests loops at their ends: `while c { body }` becomes `if c { do { body } while c }`, with one branch a round
//! instead of two.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Value,
};
use rustc_hash::FxHashMap;

use super::{analyze, complement, home};

/// A test of more instructions than these is not copied.
const MOST_INSTS: usize = 8;

/// A loop's test and where it leads.
struct Test {
    header: Block,
    branch: Inst,
    cond: Value,
    /// The way into the body is taken where the condition holds.
    inward: bool,
    body: Block,
    exit: Block,
    /// The jumps to the header, and whether each is from inside of the loop.
    jumps: Vec<(Inst, bool)>,
}

pub(super) fn run(context: &mut Context) -> usize {
    context.func.dfg.resolve_all_aliases();
    analyze(context);
    let loops = &context.loop_analysis;
    let headers: Vec<Block> = loops.loops().map(|own| loops.loop_header(own)).collect();
    let mut turned = 0;
    for header in headers {
        if let Some(test) = find(context, header)
            && let Some(reads) = reads(context, &test)
        {
            rewrite(&mut context.func, &test, &reads);
            analyze(context);
            turned += 1;
        }
    }
    turned
}

fn find(context: &mut Context, header: Block) -> Option<Test> {
    let own = context.loop_analysis.innermost_loop(header)?;
    let func = &context.func;
    let branch = func.layout.last_inst(header)?;
    let InstructionData::Brif { arg: cond, blocks: ways, .. } = func.dfg.insts[branch] else { return None };
    let insts: Vec<Inst> = func.layout.block_insts(header).filter(|inst| *inst != branch).collect();
    let plain = |inst: &Inst| {
        let opcode = func.dfg.insts[*inst].opcode();
        !(opcode.is_call() || opcode.can_store() || opcode.can_trap() || opcode.other_side_effects())
    };
    if insts.len() > MOST_INSTS || !insts.iter().all(plain) {
        return None;
    }
    let pool = &func.dfg.value_lists;
    let [first, second] = ways.map(|way| way.block(pool));
    let inside = |block: Block| context.loop_analysis.is_in_loop(block, own);
    let inward = inside(first);
    if inward == inside(second) || first == header || second == header {
        return None;
    }
    let mut jumps = Vec::new();
    for pred in context.cfg.pred_iter(header) {
        match func.dfg.insts[pred.inst] {
            InstructionData::Jump { .. } => jumps.push((pred.inst, inside(pred.block))),
            _ => return None,
        }
    }
    let alone = [first, second].map(|block| context.cfg.pred_iter(block).count() == 1);
    let bare = ways.map(|way| way.len(pool) == 0);
    let split = [0, 1].map(|side| !alone[side] || !bare[side]);
    let [first, second] = [0, 1].map(|side| match split[side] {
        true => split_way(&mut context.func, branch, side),
        false => [first, second][side],
    });
    if split[0] || split[1] {
        analyze(context);
    }
    let (body, exit) = if inward { (first, second) } else { (second, first) };
    Some(Test { header, branch, cond, inward, body, exit, jumps })
}

/// Puts a block of its own on one way of a branch.
fn split_way(func: &mut Function, branch: Inst, side: usize) -> Block {
    let block = func.dfg.make_block();
    let home = func.layout.inst_block(branch).expect("a branch is in a block");
    func.layout.insert_block_after(block, home);
    let pool = &mut func.dfg.value_lists;
    let bare = BlockCall::new(block, std::iter::empty(), pool);
    let InstructionData::Brif { blocks, .. } = &mut func.dfg.insts[branch] else { return block };
    let way = std::mem::replace(&mut blocks[side], bare);
    let to = way.block(&func.dfg.value_lists);
    let args: Vec<BlockArg> = way.args(&func.dfg.value_lists).collect();
    FuncCursor::new(func).at_bottom(block).ins().jump(to, &args);
    block
}

/// The header's values that one way reads, and what reads them.
#[derive(Default)]
struct Reads {
    values: Vec<Value>,
    insts: Vec<Inst>,
}

/// What is read of the header in what the body, and in what the exit, dominates. `None` if something is read where
/// both may have been.
fn reads(context: &Context, test: &Test) -> Option<[Reads; 2]> {
    let func = &context.func;
    let mut reads = [Reads::default(), Reads::default()];
    for block in func.layout.blocks().filter(|block| *block != test.header) {
        let [inner, outer] = [test.body, test.exit].map(|way| context.domtree.block_dominates(way, block));
        for inst in func.layout.block_insts(block) {
            let args = func.dfg.inst_values(inst);
            let args: Vec<Value> = args.filter(|value| home(func, *value) == Some(test.header)).collect();
            if args.is_empty() {
                continue;
            }
            if inner == outer {
                return None;
            }
            let own = &mut reads[usize::from(outer)];
            own.insts.push(inst);
            for value in args {
                if !own.values.contains(&value) {
                    own.values.push(value);
                }
            }
        }
    }
    Some(reads)
}

fn rewrite(func: &mut Function, test: &Test, reads: &[Reads; 2]) {
    for (way, own) in [test.body, test.exit].into_iter().zip(reads) {
        let mut params: FxHashMap<Value, Value> = FxHashMap::default();
        for value in &own.values {
            let ty = func.dfg.value_type(*value);
            params.insert(*value, func.dfg.append_block_param(way, ty));
        }
        for inst in &own.insts {
            func.dfg.map_inst_values(*inst, |value| params.get(&value).copied().unwrap_or(value));
        }
    }
    for (jump, back) in &test.jumps {
        copy_test(func, test, reads, *jump, *back);
    }
    let insts: Vec<Inst> = func.layout.block_insts(test.header).collect();
    for inst in insts {
        func.layout.remove_inst(inst);
    }
    func.layout.remove_block(test.header);
}

/// Puts the test in the place of a jump to it.
fn copy_test(func: &mut Function, test: &Test, reads: &[Reads; 2], jump: Inst, back: bool) {
    let params = func.dfg.block_params(test.header).to_vec();
    let args = super::passed(func, jump, test.header).expect("the jump goes to the header");
    let mut values: FxHashMap<Value, Value> = params.into_iter().zip(args).collect();
    let insts: Vec<Inst> = func.layout.block_insts(test.header).collect();
    for inst in insts.into_iter().filter(|inst| *inst != test.branch) {
        let copy = func.dfg.clone_inst(inst);
        func.dfg.map_inst_values(copy, |value| values.get(&value).copied().unwrap_or(value));
        func.layout.insert_inst(copy, jump);
        let (old, new) = (func.dfg.inst_results(inst).to_vec(), func.dfg.inst_results(copy).to_vec());
        values.extend(old.into_iter().zip(new));
    }
    let of = |value: &Value| values.get(value).copied().unwrap_or(*value);
    let [inner, outer] = [0, 1]
        .map(|side: usize| reads[side].values.iter().map(of).map(BlockArg::Value).collect::<Vec<BlockArg>>());
    let cond = of(&test.cond);
    // Control falls through to the second way: into the body in front of the loop, to the exit at its end.
    let flipped = (back != test.inward).then(|| complement(func, cond, jump));
    let inward = test.inward != flipped.is_some();
    let mut cursor = FuncCursor::new(func).at_inst(jump);
    let cond = flipped.unwrap_or(cond);
    if inward {
        cursor.ins().brif(cond, test.body, &inner, test.exit, &outer);
    } else {
        cursor.ins().brif(cond, test.exit, &outer, test.body, &inner);
    }
    func.layout.remove_inst(jump);
}
