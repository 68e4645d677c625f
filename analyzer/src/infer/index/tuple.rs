//! Subscripts of tuples: constants pick a member, a run-time index needs members of one type.

use crate::infer::ops::{no_overload, unknown};
use crate::table::{Outcome, RefusalKind};
use crate::ty::{Literal, Ty};

use super::{IndexKind, index_kind};

pub(crate) fn getitem(tuple: &Ty, index: &Ty) -> Outcome {
    let Some(items) = tuple.tuple_items() else {
        return match (tuple, index_kind(index)) {
            (Ty::AnyTuple(item), IndexKind::Int | IndexKind::Optional) if !item.is_hole() => {
                Outcome::known((**item).clone())
            }
            (_, IndexKind::Other) if !matches!(index, Ty::Bool | Ty::Literal(_)) => {
                no_overload(&[tuple, index])
            }
            _ => unknown(tuple),
        };
    };
    match index {
        Ty::Literal(Literal::Int(place)) => constant(&items, place.get()),
        Ty::Literal(Literal::Slice(bounds)) => slice(&items, bounds.start, bounds.stop, bounds.step),
        index => run_time(tuple, &items, index),
    }
}

fn constant(items: &[Ty], place: i128) -> Outcome {
    let len = items.len();
    let wrapped = if place < 0 { place + len as i128 } else { place };
    match usize::try_from(wrapped).ok().and_then(|place| items.get(place)) {
        Some(item) => Outcome::known(item.clone()),
        None => Outcome::refused(RefusalKind::TupleIndex {
            len: u32::try_from(len).unwrap_or(u32::MAX),
            index: i64::try_from(place).unwrap_or(i64::MAX),
        }),
    }
}

/// Python's rules for a slice of constants.
fn slice(items: &[Ty], start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> Outcome {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Outcome::refused(RefusalKind::Other("a slice's step cannot be zero".into()));
    }
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(bound) if bound < 0 => (bound + len).clamp(low, high),
        Some(bound) => bound.clamp(low, high),
    };
    let (mut at, end) = if step > 0 {
        (place(start, low), place(stop, high))
    } else {
        (place(start, high), place(stop, low))
    };
    let mut taken = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        taken.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at = at.saturating_add(step);
    }
    Outcome::known(Ty::tuple(taken))
}

fn run_time(tuple: &Ty, items: &[Ty], index: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional => {}
        // The index may be a constant, a run-time int or a slice.
        IndexKind::Unknown => return unknown(index),
        // A slice that is no constant.
        IndexKind::Slice | IndexKind::Other => return no_overload(&[tuple, index]),
    }
    let mut decayed = items.iter().map(Ty::unliteral);
    let Some(first) = decayed.next() else {
        return no_overload(&[tuple, index]);
    };
    if first.has_hole() || items.iter().any(Ty::has_hole) {
        return unknown(tuple);
    }
    if decayed.all(|ty| ty == first) {
        Outcome::known(first)
    } else {
        Outcome::refused(RefusalKind::HeterogeneousIndex(tuple.clone()))
    }
}
