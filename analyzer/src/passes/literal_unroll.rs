//! Gives a loop over `literal_unroll(t)` a version of its body for each member of the tuple, so that each version
//! sees its own type.
//!
//! The loop becomes one over `range(len(t))` that chooses the version by the index; a loop over
//! `range(len(literal_unroll(t)))` is one already, in which `t[i]` is the member. Numba makes one version for each type,
//! not for each member; the types are the same. It takes any other `t[j]` in the loop for the member as well, so that
//! `j` gets the type of another member; such a function has a type, but what it computes is not defined.

use super::cfg::Cfg;
use super::definitions::Definitions;
use super::{Env, Fact};
use crate::hir::body::{
    Block, BlockId, Body, Call, CmpOp, Inst, InstKind, Origin, RefusedKind, RefusedSyntax, Terminator, Use,
    Value, VarId,
};
use crate::ty::{Const, Name, Ty};

/// A longer tuple is left alone.
const MAX_MEMBERS: usize = 64;

/// Unrolls every such loop over a tuple of known length. Says whether there was one.
pub(crate) fn literal_unroll(body: &mut Body, args: &[Ty], env: &dyn Env) -> bool {
    let mut changed = false;
    while let Some(found) = find(body, args, env) {
        match found {
            Found::Refused(refused) => {
                body.refused.push(refused);
                return changed;
            }
            Found::Uniform { place, tuple } => assign(body, place, Value::Copy(tuple)),
            Found::Loop(found) => unroll(body, *found),
        }
        changed = true;
    }
    changed
}

struct Loop {
    /// The block and index of the call.
    call: (usize, usize),
    tuple: Use,
    /// The list display that becomes a tuple.
    list: Option<(u32, u32)>,
    n_members: usize,
    header: u32,
    item: VarId,
    /// The item is the member's index.
    by_index: bool,
    blocks: Vec<u32>,
}

enum Found {
    Refused(RefusedSyntax),
    /// All members have one type: the tuple itself is walked.
    Uniform {
        place: (usize, usize),
        tuple: Use,
    },
    Loop(Box<Loop>),
}

pub(crate) fn is_literal_unroll(value: Option<&Value>, env: &dyn Env) -> bool {
    library_path(value, env).is_some_and(|path| path.ends_with(".literal_unroll"))
}

/// The real path of what a value is, if it is part of the library.
fn library_path(value: Option<&Value>, env: &dyn Env) -> Option<Name> {
    let fact = match value? {
        Value::Global(name) => env.global(name),
        Value::Free(name) => env.free(name),
        _ => return None,
    };
    match fact {
        Fact::Library(path) => Some(path),
        _ => None,
    }
}

/// The next call to deal with.
fn find(body: &Body, args: &[Ty], env: &dyn Env) -> Option<Found> {
    let mentions = body.blocks.iter().flat_map(|block| &block.insts).any(|inst| match &inst.kind {
        InstKind::Assign { value, .. } => is_literal_unroll(Some(value), env),
        _ => false,
    });
    if !mentions {
        return None;
    }
    let defs = Definitions::new(body);
    for (b, block) in body.blocks.iter().enumerate() {
        for (i, inst) in block.insts.iter().enumerate() {
            let InstKind::Assign { dst, value: Value::Call(call) } = &inst.kind else { continue };
            let [tuple] = &call.args[..] else { continue };
            if !is_literal_unroll(defs.value(body, call.func.var), env) {
                continue;
            }
            let refuse = |words: &str| {
                let kind = RefusedKind::Other(words.into());
                Some(Found::Refused(RefusedSyntax { origin: inst.origin, kind }))
            };
            let mut list = None;
            let n_members = match defs.value(body, tuple.var) {
                Some(Value::Param(index)) => match args.get(*index as usize) {
                    Some(Ty::Tuple(items))
                        if items.iter().all(|item| *item == items[0]) && !items.is_empty() =>
                    {
                        return Some(Found::Uniform { place: (b, i), tuple: *tuple });
                    }
                    Some(ty) if ty.is_hole() || matches!(ty, Ty::AnyTuple(_)) => continue,
                    Some(ty) => match ty.tuple_items() {
                        Some(items) => items.len(),
                        None => return refuse("`literal_unroll` over an argument that is not a tuple"),
                    },
                    None => continue,
                },
                Some(Value::Tuple(items)) => items.len(),
                Some(Value::Global(name)) => match members(env.global(name)) {
                    Some(members) => members,
                    None => continue,
                },
                Some(Value::Free(name)) => match members(env.free(name)) {
                    Some(members) => members,
                    None => continue,
                },
                Some(Value::List(items)) if items.iter().all(|item| is_const(body, &defs, *item)) => {
                    list = defs.place(tuple.var);
                    items.len()
                }
                Some(Value::List(_)) => {
                    return refuse("`literal_unroll` over a list with items that are no constants");
                }
                Some(Value::Item(of, _)) if matches!(defs.value(body, of.var), Some(Value::List(_))) => {
                    return refuse("`literal_unroll` over a part of a list");
                }
                _ => continue,
            };
            let indexed = || find_loop(body, &defs, range_of(body, &defs, *dst, env)?, true);
            let found = find_loop(body, &defs, *dst, false).or_else(indexed);
            let Some(mut found) = found else { continue };
            if found.blocks.iter().any(|inner| has_call(body, &defs, *inner, env)) {
                return refuse("`literal_unroll` inside a `literal_unroll`");
            }
            if n_members <= MAX_MEMBERS {
                (found.call, found.tuple, found.list, found.n_members) = ((b, i), *tuple, list, n_members);
                return Some(Found::Loop(Box::new(found)));
            }
        }
    }
    None
}

