//! The types of subscripts: `a[i]`, `a[i] = v`, `del a[i]`.

mod array;
mod container;
mod tuple;
mod versions;

use std::sync::Arc;

use crate::table::{Outcome, RefusalKind, Typed};
use crate::ty::{BufferKind, IterTy, Layout, Literal, SliceLiteral, Ty, Why};

use super::ops::{no_overload, unknown};

pub(crate) use array::field_array;
pub(crate) use container::{casts, may_be_key};
pub(crate) use versions::as_of;

/// `target[index]`.
pub fn getitem(target: &Ty, index: &Ty) -> Outcome {
    match target {
        Ty::NestedArray(_) => getitem(&plain_array(target), index),
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => {
            unknown(target)
        }
        Ty::Array(array) => array::getitem(array, index),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) | Ty::AnyTuple(_) => tuple::getitem(target, index),
        Ty::LiteralList(items) => container::literal_list(items, index),
        Ty::List { elem, .. } => container::list(target, elem, index),
        Ty::TypedList(elem) => container::typed_list(target, elem, index),
        Ty::Dict(dict) => container::dict(target, dict, index),
        Ty::LiteralStrKeyDict(items) => container::str_key_dict(items, index),
        Ty::Str | Ty::Literal(Literal::Str(_)) => match index_kind(index) {
            IndexKind::Other => no_overload(&[target, index]),
            _ => Outcome::known(Ty::Str),
        },
        Ty::UnicodeChars(_) => int_index(target, index, Ty::Str),
        Ty::Chars(_) => int_index(target, index, Ty::Int(crate::ty::IntTy::U32)),
        Ty::Record(record) => container::record(record, index),
        Ty::Iter(iter) => match &**iter {
            IterTy::Flat(array) => flat(target, array, index),
            _ => no_overload(&[target, index]),
        },
        // Numba breaks where the index of an optional tuple is a constant.
        Ty::Optional(inner) if inner.tuple_items().is_some() && matches!(index, Ty::Literal(_)) => {
            no_overload(&[target, index])
        }
        Ty::Optional(inner) => getitem(inner, unwrapped(index)),
        Ty::EnumClass(of) => match index {
            Ty::Literal(Literal::Str(_)) => Outcome::known(Ty::EnumMember(of.clone())),
            index if index.is_hole() => unknown(index),
            _ => no_overload(&[target, index]),
        },
        Ty::TypeRef(_) | Ty::NumberClass(_) => type_subscript(target, index),
        _ => no_overload(&[target, index]),
    }
}

/// An array field of a record is used as the contiguous array that it is; other types stay as they are.
pub(crate) fn plain_array(ty: &Ty) -> Ty {
    match ty {
        Ty::NestedArray(nested) => {
            Ty::array(nested.0.clone(), u8::try_from(nested.1.len()).unwrap_or(u8::MAX), Layout::C)
        }
        ty => ty.clone(),
    }
}

/// Where the target is optional, both are unwrapped.
fn unwrapped(index: &Ty) -> &Ty {
    match index {
        Ty::Optional(inner) => inner,
        index => index,
    }
}

/// `types.float64[:, ::1]`: an array type. The order is seen where the steps are constants.
fn array_of(elem: &Ty, index: &Ty) -> Option<Ty> {
    let dims = match index {
        Ty::Tuple(items) => items.to_vec(),
        index => vec![index.clone()],
    };
    if dims.is_empty() || !dims.iter().all(|dim| slice_step(dim).is_some()) {
        return None;
    }
    let unit = |dim: &Ty| {
        let whole = SliceLiteral { start: None, stop: None, step: Some(1) };
        matches!(dim, Ty::Literal(Literal::Slice(slice)) if **slice == whole)
    };
    let layout = match (dims.first().is_some_and(unit), dims.last().is_some_and(unit)) {
        (_, true) => Layout::C,
        (true, _) => Layout::F,
        _ if dims.contains(&Ty::Slice3) => Layout::Hole,
        _ => Layout::A,
    };
    let array = Ty::array(elem.clone(), u8::try_from(dims.len()).ok()?, layout);
    Some(Ty::TypeRef(Arc::new(array)))
}

fn type_subscript(target: &Ty, index: &Ty) -> Outcome {
    match target {
        Ty::NumberClass(elem) | Ty::TypeRef(elem) => match array_of(elem, index) {
            Some(array) => Outcome::known(array),
            None => Outcome::Hole(Why::NotModelled("a subscript of a type")),
        },
        _ => no_overload(&[target, index]),
    }
}

