//! NumPy's sorting, searching, selecting, counting and set functions.

use crate::ty::{ArrayTy, BufferKind, Layout, ListSource, Ty, Why};

use super::numpy_reduce::{is_time, numeric, real};
use super::operand::{
    array, array_arg, array_of, asarray, asarray_arg, bad, can_asarray, flag_arg, is_bool_ty, is_integer,
    is_nonelike, is_open, known, max_rank, need, one_of, open_result, optional_arg, promote, typing, unify,
    unwrap_optional,
};
use super::{Args, Function, Outcome, RefusalKind};

pub static ROWS: &[Function] = &[
    Function::new("numpy.argpartition", "a, kth", argpartition),
    Function::new("numpy.argsort", "a, kind='quicksort'", argsort),
    Function::new("numpy.argwhere", "a", argwhere),
    Function::new("numpy.bincount", "a, weights=None, minlength=0", bincount),
    Function::new("numpy.digitize", "x, bins, right=False", digitize),
    Function::new("numpy.extract", "condition, arr", extract),
    Function::new("numpy.flatnonzero", "a", flatnonzero),
    Function::new("numpy.histogram", "a, bins=10, range=None", histogram),
    Function::new("numpy.intersect1d", "ar1, ar2, assume_unique=False", intersect)
        .params_since(&[("assume_unique", (0, 61))]),
    Function::new("numpy.isin", "element, test_elements, assume_unique=False, invert=False", isin)
        .since((0, 61)),
    Function::new("numpy.nonzero", "a, /", nonzero),
    Function::new("numpy.partition", "a, kth", partition),
    Function::new("numpy.searchsorted", "a, v, side='left'", searchsorted),
    Function::new("numpy.select", "condlist, choicelist, default=0", select),
    Function::new("numpy.setdiff1d", "ar1, ar2, assume_unique=False", setdiff).since((0, 61)),
    Function::new("numpy.setxor1d", "ar1, ar2, assume_unique=False", intersect).since((0, 61)),
    Function::new("numpy.sort", "a", sort),
    Function::new("numpy.union1d", "ar1, ar2", union),
    Function::new("numpy.unique", "ar", unique),
    Function::new("numpy.where", "condition, x=None, y=None", where_),
];

fn vector(elem: Ty) -> Ty {
    array(elem, Some(1), Layout::C)
}

/// A sorted copy: a list stays a list.
fn sort(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        match given {
            hole if hole.is_hole() => return Ok(hole.clone()),
            Ty::List { elem, .. } => {
                return Ok(Ty::List { elem: elem.clone(), source: ListSource::default() });
            }
            Ty::TypedList(_) => return Ok(given.clone()),
            _ => {}
        }
        let source = array_arg(args, "a")?;
        Ok(Ty::Array(ArrayTy { layout: Layout::C, readonly: false, ..source }.into()))
    })
}

fn argsort(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        need(source.ndim.map(|ndim| ndim == 1), args, "a")?;
        one_of(args, "kind", &["quicksort", "mergesort"])?;
        Ok(vector(Ty::INT64))
    })
}

fn is_sequence_of_numbers(args: &Args<'_>, param: &str) -> Result<ArrayTy, Outcome> {
    let source = asarray_arg(args, param)?;
    let given = args.req(param);
    need(
        known(given, |ty| !ty.is_number() && !matches!(ty, Ty::TypedList(_) | Ty::Literal(_))),
        args,
        param,
    )?;
    need(source.ndim.map(|ndim| ndim > 0), args, param)?;
    need(known(&source.elem, real), args, param)?;
    Ok(source)
}

fn kth(args: &Args<'_>) -> Result<(), Outcome> {
    let places = asarray_arg(args, "kth")?;
    need(known(&places.elem, Ty::is_integer), args, "kth")?;
    need(places.ndim.map(|ndim| ndim <= 1), args, "kth")
}

fn partition(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = is_sequence_of_numbers(args, "a")?;
        kth(args)?;
        Ok(array(source.elem, source.ndim, Layout::C))
    })
}

fn argpartition(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = is_sequence_of_numbers(args, "a")?;
        kth(args)?;
        Ok(array(Ty::INT64, source.ndim, Layout::C))
    })
}

/// One vector of indices for each dimension. Scalars and arrays of rank 0 have none.
fn indices(args: &Args<'_>, source: &ArrayTy, param: &str) -> Result<Ty, Outcome> {
    match source.ndim {
        Some(0) => Err(bad(args, param)),
        Some(ndim) => Ok(Ty::uni_tuple(vector(Ty::INT64), ndim.into())),
        None => Ok(Ty::AnyTuple(vector(Ty::INT64).into())),
    }
}

fn nonzero(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("a"))).ok_or_else(|| bad(args, "a"))?;
        indices(args, &source, "a")
    })
}

