//! NumPy values at module level: dtypes, records, and arrays whose type their constructor shows.

use std::sync::Arc;

use super::eval::Eval;
use super::value::{Args, SeqKind, V, unknown, value};
use super::{Global, arrays, builtins};
use crate::ty::{ArrayTy, BufferKind, Const, FloatTy, IntTy, Layout, Name, RecordField, RecordTy, Ty};

/// A call of a function of NumPy.
pub(super) fn call<'db>(eval: &Eval<'db>, path: &str, args: &Args<'db>) -> V<'db> {
    if args.open {
        return unknown("the arguments of a call");
    }
    let name = path.trim_start_matches("numpy.");
    let array = |elem: Option<Ty>, ndim: Option<u8>| match (elem, ndim) {
        (Some(elem), Some(ndim)) => global_array(elem, ndim, Layout::C),
        _ => unknown("an array"),
    };
    let dtype = |at: usize, otherwise: Option<Ty>| match args.get(at, "dtype") {
        None | Some(V::Global(Global::Const(Const::None))) => otherwise,
        Some(given) => of_value(eval, given),
    };
    match name {
        "dtype" => match args.positional.first().and_then(|arg| of_dtype_call(eval, arg, args)) {
            Some(ty) => value(Ty::DType(Arc::new(ty))),
            None => unknown("a dtype"),
        },
        "iinfo" | "finfo" => match args.positional.first().and_then(|arg| of_value(eval, arg)) {
            Some(ty) => value(Ty::Opaque(format!("{name}({ty})").into())),
            None => unknown("a call"),
        },
        "zeros" | "ones" | "empty" => {
            let fortran = args.get(2, "order").and_then(V::as_str).is_some_and(|order| &**order == "F");
            let ndim = args.get(0, "shape").and_then(|shape| rank_of_shape(eval, shape));
            match (dtype(1, Some(Ty::FLOAT64)), ndim, fortran) {
                (Some(elem), Some(ndim), true) if ndim > 1 => global_array(elem, ndim, Layout::F),
                (elem, ndim, _) => array(elem, ndim),
            }
        }
        "full" => {
            let fill = args.get(1, "fill_value").and_then(|fill| scalar_of(eval, fill));
            array(dtype(2, fill), args.get(0, "shape").and_then(|shape| rank_of_shape(eval, shape)))
        }
        "array" | "asarray" | "ascontiguousarray" => match args.get(0, "object").or_else(|| args.get(0, "a"))
        {
            Some(object) => match of_object(eval, object) {
                Some((elem, ndim)) => match dtype(1, Some(elem)) {
                    // A tuple is one record.
                    Some(Ty::Record(_)) => unknown("an array of records"),
                    elem => array(elem, Some(ndim)),
                },
                None => arrays::call(eval, path, args),
            },
            None => unknown("an array"),
        },
        "arange" => {
            let floats = args.positional.iter().take(3).map(|arg| scalar_of(eval, arg));
            let inferred = floats.reduce(|a, b| match (a?, b?) {
                (Ty::Int(_), Ty::Int(_)) => Some(Ty::INT64),
                (Ty::Float(_) | Ty::Int(_), Ty::Float(_) | Ty::Int(_)) => Some(Ty::FLOAT64),
                _ => None,
            });
            array(dtype(3, inferred.flatten()), Some(1))
        }
        "linspace" | "logspace" | "geomspace" => {
            let scalars = args.positional.iter().take(2).all(|arg| scalar_of(eval, arg).is_some());
            array(dtype(5, Some(Ty::FLOAT64)).filter(|_| scalars), Some(1))
        }
        "eye" | "identity" => array(dtype(if name == "eye" { 3 } else { 1 }, Some(Ty::FLOAT64)), Some(2)),
        "zeros_like" | "ones_like" | "empty_like" | "copy" => {
            match args.positional.first().map(|arg| eval.finish(arg)) {
                Some(Global::Value(Ty::Array(of))) if of.layout == Layout::C => {
                    array(dtype(1, Some(of.elem.clone())), of.ndim)
                }
                _ => arrays::call(eval, path, args),
            }
        }
        _ => match builtins::math(name, args, true) {
            V::Unknown(_) => arrays::call(eval, path, args),
            known => known,
        },
    }
}

/// An array as a global has it: frozen, so read-only.
fn global_array<'db>(elem: Ty, ndim: u8, layout: Layout) -> V<'db> {
    let aligned = !matches!(&elem, Ty::Record(record) if !record.aligned);
    value(Ty::Array(Arc::new(ArrayTy {
        elem,
        ndim: Some(ndim),
        layout,
        readonly: true,
        aligned,
        kind: BufferKind::Array,
    })))
}

pub(super) fn transposed(ndim: Option<u8>, layout: Layout) -> Layout {
    match (ndim, layout) {
        (Some(0 | 1), layout) => layout,
        (_, Layout::C) => Layout::F,
        (_, Layout::F) => Layout::C,
        (_, layout) => layout,
    }
}

