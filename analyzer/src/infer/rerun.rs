//! Which constraints a round may leave out: those that would see what they saw before.
//!
//! A constraint is a function of the types that it reads. It runs again if one of them changed since, or if it did
//! more than set types: what it reports is said anew in each round.

use std::cell::RefCell;
use std::ops::Range;

use smallvec::SmallVec;

use crate::hir::body::{Inst, VarId};

/// When each variable changed, and what each instruction read when it ran. Time counts the constraints.
pub(super) struct Rerun {
    now: u32,
    changed: Vec<u32>,
    reads: RefCell<SmallVec<[VarId; 8]>>,
    ran: Vec<Option<Ran>>,
    /// What all instructions read, one after the other.
    all_reads: Vec<VarId>,
}

#[derive(Clone)]
struct Ran {
    at: u32,
    /// A part of `all_reads`.
    reads: Range<u32>,
}

impl Rerun {
    pub(super) fn new(vars: usize, insts: usize) -> Rerun {
        Rerun {
            now: 0,
            changed: vec![0; vars],
            reads: RefCell::default(),
            ran: vec![None; insts],
            all_reads: Vec::with_capacity(2 * insts),
        }
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
        let ran = &mut self.ran[inst.id.0 as usize];
        if !quiet {
            *ran = None;
            return;
        }
        let reads = self.reads.get_mut();
        let start = match ran {
            // It mostly reads as much as the last time.
            Some(Ran { reads: last, .. }) if last.len() == reads.len() => {
                self.all_reads[last.start as usize..last.end as usize].copy_from_slice(reads);
                last.start
            }
            _ => {
                let start = self.all_reads.len() as u32;
                self.all_reads.extend_from_slice(reads);
                start
            }
        };
        *ran = Some(Ran { at: self.now, reads: start..start + reads.len() as u32 });
    }

    /// What an instruction defines holds what it said; all else that it read must be older than its run.
    pub(super) fn is_due(&self, inst: &Inst) -> bool {
        let Some(ran) = &self.ran[inst.id.0 as usize] else { return true };
        let dst = inst.kind.dst();
        let changed = |var: VarId| self.changed[var.0 as usize];
        let reads = &self.all_reads[ran.reads.start as usize..ran.reads.end as usize];
        dst.is_some_and(|dst| changed(dst) > ran.at)
            || reads.iter().any(|var| changed(*var) >= ran.at && Some(*var) != dst)
    }
}
