//! Operators on constants, as Python computes them.

use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator, UnaryOp};

use super::value::{SeqKind, V, constant, unknown, value};
use super::{Global, arrays, extension, library};
use crate::ty::{Const, Ty};

pub(super) fn unary<'db>(op: UnaryOp, operand: &V<'db>) -> V<'db> {
    if op == UnaryOp::Not {
        return operand.truth().map_or_else(|| unknown("a condition"), |truth| constant(Const::Bool(!truth)));
    }
    match operand {
        V::Global(Global::Const(operand)) => {
            let result = match (op, operand) {
                (UnaryOp::USub, Const::Int(int)) => int.get().checked_neg().map(Const::int),
                (UnaryOp::USub, Const::Float(bits)) => Some(Const::float(-f64::from_bits(*bits))),
                (UnaryOp::USub, Const::Complex(re, im)) => {
                    Some(Const::Complex((-f64::from_bits(*re)).to_bits(), (-f64::from_bits(*im)).to_bits()))
                }
                (UnaryOp::USub, Const::Bool(value)) => Some(Const::int(-i128::from(*value))),
                (UnaryOp::UAdd, Const::Int(_) | Const::Float(_) | Const::Complex(..)) => {
                    Some(operand.clone())
                }
                (UnaryOp::Invert, Const::Int(int)) => Some(Const::int(!int.get())),
                _ => None,
            };
            result.map_or_else(|| unknown("an operator"), constant)
        }
        V::Global(Global::Scalar(ty, scalar)) => match unary(op, &constant(scalar.clone())) {
            V::Global(Global::Const(result)) if !matches!(ty, Ty::Bool) => {
                V::Global(Global::Scalar(ty.clone(), result))
            }
            _ => unknown("an operator"),
        },
        V::Global(Global::Value(ty @ (Ty::Float(_) | Ty::Complex(_) | Ty::Array(_))))
            if op != UnaryOp::Invert =>
        {
            value(ty.clone())
        }
        V::Global(Global::Value(ty @ Ty::Array(array)))
            if array.elem == Ty::Bool || array.elem.is_integer() =>
        {
            value(ty.clone())
        }
        V::Unknown(why) => V::Unknown(why.clone()),
        _ => unknown("an operator"),
    }
}

pub(super) fn binary<'db>(op: Operator, left: &V<'db>, right: &V<'db>) -> V<'db> {
    match (left, right) {
        (V::Unknown(why), _) | (_, V::Unknown(why)) => V::Unknown(why.clone()),
        (V::Global(Global::Const(a)), V::Global(Global::Const(b))) => {
            constants(op, a, b).map_or_else(|| unknown("an operator"), constant)
        }
        (V::Seq(kind, items), V::Global(Global::Const(Const::Int(times)))) if op == Operator::Mult => {
            let items = items.borrow();
            let times = usize::try_from(times.get()).unwrap_or(0);
            if items.len().saturating_mul(times) > 4096 {
                return unknown("a long sequence");
            }
            let repeated = std::iter::repeat_n(&*items, times).flatten().cloned().collect();
            V::Seq(*kind, Rc::new(std::cell::RefCell::new(repeated)))
        }
        (_, V::Seq(..) | V::Global(Global::Const(Const::Tuple(_))))
            if op == Operator::Add && left.items().is_some() =>
        {
            let kind = if matches!(left, V::Seq(SeqKind::List, _)) { SeqKind::List } else { SeqKind::Tuple };
            let items = left.items().into_iter().chain(right.items()).flatten().collect();
            V::Seq(kind, Rc::new(std::cell::RefCell::new(items)))
        }
        _ if let Some((ty, exact)) = integral(op, left, right) => {
            let result = number(left).zip(number(right)).filter(|_| exact);
            match result.and_then(|(a, b)| constants(op, a, b)).and_then(|result| library::cast(&ty, &result))
            {
                Some(result) => V::Global(Global::Scalar(ty, result)),
                None => value(ty),
            }
        }
        _ => match (numeric(op, left, right), number(left), number(right)) {
            (Some(ty), Some(a), Some(b)) => match constants(op, a, b) {
                Some(Const::Float(bits)) => V::Global(Global::Scalar(ty.clone(), rounded(&ty, bits))),
                _ => value(ty),
            },
            (ty, ..) => ty.map_or_else(|| arrays::operator(op, left, right), value),
        },
    }
}

