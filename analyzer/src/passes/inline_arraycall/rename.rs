//! Lets the names of a list that becomes an array be that array.
//!
//! Numba makes the array before the loop and gives it to every name that the list has by then. Here the loop fills a
//! list without a name, and the names become the array when the loop ends, which is the same to what runs later. What
//! reads a name earlier gets a value of the array's type.

use crate::hir::body::{
    Block, Body, Call, Inst, InstId, InstKind, Origin, SizedLoop, SizedRefusal, Use, Value, VarId,
};

use super::{Filled, reads, term_reads};

/// Leaves a list as it is that has a part in another, or whose array not every way to the block after the loop makes.
pub(super) fn rename(body: &mut Body, filled: Filled) -> SizedLoop {
    match plan(body, &filled) {
        Some(plan) => apply(body, &filled, plan),
        None => filled.sized,
    }
}

struct Plan {
    /// What the list is called before the loop starts, and where it got the name.
    names: Vec<(VarId, Origin)>,
    /// Reads `append` of the list.
    method: InstId,
    /// Whether something else reads a name before the loop ends.
    is_read_early: bool,
    /// The call that makes the array, as it can stand at the start of its block, after these.
    before: Vec<Inst>,
    call: Call,
    call_origin: Origin,
    refused: Option<(InstId, SizedRefusal)>,
}

fn plan(body: &mut Body, filled: &Filled) -> Option<Plan> {
    let leads_to_exit = |block: &Block| block.term.successors().any(|to| to.0 == filled.exit);
    let mut from = body.blocks.iter().zip(0..).filter(|(block, _)| leads_to_exit(block));
    if filled.is_nested || !from.all(|(_, from)| filled.around.has(from)) {
        return None;
    }
    let names = names(body, filled);
    let method = method(body, filled)?;
    let exit = &body.blocks[filled.exit as usize].insts;
    let at = exit.iter().position(|inst| inst.id == filled.sized.call)?;
    let Inst { origin: call_origin, kind: InstKind::Assign { value: Value::Call(call), .. }, .. } = &exit[at]
    else {
        return None;
    };
    let (call_origin, mut call) = (*call_origin, (**call).clone());
    if call.star.is_some() {
        return None;
    }
    let early = Early { body, filled, names: &names, method };
    let is_read_early = early.read().is_some();
    let refused = match filled.sized.refused {
        Some((_, SizedRefusal::DtypeOfCall)) => filled.sized.refused,
        // The array has its dtype from the start.
        _ if call.kwargs.iter().any(|(name, _)| &**name == "dtype") => None,
        _ => early.walk().map(|walk| (walk, SizedRefusal::Walked)),
    };
    let refused = refused.or_else(|| early.read_in_vain().map(|read| (read, SizedRefusal::ReadBefore)));
    let mut hoist = Hoist { body, block: filled.exit, before: Vec::new() };
    call.func = hoist.value(call.func)?;
    // Numba reads no argument but `dtype`, and that only by its name.
    call.args.truncate(1);
    call.kwargs.retain(|(name, _)| &**name == "dtype");
    for (_, value) in &mut call.kwargs {
        *value = hoist.value(*value)?;
    }
    let before = hoist.before;
    Some(Plan { names, method, is_read_early, before, call, call_origin, refused })
}

/// The variables that are the list at the end of the block before the loop.
fn names(body: &Body, filled: &Filled) -> Vec<(VarId, Origin)> {
    let mut names: Vec<(VarId, Origin)> = Vec::new();
    for inst in &body.blocks[filled.entry as usize].insts {
        let InstKind::Assign { dst, value } = &inst.kind else { continue };
        let is_list = match value {
            Value::Copy(from) => names.iter().any(|(name, _)| *name == from.var),
            _ => inst.id == filled.made,
        };
        if is_list {
            names.push((*dst, inst.origin));
        }
    }
    names
}

/// The instruction that reads `append`, in the loop.
fn method(body: &Body, filled: &Filled) -> Option<InstId> {
    let insts = || filled.around.blocks().flat_map(|block| &body.blocks[block as usize].insts);
    let append = insts().find(|inst| inst.id == filled.sized.append)?;
    let InstKind::Assign { value: Value::Call(call), .. } = &append.kind else { return None };
    let mut reads = insts().filter(|inst| inst.kind.dst() == Some(call.func.var));
    let only = reads.next().filter(|_| reads.next().is_none())?;
    matches!(only.kind, InstKind::Assign { value: Value::Attr(..), .. }).then_some(only.id)
}

/// What is done with the names apart from `append`.
struct Early<'a> {
    body: &'a Body,
    filled: &'a Filled,
    names: &'a [(VarId, Origin)],
    method: InstId,
}

