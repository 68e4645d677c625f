//! `single-call`: a function that does nothing but call one function of NumPy, or one operation on numbers.

use crate::hir::JitKind;
use crate::hir::body::{InstKind, Origin, Terminator, Value};
use crate::rules::{SINGLE_CALL, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    let reachable = (0..cx.body.blocks.len()).filter(|block| cx.cfg.is_reachable(*block as u32)).count();
    let options = &cx.typed.options;
    if cx.kind != JitKind::Jit || reachable != 1 || options.parallel || options.inline_always {
        return;
    }
    let Terminator::Return(_) = &cx.body.blocks[0].term else { return };
    let mut done = None;
    for (_, inst) in cx.insts() {
        let InstKind::Assign { value, dst } = &inst.kind else { return };
        let what = match value {
            Value::Param(_) | Value::Const(_) | Value::Copy(_) | Value::Global(_) | Value::Tuple(_) => {
                continue;
            }
            Value::Attr(on, _) if matches!(cx.ty(on.var), Ty::Module(_) | Ty::Array(_)) => continue,
            Value::Call(call) => match cx.function(call) {
                Some(path) if path.starts_with("numpy.") && !path.starts_with("numpy.random") => {
                    format!("all that this function does is call `{}`", crate::rules::words::callee(&path))
                }
                _ => return,
            },
            Value::Binary(..) if cx.ty(*dst).is_number() => {
                "this function is one operation on numbers".to_string()
            }
            _ => return,
        };
        if done.replace(what).is_some() {
            return;
        }
    }
    let Some(what) = done else { return };
    let text = Text::new(&SINGLE_CALL, format!("{what}: compiling it saves nothing"))
        .note("NumPy's functions are compiled already, and the call from Python and the first compilation cost more")
        .help("leave the decorator out, unless other jitted functions call it");
    out.push(Finding::new(Origin::NONE, text));
}
