//! What NumPy makes of numbers of different types in plain Python, where compiled code makes something else: NumPy
//! keeps the width of an array, or of one of its scalars, that meets a Python number. The rules are those of NumPy
//! Enhancement Proposal 50.

use std::sync::Arc;

use crate::hir::body::BinaryOp;
use crate::table::Outcome;
use crate::ty::{ComplexTy, FloatTy, IntTy, Layout, Ty, Why};

/// An operand of an operator.
pub(super) struct Operand<'a> {
    pub(super) ty: &'a Ty,
    /// It is a constant of the source, and so a number of Python's own.
    pub(super) constant: bool,
}

/// The outcome of an operator in plain Python, by that in compiled code.
pub(super) fn operator(op: BinaryOp, a: &Operand<'_>, b: &Operand<'_>, outcome: Outcome) -> Outcome {
    let (Some(left), Some(right)) = (number(a.ty), number(b.ty)) else { return outcome };
    if is_wide(&left) && is_wide(&right) {
        return outcome;
    }
    let Outcome::Known(mut typed) = outcome else { return outcome };
    let mut results = Vec::with_capacity(2);
    for &weak_left in weakness(a) {
        for &weak_right in weakness(b) {
            results.push(result(op, (&left, weak_left), (&right, weak_right)));
        }
    }
    let agreed = results
        .first()
        .cloned()
        .flatten()
        .filter(|first| results.iter().all(|ty| ty.as_ref() == Some(first)));
    let elem = agreed.unwrap_or(Ty::Hole(Why::NotModelled("a number of Python or of NumPy")));
    typed.ret = match &typed.ret {
        Ty::Array(array) => {
            let mut array = (**array).clone();
            array.elem = elem;
            Ty::Array(Arc::new(array))
        }
        _ => elem,
    };
    Outcome::Known(typed)
}

/// The type of an operand's items, or its own, where it is a number.
fn number(ty: &Ty) -> Option<Ty> {
    let ty = match ty {
        Ty::Array(array) => array.elem.clone(),
        ty => ty.unliteral(),
    };
    matches!(ty, Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_)).then_some(ty)
}

/// The types that numbers of Python and of NumPy share.
fn is_wide(ty: &Ty) -> bool {
    matches!(*ty, Ty::INT64 | Ty::FLOAT64 | Ty::COMPLEX128)
}