impl Early<'_> {
    fn is_name(&self, var: VarId) -> bool {
        self.names.iter().any(|(name, _)| *name == var)
    }

    /// What gives the list its names, and goes.
    fn is_naming(&self, inst: &Inst) -> bool {
        inst.kind.dst().is_some_and(|dst| self.is_name(dst))
    }

    fn reads_name(&self, inst: &Inst) -> bool {
        inst.id != self.method && self.names.iter().any(|(name, _)| reads(inst, *name))
    }

    fn entry(&self) -> impl Iterator<Item = &Inst> {
        self.body.blocks[self.filled.entry as usize].insts.iter().filter(|inst| !self.is_naming(inst))
    }

    /// What reads a name before the loop ends.
    fn read(&self) -> Option<InstId> {
        let inside = self.filled.around.blocks().flat_map(|block| &self.body.blocks[block as usize].insts);
        self.entry().chain(inside).find(|inst| self.reads_name(inst)).map(|inst| inst.id)
    }

    /// What reads a name before the loop, which nothing does later: Numba drops the name then.
    fn read_in_vain(&self) -> Option<InstId> {
        let blocks = self.body.blocks.iter().zip(0..).filter(|(_, number)| *number != self.filled.entry);
        let is_read_later = |name: VarId| {
            blocks.clone().any(|(block, _)| {
                let mut insts = block.insts.iter();
                term_reads(&block.term, name)
                    || insts.any(|inst| {
                        inst.id != self.method && inst.id != self.filled.sized.call && reads(inst, name)
                    })
            })
        };
        let mut vain = self.names.iter().map(|(name, _)| *name).filter(|name| !is_read_later(*name));
        vain.find_map(|name| self.entry().find(|inst| reads(inst, name))).map(|inst| inst.id)
    }

    /// What walks over the list.
    fn walk(&self) -> Option<InstId> {
        let insts = || self.body.blocks.iter().flat_map(|block| &block.insts);
        let mut names: Vec<VarId> = self.names.iter().map(|(name, _)| *name).collect();
        let mut known = 0;
        while known != names.len() {
            known = names.len();
            for inst in insts() {
                if let InstKind::Assign { dst, value: Value::Copy(from) } = &inst.kind
                    && names.contains(&from.var)
                    && !names.contains(dst)
                {
                    names.push(*dst);
                }
            }
        }
        let walks = |inst: &&Inst| {
            let InstKind::Assign { value: Value::Iter(of), .. } = &inst.kind else { return false };
            names.contains(&of.var)
        };
        insts().find(walks).map(|inst| inst.id)
    }
}

/// Moves what a call needs to the start of its block: names and attributes of modules, which nothing changes.
struct Hoist<'a> {
    body: &'a mut Body,
    block: u32,
    before: Vec<Inst>,
}

impl Hoist<'_> {
    fn value(&mut self, used: Use) -> Option<Use> {
        let insts = &self.body.blocks[self.block as usize].insts;
        let Some(inst) = insts.iter().find(|inst| inst.kind.dst() == Some(used.var)) else {
            return Some(used);
        };
        let InstKind::Assign { value, .. } = &inst.kind else { return None };
        let (origin, value) = (inst.origin, value.clone());
        let value = match value {
            Value::Global(_) | Value::Free(_) => value,
            Value::Attr(of, name) => Value::Attr(self.value(of)?, name),
            Value::Copy(of) => Value::Copy(self.value(of)?),
            _ => return None,
        };
        let dst = self.body.new_var(None);
        let inst = self.body.new_inst(origin, InstKind::Assign { dst, value });
        self.before.push(inst);
        Some(Use { var: dst, origin: used.origin })
    }
}

fn apply(body: &mut Body, filled: &Filled, plan: Plan) -> SizedLoop {
    let Plan { names, method, is_read_early, mut before, mut call, call_origin, refused } = plan;
    let list = body.new_var(None);
    let array = Use { var: body.new_var(None), origin: call_origin };
    make_list(body, filled, &names, list);
    for block in filled.around.blocks() {
        for inst in &mut body.blocks[block as usize].insts {
            if let InstKind::Assign { value: Value::Attr(of, _), .. } = &mut inst.kind
                && inst.id == method
            {
                of.var = list;
            }
        }
    }
    if is_read_early {
        read_early(body, filled, &names, array);
    }
    call.args[0].var = list;
    let value = Value::Call(Box::new(call));
    let made = body.new_inst(call_origin, InstKind::Assign { dst: array.var, value });
    let refused = refused.map(|(at, why)| (if at == filled.sized.call { made.id } else { at }, why));
    let sized = SizedLoop { call: made.id, refused, is_read_early, ..filled.sized };
    before.push(made);
    for (dst, origin) in names {
        before.push(body.new_inst(origin, InstKind::Assign { dst, value: Value::Copy(array) }));
    }
    let insts = &mut body.blocks[filled.exit as usize].insts;
    for inst in insts.iter_mut().filter(|inst| inst.id == filled.sized.call) {
        if let InstKind::Assign { value, .. } = &mut inst.kind {
            *value = Value::Copy(array);
        }
    }
    insts.splice(0..0, before);
    sized
}

/// Makes the list without a name before the loop. A list that was made earlier still stays, and nothing fills it.
fn make_list(body: &mut Body, filled: &Filled, names: &[(VarId, Origin)], list: VarId) {
    let entry = filled.entry as usize;
    if names.is_empty() {
        let origin = body.blocks[entry].head;
        let inst = body.new_inst(origin, InstKind::Assign { dst: list, value: Value::ComprehensionList });
        body.blocks[entry].insts.push(inst);
        return;
    }
    body.blocks[entry].insts.retain_mut(|inst| {
        let InstKind::Assign { dst, .. } = &mut inst.kind else { return true };
        if inst.id == filled.made {
            *dst = list;
            return true;
        }
        !names.iter().any(|(name, _)| name == dst)
    });
}

/// Lets what reads a name before the loop ends read what the array will be.
fn read_early(body: &mut Body, filled: &Filled, names: &[(VarId, Origin)], array: Use) {
    let later = body.new_var(None);
    let inst = body.new_inst(array.origin, InstKind::Assign { dst: later, value: Value::Later(array) });
    let mut rename = |used: &mut Use| {
        if names.iter().any(|(name, _)| *name == used.var) {
            used.var = later;
        }
    };
    for block in filled.around.blocks().chain([filled.entry]) {
        let Block { insts, term, .. } = &mut body.blocks[block as usize];
        insts.iter_mut().for_each(|inst| inst.kind.uses_mut(&mut rename));
        term.uses_mut(&mut rename);
    }
    body.blocks[filled.entry as usize].insts.insert(0, inst);
}
