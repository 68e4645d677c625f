//! Gives every assignment its own version of the variable and joins versions where they meet.
//!
//! The phis are those that Numba makes, since each is a version with a type of its own. A merge gets one only when
//! a use asks for the variable there (directly or through another phi), so a merge whose value nobody reads makes
//! none. A variable with one definition that dominates its uses is left alone.

use rustc_hash::FxHashMap;

use super::cfg::{Cfg, Edges};
use crate::hir::body::{BlockId, Body, InstKind, Origin, Use, Value, Var, VarId};
use crate::ty::Name;

const NONE: u32 = u32::MAX;

/// Rewrites the body into SSA form. An edge on which a variable has no value gives its phi no input.
pub fn reconstruct_ssa(body: &mut Body) {
    if !body.blocks.is_empty() {
        let cfg = Cfg::new(body);
        reconstruct_ssa_in(body, cfg);
    }
}

/// The same where the graph of the body is known.
pub(super) fn reconstruct_ssa_in(body: &mut Body, cfg: Cfg) {
    let violators = find_violators(body, &cfg);
    if violators.is_empty() {
        return;
    }
    let mut rewriter = Rewriter::new(body, cfg, violators);
    rewriter.rename_definitions(body);
    rewriter.place_phis();
    rewriter.rename_uses(body);
    rewriter.insert_phis(body);
}

/// The variables that a body assigns at this instruction.
fn for_each_dst(kind: &mut InstKind, each: &mut dyn FnMut(&mut VarId)) {
    match kind {
        InstKind::Assign { dst, .. } => each(dst),
        InstKind::ObjMode { outputs, .. } => outputs.iter_mut().for_each(|(var, _)| each(var)),
        _ => {}
    }
}

/// The variables to rewrite: those assigned more than once, in order of their first assignment, then those used
/// where their only assignment does not dominate.
fn find_violators(body: &mut Body, cfg: &Cfg) -> Vec<VarId> {
    let n_vars = body.vars.len();
    let mut n_defs = vec![0u32; n_vars];
    let mut def_block = vec![NONE; n_vars];
    let mut defined = Vec::new();
    for (block, index) in body.blocks.iter_mut().zip(0..) {
        if !cfg.is_reachable(index) {
            continue;
        }
        for inst in &mut block.insts {
            for_each_dst(&mut inst.kind, &mut |var| {
                let count = &mut n_defs[var.0 as usize];
                if *count == 0 {
                    def_block[var.0 as usize] = index;
                    defined.push(*var);
                }
                *count += 1;
            });
        }
    }
    let mut violators: Vec<VarId> = defined.into_iter().filter(|var| n_defs[var.0 as usize] > 1).collect();
    for (block, index) in body.blocks.iter_mut().zip(0..) {
        if !cfg.is_reachable(index) {
            continue;
        }
        let mut check = |var: VarId, target: Option<VarId>| {
            let place = var.0 as usize;
            let def = def_block[place];
            if n_defs[place] == 1 && def != index && target != Some(var) && !cfg.dominates(def, index) {
                n_defs[place] = 2;
                violators.push(var);
            }
        };
        for inst in &mut block.insts {
            let target = inst.kind.dst();
            if matches!(inst.kind, InstKind::Assign { value: Value::Later(_), .. }) {
                continue;
            }
            inst.kind.uses_mut(&mut |used| check(used.var, target));
        }
        block.term.uses_mut(&mut |used| check(used.var, None));
    }
    violators
}

struct Phi {
    /// Index of the violator.
    violator: u32,
    block: u32,
    dst: VarId,
    inputs: Vec<(BlockId, Use)>,
}

