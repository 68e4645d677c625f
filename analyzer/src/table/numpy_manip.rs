//! NumPy's functions that rearrange and index one array.

use crate::ty::convert::can_convert;
use crate::ty::{ArrayTy, Layout, Literal, Ty};

use super::operand::{
    array, array_arg, array_of, array_ty, asarray_arg, bad, can_asarray, contiguous, is_bool_ty, is_integer,
    is_integer_or_bool, is_nonelike, known, need, open_result, optional_arg, rank_of, typing,
    unwrap_optional,
};
use super::{Args, Function, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.delete", "arr, obj", delete),
    Function::new("numpy.expand_dims", "a, axis", expand_dims),
    Function::new("numpy.fill_diagonal", "a, val, wrap=False", fill_diagonal),
    Function::new("numpy.flip", "m", flip),
    Function::new("numpy.fliplr", "m", fliplr),
    Function::new("numpy.flipud", "m", flipud),
    Function::new("numpy.insert", "arr, obj, values, axis=None", insert).since((0, 67)),
    Function::new("numpy.lib.stride_tricks.as_strided", "x, shape=None, strides=None", as_strided),
    Function::new(
        "numpy.lib.stride_tricks.sliding_window_view",
        "x, window_shape, axis=None",
        sliding_window,
    ),
    Function::new("numpy.moveaxis", "a, source, destination", moveaxis).since((0, 64)),
    Function::new("numpy.ravel", "a, /", ravel),
    Function::new("numpy.repeat", "a, repeats", repeat).opens_optional(),
    Function::new("numpy.reshape", "a, shape", reshape).opens_optional(),
    Function::new("numpy.resize", "a, new_shape", resize),
    Function::new("numpy.roll", "a, shift", roll).opens_optional(),
    Function::new("numpy.rot90", "m, k=1", rot90),
    Function::new("numpy.shape", "a", np_shape),
    Function::new("numpy.size", "a", size),
    Function::new("numpy.swapaxes", "a, axis1, axis2", swapaxes),
    Function::new("numpy.take", "a, indices, axis=None", take)
        .params_since(&[("axis", (0, 61))])
        .opens_optional(),
    Function::new("numpy.take_along_axis", "arr, indices, axis", take_along_axis),
    Function::new("numpy.transpose", "a, axes=None", transpose),
    Function::new("numpy.tril", "m, k=0", triangle),
    Function::new("numpy.tril_indices", "n, k=0, m=None", triangle_indices),
    Function::new("numpy.tril_indices_from", "arr, k=0", triangle_indices_from),
    Function::new("numpy.trim_zeros", "filt, trim='fb'", trim_zeros),
    Function::new("numpy.triu", "m, k=0", triangle),
    Function::new("numpy.triu_indices", "n, k=0, m=None", triangle_indices),
    Function::new("numpy.triu_indices_from", "arr, k=0", triangle_indices_from),
];

pub fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

pub fn is_index_list(ty: &Ty) -> bool {
    ty.is_integer()
        || matches!(ty, Ty::Array(array) if array.ndim == Some(1) && array.elem.is_integer())
        || matches!(ty, Ty::List { elem, .. } if elem.is_integer())
        || ty.tuple_items().is_some_and(|items| !items.is_empty() && items.iter().all(Ty::is_integer))
}

/// Whether what is given is a sequence or an array, not a scalar.
fn is_sequence(ty: &Ty) -> Option<bool> {
    known(ty, |ty| {
        !ty.is_number() && !matches!(ty, Ty::TypedList(_) | Ty::Literal(_)) && can_asarray(ty) == Some(true)
    })
}

fn is_uniform(ty: &Ty) -> bool {
    match ty.tuple_items() {
        Some(items) => super::operand::is_uniform(items.iter()),
        None => true,
    }
}

fn delete(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "arr")?;
        need(is_sequence(args.req("arr")).map(|yes| yes && is_uniform(args.req("arr"))), args, "arr")?;
        let places = args.req("obj");
        let fits = |ty: &Ty| {
            is_index_list(ty) || matches!(ty, Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)))
        };
        need(known(places, fits), args, "obj")?;
        Ok(vector(source.elem))
    })
}

