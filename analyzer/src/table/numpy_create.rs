//! Functions of NumPy that make arrays from shapes, scalars and sequences.

use crate::ty::convert::can_convert;
use crate::ty::{ArrayTy, BufferKind, Layout, Literal, Ty, Why};

use super::operand::{
    DtypeArg, Typing, array, array_of, array_ty, as_dtype, asarray, bad, contiguous, dtype_arg, dtype_of,
    is_bool_ty, is_integer, is_integer_or_bool, is_nonelike, is_number_ty, is_uniform, known, need, nested,
    rank_of, typing, unwrap_optional,
};
use super::{Args, Function, Op, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.arange", "start, /, stop=None, step=None, dtype=None", arange),
    Function::new("numpy.array", "object, dtype=None", np_array).op(Op::ArrayFromSequence),
    Function::new("numpy.asarray", "a, dtype=None", np_asarray),
    Function::new("numpy.asarray_chkfinite", "a, dtype=None", asarray_chkfinite),
    Function::new("numpy.ascontiguousarray", "a", as_contiguous).op(Op::AsContiguous),
    Function::new("numpy.asfortranarray", "a", as_fortran),
    Function::new("numpy.copy", "a", copy),
    Function::new("numpy.empty", "shape, dtype=float", empty).op(Op::Empty),
    Function::new("numpy.empty_like", "arr, dtype=None", empty_like).op(Op::EmptyLike),
    Function::new("numpy.eye", "N, M=None, k=0, dtype=float", eye),
    Function::new("numpy.frombuffer", "buffer, dtype=float, count=-1, offset=0", frombuffer)
        .params_since(&[("count", (0, 62)), ("offset", (0, 62))]),
    Function::new("numpy.full", "shape, fill_value, dtype=None", full),
    Function::new("numpy.full_like", "a, fill_value, dtype=None", full_like),
    Function::new("numpy.geomspace", "start, stop, num=50", geomspace),
    Function::new("numpy.identity", "n, dtype=None", identity),
    Function::new("numpy.indices", "dimensions", indices),
    Function::new("numpy.linspace", "start, stop, num=50", linspace),
    Function::new("numpy.logspace", "start, stop, num=50", logspace),
    Function::new("numpy.ones", "shape, dtype=None", ones),
    Function::new("numpy.ones_like", "a, dtype=None", ones_like),
    Function::new("numpy.tri", "N, M=None, k=0", tri),
    Function::new("numpy.zeros", "shape, dtype=float", empty).op(Op::Zeros),
    Function::new("numpy.zeros_like", "a, dtype=None", empty_like).op(Op::ZerosLike),
];

/// The dtype of `zeros`, `ones` and `empty`: the only functions for which Python's `float` is one.
fn float_dtype(args: &Args<'_>) -> Typing {
    match args.get("dtype").map(dtype_of) {
        Some(DtypeArg::PythonType(name)) if &*name == "float" => Ok(Ty::FLOAT64),
        _ => Ok(dtype_arg(args, "dtype")?.unwrap_or(Ty::FLOAT64)),
    }
}

fn empty(args: &Args<'_>) -> Outcome {
    typing(|| {
        let ndim = rank_of(args, "shape")?;
        Ok(array(float_dtype(args)?, ndim, Layout::C))
    })
}

fn ones(args: &Args<'_>) -> Outcome {
    typing(|| {
        let ndim = rank_of(args, "shape")?;
        let elem = float_dtype(args)?;
        need(can_store(&Ty::INT64, &elem), args, "dtype")?;
        Ok(array(elem, ndim, Layout::C))
    })
}

/// Whether a value can be assigned to an element; `None` where a hole decides.
pub fn can_store(value: &Ty, elem: &Ty) -> Option<bool> {
    if value.has_hole() || elem.has_hole() {
        return None;
    }
    Some(can_convert(value, elem).is_some())
}

/// A dtype that Numba cannot read is silently taken as `float64`: `np.full(n, 1, dtype=int)` is an array of floats.
fn full(args: &Args<'_>) -> Outcome {
    typing(|| {
        let ndim = rank_of(args, "shape")?;
        let fill = args.req("fill_value");
        let elem = match args.get("dtype").filter(|dtype| !is_nonelike(dtype)) {
            None => {
                need(known(fill, can_be_element), args, "fill_value")?;
                fill.unliteral()
            }
            Some(dtype) => match dtype_of(dtype) {
                DtypeArg::Known(ty) => ty,
                DtypeArg::Hole => hole_like(dtype),
                DtypeArg::Refused if matches!(dtype, Ty::Str | Ty::Literal(Literal::Str(_))) => {
                    return Err(bad(args, "dtype"));
                }
                DtypeArg::Refused | DtypeArg::PythonType(_) => Ty::FLOAT64,
            },
        };
        need(can_store(fill, &elem), args, "fill_value")?;
        Ok(array(elem, ndim, Layout::C))
    })
}

