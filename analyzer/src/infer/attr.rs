//! Attributes of values: `a.shape`, `x.real`, fields of records and named tuples, methods.
//!
//! Members of modules are looked up by the solver, which knows the project's own modules.

use std::sync::Arc;

use crate::table::{self, Outcome, RefusalKind, Typed};
use crate::ty::{ArrayTy, BufferKind, FloatTy, IntTy, IterTy, Layout, Literal, Name, NamedTupleTy, Ty, Why};

use super::index;
use super::ops::unknown;

/// `value.name`.
pub fn attribute(ty: &Ty, name: &str) -> Outcome {
    if matches!(ty, Ty::NestedArray(_)) {
        return attribute(&index::plain_array(ty), name);
    }
    match plain(ty, name) {
        Some(outcome) => outcome,
        None => method(ty, name),
    }
}

/// An attribute that is no method, if the type has one of this name.
fn plain(ty: &Ty, name: &str) -> Option<Outcome> {
    let known = |ty: Ty| Some(Outcome::known(ty));
    match ty {
        Ty::Opaque(class) if class.starts_with("ArrayFlags(") => match name {
            "contiguous" | "c_contiguous" | "f_contiguous" => known(Ty::Bool),
            _ => Some(Outcome::refused(RefusalKind::NoAttribute(name.into()))),
        },
        Ty::Opaque(class) if class.starts_with("ArrayCTypes(") && name == "data" => known(Ty::UINT64),
        Ty::Hole(_) | Ty::Poison | Ty::Opaque(_) => Some(unknown(ty)),
        Ty::Optional(inner) => plain(inner, name),
        Ty::Array(array) if array.kind != BufferKind::Bytes => array_attribute(ty, array, name),
        Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::Literal(Literal::Int(_) | Literal::Bool(_)) => match name {
            // It has a type, and no code.
            "__class__" => Some(Outcome::refused(RefusalKind::NoAttribute(name.into()))),
            _ => known(number_attribute(ty, name)?),
        },
        // The members of Numba's structure; a literal is none yet.
        Ty::Str => match name {
            "_length" | "_hash" => known(Ty::INT64),
            "_kind" => known(Ty::Int(IntTy::I32)),
            "_is_ascii" => known(Ty::Int(IntTy::U32)),
            _ => None,
        },
        Ty::DateTime(_) | Ty::TimeDelta(_) if name == "__class__" => {
            Some(Outcome::refused(RefusalKind::NoAttribute(name.into())))
        }
        Ty::Record(record) => {
            let field = record.fields.iter().find(|field| &*field.name == name)?;
            known(field.ty.clone())
        }
        Ty::NamedTuple(tuple) => named_field(tuple, name),
        Ty::JitClassInstance(class) => Some(match class.1.iter().find(|(field, _)| &**field == name) {
            Some((_, ty)) => Outcome::known(ty.clone()),
            // Methods and properties are functions of the project: the solver calls them.
            None => Outcome::Hole(Why::NotModelled("an attribute of a jitclass")),
        }),
        Ty::StructRef(class) => named_field(class, name),
        Ty::EnumMember(of) => match name {
            "value" => known(of.base.clone()),
            "name" => Some(Outcome::refused(RefusalKind::NoAttribute(name.into()))),
            _ => None,
        },
        Ty::EnumClass(of) => known(Ty::EnumMember(of.clone())),
        Ty::Range(int) if matches!(name, "start" | "stop" | "step") => known(Ty::Int(*int)),
        Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..))
            if matches!(name, "start" | "stop" | "step") =>
        {
            known(Ty::INT64)
        }
        Ty::DType(elem) => dtype_attribute(elem, name),
        // Compiled functions and classes have no attributes at all.
        Ty::Dispatcher(_) | Ty::JitClass(_) | Ty::NamedTupleClass(_) | Ty::StructRefClass(_) => {
            Some(Outcome::refused(RefusalKind::NoAttribute(name.into())))
        }
        Ty::Function(class) => class_method(class, name),
        // Only its name says that a class of another library is one of exceptions.
        Ty::ExceptionClass(path) if path.contains('.') => {
            Some(Outcome::Hole(Why::NotInTable(format!("{path}.{name}").into())))
        }
        Ty::TypeRef(of) => class_method(typed_class(of)?, name),
        Ty::Generator(_) => None,
        _ => None,
    }
}

/// `numba.typed.List.empty_list` and its like: functions that hang on a class.
fn class_method(class: &str, name: &str) -> Option<Outcome> {
    let path = format!("{class}.{name}");
    table::find(&path).map(|row| Outcome::known(Ty::Function(row.path.into())))
}

/// The class behind a type reference.
fn typed_class(of: &Ty) -> Option<&'static str> {
    match of {
        Ty::TypedList(_) => Some("numba.typed.List"),
        Ty::Dict(_) => Some("numba.typed.Dict"),
        Ty::TypedSet(_) => Some("numba.typed.Set"),
        _ => None,
    }
}

