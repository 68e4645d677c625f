//! From Numba's types to types with a representation.

use crate::infer::iter::getiter;
use crate::table::Outcome;
use crate::ty::{ArrayTy, IterTy, Layout, Literal, Ty};

use super::{MonoArray, MonoIter, MonoRecord, MonoTy};

/// The representation of a type, or what is missing, in the user's words.
pub fn mono_type(ty: &Ty) -> Result<MonoTy, String> {
    Ok(match ty {
        Ty::None
        | Ty::Ellipsis
        | Ty::Module(_)
        | Ty::Function(_)
        | Ty::Method(_)
        | Ty::Dispatcher(_)
        | Ty::FunctionType(_)
        | Ty::ExternalFunction(_)
        | Ty::Closure(_)
        | Ty::NumberClass(_)
        | Ty::DType(_)
        | Ty::TypeRef(_)
        | Ty::ExceptionClass(_)
        | Ty::Exception(_)
        | Ty::NamedTupleClass(_)
        | Ty::EnumClass(_)
        | Ty::ContextManager(_)
        | Ty::Omitted(_) => MonoTy::Unit,
        Ty::Bool | Ty::Literal(Literal::Bool(_)) => MonoTy::Bool,
        Ty::Int(int) => MonoTy::Int(*int),
        Ty::Literal(Literal::Int(_)) => return mono_type(&ty.unliteral()),
        Ty::Float(crate::ty::FloatTy::F16) => return Err(missing(ty)),
        Ty::Float(float) => MonoTy::Float(*float),
        Ty::Complex(complex) => MonoTy::Complex(*complex),
        Ty::Str | Ty::Literal(Literal::Str(_)) => MonoTy::Str,
        Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)) => MonoTy::Slice,
        Ty::Array(array) => MonoTy::Array(Box::new(mono_array(array)?)),
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) => {
            let items = ty.tuple_items().unwrap_or_default();
            MonoTy::Tuple(items.iter().map(mono_type).collect::<Result<_, _>>()?)
        }
        Ty::List { elem, .. } | Ty::TypedList(elem) => MonoTy::List(Box::new(item_type(elem)?)),
        Ty::Set { elem, .. } | Ty::TypedSet(elem) => MonoTy::Set(Box::new(item_type(elem)?)),
        Ty::Dict(dict) => MonoTy::Dict(Box::new((item_type(&dict.key)?, item_type(&dict.value)?))),
        Ty::Optional(inner) => match mono_type(inner)? {
            MonoTy::Unit => MonoTy::Unit,
            inner => MonoTy::Optional(Box::new(inner)),
        },
        Ty::Range(int) => MonoTy::Range(*int),
        Ty::Iter(iter) => MonoTy::Iter(Box::new(mono_iter(iter)?)),
        Ty::Generator(generator) => {
            MonoTy::Iter(Box::new(MonoIter::Generator(mono_type(&generator.yields)?)))
        }
        Ty::Pair(pair) => MonoTy::Pair(Box::new(mono_type(&pair.0)?)),
        Ty::Record(record) => {
            let fields = record
                .fields
                .iter()
                .map(|field| Ok((field.name.clone(), mono_type(&field.ty)?, field.offset)));
            MonoTy::Record(Box::new(MonoRecord {
                fields: fields.collect::<Result<_, String>>()?,
                size: record.size,
            }))
        }
        Ty::DateTime(_) => MonoTy::DateTime,
        Ty::TimeDelta(_) => MonoTy::TimeDelta,
        Ty::EnumMember(of) => return mono_type(&of.base),
        _ => return Err(missing(ty)),
    })
}

fn missing(ty: &Ty) -> String {
    match ty.why() {
        Some(why) => format!("its type is not known ({why:?})"),
        None => format!("values of type `{ty}` are not compiled yet"),
    }
}

/// The items of a container that was never filled have no bits.
fn item_type(ty: &Ty) -> Result<MonoTy, String> {
    if *ty == Ty::Undefined { Ok(MonoTy::Unit) } else { mono_type(ty) }
}

pub(super) fn mono_array(array: &ArrayTy) -> Result<MonoArray, String> {
    let elem = mono_type(&array.elem)?;
    let stored = elem.is_scalar() || matches!(elem, MonoTy::Record(_));
    match array.ndim {
        Some(ndim) if stored => Ok(MonoArray {
            elem,
            ndim,
            layout: if array.layout == Layout::Hole { Layout::A } else { array.layout },
            readonly: array.readonly,
        }),
        _ => Err(missing(&Ty::Array(std::sync::Arc::new(array.clone())))),
    }
}

fn mono_iter(iter: &IterTy) -> Result<MonoIter, String> {
    let array = |ty: &Ty| match ty {
        Ty::Array(array) => mono_array(array),
        other => Err(missing(other)),
    };
    let dict = |ty: &Ty| match mono_type(ty)? {
        MonoTy::Dict(items) => Ok(*items),
        _ => Err(missing(ty)),
    };
    Ok(match iter {
        IterTy::Range(int) => MonoIter::Range(*int),
        IterTy::Array(ty) => MonoIter::Array(array(ty)?),
        IterTy::List(ty) | IterTy::ListType(ty) => match mono_type(ty)? {
            MonoTy::List(elem) => MonoIter::List(*elem),
            _ => return Err(missing(ty)),
        },
        IterTy::Set(ty) => match mono_type(ty)? {
            MonoTy::Set(elem) => MonoIter::Set(*elem),
            _ => return Err(missing(ty)),
        },
        IterTy::Tuple(ty) => {
            let items = ty.tuple_items().unwrap_or_default();
            let elem = items.first().map_or(Ok(MonoTy::Unit), mono_type)?;
            MonoIter::Tuple(elem, u32::try_from(items.len()).unwrap_or(u32::MAX))
        }
        IterTy::Str => MonoIter::Str,
        IterTy::Enumerate(inner) => MonoIter::Enumerate(Box::new(iter_of(inner)?)),
        IterTy::Zip(parts) => MonoIter::Zip(parts.iter().map(iter_of).collect::<Result<_, _>>()?),
        IterTy::NdEnumerate(ty) => MonoIter::NdEnumerate(array(ty)?),
        IterTy::NdIndex(ndim) => MonoIter::NdIndex(*ndim),
        IterTy::Flat(ty) => MonoIter::Flat(array(ty)?),
        IterTy::DictKeys(ty) => dict(ty).map(|(key, value)| MonoIter::DictKeys(key, value))?,
        IterTy::DictValues(ty) => dict(ty).map(|(key, value)| MonoIter::DictValues(key, value))?,
        IterTy::DictItems(ty) => dict(ty).map(|(key, value)| MonoIter::DictItems(key, value))?,
        IterTy::Generator(yields) => MonoIter::Generator(mono_type(yields)?),
        IterTy::NdIter(_) | IterTy::Of(_) => {
            return Err("this kind of iterator is not compiled yet".into());
        }
    })
}

fn iter_of(ty: &Ty) -> Result<MonoIter, String> {
    match ty {
        Ty::Iter(iter) => mono_iter(iter),
        Ty::Generator(generator) => Ok(MonoIter::Generator(mono_type(&generator.yields)?)),
        other => match getiter(other) {
            Outcome::Known(typed) => match &typed.ret {
                Ty::Iter(iter) => mono_iter(iter),
                _ => Err(missing(other)),
            },
            _ => Err(missing(other)),
        },
    }
}
