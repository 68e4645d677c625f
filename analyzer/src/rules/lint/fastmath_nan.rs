//! `fastmath-nan`: a test for NaN or infinity where `fastmath` lets the compiler assume that there is none.

use crate::hir::body::{CmpOp, InstKind, Value};
use crate::rules::{FASTMATH_NAN, fixes, report::Text};

use super::Finding;
use super::context::Cx;

const TESTS: &[&str] = &[
    "numpy.isnan",
    "numpy.isinf",
    "numpy.isfinite",
    "numpy.isposinf",
    "numpy.isneginf",
    "numpy.nan_to_num",
    "numpy.nanmean",
    "numpy.nansum",
    "numpy.nanmax",
    "numpy.nanmin",
    "numpy.nanstd",
    "numpy.nanvar",
    "numpy.nanprod",
    "numpy.nanmedian",
    "numpy.nanpercentile",
    "numpy.nanquantile",
    "numpy.nancumsum",
    "numpy.nancumprod",
    "math.isnan",
    "math.isinf",
    "math.isfinite",
];

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    if !cx.typed.options.no_nans {
        return;
    }
    for (_, inst) in cx.insts() {
        let what = if let Some((_, call)) = Cx::call(inst) {
            match cx.function(call) {
                Some(path) if TESTS.contains(&&*path) => crate::rules::words::callee(&path),
                _ => continue,
            }
        } else if let InstKind::Assign { value: Value::Compare(CmpOp::Eq | CmpOp::NotEq, a, b), .. } =
            &inst.kind
        {
            let float = matches!(cx.ty(a.var), crate::ty::Ty::Float(_));
            if !float || cx.source(a.var) != cx.source(b.var) {
                continue;
            }
            "x != x".to_string()
        } else {
            continue;
        };
        let text = Text::new(
            &FASTMATH_NAN,
            format!(
                "`fastmath` lets the compiler assume that nothing is NaN or infinite: `{what}` may not see it"
            ),
        )
        .help("name the flags you want: `fastmath={\"reassoc\", \"contract\", \"arcp\", \"nsz\", \"afn\"}`");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::fastmath_flags(cx.place);
        out.push(finding);
    }
}
