//! `string-keys`: a dict with strings as keys, used in a loop.

use crate::hir::body::{CmpOp, InstKind, Use, Value};
use crate::rules::{STRING_KEYS, report::Text};
use crate::ty::{Literal, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    if !cx.typed.types.iter().any(has_string_keys) {
        return;
    }
    for around in &cx.loops {
        let found = cx.insts().filter(|(block, _)| around.has(*block)).find(|(_, inst)| {
            let dict: Option<&Use> = match &inst.kind {
                InstKind::SetItem { target, .. } => Some(target),
                InstKind::Assign { value: Value::Item(target, _), .. } => Some(target),
                InstKind::Assign { value: Value::Compare(CmpOp::In | CmpOp::NotIn, _, dict), .. } => {
                    Some(dict)
                }
                _ => None,
            };
            dict.is_some_and(|dict| has_string_keys(cx.ty(dict.var)))
        });
        let Some((block, inst)) = found else { continue };
        let inner = cx.loops.iter().any(|each| each.is_inside(around) && each.has(block));
        if inner {
            continue;
        }
        let text = Text::new(&STRING_KEYS, "a dict with strings as keys is slower here than Python's own")
            .note("compiled code computes the hash of a string anew each time, Python keeps it")
            .help("number the keys outside, and index an array with the number");
        out.push(Finding::new(inst.origin, text).related(around.origin, "in this loop"));
        // One a function is enough: the advice is about the dict.
        return;
    }
}

fn has_string_keys(ty: &Ty) -> bool {
    matches!(ty, Ty::Dict(dict) if matches!(dict.key, Ty::Str | Ty::Literal(Literal::Str(_))))
}
