//! The types of operators: unary, binary, in-place, comparisons, truth values.
//!
//! Each is a pure function from the operands' types to what Numba answers. Holes in the operands give holes, unless
//! the known operand alone decides.

mod array;
mod compare;
mod datetime;
mod scalar;
mod sequence;

use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
use crate::infer::index::plain_array;
use crate::infer::overload;
use crate::table::{Outcome, RefusalKind};
use crate::ty::{ArrayTy, BufferKind, IterTy, Literal, Ty, Why};

/// `-a`, `+a`, `~a`, `not a`.
pub fn unary(op: UnaryOp, a: &Ty) -> Outcome {
    if matches!(a, Ty::NestedArray(_)) {
        return unary(op, &plain_array(a));
    }
    if op == UnaryOp::Not {
        return not(a);
    }
    if let Some(hole) = unknowable(&[a]) {
        return hole;
    }
    let (cases, allow_unsafe) = scalar::unary_cases(op);
    match a {
        a if scalar::is_scalar(a) => overload::resolve(cases, std::slice::from_ref(a), allow_unsafe),
        Ty::Array(_) => array::ufunc(array::unary_name(op), std::slice::from_ref(a)),
        Ty::TimeDelta(_) if op != UnaryOp::Invert => Outcome::signature(vec![a.clone()], a.clone()),
        Ty::Optional(inner) => unary(op, inner),
        a => no_overload(&[a]),
    }
}

/// The concrete signatures of an operator between numbers.
pub(crate) fn number_cases(op: BinaryOp) -> &'static [overload::Case] {
    scalar::binary_cases(op).cases()
}

/// `a op b`.
pub fn binary(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    if op == BinaryOp::MatMult {
        return array::matmul(a, b);
    }
    // Nothing has `%` with a string on its left.
    if op == BinaryOp::Mod && matches!(a, Ty::Str | Ty::Literal(Literal::Str(_))) && !is_unknowable(b) {
        return Outcome::refused(RefusalKind::NoOverload(vec![a.clone(), b.clone()]));
    }
    if let Some(hole) = unknowable(&[a, b]) {
        return hole;
    }
    let (a, b) = (plain_array(&a.unliteral()), plain_array(&b.unliteral()));
    let outcome = binary_exact(op, &a, &b);
    match (&outcome, unpacked(&[&a, &b])) {
        (Outcome::Refused(_), Some(args)) => match binary_exact(op, &args[0], &args[1]) {
            Outcome::Refused(_) => outcome,
            other => other,
        },
        _ => outcome,
    }
}

fn binary_exact(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    if scalar::is_scalar(a) && scalar::is_scalar(b) {
        return scalar::binary_cases(op).resolve(a, b);
    }
    match (a, b) {
        (a, b) if sequence::is_chars(a, b) => sequence::binary(op, a, b),
        (Ty::Array(_), _) | (_, Ty::Array(_)) => {
            let outcome = array::ufunc(array::binary_name(op), &[a.clone(), b.clone()]);
            match array::lacks_scalar_code(op, a, b) {
                true if !matches!(outcome, Outcome::Hole(_)) => no_overload(&[a, b]),
                _ => outcome,
            }
        }
        (Ty::DateTime(_) | Ty::TimeDelta(_), _) | (_, Ty::DateTime(_) | Ty::TimeDelta(_)) => {
            datetime::binary(op, a, b)
        }
        _ => sequence::binary(op, a, b),
    }
}

/// `a op= b` on a name. These are operators of their own, with narrower rules: nothing falls back to `a = a op b`.
pub fn inplace(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    if op == BinaryOp::MatMult {
        return Outcome::refused(RefusalKind::Unsupported);
    }
    if let Some(hole) = unknowable(&[a, b]) {
        return match (a, b) {
            (Ty::Array(target), _) if !target.readonly => Outcome::known(a.clone()),
            _ => hole,
        };
    }
    let (a, b) = (plain_array(&a.unliteral()), plain_array(&b.unliteral()));
    let outcome = inplace_exact(op, &a, &b);
    match (&outcome, unpacked(&[&a, &b])) {
        (Outcome::Refused(_), Some(args)) => match inplace_exact(op, &args[0], &args[1]) {
            Outcome::Refused(_) => outcome,
            other => other,
        },
        _ => outcome,
    }
}

fn inplace_exact(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    match (a, b) {
        (a, b) if sequence::is_chars(a, b) => sequence::inplace(op, a, b),
        (Ty::Array(target), _) => array::inplace(op, target, b),
        (_, Ty::Array(_)) => no_overload(&[a, b]),
        (Ty::DateTime(_), Ty::DateTime(_)) => no_overload(&[a, b]),
        (Ty::DateTime(_) | Ty::TimeDelta(_), _) | (_, Ty::DateTime(_) | Ty::TimeDelta(_)) => {
            datetime::binary(op, a, b)
        }
        _ if scalar::is_scalar(a) && scalar::is_scalar(b) => binary_exact(op, a, b),
        _ => sequence::inplace(op, a, b),
    }
}

