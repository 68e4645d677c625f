//! Operators with an array on either side: they are NumPy's element-wise functions, and `@`.

use std::sync::Arc;

use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
use crate::table::{Outcome, RefusalKind};
use crate::ty::{ArrayTy, BufferKind, Layout, Ty, Why};

use super::{no_overload, unknown};

/// The element-wise function behind an operator.
pub(crate) fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "negative",
        UnaryOp::Pos => "positive",
        UnaryOp::Invert => "invert",
        UnaryOp::Not => "logical_not",
    }
}

pub(crate) fn binary_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "subtract",
        BinaryOp::Mult => "multiply",
        BinaryOp::MatMult => "matmul",
        BinaryOp::Div => "divide",
        BinaryOp::FloorDiv => "floor_divide",
        BinaryOp::Mod => "remainder",
        BinaryOp::Pow => "power",
        BinaryOp::LShift => "left_shift",
        BinaryOp::RShift => "right_shift",
        BinaryOp::BitAnd => "bitwise_and",
        BinaryOp::BitOr => "bitwise_or",
        BinaryOp::BitXor => "bitwise_xor",
    }
}

pub(crate) fn compare_name(op: CmpOp) -> &'static str {
    match op {
        CmpOp::NotEq => "not_equal",
        CmpOp::Lt => "less",
        CmpOp::LtE => "less_equal",
        CmpOp::Gt => "greater",
        CmpOp::GtE => "greater_equal",
        CmpOp::Eq | CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => "equal",
    }
}

/// The element-wise function applied to these operands.
pub(crate) fn ufunc(name: &'static str, args: &[Ty]) -> Outcome {
    // Bytes are buffers too, and nothing computes with them.
    let bytes = |ty: &Ty| matches!(ty, Ty::Array(array) if array.kind == BufferKind::Bytes);
    if args.iter().any(bytes) {
        return no_overload(&args.iter().collect::<Vec<_>>());
    }
    crate::table::ufunc::resolve(name, args)
}

/// Whether an array expression is typed as the element-wise function is, and then has no code: it is compiled item by
/// item with the operator of two times.
pub(crate) fn lacks_scalar_code(op: BinaryOp, a: &Ty, b: &Ty) -> bool {
    let expression = [a, b].iter().any(|ty| ty.as_array().is_some_and(|array| array.ndim > Some(0)));
    match (element(a), element(b)) {
        (a @ Ty::TimeDelta(_), b @ Ty::TimeDelta(_)) => {
            expression
                && matches!(op, BinaryOp::Mod | BinaryOp::FloorDiv)
                && matches!(super::datetime::binary(op, &a, &b), Outcome::Refused(_))
        }
        _ => false,
    }
}

/// `array op= b`: the element-wise function with the target as output. Where the result does not fit the target's
/// elements Numba crashes; ranks are compared at run time.
pub(crate) fn inplace(op: BinaryOp, target: &ArrayTy, b: &Ty) -> Outcome {
    let array = Ty::Array(Arc::new(target.clone()));
    if target.readonly || target.kind != BufferKind::Array {
        return Outcome::refused(RefusalKind::Readonly(array));
    }
    if target.elem.has_hole() || b.has_hole() {
        return Outcome::known(array);
    }
    // Bytes are computed with as the array that they are, here only.
    let b = match b {
        Ty::Array(bytes) if bytes.kind == BufferKind::Bytes => {
            Ty::Array(Arc::new(ArrayTy { kind: BufferKind::Array, ..(**bytes).clone() }))
        }
        b => b.clone(),
    };
    let operands = [array.clone(), b.clone()];
    match ufunc(binary_name(op), &[array.clone(), b, array.clone()]) {
        Outcome::Known(_) => Outcome::known(array),
        refused @ Outcome::Refused(_) => match ufunc(binary_name(op), &operands) {
            Outcome::Known(typed) => Outcome::refused(RefusalKind::UnsafeCast {
                from: element(&typed.ret),
                to: target.elem.clone(),
            }),
            _ => refused,
        },
        hole => hole,
    }
}

fn element(ty: &Ty) -> Ty {
    ty.as_array().map_or_else(|| ty.clone(), |array| array.elem.clone())
}

/// `a @ b`: floats or complex numbers of one type, one or two dimensions each.
pub(crate) fn matmul(a: &Ty, b: &Ty) -> Outcome {
    for operand in [a, b] {
        match operand {
            Ty::Array(array) => {
                if array.ndim.is_some_and(|ndim| !matches!(ndim, 1 | 2))
                    || !(array.elem.is_hole() || inexact(&array.elem))
                {
                    return Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()]));
                }
            }
            operand if super::is_unknowable(operand) => {}
            Ty::Optional(inner) if matches!(**inner, Ty::Array(_)) => {}
            _ => return Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()])),
        }
    }
    if let Some(args) = super::unpacked(&[a, b]) {
        return matmul(&args[0], &args[1]);
    }
    match (a, b) {
        (Ty::Array(x), Ty::Array(y)) => matmul_arrays(x, y, &[a, b]),
        (Ty::Array(_), other) | (other, _) => unknown(other),
    }
}

fn matmul_arrays(x: &ArrayTy, y: &ArrayTy, operands: &[&Ty]) -> Outcome {
    let elem = if x.elem.is_hole() { &y.elem } else { &x.elem };
    if !y.elem.is_hole() && *elem != y.elem {
        return no_overload(operands);
    }
    match (x.ndim, y.ndim) {
        (Some(1), Some(1)) => Outcome::known(elem.clone()),
        (Some(2), Some(2)) => Outcome::known(Ty::array(elem.clone(), 2, Layout::C)),
        (Some(_), Some(_)) => Outcome::known(Ty::array(elem.clone(), 1, Layout::C)),
        _ => Outcome::Hole(Why::NotModelled("the rank of a matrix product")),
    }
}

fn inexact(elem: &Ty) -> bool {
    matches!(elem, Ty::Float(_) | Ty::Complex(_))
}
