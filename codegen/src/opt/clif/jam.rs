//! Unrolls the loop around an innermost one and runs the copies of the inner loop as one: `c[i, j] += a[i, k] * b[k, j]`
//! for four `k` at once loads and stores `c[i, j]` once, and four dot products at once do not wait for each other's
//! additions. Every element sees its operations in the order that it had. What is stored must be apart from what is
//! loaded, which is asked in front of each round.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::FuncCursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use cranelift_codegen::loop_analysis::Loop;
use rustc_hash::FxHashMap;

use super::counted::{self, Counted, at_end};
use super::{constant, home};

/// Rounds of the outer loop that run at once, where each carries values of its own through the inner loop.
const COPIES: usize = 4;
/// As many where all add to one element: of `n + 1` loads for `n` products one is the element's, and the processor has
/// two loads for each two products. Each takes a register for its factor and one for its row, so that more do not fit.
const COPIES_OF_SUM: usize = 8;
/// Inner loops of fewer rounds stay as they are.
const LEAST_TRIP: i64 = 16;
/// More instructions than these are not copied.
const MOST_INSTS: usize = 32;
/// Values that the inner loop carries from round to round.
const MOST_CARRIED: usize = 2;

/// A loop that counts up by one, around nothing but straight code and an innermost loop.
struct Nest {
    inner: Counted,
    /// What enters the outer loop.
    entry: Inst,
    header: Block,
    counter: Value,
    stop: Value,
    /// All blocks.
    blocks: Vec<Block>,
    /// The instructions in front of the inner loop, of its body, and behind it.
    before: Vec<Inst>,
    body: Vec<Inst>,
    after: Vec<Inst>,
    /// Where the inner loop starts to count, and its other parameters' first values.
    start: Value,
    firsts: Vec<(usize, Value)>,
    /// In the body: the load of the element that is stored, which later copies take from the one before.
    own_load: Option<Inst>,
    /// The loads and stores that must not meet.
    loads: Vec<Inst>,
    stores: Vec<Inst>,
}

impl Nest {
    fn copies(&self) -> usize {
        if self.own_load.is_some() { COPIES_OF_SUM } else { COPIES }
    }
}

/// By value of the nest: that of one copy.
type Copy = FxHashMap<Value, Value>;

pub(super) fn run(context: &mut Context, reorder: bool) -> usize {
    super::analyze(context);
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    let nests: Vec<Nest> = loops.into_iter().filter_map(|own| find(context, own, reorder)).collect();
    nests.iter().for_each(|nest| emit(&mut context.func, nest));
    nests.len()
}

fn find(context: &Context, own: Loop, reorder: bool) -> Option<Nest> {
    let inner = counted::find(context, own)?;
    let outer = context.loop_analysis.loop_parent(own)?;
    let frame = counted::frame(context, outer)?;
    let func = &context.func;
    let [counter] = func.dfg.block_params(frame.header) else { return None };
    if *counter != frame.counter || inner.params.len() > MOST_CARRIED + 1 {
        return None;
    }
    let (before, to_inner) = straight(context, frame.first)?;
    if to_inner != inner.entry {
        return None;
    }
    let test = func.layout.last_inst(inner.header)?;
    let InstructionData::Brif { blocks: ways, .. } = func.dfg.insts[test] else { return None };
    let (after, latch) = straight(context, ways[1].block(&func.dfg.value_lists))?;
    let next = super::passed(func, latch, frame.header)?;
    if next.len() != 1 || !adds_one(func, next[0], *counter) {
        return None;
    }
    let blocks: Vec<Block> = [frame.header].into_iter().chain(before.iter().copied()).collect();
    let blocks: Vec<Block> = blocks.into_iter().chain(inner.blocks.iter().chain(&after).copied()).collect();
    let all = func.layout.blocks().filter(|block| context.loop_analysis.is_in_loop(*block, outer)).count();
    let given = super::passed(func, inner.entry, inner.header)?;
    let outside = |value: Value| home(func, value).is_some_and(|block| !blocks.contains(&block));
    let start = given[inner.index];
    if all != blocks.len() || !outside(inner.stop) || !(outside(start) || constant(func, start).is_some()) {
        return None;
    }
    let insts = |blocks: &[Block]| -> Vec<Inst> {
        let insts = blocks.iter().flat_map(|block| func.layout.block_insts(*block));
        insts.filter(|inst| !func.dfg.insts[*inst].opcode().is_branch()).collect()
    };
    let (before, body, after) = (insts(&before), inner.insts(func), insts(&after));
    let firsts = given.iter().copied().enumerate().filter(|(place, _)| *place != inner.index).collect();
    let mut nest = Nest {
        entry: frame.entry,
        header: frame.header,
        counter: *counter,
        stop: frame.stop,
        blocks,
        before,
        body,
        after,
        start,
        firsts,
        own_load: None,
        loads: Vec::new(),
        stores: Vec::new(),
        inner,
    };
    find_accesses(func, &mut nest)?;
    is_worth_it(func, &nest, reorder).then_some(nest)
}

