//! Subscripts of lists, dicts, records and literal containers.

use crate::infer::ops::{no_overload, unknown};
use crate::infer::overload::{Cost, cost};
use crate::table::{Outcome, RefusalKind};
use crate::ty::{Literal, Name, RecordTy, Ty};

use super::{IndexKind, index_kind, refined};

/// Whether a value of type `from` may be stored where `to` is kept, unsafe conversions allowed.
pub(crate) fn converts(from: &Ty, to: &Ty) -> bool {
    from.has_hole() || to.has_hole() || from == to || cost(from, to).is_some()
}

/// Whether a value of type `from` is cast to `to` without loss: what typed containers ask of keys and items.
pub(crate) fn casts(from: &Ty, to: &Ty) -> bool {
    from.has_hole() || to.has_hole() || from == to || cost(from, to).is_some_and(|cost| cost < Cost::Unsafe)
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
            let wrapped = if *place < 0 {
                place + items.len() as i128
            } else {
                *place
            };
            match usize::try_from(wrapped).ok().and_then(|place| items.get(place)) {
                Some(item) => Outcome::known(item.clone()),
                None => Outcome::refused(RefusalKind::TupleIndex {
                    len: u32::try_from(items.len()).unwrap_or(u32::MAX),
                    index: i64::try_from(*place).unwrap_or(i64::MAX),
                }),
            }
        }
        index if index.is_hole() => unknown(index),
        _ => Outcome::refused(RefusalKind::HeterogeneousIndex(Ty::LiteralList(items.into()))),
    }
}

pub(crate) fn dict(target: &Ty, key: &Ty, value: &Ty, index: &Ty) -> Outcome {
    if casts(index, key) {
        Outcome::known(value.clone())
    } else {
        no_overload(&[target, index])
    }
}

pub(crate) fn str_key_dict(items: &[(Name, Ty)], index: &Ty) -> Outcome {
    match index {
        Ty::Literal(Literal::Str(name)) => match items.iter().find(|(key, _)| key == name) {
            Some((_, ty)) => Outcome::known(ty.clone()),
            None => Outcome::refused(RefusalKind::NoAttribute(name.clone())),
        },
        index if index.is_hole() => unknown(index),
        _ => Outcome::refused(RefusalKind::NeedsLiteral("key".into())),
    }
}

/// A field by constant name or constant position.
pub(crate) fn record(record: &RecordTy, index: &Ty) -> Outcome {
    match index {
        Ty::Literal(Literal::Str(name)) => match record.fields.iter().find(|field| field.name == *name) {
            Some(field) => Outcome::known(field_value(&field.ty)),
            None => Outcome::refused(RefusalKind::NoAttribute(name.clone())),
        },
        Ty::Literal(Literal::Int(place)) => {
            let len = record.fields.len();
            let wrapped = if *place < 0 { place + len as i128 } else { *place };
            match usize::try_from(wrapped)
                .ok()
                .and_then(|place| record.fields.get(place))
            {
                Some(field) => Outcome::known(field_value(&field.ty)),
                None => Outcome::refused(RefusalKind::TupleIndex {
                    len: u32::try_from(len).unwrap_or(u32::MAX),
                    index: i64::try_from(*place).unwrap_or(i64::MAX),
                }),
            }
        }
        index if index.is_hole() => unknown(index),
        index => Outcome::refused(RefusalKind::IndexType(index.clone())),
    }
}

/// Reading an array field gives an array.
pub(crate) fn field_value(field: &Ty) -> Ty {
    match field {
        Ty::NestedArray(nested) => Ty::array(
            nested.0.clone(),
            u8::try_from(nested.1.len()).unwrap_or(u8::MAX),
            crate::ty::Layout::C,
        ),
        field => field.clone(),
    }
}

pub(crate) fn set_list(target: &Ty, elem: &Ty, index: &Ty, value: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int | IndexKind::Optional if *elem == Ty::Undefined => refined(Ty::List {
            elem: value.unliteral().into(),
            reflected: false,
            iv: None,
        }),
        IndexKind::Int | IndexKind::Optional if converts(value, elem) => Outcome::known(Ty::None),
        IndexKind::Slice if matches!(value, Ty::List { .. }) || value.is_hole() => Outcome::known(Ty::None),
        IndexKind::Unknown => unknown(index),
        _ => no_overload(&[target, index, value]),
    }
}

pub(crate) fn set_typed_list(target: &Ty, elem: &Ty, index: &Ty, value: &Ty) -> Outcome {
    match index_kind(index) {
        IndexKind::Int if *elem == Ty::Undefined => refined(Ty::TypedList(value.unliteral().into())),
        IndexKind::Int if casts(value, elem) => Outcome::known(Ty::None),
        IndexKind::Int => Outcome::refused(RefusalKind::UnsafeCast {
            from: value.unliteral(),
            to: elem.clone(),
        }),
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
        Ty::Tuple(items) if items.windows(2).all(|pair| pair[0] == pair[1]) => match items.first() {
            Some(item) => item.clone(),
            None => return no_overload(&[target, index, value]),
        },
        _ => return no_overload(&[target, index, value]),
    };
    if casts(&item, elem) {
        Outcome::known(Ty::None)
    } else {
        no_overload(&[target, index, value])
    }
}

/// The first assignment types a dict; later keys and values must convert without loss.
pub(crate) fn set_dict(target: &Ty, [key, item]: [&Ty; 2], index: &Ty, value: &Ty) -> Outcome {
    if *key == Ty::Undefined {
        let (key, item) = (index.unliteral_deep(), value.unliteral_deep());
        return match forbidden_value(&item) {
            Some(refusal) => refusal,
            None => refined(Ty::Dict {
                key: key.into(),
                value: item.into(),
                iv: None,
            }),
        };
    }
    for (from, to) in [(index, key), (value, item)] {
        if !casts(from, to) {
            return match no_overload(&[target, index, value]) {
                Outcome::Refused(_) => Outcome::refused(RefusalKind::UnsafeCast {
                    from: from.unliteral(),
                    to: to.clone(),
                }),
                other => other,
            };
        }
    }
    Outcome::known(Ty::None)
}

/// Dicts hold no lists, sets, `None`s or optionals.
pub(crate) fn forbidden_value(item: &Ty) -> Option<Outcome> {
    matches!(
        item,
        Ty::List { .. } | Ty::Set { .. } | Ty::None | Ty::Optional(_)
    )
    .then(|| {
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
    match self::record(record, index) {
        Outcome::Known(field) if converts(value, &field.ret) => Outcome::known(Ty::None),
        Outcome::Known(_) => no_overload(&[target, index, value]),
        other => other,
    }
}
