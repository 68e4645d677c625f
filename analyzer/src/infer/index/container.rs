//! Subscripts of lists, dicts, records and literal containers.

use crate::infer::ops::{no_overload, unknown};
use crate::infer::overload::{Cost, cost};
use crate::table::{Outcome, RefusalKind};
use crate::ty::{DictTy, Literal, Name, RecordTy, Ty};

use super::{IndexKind, index_kind, refined};

/// Whether a value of type `from` may be stored where `to` is kept, unsafe conversions allowed.
pub(crate) fn converts(from: &Ty, to: &Ty) -> bool {
    let plain = from.unliteral();
    plain.has_hole() || to.has_hole() || plain == *to || cost(&plain, to).is_some()
}

/// Whether typed containers take a value of type `from` where they keep `to`: a number may lose precision but not
/// change its kind; anything else must convert.
pub(crate) fn casts(from: &Ty, to: &Ty) -> bool {
    let from = match from {
        Ty::Optional(inner) if to.is_number() => inner.unliteral(),
        from => from.unliteral(),
    };
    if from.has_hole() || to.has_hole() || from == *to {
        return true;
    }
    match (&from, to, cost(&from, to)) {
        (_, _, Some(Cost::Exact | Cost::Promote | Cost::Safe)) => true,
        (Ty::Int(_), Ty::Int(_) | Ty::Float(_), _)
        | (Ty::Float(_), Ty::Float(_), _)
        | (Ty::Complex(_), Ty::Complex(_), _) => true,
        (Ty::Dict(from), Ty::Dict(to), _) => from.key == to.key && from.value == to.value,
        (_, to, Some(Cost::Unsafe)) => !to.is_number() || *to == Ty::Bool,
        (from, to, None) => becomes_bool(from, to),
    }
}

/// Whether numbers and text become truth values: they may not convert, but code for that exists, and only what becomes
/// a number is asked what it loses.
fn becomes_bool(from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (from, Ty::Bool) => from.is_number() || *from == Ty::Str,
        (Ty::Tuple(from), Ty::Tuple(to)) => {
            let fits = |from: &Ty, to: &Ty| becomes_bool(from, to) || converts(from, to);
            from.len() == to.len() && from.iter().zip(&**to).all(|(from, to)| fits(from, to))
        }
        _ => false,
    }
}

pub(crate) fn list(target: &Ty, elem: &Ty, index: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional => Outcome::known(elem.clone()),
        IndexKind::Slice => Outcome::known(target.unliteral()),
        IndexKind::Unknown => unknown(index),
        IndexKind::Other => no_overload(&[target, index]),
    }
}

pub(crate) fn typed_list(target: &Ty, elem: &Ty, index: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int => Outcome::known(elem.clone()),
        IndexKind::Slice => Outcome::known(target.clone()),
        IndexKind::Unknown => unknown(index),
        IndexKind::Optional | IndexKind::Other => no_overload(&[target, index]),
    }
}

pub(crate) fn literal_list(items: &[Ty], index: &Ty) -> Outcome {
    match index {
        Ty::Literal(Literal::Int(place)) => {
            let place = place.get();
            let wrapped = if place < 0 { place + items.len() as i128 } else { place };
            match usize::try_from(wrapped).ok().and_then(|place| items.get(place)) {
                Some(item) => Outcome::known(item.clone()),
                None => Outcome::refused(RefusalKind::TupleIndex {
                    len: u32::try_from(items.len()).unwrap_or(u32::MAX),
                    index: i64::try_from(place).unwrap_or(i64::MAX),
                }),
            }
        }
        index if index.is_hole() => unknown(index),
        _ => Outcome::refused(RefusalKind::HeterogeneousIndex(Ty::LiteralList(items.into()))),
    }
}

pub(crate) fn dict(target: &Ty, dict: &DictTy, index: &Ty) -> Outcome {
    if casts(index, &dict.key) { Outcome::known(dict.value.clone()) } else { no_overload(&[target, index]) }
}

pub(crate) fn str_key_dict(items: &[(Name, Ty)], index: &Ty) -> Outcome {
    match index {
        Ty::Literal(Literal::Str(name)) => match items.iter().find(|(key, _)| *key == **name) {
            Some((_, ty)) => Outcome::known(ty.clone()),
            None => Outcome::refused(RefusalKind::NoAttribute(Name::clone(name))),
        },
        index if index.is_hole() => unknown(index),
        _ => Outcome::refused(RefusalKind::NeedsLiteral("key".into())),
    }
}

/// A field by constant name or constant position.
pub(crate) fn record(record: &RecordTy, index: &Ty) -> Outcome {
    match index {
        Ty::Literal(Literal::Str(name)) => match record.fields.iter().find(|field| field.name == **name) {
            Some(field) => Outcome::known(field.ty.clone()),
            None => Outcome::refused(RefusalKind::NoAttribute(Name::clone(name))),
        },
        Ty::Literal(Literal::Int(place)) => {
            let (place, len) = (place.get(), record.fields.len());
            let wrapped = if place < 0 { place + len as i128 } else { place };
            match usize::try_from(wrapped).ok().and_then(|place| record.fields.get(place)) {
                Some(field) => Outcome::known(field.ty.clone()),
                None => Outcome::refused(RefusalKind::TupleIndex {
                    len: u32::try_from(len).unwrap_or(u32::MAX),
                    index: i64::try_from(place).unwrap_or(i64::MAX),
                }),
            }
        }
        index if index.is_hole() => unknown(index),
        index => Outcome::refused(RefusalKind::IndexType(index.clone())),
    }
}

