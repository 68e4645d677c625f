//! Which instruction defines a variable, where there is only one.

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
