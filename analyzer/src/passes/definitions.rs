//! Which instruction defines a variable, where there is only one.

use rustc_hash::FxHashMap;

use crate::hir::body::{Body, Inst, InstKind, Value, VarId};

#[derive(Clone, Copy)]
enum Def {
    None,
    One(u32, u32),
    Many,
}

/// By variable: its single definition.
pub(crate) struct Definitions(Vec<Def>);

impl Definitions {
    pub(crate) fn new(body: &Body) -> Definitions {
        let mut defs = vec![Def::None; body.vars.len()];
        let mut add = |var: VarId, def: Def| {
            let slot = &mut defs[var.0 as usize];
            *slot = match *slot {
                Def::None => def,
                Def::One(..) if carries_over(body, var, *slot, def) => *slot,
                _ => Def::Many,
            };
        };
        for (block, b) in body.blocks.iter().zip(0..) {
            for (inst, i) in block.insts.iter().zip(0..) {
                match &inst.kind {
                    InstKind::Assign { dst, .. } => add(*dst, Def::One(b, i)),
                    InstKind::ObjMode { outputs, .. } => {
                        outputs.iter().for_each(|(var, _)| add(*var, Def::Many))
                    }
                    _ => {}
                }
            }
        }
        carry_around(body, &mut defs);
        Definitions(defs)
    }

    /// The block and the index of the variable's only assignment.
    pub(crate) fn place(&self, var: VarId) -> Option<(u32, u32)> {
        match self.0.get(var.0 as usize) {
            Some(Def::One(block, inst)) => Some((*block, *inst)),
            _ => None,
        }
    }

    /// The only assignment of the variable, or of the one that it copies.
    pub(crate) fn resolve<'b>(&self, body: &'b Body, var: VarId) -> Option<(&'b Inst, &'b Value)> {
        let mut var = var;
        // A variable that copies itself in a circle has no definition.
        for _ in 0..body.vars.len().max(1) {
            let (block, index) = self.place(var)?;
            let inst = &body.blocks[block as usize].insts[index as usize];
            match &inst.kind {
                InstKind::Assign { value: Value::Copy(from), .. } => var = from.var,
                InstKind::Assign { value, .. } => return Some((inst, value)),
                _ => return None,
            }
        }
        None
    }

    pub(crate) fn value<'b>(&self, body: &'b Body, var: VarId) -> Option<&'b Value> {
        self.resolve(body, var).map(|(_, value)| value)
    }
}

/// Finds what stands on the stack while branches and loops in an expression run, such as the function of
/// `f(a < b < [x for x in y][0])`: a temporary without a name that is only ever copied from one variable, or from others
/// of its kind.
fn carry_around(body: &Body, defs: &mut [Def]) {
    let is_many = |var: &VarId| matches!(defs[var.0 as usize], Def::Many) && body.var(*var).name.is_none();
    if !(0..).take(defs.len()).map(VarId).any(|var| is_many(&var)) {
        return;
    }
    // A temporary with one definition stands for the variable that it copies.
    let source = |mut var: VarId| {
        for _ in 0..defs.len() {
            let Def::One(block, index) = defs[var.0 as usize] else { break };
            match &body.blocks[block as usize].insts[index as usize].kind {
                InstKind::Assign { value: Value::Copy(from), .. } if body.var(var).name.is_none() => {
                    var = from.var;
                }
                _ => break,
            }
        }
        var
    };
    let mut copies: FxHashMap<VarId, Vec<(VarId, Def)>> = FxHashMap::default();
    let mut others: Vec<VarId> = Vec::new();
    for (block, b) in body.blocks.iter().zip(0..) {
        for (inst, i) in block.insts.iter().zip(0..) {
            match &inst.kind {
                InstKind::Assign { dst, value: Value::Copy(from) } if is_many(dst) => {
                    copies.entry(*dst).or_default().push((source(from.var), Def::One(b, i)));
                }
                kind => others.extend(kind.dst().filter(is_many)),
            }
        }
    }
    // One that is also assigned something else carries nothing.
    copies.retain(|var, _| !others.contains(var));
    for &var in copies.keys() {
        if let Some(def) = only_source(var, &copies) {
            defs[var.0 as usize] = def;
        }
    }
}

/// The copy of the only variable that a temporary ever comes from.
fn only_source(var: VarId, copies: &FxHashMap<VarId, Vec<(VarId, Def)>>) -> Option<Def> {
    let (mut todo, mut seen) = (vec![var], vec![var]);
    let mut found: Option<(VarId, Def)> = None;
    while let Some(next) = todo.pop() {
        for &(from, def) in &copies[&next] {
            match copies.contains_key(&from) {
                true if seen.contains(&from) => {}
                true => {
                    seen.push(from);
                    todo.push(from);
                }
                false if found.is_none_or(|(known, _)| known == from) => found = Some((from, def)),
                false => return None,
            }
        }
    }
    found.map(|(_, def)| def)
}

/// Whether two assignments only carry one value past a conditional expression: what stands on the stack meanwhile,
/// such as the function of `f(a if b else c)`, is the same on both ways.
fn carries_over(body: &Body, var: VarId, first: Def, second: Def) -> bool {
    let source = |def: Def| {
        let Def::One(block, index) = def else { return None };
        match &body.blocks[block as usize].insts[index as usize].kind {
            InstKind::Assign { value: Value::Copy(from), .. } => Some(from.var),
            _ => None,
        }
    };
    body.var(var).name.is_none() && source(first).is_some_and(|from| source(second) == Some(from))
}