fn hole_like(ty: &Ty) -> Ty {
    Ty::Hole(ty.why().unwrap_or(Why::NotModelled("a dtype")))
}

/// Arrays hold numbers and most other values, but no arrays, types or functions.
fn can_be_element(ty: &Ty) -> bool {
    !matches!(
        ty,
        Ty::Array(_)
            | Ty::NumberClass(_)
            | Ty::DType(_)
            | Ty::Function(_)
            | Ty::Dispatcher(_)
            | Ty::Closure(_)
    )
}

/// The array that `empty_like` makes: the prototype's rank and layout, writable; rank 0 for anything else.
fn like(args: &Args<'_>, prototype: &str) -> Result<ArrayTy, Outcome> {
    let given = args.req(prototype);
    let dtype = dtype_arg(args, "dtype")?;
    let source = match array_of(given) {
        Some(source) => source,
        None => {
            need(known(given, |ty| !matches!(ty, Ty::Array(_))), args, prototype)?;
            array_ty(given.unliteral(), Some(0), Layout::C)
        }
    };
    let layout = contiguous(source.layout);
    Ok(ArrayTy { elem: dtype.unwrap_or(source.elem.clone()), layout, readonly: false, ..source })
}

fn empty_like(args: &Args<'_>) -> Outcome {
    let prototype = if args.path == "numpy.empty_like" { "arr" } else { "a" };
    typing(|| Ok(Ty::Array(like(args, prototype)?.into())))
}

fn ones_like(args: &Args<'_>) -> Outcome {
    typing(|| {
        let array = like(args, "a")?;
        need(can_store(&Ty::INT64, &array.elem), args, "a")?;
        Ok(Ty::Array(array.into()))
    })
}

fn full_like(args: &Args<'_>) -> Outcome {
    typing(|| {
        let array = like(args, "a")?;
        need(can_store(args.req("fill_value"), &array.elem), args, "fill_value")?;
        Ok(Ty::Array(array.into()))
    })
}

fn np_array(args: &Args<'_>) -> Outcome {
    typing(|| {
        let object = args.req("object");
        let dtype = dtype_arg(args, "dtype")?;
        if let Ty::Iter(_) | Ty::NamedTuple(_) = object {
            need(super::operand::can_asarray(object), args, "object")?;
        }
        if is_text_or_class(object) {
            return Err(bad(args, "object"));
        }
        let (ndim, elem) = nested(object).ok_or_else(|| bad(args, "object"))?;
        Ok(array(dtype.unwrap_or(elem), ndim, Layout::C))
    })
}

/// Scalars with a dtype that `numpy.array` does not take: only numbers become arrays of rank 0.
fn is_text_or_class(ty: &Ty) -> bool {
    !ty.is_number() && as_dtype(ty).is_some() && !ty.is_hole() && !matches!(ty, Ty::Opaque(_))
}

fn np_asarray(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = unwrap_scalar(args.req("a"));
        let dtype = args.get("dtype").filter(|dtype| !is_nonelike(dtype));
        let source = asarray(given).ok_or_else(|| bad(args, "a"))?;
        // The dtype of a constant string is not looked at.
        let dtype = dtype.filter(|_| !matches!(given, Ty::Literal(Literal::Str(_))));
        let Some(dtype) = dtype else { return Ok(Ty::Array(source.into())) };
        // Anything with a `dtype` equal to the array's own will do: another array, a list.
        if matches!(given, Ty::Array(_))
            && let Some(elem) = element_dtype(dtype)
        {
            let open = elem.has_hole() || source.elem.has_hole();
            need(Some(open || elem == source.elem), args, "dtype")?;
            return Ok(Ty::Array(source.into()));
        }
        if given.is_hole() {
            return Ok(array(as_dtype(dtype).unwrap_or_else(|| hole_like(dtype)), None, Layout::Hole));
        }
        if given.is_number() {
            need(known(dtype, |ty| as_dtype(unwrap_optional(ty)).is_some()), args, "dtype")?;
            return Ok(array(as_dtype(unwrap_optional(dtype)).unwrap_or(Ty::FLOAT64), Some(0), Layout::C));
        }
        let elem = match given {
            // The list's numbers are copied into an array of any type that the argument stands for.
            Ty::TypedList(_) if dtype.is_number() => dtype.unliteral(),
            _ => dtype_arg(args, "dtype")?.unwrap_or_else(|| source.elem.clone()),
        };
        Ok(converted(source, elem))
    })
}

/// What Numba finds as the `dtype` of a container's type.
fn element_dtype(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Array(array) => Some(array.elem.clone()),
        Ty::List { elem, .. } | Ty::TypedList(elem) | Ty::Set { elem, .. } => Some((**elem).clone()),
        Ty::Tuple(items) if is_uniform(items.iter()) => items.first().cloned(),
        _ => None,
    }
}

