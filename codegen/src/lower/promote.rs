//! Which type operands of different types are computed in.

use analyzer::mono::{ComplexTy, FloatTy, IntTy, MonoTy};

const NUMPY_ORDER: [MonoTy; 13] = [
    MonoTy::Bool,
    MonoTy::Int(IntTy::I8),
    MonoTy::Int(IntTy::U8),
    MonoTy::Int(IntTy::I16),
    MonoTy::Int(IntTy::U16),
    MonoTy::Int(IntTy::I32),
    MonoTy::Int(IntTy::U32),
    MonoTy::Int(IntTy::I64),
    MonoTy::Int(IntTy::U64),
    MonoTy::Float(FloatTy::F32),
    MonoTy::Float(FloatTy::F64),
    MonoTy::Complex(ComplexTy::C64),
    MonoTy::Complex(ComplexTy::C128),
];

/// Python's operators compute in these; integers are at least 64 bits wide.
const PYTHON_ORDER: [MonoTy; 6] = [
    MonoTy::Int(IntTy::I64),
    MonoTy::Int(IntTy::U64),
    MonoTy::Float(FloatTy::F32),
    MonoTy::Float(FloatTy::F64),
    MonoTy::Complex(ComplexTy::C64),
    MonoTy::Complex(ComplexTy::C128),
];

/// NumPy's `can_cast(from, to, "safe")` on numbers.
pub(crate) fn is_safe(from: &MonoTy, to: &MonoTy) -> bool {
    let mantissa = |float: FloatTy| if float == FloatTy::F64 { 64 } else { 16 };
    match (from, to) {
        (from, to) if from == to => true,
        (MonoTy::Bool, MonoTy::Int(_) | MonoTy::Float(_) | MonoTy::Complex(_)) => true,
        (MonoTy::Int(a), MonoTy::Int(b)) => match (a.signed(), b.signed()) {
            (true, false) => false,
            (false, true) => a.bits() < b.bits(),
            _ => a.bits() <= b.bits(),
        },
        (MonoTy::Int(a), MonoTy::Float(b)) => a.bits() <= mantissa(*b),
        (MonoTy::Int(a), MonoTy::Complex(b)) => a.bits() <= mantissa(b.part()),
        (MonoTy::Float(a), MonoTy::Float(b)) => a.bits() <= b.bits(),
        (MonoTy::Float(a), MonoTy::Complex(b)) => a.bits() <= b.part().bits(),
        (MonoTy::Complex(a), MonoTy::Complex(b)) => a.part().bits() <= b.part().bits(),
        _ => false,
    }
}

fn first_safe(order: &[MonoTy], a: &MonoTy, b: &MonoTy) -> MonoTy {
    order.iter().find(|ty| is_safe(a, ty) && is_safe(b, ty)).cloned().unwrap_or_else(|| a.clone())
}

/// The type of NumPy's loop over operands of these element types.
pub(crate) fn common(a: &MonoTy, b: &MonoTy) -> MonoTy {
    first_safe(&NUMPY_ORDER, a, b)
}

/// The type of a Python operator over scalars of these types.
pub(crate) fn python(a: &MonoTy, b: &MonoTy) -> MonoTy {
    first_safe(&PYTHON_ORDER, a, b)
}

/// The float that a function such as `sqrt` computes in, for an argument of this type.
pub(crate) fn floating(ty: &MonoTy) -> MonoTy {
    match ty {
        MonoTy::Float(_) | MonoTy::Complex(_) => ty.clone(),
        MonoTy::Bool => MonoTy::Float(FloatTy::F32),
        MonoTy::Int(int) if int.bits() <= 16 => MonoTy::Float(FloatTy::F32),
        _ => MonoTy::Float(FloatTy::F64),
    }
}
