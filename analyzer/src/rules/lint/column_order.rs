//! `column-order`: an inner loop that walks the first axis of an array stored row by row.

use crate::hir::body::{InstKind, Value, VarId};
use crate::rules::{Applicability, COLUMN_ORDER, Edit, Fix, report::Text};
use crate::ty::{Layout, Ty};

use super::Finding;
use super::context::{Cx, Loop};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for inner in &cx.loops {
        let Some(outer) = innermost_around(cx, inner) else { continue };
        let (Some(inner_item), Some(outer_item)) = (inner.item, outer.item) else { continue };
        if inner.is_prange || outer.is_prange {
            continue;
        }
        let mut against = None;
        let mut along = false;
        for (block, inst) in cx.subscripts().filter(|(block, _)| inner.has(*block)) {
            let (target, index) = match &inst.kind {
                InstKind::Assign { value: Value::Item(target, index), .. } => (target, index),
                InstKind::SetItem { target, index, .. } => (target, index),
                _ => continue,
            };
            let Some(Value::Tuple(parts)) = cx.value(cx.source(index.var)) else { continue };
            let [first, last] = parts.as_slice() else { continue };
            let is = |part: VarId, item: VarId| cx.source(part) == item;
            let stored_by_rows = matches!(
                cx.ty(target.var),
                Ty::Array(array) if array.layout == Layout::C && array.ndim == Some(2)
            );
            if is(first.var, inner_item) && is(last.var, outer_item) && stored_by_rows {
                against.get_or_insert((block, inst, *target));
            } else {
                // Another array may want the loops as they are.
                along |= is(last.var, inner_item) || !stored_by_rows;
            }
        }
        let Some((_, inst, target)) = against.filter(|_| !along) else { continue };
        let name = cx.text(target.origin);
        let text = Text::new(
            &COLUMN_ORDER,
            format!("the inner loop walks the first axis of {name}, whose items are far apart in memory"),
        )
        .note("an array stored row by row is read fastest with the last index in the inner loop")
        .help("swap the loops");
        let mut finding = Finding::new(inst.origin, text).related(inner.origin, "the inner loop");
        finding.fix = swapped(cx, outer, inner);
        // Loops that cannot simply be swapped have other reasons for their order.
        if finding.fix.is_some() {
            out.push(finding);
        }
    }
}

/// The loop directly around another one.
fn innermost_around<'a>(cx: &'a Cx<'_>, inner: &Loop) -> Option<&'a Loop> {
    let around = cx.loops.iter().filter(|each| inner.is_inside(each));
    around.min_by_key(|each| each.natural.blocks().count())
}

/// Swaps two loops of which one is all that the other does. The order in which items are added up changes.
fn swapped(cx: &Cx<'_>, outer: &Loop, inner: &Loop) -> Option<Fix> {
    let header = |each: &Loop| {
        let range = cx.place.span(each.origin);
        let before = cx.place.text.get(..range.start as usize)?;
        let start = before.rfind("for ")? + "for ".len();
        let head = cx.place.text.get(start..range.end as usize)?;
        (!head.contains('\n')).then(|| (start, range.end as usize, head.to_string()))
    };
    let (outer_start, outer_end, outer_head) = header(outer)?;
    let (inner_start, inner_end, inner_head) = header(inner)?;
    let between = cx.place.text.get(outer_end..inner_start)?;
    if between.trim_start_matches(':').trim() != "for" {
        return None;
    }
    // The limits of the inner loop must not depend on the outer one.
    let name = outer_head.split(" in ").next()?.trim();
    if crate::rules::scan::names(&inner_head)?.iter().any(|(start, end)| &inner_head[*start..*end] == name) {
        return None;
    }
    let edit = |start: usize, end: usize, text: String| {
        Some(Edit { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()?, text })
    };
    Some(Fix {
        title: "swap the loops".to_string(),
        applicability: Applicability::Unsafe,
        edits: vec![edit(outer_start, outer_end, inner_head)?, edit(inner_start, inner_end, outer_head)?],
    })
}
