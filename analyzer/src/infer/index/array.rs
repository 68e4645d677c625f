//! Subscripts of arrays and other buffers: rank and layout of the result, what may be assigned.

use crate::table::{Outcome, Refusal, RefusalKind};
use crate::ty::{ArrayTy, BufferKind, Layout, Literal, Name, Ty};

use super::container::converts;
use super::{is_numpy, slice_step, with_shape};
use crate::infer::ops::{no_overload, unknown};

/// One item of an index, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Int,
    /// An array of rank 0 in place of an int. Numba does not see that the order survives it.
    Scalar,
    /// Whether it has a step.
    Slice(bool),
    NewAxis,
    Ellipsis,
    /// An array of ints of this rank.
    Array(Option<u8>),
    /// An array of bools of this rank.
    Mask(Option<u8>),
    /// A hole: any of the others.
    Unknown,
}

/// What an index makes of an array.
pub(crate) enum View {
    /// The type of `array[index]`: an element or an array.
    Of(Ty),
    /// The index is not known well enough to say.
    Unknown(Ty),
    Refused(Refusal),
}

pub(crate) fn getitem(array: &ArrayTy, index: &Ty) -> Outcome {
    if let (Ty::Record(record), Ty::Literal(Literal::Str(name))) = (&array.elem, index) {
        return field(array, record, name);
    }
    if array.elem.is_hole() && matches!(index, Ty::Str | Ty::Literal(Literal::Str(_))) {
        return unknown(&array.elem);
    }
    if *index == Ty::Ellipsis && is_numpy(array.kind) {
        // The index is accepted by the type rules, and then nothing implements it on its own.
        return Outcome::refused(lowering("`a[...]` alone: write `a[:]` or a longer index"));
    }
    match view(array, index) {
        View::Of(ret) => Outcome::known(ret),
        View::Unknown(ty) => unknown(&ty),
        View::Refused(refusal) => Outcome::Refused(refusal),
    }
}

/// A refusal that comes from Numba's code generator, after typing.
fn lowering(what: &str) -> RefusalKind {
    RefusalKind::Other(format!("Numba has no code for {what}").into())
}

fn field(array: &ArrayTy, record: &crate::ty::RecordTy, name: &Name) -> Outcome {
    match record.fields.iter().find(|field| field.name == *name) {
        Some(field) => Outcome::known(field_array(array, &field.ty)),
        None => Outcome::refused(RefusalKind::NoAttribute(name.clone())),
    }
}

/// One field of every record: strided, so of no particular order.
pub(crate) fn field_array(array: &ArrayTy, field: &Ty) -> Ty {
    let layout = if array.ndim == Some(0) { array.layout } else { Layout::A };
    match field {
        Ty::NestedArray(nested) => {
            let rank = u8::try_from(nested.1.len()).ok();
            let ndim = array.ndim.zip(rank).map(|(a, b)| a + b);
            Ty::Array(std::sync::Arc::new(ArrayTy {
                elem: nested.0.clone(),
                ndim,
                layout: Layout::A,
                ..array.clone()
            }))
        }
        field => Ty::Array(std::sync::Arc::new(ArrayTy { elem: field.clone(), layout, ..array.clone() })),
    }
}

/// The type of `array[index]` before what the code generator lacks is looked at.
pub(crate) fn view(array: &ArrayTy, index: &Ty) -> View {
    let items: Vec<Ty> = match index {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) | Ty::AnyTuple(_) => return View::Unknown(index.clone()),
        Ty::Tuple(items) | Ty::StarArgs(items) => items.to_vec(),
        Ty::NamedTuple(_) => index.tuple_items().unwrap_or_default(),
        index => vec![index.clone()],
    };
    let mut parsed = Vec::with_capacity(items.len());
    for ty in &items {
        match item(ty, array.kind) {
            Some(Item::Ellipsis) if parsed.contains(&Item::Ellipsis) => {
                return refuse(RefusalKind::Other("an index takes one `...` only".into()));
            }
            Some(item) => parsed.push(item),
            None => return refuse(RefusalKind::IndexType(ty.clone())),
        }
    }
    shape(array, index, &items, &parsed)
}

fn refuse(kind: RefusalKind) -> View {
    View::Refused(Refusal { kind, arg: None })
}

