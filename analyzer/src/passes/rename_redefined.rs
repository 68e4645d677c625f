//! Renames a variable that is assigned again where every run passes.
//!
//! Numba does this while it reads the bytecode, so a name that is re-used at the top level of a function is several
//! variables from the start: `m = 1; m = 2; if m == 1:` is pruned before any phi exists. Variables that an inner
//! function captures keep their name.

use super::cfg::Cfg;
use crate::hir::body::{Body, InstKind, Value, Var, VarId};

/// Gives each assignment outside branches and loops, except the first, a version of its own.
pub fn rename_redefined(body: &mut Body) {
    if body.blocks.is_empty() || !assigns_again(body) {
        return;
    }
    let cfg = Cfg::new(body);
    let backbone = cfg.backbone();
    let captured = captured(body);
    let mut renamer = Renamer {
        latest: (0..body.vars.len() as u32).map(VarId).collect(),
        n_versions: vec![0; body.vars.len()],
        vars: std::mem::take(&mut body.vars),
    };
    for (block, index) in body.blocks.iter_mut().zip(0..) {
        if !cfg.is_reachable(index) {
            continue;
        }
        let straight = backbone[index as usize];
        for inst in &mut block.insts {
            inst.kind.uses_mut(&mut |used| used.var = renamer.latest[used.var.0 as usize]);
            match &mut inst.kind {
                InstKind::Assign { dst, .. } => {
                    let rename = straight && !captured[dst.0 as usize];
                    *dst = renamer.assign(*dst, rename);
                }
                InstKind::ObjMode { outputs, .. } => {
                    outputs.iter_mut().for_each(|(var, _)| *var = renamer.assign(*var, false));
                }
                _ => {}
            }
        }
        block.term.uses_mut(&mut |used| used.var = renamer.latest[used.var.0 as usize]);
    }
    body.vars = renamer.vars;
}

struct Renamer {
    /// By original variable: its present version.
    latest: Vec<VarId>,
    /// By original variable: how many versions exist.
    n_versions: Vec<u32>,
    vars: Vec<Var>,
}

impl Renamer {
    fn assign(&mut self, var: VarId, rename: bool) -> VarId {
        let place = var.0 as usize;
        if self.n_versions[place] == 0 {
            self.n_versions[place] = 1;
        } else if rename && self.vars[place].name.is_some() {
            let version = self.n_versions[place];
            self.n_versions[place] += 1;
            self.vars.push(Var { name: self.vars[place].name.clone(), version });
            self.latest[place] = VarId(self.vars.len() as u32 - 1);
        }
        self.latest[place]
    }
}

/// Whether any named variable has two assignments.
fn assigns_again(body: &Body) -> bool {
    let mut seen = vec![false; body.vars.len()];
    let mut dsts = body.blocks.iter().flat_map(|block| &block.insts).filter_map(|inst| inst.kind.dst());
    dsts.any(|dst| body.var(dst).name.is_some() && std::mem::replace(&mut seen[dst.0 as usize], true))
}

fn captured(body: &Body) -> Vec<bool> {
    let mut captured = vec![false; body.vars.len()];
    for inst in body.blocks.iter().flat_map(|block| &block.insts) {
        if let InstKind::Assign { value: Value::MakeFunction(_, captures), .. } = &inst.kind {
            captures.iter().for_each(|(_, used)| captured[used.var.0 as usize] = true);
        }
    }
    captured
}
