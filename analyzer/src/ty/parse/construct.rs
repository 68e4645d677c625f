//! The classes of `numba.types`, as a signature or a `repr` calls them: `Array(int64, 1, 'C')`, `optional(f8)`.

use std::sync::Arc;

use super::{MAX_LEN, Value, array_of};
use crate::hir::Signature;
use crate::ty::{Const, Layout, ListSource, NamedTupleTy, Ty};

/// What [`construct`] knows.
pub(crate) const CLASSES: [&str; 28] = [
    "Array",
    "BaseTuple.from_types",
    "BooleanLiteral",
    "CharSeq",
    "DType",
    "DictType",
    "FunctionType",
    "IntegerLiteral",
    "List",
    "ListType",
    "Literal",
    "NPDatetime",
    "NPTimedelta",
    "NamedTuple",
    "NamedUniTuple",
    "NestedArray",
    "NumberClass",
    "Omitted",
    "Optional",
    "Set",
    "SetType",
    "StarArgTuple",
    "StringLiteral",
    "Tuple",
    "TypeRef",
    "UnicodeCharSeq",
    "literal",
    "optional",
];

/// What a call of a class of `numba.types` makes; `None` if this is none of them or called otherwise.
pub(crate) fn construct(path: &str, args: &[Value], kwargs: &[(&str, Value)]) -> Option<Ty> {
    let keyword = |name: &str| kwargs.iter().find(|(word, _)| *word == name).map(|(_, value)| value.clone());
    let get = |at: usize, name: &str| args.get(at).cloned().or_else(|| keyword(name));
    let ty = |at: usize, name: &str| get(at, name).and_then(Value::into_ty);
    let flag = |at: usize, name: &str| match get(at, name) {
        None => Some(false),
        Some(Value::Const(Const::Bool(value))) => Some(value),
        Some(_) => None,
    };
    let count = |at: usize, name: &str| match get(at, name) {
        Some(Value::Const(Const::Int(value))) => u32::try_from(value.get()).ok(),
        _ => None,
    };
    let string = |at: usize, name: &str| match get(at, name) {
        Some(Value::Const(Const::Str(text))) => Some(text),
        _ => None,
    };
    let types = |at: usize, name: &str| match get(at, name)? {
        Value::Tuple(items) | Value::List(items) => {
            items.into_iter().map(Value::into_ty).collect::<Option<Vec<_>>>()
        }
        _ => None,
    };
    Some(match path {
        "Tuple" | "BaseTuple.from_types" => Ty::tuple(types(0, "types")?),
        "UniTuple" => Ty::uni_tuple(ty(0, "dtype")?, count(1, "count")?.min(MAX_LEN) as usize),
        "StarArgTuple" => Ty::StarArgs(types(0, "types")?.into()),
        "List" => {
            let source = ListSource::new(flag(1, "reflected")?, None);
            Ty::List { elem: Arc::new(ty(0, "dtype")?), source }
        }
        "Set" => Ty::Set { elem: Arc::new(ty(0, "dtype")?), reflected: flag(1, "reflected")? },
        "ListType" => Ty::TypedList(Arc::new(ty(0, "itemty")?)),
        "DictType" => Ty::dict(ty(0, "keyty")?, ty(1, "valty")?),
        "SetType" => Ty::TypedSet(Arc::new(ty(0, "keyty")?)),
        "optional" | "Optional" => Ty::optional(ty(0, "typ")?),
        "Array" => {
            let layout = match &*string(2, "layout")? {
                "C" => Layout::C,
                "F" => Layout::F,
                "A" => Layout::A,
                _ => return None,
            };
            let aligned = match keyword("aligned") {
                None => true,
                Some(Value::Const(Const::Bool(value))) => value,
                Some(_) => return None,
            };
            let ndim = u8::try_from(count(1, "ndim")?).ok()?;
            array_of(ty(0, "dtype")?, Some(ndim), layout, flag(3, "readonly")?, aligned)
        }
        "Omitted" => Ty::omitted(get(0, "default")?.into_const()?),
        "literal" | "Literal" | "IntegerLiteral" | "StringLiteral" | "BooleanLiteral" => {
            match get(0, "value")?.into_const()? {
                Const::Int(value) => Ty::int_literal(value),
                Const::Bool(value) => Ty::bool_literal(value),
                Const::Str(text) => Ty::str_literal(text),
                _ => return None,
            }
        }
        "NPDatetime" => Ty::DateTime(string(0, "unit")?),
        "NPTimedelta" => Ty::TimeDelta(string(0, "unit")?),
        "UnicodeCharSeq" => Ty::UnicodeChars(count(0, "count")?),
        "CharSeq" => Ty::Chars(count(0, "count")?),
        "NumberClass" => Ty::NumberClass(Arc::new(ty(0, "instance_type")?)),
        "DType" => Ty::DType(Arc::new(ty(0, "dtype")?)),
        "TypeRef" => Ty::TypeRef(Arc::new(ty(0, "instance_type")?)),
        "NestedArray" => {
            let Some(Value::Tuple(lens)) = get(1, "shape") else {
                return None;
            };
            let lens = lens.into_iter().map(|len| match len {
                Value::Const(Const::Int(len)) => u32::try_from(len.get()).ok(),
                _ => None,
            });
            Ty::NestedArray(Arc::new((ty(0, "dtype")?, lens.collect::<Option<_>>()?)))
        }
        "FunctionType" => match get(0, "signature")? {
            Value::Signature(Signature { args, ret: Some(ret) }) => Ty::FunctionType(Arc::new((ret, args))),
            _ => return None,
        },
        "NamedUniTuple" | "NamedTuple" => {
            let (items, class) = match path {
                "NamedTuple" => (types(0, "types")?, ty(1, "cls")?),
                _ => (vec![ty(0, "dtype")?; count(1, "count")?.min(MAX_LEN) as usize], ty(2, "cls")?),
            };
            let Ty::NamedTupleClass(class) = class else { return None };
            if class.fields.len() != items.len() {
                return None;
            }
            let fields = class.fields.iter().map(|(field, _)| field.clone()).zip(items).collect();
            Ty::NamedTuple(Arc::new(NamedTupleTy { name: class.name.clone(), fields }))
        }
        _ => return None,
    })
}