fn item(ty: &Ty, kind: BufferKind) -> Option<Item> {
    Some(match ty {
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => Item::Unknown,
        Ty::Ellipsis => Item::Ellipsis,
        Ty::Int(_) | Ty::Literal(Literal::Int(_)) => Item::Int,
        Ty::EnumMember(of) if of.int => Item::Int,
        ty if ty.is_none() => Item::NewAxis,
        Ty::Array(array) if is_numpy(array.kind) => match (&array.elem, array.ndim) {
            (Ty::Int(_), Some(0)) => Item::Scalar,
            (Ty::Bool, ndim) => Item::Mask(ndim),
            (Ty::Int(_) | Ty::Hole(_) | Ty::Poison, ndim) => {
                // An array of elements that are not known may still be the wrong kind of index.
                if array.elem.is_hole() && ndim == Some(0) { Item::Unknown } else { Item::Array(ndim) }
            }
            _ => return None,
        },
        ty => Item::Slice(slice_step(ty)?),
    })
    .filter(|item| is_numpy(kind) || !matches!(item, Item::Array(_) | Item::Mask(_)))
}

fn shape(array: &ArrayTy, index: &Ty, types: &[Ty], items: &[Item]) -> View {
    let count = |test: fn(&Item) -> bool| items.iter().filter(|item| test(item)).count();
    let new_axes = count(|item| *item == Item::NewAxis);
    let removed = count(|item| matches!(item, Item::Int | Item::Scalar | Item::Array(_) | Item::Mask(_)));
    let ellipsis = items.contains(&Item::Ellipsis);
    let certain = count(|item| {
        matches!(item, Item::Int | Item::Scalar | Item::Slice(_) | Item::Array(_) | Item::Mask(_))
    });
    if let Some(ndim) = array.ndim
        && certain > usize::from(ndim)
    {
        let given = u32::try_from(certain).unwrap_or(u32::MAX);
        return refuse(RefusalKind::TooManyIndices { array: buffer(array), given });
    }
    if let Some(place) = items.iter().position(|item| *item == Item::Unknown) {
        return View::Unknown(types[place].clone());
    }
    let advanced = items.iter().any(|item| matches!(item, Item::Array(_) | Item::Mask(_)));
    let masks = count(|item| matches!(item, Item::Mask(_)));
    let deep = count(|item| matches!(item, Item::Mask(Some(ndim)) if *ndim != 1));
    if deep > 0 || masks > 1 {
        return refuse(lowering("this mask: an index takes one mask, of one dimension"));
    }
    let Some(rank) = array.ndim else {
        return unranked(array, index, advanced);
    };
    let full = certain == usize::from(rank);
    let mut ndim = usize::from(rank) + new_axes - removed;
    if advanced {
        let mut most = 0;
        for item in items {
            match item {
                Item::Array(None) | Item::Mask(None) => return View::Of(with_shape_of_copy(array, None)),
                Item::Array(Some(ndim)) | Item::Mask(Some(ndim)) => most = most.max(usize::from(*ndim)),
                _ => {}
            }
        }
        ndim += most;
    }
    if copies_slices(array.kind) && (advanced || ellipsis || ndim > 0) {
        return refuse(RefusalKind::IndexType(index.clone()));
    }
    // With an ellipsis Numba also gives the element where no dimension is left.
    if ndim == 0 {
        return View::Of(array.elem.clone());
    }
    let ndim = u8::try_from(ndim).unwrap_or(u8::MAX);
    if advanced {
        return View::Of(with_shape_of_copy(array, Some(ndim)));
    }
    View::Of(with_shape(array, Some(ndim), layout(array.layout, items, full)))
}

/// The buffers whose slices are copies in Python; Numba gives no view of them.
fn copies_slices(kind: BufferKind) -> bool {
    matches!(kind, BufferKind::ByteArray | BufferKind::PyArray)
}

fn unranked(array: &ArrayTy, index: &Ty, advanced: bool) -> View {
    if advanced {
        return View::Of(with_shape_of_copy(array, None));
    }
    let removes = match index {
        Ty::Tuple(items) | Ty::StarArgs(items) => {
            !items.iter().all(|ty| slice_step(ty).is_some() || *ty == Ty::None)
        }
        index => slice_step(index).is_none() && *index != Ty::None,
    };
    // An integer on an array of unknown rank may give an element or an array.
    if removes {
        return View::Unknown(Ty::Hole(crate::ty::Why::NotModelled("the rank of an array")));
    }
    View::Of(with_shape(array, None, Layout::Hole))
}

fn with_shape_of_copy(array: &ArrayTy, ndim: Option<u8>) -> Ty {
    Ty::Array(std::sync::Arc::new(ArrayTy { ndim, layout: Layout::C, readonly: false, ..array.clone() }))
}

fn buffer(array: &ArrayTy) -> Ty {
    Ty::Array(std::sync::Arc::new(array.clone()))
}

