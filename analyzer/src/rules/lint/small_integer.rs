//! `small-integer`: arithmetic of 8- and 16-bit integers, which is done in 64 bits.

use crate::hir::body::{BinaryOp, InstKind, Value};
use crate::rules::{SMALL_INTEGER, fixes, report::Text, words};
use crate::ty::Ty;

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { dst, value: Value::Binary(op, a, b) } = &inst.kind else { continue };
        if !matches!(op, BinaryOp::Add | BinaryOp::Mult | BinaryOp::LShift) {
            continue;
        }
        let (Ty::Int(left), Ty::Int(right), Ty::Int(result)) = (cx.ty(a.var), cx.ty(b.var), cx.ty(*dst))
        else {
            continue;
        };
        if left != right || left.bits() > 16 || result.bits() <= left.bits() {
            continue;
        }
        let cast = |(_, used): (u32, &crate::hir::body::Inst)| {
            Cx::call(used).is_some_and(|(_, call)| {
                matches!(cx.ty(call.func.var), Ty::NumberClass(_))
                    && call.args.iter().any(|arg| arg.var == *dst)
            })
        };
        if cx.insts().any(cast) {
            continue;
        }
        let (narrow, wide) = (words::ty(cx.ty(a.var)), words::ty(cx.ty(*dst)));
        let text = Text::new(
            &SMALL_INTEGER,
            format!("two {narrow} make {wide} here, where NumPy keeps {narrow} and wraps"),
        )
        .help(format!("write `np.{narrow}(..)` around it if it should wrap"));
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::narrow(cx.place, cx.place.span(inst.origin), &narrow);
        out.push(finding);
    }
}
