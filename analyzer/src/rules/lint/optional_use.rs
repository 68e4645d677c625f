//! `optional-use`: a value that may be `None` is used as if it were not.

use crate::hir::body::{InstKind, Use, Value};
use crate::rules::{OPTIONAL_USE, report::Text, words};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, inst) in cx.insts() {
        let InstKind::Assign { value, .. } = &inst.kind else { continue };
        let used = match value {
            Value::Attr(on, _) | Value::Item(on, _) | Value::Iter(on) | Value::Exhaust(on, _) => on,
            Value::Unary(_, on) => on,
            _ => continue,
        };
        let Ty::Optional(inner) = cx.ty(used.var) else { continue };
        if inner.has_hole() || tested(cx, block, used) {
            continue;
        }
        let name = cx.name(used.var).map_or_else(|| cx.text(used.origin), |name| format!("`{name}`"));
        let text = Text::new(
            &OPTIONAL_USE,
            format!("{name} may be None here; using it as {} then raises", words::ty(inner)),
        )
        .help("give it a value of its type on every path, and a flag that says whether it counts");
        out.push(Finding::new(inst.origin, text));
    }
}

/// Whether a comparison of this value decides on the way to the block.
fn tested(cx: &Cx<'_>, block: u32, used: &Use) -> bool {
    let mut at = block;
    while let Some(above) = cx.cfg.idom(at) {
        if let crate::hir::body::Terminator::Branch { cond, .. } = &cx.body.blocks[above as usize].term {
            let compared = match cx.value(cx.source(cond.var)) {
                Some(Value::Compare(_, a, b)) => {
                    [a, b].iter().any(|side| cx.source(side.var) == cx.source(used.var))
                }
                // A flag or anything computed may stand for the test.
                Some(Value::Unary(..) | Value::Call(_)) => true,
                _ => cx.source(cond.var) == cx.source(used.var),
            };
            if compared {
                return true;
            }
        }
        at = above;
    }
    false
}