/// The value of a Python number or of one of NumPy's scalars.
fn number<'a>(operand: &'a V<'_>) -> Option<&'a Const> {
    match operand {
        V::Global(Global::Const(value) | Global::Scalar(_, value)) => Some(value),
        _ => None,
    }
}

/// The type of a result of integers of which one is a scalar of NumPy, and whether Python computes the same value.
fn integral(op: Operator, left: &V<'_>, right: &V<'_>) -> Option<(Ty, bool)> {
    let int = |operand: &V<'_>| match operand {
        V::Global(Global::Const(Const::Int(_) | Const::Bool(_))) => Some(None),
        V::Global(Global::Scalar(ty @ Ty::Int(_), _) | Global::Value(ty @ Ty::Int(_))) => {
            Some(Some(ty.clone()))
        }
        _ => None,
    };
    let ty = match (int(left)?, int(right)?) {
        (Some(ty), None) | (None, Some(ty)) => ty,
        (Some(a), Some(b)) if a == b => a,
        _ => return None,
    };
    match op {
        Operator::Div => Some((Ty::FLOAT64, false)),
        Operator::MatMult => None,
        Operator::Pow | Operator::LShift | Operator::RShift => Some((ty, false)),
        _ => Some((ty, true)),
    }
}

/// A result in the precision of its type.
fn rounded(ty: &Ty, bits: u64) -> Const {
    let number = f64::from_bits(bits);
    Const::float(if *ty == Ty::FLOAT32 { f64::from(number as f32) } else { number })
}

/// The type of a result whose value does not matter: floats and NumPy's float scalars.
fn numeric(op: Operator, left: &V<'_>, right: &V<'_>) -> Option<Ty> {
    let float = |operand: &V<'_>| match operand {
        V::Global(Global::Const(Const::Float(_) | Const::Int(_) | Const::Bool(_))) => Some(None),
        V::Global(Global::Scalar(ty @ Ty::Float(_), _) | Global::Value(ty @ Ty::Float(_))) => {
            Some(Some(ty.clone()))
        }
        _ => None,
    };
    if !matches!(
        op,
        Operator::Add
            | Operator::Sub
            | Operator::Mult
            | Operator::Div
            | Operator::Pow
            | Operator::FloorDiv
            | Operator::Mod
    ) {
        return None;
    }
    match (float(left)?, float(right)?) {
        // NumPy 2 keeps the width of a scalar that meets a Python number.
        (Some(ty), None) | (None, Some(ty)) => Some(ty),
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(_), Some(_)) => Some(Ty::FLOAT64),
        (None, None) => None,
    }
}

fn constants(op: Operator, a: &Const, b: &Const) -> Option<Const> {
    match (a, b) {
        (Const::Bool(a), b) => constants(op, &Const::int(*a), b),
        (a, Const::Bool(b)) => constants(op, a, &Const::int(*b)),
        (Const::Int(a), Const::Int(b)) => integers(op, a.get(), b.get()),
        (Const::Int(a), Const::Float(b)) => floats(op, a.get() as f64, f64::from_bits(*b)),
        (Const::Float(a), Const::Int(b)) => floats(op, f64::from_bits(*a), b.get() as f64),
        (Const::Float(a), Const::Float(b)) => floats(op, f64::from_bits(*a), f64::from_bits(*b)),
        (Const::Complex(..), _) | (_, Const::Complex(..)) => complexes(op, parts(a)?, parts(b)?),
        (Const::Str(a), Const::Str(b)) if op == Operator::Add => Some(Const::Str(format!("{a}{b}").into())),
        (Const::Str(text), Const::Int(times)) if op == Operator::Mult => {
            let times = usize::try_from(times.get()).unwrap_or(0);
            (text.len().saturating_mul(times) < 1 << 16).then(|| Const::Str(text.repeat(times).into()))
        }
        (Const::Tuple(a), Const::Tuple(b)) if op == Operator::Add => {
            Some(Const::Tuple(a.iter().chain(b.iter()).cloned().collect()))
        }
        (Const::Tuple(items), Const::Int(times)) if op == Operator::Mult => {
            let times = usize::try_from(times.get()).unwrap_or(0);
            (items.len().saturating_mul(times) < 4096)
                .then(|| Const::Tuple(std::iter::repeat_n(&items[..], times).flatten().cloned().collect()))
        }
        _ => None,
    }
}