struct Rewriter {
    cfg: Cfg,
    n_blocks: usize,
    violators: Vec<VarId>,
    /// By variable, new versions included: index into `violators`.
    index: Vec<u32>,
    /// By violator and block: the variable's last definition in the block, a phi included.
    bottom: Vec<u32>,
    /// By violator and block: the variable's phi in the block.
    top: Vec<u32>,
    /// By violator and block: whether a use from above needs a phi here.
    merges: Vec<bool>,
    phis: Vec<Phi>,
    vars: Vec<Var>,
    /// By variable: where it is assigned, for the inputs of phis.
    assigned_at: Vec<Origin>,
    /// By violator: its next version.
    next_version: Vec<u32>,
    /// By block: its statement for blame.
    heads: Vec<Origin>,
}

impl Rewriter {
    fn new(body: &mut Body, cfg: Cfg, violators: Vec<VarId>) -> Rewriter {
        let n_blocks = body.blocks.len();
        let mut index = vec![NONE; body.vars.len()];
        for (place, var) in violators.iter().zip(0..) {
            index[place.0 as usize] = var;
        }
        let vars = std::mem::take(&mut body.vars);
        Rewriter {
            n_blocks,
            index,
            bottom: vec![NONE; n_blocks * violators.len()],
            top: vec![NONE; n_blocks * violators.len()],
            merges: vec![false; n_blocks * violators.len()],
            phis: Vec::new(),
            assigned_at: vec![Origin::NONE; vars.len()],
            next_version: vec![0; violators.len()],
            heads: body.blocks.iter().map(|block| block.head).collect(),
            vars,
            cfg,
            violators,
        }
    }

    fn cell(&self, violator: u32, block: u32) -> usize {
        violator as usize * self.n_blocks + block as usize
    }

    fn violator(&self, var: VarId) -> Option<u32> {
        self.index.get(var.0 as usize).copied().filter(|index| *index != NONE)
    }

    fn fresh(&mut self, violator: u32, origin: Origin) -> VarId {
        let old = &self.vars[self.violators[violator as usize].0 as usize];
        let version = self.next_version[violator as usize];
        self.next_version[violator as usize] += 1;
        self.vars.push(Var { name: old.name.clone(), version });
        self.assigned_at.push(origin);
        self.index.push(violator);
        VarId((self.vars.len() - 1) as u32)
    }

    /// The first assignment keeps the variable, each later one gets a new version.
    fn rename_definitions(&mut self, body: &mut Body) {
        let mut highest: FxHashMap<&Name, u32> = FxHashMap::default();
        for var in self.vars.iter().filter(|var| var.version > 0) {
            if let Some(name) = &var.name {
                let version = highest.entry(name).or_default();
                *version = (*version).max(var.version);
            }
        }
        for (next, var) in self.next_version.iter_mut().zip(&self.violators) {
            let name = self.vars[var.0 as usize].name.as_ref();
            *next = 1 + name.and_then(|name| highest.get(name)).copied().unwrap_or(0);
        }
        let mut seen = vec![false; self.violators.len()];
        for (block, index) in body.blocks.iter_mut().zip(0..) {
            if !self.cfg.is_reachable(index) {
                continue;
            }
            for inst in &mut block.insts {
                let origin = inst.origin;
                for_each_dst(&mut inst.kind, &mut |var| {
                    let Some(violator) = self.violator(*var) else {
                        return;
                    };
                    if std::mem::replace(&mut seen[violator as usize], true) {
                        *var = self.fresh(violator, origin);
                    } else {
                        self.assigned_at[var.0 as usize] = origin;
                    }
                    let cell = self.cell(violator, index);
                    self.bottom[cell] = var.0;
                });
            }
        }
    }

    /// Marks the iterated dominance frontier of each variable's definitions.
    fn place_phis(&mut self) {
        let frontiers: Vec<Edges> = self.cfg.frontiers();
        let mut work = Vec::new();
        for violator in 0..self.violators.len() {
            let row = violator * self.n_blocks..(violator + 1) * self.n_blocks;
            let defined = &self.bottom[row.clone()];
            let merges = &mut self.merges[row];
            work.extend((0..self.n_blocks as u32).filter(|block| defined[*block as usize] != NONE));
            while let Some(block) = work.pop() {
                for merge in &frontiers[block as usize] {
                    if !std::mem::replace(&mut merges[*merge as usize], true) {
                        work.push(*merge);
                    }
                }
            }
        }
    }

