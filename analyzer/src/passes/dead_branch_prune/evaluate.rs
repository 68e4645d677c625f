//! What Python answers for an operation on two constants. `None` where it raises, or where the answer depends on
//! the identity of objects.

use std::cmp::Ordering;

use super::Op;
use crate::hir::body::{BinaryOp, CmpOp};
use crate::ty::Const;

/// An operand of a condition.
pub(super) enum Operand {
    /// Not a constant.
    No,
    /// A constant or not, and which one, is unknown.
    Open,
    None,
    Const(Const),
    /// Some object that is not `None`, with its truth value.
    Object(Option<bool>),
}

impl Operand {
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Operand::No | Operand::Open => None,
            Operand::None => Some(false),
            Operand::Const(value) => Some(value.truth()),
            Operand::Object(truth) => *truth,
        }
    }
}

/// A comparison in which one operand is `None`, as 1 or 0.
pub(super) fn none_comparison(op: Op, a: &Operand, b: &Operand) -> Option<i128> {
    let both = matches!((a, b), (Operand::None, Operand::None));
    match op {
        Op::Compare(CmpOp::Is | CmpOp::Eq) => Some(i128::from(both)),
        Op::Compare(CmpOp::IsNot | CmpOp::NotEq) => Some(i128::from(!both)),
        _ => None,
    }
}

pub(super) fn operation(op: Op, a: &Operand, b: &Operand) -> Option<Const> {
    if matches!(a, Operand::None) || matches!(b, Operand::None) {
        return none_comparison(op, a, b).map(|bit| Const::Bool(bit == 1));
    }
    let (Operand::Const(a), Operand::Const(b)) = (a, b) else { return None };
    match op {
        Op::Compare(op) => compare(op, a, b).map(Const::Bool),
        Op::Binary(op) => arithmetic(op, a, b),
    }
}

fn compare(op: CmpOp, a: &Const, b: &Const) -> Option<bool> {
    Some(match op {
        CmpOp::Eq => equal(a, b),
        CmpOp::NotEq => !equal(a, b),
        CmpOp::Lt => order(a, b)? == Some(Ordering::Less),
        CmpOp::LtE => matches!(order(a, b)?, Some(Ordering::Less | Ordering::Equal)),
        CmpOp::Gt => order(a, b)? == Some(Ordering::Greater),
        CmpOp::GtE => matches!(order(a, b)?, Some(Ordering::Greater | Ordering::Equal)),
        CmpOp::Is => identical(a, b)?,
        CmpOp::IsNot => !identical(a, b)?,
        CmpOp::In => contains(a, b)?,
        CmpOp::NotIn => return None,
    })
}

fn equal(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Tuple(a), Const::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b) == Some(Ordering::Equal),
            _ => a == b,
        },
    }
}

/// The order of two constants; the inner `None` is that of a NaN, the outer one an exception.
fn order(a: &Const, b: &Const) -> Option<Option<Ordering>> {
    match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(Some(a.chars().cmp(b.chars()))),
        (Const::Bytes(a), Const::Bytes(b)) => Some(Some(a.cmp(b))),
        _ => Some(number(a)?.partial_cmp(&number(b)?)),
    }
}

/// Numbers of different types are compared by value. Integers that a float cannot hold are not.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    Int(i128),
    Float(f64),
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        match (*self, *other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Int(a), Number::Float(b)) => (a as f64).partial_cmp(&b),
            (Number::Float(a), Number::Int(b)) => a.partial_cmp(&(b as f64)),
        }
    }
}

fn number(value: &Const) -> Option<Number> {
    match value {
        Const::Bool(value) => Some(Number::Int(i128::from(*value))),
        Const::Int(value) => Some(Number::Int(value.get())),
        Const::Float(bits) => Some(Number::Float(f64::from_bits(*bits))),
        _ => None,
    }
}

/// Equal constants are one object if CPython keeps one of each: `True`, small integers, words.
fn identical(a: &Const, b: &Const) -> Option<bool> {
    if a != b {
        return Some(false);
    }
    match a {
        Const::None | Const::Ellipsis | Const::Bool(_) => Some(true),
        Const::Int(value) => (-5..=256).contains(&value.get()).then_some(true),
        Const::Str(text) => text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(true),
        _ => None,
    }
}

fn contains(container: &Const, item: &Const) -> Option<bool> {
    match (container, item) {
        (Const::Tuple(items), item) => Some(items.iter().any(|other| equal(other, item))),
        (Const::Str(text), Const::Str(part)) => Some(text.contains(&**part)),
        _ => None,
    }
}

fn arithmetic(op: BinaryOp, a: &Const, b: &Const) -> Option<Const> {
    if let (Const::Bool(a), Const::Bool(b)) = (a, b) {
        match op {
            BinaryOp::BitAnd => return Some(Const::Bool(a & b)),
            BinaryOp::BitOr => return Some(Const::Bool(a | b)),
            BinaryOp::BitXor => return Some(Const::Bool(a ^ b)),
            _ => {}
        }
    }
    let (Number::Int(a), Number::Int(b)) = (number(a)?, number(b)?) else { return None };
    Some(Const::int(match op {
        BinaryOp::Add => a.checked_add(b)?,
        BinaryOp::Sub => a.checked_sub(b)?,
        BinaryOp::Mult => a.checked_mul(b)?,
        BinaryOp::FloorDiv => floor_div(a, b)?,
        BinaryOp::Mod => a.checked_sub(floor_div(a, b)?.checked_mul(b)?)?,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        _ => return None,
    }))
}

fn floor_div(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    let exact = quotient * b == a;
    Some(if exact || (a < 0) == (b < 0) { quotient } else { quotient - 1 })
}
