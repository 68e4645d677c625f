//! `unset-variable`: a variable that is read although a path to the place does not assign it.

use crate::hir::body::{BlockId, InstKind, Origin, Use, Value, VarId};
use crate::rules::{UNSET_LOOP_VARIABLE, UNSET_VARIABLE, report::Text};

use super::Finding;
use super::context::{Cx, Loop, term_uses, uses};

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (block, inst) in cx.insts() {
        let InstKind::Assign { dst, value: Value::Phi(inputs) } = &inst.kind else { continue };
        let Some(name) = cx.name(*dst) else { continue };
        let missing: Vec<u32> = cx.cfg.preds[block as usize]
            .iter()
            .copied()
            .filter(|pred| !inputs.iter().any(|(from, _)| from.0 == *pred))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let header = cx.loops.iter().find(|each| each.header() == block);
        if header.is_some_and(|header| never_empty(cx, header)) {
            continue;
        }
        let Some(place) = first_read(cx, *dst, block, header) else { continue };
        out.push(match header {
            Some(header) => Finding::new(place, loop_text(name, always_sets(cx, header, inputs))),
            None => Finding::new(place, text(name)),
        });
    }
}

/// A loop over `range(10)` or over a display runs at least once.
fn never_empty(cx: &Cx<'_>, header: &Loop) -> bool {
    let Some(over) = header.iterable else { return true };
    match cx.range_of(over) {
        Some(range) => {
            let start = range.start().map_or(Some(0), |start| cx.int(start));
            matches!((start, cx.int(range.stop())), (Some(start), Some(stop)) if start < stop)
        }
        None => matches!(cx.value(cx.source(over)), Some(Value::Tuple(_) | Value::List(_) | Value::Const(_))),
    }
}

fn text(name: &str) -> Text {
    Text::new(&UNSET_VARIABLE, format!("`{name}` is not assigned on every path to this place"))
        .note("Python raises UnboundLocalError there; compiled code goes on with 0 or with whatever is in memory")
        .help(format!("assign `{name}` first, or raise in the `else` branch"))
}

/// Whether every round of a loop assigns the variable that its head joins.
fn always_sets(cx: &Cx<'_>, header: &Loop, inputs: &[(BlockId, Use)]) -> bool {
    inputs.iter().filter(|(from, _)| header.has(from.0)).all(|(_, input)| {
        let source = cx.source(input.var);
        let conditional = matches!(cx.value(source), Some(Value::Phi(_)));
        !conditional && cx.def(source).is_some_and(|(block, _)| header.has(block))
    })
}

fn loop_text(name: &str, always: bool) -> Text {
    let when = if always { "the loop before does not run" } else { "no round of the loop before sets it" };
    Text::new(&UNSET_LOOP_VARIABLE, format!("`{name}` is not assigned if {when}"))
        .note("Python raises UnboundLocalError then; compiled code goes on with 0 or with whatever is in memory")
        .help(format!("assign `{name}` before the loop"))
}

/// The first read that is reached from the merge without another condition: behind one, the same condition may
/// keep the unassigned path away. After a loop, the read has to be outside of it.
fn first_read(cx: &Cx<'_>, var: VarId, block: u32, header: Option<&Loop>) -> Option<Origin> {
    let mut at = match header {
        Some(header) => *cx.cfg.succs[block as usize].iter().find(|to| !header.has(**to))?,
        None => block,
    };
    if header.is_some() && cx.cfg.preds[at as usize].len() > 1 {
        return None;
    }
    for _ in 0..64 {
        let content = &cx.body.blocks[at as usize];
        for inst in &content.insts {
            let phi = matches!(&inst.kind, InstKind::Assign { value: Value::Phi(_), .. });
            if !phi && uses(inst).iter().any(|used| used.var == var) {
                return Some(inst.origin);
            }
        }
        if term_uses(&content.term).iter().any(|used| used.var == var) {
            return Some(content.term_origin);
        }
        match cx.cfg.succs[at as usize].as_slice() {
            [next] if cx.cfg.preds[*next as usize].len() == 1 => at = *next,
            _ => return None,
        }
    }
    None
}