/// Contiguity survives integers on the outer side and a step-less slice or nothing on the inner one.
fn layout(source: Layout, items: &[Item], full: bool) -> Layout {
    let at = items.iter().position(|item| *item == Item::Ellipsis);
    let (mut left, mut right): (Vec<Item>, Vec<Item>) = match at {
        Some(at) => (items[..at].to_vec(), items[at + 1..].to_vec()),
        None => (items.to_vec(), Vec::new()),
    };
    match source {
        Layout::C => {
            if full {
                left.append(&mut right);
            }
            if right.is_empty() && keeps_order(&left) { Layout::C } else { Layout::A }
        }
        Layout::F => {
            if full {
                left.append(&mut right);
                std::mem::swap(&mut left, &mut right);
            }
            right.reverse();
            if left.is_empty() && keeps_order(&right) { Layout::F } else { Layout::A }
        }
        Layout::A => Layout::A,
        Layout::Hole => Layout::Hole,
    }
}

/// Items from the outermost dimension to the innermost.
fn keeps_order(items: &[Item]) -> bool {
    items.iter().enumerate().all(|(place, item)| match item {
        Item::Int | Item::NewAxis | Item::Ellipsis => true,
        Item::Slice(false) => items[place + 1..].iter().all(|item| *item == Item::NewAxis),
        Item::Scalar | Item::Slice(true) | Item::Array(_) | Item::Mask(_) | Item::Unknown => false,
    })
}

/// `array[index] = value`.
pub(crate) fn setitem(target: &Ty, array: &ArrayTy, index: &Ty, value: &Ty) -> Outcome {
    if array.readonly || array.kind == BufferKind::Bytes {
        return Outcome::refused(RefusalKind::Readonly(target.clone()));
    }
    let item = match view(array, index) {
        View::Of(item) => item,
        View::Unknown(_) if value_fits_nowhere(array, value) => {
            let kind = RefusalKind::NoOverload(vec![target.clone(), index.clone(), value.clone()]);
            return Outcome::refused_arg(2, kind);
        }
        View::Unknown(ty) => return unknown(&ty),
        View::Refused(refusal) => return Outcome::Refused(refusal),
    };
    // What may be `None` is unpacked when it is stored, and raises then.
    let stored = match value {
        Ty::Optional(inner) => inner,
        value => value,
    };
    let fits = match (&item, stored) {
        (_, value) if value.is_hole() => true,
        // Bytes are one cell of an array of bytes.
        (_, Ty::Array(source)) if matches!(array.elem, Ty::Chars(_)) && source.kind == BufferKind::Bytes => {
            true
        }
        (Ty::Array(_), Ty::Array(source)) => converts(&source.elem, &array.elem),
        (Ty::Array(part), Ty::List { elem, .. }) => {
            part.ndim.is_none_or(|ndim| ndim == 1) && converts(elem, &array.elem)
        }
        (Ty::Array(part), Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_))
            if !matches!(array.elem, Ty::Tuple(_)) =>
        {
            part.ndim.is_none_or(|ndim| ndim == 1)
                && uniform(stored).is_some_and(|item| converts(&item, &array.elem))
        }
        (Ty::Array(_), value) => converts(value, &array.elem),
        (elem, Ty::Array(source)) => source.ndim.is_none_or(|ndim| ndim == 0) && converts(&source.elem, elem),
        (Ty::Undefined, _) => {
            let typed = Ty::Array(std::sync::Arc::new(ArrayTy { elem: value.unliteral(), ..array.clone() }));
            return super::refined(typed);
        }
        (elem, value) => converts(value, elem),
    };
    if fits { Outcome::known(Ty::None) } else { refuse_value(target, index, value) }
}

fn refuse_value(target: &Ty, index: &Ty, value: &Ty) -> Outcome {
    no_overload_value(&[target, index, value])
}

fn no_overload_value(operands: &[&Ty]) -> Outcome {
    match no_overload(operands) {
        Outcome::Refused(refusal) => Outcome::Refused(Refusal { arg: Some(2), ..refusal }),
        other => other,
    }
}

/// Whether no index of this array could take the value.
fn value_fits_nowhere(array: &ArrayTy, value: &Ty) -> bool {
    let elem = match value {
        Ty::Optional(inner) => return value_fits_nowhere(array, inner),
        Ty::Array(source) => &source.elem,
        Ty::List { elem, .. } => elem,
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) | Ty::AnyTuple(_) => return false,
        value => value,
    };
    !converts(elem, &array.elem)
}

/// The type of all members of a tuple, its literals decayed.
fn uniform(tuple: &Ty) -> Option<Ty> {
    let items = tuple.tuple_items()?;
    let (first, rest) = items.split_first()?;
    rest.iter().all(|ty| ty == first).then(|| first.unliteral())
}
