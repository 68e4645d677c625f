//! Which constraints a round may leave out: those that would see what they saw before.
//!
//! A constraint is a function of the types that it reads. It runs again if one of them changed since, or if it did
//! more than set types: what it reports is said anew in each round.

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::hir::body::{Inst, VarId};

/// When each variable changed, and what each instruction read when it ran. Time counts the constraints.
pub(super) struct Rerun {
    now: u32,
    changed: Vec<u32>,
    reads: RefCell<SmallVec<[VarId; 8]>>,
    ran: Vec<Option<Ran>>,
}

#[derive(Clone)]
struct Ran {
    at: u32,
    reads: SmallVec<[VarId; 4]>,
}

impl Rerun {
    pub(super) fn new(vars: usize, insts: usize) -> Rerun {
        Rerun { now: 0, changed: vec![0; vars], reads: RefCell::default(), ran: vec![None; insts] }
    }

    pub(super) fn read(&self, var: VarId) {
        self.reads.borrow_mut().push(var);
    }

    pub(super) fn changed(&mut self, var: VarId) {
        self.changed[var.0 as usize] = self.now;
    }

    /// Begins what may change variables from outside the constraints, or a constraint.
    pub(super) fn start(&mut self) {
        self.now += 1;
        self.reads.get_mut().clear();
    }

    /// Keeps what an instruction read. Without `quiet` it is due in every round.
    pub(super) fn finish(&mut self, inst: &Inst, quiet: bool) {
        let reads = self.reads.get_mut().drain(..);
        self.ran[inst.id.0 as usize] = quiet.then(|| Ran { at: self.now, reads: reads.collect() });
    }

    /// What an instruction defines holds what it said; all else that it read must be older than its run.
    pub(super) fn is_due(&self, inst: &Inst) -> bool {
        let Some(ran) = &self.ran[inst.id.0 as usize] else { return true };
        let dst = inst.kind.dst();
        let changed = |var: VarId| self.changed[var.0 as usize];
        dst.is_some_and(|dst| changed(dst) > ran.at)
            || ran.reads.iter().any(|var| changed(*var) >= ran.at && Some(*var) != dst)
    }
}
