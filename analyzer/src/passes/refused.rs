//! Refusals that go with the code they stand in: Numba meets them only when it types that code.

use rustc_hash::FxHashSet;

use super::blocks::remove_unreachable;
use crate::hir::body::{Body, Origin, RefusedKind, Use};

/// Drops the blocks that nothing reaches, with the refusals that nobody meets without them.
pub(super) fn remove_unreachable_code(body: &mut Body) {
    if !body.refused.iter().any(|refused| refused.kind.is_met_by_typing()) {
        return remove_unreachable(body);
    }
    let before = origins(body);
    remove_unreachable(body);
    let after = origins(body);
    body.refused.retain(|refused| {
        let gone = before.contains(&refused.origin) && !after.contains(&refused.origin);
        !(gone && refused.kind.is_met_by_typing())
    });
}

/// Only what is still there can ask for a value that Numba has lost.
pub(super) fn forget_unread(body: &mut Body) {
    if !body.refused.iter().any(|refused| matches!(refused.kind, RefusedKind::WalrusInOperator(_))) {
        return;
    }
    let read = read(body);
    body.refused.retain(|refused| {
        !matches!(refused.kind, RefusedKind::WalrusInOperator(_)) || read.contains(&refused.origin)
    });
}

/// Where the instructions and their operands come from.
fn origins(body: &mut Body) -> FxHashSet<Origin> {
    let mut origins = read(body);
    let insts = body.blocks.iter().flat_map(|block| &block.insts);
    origins.extend(insts.map(|inst| inst.origin));
    origins
}

/// Where values are read.
fn read(body: &mut Body) -> FxHashSet<Origin> {
    let mut read: FxHashSet<Origin> = FxHashSet::default();
    let mut each = |used: &mut Use| {
        read.insert(used.origin);
    };
    for block in &mut body.blocks {
        block.insts.iter_mut().for_each(|inst| inst.kind.uses_mut(&mut each));
        block.term.uses_mut(&mut each);
    }
    read
}