/// Whether an operand is a number of Python's own, which adapts to the other one: both, where nobody can tell.
fn weakness(operand: &Operand<'_>) -> &'static [bool] {
    match operand.ty {
        Ty::Array(_) => &[false],
        _ if operand.constant => &[true],
        ty if is_wide(&ty.unliteral()) => &[true, false],
        _ => &[false],
    }
}

fn result(op: BinaryOp, a: (&Ty, bool), b: (&Ty, bool)) -> Option<Ty> {
    let both = match (a, b) {
        ((a, true), (b, false)) => adapted(a, b)?,
        ((a, false), (b, true)) => adapted(b, a)?,
        ((a, _), (b, _)) => common(a, b)?,
    };
    Some(match op {
        BinaryOp::Div if matches!(both, Ty::Bool | Ty::Int(_)) => Ty::FLOAT64,
        BinaryOp::Sub if both == Ty::Bool => return None,
        BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::Pow | BinaryOp::LShift | BinaryOp::RShift
            if both == Ty::Bool =>
        {
            Ty::Int(IntTy::I8)
        }
        _ => both,
    })
}

/// What a number of Python's own becomes beside one of NumPy's.
fn adapted(weak: &Ty, other: &Ty) -> Option<Ty> {
    Some(match (weak, other) {
        (Ty::Bool, _) => other.clone(),
        (Ty::Int(_), Ty::Bool) => Ty::INT64,
        (Ty::Int(_), _) => other.clone(),
        (Ty::Float(_), Ty::Bool | Ty::Int(_)) => Ty::FLOAT64,
        (Ty::Float(_), _) => other.clone(),
        (Ty::Complex(_), Ty::Float(FloatTy::F16 | FloatTy::F32) | Ty::Complex(ComplexTy::C64)) => {
            Ty::COMPLEX64
        }
        (Ty::Complex(_), _) => Ty::COMPLEX128,
        _ => return None,
    })
}

/// NumPy's `result_type` of two types.
fn common(a: &Ty, b: &Ty) -> Option<Ty> {
    Some(match (a, b) {
        _ if a == b => a.clone(),
        (Ty::Bool, other) | (other, Ty::Bool) => other.clone(),
        (Ty::Int(a), Ty::Int(b)) => integers(*a, *b),
        (Ty::Int(int), Ty::Float(float)) | (Ty::Float(float), Ty::Int(int)) => {
            Ty::Float(wider(*float, holding(*int)))
        }
        (Ty::Float(a), Ty::Float(b)) => Ty::Float(wider(*a, *b)),
        (Ty::Complex(complex), other) | (other, Ty::Complex(complex)) => {
            let part = match other {
                Ty::Int(int) => holding(*int),
                Ty::Float(float) => *float,
                Ty::Complex(other) => other.part(),
                _ => return None,
            };
            match wider(complex.part(), part) {
                FloatTy::F64 => Ty::Complex(ComplexTy::C128),
                _ => Ty::Complex(ComplexTy::C64),
            }
        }
        _ => return None,
    })
}

/// The smallest integer that holds both; of 64 bits with and without a sign there is none, and a float is taken.
fn integers(a: IntTy, b: IntTy) -> Ty {
    if a.signed() == b.signed() {
        return Ty::Int(if a.bits() >= b.bits() { a } else { b });
    }
    let (signed, unsigned) = if a.signed() { (a, b) } else { (b, a) };
    let bits = signed.bits().max(2 * unsigned.bits());
    let holds = |int: &IntTy| int.signed() && int.bits() == bits;
    IntTy::ALL.into_iter().find(holds).map_or(Ty::FLOAT64, Ty::Int)
}

/// The smallest float that holds every integer of a type, as NumPy sees it.
fn holding(int: IntTy) -> FloatTy {
    match int.bits() {
        8 => FloatTy::F16,
        16 => FloatTy::F32,
        _ => FloatTy::F64,
    }
}

fn wider(a: FloatTy, b: FloatTy) -> FloatTy {
    if a.bits() >= b.bits() { a } else { b }
}

/// The outcome of a function of the library in plain Python, by that in compiled code.
pub(super) fn call(path: &str, args: &[Ty], outcome: Outcome) -> Outcome {
    let Outcome::Known(mut typed) = outcome else { return outcome };
    let name = path.rsplit('.').next().unwrap_or(path);
    let open = || Ty::Hole(Why::NotModelled("what plain Python makes of these types"));
    let numbers = || args.iter().filter_map(number);
    let narrow = || numbers().any(|ty| !is_wide(&ty) && ty != Ty::Bool);
    let mixed = || {
        let mut numbers = numbers();
        let first = numbers.next();
        numbers.any(|ty| Some(&ty) != first.as_ref())
    };
    let differs = match name {
        "min" | "max" if path.starts_with("builtins.") => mixed(),
        "var" | "std" | "nanvar" | "nanstd" | "median" | "nanmedian" | "percentile" | "quantile"
        | "average" => narrow(),
        "diag" | "diagonal" => true,
        _ if COMBINE.contains(&name) => narrow() && mixed(),
        _ => false,
    };
    match &typed.ret {
        // LAPACK's order is not what NumPy gives back.
        Ty::Array(array) if path.starts_with("numpy.linalg.") => {
            let mut array = (**array).clone();
            array.layout = Layout::Hole;
            typed.ret = Ty::Array(Arc::new(array));
        }
        Ty::Array(array) if differs && name != "diag" && name != "diagonal" => {
            let mut array = (**array).clone();
            array.elem = open();
            typed.ret = Ty::Array(Arc::new(array));
        }
        _ if differs => typed.ret = open(),
        _ => {}
    }
    Outcome::Known(typed)
}

/// Functions of several numbers, whose types are brought together.
const COMBINE: &[&str] = &[
    "add",
    "arctan2",
    "clip",
    "convolve",
    "copysign",
    "correlate",
    "cross",
    "divide",
    "dot",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "inner",
    "kron",
    "logaddexp",
    "logaddexp2",
    "matmul",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "outer",
    "power",
    "remainder",
    "select",
    "subtract",
    "true_divide",
    "vdot",
    "where",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn result_of(op: BinaryOp, a: (&str, bool), b: (&str, bool)) -> String {
        let ty = |text: &str| text.parse::<Ty>().expect("a type");
        let (a, b) = ((ty(a.0), a.1), (ty(b.0), b.1));
        let compiled = crate::infer::ops::binary(op, &a.0, &b.0);
        let operand = |of: &(Ty, bool)| of.1;
        let (left, right) =
            (Operand { ty: &a.0, constant: operand(&a) }, Operand { ty: &b.0, constant: operand(&b) });
        match operator(op, &left, &right, compiled) {
            Outcome::Known(typed) => typed.ret.to_string(),
            _ => "refused".to_string(),
        }
    }

    #[test]
    fn a_number_of_python_takes_the_width_of_what_it_meets() {
        let array = ("array(float32, 1d, C)", false);
        assert_eq!(result_of(BinaryOp::Mult, array, ("float64", true)), "array(float32, 1d, C)");
        assert_eq!(result_of(BinaryOp::Add, ("int8", false), ("int64", true)), "int8");
        assert_eq!(result_of(BinaryOp::Div, ("int8", false), ("int64", true)), "float64");
    }

    #[test]
    fn numbers_of_numpy_get_a_type_that_holds_both() {
        let floats = ("array(float32, 1d, C)", false);
        assert_eq!(result_of(BinaryOp::Add, floats, ("array(int64, 1d, C)", false)), "array(float64, 1d, C)");
        assert_eq!(result_of(BinaryOp::Add, floats, ("array(int16, 1d, C)", false)), "array(float32, 1d, C)");
        assert_eq!(result_of(BinaryOp::Add, ("uint8", false), ("int8", false)), "int16");
    }

    #[test]
    fn a_number_that_may_be_of_either_is_left_open() {
        assert_eq!(result_of(BinaryOp::Mult, ("float32", false), ("float64", false)), "?");
    }
}
