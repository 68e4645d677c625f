//! `string-work`: strings made in a loop, where compiled code is slower than Python. Comparing them is not: the loop
//! around it gains.

use crate::hir::body::{BinaryOp, Inst, InstKind, Terminator, Value};
use crate::rules::{STRING_WORK, report::Text};
use crate::ty::{Literal, Ty};

use super::Finding;
use super::context::{Cx, Loop, uses};
use super::flow::varies;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    if !cx.typed.types.iter().any(is_text) {
        return;
    }
    // One per loop is enough: the advice is about the loop.
    for around in &cx.loops {
        let found = cx.insts().find_map(|(block, inst)| {
            let own = around.has(block) && !in_inner_loop(cx, around, block) && !ends_in_raise(cx, block);
            own.then(|| work(cx, around, inst)).flatten().map(|what| (inst, what))
        });
        let Some((inst, what)) = found else { continue };
        let text = Text::new(&STRING_WORK, format!("{what} in a loop is slower here than in Python"))
            .note("compiled code makes each string anew on the heap, and Python's strings are tuned for it")
            .help("work on numbers, and make the strings outside of the jitted function");
        out.push(Finding::new(inst.origin, text).related(around.origin, "in this loop"));
    }
}

fn is_text(ty: &Ty) -> bool {
    matches!(ty, Ty::Str | Ty::Literal(Literal::Str(_)))
}

/// What an instruction does with strings, if it is another string in every round.
fn work(cx: &Cx<'_>, around: &Loop, inst: &Inst) -> Option<&'static str> {
    let InstKind::Assign { value, dst } = &inst.kind else { return None };
    let what = match value {
        Value::Binary(BinaryOp::Add, a, b) | Value::InPlace(BinaryOp::Add, a, b) => {
            [a, b].iter().all(|used| is_text(cx.ty(used.var))).then_some("joining strings")?
        }
        Value::Call(call) => {
            let (on, _) = cx.method(call)?;
            let makes = is_text(cx.ty(*dst)) || matches!(cx.ty(*dst), Ty::List { elem, .. } if is_text(elem));
            (makes && is_text(cx.ty(on.var))).then_some("making strings")?
        }
        _ => return None,
    };
    let varies = |var| varies(cx, around, var);
    let receiver = match value {
        Value::Call(call) => cx.method(call).map(|(on, _)| on.var),
        _ => None,
    };
    (receiver.is_some_and(varies) || uses(inst).iter().any(|used| varies(used.var))).then_some(what)
}

fn in_inner_loop(cx: &Cx<'_>, around: &Loop, block: u32) -> bool {
    cx.loops.iter().any(|each| each.is_inside(around) && each.has(block))
}

/// The message of an exception is made once.
fn ends_in_raise(cx: &Cx<'_>, block: u32) -> bool {
    matches!(cx.body.blocks[block as usize].term, Terminator::Raise(_))
}
