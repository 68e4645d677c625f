//! `ragged-list`: an array is made of lists whose displays have different lengths.

use crate::hir::body::{InstKind, Value, VarId};
use crate::rules::{RAGGED_LIST, report::Text};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let Some(path) = cx.function(call) else { continue };
        if !matches!(&*path, "numpy.array" | "numpy.asarray") {
            continue;
        }
        let Some(rows) = call.args.first().and_then(|made| display(cx, made.var)) else { continue };
        let lengths: Option<Vec<usize>> =
            rows.iter().map(|row| display(cx, row.var).map(<[_]>::len)).collect();
        let Some(lengths) = lengths else { continue };
        let Some(other) = lengths.iter().find(|length| **length != lengths[0]) else { continue };
        let message = format!(
            "the array is made of lists of {} and of {other} items, which raises when it runs",
            lengths[0]
        );
        let text = Text::new(&RAGGED_LIST, message).help("give every list the same number of items");
        out.push(Finding::new(call.args[0].origin, text));
    }
}

/// The items of the list display that a variable without a name holds: nothing can have changed it since.
fn display<'a>(cx: &'a Cx<'_>, var: VarId) -> Option<&'a [crate::hir::body::Use]> {
    cx.insts().find_map(|(_, inst)| match &inst.kind {
        InstKind::Assign { dst, value: Value::List(items) } if *dst == var && cx.name(var).is_none() => {
            Some(&items[..])
        }
        _ => None,
    })
}
