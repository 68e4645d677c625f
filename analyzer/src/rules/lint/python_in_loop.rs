//! `python-in-loop`: what goes back to Python, or to the terminal, in every round of a loop.

use crate::hir::body::{Inst, InstKind, Value};
use crate::rules::{PYTHON_IN_LOOP, report::Text};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    let back: Vec<(u32, &Inst, &str)> = cx
        .insts()
        .filter_map(|(block, inst)| back_to_python(cx, inst).map(|what| (block, inst, what)))
        .collect();
    for around in &cx.loops {
        for &(block, inst, what) in back.iter().filter(|(block, ..)| around.every_round(cx, *block)) {
            let inner = cx.loops.iter().any(|each| each.is_inside(around) && each.every_round(cx, block));
            if inner {
                continue;
            }
            let text = Text::new(&PYTHON_IN_LOOP, format!("{what} in every round of a loop"))
                .note("the loop waits for the interpreter each time: compiling it saves little")
                .help("collect the values in an array, and do it once after the loop");
            out.push(Finding::new(inst.origin, text).related(around.origin, "in this loop"));
        }
    }
}

fn back_to_python(cx: &Cx<'_>, inst: &Inst) -> Option<&'static str> {
    match &inst.kind {
        InstKind::ObjMode { .. } => Some("this block goes back to Python"),
        InstKind::Assign { value: Value::Call(call), .. } => {
            (&*cx.function(call)? == "builtins.print").then_some("`print` writes a line")
        }
        _ => None,
    }
}
