//! Operators of strings, tuples, lists and sets.

use crate::hir::body::BinaryOp;
use crate::table::{Outcome, RefusalKind};
use crate::ty::{BufferKind, Const, Ty};

use super::no_overload;
use crate::ty::convert::can_convert;
use crate::ty::unify::{Unified, unify};

pub(crate) fn is_str(ty: &Ty) -> bool {
    matches!(ty, Ty::Str | Ty::UnicodeChars(_) | Ty::Literal(crate::ty::Literal::Str(_)))
}

/// Whether these are a cell of an array of bytes and another, or bytes. Bytes alone have no operators.
pub(crate) fn is_chars(a: &Ty, b: &Ty) -> bool {
    let bytes = |ty: &Ty| matches!(ty, Ty::Array(array) if array.kind == BufferKind::Bytes);
    let chars = |ty: &Ty| matches!(ty, Ty::Chars(_));
    chars(a) && (chars(b) || bytes(b)) || bytes(a) && chars(b)
}

/// Operands are unliteral and not both numbers.
pub(crate) fn binary(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    match (op, a, b) {
        (BinaryOp::Add, a, b) if is_str(a) && is_str(b) => Outcome::known(Ty::Str),
        // The implementation returns nothing on a path of its own, which makes the result optional.
        (BinaryOp::Mult, a, b) if is_str(a) && b.is_integer() || a.is_integer() && is_str(b) => {
            Outcome::known(Ty::optional(Ty::Str))
        }
        (BinaryOp::Add, a, b) if is_chars(a, b) => Outcome::known(Ty::of_const(&Const::Bytes([].into()))),
        (BinaryOp::Mult, Ty::Chars(_), int) | (BinaryOp::Mult, int, Ty::Chars(_)) if int.is_integer() => {
            Outcome::known(Ty::of_const(&Const::Bytes([].into())))
        }
        (BinaryOp::Add, Ty::Tuple(x) | Ty::StarArgs(x), Ty::Tuple(y) | Ty::StarArgs(y)) => {
            Outcome::known(Ty::tuple(x.iter().chain(y.iter()).cloned()))
        }
        (BinaryOp::Add, Ty::AnyTuple(_), Ty::AnyTuple(_) | Ty::Tuple(_) | Ty::StarArgs(_))
        | (BinaryOp::Add, Ty::Tuple(_) | Ty::StarArgs(_), Ty::AnyTuple(_)) => super::unknown(a),
        (BinaryOp::Add, Ty::List { .. }, Ty::List { .. }) => add_lists(a, b),
        (BinaryOp::Mult, Ty::List { .. }, int) if int.is_integer() => Outcome::known(a.unliteral()),
        (BinaryOp::Mult, int, Ty::List { .. }) if int.is_integer() => Outcome::known(b.unliteral()),
        (
            BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::Sub,
            Ty::Set { elem: x, .. },
            Ty::Set { elem: y, .. },
        ) if x == y || x.has_hole() || y.has_hole() => Outcome::known(a.clone()),
        // Whatever the container holds, no operator joins it with a string.
        (_, a, b) if is_str(a) && is_container(b) || is_container(a) && is_str(b) => {
            Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()]))
        }
        _ => no_overload(&[a, b]),
    }
}

fn is_container(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Tuple(_)
            | Ty::StarArgs(_)
            | Ty::AnyTuple(_)
            | Ty::List { .. }
            | Ty::TypedList(_)
            | Ty::Dict(_)
            | Ty::Set { .. }
            | Ty::Iter(_)
    )
}

fn add_lists(a: &Ty, b: &Ty) -> Outcome {
    match (a, b) {
        (Ty::List { elem: x, .. }, Ty::List { elem: y, .. }) => match unify(x, y) {
            Unified::Ty(elem) if a.is_reflected() || b.is_reflected() => {
                Outcome::known(Ty::reflected_list(elem))
            }
            Unified::Ty(elem) => Outcome::known(Ty::list(elem)),
            Unified::Clash => no_overload(&[a, b]),
        },
        _ => no_overload(&[a, b]),
    }
}

/// `list += list` keeps the list's own type and converts the items; sets take sets of their own type. Strings are
/// not repeated in place, and tuples have no such operator.
pub(crate) fn inplace(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    match (op, a, b) {
        (BinaryOp::Add, Ty::List { elem, .. }, Ty::List { elem: other, .. }) => {
            if can_convert(other, elem).is_some() { Outcome::known(a.clone()) } else { no_overload(&[a, b]) }
        }
        (BinaryOp::Mult, a, b) if is_str(a) || is_str(b) => no_overload(&[a, b]),
        (BinaryOp::Mult, Ty::Chars(_), _) => no_overload(&[a, b]),
        (_, Ty::Tuple(_) | Ty::StarArgs(_) | Ty::AnyTuple(_), _) => no_overload(&[a, b]),
        _ => binary(op, a, b),
    }
}