fn insert(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "arr")?;
        need(is_sequence(args.req("arr")).map(|yes| yes && is_uniform(args.req("arr"))), args, "arr")?;
        need(known(args.req("obj"), is_index_list), args, "obj")?;
        let values = asarray_arg(args, "values")?;
        if !values.elem.has_hole() && !source.elem.has_hole() {
            need(Some(can_convert(&values.elem, &source.elem).is_some()), args, "values")?;
        }
        if let Some(axis) = args.get("axis") {
            need(known(axis, is_nonelike), args, "axis")?;
        }
        Ok(vector(source.elem))
    })
}

fn expand_dims(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "a")?;
        need(is_integer(args.req("axis")), args, "axis")?;
        let ndim = source.ndim.map(|ndim| ndim + 1);
        let layout = match source.ndim {
            Some(0 | 1) => source.layout,
            Some(_) => Layout::A,
            None => Layout::Hole,
        };
        Ok(Ty::Array(ArrayTy { ndim, layout, ..source }.into()))
    })
}

fn fill_diagonal(args: &Args<'_>) -> Outcome {
    typing(|| {
        let target = array_arg(args, "a")?;
        need(target.ndim.map(|ndim| ndim > 1), args, "a")?;
        if target.readonly {
            return Err(args.refuse("a", RefusalKind::Readonly(args.req("a").clone())));
        }
        let values = asarray_arg(args, "val")?;
        super::operand::flag_arg(args, "wrap")?;
        if !values.elem.has_hole() && !target.elem.has_hole() {
            need(Some(can_convert(&values.elem, &target.elem).is_some()), args, "val")?;
        }
        Ok(Ty::None)
    })
}

fn strided(source: ArrayTy) -> Ty {
    Ty::Array(ArrayTy { layout: Layout::A, ..source }.into())
}

fn flip(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "m")?;
        Ok(match source.ndim {
            Some(0) => source.elem,
            None => open_result(args),
            _ => strided(source),
        })
    })
}

fn flipped(args: &Args<'_>, least: u8) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "m")?;
        need(source.ndim.map(|ndim| ndim >= least), args, "m")?;
        Ok(strided(source))
    })
}

fn fliplr(args: &Args<'_>) -> Outcome {
    flipped(args, 2)
}

fn flipud(args: &Args<'_>) -> Outcome {
    flipped(args, 1)
}

fn rot90(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "m")?;
        need(source.ndim.map(|ndim| ndim >= 2), args, "m")?;
        if let Some(turns) = args.get("k") {
            need(is_integer(turns), args, "k")?;
        }
        Ok(strided(source))
    })
}

fn as_strided(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "x")?;
        let ndim = |param: &str| match args.get(param).filter(|arg| !is_nonelike(arg)) {
            None => Ok(source.ndim),
            Some(arg) if arg.is_integer() => Err(bad(args, param)),
            Some(_) => rank_of(args, param),
        };
        // Numba's defaults do not compile: both must be given.
        for param in ["shape", "strides"] {
            if args.get(param).is_none_or(is_nonelike) {
                return Err(Outcome::refused(RefusalKind::MissingArgument(param.into())));
            }
        }
        let (by_shape, by_strides) = (ndim("shape")?, ndim("strides")?);
        if let (Some(left), Some(right)) = (by_shape, by_strides) {
            need(Some(left == right), args, "strides")?;
        }
        Ok(Ty::Array(ArrayTy { ndim: by_shape.or(by_strides), layout: Layout::A, ..source.clone() }.into()))
    })
}

/// One more axis for each window.
fn sliding_window(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "x")?;
        let more = rank_of(args, "window_shape")?;
        optional_arg(args, "axis", |axis| {
            axis.is_integer() || axis.tuple_items().is_some_and(|items| items.iter().all(Ty::is_integer))
        })?;
        let ndim = source.ndim.zip(more).map(|(ndim, more)| ndim + more);
        Ok(Ty::Array(ArrayTy { ndim, layout: Layout::A, readonly: source.readonly, ..source }.into()))
    })
}

fn is_axis_list(ty: &Ty) -> bool {
    ty.is_integer()
        || ty.tuple_items().is_some_and(|items| !items.is_empty() && items.iter().all(Ty::is_integer))
}

fn moveaxis(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "a")?;
        need(known(args.req("source"), is_axis_list), args, "source")?;
        need(known(args.req("destination"), is_axis_list), args, "destination")?;
        Ok(strided(source))
    })
}

