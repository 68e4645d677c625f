//! Dates and durations: arithmetic with units.

use crate::hir::body::{BinaryOp, CmpOp};
use crate::table::Outcome;
use crate::ty::{Name, Ty};

use super::{no_overload, scalar};

/// The units from coarse to fine. The generic unit, written as nothing, converts to all.
const UNITS: [&str; 13] = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];

fn rank(unit: &str) -> Option<usize> {
    UNITS.iter().position(|known| *known == unit)
}

/// Years and months have no fixed length, so a duration in them does not become days.
fn casts(from: &str, to: &str) -> bool {
    match (rank(from), rank(to)) {
        (None, _) => true,
        (Some(from), Some(to)) => from <= to && (from > 1 || to <= 1),
        (Some(_), None) => false,
    }
}

/// The unit of an operation between two durations.
fn common(a: &Name, b: &Name) -> Option<Name> {
    if casts(a, b) {
        Some(b.clone())
    } else if casts(b, a) {
        Some(a.clone())
    } else {
        None
    }
}

/// The unit of a date plus a duration.
fn shifted(date: &Name, delta: &Name) -> Option<Name> {
    match (rank(date), rank(delta)) {
        (_, None) => Some(date.clone()),
        (None, _) => Some(delta.clone()),
        // Months have no length in days. Years are months.
        (Some(from), Some(by)) if by <= 1 && from > 1 => None,
        (Some(from), Some(by)) => Some(if from >= by { date.clone() } else { delta.clone() }),
    }
}

pub(crate) fn binary(op: BinaryOp, a: &Ty, b: &Ty) -> Outcome {
    let ret = match (op, a, b) {
        (BinaryOp::Add, Ty::DateTime(date), Ty::TimeDelta(delta))
        | (BinaryOp::Add, Ty::TimeDelta(delta), Ty::DateTime(date))
        | (BinaryOp::Sub, Ty::DateTime(date), Ty::TimeDelta(delta)) => shifted(date, delta).map(Ty::DateTime),
        (BinaryOp::Sub, Ty::DateTime(x), Ty::DateTime(y)) => {
            Some(Ty::TimeDelta(if rank(x) >= rank(y) { x.clone() } else { y.clone() }))
        }
        (BinaryOp::Add | BinaryOp::Sub, Ty::TimeDelta(x), Ty::TimeDelta(y)) => {
            common(x, y).map(Ty::TimeDelta)
        }
        // It has a type for `//` too, and code that does not compile.
        (BinaryOp::Div, Ty::TimeDelta(x), Ty::TimeDelta(y)) => common(x, y).map(|_| Ty::FLOAT64),
        (BinaryOp::Mult | BinaryOp::Div | BinaryOp::FloorDiv, Ty::TimeDelta(_), factor)
            if is_factor(factor) =>
        {
            Some(a.clone())
        }
        (BinaryOp::Mult, factor, Ty::TimeDelta(_)) if is_factor(factor) => Some(b.clone()),
        _ => None,
    };
    match ret {
        Some(ret) => Outcome::known(ret),
        None => no_overload(&[a, b]),
    }
}

fn is_factor(ty: &Ty) -> bool {
    matches!(ty, Ty::Int(_) | Ty::Float(_)) && scalar::is_scalar(ty)
}

pub(crate) fn compare(_: CmpOp, a: &Ty, b: &Ty) -> Outcome {
    match (a, b) {
        (Ty::DateTime(_), Ty::DateTime(_)) => Outcome::known(Ty::Bool),
        (Ty::TimeDelta(x), Ty::TimeDelta(y)) if common(x, y).is_some() => Outcome::known(Ty::Bool),
        _ => no_overload(&[a, b]),
    }
}
