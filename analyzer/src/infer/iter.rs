//! Iteration: what `iter(x)` gives, the items it yields, and unpacking into a fixed number of names.

use std::sync::Arc;

use crate::table::{Outcome, RefusalKind};
use crate::ty::{ArrayTy, IterTy, Layout, Ty, Why};

use super::index::plain_array;
use super::ops::unknown;

/// The iterator that a for loop makes of this type.
pub fn getiter(ty: &Ty) -> Outcome {
    let of = |iter: IterTy| Outcome::known(Ty::Iter(Arc::new(iter)));
    match ty {
        Ty::NestedArray(_) => getiter(&plain_array(ty)),
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => unknown(ty),
        Ty::Range(int) => of(IterTy::Range(*int)),
        // A 0-d array has nothing to walk over.
        Ty::Array(array) if array.ndim == Some(0) => not_iterable(ty),
        Ty::Array(_) => of(IterTy::Array(ty.clone())),
        Ty::List { .. } => of(IterTy::List(ty.unliteral())),
        Ty::TypedList(_) => of(IterTy::ListType(ty.clone())),
        Ty::Set { .. } => of(IterTy::Set(ty.clone())),
        Ty::TypedSet(_) => of(IterTy::Of(element(ty).unwrap_or_else(|| hole("a set's items")))),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => tuple_iter(ty),
        Ty::AnyTuple(item) => of(IterTy::Of((**item).clone())),
        Ty::Str => of(IterTy::Str),
        Ty::Literal(crate::ty::Literal::Str(_)) => of(IterTy::Str),
        Ty::Dict(_) => of(IterTy::DictKeys(ty.unliteral())),
        // An iterator is its own iterator. So is a generator.
        Ty::Iter(_) => Outcome::known(ty.clone()),
        Ty::Generator(_) => Outcome::known(ty.clone()),
        Ty::Optional(inner) => getiter(inner),
        ty => not_iterable(ty),
    }
}

fn not_iterable(ty: &Ty) -> Outcome {
    Outcome::refused(RefusalKind::NotIterable(ty.clone()))
}

fn hole(what: &'static str) -> Ty {
    Ty::Hole(Why::NotModelled(what))
}

/// Only tuples whose members are of one type, literal values aside, are walked over.
fn tuple_iter(tuple: &Ty) -> Outcome {
    let decayed = match tuple {
        Ty::NamedTuple(_) => tuple.clone(),
        tuple => tuple.unliteral(),
    };
    let items = decayed.tuple_items().unwrap_or_default();
    let Some((first, rest)) = items.split_first() else { return not_iterable(tuple) };
    if rest.iter().all(|ty| ty == first) {
        return Outcome::known(Ty::Iter(Arc::new(IterTy::Tuple(decayed))));
    }
    let known: Vec<&Ty> = items.iter().filter(|ty| !ty.has_hole() && !matches!(ty, Ty::Opaque(_))).collect();
    let differ = known.windows(2).any(|pair| pair[0] != pair[1]);
    // Members that differ only by their holes may still be of one type.
    if differ || known.len() == items.len() { not_iterable(tuple) } else { unknown(tuple) }
}

/// The type of the items that an iterator yields.
pub fn iternext(iter: &Ty) -> Outcome {
    match iter {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => unknown(iter),
        Ty::Generator(generator) => Outcome::known(generator.yields.clone()),
        Ty::Iter(kind) => match item(kind) {
            Some(item) => Outcome::known(item),
            None => unknown(iter),
        },
        iter => not_iterable(iter),
    }
}

