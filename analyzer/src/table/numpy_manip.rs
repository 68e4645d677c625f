//! NumPy's functions that rearrange, join, split and index arrays.

use crate::ty::convert::can_convert;
use crate::ty::{ArrayTy, Layout, Literal, Ty, Why};

use super::operand::{
    Shape, array, array_arg, array_of, array_ty, asarray, asarray_arg, bad, can_asarray, contiguous, is_bool_ty, is_integer,
    is_integer_or_bool, is_nonelike, known, max_rank, need, open_result, optional_arg, rank_of, shape, typing, unify,
    unwrap_optional,
};
use super::{Args, Function, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.append", "arr, values, axis=None", append),
    Function::new("numpy.array_split", "ary, indices_or_sections, axis=0", split),
    Function::new("numpy.atleast_1d", "*args", atleast_1d),
    Function::new("numpy.atleast_2d", "*args", atleast_2d),
    Function::new("numpy.atleast_3d", "*args", atleast_3d),
    Function::new("numpy.broadcast_arrays", "*args", broadcast_arrays),
    Function::new("numpy.broadcast_shapes", "*args", broadcast_shapes),
    Function::new("numpy.broadcast_to", "array, shape", broadcast_to),
    Function::new("numpy.column_stack", "tup", column_stack),
    Function::new("numpy.concatenate", "arrays, axis=0", concatenate),
    Function::new("numpy.delete", "arr, obj", delete),
    Function::new("numpy.dsplit", "ary, indices_or_sections", dsplit),
    Function::new("numpy.dstack", "tup", dstack),
    Function::new("numpy.expand_dims", "a, axis", expand_dims),
    Function::new("numpy.fill_diagonal", "a, val, wrap=False", fill_diagonal),
    Function::new("numpy.flip", "m", flip),
    Function::new("numpy.fliplr", "m", fliplr),
    Function::new("numpy.flipud", "m", flipud),
    Function::new("numpy.hsplit", "ary, indices_or_sections", hsplit),
    Function::new("numpy.hstack", "tup", hstack),
    Function::new("numpy.insert", "arr, obj, values, axis=None", insert),
    Function::new("numpy.lib.stride_tricks.as_strided", "x, shape=None, strides=None", as_strided),
    Function::new("numpy.lib.stride_tricks.sliding_window_view", "x, window_shape, axis=None", sliding_window),
    Function::new("numpy.moveaxis", "a, source, destination", moveaxis),
    Function::new("numpy.ravel", "a, /", ravel),
    Function::new("numpy.repeat", "a, repeats", repeat),
    Function::new("numpy.reshape", "a, shape", reshape),
    Function::new("numpy.resize", "a, new_shape", resize),
    Function::new("numpy.roll", "a, shift", roll),
    Function::new("numpy.rot90", "m, k=1", rot90),
    Function::new("numpy.shape", "a", np_shape),
    Function::new("numpy.size", "a", size),
    Function::new("numpy.split", "ary, indices_or_sections, axis=0", split),
    Function::new("numpy.stack", "arrays, axis=0", stack),
    Function::new("numpy.swapaxes", "a, axis1, axis2", swapaxes),
    Function::new("numpy.take", "a, indices, axis=None", take),
    Function::new("numpy.take_along_axis", "arr, indices, axis", take_along_axis),
    Function::new("numpy.transpose", "a, axes=None", transpose),
    Function::new("numpy.tril", "m, k=0", triangle),
    Function::new("numpy.tril_indices", "n, k=0, m=None", triangle_indices),
    Function::new("numpy.tril_indices_from", "arr, k=0", triangle_indices_from),
    Function::new("numpy.trim_zeros", "filt, trim='fb'", trim_zeros),
    Function::new("numpy.triu", "m, k=0", triangle),
    Function::new("numpy.triu_indices", "n, k=0, m=None", triangle_indices),
    Function::new("numpy.triu_indices_from", "arr, k=0", triangle_indices_from),
    Function::new("numpy.vsplit", "ary, indices_or_sections", vsplit),
    Function::new("numpy.vstack", "tup", vstack),
];

fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