/// The array itself where it has this dtype, else a copy in order.
fn converted(source: ArrayTy, elem: Ty) -> Ty {
    if elem == source.elem {
        return Ty::Array(source.into());
    }
    let open = source.layout == Layout::A && (elem.is_hole() || source.elem.is_hole());
    let layout = if open { Layout::Hole } else { contiguous(source.layout) };
    array(elem, source.ndim, layout)
}

/// An optional number or array is unwrapped by the call.
fn unwrap_scalar(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) if inner.is_number() || matches!(**inner, Ty::Array(_)) => inner,
        other => other,
    }
}

fn asarray_chkfinite(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        let sequence = |ty: &Ty| array_of(ty).is_some() || (nested(ty).is_some() && as_dtype(ty).is_none());
        need(known(given, sequence), args, "a")?;
        let source = asarray(given).ok_or_else(|| bad(args, "a"))?;
        need(known(&source.elem, Ty::is_number), args, "a")?;
        let items: Vec<Ty> = given.tuple_items().unwrap_or_default().iter().map(Ty::unliteral).collect();
        let plain = |item: &Ty| item.is_number() || item.is_hole();
        need(Some(items.iter().all(plain) && (items.is_empty() || is_uniform(items.iter()))), args, "a")?;
        let elem = match args.get("dtype").filter(|dtype| !is_nonelike(dtype)) {
            None => source.elem.clone(),
            Some(dtype) => as_dtype(dtype).ok_or_else(|| bad(args, "dtype"))?,
        };
        Ok(converted(source, elem))
    })
}

/// Numbers and arrays; rank 0 becomes rank 1.
fn in_order(args: &Args<'_>, layout: Layout) -> Outcome {
    typing(|| {
        let given = args.req("a");
        let source = match array_of(given) {
            Some(source) => source,
            None if given.is_number() => array_ty(given.unliteral(), Some(0), Layout::C),
            None => return Err(bad(args, "a")),
        };
        let ndim = source.ndim.map(|ndim| ndim.max(1));
        // A vector in C order is in Fortran order too, and keeps the spelling of the order that was asked for.
        Ok(Ty::Array(
            ArrayTy { ndim, layout, readonly: source.readonly && source.layout == layout, ..source }.into(),
        ))
    })
}

fn as_contiguous(args: &Args<'_>) -> Outcome {
    in_order(args, Layout::C)
}

fn as_fortran(args: &Args<'_>) -> Outcome {
    in_order(args, Layout::F)
}

fn copy(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray(args.req("a")).ok_or_else(|| bad(args, "a"))?;
        let layout = contiguous(source.layout);
        Ok(Ty::Array(ArrayTy { layout, readonly: false, ..source }.into()))
    })
}

/// The class of the result is that of the widest bound: complex, float, or `int64`. Unsigned bounds crash Numba
/// where no float decides and no dtype is given.
fn arange(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut bounds = Vec::new();
        for param in ["start", "stop", "step"] {
            let Some(bound) = args.get(param).map(unwrap_optional) else { continue };
            if param != "start" && is_nonelike(bound) {
                continue;
            }
            need(known(bound, is_number_ty), args, param)?;
            bounds.push((param, bound));
        }
        if let Some(dtype) = args.get("dtype").map(unwrap_optional).filter(|dtype| !is_nonelike(dtype)) {
            return match dtype_of(dtype) {
                DtypeArg::Known(elem) if !matches!(dtype, Ty::Literal(_)) => {
                    Ok(array(elem, Some(1), Layout::C))
                }
                DtypeArg::Hole => Ok(array(hole_like(dtype), Some(1), Layout::C)),
                DtypeArg::PythonType(name) => Err(args.refuse("dtype", RefusalKind::PythonDtype(name))),
                _ => Err(bad(args, "dtype")),
            };
        }
        let elem = if bounds.iter().any(|(_, bound)| matches!(bound, Ty::Complex(_))) {
            Ty::COMPLEX128
        } else if let Some((_, hole)) = bounds.iter().find(|(_, bound)| bound.is_hole()) {
            hole_like(hole)
        } else if bounds.iter().any(|(_, bound)| matches!(bound, Ty::Float(_))) {
            Ty::FLOAT64
        } else if let Some((param, _)) = bounds.iter().find(|(_, bound)| is_unsigned(bound)) {
            return Err(bad(args, param));
        } else {
            Ty::INT64
        };
        Ok(array(elem, Some(1), Layout::C))
    })
}

fn is_unsigned(ty: &Ty) -> bool {
    matches!(ty.unliteral(), Ty::Int(int) if !int.signed())
}

