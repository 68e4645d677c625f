//! `dropped-keyword`: keyword arguments of an exception, which Numba leaves out.

use crate::rules::{DROPPED_KEYWORD, report::Text};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.calls() {
        let Some((_, call)) = Cx::call(inst) else { continue };
        let (Ty::ExceptionClass(class), Some((name, _))) = (cx.ty(call.func.var), call.kwargs.first()) else {
            continue;
        };
        let text = Text::new(
            &DROPPED_KEYWORD,
            format!("`{class}` is raised without its argument `{name}`: Numba drops keywords"),
        )
        .help("pass it by position");
        out.push(Finding::new(inst.origin, text));
    }
}
