//! An inner function that escapes is compiled on its own, and may capture nothing but constants.

use super::definitions::Definitions;
use crate::hir::body::{Body, InstKind, RefusedKind, RefusedSyntax, Value};

/// Refuses the inner functions left that capture a variable which is not assigned once, from a literal. Numba does
/// so even where the function is never called.
pub(crate) fn refuse_captures(body: &mut Body) {
    if body.functions.is_empty() || body.broken {
        return;
    }
    let defs = Definitions::new(body);
    let mut refused = Vec::new();
    for inst in body.blocks.iter().flat_map(|block| &block.insts) {
        let InstKind::Assign { value: Value::MakeFunction(_, captures), .. } = &inst.kind else { continue };
        let other = captures
            .iter()
            .filter(|(_, used)| !matches!(defs.value(body, used.var), Some(Value::Const(_))))
            .min_by_key(|(name, _)| name);
        if let Some((name, _)) = other {
            let kind = RefusedKind::EscapingCapture(name.clone());
            refused.push(RefusedSyntax { origin: inst.origin, kind });
        }
    }
    body.refused.append(&mut refused);
}