/// `target[index] = value`. The result's `ret` is `None`'s type; `refine` is what an untyped container becomes.
pub fn setitem(target: &Ty, index: &Ty, value: &Ty) -> Outcome {
    let value = match value {
        // The literals of a tuple decay, so that its items are of one type.
        Ty::Tuple(_) => &value.unliteral(),
        value => value,
    };
    match target {
        Ty::NestedArray(_) => setitem(&plain_array(target), index, value),
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => {
            unknown(target)
        }
        // Who calls one record of an array an array says nothing more of it.
        Ty::Array(array)
            if array.ndim.is_none()
                && array.elem.is_hole()
                && matches!(index, Ty::Literal(Literal::Str(_))) =>
        {
            unknown(target)
        }
        Ty::Array(array) => array::setitem(target, array, index, value),
        Ty::List { elem, .. } => container::set_list(target, elem, index, value),
        Ty::TypedList(elem) => container::set_typed_list(target, elem, index, value),
        Ty::Dict(dict) => container::set_dict(target, dict, index, value),
        Ty::Record(record) => container::set_record(target, record, index, value),
        Ty::LiteralStrKeyDict(_) | Ty::LiteralList(_) => Outcome::refused(RefusalKind::Other(
            "a container of constants with items of several types cannot be changed".into(),
        )),
        Ty::Iter(iter) if matches!(&**iter, IterTy::Flat(_)) => match &**iter {
            IterTy::Flat(array) => set_flat(target, array, index, value),
            _ => no_overload(&[target, index, value]),
        },
        Ty::Optional(inner) => setitem(inner, index, value),
        _ => no_overload(&[target, index, value]),
    }
}

/// `del target[index]`.
pub fn delitem(target: &Ty, index: &Ty) -> Outcome {
    let done = Outcome::known(Ty::None);
    match target {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::JitClassInstance(_) | Ty::StructRef(_) => {
            unknown(target)
        }
        // The overload of lists is generic in the index; what is no int or slice fails in its body.
        Ty::List { .. } | Ty::TypedList(_) => match index_kind(index) {
            IndexKind::Int | IndexKind::Slice | IndexKind::Unknown => done,
            _ => no_overload(&[target, index]),
        },
        Ty::Dict(dict) if container::casts(index, &dict.key) => done,
        _ => no_overload(&[target, index]),
    }
}

/// What an index is to a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexKind {
    Int,
    Slice,
    /// An optional int, which some sequences unwrap.
    Optional,
    Unknown,
    Other,
}

pub(crate) fn index_kind(index: &Ty) -> IndexKind {
    match index {
        Ty::Int(_) | Ty::Literal(Literal::Int(_)) => IndexKind::Int,
        Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)) => IndexKind::Slice,
        Ty::Optional(inner) if inner.is_integer() => IndexKind::Optional,
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => IndexKind::Unknown,
        Ty::Optional(inner) if inner.is_hole() => IndexKind::Unknown,
        _ => IndexKind::Other,
    }
}

/// Whether this is a slice, and whether it has a step.
pub(crate) fn slice_step(index: &Ty) -> Option<bool> {
    match index {
        Ty::Slice2 => Some(false),
        Ty::Slice3 => Some(true),
        Ty::Literal(Literal::Slice(slice)) => Some(!matches!(slice.step, None | Some(1))),
        _ => None,
    }
}

fn int_index(target: &Ty, index: &Ty, ret: Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional | IndexKind::Unknown => Outcome::known(ret),
        _ => no_overload(&[target, index]),
    }
}

fn flat(target: &Ty, array: &Ty, index: &Ty) -> Outcome {
    let Ty::Array(array) = array else {
        return unknown(array);
    };
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional => Outcome::known(array.elem.clone()),
        IndexKind::Slice => Outcome::known(target.clone()),
        IndexKind::Unknown => unknown(index),
        IndexKind::Other => no_overload(&[target, index]),
    }
}

fn set_flat(target: &Ty, array: &Ty, index: &Ty, value: &Ty) -> Outcome {
    let Ty::Array(array) = array else {
        return unknown(array);
    };
    match index_kind(index) {
        IndexKind::Int | IndexKind::Unknown if container::converts(value, &array.elem) => {
            Outcome::known(Ty::None)
        }
        _ => no_overload(&[target, index, value]),
    }
}

/// An answer that also says what the target becomes.
pub(crate) fn refined(target: Ty) -> Outcome {
    Outcome::Known(Typed { ret: Ty::None, args: None, refine: Some(target) })
}

/// The same buffer with another rank and layout.
pub(crate) fn with_shape(array: &crate::ty::ArrayTy, ndim: Option<u8>, layout: Layout) -> Ty {
    let layout = if array.layout == Layout::Hole && layout == Layout::C && ndim.is_none() {
        Layout::Hole
    } else {
        layout
    };
    Ty::Array(Arc::new(crate::ty::ArrayTy { ndim, layout, ..array.clone() }))
}

pub(crate) fn is_numpy(kind: BufferKind) -> bool {
    kind == BufferKind::Array
}

#[cfg(test)]
mod tests;
