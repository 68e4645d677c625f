//! Removing blocks that nothing reaches.

use crate::hir::body::{Block, BlockId, Body, InstKind, Terminator, Value};

/// Drops the blocks that the entry does not reach, renumbering the others in order. A phi forgets what came from
/// them. The handler of a live `try` region stays.
pub(crate) fn remove_unreachable(body: &mut Body) {
    let live = reachable(body);
    if live.iter().all(|live| *live) {
        return;
    }
    let mut next = 0;
    let map: Vec<Option<BlockId>> = live
        .iter()
        .map(|live| {
            live.then(|| {
                next += 1;
                BlockId(next - 1)
            })
        })
        .collect();
    let mut live = live.iter();
    body.blocks.retain(|_| live.next().copied().unwrap_or(false));
    renumber(body, |old| map[old.0 as usize]);
}

/// Gives blocks the numbers of `map`; an input of a phi from a block without one is dropped.
pub(crate) fn renumber(body: &mut Body, map: impl Fn(BlockId) -> Option<BlockId>) {
    let target = |to: &mut BlockId| *to = map(*to).unwrap_or(*to);
    for block in &mut body.blocks {
        for inst in &mut block.insts {
            match &mut inst.kind {
                InstKind::Assign { value: Value::Phi(inputs), .. } => {
                    inputs.retain(|(from, _)| map(*from).is_some());
                    inputs.iter_mut().for_each(|(from, _)| target(from));
                }
                InstKind::TryBegin { handler } => target(handler),
                _ => {}
            }
        }
        match &mut block.term {
            Terminator::Jump(to) => target(to),
            Terminator::Branch { then, orelse, .. } => {
                target(then);
                target(orelse);
            }
            Terminator::Return(_) | Terminator::Raise(_) | Terminator::Unreachable => {}
        }
    }
}

fn reachable(body: &Body) -> Vec<bool> {
    let mut live = vec![false; body.blocks.len()];
    let mut stack = vec![BlockId(0)];
    while let Some(id) = stack.pop() {
        let Some(block) = body.blocks.get(id.0 as usize) else { continue };
        if std::mem::replace(&mut live[id.0 as usize], true) {
            continue;
        }
        stack.extend(block.term.successors());
        stack.extend(handlers(block));
    }
    live
}

fn handlers(block: &Block) -> impl Iterator<Item = BlockId> {
    block.insts.iter().filter_map(|inst| match inst.kind {
        InstKind::TryBegin { handler } => Some(handler),
        _ => None,
    })
}