fn item(iter: &IterTy) -> Option<Ty> {
    Some(match iter {
        IterTy::Range(int) => Ty::Int(*int),
        IterTy::Array(array)
        | IterTy::List(array)
        | IterTy::ListType(array)
        | IterTy::Set(array)
        | IterTy::Tuple(array)
        | IterTy::DictKeys(array) => element(array)?,
        IterTy::DictValues(Ty::Dict(dict)) => dict.value.clone(),
        IterTy::DictItems(Ty::Dict(dict)) => Ty::tuple([dict.key.clone(), dict.value.clone()]),
        IterTy::DictValues(_) | IterTy::DictItems(_) => return None,
        IterTy::Str => Ty::Str,
        IterTy::Enumerate(inner) => Ty::tuple([Ty::INT64, next(inner)?]),
        IterTy::Zip(inner) => Ty::tuple(inner.iter().map(next).collect::<Option<Vec<_>>>()?),
        IterTy::NdEnumerate(Ty::Array(array)) => {
            Ty::tuple([Ty::uni_tuple(Ty::INT64, usize::from(array.ndim?)), array.elem.clone()])
        }
        IterTy::NdEnumerate(_) => return None,
        IterTy::NdIndex(ndim) => Ty::uni_tuple(Ty::INT64, usize::from(*ndim)),
        IterTy::Flat(Ty::Array(array)) => array.elem.clone(),
        IterTy::Flat(_) => return None,
        IterTy::NdIter(arrays) => nditer(arrays)?,
        IterTy::Generator(item) | IterTy::Of(item) => item.clone(),
    })
}

fn next(iter: &Ty) -> Option<Ty> {
    match iternext(iter) {
        Outcome::Known(typed) => Some(typed.ret),
        _ => None,
    }
}

/// `np.nditer` yields a 0-d array, or a tuple of them for several operands.
fn nditer(arrays: &[Ty]) -> Option<Ty> {
    let views: Vec<Ty> = arrays
        .iter()
        .map(|ty| match ty {
            Ty::Array(array) => Some(Ty::array(array.elem.clone(), 0, Layout::C)),
            ty if ty.is_number() => Some(Ty::array(ty.unliteral(), 0, Layout::C)),
            _ => None,
        })
        .collect::<Option<_>>()?;
    Some(if views.len() == 1 { views[0].clone() } else { Ty::tuple(views) })
}

/// The items of a container, whatever kind it is.
pub fn element(container: &Ty) -> Option<Ty> {
    Some(match container {
        Ty::Array(array) => rows(array)?,
        Ty::List { elem, .. } | Ty::TypedList(elem) | Ty::Set { elem, .. } | Ty::TypedSet(elem) => {
            (**elem).clone()
        }
        Ty::Dict(dict) => dict.key.clone(),
        Ty::Str => Ty::Str,
        Ty::Range(int) => Ty::Int(*int),
        Ty::AnyTuple(item) => (**item).clone(),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => container.tuple_items()?.first()?.clone(),
        Ty::Iter(iter) => item(iter)?,
        Ty::Generator(generator) => generator.yields.clone(),
        _ => return None,
    })
}

/// Walking over an array gives its elements, or views of one dimension less that are never contiguous by type.
fn rows(array: &ArrayTy) -> Option<Ty> {
    match array.ndim? {
        0 => None,
        1 => Some(array.elem.clone()),
        ndim => {
            let row = ArrayTy { ndim: Some(ndim - 1), layout: Layout::A, ..array.clone() };
            Some(Ty::Array(Arc::new(row)))
        }
    }
}

/// An iterable unpacked into `n` names: a tuple of `n` types.
pub fn exhaust(ty: &Ty, n: u32) -> Outcome {
    if let Some(items) = ty.tuple_items() {
        let len = u32::try_from(items.len()).unwrap_or(u32::MAX);
        if len != n {
            return Outcome::refused(RefusalKind::WrongTupleLength { expected: n, got: len });
        }
        return Outcome::known(Ty::tuple(items));
    }
    let times = |item: Ty| Outcome::known(Ty::uni_tuple(item, n as usize));
    match ty {
        Ty::LiteralList(items) if items.len() == n as usize => {
            Outcome::known(Ty::tuple(items.iter().cloned()))
        }
        Ty::LiteralList(items) => Outcome::refused(RefusalKind::WrongTupleLength {
            expected: n,
            got: u32::try_from(items.len()).unwrap_or(u32::MAX),
        }),
        // A tuple of any members: nothing is known about each.
        Ty::Hole(why) => times(Ty::Hole(why.clone())),
        Ty::AnyTuple(item) => times((**item).clone()),
        // A loop walks over the letters of a constant; unpacking does not.
        Ty::Literal(crate::ty::Literal::Str(_)) => not_iterable(ty),
        ty => match getiter(ty) {
            Outcome::Known(iter) => match iternext(&iter.ret) {
                Outcome::Known(item) => times(item.ret),
                Outcome::Hole(why) => times(Ty::Hole(why)),
                refused => refused,
            },
            other => other,
        },
    }
}
