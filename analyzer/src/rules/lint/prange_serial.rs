//! `prange-serial`: `prange` that is `range`, because the function is not parallel or an outer loop is already.

use crate::hir::JitKind;
use crate::rules::{PRANGE_NESTED, PRANGE_SERIAL, fixes, report::Text};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    let options = &cx.typed.options;
    if cx.kind != JitKind::Jit || options.computed || options.inline_always {
        return;
    }
    for each in cx.loops.iter().filter(|each| each.is_prange) {
        if !options.parallel {
            let text = Text::new(
                &PRANGE_SERIAL,
                "`prange` runs on one thread here: the function is not `parallel=True`",
            )
            .help("decorate with `@njit(parallel=True)`, or write `range`");
            let mut finding = Finding::new(each.origin, text);
            finding.fix = fixes::parallel(cx.place);
            out.push(finding);
        } else if !cx.parallel_loops().any(|outer| outer.header() == each.header()) {
            let text = Text::new(&PRANGE_NESTED, "a `prange` inside another one runs on one thread")
                .note("only the outermost loop is divided among the threads")
                .help("write `range`");
            let mut finding = Finding::new(each.origin, text);
            finding.fix = fixes::serial_range(cx.place, cx.place.span(each.origin));
            out.push(finding);
        }
    }
}