/// The length of a tuple from outside the function.
fn members(fact: Fact) -> Option<usize> {
    match fact {
        Fact::Const(Const::Tuple(items)) => Some(items.len()),
        Fact::Tuple(members) => Some(members),
        _ => None,
    }
}

fn is_const(body: &Body, defs: &Definitions, used: Use) -> bool {
    matches!(defs.value(body, used.var), Some(Value::Const(_)))
}

fn has_call(body: &Body, defs: &Definitions, block: u32, env: &dyn Env) -> bool {
    body.blocks[block as usize].insts.iter().any(|inst| match &inst.kind {
        InstKind::Assign { value: Value::Call(call), .. } => {
            is_literal_unroll(defs.value(body, call.func.var), env)
        }
        _ => false,
    })
}

/// The range in `range(len(x))`.
fn range_of(body: &Body, defs: &Definitions, x: VarId, env: &dyn Env) -> Option<VarId> {
    let called = |path: &str, with: VarId| {
        body.blocks.iter().flat_map(|block| &block.insts).find_map(|inst| match &inst.kind {
            InstKind::Assign { dst, value: Value::Call(call) } => {
                let [arg] = &call.args[..] else { return None };
                let is_called =
                    || library_path(defs.value(body, call.func.var), env).as_deref() == Some(path);
                (is_copy_of(body, defs, arg.var, with) && is_called()).then_some(*dst)
            }
            _ => None,
        })
    };
    called("builtins.range", called("builtins.len", x)?)
}

/// The loop that walks over this variable.
fn find_loop(body: &Body, defs: &Definitions, walked: VarId, by_index: bool) -> Option<Loop> {
    let mut iter = None;
    for (b, block) in body.blocks.iter().enumerate() {
        for (i, inst) in block.insts.iter().enumerate() {
            if let InstKind::Assign { value: Value::Iter(over), .. } = inst.kind
                && is_copy_of(body, defs, over.var, walked)
            {
                iter = Some((b, i));
            }
        }
    }
    let iter = iter?;
    let iterator = body.blocks[iter.0].insts[iter.1].kind.dst()?;
    for (block, header) in body.blocks.iter().zip(0..) {
        for inst in &block.insts {
            let InstKind::Assign { dst: pair, value: Value::Next(from) } = &inst.kind else { continue };
            if !copies(body, defs, from.var, iterator) {
                continue;
            }
            let item = block.insts.iter().find_map(|inst| match &inst.kind {
                InstKind::Assign { dst, value: Value::PairFirst(of) } if of.var == *pair => Some(*dst),
                _ => None,
            })?;
            let (call, tuple) = ((0, 0), Use { var: walked, origin: Origin::NONE });
            let blocks = loop_blocks(body, header);
            return Some(Loop { call, tuple, list: None, n_members: 0, header, item, by_index, blocks });
        }
    }
    None
}