/// Blocks one behind the other, up to a jump to one with several ways in.
fn straight(context: &Context, first: Block) -> Option<(Vec<Block>, Inst)> {
    let func = &context.func;
    let mut blocks = Vec::new();
    let mut at = first;
    loop {
        let alone = context.cfg.pred_iter(at).count() == 1 && func.dfg.num_block_params(at) == 0;
        if !alone || blocks.contains(&at) {
            return None;
        }
        blocks.push(at);
        let last = func.layout.last_inst(at)?;
        let InstructionData::Jump { destination, .. } = func.dfg.insts[last] else { return None };
        at = destination.block(&func.dfg.value_lists);
        if context.cfg.pred_iter(at).count() > 1 {
            return Some((blocks, last));
        }
    }
}

fn adds_one(func: &Function, value: Value, counter: Value) -> bool {
    let Some(inst) = func.dfg.value_def(value).inst() else { return false };
    matches!(func.dfg.insts[inst], InstructionData::Binary { opcode: Opcode::Iadd, args }
        if args[0] == counter && constant(func, args[1]) == Some(1)
            || args[1] == counter && constant(func, args[0]) == Some(1))
}

/// The address of a plain load or store.
fn address(func: &Function, inst: Inst) -> Option<(Value, i32)> {
    match func.dfg.insts[inst] {
        InstructionData::Load { opcode: Opcode::Load, arg, offset, .. } => Some((arg, offset.into())),
        InstructionData::Store { opcode: Opcode::Store, args, offset, .. } => Some((args[1], offset.into())),
        _ => None,
    }
}

/// Sorts what touches memory. `None` if something does more than that, or is in a place where it could not move.
fn find_accesses(func: &Function, nest: &mut Nest) -> Option<()> {
    let parts = [nest.before.clone(), nest.body.clone(), nest.after.clone()];
    if parts.iter().map(Vec::len).sum::<usize>() > MOST_INSTS {
        return None;
    }
    for (part, insts) in parts.iter().enumerate() {
        for inst in insts {
            let opcode = func.dfg.insts[*inst].opcode();
            if opcode.can_load() || opcode.can_store() {
                let (at, _) = address(func, *inst)?;
                match (opcode.can_store(), part) {
                    (true, 0) => return None,
                    (true, _) => nest.stores.push(*inst),
                    (false, 2) => continue,
                    (false, _) => nest.loads.push(*inst),
                }
                // Behind the inner loop its counter is where it stopped.
                let stays = part != 2 || !depends_on(func, nest, at, nest.inner.counter(), 12);
                if !stays || !is_linear(func, nest, at, 12) {
                    return None;
                }
            } else if opcode.is_call() || opcode.can_trap() || opcode.other_side_effects() {
                return None;
            }
        }
    }
    let inner: Vec<Inst> = nest.stores.iter().copied().filter(|store| nest.body.contains(store)).collect();
    match inner.as_slice() {
        [] => (!nest.stores.is_empty() && !nest.firsts.is_empty()).then_some(()),
        // What is behind the inner loop must not wait for its stores.
        [store] if nest.stores.len() == 1 => {
            let touches = |inst: &Inst| address(func, *inst).is_some();
            let at = address(func, *store)?;
            let place = nest.body.iter().position(|inst| inst == store)?;
            let ty = func.dfg.value_type(func.dfg.inst_args(*store)[0]);
            let own = nest.body[..place].iter().copied().find(|inst| {
                address(func, *inst) == Some(at) && func.dfg.value_type(func.dfg.first_result(*inst)) == ty
            });
            nest.own_load = Some(own?);
            nest.loads.retain(|load| Some(*load) != own);
            let late = nest.body[place..].iter().any(|inst| inst != store && touches(inst));
            let still = !depends_on(func, nest, at.0, nest.counter, 12);
            (!late && still && !nest.after.iter().any(touches)).then_some(())
        }
        _ => None,
    }
}