fn swapaxes(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "a")?;
        need(is_integer(args.req("axis1")), args, "axis1")?;
        need(is_integer(args.req("axis2")), args, "axis2")?;
        Ok(strided(source))
    })
}

/// Without axes C and Fortran order change places; with a tuple of axes the result is strided. A single integer is
/// taken for the only axis of a vector.
fn transpose(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        let axes = args.get("axes").map(unwrap_optional).filter(|axes| !is_nonelike(axes));
        let Some(axes) = axes else { return Ok(Ty::Array(transposed(source).into())) };
        need(known(axes, is_axis_list), args, "axes")?;
        let count = axes.tuple_items().map(|items| items.len());
        if let (Some(ndim), false) = (source.ndim, axes.is_hole()) {
            need(Some(count.unwrap_or(1) == usize::from(ndim)), args, "axes")?;
        }
        Ok(match count {
            Some(_) => strided(source),
            None if axes.is_hole() => Ty::Array(ArrayTy { layout: Layout::Hole, ..source }.into()),
            None => Ty::Array(transposed(source).into()),
        })
    })
}

/// The type of `a.T`.
fn transposed(source: ArrayTy) -> ArrayTy {
    let layout = match (source.ndim, source.layout) {
        (Some(0 | 1), layout) => layout,
        (None, _) => Layout::Hole,
        (_, Layout::C) => Layout::F,
        (_, Layout::F) => Layout::C,
        (_, layout) => layout,
    };
    ArrayTy { layout, ..source }
}

/// A contiguous array keeps its writability, a strided one is copied.
fn ravel(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        let readonly = source.readonly && source.layout == Layout::C;
        Ok(Ty::Array(ArrayTy { ndim: Some(1), layout: Layout::C, readonly, ..source }.into()))
    })
}

/// Contiguous arrays only; the order is kept, even that of a vector made of a matrix in Fortran order.
fn reshape(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "a")?;
        if source.layout == Layout::A {
            return Err(args.refuse("a", RefusalKind::NotContiguous));
        }
        let ndim = rank_of(args, "shape")?;
        Ok(Ty::Array(ArrayTy { ndim, ..source }.into()))
    })
}

fn resize(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "a")?;
        need(known(args.req("a"), |ty| !matches!(ty, Ty::Literal(Literal::Str(_)))), args, "a")?;
        let ndim = rank_of(args, "new_shape")?;
        Ok(array(source.elem, ndim, Layout::C))
    })
}

fn repeat(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "a")?;
        let given = args.req("a");
        need(known(given, |ty| !matches!(ty, Ty::Literal(Literal::Str(_)) | Ty::TypedList(_))), args, "a")?;
        let fits = |ty: &Ty| {
            ty.is_integer()
                || matches!(ty, Ty::Array(array) if array.elem.is_integer())
                || matches!(ty, Ty::List { elem, .. } if elem.is_integer())
        };
        need(known(args.req("repeats"), fits), args, "repeats")?;
        Ok(vector(source.elem))
    })
}

fn roll(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = match args.req("a") {
            Ty::Optional(inner) if inner.is_number() => array_ty((**inner).clone(), Some(0), Layout::C),
            _ => asarray_arg(args, "a")?,
        };
        need(known(args.req("shift"), |ty| ty.is_integer() || is_bool_ty(ty)), args, "shift")?;
        Ok(array(source.elem, source.ndim, Layout::C))
    })
}

fn np_shape(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "a")?;
        Ok(match source.ndim {
            Some(ndim) => Ty::uni_tuple(Ty::INT64, ndim.into()),
            None => Ty::AnyTuple(Ty::INT64.into()),
        })
    })
}

fn size(args: &Args<'_>) -> Outcome {
    typing(|| {
        asarray_arg(args, "a")?;
        Ok(Ty::INT64)
    })
}

