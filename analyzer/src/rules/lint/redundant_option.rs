//! `redundant-option`: options of the decorator that change nothing.

use crate::hir::JitKind;
use crate::hir::body::Origin;
use crate::rules::{Applicability, REDUNDANT_OPTION, fixes, report::Text};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    // Most decorators do not name it, and reading one takes longer than asking.
    if cx.kind != JitKind::Jit || !cx.place.source(cx.place.head).contains("nopython") {
        return;
    }
    let Some(span) = fixes::option(cx.place, "nopython") else { return };
    let given = cx.place.source(span).replace(' ', "");
    let text = match given.as_str() {
        "nopython=True" if fixes::is_njit(cx.place) => {
            Text::new(&REDUNDANT_OPTION, "`nopython=True` is what Numba does anyway")
        }
        "nopython=False" => Text::new(
            &REDUNDANT_OPTION,
            "`nopython=False` is ignored: there is no fallback to object mode any more",
        ),
        _ => return,
    };
    let mut finding = Finding::new(Origin::NONE, text);
    finding.span = Some(span);
    finding.fix = fixes::without_option(cx.place, "nopython", Applicability::Safe);
    out.push(finding);
}