/// A type read from its spelling has no names for its fields.
fn named_field(tuple: &NamedTupleTy, name: &str) -> Option<Outcome> {
    if let Some((_, ty)) = tuple.fields.iter().find(|(field, _)| &**field == name) {
        return Some(Outcome::known(ty.clone()));
    }
    let (first, rest) = tuple.fields.split_first()?;
    if !first.0.is_empty() || name == "index" || name.starts_with("__") {
        return None;
    }
    Some(if rest.iter().all(|(_, ty)| *ty == first.1) {
        Outcome::known(first.1.clone())
    } else {
        Outcome::Hole(Why::NotModelled("a field of a named tuple whose class is not known"))
    })
}

fn array_attribute(ty: &Ty, array: &ArrayTy, name: &str) -> Option<Outcome> {
    let with = |change: &dyn Fn(&mut ArrayTy)| {
        let mut changed = array.clone();
        change(&mut changed);
        Ty::Array(Arc::new(changed))
    };
    let known = match name {
        "shape" | "strides" => match array.ndim {
            Some(ndim) => Ty::uni_tuple(Ty::INT64, usize::from(ndim)),
            None => Ty::AnyTuple(Arc::new(Ty::INT64)),
        },
        "ndim" | "size" | "nbytes" | "itemsize" => Ty::INT64,
        "dtype" => Ty::DType(Arc::new(array.elem.clone())),
        "T" => with(&|array| array.layout = transposed(array)),
        "flat" => Ty::Iter(Arc::new(IterTy::Flat(ty.clone()))),
        "flags" => Ty::Opaque(format!("ArrayFlags({ty})").into()),
        "ctypes" => ctypes(array),
        "real" | "imag" => return Some(part(array, name, ty)),
        name => {
            let Ty::Record(record) = &array.elem else {
                return None;
            };
            let field = record.fields.iter().find(|field| &*field.name == name)?;
            index::field_array(array, &field.ty)
        }
    };
    // Buffers of Python share the attributes of arrays that do not move data.
    if array.kind != BufferKind::Array
        && !matches!(name, "shape" | "strides" | "ndim" | "nbytes" | "itemsize")
    {
        return None;
    }
    if array.kind == BufferKind::ByteArray {
        return None;
    }
    Some(Outcome::known(known))
}

/// The object that C functions take an array's address from.
fn ctypes(array: &ArrayTy) -> Ty {
    match array.ndim {
        Some(ndim) => Ty::Opaque(format!("ArrayCTypes(dtype={}, ndim={ndim})", array.elem).into()),
        None => Ty::Opaque("ArrayCTypes(?)".into()),
    }
}

/// The transpose swaps C and F; below two dimensions nothing changes.
pub(crate) fn transposed(array: &ArrayTy) -> Layout {
    match (array.ndim, array.layout) {
        (Some(0 | 1), layout) => layout,
        (None, _) => Layout::Hole,
        (_, Layout::C) => Layout::F,
        (_, Layout::F) => Layout::C,
        (_, Layout::A) => Layout::A,
        (_, Layout::Hole) => Layout::Hole,
    }
}

/// The parts of a complex array are strided views; of a real one, itself and a read-only array of zeros.
fn part(array: &ArrayTy, name: &str, ty: &Ty) -> Outcome {
    let changed = match &array.elem {
        Ty::Complex(complex) => {
            ArrayTy { elem: Ty::Float(complex.part()), layout: Layout::A, ..array.clone() }
        }
        // The zeros are laid out as the array is, and there is no telling how an array with gaps is.
        Ty::Int(_) | Ty::Float(_) if name == "imag" && array.layout == Layout::A => {
            let sentence = "the zeros of `.imag` cannot be laid out like an array with gaps";
            return Outcome::refused(RefusalKind::Other(sentence.into()));
        }
        Ty::Bool | Ty::Int(_) | Ty::Float(_) if name == "imag" => ArrayTy { readonly: true, ..array.clone() },
        Ty::Bool | Ty::Int(_) | Ty::Float(_) => array.clone(),
        elem if elem.is_hole() => ArrayTy {
            elem: elem.clone(),
            layout: if array.layout == Layout::A { Layout::A } else { Layout::Hole },
            ..array.clone()
        },
        _ => return Outcome::refused(RefusalKind::NoAttribute(name.into())),
    };
    if matches!(changed.elem, Ty::Bool) {
        // `bool` is no number to these attributes.
        return match name {
            "real" | "imag" => Outcome::refused(RefusalKind::NoAttribute(name.into())),
            _ => unknown(ty),
        };
    }
    Outcome::known(Ty::Array(Arc::new(changed)))
}

