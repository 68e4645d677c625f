//! NumPy's functions that join, split and broadcast arrays.

use crate::ty::{ArrayTy, Layout, Literal, Ty, Why};

use super::numpy_manip::{is_index_list, vector};
use super::operand::{
    Shape, array, array_arg, array_of, array_ty, asarray, asarray_arg, bad, is_integer, known, max_rank,
    need, open_result, optional_arg, rank_of, shape, typing, unify, unwrap_optional,
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
    Function::new("numpy.dsplit", "ary, indices_or_sections", dsplit),
    Function::new("numpy.dstack", "tup", dstack),
    Function::new("numpy.hsplit", "ary, indices_or_sections", hsplit),
    Function::new("numpy.hstack", "tup", hstack),
    Function::new("numpy.split", "ary, indices_or_sections, axis=0", split),
    Function::new("numpy.stack", "arrays, axis=0", stack),
    Function::new("numpy.vsplit", "ary, indices_or_sections", vsplit),
    Function::new("numpy.vstack", "tup", vstack),
];

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
        let layout =
            if arrays.iter().all(|array| array.ndim == Some(2)) { joined_layout(&arrays) } else { Layout::C };
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
                    ty.is_integer()
                        || matches!(ty, Ty::Array(_) | Ty::List { .. })
                        || ty.tuple_items().is_some()
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
