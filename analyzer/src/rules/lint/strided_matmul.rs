//! `strided-matmul`: `@` or `np.dot` on arrays that are not contiguous.

use crate::hir::body::{BinaryOp, InstKind, Use, Value};
use crate::rules::{STRIDED_MATMUL, fixes, report::Text, words};
use crate::ty::{Layout, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { value, .. } = &inst.kind else { continue };
        let (name, operands): (&str, Vec<&Use>) = match value {
            Value::Binary(BinaryOp::MatMult, a, b) => ("@", vec![a, b]),
            Value::Call(call) => match cx.function(call).as_deref() {
                Some("numpy.dot") => ("np.dot", call.args.iter().collect()),
                Some("numpy.vdot") => ("np.vdot", call.args.iter().collect()),
                _ => continue,
            },
            _ => continue,
        };
        let strided = operands.iter().find(|operand| {
            matches!(cx.ty(operand.var), Ty::Array(array) if array.layout == Layout::A && array.ndim.is_some())
        });
        let Some(operand) = strided else { continue };
        let text = Text::new(
            &STRIDED_MATMUL,
            format!(
                "`{name}` copies {} first: {} may have gaps",
                cx.text(operand.origin),
                words::ty(cx.ty(operand.var))
            ),
        )
        .note("the library routine behind it takes contiguous arrays only")
        .help("copy it once, outside of loops: `np.ascontiguousarray(..)`");
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::contiguous(cx.place, cx.place.span(operand.origin));
        out.push(finding);
    }
}