/// Whether an address is a sum of multiples of the inner counter, so that it is least and greatest in the first and
/// the last round.
fn is_linear(func: &Function, nest: &Nest, value: Value, depth: u32) -> bool {
    let counter = nest.inner.counter();
    let Some(block) = home(func, value) else { return false };
    if value == counter || value == nest.counter || constant(func, value).is_some() {
        return true;
    }
    let inst = func.dfg.value_def(value).inst();
    if !nest.blocks.contains(&block) || inst.is_some_and(|inst| nest.before.contains(&inst)) {
        return true;
    }
    let Some(inst) = inst.filter(|_| depth > 0) else { return false };
    let InstructionData::Binary { opcode, args } = func.dfg.insts[inst] else { return false };
    let free = |value: Value| !depends_on(func, nest, value, counter, depth);
    let fits = match opcode {
        Opcode::Iadd | Opcode::Isub => true,
        Opcode::Imul => free(args[0]) || free(args[1]),
        Opcode::Ishl => free(args[1]),
        _ => false,
    };
    fits && args.iter().all(|arg| is_linear(func, nest, *arg, depth - 1))
}

/// Whether a value of the nest is made from another one; beyond a depth it is taken to be.
fn depends_on(func: &Function, nest: &Nest, value: Value, on: Value, depth: u32) -> bool {
    if value == on {
        return true;
    }
    match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) if home(func, value).is_some_and(|block| nest.blocks.contains(&block)) => {
            let loads = func.dfg.insts[inst].opcode().can_load();
            loads
                || depth == 0
                || func.dfg.inst_args(inst).iter().any(|arg| depends_on(func, nest, *arg, on, depth - 1))
        }
        _ => false,
    }
}

/// A sum over neighbours that may be taken in any order is faster in vectors.
fn is_worth_it(func: &Function, nest: &Nest, reorder: bool) -> bool {
    let carried = nest.firsts.iter().map(|(_, first)| func.dfg.value_type(*first));
    let free = !nest.firsts.is_empty() && carried.clone().all(|ty| ty.is_int() || reorder);
    let neighbours = nest.body.iter().filter(|inst| nest.loads.contains(inst)).all(|load| {
        let bytes = i64::from(func.dfg.value_type(func.dfg.first_result(*load)).bytes());
        let at = address(func, *load).and_then(|(at, _)| nest.inner.affine(func, at));
        at.is_some_and(|at| at.scale == bytes)
    });
    // The inner header's own values would have to be made once more behind the loop.
    let header = |inst: &Inst| {
        func.dfg.inst_args(*inst).iter().any(|arg| {
            home(func, *arg) == Some(nest.inner.header) && func.dfg.value_def(*arg).inst().is_some()
        })
    };
    let is_sum = free && neighbours;
    !is_sum && !nest.after.iter().any(header)
}

