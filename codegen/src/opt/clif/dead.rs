//! Removes block parameters that nothing reads or that have one value only, and what was computed only for them: joins of variables that a loop
//! assigns and nobody asks for.

use cranelift_codegen::ir::{Block, Function, Inst, Value, ValueDef};
use rustc_hash::{FxHashMap, FxHashSet};

use super::targets;

pub(super) fn run(func: &mut Function) -> usize {
    let live = live_values(func);
    let mut removed = remove_params(func, &live) + remove_insts(func, &live);
    while let Some((block, place, value)) = one_valued(func) {
        let param = func.dfg.block_params(block)[place];
        remove_param(func, block, place);
        func.dfg.change_to_alias(param, value);
        func.dfg.resolve_all_aliases();
        removed += 1;
    }
    removed
}

/// A parameter that is the same value on every way into its block, but for those on which it is itself.
fn one_valued(func: &Function) -> Option<(Block, usize, Value)> {
    let mut seen: FxHashMap<(Block, usize), Option<Value>> = FxHashMap::default();
    for inst in branches(func) {
        for call in targets(func, inst) {
            let pool = &func.dfg.value_lists;
            let block = call.block(pool);
            for (place, arg) in call.args(pool).enumerate() {
                let param = func.dfg.block_params(block)[place];
                let arg = arg.as_value();
                if arg == Some(param) {
                    continue;
                }
                let known = seen.entry((block, place)).or_insert(arg);
                if *known != arg {
                    *known = None;
                }
            }
        }
    }
    let mut found: Vec<(Block, usize, Value)> =
        seen.into_iter().filter_map(|((block, place), value)| Some((block, place, value?))).collect();
    found.sort_unstable();
    found.first().copied()
}

/// The branches at the ends of blocks.
fn branches(func: &Function) -> Vec<Inst> {
    let last = func.layout.blocks().filter_map(|block| func.layout.last_inst(block));
    last.filter(|inst| func.dfg.insts[*inst].opcode().is_branch()).collect()
}

fn remove_param(func: &mut Function, block: Block, place: usize) {
    let branches = branches(func);
    let param = func.dfg.block_params(block)[place];
    func.dfg.remove_block_param(param);
    for inst in branches {
        let dfg = &mut func.dfg;
        let calls = dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        for call in calls {
            if call.block(&dfg.value_lists) == block {
                call.remove(place, &mut dfg.value_lists);
            }
        }
    }
}

fn is_root(func: &Function, inst: Inst) -> bool {
    let opcode = func.dfg.insts[inst].opcode();
    opcode.can_trap()
        || opcode.other_side_effects()
        || opcode.can_store()
        || opcode.is_call()
        || opcode.is_branch()
        || opcode.is_return()
        || opcode.is_terminator()
        || opcode.can_load()
}

fn live_values(func: &Function) -> FxHashSet<Value> {
    let mut live = FxHashSet::default();
    let mut work: Vec<Value> = Vec::new();
    let mut edges: Vec<(Block, Vec<Option<Value>>)> = Vec::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            if is_root(func, inst) {
                work.extend(func.dfg.inst_args(inst));
                work.extend(func.dfg.inst_results(inst));
            }
            for call in targets_of(func, inst) {
                let pool = &func.dfg.value_lists;
                edges.push((call.block(pool), call.args(pool).map(|arg| arg.as_value()).collect()));
            }
        }
    }
    while let Some(value) = work.pop() {
        let value = func.dfg.resolve_aliases(value);
        if !live.insert(value) {
            continue;
        }
        match func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => work.extend(func.dfg.inst_args(inst)),
            ValueDef::Param(block, place) => {
                let to = edges.iter().filter(|(to, _)| *to == block);
                work.extend(to.filter_map(|(_, args)| args.get(place).copied().flatten()));
            }
            ValueDef::Union(a, b) => work.extend([a, b]),
        }
    }
    live
}

fn targets_of(func: &Function, inst: Inst) -> &[cranelift_codegen::ir::BlockCall] {
    if func.dfg.insts[inst].opcode().is_branch() { targets(func, inst) } else { &[] }
}

fn remove_params(func: &mut Function, live: &FxHashSet<Value>) -> usize {
    let entry = func.layout.entry_block();
    let blocks: Vec<Block> = func.layout.blocks().filter(|block| Some(*block) != entry).collect();
    let mut removed = 0;
    for block in blocks {
        for place in (0..func.dfg.num_block_params(block)).rev() {
            let param = func.dfg.block_params(block)[place];
            if live.contains(&param) {
                continue;
            }
            remove_param(func, block, place);
            removed += 1;
        }
    }
    removed
}

fn remove_insts(func: &mut Function, live: &FxHashSet<Value>) -> usize {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let mut removed = 0;
    for block in blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let dead = !is_root(func, inst)
                && func.dfg.has_results(inst)
                && func.dfg.inst_results(inst).iter().all(|value| !live.contains(value));
            if dead {
                func.layout.remove_inst(inst);
                removed += 1;
            }
        }
    }
    removed
}