pub(crate) fn set_list(target: &Ty, elem: &Ty, index: &Ty, value: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional if *elem == Ty::Undefined => {
            refined(Ty::list(value.unliteral()))
        }
        IndexKind::Int | IndexKind::Optional if converts(value, elem) => Outcome::known(Ty::None),
        IndexKind::Slice if same_items(elem, value) => Outcome::known(Ty::None),
        IndexKind::Unknown => unknown(index),
        _ => no_overload(&[target, index, value]),
    }
}

/// A slice of a list takes lists of the same items; Numba types more than that, and cannot cast it.
fn same_items(elem: &Ty, value: &Ty) -> bool {
    match value {
        Ty::List { elem: item, .. } => **item == *elem || item.has_hole() || elem.has_hole(),
        value => value.is_hole(),
    }
}

pub(crate) fn set_typed_list(target: &Ty, elem: &Ty, index: &Ty, value: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int if *elem == Ty::Undefined => refined(Ty::TypedList(value.unliteral().into())),
        IndexKind::Int if casts(value, elem) => Outcome::known(Ty::None),
        IndexKind::Int => {
            Outcome::refused(RefusalKind::UnsafeCast { from: value.unliteral(), to: elem.clone() })
        }
        IndexKind::Slice => set_slice(target, elem, index, value),
        IndexKind::Unknown => unknown(index),
        _ => no_overload(&[target, index, value]),
    }
}

/// A slice takes any sequence whose items can be cast.
fn set_slice(target: &Ty, elem: &Ty, index: &Ty, value: &Ty) -> Outcome {
    let item = match value {
        Ty::Hole(_) | Ty::Poison => return Outcome::known(Ty::None),
        Ty::TypedList(item) | Ty::List { elem: item, .. } => (**item).clone(),
        Ty::Array(array) if array.ndim == Some(1) || array.ndim.is_none() => array.elem.clone(),
        _ => return no_overload(&[target, index, value]),
    };
    if casts(&item, elem) { Outcome::known(Ty::None) } else { no_overload(&[target, index, value]) }
}

/// The first assignment types a dict; later keys and values must convert without loss.
pub(crate) fn set_dict(target: &Ty, dict: &DictTy, index: &Ty, value: &Ty) -> Outcome {
    let DictTy { key, value: item, .. } = dict;
    if *key == Ty::Undefined {
        let (key, item) = (index.unliteral(), value.unliteral());
        if !may_be_key(&key) {
            return Outcome::refused(RefusalKind::Other(
                format!("a dict cannot have keys of type {key}").into(),
            ));
        }
        return match forbidden_value(&item) {
            Some(refusal) => refusal,
            None => refined(Ty::dict(key, item)),
        };
    }
    for (from, to) in [(index, key), (value, item)] {
        if !casts(from, to) {
            return match no_overload(&[target, index, value]) {
                Outcome::Refused(_) => {
                    Outcome::refused(RefusalKind::UnsafeCast { from: from.unliteral(), to: to.clone() })
                }
                other => other,
            };
        }
    }
    Outcome::known(Ty::None)
}

/// Keys are hashed and compared: containers and arrays are neither, optional values not at all.
pub(crate) fn may_be_key(key: &Ty) -> bool {
    match key {
        Ty::None
        | Ty::Optional(_)
        | Ty::Array(_)
        | Ty::List { .. }
        | Ty::TypedList(_)
        | Ty::Dict(_)
        | Ty::Set { .. }
        | Ty::TypedSet(_)
        | Ty::Record(_)
        | Ty::Slice2
        | Ty::Slice3
        | Ty::Literal(Literal::Slice(..)) => false,
        Ty::EnumMember(of) if !of.int => false,
        key => key.tuple_items().is_none_or(|items| !items.is_empty() && items.iter().all(may_be_key)),
    }
}

/// Dicts hold no lists, sets, `None`s or optionals.
pub(crate) fn forbidden_value(item: &Ty) -> Option<Outcome> {
    matches!(item, Ty::List { .. } | Ty::Set { .. } | Ty::None | Ty::Optional(_)).then(|| {
        Outcome::refused(RefusalKind::Other(
            format!("a dict cannot hold values of type {}", spelled(item)).into(),
        ))
    })
}

fn spelled(item: &Ty) -> &'static str {
    match item {
        Ty::List { .. } => "list",
        Ty::Set { .. } => "set",
        Ty::None => "None",
        _ => "Optional",
    }
}

pub(crate) fn set_record(target: &Ty, record: &RecordTy, index: &Ty, value: &Ty) -> Outcome {
    // Fields are read by position, and written by name only.
    if index.is_integer() {
        return no_overload(&[target, index, value]);
    }
    match self::record(record, index) {
        Outcome::Known(field) if converts(value, &field.ret) => Outcome::known(Ty::None),
        Outcome::Known(_) => no_overload(&[target, index, value]),
        other => other,
    }
}