fn emit(func: &mut Function, nest: &Nest) {
    let guard = func.dfg.make_block();
    let counter = func.dfg.append_block_param(guard, types::I64);
    func.layout.insert_block(guard, nest.header);
    super::redirect(func, nest.entry, nest.header, guard);
    let [setup, test, body, after] = [(); 4].map(|()| func.dfg.make_block());
    for (block, behind) in [(setup, guard), (test, setup), (body, test), (after, body)] {
        func.layout.insert_block_after(block, behind);
    }
    let plain = [BlockArg::Value(counter)];

    let mut cursor = at_end(func, guard);
    let some = cursor.ins().icmp(IntCC::SignedLessThan, counter, nest.stop);
    let left = cursor.ins().isub(nest.stop, counter);
    let copies = cursor.ins().iconst(types::I64, nest.copies() as i64);
    let enough = cursor.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, left, copies);
    let both = cursor.ins().band(some, enough);
    cursor.ins().brif(both, setup, &[], nest.header, &plain);

    let mut maps = vec![Copy::default(); nest.copies()];
    for (place, map) in maps.iter_mut().enumerate() {
        let mut cursor = at_end(func, setup);
        let offset = cursor.ins().iconst(types::I64, place as i64);
        map.insert(nest.counter, if place == 0 { counter } else { cursor.ins().iadd(counter, offset) });
    }
    copy_all(func, &nest.before, &mut maps, setup, None, true);
    let mut cursor = at_end(func, setup);
    let start = start(&mut cursor, nest);
    let trip = cursor.ins().isub(nest.inner.stop, start);
    let least = cursor.ins().iconst(types::I64, LEAST_TRIP);
    let some = cursor.ins().icmp(IntCC::SignedLessThan, start, nest.inner.stop);
    let long = cursor.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, trip, least);
    let long = cursor.ins().band(some, long);
    let apart = apart(&mut cursor, nest, &maps, start);
    let fine = cursor.ins().band(long, apart);
    let mut starts = vec![BlockArg::Value(start)];
    for map in &maps {
        starts.extend(nest.firsts.iter().map(|(_, first)| BlockArg::Value(of(map, *first))));
    }
    cursor.ins().brif(fine, test, &starts, nest.header, &plain);

    let index = func.dfg.append_block_param(test, types::I64);
    for map in &mut maps {
        map.insert(nest.inner.counter(), index);
        for (place, first) in &nest.firsts {
            let ty = func.dfg.value_type(*first);
            map.insert(nest.inner.params[*place], func.dfg.append_block_param(test, ty));
        }
    }
    let mut cursor = at_end(func, test);
    let more = cursor.ins().icmp(IntCC::SignedLessThan, index, nest.inner.stop);
    cursor.ins().brif(more, body, &[], after, &[]);

    let mut inside = maps.clone();
    copy_all(func, &nest.body, &mut inside, body, nest.own_load, true);
    let mut cursor = at_end(func, body);
    let one = cursor.ins().iconst(types::I64, 1);
    let mut nexts = vec![BlockArg::Value(cursor.ins().iadd(index, one))];
    for map in &inside {
        nexts.extend(nest.firsts.iter().map(|(place, _)| BlockArg::Value(of(map, nest.inner.next[*place]))));
    }
    cursor.ins().jump(test, &nexts);

    copy_all(func, &nest.after, &mut maps, after, None, false);
    let mut cursor = at_end(func, after);
    let copies = cursor.ins().iconst(types::I64, nest.copies() as i64);
    let next = cursor.ins().iadd(counter, copies);
    cursor.ins().jump(guard, &[BlockArg::Value(next)]);
}

fn of(map: &Copy, value: Value) -> Value {
    map.get(&value).copied().unwrap_or(value)
}

/// Copies instructions to the end of a block once for every copy; what is the same in all of them, once. The element
/// that `own` loads is handed from copy to copy, and stored by the last. `share` says that loads may be shared, too.
fn copy_all(
    func: &mut Function,
    insts: &[Inst],
    maps: &mut [Copy],
    to: Block,
    own: Option<Inst>,
    share: bool,
) {
    let place = own.and_then(|own| address(func, own));
    let mut element: Option<Value> = None;
    for at in 0..maps.len() {
        for inst in insts {
            let opcode = func.dfg.insts[*inst].opcode();
            if Some(*inst) == own
                && let Some(element) = element
            {
                maps[at].insert(func.dfg.first_result(*inst), element);
                continue;
            }
            if opcode.can_store() && own.is_some() && place == address(func, *inst) {
                element = Some(of(&maps[at], func.dfg.inst_args(*inst)[0]));
                if at + 1 < maps.len() {
                    continue;
                }
            }
            let results = func.dfg.inst_results(*inst).to_vec();
            let args = func.dfg.inst_args(*inst).to_vec();
            let same = at > 0 && args.iter().all(|arg| of(&maps[at], *arg) == of(&maps[0], *arg));
            if same && !opcode.can_store() && (!opcode.can_load() || share) {
                for result in results {
                    let first = of(&maps[0], result);
                    maps[at].insert(result, first);
                }
                continue;
            }
            let copy = func.dfg.clone_inst(*inst);
            func.dfg.map_inst_values(copy, |value| of(&maps[at], value));
            func.layout.append_inst(copy, to);
            let made = func.dfg.inst_results(copy).to_vec();
            maps[at].extend(results.into_iter().zip(made));
        }
    }
}