/// With one argument the indices of what is true; with three an array of the promoted dtype, even for scalars.
fn where_(args: &Args<'_>) -> Outcome {
    typing(|| {
        let condition = asarray_arg(args, "condition")?;
        let (Some(x), Some(y)) = (args.get("x"), args.get("y")) else {
            if args.get("x").is_some() || args.get("y").is_some() {
                return Err(args.no_overload());
            }
            return indices(args, &condition, "condition");
        };
        for (value, param) in [(x, "x"), (y, "y")] {
            need(can_asarray(value), args, param)?;
        }
        let (left, right) = (asarray_arg(args, "x")?, asarray_arg(args, "y")?);
        let elem = promote(&left.elem, &right.elem).ok_or_else(|| args.no_overload())?;
        let ndim = max_rank(max_rank(condition.ndim, left.ndim), right.ndim);
        let given = args.req("condition");
        // What is no array is made one first, and then all three are arrays.
        let (both_arrays, layouts) = match given {
            Ty::Array(_) => (is_array(x) && is_array(y), [left.layout, right.layout]),
            _ => (true, [left.layout, right.layout]),
        };
        let uniform = layouts.iter().all(|layout| *layout == condition.layout);
        let fortran = condition.layout == Layout::F && (!both_arrays || uniform);
        let layout = if fortran && ndim.is_some_and(|ndim| ndim > 1) { Layout::F } else { Layout::C };
        Ok(array(elem, ndim, layout))
    })
}

fn is_array(ty: &Ty) -> bool {
    matches!(ty, Ty::Array(_))
}

fn flatnonzero(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        if matches!(given, Ty::Str | Ty::Chars(_) | Ty::UnicodeChars(_)) {
            return Ok(vector(Ty::INT64));
        }
        if matches!(given, Ty::Optional(inner) if inner.is_number()) {
            return Err(bad(args, "a"));
        }
        asarray(unwrap_optional(given)).ok_or_else(|| bad(args, "a"))?;
        Ok(vector(Ty::INT64))
    })
}

/// A row of indices for each true element; a scalar gives a matrix of no columns.
fn argwhere(args: &Args<'_>) -> Outcome {
    typing(|| {
        let given = args.req("a");
        let layout = match given {
            hole if hole.is_hole() => Layout::Hole,
            Ty::Tuple(_) | Ty::List { .. } | Ty::TypedList(_) | Ty::Array(_) => {
                let source = asarray_arg(args, "a")?;
                need(source.ndim.map(|ndim| ndim > 0), args, "a")?;
                Layout::A
            }
            _ => Layout::C,
        };
        Ok(array(Ty::INT64, Some(2), layout))
    })
}

fn unique(args: &Args<'_>) -> Outcome {
    typing(|| {
        let source = array_of(unwrap_optional(args.req("ar"))).ok_or_else(|| bad(args, "ar"))?;
        need(known(&source.elem, |elem| !matches!(elem, Ty::Record(_))), args, "ar")?;
        Ok(vector(source.elem))
    })
}

/// An index for a number, indices of the same rank for anything else.
fn searchsorted(args: &Args<'_>) -> Outcome {
    typing(|| {
        let sorted = asarray_arg(args, "a")?;
        need(sorted.ndim.map(|ndim| ndim > 0), args, "a")?;
        need(known(&sorted.elem, |elem| numeric(elem) || is_time(elem)), args, "a")?;
        one_of(args, "side", &["left", "right"])?;
        // Rows can be compared with integers only.
        if sorted.ndim.is_some_and(|ndim| ndim > 1) && !args.req("v").is_hole() {
            let whole = |elem: &Ty| elem.is_integer() || is_bool_ty(elem);
            need(known(&asarray_arg(args, "v")?.elem, whole), args, "a")?;
        }
        places(args, "v")
    })
}

fn places(args: &Args<'_>, param: &str) -> Result<Ty, Outcome> {
    let given = args.req(param);
    if given.is_hole() {
        return Ok(given.clone());
    }
    let values = asarray_arg(args, param)?;
    need(known(&values.elem, |elem| numeric(elem) || is_time(elem)), args, param)?;
    Ok(if given.is_number() { Ty::INT64 } else { array(Ty::INT64, values.ndim, Layout::C) })
}

fn digitize(args: &Args<'_>) -> Outcome {
    typing(|| {
        let bins = asarray_arg(args, "bins")?;
        need(bins.ndim.map(|ndim| ndim > 0), args, "bins")?;
        need(known(&bins.elem, numeric), args, "bins")?;
        flag_arg(args, "right")?;
        places(args, "x")
    })
}

fn bincount(args: &Args<'_>) -> Outcome {
    typing(|| {
        let values = asarray_arg(args, "a")?;
        need(known(args.req("a"), |ty| !matches!(ty, Ty::TypedList(_))), args, "a")?;
        need(values.ndim.map(|ndim| ndim == 1), args, "a")?;
        need(known(&values.elem, Ty::is_integer), args, "a")?;
        if let Some(minimum) = args.get("minlength") {
            need(is_integer(minimum), args, "minlength")?;
        }
        if is_open(args, "weights") {
            return Ok(vector(open_result(args)));
        }
        let Some(weights) = args.get("weights").filter(|weights| !is_nonelike(weights)) else {
            return Ok(vector(Ty::INT64));
        };
        let weights_array = asarray(weights).ok_or_else(|| bad(args, "weights"))?;
        need(weights_array.ndim.map(|ndim| ndim == 1), args, "weights")?;
        need(known(&weights_array.elem, real), args, "weights")?;
        Ok(vector(Ty::FLOAT64))
    })
}