    /// Points every use at the version that reaches it. A use that none reaches keeps the first version.
    fn rename_uses(&mut self, body: &mut Body) {
        // By violator: the definition inside the current block, if one was passed.
        let mut local = vec![NONE; self.violators.len()];
        let mut passed: Vec<u32> = Vec::new();
        for index in 0..self.n_blocks as u32 {
            if !self.cfg.is_reachable(index) {
                continue;
            }
            let block = &mut body.blocks[index as usize];
            for inst in &mut block.insts {
                inst.kind.uses_mut(&mut |used| self.rename_use(used, index, &local));
                for_each_dst(&mut inst.kind, &mut |var| {
                    if let Some(violator) = self.violator(*var) {
                        local[violator as usize] = var.0;
                        passed.push(violator);
                    }
                });
            }
            block.term.uses_mut(&mut |used| self.rename_use(used, index, &local));
            for violator in passed.drain(..) {
                local[violator as usize] = NONE;
            }
        }
    }

    fn rename_use(&mut self, used: &mut Use, block: u32, local: &[u32]) {
        let Some(violator) = self.violator(used.var) else {
            return;
        };
        let found = match local[violator as usize] {
            NONE => self.value_at_top(violator, block),
            var => Some(VarId(var)),
        };
        if let Some(var) = found {
            used.var = var;
        }
    }

    /// The version that is live at the head of a block, making the phis that it needs.
    ///
    /// A phi asks for the variable at the end of each way in, which may need another phi. Without recursion, since
    /// a long function has chains of thousands.
    fn value_at_top(&mut self, violator: u32, block: u32) -> Option<VarId> {
        let (value, made) = self.look_up(violator, block);
        // Phis to complete: the index in `phis`, and how many ways in are done.
        let mut open: Vec<(usize, usize)> = made.into_iter().map(|phi| (phi, 0)).collect();
        while let Some((phi, done)) = open.last_mut() {
            let place = *phi;
            let Some(pred) = self.cfg.preds[self.phis[place].block as usize].get(*done).copied() else {
                open.pop();
                continue;
            };
            *done += 1;
            let (incoming, made) = match self.bottom[self.cell(violator, pred)] {
                NONE => self.look_up(violator, pred),
                var => (Some(VarId(var)), None),
            };
            if let Some(var) = incoming {
                let used = Use { var, origin: self.assigned_at[var.0 as usize] };
                self.phis[place].inputs.push((BlockId(pred), used));
            }
            open.extend(made.map(|phi| (phi, 0)));
        }
        value
    }

    /// The version at the head of a block, and the phi that was made for it and has no inputs yet.
    fn look_up(&mut self, violator: u32, mut block: u32) -> (Option<VarId>, Option<usize>) {
        loop {
            let cell = self.cell(violator, block);
            if self.top[cell] != NONE {
                return (Some(VarId(self.top[cell])), None);
            }
            if self.merges[cell] {
                let dst = self.make_phi(violator, block);
                return (Some(dst), Some(self.phis.len() - 1));
            }
            let Some(above) = self.cfg.idom(block) else { return (None, None) };
            block = above;
            let bottom = self.bottom[self.cell(violator, block)];
            if bottom != NONE {
                return (Some(VarId(bottom)), None);
            }
        }
    }

    fn make_phi(&mut self, violator: u32, block: u32) -> VarId {
        let dst = self.fresh(violator, self.heads[block as usize]);
        let cell = self.cell(violator, block);
        self.top[cell] = dst.0;
        if self.bottom[cell] == NONE {
            self.bottom[cell] = dst.0;
        }
        self.phis.push(Phi { violator, block, dst, inputs: Vec::new() });
        dst
    }