fn rank_of_shape<'db>(eval: &Eval<'db>, shape: &V<'db>) -> Option<u8> {
    match eval.finish(shape) {
        Global::Const(Const::Int(_)) | Global::Scalar(Ty::Int(_), _) => Some(1),
        Global::Const(Const::Tuple(lens)) => u8::try_from(lens.len()).ok(),
        _ => match shape {
            V::Seq(_, lens) => u8::try_from(lens.borrow().len()).ok(),
            _ => None,
        },
    }
}

/// The type of a scalar as NumPy sees it.
fn scalar_of<'db>(eval: &Eval<'db>, scalar: &V<'db>) -> Option<Ty> {
    match eval.finish(scalar) {
        Global::Const(Const::Bool(_)) => Some(Ty::Bool),
        Global::Const(Const::Int(int)) => Some(Ty::of_int(int.get())),
        Global::Const(Const::Float(_)) => Some(Ty::FLOAT64),
        Global::Const(Const::Complex(..)) => Some(Ty::COMPLEX128),
        Global::Scalar(ty, _) => Some(ty),
        Global::Value(ty @ (Ty::Bool | Ty::Int(_) | Ty::Float(_) | Ty::Complex(_))) => Some(ty),
        _ => None,
    }
}

/// Element type and rank of the array made of a list.
pub(super) fn of_object<'db>(eval: &Eval<'db>, object: &V<'db>) -> Option<(Ty, u8)> {
    match object {
        V::Seq(SeqKind::List | SeqKind::Tuple, items) => {
            let items = items.borrow();
            if items.is_empty() {
                return Some((Ty::FLOAT64, 1));
            }
            let mut joined: Option<(Ty, u8)> = None;
            for item in items.iter() {
                let (elem, ndim) = of_object(eval, item)?;
                joined = Some(match joined {
                    None => (elem, ndim),
                    Some((other, rank)) if rank == ndim => (wider(other, elem)?, ndim),
                    Some(_) => return None,
                });
            }
            let (elem, ndim) = joined?;
            Some((elem, ndim + 1))
        }
        V::Global(Global::Value(Ty::Array(array))) => Some((array.elem.clone(), array.ndim?)),
        V::Global(Global::Const(Const::Str(text))) => {
            Some((Ty::UnicodeChars(u32::try_from(text.chars().count()).ok()?), 0))
        }
        scalar => scalar_of(eval, scalar).map(|ty| (ty, 0)),
    }
}

/// The element type that holds both, of Python's numbers.
fn wider(a: Ty, b: Ty) -> Option<Ty> {
    let rank = |ty: &Ty| match *ty {
        Ty::Bool => Some(0),
        Ty::INT64 => Some(1),
        Ty::FLOAT64 => Some(2),
        Ty::COMPLEX128 => Some(3),
        _ => None,
    };
    if a == b {
        return Some(a);
    }
    if let (Ty::UnicodeChars(x), Ty::UnicodeChars(y)) = (&a, &b) {
        return Some(Ty::UnicodeChars(*x.max(y)));
    }
    let (rank_a, rank_b) = (rank(&a)?, rank(&b)?);
    // A list of truth values and numbers is one of numbers.
    Some(if rank_a >= rank_b { a } else { b })
}

/// The type that a value stands for where NumPy wants a dtype.
pub(in crate::hir) fn of_value<'db>(eval: &Eval<'db>, dtype: &V<'db>) -> Option<Ty> {
    match dtype {
        V::Global(Global::Value(Ty::NumberClass(ty) | Ty::DType(ty))) => Some((**ty).clone()),
        V::Global(Global::Value(Ty::Function(path))) => match &**path {
            "builtins.float" => Some(Ty::FLOAT64),
            "builtins.int" => Some(Ty::INT64),
            "builtins.bool" => Some(Ty::Bool),
            "builtins.complex" => Some(Ty::COMPLEX128),
            _ => None,
        },
        V::Global(Global::Const(Const::Str(text))) => of_string(text),
        V::Seq(SeqKind::List, items) => {
            record(eval, &items.borrow(), false).map(|record| Ty::Record(Arc::new(record)))
        }
        _ => None,
    }
}

fn of_dtype_call<'db>(eval: &Eval<'db>, arg: &V<'db>, args: &Args<'db>) -> Option<Ty> {
    let align = match args.get(1, "align").and_then(V::as_const) {
        None => false,
        Some(value) => value.truth(),
    };
    match arg {
        V::Seq(SeqKind::List, items) => {
            record(eval, &items.borrow(), align).map(|record| Ty::Record(Arc::new(record)))
        }
        other => of_value(eval, other),
    }
}