fn number_attribute(ty: &Ty, name: &str) -> Option<Ty> {
    match (name, ty) {
        ("real" | "imag", Ty::Complex(complex)) => Some(Ty::Float(complex.part())),
        ("real" | "imag", Ty::Bool | Ty::Literal(Literal::Bool(_))) => None,
        (
            "real" | "imag",
            Ty::Int(_) | Ty::Float(FloatTy::F32 | FloatTy::F64 | FloatTy::F16) | Ty::Literal(_),
        ) => Some(ty.clone()),
        _ => None,
    }
}

fn dtype_attribute(elem: &Ty, name: &str) -> Option<Outcome> {
    match name {
        "type" if elem.is_hole() => Some(unknown(elem)),
        "type" => Some(Outcome::known(Ty::NumberClass(Arc::new(elem.clone())))),
        "kind" => {
            let kind = match elem {
                // Unsigned ones too.
                Ty::Int(_) => "i",
                Ty::Float(_) => "f",
                elem if elem.is_hole() => return Some(Outcome::known(Ty::Str)),
                _ => return None,
            };
            Some(Outcome::known(Ty::str_literal(kind)))
        }
        _ => None,
    }
}

fn method(ty: &Ty, name: &str) -> Outcome {
    let (recv, path) = match ty {
        Ty::Optional(inner) => (&**inner, method_path(inner, name)),
        ty => (ty, method_path(ty, name)),
    };
    match path.as_deref().map(table::find) {
        Some(Some(row)) if row.is_attribute => {
            let args = table::Args::bind(
                row.path,
                row.cached_params(),
                Some(recv),
                &[],
                &[],
                &table::args::NoCallees,
            );
            match args {
                Ok(args) => (row.rule)(&args),
                Err(refusal) => Outcome::Refused(refusal),
            }
        }
        Some(Some(_)) => Outcome::Known(Typed {
            ret: Ty::Method(Arc::new((ty.clone(), Name::from(name)))),
            args: None,
            refine: None,
        }),
        _ => missing(ty, name),
    }
}

/// Attributes that Numba gives some of its types for the code that it compiles itself.
fn is_internal(name: &str) -> bool {
    name.starts_with("__")
        || matches!(
            name,
            "_allocate"
                | "_allocated"
                | "_dtype"
                | "_get_kind"
                | "_is_mutable"
                | "_make_immutable"
                | "_make_mutable"
                | "_to_bytes"
                | "_to_str"
                | "_zero_fill"
        )
}

/// Types whose methods the table does not list entirely give a hole; of the others we know all.
fn missing(ty: &Ty, name: &str) -> Outcome {
    match ty {
        Ty::Module(module) => Outcome::Hole(Why::NotInTable(format!("{module}.{name}").into())),
        // The library's functions have no attributes; what we do not know may be a class with some.
        Ty::Function(function) if table::find(function).is_none() => {
            Outcome::Hole(Why::NotInTable(format!("{function}.{name}").into()))
        }
        // Numba's types have attributes for its own use.
        _ if is_internal(name) => Outcome::Hole(Why::NotInTable(name.into())),
        Ty::TypeRef(_) | Ty::Closure(_) => Outcome::Hole(Why::NotInTable(name.into())),
        _ => Outcome::refused(RefusalKind::NoAttribute(name.into())),
    }
}

/// The table's path of a method of this type: `array.sum`, `list.append`.
pub fn method_path(recv: &Ty, name: &str) -> Option<String> {
    let class = match recv {
        Ty::Optional(inner) => return method_path(inner, name),
        Ty::Array(array) => match array.kind {
            BufferKind::Array => "array",
            BufferKind::Bytes => "bytes",
            BufferKind::ByteArray | BufferKind::MemoryView | BufferKind::PyArray => return None,
        },
        Ty::Bool | Ty::Literal(Literal::Bool(_)) if name != "item" => return None,
        Ty::Complex(_) if name == "view" => return None,
        Ty::Bool
        | Ty::Int(_)
        | Ty::Float(_)
        | Ty::Complex(_)
        | Ty::Literal(Literal::Int(_) | Literal::Bool(_)) => "number",
        Ty::Str | Ty::Literal(Literal::Str(_)) => "str",
        Ty::UnicodeChars(_) | Ty::Chars(_) => "chars",
        Ty::Tuple(_) | Ty::StarArgs(_) | Ty::NamedTuple(_) | Ty::AnyTuple(_) => "tuple",
        Ty::List { .. } | Ty::LiteralList(_) => "list",
        Ty::TypedList(_) => "typed.List",
        Ty::Dict(_) => "dict",
        Ty::LiteralStrKeyDict(_) => "dict",
        Ty::Set { .. } => "set",
        Ty::TypedSet(_) => "typed.Set",
        Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)) => "slice",
        Ty::RandomGenerator => "generator",
        Ty::TypeRef(inner) => match &**inner {
            Ty::TypedList(_) => "typed.List",
            Ty::Dict(_) => "typed.Dict",
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("{class}.{name}"))
}