/// `a op b` for a comparison, `in` and `is` included.
pub fn compare(op: CmpOp, a: &Ty, b: &Ty) -> Outcome {
    match op {
        // There is no code that compares two instances.
        CmpOp::Is | CmpOp::IsNot if matches!(a, Ty::JitClassInstance(_)) && a == b => no_overload(&[a, b]),
        CmpOp::Is | CmpOp::IsNot => Outcome::known(Ty::Bool),
        CmpOp::In | CmpOp::NotIn => compare::contains(b, a),
        _ => compare::compare(op, a, b),
    }
}

/// The `bool(a)` that a branch applies.
pub fn truth(a: &Ty) -> Outcome {
    if matches!(a, Ty::NestedArray(_)) {
        return truth(&plain_array(a));
    }
    let known = match a {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => {
            return unknown(a);
        }
        Ty::None => return Outcome::known(Ty::bool_literal(false)),
        // `bool` itself takes numbers and does not unwrap; what it passes on to is the other way round.
        Ty::Optional(inner) if **inner == Ty::Bool => true,
        Ty::Optional(inner) if inner.is_number() => false,
        Ty::Optional(inner) => return truth(inner),
        Ty::Str
        | Ty::Literal(Literal::Int(_) | Literal::Bool(_) | Literal::Str(_))
        | Ty::UnicodeChars(_)
        | Ty::Chars(_)
        | Ty::Tuple(_)
        | Ty::StarArgs(_)
        | Ty::NamedTuple(_)
        | Ty::AnyTuple(_)
        | Ty::List { .. }
        | Ty::TypedList(_)
        | Ty::Dict(_)
        | Ty::TypedSet(_)
        | Ty::LiteralStrKeyDict(_)
        | Ty::Set { .. } => true,
        Ty::Array(array) => has_truth(array),
        Ty::Iter(iter) => matches!(&**iter, IterTy::Flat(_)),
        a => a.is_number(),
    };
    if known { Outcome::known(Ty::Bool) } else { no_overload(&[a]) }
}

/// An array of one element has that element's truth value.
fn has_truth(array: &ArrayTy) -> bool {
    array.kind == BufferKind::Array
        && !matches!(array.elem, Ty::Record(_) | Ty::DateTime(_) | Ty::TimeDelta(_))
}

/// `not a`, which is narrower than [`truth`]: no arrays, lists, tuples, dicts.
pub fn not(a: &Ty) -> Outcome {
    match a {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => {
            Outcome::known(Ty::Bool)
        }
        Ty::Str | Ty::UnicodeChars(_) | Ty::Chars(_) | Ty::Literal(Literal::Str(_)) => {
            Outcome::known(Ty::Bool)
        }
        Ty::Array(array) if array.kind == BufferKind::Bytes => Outcome::known(Ty::Bool),
        a if scalar::is_scalar(a) => {
            let (cases, allow_unsafe) = scalar::unary_cases(UnaryOp::Not);
            overload::resolve(cases, std::slice::from_ref(a), allow_unsafe)
        }
        Ty::Optional(inner) => not(inner),
        a => no_overload(&[a]),
    }
}

/// The hole that an operand is, or a type that we only know by name: its operators are the class's own.
fn unknowable(operands: &[&Ty]) -> Option<Outcome> {
    operands.iter().find(|ty| is_unknowable(ty)).map(|ty| unknown(ty))
}

fn is_unknowable(ty: &Ty) -> bool {
    match ty {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => true,
        Ty::Optional(inner) => is_unknowable(inner),
        _ => false,
    }
}

/// A hole for an operand of this type, with its reason.
pub(crate) fn unknown(ty: &Ty) -> Outcome {
    let why = match ty {
        Ty::Opaque(name) => Why::UnknownType(name.clone()),
        ty => ty.why().unwrap_or(Why::NotModelled("operators of a class")),
    };
    Outcome::Hole(why)
}

/// The refusal of operands that are known; a hole where one of them is not known entirely.
pub(crate) fn no_overload(operands: &[&Ty]) -> Outcome {
    match operands.iter().find(|ty| ty.has_hole()) {
        Some(ty) => unknown(ty),
        None => Outcome::refused(RefusalKind::NoOverload(operands.iter().map(|ty| (*ty).clone()).collect())),
    }
}

/// The operands without their `Optional`s, if there are any: what a generic rule is tried with second.
pub(crate) fn unpacked(operands: &[&Ty]) -> Option<Vec<Ty>> {
    let any = operands.iter().any(|ty| matches!(ty, Ty::Optional(_)));
    any.then(|| {
        operands
            .iter()
            .map(|ty| match ty {
                Ty::Optional(inner) => (**inner).clone(),
                ty => (*ty).clone(),
            })
            .collect()
    })
}

#[cfg(test)]
mod tests;
