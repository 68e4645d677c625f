//! Gives each loop a single way back to its head.
//!
//! Where several blocks jump back, as after `continue`, a new last block gathers them. It is visible: the versions
//! of a variable that the ways bring meet in it, and make one more.

use super::cfg::Cfg;
use crate::hir::body::{Block, BlockId, Body, Terminator};

/// `cfg` is the graph of the body. Says whether anything changed.
pub(crate) fn canonicalize_cfg(body: &mut Body, cfg: &Cfg) -> bool {
    let before = body.blocks.len();
    for header in 0..before as u32 {
        let latches = cfg.latches(header);
        if latches.len() < 2 {
            continue;
        }
        let tail = BlockId(body.blocks.len() as u32);
        for from in latches {
            retarget(&mut body.blocks[from as usize].term, BlockId(header), tail);
        }
        let head = body.blocks[header as usize].head;
        let term = Terminator::Jump(BlockId(header));
        body.blocks.push(Block { insts: Vec::new(), term, term_origin: head, head });
    }
    body.blocks.len() > before
}

fn retarget(term: &mut Terminator, from: BlockId, to: BlockId) {
    let replace = |target: &mut BlockId| {
        if *target == from {
            *target = to;
        }
    };
    match term {
        Terminator::Jump(target) => replace(target),
        Terminator::Branch { then, orelse, .. } => {
            replace(then);
            replace(orelse);
        }
        Terminator::Return(_) | Terminator::Raise(_) | Terminator::Unreachable => {}
    }
}