/// `float64` or `complex128`, whatever the precision of the bounds.
fn spaced(args: &Args<'_>) -> Typing {
    let mut elem = Ty::FLOAT64;
    for param in ["start", "stop"] {
        let given = args.req(param);
        // Only `linspace` looks inside an optional.
        let bound = if args.path == "numpy.linspace" { unwrap_optional(given) } else { given };
        need(known(bound, is_number_ty), args, param)?;
        match bound {
            Ty::Complex(_) => elem = Ty::COMPLEX128,
            hole if hole.is_hole() && elem == Ty::FLOAT64 => elem = hole_like(hole),
            _ => {}
        }
    }
    if let Some(num) = args.get("num") {
        need(is_integer(num), args, "num")?;
    }
    Ok(array(elem, Some(1), Layout::C))
}

fn linspace(args: &Args<'_>) -> Outcome {
    typing(|| spaced(args))
}

fn logspace(args: &Args<'_>) -> Outcome {
    typing(|| spaced(args))
}

fn geomspace(args: &Args<'_>) -> Outcome {
    typing(|| spaced(args))
}

/// A square matrix with ones on a diagonal. Numbers stand for their type as dtypes; `float` crashes Numba.
fn eye(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(is_integer(args.req("N")), args, "N")?;
        if let Some(columns) = args.get("M").filter(|columns| !is_nonelike(columns)) {
            need(is_integer(columns), args, "M")?;
        }
        if let Some(offset) = args.get("k") {
            need(is_integer_or_bool(unwrap_optional(offset)), args, "k")?;
        }
        let elem = match args.get("dtype").filter(|dtype| !is_nonelike(dtype)) {
            None => Ty::FLOAT64,
            Some(number) if is_number_ty(number) => number.unliteral(),
            Some(Ty::Literal(_)) => return Err(bad(args, "dtype")),
            Some(_) => dtype_arg(args, "dtype")?.unwrap_or(Ty::FLOAT64),
        };
        Ok(array(elem, Some(2), Layout::C))
    })
}

fn identity(args: &Args<'_>) -> Outcome {
    typing(|| {
        let size = args.req("n");
        need(known(size, |ty| ty.is_integer() || ty.is_int_enum_member()), args, "n")?;
        let elem = match args.get("dtype").map(dtype_of) {
            Some(DtypeArg::Known(ty)) => ty,
            Some(DtypeArg::Hole) => args.get("dtype").map_or(Ty::FLOAT64, hole_like),
            Some(DtypeArg::Refused)
                if matches!(args.get("dtype"), Some(Ty::Str | Ty::Literal(Literal::Str(_)))) =>
            {
                return Err(bad(args, "dtype"));
            }
            _ => Ty::FLOAT64,
        };
        need(can_store(&Ty::INT64, &elem), args, "dtype")?;
        Ok(array(elem, Some(2), Layout::C))
    })
}

fn tri(args: &Args<'_>) -> Outcome {
    typing(|| {
        let count = |ty: &Ty| {
            let ty = unwrap_optional(ty).unliteral();
            (ty.is_integer() && ty != Ty::UINT64) || is_bool_ty(&ty)
        };
        need(known(args.req("N"), count), args, "N")?;
        if let Some(columns) = args.get("M").filter(|columns| !is_nonelike(columns)) {
            need(known(columns, count), args, "M")?;
        }
        if let Some(offset) = args.get("k") {
            need(is_integer(offset), args, "k")?;
        }
        Ok(array(Ty::FLOAT64, Some(2), Layout::C))
    })
}

/// A tuple of n integers of one type gives n grids of rank n in one array.
fn indices(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("dimensions");
        if given.is_hole() {
            return Ok(array(Ty::INT64, None, Layout::C));
        }
        let items = given.tuple_items().ok_or_else(|| bad(args, "dimensions"))?;
        let fits = !items.is_empty() && items.iter().all(|item| is_integer(item) != Some(false));
        need(Some(fits), args, "dimensions")?;
        Ok(array(Ty::INT64, u8::try_from(items.len() + 1).ok(), Layout::C))
    })
}

/// Any contiguous buffer, read as a vector.
fn frombuffer(args: &Args<'_>) -> Outcome {
    typing(|| {
        let buffer = args.req("buffer");
        let readonly = match buffer {
            Ty::Array(source) if matches!(source.layout, Layout::A | Layout::F) => {
                return Err(args.refuse("buffer", RefusalKind::NotContiguous));
            }
            Ty::Array(source) => source.readonly || source.kind == BufferKind::Bytes,
            hole => {
                need(known(hole, |_| false), args, "buffer")?;
                false
            }
        };
        let elem = float_dtype(args)?;
        Ok(Ty::Array(ArrayTy { readonly, ..array_ty(elem, Some(1), Layout::C) }.into()))
    })
}

/// A bool counts as a number here.
pub fn is_scalar(ty: &Ty) -> bool {
    is_number_ty(ty) || is_bool_ty(ty)
}
