//! Lists and sets from outside of a parallel loop that take its index. The threads see an unsigned integer in it, and so
//! they take the list for one of unsigned integers, or of floats: the compiler stops without a word.

use super::unsigned::{Seen, is_signed, seen};
use super::{Loop, View};
use crate::hir::body::{InstId, InstKind, Use, Value};
use crate::infer::{Problem, ProblemKind};
use crate::ty::Ty;

pub(super) fn growth(view: &View<'_>, of: &Loop<'_>, problems: &mut Vec<Problem>) {
    let Some(seen) = seen(view, of) else { return };
    // A list that becomes an array at once is one from the start.
    let sized = |append: InstId| view.body.sized_loops.iter().any(|sized| sized.append == append);
    for (_, inst) in view.insts(of) {
        let InstKind::Assign { value: Value::Call(call), .. } = &inst.kind else { continue };
        let Ty::Method(method) = view.typed.ty(call.func.var) else { continue };
        let (elem, kind) = match &method.0 {
            Ty::List { elem, .. } => (elem, "list"),
            Ty::Set { elem, .. } => (elem, "set"),
            _ => continue,
        };
        let items = match (&*method.1, call.args.as_slice()) {
            ("append" | "add", [item]) | ("insert", [_, item]) => std::slice::from_ref(item),
            ("extend" | "update", [items]) => displayed(view, items),
            _ => continue,
        };
        let Some(Value::Attr(receiver, _)) = view.value(call.func.var) else { continue };
        let made = view.def(view.source(receiver.var));
        let inside = made.is_some_and(|(block, _)| block != of.header() && of.has(block));
        if !inside && !sized(inst.id) && items.iter().any(|item| differs(view, &seen, elem, item)) {
            let what = format!(
                "a {kind} from outside of a `prange` loop cannot take its index, which is unsigned in the threads (write `np.int64(..)` around it)"
            );
            let kind = ProblemKind::Lowering { what: what.into() };
            problems.push(Problem { origin: inst.origin, numba_origin: None, kind });
            return;
        }
    }
}

/// Whether the threads see another type in an item than the one the list has outside of them.
fn differs(view: &View<'_>, seen: &[Seen], elem: &Ty, item: &Use) -> bool {
    match elem {
        Ty::Tuple(parts) => {
            let items = displayed(view, item);
            items.len() == parts.len()
                && parts.iter().zip(items).any(|(part, item)| differs(view, seen, part, item))
        }
        Ty::List { elem, .. } => displayed(view, item).iter().any(|item| differs(view, seen, elem, item)),
        elem => is_signed(elem) && matches!(seen[item.var.0 as usize], Seen::Unsigned | Seen::Float),
    }
}

/// The items of a value that is a display.
fn displayed<'a>(view: &View<'a>, of: &Use) -> &'a [Use] {
    match view.value(view.source(of.var)) {
        Some(Value::Tuple(items) | Value::List(items) | Value::Set(items)) => items,
        _ => &[],
    }
}