/// A scalar index gives an element, indices an array of their rank; along an axis an array of the source's rank, less
/// the axis for a scalar.
fn take(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "a")?;
        let places = args.req("indices");
        let along = args.get("axis").filter(|axis| !is_nonelike(axis));
        if let Some(axis) = along {
            let fits = |ty: &Ty| super::numpy_reduce::real(unwrap_optional(ty)) || matches!(ty, Ty::Array(_));
            need(known(axis, fits), args, "axis")?;
        }
        match places {
            hole if hole.is_hole() => Ok(hole.clone()),
            _ if along.is_some_and(Ty::is_hole) && source.ndim != Some(1) => Ok(open_result(args)),
            ty if ty.is_integer() && along.is_some() => {
                Ok(super::numpy_reduce::reduced(source.elem.clone(), &source, 1))
            }
            ty if ty.is_integer() => Ok(source.elem),
            ty if ty.is_number() => Err(bad(args, "indices")),
            _ => {
                let indices = asarray_arg(args, "indices")?;
                need(known(&indices.elem, |elem| elem.is_integer() || is_bool_ty(elem)), args, "indices")?;
                if along.is_none() {
                    return Ok(array(source.elem, indices.ndim, Layout::C));
                }
                // Each index chooses a part of the array, which is put into a copy of it.
                need(indices.ndim.map(|ndim| ndim > 0), args, "indices")?;
                need(known(&indices.elem, Ty::is_integer), args, "indices")?;
                if let Some(items) = places.tuple_items()
                    && !places.has_hole()
                {
                    need(Some(items.iter().all(|item| *item == items[0])), args, "indices")?;
                }
                if let (Some(1), Some(ndim)) = (source.ndim, indices.ndim) {
                    need(Some(ndim == 1), args, "indices")?;
                }
                Ok(array(source.elem, source.ndim, Layout::C))
            }
        }
    })
}

fn take_along_axis(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "arr")?;
        let places = array_arg(args, "indices")?;
        need(known(&places.elem, Ty::is_integer), args, "indices")?;
        let axis = args.req("axis");
        if is_nonelike(axis) {
            need(places.ndim.map(|ndim| ndim == 1), args, "indices")?;
            return Ok(vector(source.elem));
        }
        if axis.is_hole() {
            return Ok(array(source.elem, None, Layout::C));
        }
        // An axis must be known when compiling.
        need(known(axis, |axis| matches!(axis, Ty::Literal(Literal::Int(_)))), args, "axis")?;
        if let (Some(left), Some(right)) = (source.ndim, places.ndim) {
            need(Some(left == right), args, "indices")?;
        }
        Ok(array(source.elem, places.ndim, Layout::C))
    })
}

/// A vector becomes a matrix; matrices in C order, larger arrays keep Fortran order.
fn triangle(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "m")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "m")?;
        if let Some(offset) = args.get("k") {
            need(is_integer(offset), args, "k")?;
        }
        let layout = match source.ndim {
            Some(ndim) if ndim > 2 => contiguous(source.layout),
            Some(_) => Layout::C,
            None => Layout::Hole,
        };
        Ok(array(source.elem, source.ndim.map(|ndim| ndim.max(2)), layout))
    })
}

fn triangle_indices(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(is_integer(args.req("n")), args, "n")?;
        if let Some(offset) = args.get("k") {
            need(is_integer(offset), args, "k")?;
        }
        optional_arg(args, "m", Ty::is_integer)?;
        Ok(Ty::uni_tuple(vector(Ty::INT64), 2))
    })
}

fn triangle_indices_from(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "arr")?;
        need(source.ndim.map(|ndim| ndim == 2), args, "arr")?;
        if let Some(offset) = args.get("k") {
            need(is_integer(offset), args, "k")?;
        }
        Ok(Ty::uni_tuple(vector(Ty::INT64), 2))
    })
}

fn trim_zeros(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_arg(args, "filt")?;
        need(source.ndim.map(|ndim| ndim == 1), args, "filt")?;
        need(
            known(&source.elem, |elem| elem.is_number() || matches!(elem, Ty::UnicodeChars(_))),
            args,
            "filt",
        )?;
        if let Some(trim) = args.get("trim") {
            need(known(trim, |ty| matches!(ty, Ty::Str | Ty::Literal(Literal::Str(_)))), args, "trim")?;
        }
        Ok(Ty::Array(source.into()))
    })
}

/// Whether a parameter is an integer or a bool, optional ones included.
pub fn offset_arg(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    match args.get(param) {
        Some(offset) => need(is_integer_or_bool(unwrap_optional(offset)), args, param),
        None => Ok(()),
    }
}
