//! Renames a variable that is assigned again where every run passes.
//!
//! Numba does this while it reads the bytecode, so a name that is re-used at the top level of a function is several
//! variables from the start: `m = 1; m = 2; if m == 1:` is pruned before any phi exists. Variables that an inner
//! function captures keep their name.

use super::cfg::Cfg;
use crate::hir::body::{Body, Inst, InstKind, Value, Var, VarId};

/// Gives each assignment outside branches and loops, except the first, a version of its own.
pub fn rename_redefined(body: &mut Body) {
    if !body.blocks.is_empty() {
        let cfg = Cfg::new(body);
        rename_redefined_in(body, &cfg);
    }
}

/// The same where the graph of the body is known, which stays what it is.
pub(super) fn rename_redefined_in(body: &mut Body, cfg: &Cfg) {
    if !assigns_again(body, &|_| true) {
        return;
    }
    let in_loops = cfg.in_loops();
    let outputs = |inst: &Inst| matches!(inst.kind, InstKind::ObjMode { .. });
    let has_outputs = body.blocks.iter().flat_map(|block| &block.insts).any(outputs);
    if !has_outputs && !assigns_again(body, &|block| !in_loops[block]) {
        return;
    }
    let backbone = cfg.backbone(&in_loops);
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

/// Whether any named variable that has an assignment gets another in a block that counts.
fn assigns_again(body: &Body, counts: &dyn Fn(usize) -> bool) -> bool {
    let mut seen = vec![false; body.vars.len()];
    body.blocks.iter().enumerate().any(|(index, block)| {
        let mut dsts = block.insts.iter().filter_map(|inst| inst.kind.dst());
        dsts.any(|dst| {
            let again = std::mem::replace(&mut seen[dst.0 as usize], true);
            again && body.var(dst).name.is_some() && counts(index)
        })
    })
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
