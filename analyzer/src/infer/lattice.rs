//! The join of types inside operators: a thin name over the unification of types.

use crate::ty::{ComplexTy, FloatTy, IntTy, Ty};

/// The type that two element types meet in.
pub(crate) fn unify(a: &Ty, b: &Ty) -> Option<Ty> {
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Ty::Hole(_) | Ty::Poison, _) => Some(a.clone()),
        (_, Ty::Hole(_) | Ty::Poison) => Some(b.clone()),
        (Ty::Undefined, other) | (other, Ty::Undefined) => Some(other.clone()),
        _ => promote(&a.unliteral(), &b.unliteral()),
    }
}

/// NumPy's promotion of two number types.
pub(crate) fn promote(a: &Ty, b: &Ty) -> Option<Ty> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (Ty::Bool, other) | (other, Ty::Bool) if other.is_number() => other.clone(),
        (Ty::Int(x), Ty::Int(y)) => promote_ints(*x, *y),
        (Ty::Int(int), Ty::Float(float)) | (Ty::Float(float), Ty::Int(int)) => {
            Ty::Float((*float).max(float_of(*int)))
        }
        (Ty::Int(int), Ty::Complex(c)) | (Ty::Complex(c), Ty::Int(int)) => {
            complex_of(c.part().max(float_of(*int)))
        }
        (Ty::Float(x), Ty::Float(y)) => Ty::Float((*x).max(*y)),
        (Ty::Float(x), Ty::Complex(c)) | (Ty::Complex(c), Ty::Float(x)) => complex_of(c.part().max(*x)),
        (Ty::Complex(x), Ty::Complex(y)) => Ty::Complex((*x).max(*y)),
        _ => return None,
    })
}

fn promote_ints(x: IntTy, y: IntTy) -> Ty {
    if x.signed() == y.signed() {
        return Ty::Int(if x.bits() >= y.bits() { x } else { y });
    }
    let (signed, unsigned) = if x.signed() { (x, y) } else { (y, x) };
    let bits = signed.bits().max(unsigned.bits() * 2);
    IntTy::new(bits, true).map_or(Ty::FLOAT64, Ty::Int)
}

fn float_of(int: IntTy) -> FloatTy {
    if int.bits() <= 16 {
        FloatTy::F32
    } else {
        FloatTy::F64
    }
}

fn complex_of(part: FloatTy) -> Ty {
    Ty::Complex(if part == FloatTy::F64 {
        ComplexTy::C128
    } else {
        ComplexTy::C64
    })
}