/// `'f8'`, `'<i4'`, `'float32'`, `'U5'`, `'M8[ns]'`. Big-endian types are none of Numba's.
fn of_string(text: &str) -> Option<Ty> {
    let code = text.trim_start_matches(['<', '=', '|']);
    let named = match code {
        "float" | "double" | "d" => Some(Ty::FLOAT64),
        "single" | "f" => Some(Ty::FLOAT32),
        "half" | "e" => Some(Ty::Float(FloatTy::F16)),
        "int" | "intp" | "long" | "l" | "q" | "p" => Some(Ty::INT64),
        "uint" | "uintp" | "L" | "Q" | "P" => Some(Ty::UINT64),
        "intc" | "i" => Some(Ty::Int(IntTy::I32)),
        "uintc" | "I" => Some(Ty::Int(IntTy::U32)),
        "short" | "h" => Some(Ty::Int(IntTy::I16)),
        "H" => Some(Ty::Int(IntTy::U16)),
        "byte" | "b" => Some(Ty::Int(IntTy::I8)),
        "ubyte" | "B" => Some(Ty::Int(IntTy::U8)),
        "complex" | "D" => Some(Ty::COMPLEX128),
        "F" => Some(Ty::COMPLEX64),
        "?" | "bool" | "bool_" | "b1" => Some(Ty::Bool),
        "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" | "float16"
        | "float32" | "float64" | "complex64" | "complex128" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2"
        | "u4" | "u8" | "f2" | "f4" | "f8" | "c8" | "c16" => crate::ty::parse::scalar(code),
        _ => None,
    };
    if named.is_some() {
        return named;
    }
    let unit = |class: &str| code.strip_prefix(class)?.strip_prefix('[')?.strip_suffix(']').map(Name::from);
    if let Some(unit) = unit("M8").or_else(|| unit("datetime64")) {
        return Some(Ty::DateTime(unit));
    }
    if let Some(unit) = unit("m8").or_else(|| unit("timedelta64")) {
        return Some(Ty::TimeDelta(unit));
    }
    if let Some(count) = code.strip_prefix('U') {
        return count.parse().ok().map(Ty::UnicodeChars);
    }
    code.strip_prefix('S').and_then(|count| count.parse().ok()).map(Ty::Chars)
}

/// `[('x', 'f8'), ('y', np.int32, (3,)), (('title', 'z'), 'i2')]`
fn record<'db>(eval: &Eval<'db>, items: &[V<'db>], align: bool) -> Option<RecordTy> {
    let mut fields = Vec::new();
    let (mut offset, mut alignment) = (0u32, 1u32);
    for item in items {
        let parts = item.items()?;
        let (name, title) = match parts.first()? {
            V::Seq(SeqKind::Tuple, pair) => {
                let pair = pair.borrow();
                (pair.get(1)?.as_str()?.clone(), Some(pair.first()?.as_str()?.clone()))
            }
            name => (name.as_str()?.clone(), None),
        };
        let elem = of_value(eval, parts.get(1)?)?;
        let (mut size, own) = size_of(&elem)?;
        let ty = match parts.get(2) {
            None => elem,
            Some(shape) => {
                let lens = match eval.finish(shape) {
                    Global::Const(Const::Int(len)) => vec![u32::try_from(len.get()).ok()?],
                    Global::Const(Const::Tuple(lens)) => lens
                        .iter()
                        .map(|len| match len {
                            Const::Int(len) => u32::try_from(len.get()).ok(),
                            _ => None,
                        })
                        .collect::<Option<_>>()?,
                    _ => return None,
                };
                size = lens.iter().try_fold(size, |size, len| size.checked_mul(*len))?;
                if lens.is_empty() { elem } else { Ty::NestedArray(Arc::new((elem, lens))) }
            }
        };
        if align {
            offset = offset.next_multiple_of(own);
            alignment = alignment.max(own);
        }
        if let Some(title) = &title {
            fields.push(RecordField {
                name: title.clone(),
                ty: ty.clone(),
                offset,
                title: Some(title.clone()),
            });
        }
        fields.push(RecordField { name, ty, offset, title });
        offset = offset.checked_add(size)?;
    }
    let size = if align { offset.next_multiple_of(alignment) } else { offset };
    // Numba lists the fields by offset, then name.
    fields.sort_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
    Some(RecordTy { fields, size, aligned: align })
}

/// Size and alignment in bytes.
fn size_of(ty: &Ty) -> Option<(u32, u32)> {
    Some(match ty {
        Ty::Bool => (1, 1),
        Ty::Int(int) => (int.bits() / 8, int.bits() / 8),
        Ty::Float(float) => (float.bits() / 8, float.bits() / 8),
        Ty::Complex(complex) => (complex.part().bits() / 4, complex.part().bits() / 8),
        Ty::DateTime(_) | Ty::TimeDelta(_) => (8, 8),
        Ty::UnicodeChars(count) => (count.checked_mul(4)?, 4),
        Ty::Chars(count) => (*count, 1),
        Ty::Record(record) => (record.size, if record.aligned { 8 } else { 1 }),
        _ => return None,
    })
}