/// The members of a tuple of arrays. A list of arrays is the common mistake. `None` where the tuple is a hole.
fn tuple_of_arrays(args: &Args<'_>, param: &str) -> Result<Option<Vec<ArrayTy>>, Outcome> {
    let given = args.req(param);
    if given.is_hole() || matches!(given, Ty::AnyTuple(_) | Ty::Opaque(_)) {
        return Ok(None);
    }
    let items = match given {
        Ty::Tuple(items) | Ty::StarArgs(items) if !items.is_empty() => items,
        Ty::List { .. } | Ty::LiteralList(_) | Ty::TypedList(_) | Ty::Array(_) => {
            return Err(args.refuse(param, RefusalKind::ListOfArrays));
        }
        _ => return Err(bad(args, param)),
    };
    let arrays: Option<Vec<ArrayTy>> = items.iter().map(array_of).collect();
    arrays.map(Some).ok_or_else(|| bad(args, param))
}

/// The element type of arrays put together.
fn joined(args: &Args<'_>, arrays: &[ArrayTy]) -> Result<Ty, Outcome> {
    let mut elem = arrays[0].elem.clone();
    for array in &arrays[1..] {
        elem = unify(&elem, &array.elem).ok_or_else(|| args.no_overload())?;
    }
    Ok(elem)
}

/// The one rank of all the arrays, where it is known; refuses different ranks.
fn common_rank(args: &Args<'_>, param: &str, arrays: &[ArrayTy]) -> Result<Option<u8>, Outcome> {
    let mut ranks = arrays.iter().filter_map(|array| array.ndim);
    let Some(first) = ranks.next() else { return Ok(None) };
    need(Some(ranks.all(|rank| rank == first)), args, param)?;
    Ok(Some(first))
}

fn unknown_ndim(args: &Args<'_>) -> Ty {
    let why = args.given().iter().find_map(Ty::why).unwrap_or(Why::NotModelled("a tuple of arrays"));
    array(Ty::Hole(why), None, Layout::C)
}

/// C order unless every array is in Fortran order.
fn joined_layout(arrays: &[ArrayTy]) -> Layout {
    if arrays.iter().all(|array| array.layout == Layout::F) { Layout::F } else { Layout::C }
}

fn concatenate(args: &Args<'_>) -> Outcome {
    typing(|| {
        if let Some(axis) = args.get("axis") {
            need(is_integer(axis), args, "axis")?;
        }
        join_same_rank(args, "arrays", 0)
    })
}

fn join_same_rank(args: &Args<'_>, param: &str, more: u8) -> Result<Ty, Outcome> {
    let Some(arrays) = tuple_of_arrays(args, param)? else { return Ok(unknown_ndim(args)) };
    let ndim = common_rank(args, param, &arrays)?;
    if more == 0 {
        need(ndim.map(|ndim| ndim > 0), args, param)?;
    }
    Ok(array(joined(args, &arrays)?, ndim.map(|ndim| ndim + more), joined_layout(&arrays)))
}

/// Numba does not look at the axis of `stack`.
fn stack(args: &Args<'_>) -> Outcome {
    typing(|| join_same_rank(args, "arrays", 1))
}

fn hstack(args: &Args<'_>) -> Outcome {
    typing(|| raised(args, 1))
}

fn vstack(args: &Args<'_>) -> Outcome {
    typing(|| raised(args, 2))
}

fn dstack(args: &Args<'_>) -> Outcome {
    typing(|| raised(args, 3))
}

/// Joins arrays of one rank, raised to at least this rank.
fn raised(args: &Args<'_>, least: u8) -> Result<Ty, Outcome> {
    let Some(arrays) = tuple_of_arrays(args, "tup")? else { return Ok(unknown_ndim(args)) };
    let ndim = common_rank(args, "tup", &arrays)?;
    let layout = if ndim.is_some_and(|ndim| ndim >= least) { joined_layout(&arrays) } else { Layout::C };
    Ok(array(joined(args, &arrays)?, ndim.map(|ndim| ndim.max(least)), layout))
}

/// Vectors become columns, matrices stay.
fn column_stack(args: &Args<'_>) -> Outcome {
    typing(|| {
        let Some(arrays) = tuple_of_arrays(args, "tup")? else { return Ok(unknown_ndim(args)) };
        let fits = arrays.iter().all(|array| array.ndim.is_none_or(|ndim| ndim == 1 || ndim == 2));
        need(Some(fits), args, "tup")?;
        let layout = if arrays.iter().all(|array| array.ndim == Some(2)) { joined_layout(&arrays) } else { Layout::C };
        Ok(array(joined(args, &arrays)?, Some(2), layout))
    })
}

