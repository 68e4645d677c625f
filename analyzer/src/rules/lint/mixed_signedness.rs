//! `mixed-signedness` and `unsigned-subtraction`: what arithmetic with unsigned integers gives.

use crate::hir::body::{BinaryOp, InstKind, Value};
use crate::rules::{MIXED_SIGNEDNESS, UNSIGNED_SUBTRACTION, report::Text, words};
use crate::ty::{IntTy, Literal, Ty};

use super::Finding;
use super::context::Cx;

pub(super) fn lint(cx: &Cx<'_>, out: &mut Vec<Finding>) {
    for (_, inst) in cx.insts() {
        let InstKind::Assign { dst, value } = &inst.kind else { continue };
        let (Value::Binary(op, a, b) | Value::InPlace(op, a, b)) = value else { continue };
        if matches!(op, BinaryOp::Div | BinaryOp::Pow | BinaryOp::LShift | BinaryOp::RShift) {
            continue;
        }
        let (left, right) = (cx.ty(a.var), cx.ty(b.var));
        let unsigned = |ty: &Ty| matches!(ty, Ty::Int(int) if !int.signed());
        let integer = |ty: &Ty| ty.is_integer();
        if integer(left) && integer(right) && matches!(cx.ty(*dst), Ty::Float(_)) {
            let text = Text::new(
                &MIXED_SIGNEDNESS,
                format!(
                    "{} and {} make a float64: large integers lose digits",
                    words::ty(left),
                    words::ty(right)
                ),
            )
            .note("no integer type holds both, so NumPy's rule takes float64")
            .help("convert one side: `np.int64(..)` or `np.uint64(..)`");
            out.push(Finding::new(inst.origin, text));
        } else if *op == BinaryOp::Sub
            && unsigned(left)
            && (unsigned(right) || positive(right))
            && is_u64(cx.ty(*dst))
        {
            let text = Text::new(
                &UNSIGNED_SUBTRACTION,
                format!(
                    "the difference of {} and {} is unsigned: below zero it wraps to a huge number",
                    words::ty(left),
                    words::ty(right)
                ),
            )
            .help("convert first: `np.int64(a) - np.int64(b)`");
            out.push(Finding::new(inst.origin, text));
        }
    }
}

fn positive(ty: &Ty) -> bool {
    matches!(ty, Ty::Literal(Literal::Int(value)) if *value > 0)
}

fn is_u64(ty: &Ty) -> bool {
    *ty == Ty::Int(IntTy::U64)
}