/// Whether a variable is another or, through single assignments, a copy of it.
fn is_copy_of(body: &Body, defs: &Definitions, var: VarId, source: VarId) -> bool {
    let mut var = var;
    for _ in 0..body.vars.len() {
        if var == source {
            return true;
        }
        let Some((block, inst)) = defs.place(var) else { return false };
        match &body.blocks[block as usize].insts[inst as usize].kind {
            InstKind::Assign { value: Value::Copy(from), .. } => var = from.var,
            _ => return false,
        }
    }
    false
}

/// Whether every assignment of `var` copies `source` or the variable itself.
fn copies(body: &Body, defs: &Definitions, var: VarId, source: VarId) -> bool {
    if var == source {
        return true;
    }
    let from = |inst: &Inst| match &inst.kind {
        InstKind::Assign { dst, value: Value::Copy(from) } if *dst == var && from.var != var => {
            Some(from.var)
        }
        _ => None,
    };
    let mut sources = body.blocks.iter().flat_map(|block| &block.insts).filter_map(from);
    let first = sources.next();
    first.is_some_and(|first| {
        sources.all(|other| other == first) && (first == source || copies_once(body, defs, first, source))
    })
}

fn copies_once(body: &Body, defs: &Definitions, var: VarId, source: VarId) -> bool {
    let Some((block, inst)) = defs.place(var) else { return false };
    let kind = &body.blocks[block as usize].insts[inst as usize].kind;
    matches!(kind, InstKind::Assign { value: Value::Copy(from), .. } if from.var == source)
}

/// The blocks of the loop with this head, the head excluded, in order.
fn loop_blocks(body: &Body, header: u32) -> Vec<u32> {
    let found = Cfg::new(body).natural_loop(header);
    found.iter().flat_map(|found| found.blocks()).filter(|block| *block != header).collect()
}

fn assign(body: &mut Body, (b, i): (usize, usize), new: Value) {
    if let InstKind::Assign { value, .. } = &mut body.blocks[b].insts[i].kind {
        *value = new;
    }
}

fn unroll(body: &mut Body, found: Loop) {
    let origin = body.blocks[found.call.0].insts[found.call.1].origin;
    if let Some((b, i)) = found.list
        && let InstKind::Assign { value, .. } = &mut body.blocks[b as usize].insts[i as usize].kind
        && let Value::List(items) = value
    {
        *value = Value::Tuple(std::mem::take(items));
    }
    let defs = Definitions::new(body);
    let members = member_reads(body, &defs, &found);
    body.misread |= members.iter().any(|place| !reads_own_member(body, &defs, &found, *place));
    match found.by_index {
        true => assign(body, found.call, Value::Copy(found.tuple)),
        false => walk_range(body, &found, origin),
    }
    let Terminator::Branch { then: first, orelse: exit, .. } = body.blocks[found.header as usize].term else {
        return;
    };
    if found.n_members == 0 {
        body.blocks[found.header as usize].term = Terminator::Jump(exit);
        return;
    }
    // One block for each choice, then the copies of the body; the last copy is the body itself.
    let n_choices = found.n_members - 1;
    let choices = body.blocks.len() as u32;
    let head = body.blocks[found.header as usize].head;
    let copies = choices + n_choices as u32;
    let copy_of = |member: usize, block: BlockId| {
        let place = found.blocks.iter().position(|inside| *inside == block.0);
        match place {
            Some(place) if member < n_choices => {
                BlockId(copies + (member * found.blocks.len() + place) as u32)
            }
            _ => block,
        }
    };
    for member in 0..n_choices {
        let index = constant(body, member, origin);
        let dst = body.new_var(None);
        let item = Use { var: found.item, origin };
        let compare = Value::Compare(CmpOp::Eq, item, Use { var: index.1, origin });
        let test = body.new_inst(origin, InstKind::Assign { dst, value: compare });
        let orelse = if member + 1 < n_choices { BlockId(choices + member as u32 + 1) } else { first };
        let term =
            Terminator::Branch { cond: Use { var: dst, origin }, then: copy_of(member, first), orelse };
        body.blocks.push(Block { insts: vec![index.0, test], term, term_origin: origin, head });
    }
    for member in 0..n_choices {
        for block in &found.blocks {
            let copy = copy_block(body, *block, |to| copy_of(member, to));
            body.blocks.push(copy);
        }
    }
    for member in 0..found.n_members {
        let entry = copy_of(member, first).0 as usize;
        let (index, var) = constant(body, member, origin);
        for (block, inst) in &members {
            let block = copy_of(member, BlockId(*block)).0 as usize;
            assign(body, (block, *inst), Value::Item(found.tuple, Use { var, origin }));
        }
        if found.by_index {
            body.blocks[entry].insts.insert(0, index);
            continue;
        }
        let dst = body.new_var(None);
        let value = Value::Item(found.tuple, Use { var, origin });
        let member_inst = body.new_inst(origin, InstKind::Assign { dst, value });
        for block in &found.blocks {
            let block = copy_of(member, BlockId(*block)).0 as usize;
            replace_uses(&mut body.blocks[block], found.item, dst);
        }
        body.blocks[entry].insts.splice(0..0, [index, member_inst]);
    }
    if n_choices > 0
        && let Terminator::Branch { then, .. } = &mut body.blocks[found.header as usize].term
    {
        *then = BlockId(choices);
    }
}