fn append(args: &Args<'_>) -> Outcome {
    typing(|| {
        let (left, right) = (asarray_arg(args, "arr")?, asarray_arg(args, "values")?);
        let elem = unify(&left.elem, &right.elem).ok_or_else(|| args.no_overload())?;
        let by_axis = optional_arg(args, "axis", Ty::is_integer)?;
        if by_axis.is_none() {
            return Ok(array(elem, None, Layout::Hole));
        }
        if by_axis == Some(true) {
            if let (Some(left), Some(right)) = (left.ndim, right.ndim) {
                need(Some(left == right && left > 0), args, "values")?;
            }
            let both = [left, right];
            return Ok(array(elem, both[0].ndim, joined_layout(&both)));
        }
        Ok(vector(elem))
    })
}

fn is_index_list(ty: &Ty) -> bool {
    ty.is_integer()
        || matches!(ty, Ty::Array(array) if array.ndim == Some(1) && array.elem.is_integer())
        || matches!(ty, Ty::List { elem, .. } if elem.is_integer())
        || ty.tuple_items().is_some_and(|items| !items.is_empty() && items.iter().all(Ty::is_integer))
}

/// Pieces of a vector keep their layout, those of anything larger are strided.
fn pieces(source: ArrayTy) -> Ty {
    let layout = match source.ndim {
        Some(1) => source.layout,
        Some(_) => Layout::A,
        None => Layout::Hole,
    };
    Ty::list(Ty::Array(ArrayTy { layout, ..source }.into()))
}

fn split(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "ary")?;
        need(known(args.req("ary"), |ty| !ty.is_number() && !matches!(ty, Ty::Literal(_))), args, "ary")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "ary")?;
        need(known(args.req("indices_or_sections"), is_index_list), args, "indices_or_sections")?;
        if let Some(axis) = args.get("axis") {
            need(is_integer(unwrap_optional(axis)), args, "axis")?;
        }
        Ok(pieces(source))
    })
}

fn hsplit(args: &Args<'_>) -> Outcome {
    split_from(args, 1)
}

fn vsplit(args: &Args<'_>) -> Outcome {
    split_from(args, 2)
}

fn dsplit(args: &Args<'_>) -> Outcome {
    split_from(args, 3)
}

/// Arrays of a lower rank compile to a function that raises.
fn split_from(args: &Args<'_>, least: u8) -> Outcome {
    typing(|| {
        let source = array_arg(args, "ary")?;
        let sections = args.req("indices_or_sections");
        match source.ndim {
            _ if least == 1 => {}
            Some(ndim) if ndim < least => {
                let counted = |ty: &Ty| {
                    ty.is_integer() || matches!(ty, Ty::Array(_) | Ty::List { .. }) || ty.tuple_items().is_some()
                };
                need(known(sections, counted), args, "indices_or_sections")?;
                return Ok(Ty::None);
            }
            Some(_) => {}
            None => return Ok(open_result(args)),
        }
        need(known(sections, is_index_list), args, "indices_or_sections")?;
        need(source.ndim.map(|ndim| ndim > 0), args, "ary")?;
        Ok(pieces(source))
    })
}

fn atleast_1d(args: &Args<'_>) -> Outcome {
    atleast(args, 1)
}

fn atleast_2d(args: &Args<'_>) -> Outcome {
    atleast(args, 2)
}

fn atleast_3d(args: &Args<'_>) -> Outcome {
    atleast(args, 3)
}

/// One array gives an array, several a tuple. The order and writability are kept.
fn atleast(args: &Args<'_>, least: u8) -> Outcome {
    typing(|| {
        if args.rest.is_empty() {
            return Err(Outcome::refused(RefusalKind::MissingArgument("args".into())));
        }
        let mut results = Vec::new();
        for arg in &args.rest {
            let source = array_of(unwrap_optional(arg)).ok_or_else(|| args.no_overload())?;
            let ndim = source.ndim.map(|ndim| ndim.max(least));
            results.push(Ty::Array(ArrayTy { ndim, ..source }.into()));
        }
        Ok(if results.len() == 1 { results.remove(0) } else { Ty::tuple(results) })
    })
}

/// The rank after broadcasting to this shape; refuses what is no shape.
fn target_rank(args: &Args<'_>, param: &str) -> Result<Option<u8>, Outcome> {
    rank_of(args, param)
}

