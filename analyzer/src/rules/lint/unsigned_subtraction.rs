//! `unsigned-subtraction`: a difference of unsigned integers, which wraps below zero.

use crate::hir::body::{BinaryOp, InstKind, Value};
use crate::rules::{UNSIGNED_SUBTRACTION, fixes, report::Text, words};
use crate::ty::{Literal, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { dst, value: Value::Binary(BinaryOp::Sub, a, b) } = &inst.kind else {
            continue;
        };
        let (left, right) = (cx.ty(a.var), cx.ty(b.var));
        if !unsigned(left) || !(unsigned(right) || positive(right)) || *cx.ty(*dst) != Ty::UINT64 {
            continue;
        }
        let (left, right) = (words::ty(left), words::ty(right));
        let text = Text::new(
            &UNSIGNED_SUBTRACTION,
            format!("the difference of {left} and {right} is unsigned: below zero it wraps to a huge number"),
        );
        let mut finding = Finding::new(inst.origin, text);
        finding.fix = fixes::signed(cx.place, [cx.place.span(a.origin), cx.place.span(b.origin)]);
        out.push(finding);
    }
}

fn unsigned(ty: &Ty) -> bool {
    matches!(ty, Ty::Int(int) if !int.signed())
}

fn positive(ty: &Ty) -> bool {
    matches!(ty, Ty::Literal(Literal::Int(value)) if value.get() > 0)
}