    /// The phis of variables rewritten later stand before those rewritten earlier.
    fn insert_phis(mut self, body: &mut Body) {
        body.vars = self.vars;
        self.phis.sort_by_key(|phi| (phi.block, std::cmp::Reverse(phi.violator)));
        let mut phis = self.phis.into_iter().peekable();
        while let Some(block) = phis.peek().map(|phi| phi.block) {
            let head = body.blocks[block as usize].head;
            let mut insts = Vec::new();
            while let Some(phi) = phis.next_if(|phi| phi.block == block) {
                let kind = InstKind::Assign { dst: phi.dst, value: Value::Phi(phi.inputs) };
                insts.push(body.new_inst(head, kind));
            }
            body.blocks[block as usize].insts.splice(0..0, insts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Builder, show};
    use super::*;

    /// `x = 1; if c: x = 2; return x`, or without the last use.
    fn diamond(used: bool) -> Body {
        let mut b = Builder::new(&["c"], 3);
        b.constant(0, "x", 1);
        b.branch(0, "c", 1, 2);
        b.constant(1, "x", 2);
        b.jump(1, 2);
        if used {
            b.ret(2, "x");
        } else {
            b.ret(2, "c");
        }
        b.body
    }

    #[test]
    fn a_merge_whose_value_is_read_gets_a_phi() {
        let mut body = diamond(true);
        reconstruct_ssa(&mut body);
        assert_eq!(show(&body, 2), ["x.2 = phi(0: x, 1: x.1)", "return x.2"]);
    }

    #[test]
    fn a_merge_that_nobody_reads_gets_none() {
        let mut body = diamond(false);
        reconstruct_ssa(&mut body);
        assert_eq!(show(&body, 1), ["x.1 = 2", "jump 2"]);
        assert_eq!(show(&body, 2), ["return c"]);
    }

    #[test]
    fn a_loop_reads_its_own_assignment_through_the_header() {
        // x = 0; while c: x = x (+ nothing); return x
        let mut b = Builder::new(&["c"], 4);
        b.constant(0, "x", 0);
        b.jump(0, 1);
        b.branch(1, "c", 2, 3);
        b.copy(2, "x", "x");
        b.jump(2, 1);
        b.ret(3, "x");
        let mut body = b.body;
        reconstruct_ssa(&mut body);
        assert_eq!(show(&body, 1), ["x.2 = phi(0: x, 2: x.1)", "branch c 2 3"]);
        assert_eq!(show(&body, 2), ["x.1 = x.2", "jump 1"]);
        assert_eq!(show(&body, 3), ["return x.2"]);
    }

    #[test]
    fn an_edge_without_a_value_gives_no_input() {
        // if c: x = 1; return x
        let mut b = Builder::new(&["c"], 3);
        b.branch(0, "c", 1, 2);
        b.constant(1, "x", 1);
        b.jump(1, 2);
        b.ret(2, "x");
        let mut body = b.body;
        reconstruct_ssa(&mut body);
        assert_eq!(show(&body, 2), ["x.1 = phi(1: x)", "return x.1"]);
    }

    #[test]
    fn a_long_function_needs_no_deep_stack() {
        // x = 0, then 20,000 times: if c: x = 1
        let n = 20_000;
        let mut b = Builder::new(&["c"], 2 * n + 1);
        b.constant(0, "x", 0);
        for i in 0..n {
            b.branch(2 * i, "c", 2 * i as u32 + 1, 2 * i as u32 + 2);
            b.constant(2 * i + 1, "x", 1);
            b.jump(2 * i + 1, 2 * i as u32 + 2);
        }
        b.ret(2 * n, "x");
        let mut body = b.body;
        reconstruct_ssa(&mut body);
        assert_eq!(show(&body, 2 * n).len(), 2);
    }
}