fn readonly(elem: Ty, ndim: Option<u8>, layout: Layout) -> Ty {
    Ty::Array(ArrayTy { readonly: true, ..array_ty(elem, ndim, layout) }.into())
}

fn view_layout(ndim: Option<u8>) -> Layout {
    match ndim {
        Some(0) => Layout::C,
        Some(_) => Layout::A,
        None => Layout::Hole,
    }
}

/// A read-only view, in no order unless it has no axes.
fn broadcast_to(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = asarray_arg(args, "array")?;
        let ndim = target_rank(args, "shape")?;
        if let (Some(have), Some(want)) = (source.ndim, ndim) {
            need(Some(have <= want), args, "shape")?;
        }
        Ok(readonly(source.elem, ndim, view_layout(ndim)))
    })
}

fn broadcast_arrays(args: &Args<'_>) -> Outcome {
    typing(|| {
        let Some(first) = args.rest.first() else {
            return Err(Outcome::refused(RefusalKind::MissingArgument("args".into())));
        };
        let mut elem: Option<Ty> = None;
        let mut ndim = Some(0);
        for (index, arg) in args.rest.iter().enumerate() {
            let listed = matches!(arg, Ty::List { .. } | Ty::TypedList(_) | Ty::Literal(Literal::Str(_)));
            let source = asarray(arg).filter(|_| !listed).ok_or_else(|| args.no_overload())?;
            // A scalar or a tuple counts as a vector, whatever its depth.
            let rank = if matches!(arg, Ty::Array(_)) || arg.is_hole() { source.ndim } else { Some(1) };
            ndim = max_rank(ndim, rank);
            elem = Some(match elem {
                None => source.elem,
                Some(elem) if elem == source.elem || elem.is_hole() => elem,
                Some(_) if source.elem.is_hole() => source.elem,
                Some(_) => {
                    let kind = RefusalKind::ArgumentType { param: "args".into(), got: arg.clone() };
                    return Err(Outcome::refused_arg(index, kind));
                }
            });
        }
        let layout = view_layout(ndim);
        let elem = elem.unwrap_or_else(|| first.clone());
        Ok(Ty::list(readonly(elem, ndim, layout)))
    })
}

fn broadcast_shapes(args: &Args<'_>) -> Outcome {
    typing(|| {
        let mut ndim = Some(0);
        for arg in &args.rest {
            let rank = match shape(arg) {
                Shape::Rank(rank) => Some(rank),
                Shape::Hole => None,
                _ => return Err(args.no_overload()),
            };
            if let Some(items) = arg.tuple_items()
                && items.iter().any(|item| item != &items[0] && item.unliteral() != items[0].unliteral())
            {
                return Err(args.no_overload());
            }
            ndim = max_rank(ndim, rank);
        }
        Ok(match ndim {
            Some(ndim) => Ty::uni_tuple(Ty::INT64, ndim.into()),
            None => Ty::AnyTuple(Ty::INT64.into()),
        })
    })
}

/// Whether what is given is a sequence or an array, not a scalar.
fn is_sequence(ty: &Ty) -> Option<bool> {
    known(ty, |ty| !ty.is_number() && !matches!(ty, Ty::TypedList(_) | Ty::Literal(_)) && can_asarray(ty) == Some(true))
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
        let fits = |ty: &Ty| is_index_list(ty) || matches!(ty, Ty::Slice2 | Ty::Slice3 | Ty::Literal(Literal::Slice(..)));
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
    ty.is_integer() || ty.tuple_items().is_some_and(|items| !items.is_empty() && items.iter().all(Ty::is_integer))
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

/// A scalar index gives an element, indices an array of their rank.
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
            ty if ty.is_integer() && along.is_some() => Ok(super::numpy_reduce::reduced(source.elem.clone(), &source, 1)),
            ty if ty.is_integer() => Ok(source.elem),
            ty if ty.is_number() => Err(bad(args, "indices")),
            _ => {
                let indices = asarray_arg(args, "indices")?;
                need(known(&indices.elem, |elem| elem.is_integer() || is_bool_ty(elem)), args, "indices")?;
                Ok(array(source.elem, indices.ndim, Layout::C))
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
        need(known(&source.elem, |elem| elem.is_number() || matches!(elem, Ty::UnicodeChars(_))), args, "filt")?;
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
