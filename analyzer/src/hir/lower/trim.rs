//! Leaves out what the symbolic run made and nobody needs: merges of one value, variables without a use.

use super::simulate::Sim;
use crate::hir::body::{BlockId, Body, InstKind, RefusedKind, RefusedSyntax, Use, Value, VarId};

pub(super) fn trim(sim: &mut Sim<'_>) {
    let merges = std::mem::take(&mut sim.merges);
    refuse_misdeclared(sim);
    let body = &mut sim.body;
    join_single(body, merges);
    drop_idle(body);
    renumber(body);
}

/// A temporary that is copied to itself stands where it stood.
fn drop_idle(body: &mut Body) {
    let Body { blocks, vars, .. } = body;
    for block in blocks {
        block.insts.retain(|inst| match &inst.kind {
            InstKind::Assign { dst, value: Value::Copy(from) } => {
                from.var != *dst || vars[dst.0 as usize].name.is_some()
            }
            _ => true,
        });
    }
}

fn each_use(body: &mut Body, each: &mut dyn FnMut(&mut Use)) {
    for block in &mut body.blocks {
        block.insts.iter_mut().for_each(|inst| inst.kind.uses_mut(each));
        block.term.uses_mut(each);
    }
}

/// What is copied into a merge from elsewhere.
#[derive(Clone, Copy)]
enum Incoming {
    Nothing,
    Only(VarId),
    Several,
}

/// What becomes of a variable.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Stays,
    Goes,
    Is(VarId),
}

/// A merge whose every way brings the same temporary is that temporary; one that is never read goes.
fn join_single(body: &mut Body, mut merges: Vec<VarId>) {
    while !merges.is_empty() {
        let (incoming, read) = sources(body, &merges);
        let mut fates = vec![Fate::Stays; body.vars.len()];
        // What others become this time, lest a chain of merges points at one that is gone.
        let mut taken = vec![false; body.vars.len()];
        for merge in &merges {
            let place = merge.0 as usize;
            fates[place] = match incoming[place] {
                _ if !read[place] => Fate::Goes,
                Some(Incoming::Only(only))
                    if body.vars[only.0 as usize].name.is_none()
                        && !taken[place]
                        && fates[only.0 as usize] == Fate::Stays =>
                {
                    taken[only.0 as usize] = true;
                    Fate::Is(only)
                }
                _ => Fate::Stays,
            };
        }
        let stays = |var: &VarId| fates[var.0 as usize] == Fate::Stays;
        let before = merges.len();
        merges.retain(stays);
        if merges.len() == before {
            return;
        }
        for block in &mut body.blocks {
            block.insts.retain(|inst| inst.kind.dst().is_none_or(|dst| stays(&dst)));
        }
        each_use(body, &mut |used| {
            if let Fate::Is(with) = fates[used.var.0 as usize] {
                used.var = with;
            }
        });
    }
}

/// By variable: what comes into it, if it is one of the merges, and whether anything else reads it.
fn sources(body: &mut Body, merges: &[VarId]) -> (Vec<Option<Incoming>>, Vec<bool>) {
    let mut incoming = vec![None; body.vars.len()];
    merges.iter().for_each(|merge| incoming[merge.0 as usize] = Some(Incoming::Nothing));
    let mut read = vec![false; body.vars.len()];
    for block in &mut body.blocks {
        for inst in &mut block.insts {
            let own = inst.kind.dst();
            if let InstKind::Assign { dst, value: Value::Copy(from) } = &inst.kind
                && let Some(known) = &mut incoming[dst.0 as usize]
                && from.var != *dst
            {
                *known = match *known {
                    Incoming::Nothing => Incoming::Only(from.var),
                    Incoming::Only(only) if only == from.var => Incoming::Only(only),
                    _ => Incoming::Several,
                };
            }
            inst.kind.uses_mut(&mut |used| {
                if Some(used.var) != own {
                    read[used.var.0 as usize] = true;
                }
            });
        }
        block.term.uses_mut(&mut |used| read[used.var.0 as usize] = true);
    }
    (incoming, read)
}

/// Drops variables that nothing mentions.
fn renumber(body: &mut Body) {
    let mut used = vec![false; body.vars.len()];
    body.params.iter().for_each(|param| used[param.var.0 as usize] = true);
    for block in &mut body.blocks {
        for inst in &mut block.insts {
            if let Some(dst) = inst.kind.dst() {
                used[dst.0 as usize] = true;
            }
            if let InstKind::ObjMode { outputs, .. } = &inst.kind {
                outputs.iter().for_each(|(var, _)| used[var.0 as usize] = true);
            }
        }
    }
    each_use(body, &mut |mention| used[mention.var.0 as usize] = true);
    if used.iter().all(|used| *used) {
        return;
    }
    let mut new = Vec::with_capacity(used.len());
    let mut count = 0;
    for used in &used {
        new.push(VarId(count));
        count += u32::from(*used);
    }
    let mut kept = used.iter();
    body.vars.retain(|_| kept.next().copied().unwrap_or(false));
    let rename = |var: &mut VarId| *var = new[var.0 as usize];
    body.params.iter_mut().for_each(|param| rename(&mut param.var));
    for block in &mut body.blocks {
        for inst in &mut block.insts {
            match &mut inst.kind {
                InstKind::Assign { dst, .. } => rename(dst),
                InstKind::ObjMode { outputs, .. } => outputs.iter_mut().for_each(|(var, _)| rename(var)),
                _ => {}
            }
        }
    }
    each_use(body, &mut |mention| rename(&mut mention.var));
}

/// A variable that an `objmode` block sets is read afterwards if, and only if, it has a declared type.
fn refuse_misdeclared(sim: &mut Sim<'_>) {
    for (block, inst, var) in std::mem::take(&mut sim.undeclared) {
        if is_read_after(&mut sim.body, block, inst + 1, var) {
            let origin = sim.body.blocks[block.0 as usize].insts[inst].origin;
            let name = sim.body.var(var).name.clone().unwrap_or_default();
            sim.body.refused.push(RefusedSyntax { origin, kind: RefusedKind::ObjModeWithoutTypes(name) });
        }
    }
    for (block, inst, var) in std::mem::take(&mut sim.declared) {
        if !is_read_after(&mut sim.body, block, inst + 1, var) {
            let origin = sim.body.blocks[block.0 as usize].insts[inst].origin;
            let name = sim.body.var(var).name.clone().unwrap_or_default();
            sim.body.refused.push(RefusedSyntax { origin, kind: RefusedKind::ObjModeUnused(name) });
        }
    }
}

fn is_read_after(body: &mut Body, block: BlockId, inst: usize, var: VarId) -> bool {
    let mut seen = vec![false; body.blocks.len()];
    let mut todo = vec![(block, inst)];
    while let Some((block, from)) = todo.pop() {
        let block = &mut body.blocks[block.0 as usize];
        let mut read = false;
        let mut written = false;
        for inst in block.insts.iter_mut().skip(from) {
            inst.kind.uses_mut(&mut |used| read |= used.var == var);
            if inst.kind.dst() == Some(var) {
                written = true;
                break;
            }
        }
        if !written {
            block.term.uses_mut(&mut |used| read |= used.var == var);
        }
        if read {
            return true;
        }
        if !written {
            for next in block.term.successors() {
                if !std::mem::replace(&mut seen[next.0 as usize], true) {
                    todo.push((next, 0));
                }
            }
        }
    }
    false
}