fn integers(op: Operator, a: i128, b: i128) -> Option<Const> {
    let int = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::Div => return (b != 0).then(|| Const::float(a as f64 / b as f64)),
        // Python rounds down, and the remainder has the divisor's sign.
        Operator::FloorDiv => a.checked_div_euclid(b).map(|_| floor_div(a, b)),
        Operator::Mod => a.checked_rem(b).map(|_| a - floor_div(a, b) * b),
        Operator::Pow => match u32::try_from(b) {
            Ok(b) => a.checked_pow(b),
            Err(_) => return (b < 0 && a != 0).then(|| Const::float((a as f64).powf(b as f64))),
        },
        Operator::LShift => {
            u32::try_from(b).ok().filter(|b| *b < 100).and_then(|b| a.checked_mul(1i128 << b))
        }
        Operator::RShift => u32::try_from(b).ok().map(|b| a >> b.min(127)),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::BitXor => Some(a ^ b),
        Operator::MatMult => None,
    };
    int.map(Const::int)
}

fn floor_div(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

fn floats(op: Operator, a: f64, b: f64) -> Option<Const> {
    Some(Const::float(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::FloorDiv if b != 0.0 => (a / b).floor(),
        Operator::Mod if b != 0.0 => a - (a / b).floor() * b,
        Operator::Pow if a > 0.0 || b.fract() == 0.0 && a != 0.0 => a.powf(b),
        _ => return None,
    }))
}

fn parts(value: &Const) -> Option<(f64, f64)> {
    match value {
        Const::Int(int) => Some((int.get() as f64, 0.0)),
        Const::Float(bits) => Some((f64::from_bits(*bits), 0.0)),
        Const::Complex(re, im) => Some((f64::from_bits(*re), f64::from_bits(*im))),
        _ => None,
    }
}

fn complexes(op: Operator, a: (f64, f64), b: (f64, f64)) -> Option<Const> {
    let (re, im) = match op {
        Operator::Add => (a.0 + b.0, a.1 + b.1),
        Operator::Sub => (a.0 - b.0, a.1 - b.1),
        Operator::Mult => (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0),
        Operator::Div => {
            let norm = b.0 * b.0 + b.1 * b.1;
            if norm == 0.0 {
                return None;
            }
            ((a.0 * b.0 + a.1 * b.1) / norm, (a.1 * b.0 - a.0 * b.1) / norm)
        }
        _ => return None,
    };
    Some(Const::Complex(re.to_bits(), im.to_bits()))
}

pub(super) fn compare<'db>(op: CmpOp, left: &V<'db>, right: &V<'db>) -> V<'db> {
    let certain = match op {
        CmpOp::In => extension::contains(left, right),
        CmpOp::NotIn => extension::contains(left, right).map(|answer| !answer),
        CmpOp::Eq | CmpOp::Is => extension::equal(left, right),
        CmpOp::NotEq | CmpOp::IsNot => extension::equal(left, right).map(|answer| !answer),
        _ => None,
    };
    if let Some(answer) = certain {
        return constant(Const::Bool(answer));
    }
    if matches!(right.as_const(), Some(Const::None)) && left.is_object() {
        return match op {
            CmpOp::Is | CmpOp::Eq => constant(Const::Bool(false)),
            CmpOp::IsNot | CmpOp::NotEq => constant(Const::Bool(true)),
            _ => unknown("a comparison"),
        };
    }
    let (Some(a), Some(b)) = (left.as_const(), right.as_const()) else {
        return arrays::compare(op, left, right);
    };
    let order = match (a, b) {
        (Const::Int(a), Const::Int(b)) => Some(a.get().cmp(&b.get())),
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Int(_) | Const::Float(_), Const::Int(_) | Const::Float(_)) => {
            parts(a).zip(parts(b)).and_then(|((a, _), (b, _))| a.partial_cmp(&b))
        }
        _ => None,
    };
    let result = match (op, order) {
        (CmpOp::Eq, Some(order)) => order.is_eq(),
        (CmpOp::NotEq, Some(order)) => order.is_ne(),
        (CmpOp::Lt, Some(order)) => order.is_lt(),
        (CmpOp::LtE, Some(order)) => order.is_le(),
        (CmpOp::Gt, Some(order)) => order.is_gt(),
        (CmpOp::GtE, Some(order)) => order.is_ge(),
        (CmpOp::Eq | CmpOp::Is, None) => a == b,
        (CmpOp::NotEq | CmpOp::IsNot, None) => a != b,
        _ => return unknown("a comparison"),
    };
    constant(Const::Bool(result))
}