/// Numbers that can be walked over.
fn is_data(ty: &Ty) -> bool {
    match ty {
        Ty::Array(array) => real(&array.elem),
        Ty::List { elem, .. } | Ty::TypedList(elem) | Ty::Set { elem, .. } => real(elem),
        Ty::Range(_) => true,
        ty => real(ty),
    }
}

/// The counts, and the edges: made from a number of bins, or the bins as they were given.
fn histogram(args: &Args<'_>) -> Outcome {
    typing(|| {
        need(known(args.req("a"), is_data), args, "a")?;
        // The range is not looked at where the edges are given.
        let counted = args.get("bins").is_none_or(Ty::is_integer);
        if counted {
            optional_arg(args, "range", |range| match range {
                Ty::Array(array) => array.ndim == Some(1) && real(&array.elem),
                range => range.tuple_items().is_some_and(|items| items.len() == 2 && items.iter().all(real)),
            })?;
        }
        let edges = match args.get("bins") {
            None => vector(Ty::FLOAT64),
            Some(bins) if bins.is_integer() => vector(Ty::FLOAT64),
            Some(bins) if bins.is_hole() => bins.clone(),
            Some(bins) => {
                let edges = asarray_arg(args, "bins")?;
                need(Some(!bins.is_number()), args, "bins")?;
                need(known(&edges.elem, real), args, "bins")?;
                bins.clone()
            }
        };
        Ok(Ty::tuple([vector(Ty::INT64), edges]))
    })
}

fn extract(args: &Args<'_>) -> Outcome {
    typing(|| {
        asarray_arg(args, "condition")?;
        let source = asarray_arg(args, "arr")?;
        Ok(vector(source.elem))
    })
}

fn flag(args: &Args<'_>, param: &str) -> Result<(), Outcome> {
    match args.get(param) {
        Some(flag) => need(known(flag, is_bool_ty), args, param),
        None => Ok(()),
    }
}

/// The element type of two arrays put together.
fn joined(args: &Args<'_>, left: &str, right: &str) -> Result<Ty, Outcome> {
    let (first, second) = (asarray_arg(args, left)?, asarray_arg(args, right)?);
    unify(&first.elem, &second.elem).ok_or_else(|| args.no_overload())
}

fn union(args: &Args<'_>) -> Outcome {
    typing(|| {
        for param in ["ar1", "ar2"] {
            need(known(args.req(param), |ty| !ty.is_number() && !matches!(ty, Ty::Literal(_))), args, param)?;
        }
        Ok(vector(joined(args, "ar1", "ar2")?))
    })
}

fn intersect(args: &Args<'_>) -> Outcome {
    typing(|| {
        flag(args, "assume_unique")?;
        Ok(vector(joined(args, "ar1", "ar2")?))
    })
}

fn setdiff(args: &Args<'_>) -> Outcome {
    typing(|| {
        flag(args, "assume_unique")?;
        asarray_arg(args, "ar2")?;
        Ok(vector(asarray_arg(args, "ar1")?.elem))
    })
}

fn isin(args: &Args<'_>) -> Outcome {
    typing(|| {
        flag(args, "assume_unique")?;
        flag(args, "invert")?;
        asarray_arg(args, "test_elements")?;
        let ndim = asarray_arg(args, "element")?.ndim;
        Ok(array(Ty::Bool, ndim, Layout::C))
    })
}

/// Lists or tuples of arrays: conditions of bools, and choices of the same rank.
fn select(args: &Args<'_>) -> Outcome {
    typing(|| {
        let condition = member(args, "condlist")?;
        let choice = member(args, "choicelist")?;
        need(known(&condition.elem, is_bool_ty), args, "condlist")?;
        if let (Some(left), Some(right)) = (condition.ndim, choice.ndim) {
            need(Some(left == right && left > 0), args, "choicelist")?;
        }
        if let Some(default) = args.get("default") {
            need(known(default, Ty::is_number), args, "default")?;
        }
        Ok(array(choice.elem, choice.ndim, Layout::C))
    })
}

fn member(args: &Args<'_>, param: &str) -> Result<ArrayTy, Outcome> {
    let given = args.req(param);
    let first = match given {
        Ty::List { elem, .. } => (**elem).clone(),
        Ty::Tuple(items) if !items.is_empty() => items[0].clone(),
        hole if hole.is_hole() => Ty::Hole(hole.why().unwrap_or(Why::NotModelled("a list of arrays"))),
        _ => return Err(bad(args, param)),
    };
    match array_of(&first) {
        Some(array) if array.kind == BufferKind::Array => Ok(array),
        _ => Err(args.refuse(param, RefusalKind::ArgumentType { param: param.into(), got: first })),
    }
}
