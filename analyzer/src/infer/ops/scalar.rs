//! Operators between numbers: Numba's lists of concrete signatures.

use std::sync::OnceLock;

use crate::hir::body::{BinaryOp, CmpOp, UnaryOp};
use crate::infer::overload::{Case, Pairs};
use crate::ty::{ComplexTy, FloatTy, IntTy, Ty};

const MACHINE_INTS: [IntTy; 2] = [IntTy::I64, IntTy::U64];
pub(crate) const SIGNED: [IntTy; 4] = [IntTy::I8, IntTy::I16, IntTy::I32, IntTy::I64];
pub(crate) const UNSIGNED: [IntTy; 4] = [IntTy::U8, IntTy::U16, IntTy::U32, IntTy::U64];
pub(crate) const FLOATS: [FloatTy; 2] = [FloatTy::F32, FloatTy::F64];
pub(crate) const COMPLEXES: [ComplexTy; 2] = [ComplexTy::C64, ComplexTy::C128];

/// Whether some conversion leads from this type to a number: a number, an optional one, a member of an `IntEnum`.
pub(crate) fn is_scalar(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) => is_scalar(inner),
        Ty::EnumMember(of) => of.int,
        _ => ty.is_number(),
    }
}

/// Lists that are made once, on first use, one for each operator. An operator's number is its place among the variants.
type Lists<T, const N: usize> = [OnceLock<T>; N];

/// The signatures of a binary operator.
pub(crate) fn binary_cases(op: BinaryOp) -> &'static Pairs {
    static LISTS: Lists<Pairs, 13> = [const { OnceLock::new() }; 13];
    LISTS[op as usize].get_or_init(|| list_binary(op))
}

fn list_binary(op: BinaryOp) -> Pairs {
    // Whether unsafe conversions may lead to a signature.
    let (cases, allow_unsafe) = match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mult => {
            ([ints(result_int), reals(), complexes()].concat(), true)
        }
        BinaryOp::FloorDiv | BinaryOp::Mod => ([ints(result_int), reals()].concat(), true),
        BinaryOp::Div => ([ints(|_, _| Ty::FLOAT64), reals(), complexes()].concat(), true),
        BinaryOp::Pow => ([ints(result_int), real_to_int(), reals(), complexes()].concat(), true),
        BinaryOp::LShift | BinaryOp::RShift => (shifts(), false),
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => {
            let bools = vec![Case::new([Ty::Bool, Ty::Bool], Ty::Bool)];
            ([bools, ints(result_int)].concat(), false)
        }
        BinaryOp::MatMult => (Vec::new(), true),
    };
    Pairs::new(cases, allow_unsafe)
}

/// The signatures of a unary operator.
pub(crate) fn unary_cases(op: UnaryOp) -> (&'static [Case], bool) {
    static LISTS: Lists<(Vec<Case>, bool), 4> = [const { OnceLock::new() }; 4];
    let (cases, allow_unsafe) = LISTS[op as usize].get_or_init(|| list_unary(op));
    (cases, *allow_unsafe)
}

fn list_unary(op: UnaryOp) -> (Vec<Case>, bool) {
    let one = |ty: Ty, ret: Ty| Case::new([ty], ret);
    let unsigned = || UNSIGNED.map(Ty::Int).into_iter().map(move |ty| one(ty, Ty::UINT64));
    let signed = || SIGNED.map(Ty::Int).into_iter().map(move |ty| one(ty, Ty::INT64));
    let floats = || FLOATS.map(Ty::Float).into_iter();
    let complexes = || COMPLEXES.map(Ty::Complex).into_iter();
    match op {
        UnaryOp::Neg | UnaryOp::Pos => {
            let inexact = floats().chain(complexes()).map(|ty| one(ty.clone(), ty));
            let bools = std::iter::once(one(Ty::Bool, Ty::INT64));
            (unsigned().chain(signed()).chain(inexact).chain(bools).collect(), true)
        }
        UnaryOp::Invert => {
            (std::iter::once(one(Ty::Bool, Ty::Bool)).chain(unsigned()).chain(signed()).collect(), false)
        }
        UnaryOp::Not => {
            let ints = SIGNED.into_iter().chain(UNSIGNED).map(Ty::Int);
            let all = std::iter::once(Ty::Bool).chain(ints).chain(floats()).chain(complexes());
            (all.map(|ty| one(ty, Ty::Bool)).collect(), true)
        }
    }
}

/// The signatures of a comparison. Complex numbers are not ordered.
pub(crate) fn compare_cases(op: CmpOp) -> &'static Pairs {
    static LISTS: Lists<Pairs, 10> = [const { OnceLock::new() }; 10];
    LISTS[op as usize].get_or_init(|| list_comparison(op))
}

fn list_comparison(op: CmpOp) -> Pairs {
    let ordered = std::iter::once(Ty::Bool)
        .chain(SIGNED.into_iter().chain(UNSIGNED).map(Ty::Int))
        .chain(FLOATS.map(Ty::Float));
    let complex = if matches!(op, CmpOp::Eq | CmpOp::NotEq) { &COMPLEXES[..] } else { &[] };
    let numbers = ordered.chain(complex.iter().copied().map(Ty::Complex));
    Pairs::new(numbers.map(|ty| Case::new([ty.clone(), ty], Ty::Bool)).collect(), true)
}

/// Integers are computed in 64 bits; the result is unsigned only if both operands are.
fn result_int(a: IntTy, b: IntTy) -> Ty {
    if a.signed() || b.signed() { Ty::INT64 } else { Ty::UINT64 }
}

fn ints(ret: fn(IntTy, IntTy) -> Ty) -> Vec<Case> {
    let pairs = MACHINE_INTS.into_iter().flat_map(|a| MACHINE_INTS.map(|b| (a, b)));
    pairs.map(|(a, b)| Case::new([Ty::Int(a), Ty::Int(b)], ret(a, b))).collect()
}

fn reals() -> Vec<Case> {
    FLOATS.map(Ty::Float).into_iter().map(|ty| Case::new([ty.clone(), ty.clone()], ty)).collect()
}

fn complexes() -> Vec<Case> {
    COMPLEXES.map(Ty::Complex).into_iter().map(|ty| Case::new([ty.clone(), ty.clone()], ty)).collect()
}

/// A float raised to an integer power keeps its width: `float32 ** 2` is `float32`.
fn real_to_int() -> Vec<Case> {
    let pairs =
        FLOATS.into_iter().flat_map(|real| [IntTy::I32, IntTy::I64, IntTy::U64].map(|int| (real, int)));
    pairs.map(|(real, int)| Case::new([Ty::Float(real), Ty::Int(int)], Ty::Float(real))).collect()
}

/// The left operand alone decides the signedness of a shift's result.
fn shifts() -> Vec<Case> {
    let lefts = SIGNED.into_iter().chain(UNSIGNED);
    let pairs = lefts.flat_map(|left| [Ty::UINT64, Ty::INT64].map(|right| (left, right)));
    pairs
        .map(|(left, right)| {
            let ret = if left.signed() { Ty::INT64 } else { Ty::UINT64 };
            Case::new([Ty::Int(left), right], ret)
        })
        .collect()
}