/// Where the inner loop starts to count.
fn start(cursor: &mut FuncCursor<'_>, nest: &Nest) -> Value {
    match constant(cursor.func, nest.start) {
        Some(start) => cursor.ins().iconst(types::I64, start),
        None => nest.start,
    }
}

/// Whether the stores of all copies are apart from their loads.
fn apart(cursor: &mut FuncCursor<'_>, nest: &Nest, maps: &[Copy], start: Value) -> Value {
    let one = cursor.ins().iconst(types::I64, 1);
    let last = cursor.ins().isub(nest.inner.stop, one);
    let spans = |cursor: &mut FuncCursor<'_>, insts: &[Inst]| -> Vec<(Value, Value)> {
        insts.iter().map(|inst| span(cursor, nest, maps, *inst, [start, last])).collect()
    };
    let stores = spans(cursor, &nest.stores);
    let loads = spans(cursor, &nest.loads);
    let mut all = cursor.ins().iconst(types::I8, 1);
    for (low, high) in &stores {
        for (from, to) in &loads {
            let below = cursor.ins().icmp(IntCC::UnsignedLessThanOrEqual, *high, *from);
            let above = cursor.ins().icmp(IntCC::UnsignedLessThanOrEqual, *to, *low);
            let either = cursor.ins().bor(below, above);
            all = cursor.ins().band(all, either);
        }
    }
    all
}

/// The first byte that any copy of an instruction touches, and the one behind the last.
fn span(
    cursor: &mut FuncCursor<'_>,
    nest: &Nest,
    maps: &[Copy],
    inst: Inst,
    ends: [Value; 2],
) -> (Value, Value) {
    let (at, offset) = address(cursor.func, inst).expect("only plain loads and stores are moved");
    let data = cursor.func.dfg.insts[inst];
    let ty = match data {
        InstructionData::Store { args, .. } => cursor.func.dfg.value_type(args[0]),
        _ => cursor.func.dfg.value_type(cursor.func.dfg.first_result(inst)),
    };
    let mut seen: Vec<Value> = Vec::new();
    for map in maps {
        for end in ends {
            let address = evaluate(cursor, nest, map, at, end);
            if !seen.contains(&address) {
                seen.push(address);
            }
        }
    }
    let (mut low, mut high) = (seen[0], seen[0]);
    for address in &seen[1..] {
        low = cursor.ins().umin(low, *address);
        high = cursor.ins().umax(high, *address);
    }
    let offset = i64::from(offset);
    let from = cursor.ins().iconst(types::I64, offset);
    let to = cursor.ins().iconst(types::I64, offset + i64::from(ty.bytes()));
    (cursor.ins().iadd(low, from), cursor.ins().iadd(high, to))
}

/// An address of one copy with the inner counter at `index`.
fn evaluate(cursor: &mut FuncCursor<'_>, nest: &Nest, map: &Copy, value: Value, index: Value) -> Value {
    if value == nest.inner.counter() {
        return index;
    }
    if let Some(made) = map.get(&value) {
        return *made;
    }
    let inside = home(cursor.func, value).is_some_and(|block| nest.blocks.contains(&block));
    if !inside {
        return value;
    }
    if let Some(constant) = constant(cursor.func, value) {
        let ty = cursor.func.dfg.value_type(value);
        return cursor.ins().iconst(ty, constant);
    }
    let inst = cursor.func.dfg.value_def(value).inst().expect("an address is made by instructions");
    let InstructionData::Binary { opcode, args } = cursor.func.dfg.insts[inst] else { return value };
    let [a, b] = args.map(|arg| evaluate(cursor, nest, map, arg, index));
    match opcode {
        Opcode::Iadd => cursor.ins().iadd(a, b),
        Opcode::Isub => cursor.ins().isub(a, b),
        Opcode::Imul => cursor.ins().imul(a, b),
        _ => cursor.ins().ishl(a, b),
    }
}