/// The places in the loop that read `t[i]`, with any index that no constant stands for. None if the first index is
/// worked out where the choice of the version cannot see it, which Numba refuses.
fn member_reads(body: &Body, defs: &Definitions, found: &Loop) -> Vec<(u32, usize)> {
    let reads = |inst: &Inst| match &inst.kind {
        InstKind::Assign { value: Value::Item(of, at), .. } => {
            let written = body.var(at.var).name.is_none();
            let is_constant =
                written && matches!(defs.value(body, at.var), Some(Value::Const(_) | Value::Slice { .. }));
            is_copy_of(body, defs, of.var, found.tuple.var) && !is_constant
        }
        _ => false,
    };
    let places = found.blocks.iter().flat_map(|block| {
        let insts = body.blocks[*block as usize].insts.iter().enumerate();
        insts.filter(|(_, inst)| reads(inst)).map(|(place, _)| (*block, place))
    });
    let places: Vec<(u32, usize)> = places.collect();
    let chosen_by = places.first().and_then(|place| index_at(body, *place));
    match chosen_by {
        Some(index) if is_seen_before(body, found, index) => places,
        _ => Vec::new(),
    }
}

/// The index of the item that is read here.
fn index_at(body: &Body, (block, inst): (u32, usize)) -> Option<VarId> {
    match &body.blocks[block as usize].insts[inst].kind {
        InstKind::Assign { value: Value::Item(_, at), .. } => Some(at.var),
        _ => None,
    }
}

fn reads_own_member(body: &Body, defs: &Definitions, found: &Loop, place: (u32, usize)) -> bool {
    found.by_index && index_at(body, place).is_some_and(|index| copies(body, defs, index, found.item))
}

/// Whether the first assignment of an index stands for a value that the head of the loop knows: the loop's own index,
/// a constant, or what was computed under another name before.
fn is_seen_before(body: &Body, found: &Loop, index: VarId) -> bool {
    let first = body.blocks.iter().zip(0..).find_map(|(block, b)| {
        block.insts.iter().find_map(|inst| match &inst.kind {
            InstKind::Assign { dst, value } if *dst == index => Some((b, value)),
            _ => None,
        })
    });
    match first {
        Some((_, Value::Param(_) | Value::Const(_) | Value::Global(_) | Value::Free(_))) => true,
        Some((_, Value::Copy(from))) if found.by_index && from.var == found.item => true,
        Some((block, Value::Copy(_) | Value::PairFirst(_))) => !found.blocks.contains(&block),
        _ => false,
    }
}

/// Makes the loop one over `range(n)`.
fn walk_range(body: &mut Body, found: &Loop, origin: Origin) {
    let (n, n_var) = constant(body, found.n_members, origin);
    let range = body.new_var(None);
    let global = body.new_inst(origin, InstKind::Assign { dst: range, value: Value::Global("range".into()) });
    let (b, i) = found.call;
    let args = vec![Use { var: n_var, origin }];
    let func = Use { var: range, origin };
    assign(body, (b, i), Value::Call(Box::new(Call { func, args, kwargs: Vec::new(), star: None })));
    body.blocks[b].insts.splice(i..i, [n, global]);
}

fn constant(body: &mut Body, value: usize, origin: Origin) -> (Inst, VarId) {
    let dst = body.new_var(None);
    let value = Value::Const(Const::int(value as i128));
    (body.new_inst(origin, InstKind::Assign { dst, value }), dst)
}

