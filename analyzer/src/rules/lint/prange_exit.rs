//! `prange-exit`: a loop that can be left early is not run in parallel.

use crate::hir::body::Terminator;
use crate::rules::{PRANGE_EXIT, fixes, report::Text};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for around in cx.parallel_loops() {
        let Some(exit) = around.exits(cx).next() else { continue };
        let block = &cx.body.blocks[exit as usize];
        let what = match &block.term {
            Terminator::Raise(_) => "`raise` or `assert`",
            Terminator::Return(_) => "`return`",
            _ => "`break`",
        };
        let text = Text::new(
            &PRANGE_EXIT,
            format!("{what} leaves the `prange` early, so the loop is not run in parallel"),
        )
        .note("iterations that run at once all have to run to their end")
        .help("set a flag and test it after the loop, or use `range`");
        let mut finding =
            Finding::new(block.term_origin, text).related(around.origin, "this loop runs on one thread");
        finding.fix = fixes::without_assert(cx.place, cx.place.span(block.term_origin));
        out.push(finding);
    }
}