fn copy_block(body: &mut Body, block: u32, target: impl Fn(BlockId) -> BlockId) -> Block {
    let mut copy = body.blocks[block as usize].clone();
    for inst in &mut copy.insts {
        *inst = body.new_inst(inst.origin, inst.kind.clone());
        if let InstKind::TryBegin { handler } = &mut inst.kind {
            *handler = target(*handler);
        }
    }
    match &mut copy.term {
        Terminator::Jump(to) => *to = target(*to),
        Terminator::Branch { then, orelse, .. } => {
            *then = target(*then);
            *orelse = target(*orelse);
        }
        Terminator::Return(_) | Terminator::Raise(_) | Terminator::Unreachable => {}
    }
    copy
}

fn replace_uses(block: &mut Block, from: VarId, to: VarId) {
    let mut replace = |used: &mut Use| {
        if used.var == from {
            used.var = to;
        }
    };
    block.insts.iter_mut().for_each(|inst| inst.kind.uses_mut(&mut replace));
    block.term.uses_mut(&mut replace);
}

#[cfg(test)]
mod tests {
    use super::super::testing::Builder;
    use super::*;

    struct Special;

    impl Env for Special {
        fn global(&self, name: &Name) -> Fact {
            Fact::Library(format!("numba.misc.special.{name}").into())
        }

        fn free(&self, _: &Name) -> Fact {
            Fact::Unknown
        }
    }

    /// `for x in literal_unroll(t): y = x`, then `return t`.
    fn walks() -> Body {
        let mut b = Builder::new(&["t"], 4);
        b.assign(0, "f", Value::Global("literal_unroll".into()));
        let (func, args) = (b.used("f"), vec![b.used("t")]);
        b.assign(0, "walked", Value::Call(Box::new(Call { func, args, kwargs: Vec::new(), star: None })));
        let walked = b.used("walked");
        b.assign(0, "it", Value::Iter(walked));
        b.jump(0, 1);
        let it = b.used("it");
        b.assign(1, "pair", Value::Next(it));
        let pair = b.used("pair");
        b.assign(1, "item", Value::PairFirst(pair));
        b.assign(1, "more", Value::PairSecond(pair));
        b.branch(1, "more", 2, 3);
        b.copy(2, "y", "item");
        b.jump(2, 1);
        b.ret(3, "t");
        b.body
    }

    fn members(body: &Body) -> usize {
        let insts = body.blocks.iter().flat_map(|block| &block.insts);
        insts.filter(|inst| matches!(inst.kind, InstKind::Assign { value: Value::Item(..), .. })).count()
    }

    #[test]
    fn each_member_of_a_mixed_tuple_gets_a_body() {
        let mut body = walks();
        let tuple = Ty::tuple([Ty::INT64, Ty::Str, Ty::FLOAT64]);
        assert!(literal_unroll(&mut body, &[tuple], &Special));
        // Two choices and two copies, besides the body itself.
        assert_eq!((members(&body), body.blocks.len()), (3, 8));
    }

    #[test]
    fn a_uniform_tuple_is_walked_as_it_is() {
        let mut body = walks();
        assert!(literal_unroll(&mut body, &[Ty::uni_tuple(Ty::INT64, 3)], &Special));
        assert_eq!((members(&body), body.blocks.len()), (0, 4));
    }

    #[test]
    fn an_argument_has_to_be_a_tuple() {
        let mut body = walks();
        assert!(!literal_unroll(&mut body, &[Ty::list(Ty::INT64)], &Special));
        assert_eq!(body.refused.len(), 1);
    }

    #[test]
    fn a_list_has_to_be_one_of_constants() {
        let mut body = walks();
        let (one, item) = constant(&mut body, 1, Origin::NONE);
        let items = vec![Use { var: item, origin: Origin::NONE }];
        let list = body.new_var(None);
        let made = body.new_inst(Origin::NONE, InstKind::Assign { dst: list, value: Value::List(items) });
        body.blocks[0].insts.splice(0..0, [one, made]);
        for inst in &mut body.blocks[0].insts {
            if let InstKind::Assign { value: Value::Call(call), .. } = &mut inst.kind {
                call.args[0].var = list;
            }
        }
        assert!(literal_unroll(&mut body.clone(), &[Ty::INT64], &Special));
        if let InstKind::Assign { value, .. } = &mut body.blocks[0].insts[0].kind {
            *value = Value::Global("uint64".into());
        }
        assert!(!literal_unroll(&mut body, &[Ty::INT64], &Special) && body.refused.len() == 1);
    }
}
